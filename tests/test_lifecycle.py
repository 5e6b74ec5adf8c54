"""Starting and ending: it answers before all is ready, and nothing left behind, however the kernel ends."""

import os
import shutil
import signal
from pathlib import Path

import psutil
import pytest
from jupyter_client.manager import KernelManager

from fearless_client import Kernel, environment, wait_until
from fearless_client.kernel import KERNEL_NAME



class Traces:
    """What a kernel may leave: processes, files in a temporary folder of its own, shared memory."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.shared_before = set(os.listdir("/dev/shm"))
        self.processes: list[psutil.Process] = []

    def note(self, kernel: Kernel) -> None:
        self.processes = [kernel.process, *kernel.descendants()]
        assert len(self.processes) >= 2, "there is no cell process"

    def alive(self) -> list[str]:
        return [
            f"{p.pid} {p.name()}"
            for p in self.processes
            if p.is_running() and p.status() != psutil.STATUS_ZOMBIE
        ]

    def files(self) -> list[str]:
        return [str(path.relative_to(self.folder)) for path in self.folder.rglob("*")]

    def shared(self) -> set[str]:
        return set(os.listdir("/dev/shm")) - self.shared_before

    def assert_gone(self) -> None:
        wait_until(lambda: not self.alive(), lambda: f"alive: {self.alive()}")
        wait_until(lambda: not self.files(), lambda: f"temporary files: {self.files()[:20]}")
        assert not self.shared()


@pytest.fixture
def traces(tmp_path):
    return Traces(tmp_path)


@pytest.fixture
def watched(traces):
    kernel = Kernel(TMPDIR=str(traces.folder))
    kernel.ok("std::thread::spawn(|| ()).join().unwrap();")
    traces.note(kernel)
    yield kernel
    kernel.stop()


def test_shutdown_while_a_cell_runs(watched, traces):
    pending = watched.begin('println!("go"); let mut n = 0u8; loop { n = std::hint::black_box(n); }')
    pending.until_stdout("go")
    watched.stop()
    traces.assert_gone()


def test_shutdown_leaves_nothing(watched, traces):
    """Not even what a cell has started."""
    pid = watched.ok(
        'let child = std::process::Command::new("sleep").arg("1000").spawn().unwrap(); child.id()'
    ).value
    traces.note(watched)
    assert int(pid) in [process.pid for process in traces.processes]
    watched.stop()
    traces.assert_gone()


def test_an_end_while_the_session_starts(tmp_path):
    """kernel_info is answered long before evcxr is there."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fearless/sessions"
    before = set(os.listdir(cache)) if cache.exists() else set()
    manager = KernelManager(kernel_name=KERNEL_NAME)
    manager.start_kernel(env=environment(TMPDIR=str(tmp_path)))
    client = manager.client()
    client.start_channels()
    client.kernel_info()
    client.get_shell_msg(timeout=60)
    process = psutil.Process(manager.provisioner.pid)
    processes = [process, *process.children(recursive=True)]
    manager.signal_kernel(signal.SIGTERM)
    psutil.wait_procs(processes, timeout=60)
    client.stop_channels()
    manager.cleanup_resources()
    assert not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert not list(tmp_path.iterdir())
    assert not cache.exists() or set(os.listdir(cache)) <= before


def test_a_killed_kernel_leaves_no_process(watched, traces):
    pending = watched.begin(
        'println!("go"); loop { std::thread::sleep(std::time::Duration::from_secs(60)); }'
    )
    pending.until_stdout("go")
    traces.note(watched)
    os.kill(watched.process.pid, signal.SIGKILL)
    wait_until(lambda: not traces.alive(), lambda: f"alive: {traces.alive()}")
    assert not traces.shared()
    # What it left on the disk goes when the next one starts.
    with Kernel(TMPDIR=str(traces.folder)) as successor:
        successor.ok("1 + 1")
    assert traces.files() == []


def test_a_killed_kernel_with_a_computing_cell_leaves_no_process(watched, traces):
    pending = watched.begin('println!("go"); let mut n = 0u8; loop { n = std::hint::black_box(n); }')
    pending.until_stdout("go")
    traces.note(watched)
    os.kill(watched.process.pid, signal.SIGKILL)
    wait_until(lambda: not traces.alive(), lambda: f"alive: {traces.alive()}")


