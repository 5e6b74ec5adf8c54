"""Every lesson runs from top to bottom, and its exported page shows what it promises."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from fearless_client import environment
from fearless_client.kernel import KERNEL_NAME

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
IDS = [p.stem for p in LESSONS]


def test_there_are_lessons():
    assert len(LESSONS) >= 6


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_lesson_runs(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.kernelspec.name == "fearless"
    NotebookClient(
        notebook,
        kernel_name=KERNEL_NAME,
        timeout=300,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute(env=environment())
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        errors = [o for o in cell.outputs if o.output_type == "error"]
        # A cell that must fail says so by its tag, and does fail.
        assert bool(errors) == ("raises-exception" in cell.metadata.get("tags", [])), cell.source


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_committed_outputs(path):
    """A lesson can be read without running it, and tells nothing of the machine that ran it."""
    notebook = nbformat.read(path, as_version=4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert any(c.outputs for c in code)
    counts = [c.execution_count for c in code if c.source.strip()]
    assert counts == list(range(1, len(counts) + 1)), "run it from top to bottom before committing"
    text = path.read_text()
    assert "/root/" not in text and "/home/" not in text and "/tmp/" not in text


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Lessons 02 and 03 as HTML, made as the README tells."""
    folder = tmp_path_factory.mktemp("pages")
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--execute"]
        + ["--output-dir", str(folder)]
        + [str(p) for p in LESSONS if p.name[:2] in ("02", "03")],
        check=True,
        env=environment(),
    )
    return {p.name[:2]: p.read_text() for p in folder.glob("*.html")}


def outputs(page: str) -> str:
    """The output areas of an exported page, without its scripts and styles."""
    parts = re.split(r'<div class="[^"]*jp-Cell-outputWrapper', page)[1:]
    return re.sub(r"<style.*?</style>", "", "".join(parts), flags=re.S)


def test_mutex_page(pages):
    text = outputs(pages["03"])
    assert "T2" in text and "acquisitions" in text.lower() and "wait" in text.lower()
    assert "<svg" in text and "<table" in text


def test_channel_page(pages):
    text = outputs(pages["02"])
    assert "sent" in text.lower() and "received" in text.lower()


def test_exported_outputs_ask_the_network_for_nothing(pages):
    for page in pages.values():
        asked = re.findall(r'(?:src|href)="(https?://[^"]+)"', outputs(page))
        assert not [url for url in asked if "doc.rust-lang.org" not in url]


def test_export_command(tmp_path):
    """What `./install.sh export` calls: a page for each lesson and an index, without the network."""
    subprocess.run(
        [ROOT / "notebooks" / "export", tmp_path], check=True, env=environment(), cwd=ROOT / "notebooks"
    )
    names = {p.stem for p in tmp_path.glob("*.html")}
    assert names >= {p.stem for p in LESSONS} | {"index"}
    for page in tmp_path.glob("*.html"):
        text = page.read_text()
        assert not re.search(r'<script[^>]+src="https?:', text), page.name
        assert not re.search(r'<link[^>]+href="https?:', text), page.name
