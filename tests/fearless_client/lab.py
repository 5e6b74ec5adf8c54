"""A real JupyterLab on the loopback, with a token, and the system's Chromium in front of it."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from .kernel import environment
from .waiting import wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# No talk with anyone but our server, and no sandbox, which root can't have.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Cells outside the window must be in the page, too, and no dialog may stand in the way.
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/docmanager-extension/plugin.jupyterlab-settings": {"autosave": False},
}


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Lab:
    """A running server. `root` is the folder that it shows."""

    def __init__(self, root: Path, state: Path):
        self.root = root
        self.token = secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{_free_port()}"
        settings = state / "settings"
        for name, values in SETTINGS.items():
            (settings / name).parent.mkdir(parents=True, exist_ok=True)
            (settings / name).write_text(json.dumps(values))
        self.log = (state / "lab.log").open("w")
        self.process = subprocess.Popen(
            [
                *[sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"],
                f"--ServerApp.port={self.url.rsplit(':', 1)[1]}",
                "--ServerApp.ip=127.0.0.1",
                f"--IdentityProvider.token={self.token}",
                f"--ServerApp.root_dir={root}",
                f"--LabApp.user_settings_dir={settings}",
                f"--LabApp.workspaces_dir={state / 'workspaces'}",
                "--LabApp.news_url=None",
                "--LabApp.expose_app_in_browser=True",
                "--LabApp.extension_manager=readonly",
            ],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env=environment(
                JUPYTER_CONFIG_DIR=str(state / "config"), JUPYTER_RUNTIME_DIR=str(state / "runtime")
            ),
        )
        wait_until(self._answers, f"JupyterLab does not answer, see {self.log.name}")

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"JupyterLab has ended, see {self.log.name}"
        try:
            urllib.request.urlopen(f"{self.url}/api", timeout=2).read()
            return True
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


@contextmanager
def chromium():
    """The system's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=CHROMIUM_ARGUMENTS
        )
        try:
            yield browser
        finally:
            browser.close()


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, lab: Lab, browser: Browser, name: str, scale: float = 1):
        self.page: Page = browser.new_page(
            viewport={"width": 1280, "height": 1600}, device_scale_factor=scale
        )
        self.page.set_default_timeout(60_000)
        self.page.goto(f"{lab.url}/lab/tree/{name}?token={lab.token}&reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
        self.page.wait_for_function("window.jupyterapp !== undefined")
        self.wait_idle(120_000)

    def command(self, name: str, **arguments) -> None:
        """Runs one of JupyterLab's commands, as its menus do, without waiting for it to end."""
        self.page.evaluate(
            "([name, args]) => { window.jupyterapp.commands.execute(name, args); }", [name, arguments]
        )

    def wait_idle(self, timeout: float = 120_000) -> None:
        """Waits until no cell shows `[*]` and the kernel is idle."""
        self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                const kernel = panel?.sessionContext?.session?.kernel;
                return kernel?.status === 'idle' &&
                    ![...document.querySelectorAll('.jp-InputPrompt')].some(p => p.textContent.includes('[*]'));
            }""",
            timeout=timeout,
        )

    def run_all(self, timeout: float = 300_000) -> None:
        """Runs all cells to their end.

        After an error JupyterLab takes the `[*]` from the cells that follow, though those after a
        cell that may raise still run. What a kernel is asked last it answers last: an empty
        request says that all cells are done.
        """
        self._finish("notebook:run-all-cells")
        self.page.evaluate(
            """async () => {
                const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
                await kernel.requestExecute({ code: '', silent: true }).done;
            }"""
        )
        self.wait_idle(timeout)

    def save(self) -> None:
        self._finish("docmanager:save")

    def _finish(self, name: str) -> None:
        """Runs a command and waits until JupyterLab is done with it."""
        self.page.evaluate("async name => { await window.jupyterapp.commands.execute(name); }", name)

    def press_run(self, index: int) -> None:
        """Runs the cell that has the focus, the index-th, from the keyboard, to its end."""
        prompt = self.cell(index).locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(
            "([prompt, before]) => prompt.innerText !== before", arg=[prompt.element_handle(), before]
        )
        self.wait_idle()

    def export(self, path: Path, sanitised: bool) -> str:
        """File > Save and Export Notebook As > HTML, saved as `path`; the page's text."""
        page = self.page
        page.get_by_role("menuitem", name="File", exact=True).first.click()
        page.get_by_text("Save and Export Notebook As").hover()
        entry = page.locator(".lm-Menu-itemLabel", has_text=re.compile("^HTML$"))
        entry.hover()
        page.locator(".lm-Menu-item.lm-mod-active", has=entry).wait_for()
        page.keyboard.press("Enter")
        page.locator(".jp-Dialog input[type=checkbox]").set_checked(sanitised)
        downloads = []
        page.context.on("page", lambda popup: popup.on("download", lambda d: downloads.append(d)))
        page.on("download", lambda d: downloads.append(d))
        page.locator(".jp-Dialog .jp-mod-accept").click()
        end = time.monotonic() + 60
        while not downloads:
            assert time.monotonic() < end, "nothing was downloaded"
            page.wait_for_timeout(200)
        downloads[0].save_as(path)
        return path.read_text()

    def cell(self, index: int):
        """The index-th code cell."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)

    def output(self, index: int):
        return self.cell(index).locator(".jp-Cell-outputArea")

    def theme(self, dark: bool) -> None:
        self.command("apputils:change-theme", theme="JupyterLab Dark" if dark else "JupyterLab Light")
        wanted = "false" if dark else "true"
        self.page.wait_for_selector(f"body[data-jp-theme-light='{wanted}']", state="attached")

    def edit(self, index: int, code: str) -> None:
        """Replaces a cell's source by typing."""
        editor = self.cell(index).locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)

    def close(self) -> None:
        self.page.close()


def picture_folder() -> Path:
    """Where screenshots go: FEARLESS_PICTURES, or `.out` beside the tests."""
    folder = Path(os.environ.get("FEARLESS_PICTURES", Path(__file__).parent.parent / ".out"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
