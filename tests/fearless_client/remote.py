"""A kernel behind a server: Jupyter's REST interface and its web socket, as a browser uses them."""

import json
import time
import uuid

import requests
import websocket

from .result import Result


class RemoteKernel:
    """Use it as a context manager."""

    def __init__(self, url: str, token: str, kernel: str = "fearless"):
        self.url = url.rstrip("/")
        self.headers = {"Authorization": f"token {token}"}
        self.id = self._post("/api/kernels", {"name": kernel})["id"]
        channels = self.url.replace("http", "ws", 1) + f"/api/kernels/{self.id}/channels"
        self.socket = websocket.create_connection(channels, header=self.headers, timeout=300)

    def __enter__(self) -> "RemoteKernel":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()
        requests.delete(f"{self.url}/api/kernels/{self.id}", headers=self.headers, timeout=60).raise_for_status()

    def _post(self, path: str, body: dict) -> dict:
        answer = requests.post(self.url + path, json=body, headers=self.headers, timeout=300)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def interrupt(self) -> None:
        """What the stop button does."""
        self._post(f"/api/kernels/{self.id}/interrupt", {})

    def begin(self, code: str) -> "RemoteCell":
        header = {
            "msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3", "username": "", "session": "s",
            "date": "2020-01-01T00:00:00Z",
        }
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
        self.socket.send(json.dumps(message))
        return RemoteCell(self, code, header["msg_id"])

    def run(self, code: str) -> Result:
        return self.begin(code).finish()


class RemoteCell:
    """A cell that was sent."""

    def __init__(self, kernel: RemoteKernel, code: str, msg_id: str):
        self.kernel, self.code, self.msg_id = kernel, code, msg_id
        self.messages: list[dict] = []
        self.reply: dict | None = None
        self.began = time.monotonic()

    def _take(self) -> dict:
        message = json.loads(self.kernel.socket.recv())
        if message["parent_header"].get("msg_id") == self.msg_id:
            if message["msg_type"] == "execute_reply":
                self.reply = message
            elif message["channel"] == "iopub":
                self.messages.append(message)
        return message

    def until_stdout(self, text: str) -> None:
        while text not in Result(self.code, {}, self.messages).stdout:
            self._take()

    def finish(self) -> Result:
        def is_idle() -> bool:
            return any(m["msg_type"] == "status" and m["content"]["execution_state"] == "idle" for m in self.messages)

        while self.reply is None or not is_idle():
            self._take()
        return Result(self.code, self.reply, self.messages, time.monotonic() - self.began)
