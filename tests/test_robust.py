"""Bad input on the sockets: refused, logged, and the next request is served."""

import json
import time
import uuid

import pytest
import zmq

from fearless_client import Kernel, wait_until

DELIMITER = b"<IDS|MSG>"


class Wire:
    """A raw shell (or control) socket, which may send what no client would."""

    def __init__(self, kernel: Kernel, channel: str = "shell"):
        info = kernel.manager.get_connection_info()
        self.session = kernel.client.session
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.connect(f"tcp://{info['ip']}:{info[f'{channel}_port']}")

    def frames(self, kind: str = "kernel_info_request", content: dict | None = None) -> list[bytes]:
        message = self.session.msg(kind, content or {})
        return self.session.serialize(message)

    def served(self, seconds: float = 10) -> bool:
        """Whether a proper request on this socket is answered."""
        frames = self.frames()
        wanted = json.loads(frames[2])["msg_id"]
        self.socket.send_multipart(frames)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.socket.poll(100):
                reply = self.socket.recv_multipart()
                parent = json.loads(reply[reply.index(DELIMITER) + 3])
                if parent.get("msg_id") == wanted:
                    return True
        return False

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def wire(kernel):
    wire = Wire(kernel)
    yield wire
    wire.close()


def unsigned(frames):
    return [frames[0], b"", *frames[2:]]


def wrong_signature(frames):
    return [frames[0], b"0" * 64, *frames[2:]]


def short_signature(frames):
    return [frames[0], frames[1][:10], *frames[2:]]


def signature_not_hex(frames):
    return [frames[0], b"\xff" * 64, *frames[2:]]


def changed_content(frames):
    return [*frames[:5], b'{"code": "println!()"}']


def no_delimiter(frames):
    return frames[1:]


def delimiter_alone(frames):
    return frames[:1]


def frames_missing(frames):
    return frames[:4]


def empty(frames):
    return [b""]


BROKEN = [
    unsigned,
    wrong_signature,
    short_signature,
    signature_not_hex,
    changed_content,
    no_delimiter,
    delimiter_alone,
    frames_missing,
    empty,
]


@pytest.mark.parametrize("break_it", BROKEN, ids=lambda f: f.__name__)
def test_broken_message_is_dropped(wire, break_it):
    wire.socket.send_multipart(break_it(wire.frames()))
    # The next proper request gets the only answer.
    assert wire.served()
    assert not wire.socket.poll(200)


@pytest.mark.parametrize(
    "parts",
    [
        [b"{", b"{}", b"{}", b"{}"],
        [b"[]", b"{}", b"{}", b"{}"],
        [b"null", b"null", b"null", b"null"],
        [b"\xff\xfe", b"{}", b"{}", b"{}"],
        [b'{"msg_type": 5}', b"{}", b"{}", b"{}"],
        [b'{"msg_type": "kernel_info_request"}', b"{}", b"{}", b"{}"],
        [b"[" * 100_000, b"{}", b"{}", b"{}"],
    ],
)
def test_signed_nonsense_is_dropped(wire, parts):
    wire.socket.send_multipart([DELIMITER, wire.session.sign(parts), *parts])
    assert wire.served()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("no_such_request", {}),
        ("execute_request", {}),
        ("execute_request", {"code": 5}),
        ("complete_request", {"code": "x", "cursor_pos": 10**12}),
        ("complete_request", {"code": "x", "cursor_pos": -1}),
        ("inspect_request", {"code": "", "cursor_pos": 0, "detail_level": 7}),
        ("history_request", {"hist_access_type": "nonsense"}),
        ("is_complete_request", {}),
        ("comm_msg", {"comm_id": "nobody", "data": {}}),
        ("input_reply", {"value": "nobody asked"}),
    ],
)
def test_nonsense_request(wire, kernel, kind, content):
    wire.socket.send_multipart(wire.frames(kind, content))
    assert wire.served()
    assert kernel.ok("1 + 1").value == "2"


def test_a_hundred_megabytes(wire, kernel):
    """Served or refused, but alive."""
    wire.socket.send_multipart(wire.frames("is_complete_request", {"code": "x" * 100_000_000}))
    assert wire.served(60)
    assert kernel.ok("1 + 1").value == "2"


