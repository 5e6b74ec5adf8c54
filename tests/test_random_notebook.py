"""A long notebook does what the same code does as one program."""

import subprocess

import pytest

import random_notebook
from fearless_client import Kernel


def as_one_program(notebook, folder) -> list[list[str]]:
    """What each cell prints, by the compiler and the machine alone."""
    source = folder / "program.rs"
    source.write_text(notebook.program())
    subprocess.run(["rustc", "--edition=2024", source, "-o", folder / "program"], check=True)
    run = subprocess.run([folder / "program"], check=True, capture_output=True, text=True)
    parts = run.stdout.split("#")[1:]
    return [part.splitlines()[1:] for part in parts]


def compare(seed: int, cells: int, folder) -> None:
    notebook = random_notebook.notebook(seed, cells)
    expected = as_one_program(notebook, folder)
    with Kernel() as kernel:
        for number, (cell, printed) in enumerate(zip(notebook.cells, expected, strict=True)):
            result = kernel.run(cell.code)
            status = "error" if cell.fails else "ok"
            where = f"seed {seed}, cell {number}:\n{cell.code}\n{result.describe()}"
            assert result.status == status, where
            assert result.lines == printed, f"not {printed} in {where}"


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_cells_are_one_program(seed, tmp_path):
    compare(seed, 1_000, tmp_path)
