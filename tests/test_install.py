"""install.sh and the kernel's own command line: what they say when something is missing, and that
running them again changes nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from fearless_client import Kernel, environment
from fearless_client.kernel import KERNEL_NAME

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "install.sh"
# What the script itself uses besides the tools that it checks.
BASICS = ["bash", "env", "sed", "head", "cat", "timeout", "mktemp", "dirname"]


def install(*arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash", SCRIPT, *arguments], capture_output=True, text=True, timeout=300, **options
    )


@pytest.fixture
def machine(tmp_path):
    """A PATH with the basics and whatever a test adds."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in BASICS:
        (folder / tool).symlink_to(shutil.which(tool))

    class Machine:
        path = folder

        def has(self, name: str, script: str | None = None) -> None:
            # Not a link: python finds its home by its own place, and a pyenv's is a script.
            real = sys.executable if name == "python3" else shutil.which(name)
            script = script or f'exec {real} "$@"'
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)

        def install(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
            env = {"PATH": str(folder), "HOME": str(tmp_path), **environment}
            return install(*arguments, env=env)

    return Machine()


def complaints(run: subprocess.CompletedProcess) -> list[str]:
    assert run.returncode != 0
    return [line for line in run.stderr.splitlines() if line.startswith("missing: ")]


def test_everything_missing_is_listed_at_once(machine):
    machine.has("apt-get", "exit 1")
    cargo, linker, python = complaints(machine.install())
    assert "cargo" in cargo and "rustup" in cargo
    assert "linker" in linker and "apt-get install build-essential" in linker
    assert "python3" in python and "apt-get install python3 python3-venv" in python


def test_an_old_cargo_is_named(machine):
    for tool in ("cc", "python3"):
        machine.has(tool)
    machine.has("rustc", "exit 0")
    machine.has("cargo", "echo 'cargo 1.94.1 (abc 2026-01-01)'")
    (line,) = complaints(machine.install())
    assert "1.94.1" in line and "1.95" in line
    machine.has("rustup", "exit 1")
    (line,) = complaints(machine.install())
    assert "rustup update stable" in line


def test_a_newer_cargo_is_fine(machine):
    machine.has("rustc", "exit 0")
    machine.has("cargo", "echo 'cargo 2.0.0 (abc 2030-01-01)'")
    lines = complaints(machine.install())
    assert not [line for line in lines if "cargo" in line]


def test_python_without_venv(machine):
    machine.has("cc")
    machine.has("rustc", "exit 0")
    machine.has("cargo", "echo 'cargo 1.95.0 (abc 2026-01-01)'")
    machine.has("python3", "exit 1")
    (line,) = complaints(machine.install())
    assert "venv" in line


def sources_machine(machine):
    for tool in ("cc", "python3"):
        machine.has(tool)
    machine.has("cargo", "echo 'cargo 1.95.0 (abc 2026-01-01)'")
    machine.has("rustc", "echo /nowhere")


def test_no_library_sources(machine):
    """A note, and it goes on: to a build that fails here."""
    sources_machine(machine)
    machine.has("cargo", '[ "$1" = --version ] || { echo "building: $1" >&2; exit 1; }; echo "cargo 1.95.0 (abc 2026-01-01)"')
    run = machine.install()
    for way in ("rustup component add rust-src", "apt-get install rust-web-src", "RUST_SRC_PATH"):
        assert way in run.stdout
    assert run.returncode != 0 and run.stderr == "building: build\n"


def test_a_wrong_rust_src_path(machine, tmp_path):
    sources_machine(machine)
    run = machine.install(RUST_SRC_PATH=str(tmp_path))
    assert run.returncode != 0
    (line,) = run.stderr.splitlines()
    assert str(tmp_path) in line and "RUST_SRC_PATH" in line


def test_help_and_wrong_arguments():
    assert "uninstall" in install("--help").stdout
    for arguments in (["frobnicate"], ["--prefix"], ["lab", "export"]):
        run = install(*arguments)
        assert run.returncode != 0 and len(run.stderr.splitlines()) == 1


def test_installing_twice_and_uninstalling(tmp_path):
    """With a prefix that has a space; the first time given relative to the working folder."""
    prefix = tmp_path / "my place"
    for given in ("my place", str(prefix)):
        run = install("--prefix", given, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        assert "the kernel works" in run.stdout and "./install.sh lab" in run.stdout
    spec = json.loads((prefix / "share/jupyter/kernels/fearless/kernel.json").read_text())
    assert spec["display_name"] == "Rust (Fearless)"
    assert spec["language"] == "rust"
    assert spec["interrupt_mode"] == "message"
    program = Path(spec["argv"][0])
    # A copy: `cargo clean` must not break it.
    assert program.is_file() and prefix in program.parents

    run = install("uninstall", "--prefix", str(prefix))
    assert run.returncode == 0, run.stderr
    assert not [p for p in prefix.rglob("*") if p.is_file()]
    # Nothing to remove is no error.
    assert install("uninstall", "--prefix", str(prefix)).returncode == 0


# The kernel's own command line


def kernel_command(*replacements: str) -> list[str]:
    """The kernelspec's command, with the connection file replaced."""
    argv = KernelSpecManager().get_kernel_spec(KERNEL_NAME).argv
    return [replacements[0] if word == "{connection_file}" else word for word in argv]


def start_with(connection_file: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        kernel_command(str(connection_file)),
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
        env=environment(),
    )


BAD_FILES = {
    "empty": "",
    "not_json": "hello",
    "an_array": "[]",
    "no_ports": '{"ip": "127.0.0.1", "transport": "tcp", "key": "a", "signature_scheme": "hmac-sha256"}',
    "port_is_text": json.dumps(
        {
            "ip": "127.0.0.1",
            "transport": "tcp",
            "key": "a",
            "signature_scheme": "hmac-sha256",
            **{f"{c}_port": "x" for c in ("shell", "iopub", "stdin", "control", "hb")},
        }
    ),
    "unknown_transport": json.dumps(
        {
            "ip": "127.0.0.1",
            "transport": "carrier-pigeon",
            "key": "a",
            "signature_scheme": "hmac-sha256",
            **{f"{c}_port": 1 for c in ("shell", "iopub", "stdin", "control", "hb")},
        }
    ),
}


def assert_one_sentence(run: subprocess.CompletedProcess, file: Path) -> None:
    assert run.returncode != 0
    lines = run.stderr.strip().splitlines()
    assert len(lines) == 1, run.stderr
    assert str(file) in lines[0]
    assert "panicked" not in run.stderr and "backtrace" not in run.stderr


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_malformed_connection_file(tmp_path, what):
    file = tmp_path / "connection.json"
    file.write_text(BAD_FILES[what])
    assert_one_sentence(start_with(file), file)


def test_a_missing_connection_file(tmp_path):
    assert_one_sentence(start_with(tmp_path / "nothing.json"), tmp_path / "nothing.json")


def test_a_toolchain_that_cannot_compile(tmp_path):
    """The kernel stays up, and the cell says what to do."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("cargo", "rustc"):
        (tools / tool).write_text('#!/bin/sh\necho "this is no compiler" >&2\nexit 1\n')
        (tools / tool).chmod(0o755)
    with Kernel(FEARLESS_RUST=str(tools), XDG_CACHE_HOME=str(tmp_path / "cache")) as kernel:
        result = kernel.run("1 + 1")
        assert result.status == "error"
        assert "this is no compiler" in result.error_text and str(tools) in result.error_text
        assert "panicked at" not in result.error_text
        info = kernel.ask("kernel_info_request", {})
        assert info["content"]["status"] == "ok"


def test_no_toolchain_at_all(tmp_path):
    with Kernel(FEARLESS_RUST=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache")) as kernel:
        result = kernel.run("1 + 1")
        assert result.status == "error"
        assert "install Rust" in result.error_text and f"Looked in {tmp_path}" in result.error_text


def test_a_cache_that_cannot_be_written(tmp_path):
    """The kernel stays up, and each cell says what to do."""
    (tmp_path / "file").write_text("in the way")
    cache = tmp_path / "file" / "cache"
    with Kernel(FEARLESS_CACHE=str(cache)) as kernel:
        for _ in range(2):
            result = kernel.run("1 + 1")
            assert result.status == "error"
            (error,) = result.of_type("error")
            assert len(error["traceback"]) == 1
            assert str(cache) in error["evalue"] and "FEARLESS_CACHE" in error["evalue"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_is_full(tmp_path):
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        with Kernel(FEARLESS_CACHE=str(tmp_path)) as kernel:
            error = kernel.run("1 + 1").of_type("error")[0]
        assert "no storage space" in error["evalue"] and "FEARLESS_CACHE" in error["evalue"]
        assert "toolchain" not in error["evalue"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_the_installed_command_explains_itself():
    program = kernel_command("x")[0]
    run = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=30)
    assert run.returncode == 0 and "install" in run.stdout
    run = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30)
    assert run.returncode == 0 and "0." in run.stdout
    run = subprocess.run([program, "nonsense"], capture_output=True, text=True, timeout=30)
    assert run.returncode != 0 and "panicked" not in run.stderr


def test_ci_runs_the_readmes_command():
    assert "install.sh" in (ROOT / ".ci/run").read_text()
    assert "./install.sh test" in (ROOT / "README.md").read_text()
    assert os.access(ROOT / ".ci/run", os.X_OK) and os.access(SCRIPT, os.X_OK)
