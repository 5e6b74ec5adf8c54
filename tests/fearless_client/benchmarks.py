"""The programs of `tests/explore`: each has a mistake that shows in some orders only, and a mended
twin with as many threads."""

from dataclasses import dataclass
from pathlib import Path

from .kernel import Kernel

EXPLORED = "application/vnd.fearless.explore+json"
FOLDER = Path(__file__).resolve().parents[1] / "explore"


@dataclass(frozen=True)
class Benchmark:
    """A program, and after how many runs it fails in the better of two published searches (SURW,
    ASPLOS 2025; RFF, ASPLOS 2024), if they have it."""

    name: str
    file: str
    published: float | None = None
    threads: int | None = None

    def cell(self, mended: bool = False) -> str:
        """The program as a cell."""
        text = (FOLDER / f"{self.file}.rs").read_text()
        if self.threads is not None:
            text = _with(text, "THREADS: usize = ", str(self.threads))
        if mended:
            text = _with(text, "MENDED: bool = ", "true")
        # What says of a file what it is belongs to no cell.
        return "\n".join(line for line in text.splitlines() if not line.startswith("//!"))

    def explore(
        self, kernel: Kernel, runs: int, seed: int = 1, mended: bool = False, memory: str = "c11"
    ) -> dict:
        """What the kernel found, as its data."""
        return explore(kernel, f"{runs} seed={seed} memory={memory}", self.cell(mended))


def explore(kernel: Kernel, how: str, code: str) -> dict:
    """What `:explore` found in a program, as its data."""
    result = kernel.run(f":explore {how}\n{code}", timeout=3600)
    contents = result.of_type("display_data", "update_display_data")
    shown = [content["data"] for content in contents]
    found = [bundle[EXPLORED] for bundle in shown if EXPLORED in bundle]
    assert found, f"nothing was explored: {result.error_text}"
    return found[-1]


def _with(text: str, name: str, value: str) -> str:
    before, after = text.split(name)
    return f"{before}{name}{value};{after.split(';', 1)[1]}"


BENCHMARKS = [
    Benchmark("account", "account", 3),
    Benchmark("bluetooth driver", "bluetooth_driver", 22),
    Benchmark("carter01", "carter01", 1),
    Benchmark("circular buffer", "circular_buffer", 1),
    Benchmark("deadlock01", "deadlock01", 2),
    Benchmark("lazy01", "lazy01", 2),
    Benchmark("stack", "stack", 1),
    Benchmark("token ring", "token_ring", 3.5),
    Benchmark("twostage", "twostage", 5, 2),
    Benchmark("twostage_20", "twostage", 5, 20),
    Benchmark("twostage_50", "twostage", 16.5, 50),
    Benchmark("twostage_100", "twostage", 25, 100),
    Benchmark("reorder_3", "reorder", 4.5, 3),
    Benchmark("reorder_5", "reorder", 5, 5),
    Benchmark("reorder_10", "reorder", 5, 10),
    Benchmark("reorder_20", "reorder", 4, 20),
    Benchmark("reorder_50", "reorder", 5, 50),
    Benchmark("reorder_100", "reorder", 5, 100),
    Benchmark("wronglock", "wronglock", 1, 2),
    Benchmark("wronglock_3", "wronglock", 1, 4),
    Benchmark("stringbuffer", "stringbuffer", 5),
    Benchmark("bounded buffer", "bounded_buffer", 4.5),
    Benchmark("work-stealing queue", "work_stealing", 1),
    Benchmark("SafeStack", "safe_stack", 300_000),
]

# They fail only where a load sees an old store, or where nothing orders accesses to memory: an
# order of memory is too weak, or a fence is missing.
ORDERS = [
    Benchmark("Peterson's lock", "orders/peterson"),
    Benchmark("Dekker's lock", "orders/dekker"),
    Benchmark("spin lock", "orders/spin_lock"),
    Benchmark("published pointer", "orders/published_pointer"),
    Benchmark("an Arc of one's own", "orders/own_arc"),
    Benchmark("Chase and Lev's queue", "orders/chase_lev"),
    Benchmark("sequence lock", "orders/seqlock"),
    Benchmark("double-checked initialisation", "orders/double_checked"),
]
