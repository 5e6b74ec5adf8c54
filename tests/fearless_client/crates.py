"""The programs of `tests/explore/crates`: each uses a crate whose own atomics are explored with it.

None may fail, but for those that say so. `// fails: KIND`: the program itself is wrong, and fails in
this way. `// races: CRATE`: what the crate does is a data race by the rules of the language, and the
finding has to name the crate.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from .benchmarks import EXPLORED
from .kernel import Kernel

FOLDER = Path(__file__).resolve().parents[1] / "explore" / "crates"


@dataclass(frozen=True)
class CrateProgram:
    """A program, how it fails if it is wrong, and the crate whose race it shows, if it does."""

    name: str
    code: str
    fails: str | None
    races: str | None

    def explore(self, kernel: Kernel, runs: int, options: str = "") -> dict:
        """What the kernel found, as its data, and how long all of it took."""
        began = time.monotonic()
        result = kernel.run(f":explore {runs} {options}\n{self.code}", timeout=3600)
        contents = result.of_type("display_data", "update_display_data")
        found = [it["data"][EXPLORED] for it in contents if EXPLORED in it["data"]]
        assert found, f"{self.name}: nothing was explored: {result.error_text}"
        return {**found[-1], "took": time.monotonic() - began}

    def mistake(self, found: dict) -> str | None:
        """What is not as it has to be."""
        failure = found["failure"]
        if self.fails is not None:
            kind = failure and failure["kind"]
            return None if kind == self.fails else f"{kind or 'nothing'} was found, not {self.fails}"
        if self.races is None:
            return failure and failure["title"]
        if failure is None:
            return f"no race was found in {self.races}"
        named = failure["kind"] == "data_race" and re.search(rf"{self.races}-[\d.]+/src/\S+, line \d", failure["title"])
        return None if named else f"the race in {self.races} is not named: {failure['title']}"


def _read(path: Path) -> CrateProgram:
    text = path.read_text()
    said = dict(re.findall(r"^// (fails|races): (.*)$", text, re.MULTILINE))
    lines = [line for line in text.splitlines() if not line.startswith("//")]
    return CrateProgram(path.stem, "\n".join(lines), said.get("fails"), said.get("races"))


PROGRAMS = [_read(path) for path in sorted(FOLDER.glob("*.rs"))]
