"""The deadlock corpus is what it claims to be: checked against the real std, without our kernel.

A cell under `dead/` must hang, one under `alive/` must end and print what its header says. Only in
the full run, as it depends on nothing that we build.
"""

import subprocess
import time
from pathlib import Path

import pytest

from fearless_client import CellFile, load

FOLDER = Path(__file__).parent / "deadlocks"
# What a cell that is not stuck may take, and how long a stuck one is watched.
ALIVE_SECONDS = 20
WATCHED_SECONDS = 2.5

pytestmark = pytest.mark.full


def program(notebook: CellFile, folder: Path) -> Path:
    """The notebook's cells as one native program."""
    source = folder / f"{notebook.name}.rs"
    body = "\n".join(notebook.cells)
    source.write_text(f"#![allow(warnings)]\nfn main() {{\n{body}\n}}\n")
    binary = source.with_suffix("")
    subprocess.run(
        ["rustc", "--edition", "2021", "-o", binary, source], check=True, capture_output=True, text=True
    )
    return binary


@pytest.mark.parametrize("notebook", load(FOLDER / "dead"), ids=lambda n: n.name)
def test_dead_cell_hangs(notebook, tmp_path):
    child = subprocess.Popen([program(notebook, tmp_path)])
    try:
        time.sleep(WATCHED_SECONDS)
        stuck = child.poll() is None or "natively" in notebook.header
        assert stuck, "ended although it claims to be a deadlock"
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("notebook", load(FOLDER / "alive"), ids=lambda n: n.name)
def test_alive_cell_ends(notebook, tmp_path):
    run = subprocess.run(
        [program(notebook, tmp_path)], timeout=ALIVE_SECONDS, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == notebook.header["stdout"]