def test_a_thousand_rapid_requests(wire):
    sent = set()
    for _ in range(1_000):
        frames = wire.frames()
        sent.add(json.loads(frames[2])["msg_id"])
        wire.socket.send_multipart(frames)
    end = time.monotonic() + 60
    while sent and time.monotonic() < end:
        if wire.socket.poll(100):
            reply = wire.socket.recv_multipart()
            sent.discard(json.loads(reply[reply.index(DELIMITER) + 3])["msg_id"])
    assert not sent, f"{len(sent)} of 1,000 were never answered"


def test_a_client_that_vanishes_in_the_middle(kernel, tmp_path):
    wire = Wire(kernel)
    runs = tmp_path / "runs"
    code = f'std::fs::write("{runs}", "").unwrap(); std::thread::sleep(std::time::Duration::from_millis(300)); println!("unheard");'
    wire.socket.send_multipart(wire.frames("execute_request", {"code": code, "silent": False}))
    wait_until(runs.exists, "the cell does not run")
    wire.close()
    assert kernel.ok("1 + 1").value == "2"


def test_two_clients_at_once(kernel):
    other = kernel.manager.client()
    other.start_channels()
    try:
        other.wait_for_ready(timeout=60)
        pending = kernel.begin("20 + 1")
        msg_id = other.execute("40 + 2")
        assert pending.finish().ok().value == "21"
        seen = {}
        while len(seen) < 2:
            message = other.get_iopub_msg(timeout=60)
            if message["msg_type"] == "execute_result":
                seen[message["parent_header"]["msg_id"]] = message["content"]["data"]["text/plain"]
        # Each sees both results, under the request that each belongs to.
        assert seen == {pending.msg_id: "21", msg_id: "42"}
    finally:
        other.stop_channels()


@pytest.fixture(scope="module")
def unpaced_kernel():
    """Sends as fast as it can, so that a client that doesn't read is soon far behind."""
    with Kernel(FEARLESS_OUTPUT_RATE="0", FEARLESS_OUTPUT_LIMIT="0") as kernel:
        yield kernel


def test_a_subscriber_that_never_reads_stalls_nobody(unpaced_kernel):
    kernel = unpaced_kernel
    # Far more than a queue holds, in parts that it does hold: each part is read by the client that
    # reads before the next one begins, so none of its lines is lost, however slow it is.
    parts, lines = 20, 5_000
    flood = f'for n in 0..{lines} {{ println!("line {{n}} {{}}", "x".repeat(900)); }}'

    def all_parts() -> list[int]:
        return [len(kernel.ok(flood).lines) for _ in range(parts)]

    # What a flood takes with clients that do read, once the kernel has all it needs.
    for _ in range(2):
        all_parts()
    before = kernel.process.memory_info().rss
    info = kernel.manager.get_connection_info()
    deaf = zmq.Context.instance().socket(zmq.SUB)
    deaf.linger = 0
    deaf.rcvhwm = 1
    deaf.subscribe(b"")
    deaf.connect(f"tcp://{info['ip']}:{info['iopub_port']}")
    try:

        def is_subscribed() -> bool:
            kernel.ok("1")
            return deaf.poll(50) and deaf.recv_multipart()

        wait_until(is_subscribed, "nothing comes")
        assert all_parts() == [lines] * parts
        grown = (kernel.process.memory_info().rss - before) >> 20
        print(f"the kernel process grew by {grown} MiB")
        # What waits for one client weighs 64 MiB at most; the rest is the allocator's.
        assert grown < 100
        assert kernel.ok("1 + 1").value == "2"
    finally:
        deaf.close()


def test_heartbeat_echoes(kernel):
    info = kernel.manager.get_connection_info()
    beat = zmq.Context.instance().socket(zmq.REQ)
    beat.linger = 0
    beat.connect(f"tcp://{info['ip']}:{info['hb_port']}")
    try:
        for _ in range(3):
            payload = uuid.uuid4().bytes
            beat.send(payload)
            assert beat.poll(5_000) and beat.recv() == payload
    finally:
        beat.close()
