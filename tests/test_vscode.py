"""The renderer of reports in VS Code's notebooks, which shares its files with JupyterLab's extension.

VS Code itself isn't here: a page stands in for its notebook, which calls `activate` and what that returns as VS Code
does, with VS Code's own names of themes, and forbids to make markup from text.
"""

import json
import re
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("playwright")
from fearless_client.lab import CHROMIUM, chromium, picture_folder
from fearless_client.result import REPORT_MIME

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = ROOT / "kernel/labextension"
MANIFEST = json.loads((EXTENSION / "vscode/package.json").read_text())
(RENDERER,) = MANIFEST["contributes"]["notebookRenderer"]

PAGE = """<!doctype html>
<meta http-equiv="Content-Security-Policy" content="require-trusted-types-for 'script'">
<body class="vscode-dark" style="background: #1f1f1f; color: #ccc; --vscode-editor-background: #1f1f1f">
<div id="first"></div><div id="second"></div>
<script type="module">
  import { activate } from '/static/vscode.js';
  const renderer = await activate({
    workspace: { isTrusted: false }, setState() {}, getState() {}, getRenderer: async () => undefined,
  });
  window.show = (id, report) => renderer.renderOutputItem(
    { id, mime: MIME, metadata: {}, text: () => JSON.stringify(report), json: () => report },
    document.getElementById(id), new AbortController().signal,
  );
  window.dispose = id => renderer.disposeOutputItem(id);
</script>
"""


def files_of(entry: Path) -> set[Path]:
    """A module, and all that it imports."""
    found, open_ = set(), [entry]
    while open_:
        module = open_.pop()
        found.add(module)
        imports = re.findall(r"from '(\./[^']+)'", module.read_text())
        open_ += [path for name in imports if (path := (module.parent / name).resolve()) not in found]
    return found


def test_its_manifest_names_what_is_there():
    """VS Code loads the module and what lies beside it, and nothing else."""
    assert RENDERER["mimeTypes"] == [REPORT_MIME]
    entry = EXTENSION / RENDERER["entrypoint"]
    ignored = (EXTENSION / "vscode/.vscodeignore").read_text().split()
    packed = set((EXTENSION / "static").iterdir()) - {EXTENSION / name for name in ignored}
    assert files_of(entry) == packed
    assert f'version = "{MANIFEST["version"]}"' in (ROOT / "Cargo.toml").read_text()


def report(lesson: str, cell: str) -> dict:
    read = nbformat.read(next((ROOT / "notebooks").glob(f"{lesson}*.ipynb")), as_version=4)
    (found,) = (each for each in read.cells if each.get("id") == cell)
    bundles = [output.get("data", {}) for output in found.outputs]
    return next(bundle[REPORT_MIME] for bundle in bundles if REPORT_MIME in bundle)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
def test_a_report_as_vs_code_shows_it():
    deadlock, channel = report("06", "transfers"), report("02", "channel")
    faults = []

    def serve(route):
        path = route.request.url.split("/", 3)[3]
        if path:
            route.fulfill(path=EXTENSION / path, content_type="text/javascript")
        else:
            route.fulfill(body=PAGE.replace("MIME", json.dumps(REPORT_MIME)), content_type="text/html")

    with chromium() as browser:
        page = browser.new_page(viewport={"width": 800, "height": 900})
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: message.type == "error" and faults.append(message.text))
        page.route("http://vscode.test/**", serve)
        page.goto("http://vscode.test/")
        page.wait_for_function("window.show !== undefined")
        page.evaluate("([a, b]) => { show('first', a); show('second', b); }", [deadlock, channel])
        first, second = page.locator("#first"), page.locator("#second")
        (finding,) = deadlock["findings"]
        assert finding["title"] in first.locator(".error").inner_text()
        assert first.locator("tr", has_text="waits for grace for ever").count() == 1
        (row,) = channel["channels"]
        assert row["name"] in second.locator("table").last.inner_text()

        first.get_by_role("button", name="Open a picture").click()
        waits = first.locator("rect[data-says*='for ever'][data-line='9']")
        waits.first.click(position={"x": 5, "y": 7})
        assert first.locator("rect.marked[data-line='9']").count() == 2
        # The report of a cell that still runs comes again, longer.
        page.evaluate("report => show('first', report)", deadlock)
        assert first.locator("svg").count() == 1 and second.locator("svg").count() == 0
        page.screenshot(path=picture_folder() / "vscode-dark.png")
        page.evaluate("document.body.className = 'vscode-light'")
        page.evaluate("document.body.style = ''")
        page.screenshot(path=picture_folder() / "vscode-light.png")
        page.evaluate("dispose()")
    assert faults == []


@pytest.mark.full
def test_it_is_packed(tmp_path):
    """Needs npm, whose package `@vscode/vsce` checks the manifest."""
    made = subprocess.run([ROOT / "install.sh", "vscode"], capture_output=True, text=True, timeout=600)
    assert made.returncode == 0, made.stdout + made.stderr
    with zipfile.ZipFile(ROOT / f"dist/fearless-{MANIFEST['version']}.vsix") as packed:
        names = set(packed.namelist())
    wanted = {f"extension/static/{path.name}" for path in files_of(EXTENSION / RENDERER["entrypoint"])}
    assert wanted | {"extension/package.json"} <= names
    assert "extension/static/plugin.js" not in names
