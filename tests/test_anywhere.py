"""The kernel where Jupyter runs without what a person's shell knows."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from fearless_client import Kernel, environment
from fearless_client.kernel import KERNEL_NAME

ROOT = Path(__file__).parent.parent
# What was compiled before serves again: these tests are not about the time that it takes.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fearless"


def without(folder: Path, *endings: str) -> str:
    """A PATH with the system's programs, but for those whose names end so."""
    folder.mkdir()
    for tool in Path("/usr/bin").iterdir():
        if not tool.name.rstrip("0123456789.-").endswith(endings):
            (folder / tool.name).symlink_to(tool)
    return str(folder)


def test_another_home_and_no_path(tmp_path):
    """The tools are found by the user's entry in the system's list, or in one of the usual folders."""
    with Kernel(bare={"HOME": str(tmp_path), "FEARLESS_CACHE": str(CACHE)}) as kernel:
        kernel.ok("let kept = std::sync::Mutex::new(41);\n*kept.lock().unwrap() += 1;")
        result = kernel.ok("*kept.lock().unwrap()")
    assert result.value == "42" and result.report is not None


def test_nothing_of_the_kernels_is_in_a_cells_stderr(tmp_path):
    """A first start builds our std, and says so; graders take any stderr for a mistake."""
    with Kernel(FEARLESS_CACHE=str(tmp_path / "cache")) as kernel:
        result = kernel.ok('let text = String::new();\nlet borrowed = &text;\nprintln!("mine")')
    assert "Building Fearless's recording `std`" in result.remarks
    assert "`borrowed` is not kept" in result.remarks
    assert (result.stdout, result.stderr) == ("mine\n", "")


@pytest.mark.full
def test_zigs_compiler_serves_where_there_is_none(tmp_path):
    """Needs the package `ziglang`, 90 MB, in the Python that runs the tests."""
    pytest.importorskip("ziglang")
    tools = without(tmp_path / "bin", "cc", "gcc", "clang", "c++", "g++", "python")
    python = Path(tools) / "python3"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    assert shutil.which("cc", path=tools) is None
    with Kernel(bare={"HOME": str(tmp_path), "PATH": tools}) as kernel:
        kernel.ok("let kept = std::sync::Mutex::new(41);\n*kept.lock().unwrap() += 1;", timeout=300)
        assert kernel.ok("*kept.lock().unwrap()").value == "42"


def test_a_wheel_in_an_empty_environment(tmp_path):
    """Made by the installer's command: the oldest glibc of Python's platforms, and nothing missing."""
    made = subprocess.run([ROOT / "install.sh", "wheel"], capture_output=True, text=True, timeout=1200)
    assert made.returncode == 0, made.stdout + made.stderr
    wheel = max((ROOT / "dist").glob("*.whl"), key=lambda path: path.stat().st_mtime)
    assert "manylinux_2_17" in wheel.name
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    programs = tmp_path / "env" / "bin"
    subprocess.run([programs / "pip", "install", "--quiet", "--no-index", wheel], check=True)
    env = {
        "HOME": str(tmp_path),
        "JUPYTER_PATH": str(tmp_path / "env/share/jupyter"),
        "FEARLESS_CACHE": str(CACHE),
    }
    options = {"env": env, "capture_output": True, "text": True, "timeout": 300}
    check = subprocess.run([programs / "fearless", "check"], **options)
    assert check.returncode == 0 and "✗" not in check.stdout, check.stdout + check.stderr
    assert str(tmp_path / "env") in check.stdout
    lessons = subprocess.run([programs / "fearless", "lessons", tmp_path / "lessons"], **options)
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.name for path in (tmp_path / "lessons").glob("*.ipynb")} == names, lessons.stderr


# The system's cache


def program() -> str:
    return KernelSpecManager().get_kernel_spec(KERNEL_NAME).argv[0]