def test_sigterm_is_a_shutdown(watched, traces):
    os.kill(watched.process.pid, signal.SIGTERM)
    traces.assert_gone()


def test_restart_is_a_new_session_without_leftovers(watched, traces):
    watched.ok("let old = 1;")
    traces.note(watched)
    before = traces.processes
    watched.manager.restart_kernel(now=False)
    watched.client.wait_for_ready(timeout=60)
    assert watched.run("old").status == "error"
    assert watched.run("1 + 1").count == 2
    wait_until(
        lambda: not [p for p in before if p.is_running() and p.status() != psutil.STATUS_ZOMBIE],
        "the old session's processes are alive",
    )


def test_folders_with_spaces_umlauts_and_a_cargo_workspace_above(tmp_path):
    """A project's own home folder, say: cargo must not take a cell for a member of that project."""
    home = tmp_path / "mein Projekt ünd mehr"
    home.mkdir()
    (home / "Cargo.toml").write_text('[workspace]\nmembers = ["other"]\n')
    places = {"XDG_CACHE_HOME": "der cache", "TMPDIR": "tmp ü"}
    for folder in places.values():
        (home / folder).mkdir()
    with Kernel(**{name: str(home / folder) for name, folder in places.items()}) as kernel:
        kernel.ok("let numbers = vec![1, 2, 3];")
        assert kernel.ok("numbers.len()").value == "3"
        assert kernel.ok("std::thread::spawn(|| ()).join().unwrap();").report


def test_kernel_info_is_answered_before_anything_is_compiled(tmp_path):
    """The first start with a toolchain compiles our `std`, which takes seconds: nobody waits for that."""
    goes_on, called = tmp_path / "goes on", tmp_path / "called"
    tools = tmp_path / "bin"
    tools.mkdir()
    # It answers questions, and compiles nothing until it may.
    wait = f"touch '{called}'; while [ ! -e '{goes_on}' ]; do sleep 0.05; done"
    (tools / "rustc").write_text(
        f"#!/bin/sh\ncase \"$*\" in *-Copt-level=*) {wait};; esac\nexec '{shutil.which('rustc')}' \"$@\"\n"
    )
    (tools / "rustc").chmod(0o755)
    manager = KernelManager(kernel_name=KERNEL_NAME)
    manager.start_kernel(env=environment(PATH=f"{tools}:{os.environ['PATH']}", XDG_CACHE_HOME=str(tmp_path)))
    client = manager.client()
    client.start_channels()
    try:
        mine = client.kernel_info()
        while client.get_shell_msg(timeout=60)["parent_header"]["msg_id"] != mine:
            pass
        wait_until(called.exists, "the compiler is never asked")
        cell = client.execute("6 * 7")
        goes_on.touch()
        while (reply := client.get_shell_msg(timeout=300))["parent_header"]["msg_id"] != cell:
            pass
        assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_memory_of_an_idle_kernel(kernel, record_property):
    kernel.ok("1 + 1")
    sizes = {p.name(): p.memory_info().rss >> 20 for p in [kernel.process, *kernel.cell_processes()]}
    print(f"resident MiB: {sizes}")
    record_property("resident_mib", str(sizes))
    assert sum(sizes.values()) < 2048


def test_only_the_connection_files_ports_are_open(kernel):
    info = kernel.manager.get_connection_info()
    wanted = {info[f"{c}_port"] for c in ("shell", "iopub", "stdin", "control", "hb")}
    processes = [kernel.process, *kernel.cell_processes()]
    listening = {
        c.laddr.port
        for p in processes
        for c in p.net_connections()
        if c.status == psutil.CONN_LISTEN
    }
    assert listening == wanted


def test_ipc_transport(tmp_path):
    manager = KernelManager(kernel_name=KERNEL_NAME, transport="ipc", ip=str(tmp_path / "kernel"))
    manager.start_kernel(env=environment())
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        msg_id = client.execute("1 + 1")
        reply = client.get_shell_msg(timeout=60)
        while reply["parent_header"].get("msg_id") != msg_id:
            reply = client.get_shell_msg(timeout=60)
        assert reply["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
