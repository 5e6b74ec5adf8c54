"""Cells as data: a notebook in one `.rs` file, with what is expected of it.

    //# title: two threads take two locks in opposite order
    //# expect: deadlock
    //# objects: a, b
    <code of the first cell>
    //# cell
    <code of the next one>

A line that ends in `//@ name` is marked: tests ask for its cell and line by that name, so that no
number is written down twice. The marks stay in the code; the `//#` lines don't.

What the last cell's report must say stands in lines that name a row and its values, numbers exact:

    //# lock counter: acquisitions=8000, contended>=0, created_at=@made
    //# thread T2: name=worker-1, state=finished, blocked_ns.sleep>=50000000
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

_HEADER = re.compile(r"^//# (\w+):\s*(.*)$")
_ROW = re.compile(r"^//# (lock|channel|condvar|barrier|initialiser|thread) (.+?): (.+)$")
_VALUE = re.compile(r"^([\w.]+)(=|>=|<=)(.*)$")
_MARK = re.compile(r"//@ (\w+)\s*$")


@dataclass
class Row:
    """What one row of the report's tables must say."""

    table: str
    name: str
    values: list[tuple[str, str, str]]


@dataclass
class CellFile:
    """One notebook of the corpus."""

    path: Path
    header: dict[str, str]
    cells: list[str]
    rows: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.stem

    def words(self, key: str) -> list[str]:
        """A header as a comma-separated list."""
        return [w.strip() for w in self.header.get(key, "").split(",") if w.strip()]

    def marks(self) -> dict[str, list[tuple[int, int]]]:
        """Marked places by name: (index of the cell in this file, line)."""
        found: dict[str, list[tuple[int, int]]] = {}
        for index, cell in enumerate(self.cells):
            for line, text in enumerate(cell.splitlines(), 1):
                if mark := _MARK.search(text):
                    found.setdefault(mark[1], []).append((index, line))
        return found


def _row(match: re.Match) -> Row:
    values = []
    for text in match[3].split(", "):
        value = _VALUE.match(text.strip())
        assert value, f"not `key=value`: {text!r}"
        values.append(value.groups())
    return Row(match[1] + "s", match[2], values)


def parse(path: Path) -> CellFile:
    header: dict[str, str] = {}
    rows: list[Row] = []
    cells: list[list[str]] = [[]]
    for line in path.read_text().splitlines():
        if line == "//# cell":
            cells.append([])
        elif match := _ROW.match(line):
            rows.append(_row(match))
        elif match := _HEADER.match(line):
            header[match[1]] = match[2]
        else:
            cells[-1].append(line)
    return CellFile(path, header, ["\n".join(lines).strip("\n") for lines in cells], rows)


def load(folder: Path) -> list[CellFile]:
    """All notebooks of a folder, by name."""
    files = [parse(path) for path in sorted(folder.glob("*.rs"))]
    assert files, f"no cells in {folder}"
    return files