def contents(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def system(tmp_path_factory) -> Path:
    """The cache of a whole system, as `warm` leaves it."""
    place = tmp_path_factory.mktemp("system") / "cache"
    run = subprocess.run([program(), "warm", "--into", place], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0 and "cells without crates" in run.stdout, run.stdout + run.stderr
    return place


def first_cell(home: Path, system: Path, *more: str):
    with Kernel(bare={"HOME": str(home), "FEARLESS_SYSTEM_CACHE": str(system)}) as kernel:
        result = kernel.ok("std::sync::Mutex::new(5).lock().unwrap().clone()")
        for cell in more:
            kernel.ok(cell)
        return result


def test_another_users_first_cell_is_compiled_already(system, tmp_path):
    """And nothing is written there, whoever it belongs to."""
    before = contents(system)
    result = first_cell(tmp_path, system, ":explore 1\nstd::thread::spawn(|| ()).join().unwrap();")
    assert (result.value, result.remarks) == ("5", "") and result.report is not None
    own = tmp_path / ".cache" / "fearless"
    assert not any((own / name).exists() for name in ("std", "control"))
    assert not list((own / "recipes").iterdir())
    assert contents(system) == before


def test_what_others_may_write_is_not_used(system, tmp_path):
    (library,) = system.glob("std/*/libstd-fearless.so")
    library.chmod(0o775)
    try:
        assert "Building Fearless's recording `std`" in first_cell(tmp_path, system).remarks
    finally:
        library.chmod(0o755)


# Runs a program where the toolchain lies in a place that everybody can read: it may lie in root's
# home.
BESIDE_RUST = 'mount --bind "$TOOLCHAIN" "${FEARLESS_RUST%/bin}" && exec "$@"'
# Starts a kernel as somebody else, who could not read the connection file.
AS_NOBODY = """
install -o 65534 -m 600 "$1" "$HOME/connection.json"
shift
exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@" "$HOME/connection.json"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_the_first_cell_of_somebody_else(monkeypatch):
    """It uses what is in root's cache, and writes nothing there; its own cache is its own."""
    toolchain = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        place = Path(folder)
        place.chmod(0o755)
        (place / "rust").mkdir()
        (place / "home").mkdir()
        shutil.chown(place / "home", 65534)
        kernel = str(shutil.copy(program(), place / "fearless"))
        env = {
            "HOME": str(place / "home"),
            "PATH": "/usr/bin:/bin",
            "TOOLCHAIN": toolchain.stdout.strip(),
            "FEARLESS_RUST": str(place / "rust/bin"),
            "FEARLESS_SYSTEM_CACHE": str(place / "system"),
        }
        beside_rust = ["unshare", "--mount", "sh", "-c", BESIDE_RUST, "sh"]
        warm = [*beside_rust, kernel, "warm", "--into", env["FEARLESS_SYSTEM_CACHE"]]
        # Root's own files of this run don't get into the other's home.
        done = subprocess.run(warm, env={**env, "HOME": folder}, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        before = contents(place / "system")
        argv = [*beside_rust, "sh", "-c", AS_NOBODY, "sh", "{connection_file}", kernel, "kernel"]
        spec = {"argv": argv, "display_name": "somebody else", "language": "rust", "interrupt_mode": "message"}
        (place / "kernels/other").mkdir(parents=True)
        (place / "kernels/other/kernel.json").write_text(json.dumps(spec))
        monkeypatch.setenv("JUPYTER_PATH", folder)
        with Kernel(bare=env, kernel="other") as kernel:
            result = kernel.ok("std::sync::Mutex::new(5).lock().unwrap().clone()")
            assert (result.value, result.remarks) == ("5", "") and result.report is not None
            own = place / "home/.cache/fearless"
            assert own.stat().st_uid == 65534 and not (own / "std").exists()
        assert contents(place / "system") == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is warned of what root would run")
def test_build_scripts_do_not_run_as_root_unasked(tmp_path):
    run = subprocess.run([program(), "warm", "--dep", 'x = "1"'], capture_output=True, text=True, timeout=30)
    assert run.returncode != 0 and "as root" in run.stderr and "--as-root" in run.stderr


def test_a_home_that_cannot_be_written(tmp_path):
    env = {"HOME": "/proc/1", "TMPDIR": str(tmp_path)}
    with Kernel(bare=env) as kernel:
        result = kernel.ok("40 + 2")
        (folder,) = tmp_path.glob("fearless-*")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert str(folder) in result.remarks and "FEARLESS_CACHE" in result.remarks
    assert not folder.exists()


# Other users

ATTEMPTS = """
import json, os, socket, sys
process, cache, connection = int(sys.argv[1]), sys.argv[2], sys.argv[3]

def connect(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)

attempts = {
    "signal": lambda: os.kill(process, 0),
    "environment": lambda: open(f"/proc/{process}/environ").read(),
    "descriptors": lambda: os.listdir(f"/proc/{process}/fd"),
    "sessions": lambda: os.listdir(cache + "/sessions"),
    "key": lambda: open(connection).read(),
    **{path: lambda path=path: connect(path) for path in sys.argv[4:]},
}
done = []
for name, attempt in attempts.items():
    try:
        attempt()
        done.append(name)
    except PermissionError:
        pass
print(json.dumps(done))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_nobodys_kernel_is_anothers():
    """Over ipc: over TCP, whoever has an account on the machine can listen to what cells print."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        # Open to all, so that what the kernel makes there must protect itself.
        Path(folder).chmod(0o755)
        look_at_a_kernel_in(Path(folder))


def look_at_a_kernel_in(folder: Path) -> None:
    paths = {"connection_file": str(folder / "kernel.json"), "ip": str(folder / "socket")}
    manager = KernelManager(kernel_name=KERNEL_NAME, transport="ipc", **paths)
    manager.start_kernel(env=environment(FEARLESS_CACHE=str(folder / "cache")))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=300)
        ports = [getattr(manager, f"{channel}_port") for channel in ("shell", "iopub", "stdin", "control", "hb")]
        sockets = [f"{manager.ip}-{port}" for port in ports]
        assert all(Path(path).is_socket() for path in sockets)
        arguments = [str(manager.provisioner.pid), str(folder / "cache"), manager.connection_file, *sockets]

        def done(**identity) -> list[str]:
            command = ["/usr/bin/python3", "-c", ATTEMPTS, *arguments]
            run = subprocess.run(command, capture_output=True, text=True, cwd="/", **identity)
            assert run.returncode == 0, run.stderr
            return json.loads(run.stdout)

        assert len(done()) == 5 + len(sockets)
        assert done(user=65534, group=65534, extra_groups=[]) == []
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
