"""What one cell gave back: reply, output messages, report; with the questions that tests ask."""

import re
from dataclasses import dataclass, field

REPORT_MIME = "application/vnd.fearless.report+json"

# The mark in front of a line that says which thread printed it.
_GUTTER = re.compile(r"^(T\d+|task \d+)│ ?(.*)$")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def strip_ansi(text: str) -> str:
    """`text` without colour sequences."""
    return _ANSI.sub("", text)


@dataclass
class Result:
    """Everything between a cell's `busy` and its `idle`."""

    code: str
    reply: dict
    messages: list[dict] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def status(self) -> str:
        return self.reply["content"]["status"]

    @property
    def count(self) -> int:
        """The execution count, which is the cell's number in reports."""
        return self.reply["content"]["execution_count"]

    def of_type(self, *types: str) -> list[dict]:
        return [m["content"] for m in self.messages if m["msg_type"] in types]

    def _stream(self, name: str) -> str:
        return "".join(c["text"] for c in self.of_type("stream") if c["name"] == name)

    @property
    def stdout(self) -> str:
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        return self._stream("stderr")

    @property
    def remarks(self) -> str:
        """What the kernel itself says: outputs that are plain text alone. Nothing of it is in a stream."""
        texts = [c["data"] for c in self.of_type("display_data") if list(c["data"]) == ["text/plain"]]
        return "".join(text["text/plain"] + "\n" for text in texts)

    @property
    def lines(self) -> list[str]:
        """stdout's lines without the gutter."""
        return [text for _, text in self.gutter_lines]

    @property
    def gutter_lines(self) -> list[tuple[str | None, str]]:
        """stdout's lines, each with the thread that its gutter names (`None` without a gutter)."""
        rows = []
        for line in strip_ansi(self.stdout).splitlines():
            mark = _GUTTER.match(line)
            rows.append((mark[1], mark[2]) if mark else (None, line))
        return rows

    @property
    def value(self) -> str | None:
        """The displayed value of the cell's last expression."""
        results = self.of_type("execute_result")
        return results[-1]["data"]["text/plain"] if results else None

    @property
    def error(self) -> dict | None:
        errors = self.of_type("error")
        return errors[-1] if errors else None

    @property
    def ename(self) -> str | None:
        return self.error["ename"] if self.error else None

    @property
    def error_text(self) -> str:
        """evalue and traceback in one, without colours."""
        if not self.error:
            return ""
        return strip_ansi("\n".join([self.error["evalue"], *self.error["traceback"]]))

    def _report_bundle(self) -> dict:
        bundles = [
            c["data"]
            for c in self.of_type("display_data", "update_display_data")
            if REPORT_MIME in c["data"]
        ]
        return bundles[-1] if bundles else {}

    @property
    def report(self) -> dict | None:
        """The last report as data."""
        return self._report_bundle().get(REPORT_MIME)

    @property
    def html(self) -> str:
        return self._report_bundle().get("text/html", "")

    @property
    def text(self) -> str:
        """The report's text/plain."""
        return strip_ansi(self._report_bundle().get("text/plain", ""))

    def findings(self, kind: str | None = None) -> list[dict]:
        found = self.report["findings"] if self.report else []
        return [f for f in found if kind in (None, f["kind"])]

    def ok(self) -> "Result":
        """This result, after asserting that the cell succeeded."""
        assert self.status == "ok", f"cell failed:\n{self.code}\n{self.describe()}"
        return self

    def failed(self, ename: str) -> "Result":
        """This result, after asserting that it is exactly one error with this name."""
        assert self.status == "error", f"cell did not fail:\n{self.code}\n{self.describe()}"
        assert len(self.of_type("error")) == 1, self.describe()
        assert self.ename == ename, f"ename {self.ename!r}, not {ename!r}\n{self.describe()}"
        assert self.reply["content"]["ename"] == ename
        return self

    def describe(self) -> str:
        """All of it, for a failing assertion."""
        return (
            f"status {self.status} after {self.seconds:.2f} s\n"
            f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}\n"
            f"--- error {self.ename}\n{self.error_text}\n--- report\n{self.text}"
        )


def shown(result: Result) -> str:
    """All text that a person sees under the cell."""
    bundles = [c["data"].get("text/plain", "") for c in result.of_type("display_data", "execute_result")]
    return result.stdout + "\n".join(bundles)
