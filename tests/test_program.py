"""Notebooks as people write, edit and rerun them (see `program/`), each from a fresh kernel.

    //# title: an edited static is a new one
    static HITS: AtomicUsize = AtomicUsize::new(0);
    //# cell
    println!("{}", HITS.fetch_add(1, SeqCst))
    //# prints: 0

Below a cell stands what it must do, a line each; `\\n` within is a line break:

    //# prints: <the whole of its standard output>
    //# shows: <the text of its value>
    //# says: <a part of its stderr, or of the kernel's remarks>
    //# not: <what stands nowhere under it>
    //# error: <a part of its error; without this line the cell must succeed>
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fearless_client import Kernel

FOLDER = Path(__file__).parent / "program"
LINE = re.compile(r"^//# (\w+)(?::\s?(.*))?$")


@dataclass
class Cell:
    """A cell and what is expected of it."""

    code: list[str] = field(default_factory=list)
    expected: list[tuple[str, str]] = field(default_factory=list)

    def all(self, key: str) -> list[str]:
        return [text for found, text in self.expected if found == key]


def parse(path: Path) -> list[Cell]:
    cells = [Cell()]
    for line in path.read_text().splitlines():
        match = LINE.match(line)
        if not match:
            cells[-1].code.append(line)
        elif match[1] == "cell":
            cells.append(Cell())
        elif match[1] != "title":
            assert match[1] in ("prints", "shows", "says", "not", "error"), f"{path}: {line}"
            cells[-1].expected.append((match[1], (match[2] or "").replace("\\n", "\n")))
    return cells


def check(result, cell: Cell, where: str) -> None:
    errors = cell.all("error")
    everything = f"{result.stdout}\n{result.stderr}\n{result.remarks}\n{result.error_text}"
    if not errors:
        assert result.status == "ok", f"{where}: {everything}"
    for text in errors:
        assert result.status == "error", f"{where}: no error"
        assert text in result.error_text, f"{where}: {text!r} is not in {result.error_text!r}"
    for text in cell.all("prints"):
        assert "\n".join(result.lines) == text, f"{where}: printed {result.lines}, not {text!r}"
    for text in cell.all("shows"):
        assert result.value == text, f"{where}: {result.value!r}, not {text!r}"
    for text in cell.all("says"):
        assert text in result.stderr + result.remarks, f"{where}: {text!r} is not in {everything!r}"
    for text in cell.all("not"):
        assert text not in everything, f"{where}: {text!r} is in {everything!r}"


NOTEBOOKS = sorted(FOLDER.glob("*.rs"))


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path):
    with Kernel() as kernel:
        for number, cell in enumerate(parse(path), 1):
            # Some build crates, and C libraries in them.
            result = kernel.run("\n".join(cell.code).strip("\n"), timeout=400)
            check(result, cell, f"[{number}]")
