"""Starts the kernel on another host for Jupyter Enterprise Gateway, and tells the gateway how to reach it.

The gateway's contract: the kernel's five ports and its key, as JSON encrypted with a fresh AES key, which is encrypted
with the gateway's RSA key, go to the response address. Then whoever connects to the sixth port, `comm_port`, sends one
JSON object: `{"signum": N}` is a signal for the kernel, `{"shutdown": 1}` ends it.

Needs `pip install pycryptodomex`, and `fearless` beside this Python or on the PATH.
"""

import argparse
import base64
import json
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from Cryptodome.Cipher import AES, PKCS1_v1_5
from Cryptodome.PublicKey import RSA
from Cryptodome.Util.Padding import pad

CHANNELS = ["shell_port", "iopub_port", "stdin_port", "hb_port", "control_port"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel-id", required=True)
    parser.add_argument("--port-range", default="0..0", help="LOWEST..HIGHEST; 0..0 is any")
    parser.add_argument("--response-address", required=True, help="HOST:PORT of the gateway")
    parser.add_argument("--public-key", required=True, help="the gateway's, in base64")
    return parser.parse_args()


def listeners(count: int, port_range: str) -> list[socket.socket]:
    """Sockets that listen on so many free ports of the range."""
    lowest, highest = map(int, port_range.split(".."))
    ports = range(lowest, highest + 1)
    found = []
    for port in random.sample(ports, len(ports)) if highest else [0] * count:
        try:
            found.append(socket.create_server(("", port)))
        except OSError:
            continue
        if len(found) == count:
            return found
    sys.exit(f"no {count} free ports in {port_range}: widen EG_PORT_RANGE, or the kernelspec's port_range")


def sealed(information: dict, public_key: str) -> bytes:
    """What only the gateway can read."""
    key = secrets.token_bytes(16)
    text = AES.new(key, AES.MODE_ECB).encrypt(pad(json.dumps(information).encode(), 16))
    for_gateway = PKCS1_v1_5.new(RSA.import_key(base64.b64decode(public_key))).encrypt(key)
    message = {"version": 1, "key": base64.b64encode(for_gateway).decode(), "conn_info": base64.b64encode(text).decode()}
    return base64.b64encode(json.dumps(message).encode())


def obey(listener: socket.socket, kernel: subprocess.Popen) -> None:
    """Does what the gateway asks for, until the kernel ends."""
    while True:
        client, _ = listener.accept()
        with client:
            client.settimeout(10)
            try:
                request = json.loads(client.recv(1024))
            except (OSError, ValueError):
                continue
        # The signal 0 asks whether there is anybody: to have listened is the answer.
        if request.get("signum"):
            kernel.send_signal(request["signum"])
        if request.get("shutdown"):
            kernel.terminate()


def main() -> int:
    options = arguments()
    program = Path(sys.executable).parent / "fearless"
    program = str(program) if program.exists() else shutil.which("fearless")
    if program is None:
        sys.exit("cannot find `fearless`: install the wheel for this Python, or put the program on the PATH")
    *five, control = listeners(len(CHANNELS) + 1, options.port_range)
    ports = {channel: listener.getsockname()[1] for channel, listener in zip(CHANNELS, five)}
    information = {
        **ports, "ip": "0.0.0.0", "transport": "tcp", "signature_scheme": "hmac-sha256", "key": secrets.token_hex(32),
        "kernel_name": "fearless",
    }
    for listener in five:
        listener.close()
    with tempfile.NamedTemporaryFile("w", prefix="kernel-", suffix=".json") as file:
        json.dump(information, file)
        file.flush()
        kernel = subprocess.Popen([program, "kernel", file.name])
        signal.signal(signal.SIGTERM, lambda *_: kernel.terminate())
        comm_port = control.getsockname()[1]
        told = {**information, "kernel_id": options.kernel_id, "comm_port": comm_port, "pid": kernel.pid, "pgid": 0}
        host, port = options.response_address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=60) as gateway:
            gateway.sendall(sealed(told, options.public_key))
        threading.Thread(target=obey, args=(control, kernel), daemon=True).start()
        return kernel.wait()


if __name__ == "__main__":
    sys.exit(main())
