"""`fearless check`: it passes on the installed kernel, and for each thing that is missing it says what to do."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from fearless_client import environment
from fearless_client.kernel import KERNEL_NAME

ROOT = Path(__file__).resolve().parent.parent

STEPS = ["kernelspec", "start", "heartbeat", "cell", "completion", "question", "interrupt", "explore", "shutdown"]


@pytest.fixture(scope="module")
def spec():
    return KernelSpecManager().get_kernel_spec(KERNEL_NAME)


def check(spec, **more: str) -> subprocess.CompletedProcess:
    """The check by the kernel's own program, with the kernelspec under test first."""
    data = Path(spec.resource_dir).parent.parent
    env = environment(**{"JUPYTER_PATH": str(data), **more})
    return subprocess.run([spec.argv[0], "check"], env=env, capture_output=True, text=True, timeout=400)


def steps(run: subprocess.CompletedProcess) -> dict[str, str]:
    """The sign of each step."""
    rows = [line.split() for line in run.stdout.splitlines() if line[:1] in ("✓", "✗")]
    return {row[1]: row[0] for row in rows}


def assert_fails_at(run: subprocess.CompletedProcess, step: str, *words: str) -> None:
    assert run.returncode == 1, run.stdout
    assert steps(run)[step] == "✗", run.stdout
    after = run.stdout.split(f"✗ {step}")[1]
    assert "  next: " in after, run.stdout
    for word in words:
        assert word in after, f"no {word!r} in\n{run.stdout}"


def test_an_installed_kernel_passes(spec):
    run = check(spec)
    assert run.returncode == 0, run.stdout + run.stderr
    assert steps(run) == dict.fromkeys(STEPS, "✓")
    assert "acquired twice" in run.stdout and "variables stay" in run.stdout


def test_no_kernelspec(spec, tmp_path):
    # A system's own folders may hold one; nobody else's do.
    for folder in ("/usr/local/share/jupyter", "/usr/share/jupyter"):
        if (Path(folder) / "kernels" / KERNEL_NAME).exists():
            pytest.skip(f"a kernel is installed in {folder}")
    missing = {"JUPYTER_PATH": str(tmp_path), "HOME": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path)}
    run = check(spec, **missing, VIRTUAL_ENV="", CONDA_PREFIX="")
    assert_fails_at(run, "kernelspec", str(tmp_path), "install.sh", "JUPYTER_PATH")
    assert list(steps(run)) == ["kernelspec"]


def planted(spec, tmp_path: Path, *argv: str) -> dict[str, str]:
    """A kernelspec with another command line."""
    folder = tmp_path / "kernels" / "fearless"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "x", "language": "rust"}))
    return {"JUPYTER_PATH": str(tmp_path)}


def test_a_program_that_is_gone(spec, tmp_path):
    run = check(spec, **planted(spec, tmp_path, str(tmp_path / "gone"), "kernel", "{connection_file}"))
    assert_fails_at(run, "start", str(tmp_path / "gone"), "install.sh")


def test_a_kernel_that_ends_at_once(spec, tmp_path):
    script = "echo 'cannot listen at tcp://127.0.0.1:1: taken' >&2; exit 3"
    run = check(spec, **planted(spec, tmp_path, "/bin/sh", "-c", script))
    assert_fails_at(run, "start", "cannot listen", "exit status: 3")


def tools_without(tmp_path: Path, *missing: str) -> str:
    """A PATH with all that the machine's has but some tools."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for part in os.environ["PATH"].split(os.pathsep):
        for tool in Path(part).iterdir() if Path(part).is_dir() else ():
            if tool.name not in missing and not (folder / tool.name).exists():
                (folder / tool.name).symlink_to(tool)
    return str(folder)


def test_no_rustc(spec, tmp_path):
    run = check(spec, FEARLESS_RUST=str(tmp_path))
    assert_fails_at(run, "cell", "cannot find `", "https://rustup.rs", str(tmp_path))
    assert steps(run)["shutdown"] == "✓"


def test_no_linker(spec, tmp_path):
    # Python as well: it may know a compiler.
    others = [p.name for kind in ("*-gcc*", "python*") for p in Path("/usr/bin").glob(kind)]
    path = tools_without(tmp_path, "cc", "gcc", "clang", "python", "python3", *others)
    # What was linked before would do.
    run = check(spec, PATH=path, FEARLESS_CACHE=str(tmp_path / "cache"))
    assert_fails_at(run, "cell", "linker", "build-essential")


def test_what_explores_cannot_be_built(spec, tmp_path):
    # Cells run all the same, but who was told that all is well would not look further.
    for package in ("control", "explore", "locks", "record", "std", "tasks"):
        shutil.copytree(ROOT / "kernel" / package / "src", tmp_path / package / "src")
    (tmp_path / "control/src/lib.rs").write_text("fn broken( {}\n")
    run = check(spec, FEARLESS_STANDARD_SOURCES=str(tmp_path))
    assert_fails_at(run, "explore")
    assert steps(run)["cell"] == "✓"


def test_a_cache_that_cannot_be_written(spec, tmp_path):
    (tmp_path / "file").write_text("")
    run = check(spec, FEARLESS_CACHE=str(tmp_path / "file" / "cache"))
    assert_fails_at(run, "cell", "FEARLESS_CACHE")
