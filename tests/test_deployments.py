"""Hubs, gateways, graders and the like, as docs/deploy sets them up: all on this machine."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
import pytest
import requests
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from fearless_client import environment, wait_until
from fearless_client.kernel import KERNEL_NAME

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "docs" / "deploy"
METADATA = {
    "kernelspec": {"name": KERNEL_NAME, "display_name": "Rust (Fearless)", "language": "rust"},
    "language_info": {"name": "rust", "file_extension": ".rs"},
}
TOKEN = "a-token-of-the-tests"


def notebook(*cells) -> nbformat.NotebookNode:
    return new_notebook(cells=list(cells), metadata=METADATA)


def run(*command, **options) -> subprocess.CompletedProcess:
    """One of the programs beside this Python."""
    options = {"capture_output": True, "text": True, "timeout": 300, **options}
    done = subprocess.run([sys.executable, "-m", *map(str, command)], **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def kernel_program() -> str:
    from jupyter_client.kernelspec import KernelSpecManager

    return KernelSpecManager().get_kernel_spec(KERNEL_NAME).argv[0]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def server(url: str, log: Path, *command, python: str | Path = sys.executable, **options):
    """A server that answers at `url`; it is ended as a terminal does."""
    with log.open("w") as out:
        process = subprocess.Popen([python, "-m", *map(str, command)], stdout=out, stderr=out, **options)
    try:

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                # A proxy answers for who isn't there yet: with 404, or as a broken server.
                return requests.get(url, timeout=5).status_code in (200, 401, 403)
            except requests.ConnectionError:
                return False

        wait_until(answers, lambda: f"{url} does not answer\n{log.read_text()}", START_SECONDS)
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


# Gateways


def test_a_server_before_kernel_gateway(tmp_path):
    """`jupyter server --gateway-url`: what JupyterLab on another machine does."""
    pytest.importorskip("kernel_gateway")
    from fearless_client.remote import RemoteKernel

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = [f"--KernelGatewayApp.port={port}", f"--KernelGatewayApp.auth_token={TOKEN}"]
    with server(f"{url}/api", tmp_path / "log", "kernel_gateway", *options, env=environment()):
        before = f"http://127.0.0.1:{(port := free_port())}"
        options = [f"--ServerApp.port={port}", f"--IdentityProvider.token={TOKEN}", "--allow-root", "--no-browser"]
        gateway = [f"--gateway-url={url}", f"--GatewayClient.auth_token={TOKEN}"]
        # It knows of no kernel itself.
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        with server(f"{before}/api", tmp_path / "log-before", "jupyter_server", *options, *gateway, env=env):
            with RemoteKernel(before, TOKEN, KERNEL_NAME) as kernel:
                result = kernel.run("*std::sync::Mutex::new(42).lock().unwrap()").ok()
                sleeper = kernel.begin('println!("asleep");\nstd::thread::sleep(std::time::Duration::from_secs(600));')
                sleeper.until_stdout("asleep")
                kernel.interrupt()
                assert sleeper.finish().ename == "interrupted"
    assert result.value == "42" and result.report is not None


@pytest.mark.full
@pytest.mark.parametrize("kind", ["beside it", "remote"])
def test_enterprise_gateway(tmp_path, kind):
    """In an environment of its own, since it needs an old Jupyter server; without a PATH.

    `remote` is the launcher for other hosts, which here is this one.
    """
    from fearless_client.remote import RemoteKernel

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    python = tmp_path / "env/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "jupyter_enterprise_gateway==3.3.0"], check=True)
    name, kernels = KERNEL_NAME, tmp_path / "kernels"
    if kind == "remote":
        name = "fearless_remote"
        shutil.copytree(DEPLOY / "enterprise_gateway" / name, kernels / name)
        spec = json.loads((kernels / name / "kernel.json").read_text())
        spec["argv"][:2] = [str(python), str(kernels / name / "launch_fearless.py")]
        (kernels / name / "kernel.json").write_text(json.dumps(spec))
        (tmp_path / "env/bin/fearless").symlink_to(kernel_program())
    port = free_port()
    env = {
        "HOME": str(tmp_path),
        "FEARLESS_CACHE": str(tmp_path / "cache"),
        "JUPYTER_PATH": f"{os.environ.get('JUPYTER_PATH', '')}:{tmp_path}",
        "EG_PORT_RANGE": "41000..42500",
        # It starts no kernel for root unless it is told so.
        "EG_UNAUTHORIZED_USERS": "nobody",
        "EG_AUTH_TOKEN": TOKEN,
    }
    options = [f"--EnterpriseGatewayApp.port={port}"]
    url = f"http://127.0.0.1:{port}"
    with server(f"{url}/api", tmp_path / "log", "enterprise_gateway", *options, python=python, env=env):
        with RemoteKernel(url, TOKEN, name) as kernel:
            result = kernel.run("*std::sync::Mutex::new(42).lock().unwrap()").ok()
            sleeper = kernel.begin('println!("asleep");\nstd::thread::sleep(std::time::Duration::from_secs(600));')
            sleeper.until_stdout("asleep")
            kernel.interrupt()
            assert sleeper.finish().ename == "interrupted"
    assert result.value == "42" and result.report is not None


# JupyterHub

HUB = """
load_subconfig({config!r})
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.bind_url = {url!r}
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.services = [{{"name": "tests", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [{{"name": "tests", "services": ["tests"],
                            "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"]}}]
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args += ["--allow-root"]
c.Spawner.environment["JUPYTER_PATH"] = {kernels!r}
"""


def proxy_program() -> str | None:
    """Of npm: `npm install --prefix target/npm configurable-http-proxy`."""
    local = ROOT / "target/npm/node_modules/.bin/configurable-http-proxy"
    return str(local) if local.exists() else shutil.which("configurable-http-proxy")


@pytest.fixture(scope="module")
def system(tmp_path_factory) -> Path:
    """The system's cache, as `warm` leaves it."""
    place = tmp_path_factory.mktemp("system") / "cache"
    subprocess.run([kernel_program(), "warm", "--into", place], check=True, capture_output=True, timeout=300)
    return place


# One server starts in seconds; a whole class's on two cores don't.
START_SECONDS = 300


class Hub:
    """The hub's interface for administrators."""

    def __init__(self, url: str, runtime: Path):
        self.url = url
        self.runtime = runtime
        self.headers = {"Authorization": f"token {TOKEN}"}

    def ask(self, method: str, path: str, **body) -> requests.Response:
        answer = requests.request(method, f"{self.url}/hub/api{path}", json=body or None, headers=self.headers, timeout=120)
        answer.raise_for_status()
        return answer

    def server_of(self, user: str) -> tuple[str, str]:
        """Starts a user's server; its address, and a token of the user's."""
        self.ask("POST", f"/users/{user}")
        self.ask("POST", f"/users/{user}/server")

        def is_ready() -> bool:
            return self.ask("GET", f"/users/{user}").json()["servers"].get("", {}).get("ready", False)

        wait_until(is_ready, f"{user}'s server does not start", START_SECONDS)
        return f"{self.url}/user/{user}", self.ask("POST", f"/users/{user}/tokens").json()["token"]


@pytest.fixture
def hub(tmp_path, request):
    pytest.importorskip("jupyterhub")
    proxy = proxy_program()
    if proxy is None:
        pytest.skip("no configurable-http-proxy")
    system = request.getfixturevalue("system")
    url = f"http://127.0.0.1:{free_port()}"
    lessons = tmp_path / "handed-out"
    lessons.mkdir()
    (lessons / "00.ipynb").write_text("{}")
    config = tmp_path / "jupyterhub_config.py"
    config.write_text(HUB.format(
        config=str(DEPLOY / "jupyterhub/jupyterhub_config.py"), url=url, hub_port=free_port(), proxy_port=free_port(),
        proxy=proxy, token=TOKEN, homes=str(tmp_path), python=sys.executable, kernels=os.environ.get("JUPYTER_PATH", ""),
    ))
    # What a hub's service has, which is not what a person's shell has.
    env = {"PATH": os.environ["PATH"], "FEARLESS_SPAWNER": "simple", "FEARLESS_SYSTEM": str(system), "FEARLESS_LESSONS": str(lessons)}
    with tempfile.TemporaryDirectory(dir="/tmp") as runtime:
        env["FEARLESS_RUNTIME"] = runtime
        with server(f"{url}/hub/api/", tmp_path / "log", "jupyterhub", "-f", config, cwd=tmp_path, env=env):
            yield Hub(url, Path(runtime))


def test_two_students_on_a_hub(hub, tmp_path):
    from fearless_client.remote import RemoteKernel

    servers = {user: hub.server_of(user) for user in ("ada", "bob")}
    assert (tmp_path / "ada/lessons/00.ipynb").exists()
    with RemoteKernel(*servers["ada"], KERNEL_NAME) as ada, RemoteKernel(*servers["bob"], KERNEL_NAME) as bob:
        for kernel in (ada, bob):
            first = kernel.run("let mine = std::sync::Mutex::new(1);\n*mine.lock().unwrap()").ok()
            # Compiled already: nothing of ours had to be.
            assert first.report is not None and first.remarks == ""
        for user in servers:
            folder = hub.runtime / user
            assert len(list(folder.glob("kernel-*-ipc-*"))) == 5 and folder.stat().st_mode & 0o077 == 0
        sleeper = ada.begin('println!("asleep");\nstd::thread::sleep(std::time::Duration::from_secs(600));')
        sleeper.until_stdout("asleep")
        ada.interrupt()
        assert sleeper.finish().ename == "interrupted"
        assert ada.run("*mine.lock().unwrap() + 1").ok().value == "2"
    address, token = servers["ada"]
    others = requests.get(servers["bob"][0] + "/api/kernels", headers={"Authorization": f"token {token}"}, timeout=30)
    assert others.status_code == 403


CLASS = int(os.environ.get("FEARLESS_CLASS", "30"))
LESSON = """let shared = std::sync::Mutex::new(0);
std::thread::scope(|scope| {
    for _ in 0..4 {
        scope.spawn(|| *shared.lock().unwrap() += 1);
    }
});
*shared.lock().unwrap()"""


def proportional_memory(*words: str) -> list[float]:
    """In MiB, of each process whose command line has these words, with all that it started."""
    found = []
    for process in psutil.process_iter():
        try:
            if set(words) <= set(process.cmdline()):
                family = [process, *process.children(recursive=True)]
                found.append(sum(member.memory_full_info().pss for member in family) / 2**20)
        except psutil.Error:
            pass
    return found


@pytest.mark.full
def test_a_whole_class_on_a_hub(hub):
    """Everyone begins at once. What docs/deploy/jupyterhub/README.md says of memory and time is from here."""
    from fearless_client.remote import RemoteKernel

    began = time.monotonic()
    with ThreadPoolExecutor(CLASS) as pool:
        servers = list(pool.map(hub.server_of, [f"student{number}" for number in range(CLASS)]))
    ready = time.monotonic()

    def first_cell(server: tuple[str, str]) -> tuple[RemoteKernel, float]:
        kernel = RemoteKernel(*server, KERNEL_NAME)
        result = kernel.run(LESSON).ok()
        assert result.value == "4" and result.report is not None and result.remarks == ""
        return kernel, time.monotonic() - ready

    with ThreadPoolExecutor(CLASS) as pool:
        kernels = list(pool.map(first_cell, servers))
    started = proportional_memory(kernel_program(), "kernel")
    alone = proportional_memory("jupyterhub.singleuser")
    for kernel, _ in kernels:
        kernel.__exit__()
    times = sorted(seconds for _, seconds in kernels)
    print(f"\n{CLASS} servers ready after {ready - began:.0f} s; first results {times[0]:.1f} to {times[-1]:.1f} s later")
    print(f"kernels: {sum(started) / CLASS:.0f} MiB each; servers with them: {sum(alone) / CLASS:.0f} MiB each")
    assert len(started) == CLASS and sum(started) / CLASS < 100


# nbgrader

EXERCISE = """fn doubled(n: u32) -> u32 {
    // BEGIN SOLUTION
    n * 2
    // END SOLUTION
}"""
TESTS = """assert_eq!(doubled(2), 4);
// BEGIN HIDDEN TESTS
assert_eq!(doubled(21), 42);
// END HIDDEN TESTS"""


def graded(source: str, name: str, *, points: int = 0, solution: bool = False):
    metadata = {"schema_version": 3, "grade_id": name, "locked": not solution, "solution": solution, "grade": points > 0, "task": False}
    return new_code_cell(source, metadata={"nbgrader": {**metadata, **({"points": points} if points else {})}})


def test_nbgrader(tmp_path, monkeypatch):
    """One who solves it, one who fits the visible test alone, one who does nothing."""
    pytest.importorskip("nbgrader")
    # It calls its database's tool by name.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    from nbgrader.api import Gradebook

    shutil.copy(DEPLOY / "nbgrader_config.py", tmp_path)
    source = tmp_path / "source/ps1"
    source.mkdir(parents=True)
    exercise = notebook(
        new_markdown_cell("Double it."), graded(EXERCISE, "doubled", solution=True), graded(TESTS, "doubled-tests", points=3)
    )
    nbformat.write(exercise, source / "p1.ipynb")
    env = environment()
    run("nbgrader", "generate_assignment", "ps1", "--create", cwd=tmp_path, env=env)
    release = nbformat.read(tmp_path / "release/ps1/p1.ipynb", 4)
    assert "todo!()" in release.cells[1].source and "n * 2" not in release.cells[1].source
    assert "42" not in release.cells[2].source and "doubled(2)" in release.cells[2].source
    answers = {"ada": "n + n", "bob": "n + 2", "eve": None}
    for student, answer in answers.items():
        submitted = nbformat.from_dict(json.loads(nbformat.writes(release)))
        if answer:
            submitted.cells[1].source = f"fn doubled(n: u32) -> u32 {{ {answer} }}"
        folder = tmp_path / "submitted" / student / "ps1"
        folder.mkdir(parents=True)
        nbformat.write(submitted, folder / "p1.ipynb")
    run("nbgrader", "autograde", "ps1", "--create", cwd=tmp_path, env=env)
    run("nbgrader", "generate_feedback", "ps1", cwd=tmp_path, env=env)
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        scores = {student: gradebook.find_submission("ps1", student).score for student in answers}
    assert scores == {"ada": 3, "bob": 0, "eve": 0}
    feedback = (tmp_path / "feedback/bob/ps1/p1.html").read_text()
    assert "42" in feedback and "doubled" in feedback


# Notebooks as programs and as text


def test_papermill_gives_parameters(tmp_path):
    pytest.importorskip("papermill")
    parameters = new_code_cell('let threads: u32 = 2; // how many\nlet name = "nobody";', metadata={"tags": ["parameters"]})
    shown = new_code_cell('println!("{threads} {name} {ratio:?} {list:?} {flag}");')
    nbformat.write(notebook(parameters, shown), tmp_path / "in.ipynb")
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"threads": 4, "name": 'a "b" \\', "ratio": 2.0, "list": [1, 2], "flag": True}))
    program = [sys.executable, DEPLOY / "papermill_rust.py", "in.ipynb", "out.ipynb", "-f", given]
    done = subprocess.run(program, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    # A name that has no default may be misspelt.
    unknown = [line.rpartition(" ")[2] for line in done.stderr.splitlines() if "unknown parameter" in line]
    assert unknown == ["ratio", "list", "flag"]
    cells = nbformat.read(tmp_path / "out.ipynb", 4).cells
    assert cells[-1].outputs[0].text == '4 a "b" \\ 2.0 [1, 2] true\n'


def test_jupytext_keeps_a_lesson(tmp_path):
    pytest.importorskip("jupytext")
    lesson = sorted((ROOT / "notebooks").glob("03-*.ipynb"))[0]
    run("jupytext", "--to", "rs:percent", lesson, "-o", tmp_path / "lesson.rs")
    run("jupytext", "--to", "ipynb", tmp_path / "lesson.rs", "-o", tmp_path / "lesson.ipynb")

    def cells(path: Path) -> list[tuple[str, str]]:
        return [(cell.cell_type, cell.source) for cell in nbformat.read(path, 4).cells]

    assert cells(tmp_path / "lesson.ipynb") == cells(lesson)
    assert nbformat.read(tmp_path / "lesson.ipynb", 4).metadata.kernelspec.name == "fearless"
