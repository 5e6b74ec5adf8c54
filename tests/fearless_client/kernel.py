"""Starts the installed kernel and talks to it over the real sockets."""

import os
import tempfile
import time
from queue import Empty

import psutil
from jupyter_client.manager import KernelManager

from .result import Result

KERNEL_NAME = os.environ.get("FEARLESS_TEST_KERNEL", "fearless")
# Starting includes building our std once for a toolchain that has not been seen before.
START_SECONDS = 300
# A generous bound for one cell on a busy machine: what must be quick is asserted by its test.
CELL_SECONDS = 120
# The tests' history, apart from the user's; one folder for a whole run.
_DATA = tempfile.TemporaryDirectory(prefix="fearless-test-data-")


def environment(**more: str) -> dict[str, str]:
    """The environment of every kernel under test."""
    return {**os.environ, "XDG_DATA_HOME": _DATA.name, **more}


class Kernel:
    """A kernel process with one client. Use it as a context manager.

    `bare` is all of its environment, as a server that knows nothing of the user's starts it.
    """

    def __init__(self, bare: dict[str, str] | None = None, kernel: str = KERNEL_NAME, **more_environment: str):
        self.manager = KernelManager(kernel_name=kernel)
        env = environment(**more_environment) if bare is None else bare
        self.manager.start_kernel(env=env)
        self.client = self.manager.client()
        self.client.start_channels()
        # Several cells may be under way: what arrives for another one than is waited for is kept.
        self._pending: dict[str, Pending] = {}
        self._replies: dict[str, dict] = {}
        try:
            self.client.wait_for_ready(timeout=START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=False)
        self.manager.cleanup_resources()

    # Running cells

    def begin(self, code: str, **options) -> "Pending":
        """Sends a cell and does not wait."""
        pending = Pending(self, code, self.client.execute(code, **options))
        self._pending[pending.msg_id] = pending
        return pending

    def run(self, code: str, timeout: float = CELL_SECONDS, **options) -> Result:
        """Runs a cell to its end, whatever that is."""
        return self.begin(code, **options).finish(timeout)

    def ok(self, code: str, timeout: float = CELL_SECONDS) -> Result:
        """Runs a cell that must succeed."""
        return self.run(code, timeout).ok()

    def wait_for_analyst(self) -> None:
        """Who asks for a page waits until rust-analyzer is there; completion and inspection don't."""
        page = self.ok(":doc std::sync::Mutex").reply["content"]["payload"]
        assert "mutual exclusion" in str(page)

    def interrupt(self) -> None:
        """What the stop button does.

        Not by the manager: its messages are numbered apart from the client's, so that two have one id.
        """
        self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))

    # Other requests

    def ask(self, kind: str, content: dict, channel: str = "shell", timeout: float = 30) -> dict:
        """Sends any request and returns the reply that belongs to it."""
        message = self.client.session.msg(kind, content)
        stream = getattr(self.client, f"{channel}_channel")
        stream.send(message)
        return self._reply(message["header"]["msg_id"], timeout, stream)

    def _reply(self, msg_id: str, timeout: float, stream=None) -> dict:
        stream = stream or self.client.shell_channel
        end = time.monotonic() + timeout
        while msg_id not in self._replies:
            try:
                reply = stream.get_msg(timeout=max(0.01, end - time.monotonic()))
            except Empty:
                raise TimeoutError(f"no reply to {msg_id} within {timeout} s") from None
            self._replies[reply["parent_header"].get("msg_id")] = reply
        return self._replies.pop(msg_id)

    def pump(self, timeout: float) -> dict | None:
        """Takes one iopub message and hands it to its cell; `None` when there was none in time."""
        try:
            message = self.client.get_iopub_msg(timeout=timeout)
        except Empty:
            return None
        pending = self._pending.get(message["parent_header"].get("msg_id"))
        if pending:
            pending.take(message)
        return message

    # Processes

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.manager.provisioner.pid)

    def descendants(self) -> list[psutil.Process]:
        """What the kernel has started, as far as it lives."""
        return [
            p
            for p in self.process.children(recursive=True)
            if p.status() != psutil.STATUS_ZOMBIE
        ]

    def cell_processes(self) -> list[psutil.Process]:
        """The same without the compiler and the linker that wait for the next cell."""
        return [p for p in self.descendants() if not waits_for_a_cell(p)]


def waits_for_a_cell(process: psutil.Process) -> bool:
    """Whether it was started ahead: it finds its arguments later."""
    try:
        return "@/proc/self/fd/1" in process.cmdline()
    except psutil.Error:
        return False


class Pending:
    """A cell that was sent and may still be running."""

    def __init__(self, kernel: Kernel, code: str, msg_id: str):
        self.kernel = kernel
        self.code = code
        self.msg_id = msg_id
        self.messages: list[dict] = []
        self.idle = False
        self.began = time.monotonic()

    def take(self, message: dict) -> None:
        self.messages.append(message)
        if message["msg_type"] == "status":
            self.idle = message["content"]["execution_state"] == "idle"

    def wait_until(self, condition, timeout: float) -> None:
        """Takes messages until `condition` holds."""
        end = time.monotonic() + timeout
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(
                    f"nothing more from the cell within {timeout} s; so far "
                    f"{[m['msg_type'] for m in self.messages]}\n{self.code}"
                )
            self.kernel.pump(left)

    def until_stdout(self, text: str, timeout: float = 60) -> None:
        """Waits until the cell has printed `text`."""

        def printed() -> bool:
            streams = [m["content"]["text"] for m in self.messages if m["msg_type"] == "stream"]
            return text in "".join(streams)

        self.wait_until(lambda: printed() or self.idle, timeout)
        assert printed(), f"the cell ended without printing {text!r}:\n{self.messages}"

    def finish(self, timeout: float = CELL_SECONDS) -> Result:
        """Waits for idle and for the reply."""
        self.wait_until(lambda: self.idle, timeout)
        seconds = time.monotonic() - self.began
        reply = self.kernel._reply(self.msg_id, timeout)
        del self.kernel._pending[self.msg_id]
        return Result(self.code, reply, self.messages, seconds)
