"""Every lesson runs from top to bottom, says the same as the committed outputs, and its exercise can be
solved; its exported page shows what it promises and asks the network for nothing."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from fearless_client import environment

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "notebooks"))
import lessons  # noqa: E402

PATHS = lessons.paths()
IDS = [p.stem for p in PATHS]


def test_the_texts():
    """Cell sizes, links, terms, exercises, the outline: the lessons' own check."""
    run = subprocess.run([ROOT / "notebooks/check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def append_solution(notebook) -> None:
    """The exercise's solution and, once more, the cell that checks it."""
    check = next(c for c in lessons.code_cells(notebook) if "check" in lessons.tags(c))
    notebook.cells.append(nbformat.v4.new_code_cell(lessons.solution(notebook)))
    notebook.cells.append(nbformat.v4.new_code_cell(check.source))


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_lesson(path, monkeypatch):
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    committed = lessons.read(path)
    notebook = lessons.read(path)
    append_solution(notebook)
    lessons.execute(notebook)

    now, before = lessons.code_cells(notebook), lessons.code_cells(committed)
    for cell, old in zip(now, before):
        must_fail = "raises-exception" in lessons.tags(cell)
        assert bool(lessons.error_name(cell)) == must_fail, cell.source
        assert lessons.facts(cell) == lessons.facts(old), cell.source
    unsolved = lessons.printed(next(c for c in now if "check" in lessons.tags(c)))
    assert any(line.startswith("✗") for line in unsolved), unsolved
    solved = lessons.printed(now[-1])
    assert solved and all(line.startswith("✓") for line in solved), solved


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_committed_outputs(path):
    """A lesson can be read without running it, and tells nothing of the machine that ran it."""
    cells = [c for c in lessons.code_cells(lessons.read(path)) if c.source.strip()]
    counts = [c.execution_count for c in cells]
    assert counts == list(range(1, len(counts) + 1)), "run notebooks/run before committing"
    text = path.read_text()
    assert not re.search(r"/(root|home|tmp|work)/", text)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Lessons 02 and 03 as HTML by plain nbconvert."""
    folder = tmp_path_factory.mktemp("pages")
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--execute"]
        + ["--output-dir", str(folder)]
        + [str(p) for p in PATHS if p.name[:2] in ("02", "03")],
        check=True,
        env=environment(),
    )
    return {p.name[:2]: p.read_text() for p in folder.glob("*.html")}


def outputs(page: str) -> str:
    """The output areas of an exported page, without its styles."""
    parts = re.split(r'<div class="[^"]*jp-Cell-outputWrapper', page)[1:]
    return re.sub(r"<style.*?</style>", "", "".join(parts), flags=re.S)


def test_mutex_page(pages):
    text = outputs(pages["03"])
    assert "T2" in text and "acquisitions" in text.lower() and "wait" in text.lower()
    assert "<svg" in text and "<table" in text


def test_channel_page(pages):
    text = outputs(pages["02"])
    assert "sent" in text.lower() and "received" in text.lower()


def test_outputs_ask_the_network_for_nothing(pages):
    for page in pages.values():
        asked = re.findall(r'src="(https?://[^"]+)"', outputs(page))
        assert not asked


def test_export(tmp_path):
    """A page for each lesson and an index, all of them self-contained."""
    run = [ROOT / "notebooks/export", tmp_path, "--as-committed"]
    subprocess.run(run, check=True, env=environment(), cwd=ROOT / "notebooks")
    assert {p.stem for p in tmp_path.glob("*.html")} == {*IDS, "index"}
    for page in tmp_path.glob("*.html"):
        text = page.read_text()
        assert not re.search(r'<script[^>]+src="https?:', text), page.name
        assert not re.search(r'<link[^>]+href="https?:', text), page.name
