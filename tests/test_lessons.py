"""The lessons run, say what their prose relies on, survive a newcomer, and export as good pages."""

import copy
import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import nbformat
import pytest

from fearless_client import Kernel, environment
from fearless_client.lab import CHROMIUM, chromium

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "notebooks"))
import lessons  # noqa: E402

EXERCISES = Path(__file__).resolve().parent / "exercises"
LESSONS = lessons.paths()
IDS = [path.stem for path in LESSONS]
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=IDS)


def run_cells(notebook) -> list:
    """The code cells of the notebook, after a run in a fresh kernel."""
    with mock.patch.dict(os.environ, environment()):
        lessons.execute(notebook)
    return lessons.code_cells(notebook)


@functools.cache
def fresh_run(path) -> list:
    """The lesson run from top to bottom, then the exercise's solution and its check; once for all tests."""
    notebook = lessons.read(path)
    check = lessons.cell_by_id(notebook, "check")
    for source in (lessons.solution(notebook), check.source):
        notebook.cells.append(nbformat.v4.new_code_cell(source))
    return run_cells(notebook)


def test_all_are_there():
    assert [path.name[:2] for path in LESSONS] == [f"{number:02}" for number in range(11)]


def test_text():
    """Sizes, links, terms, predictions, exercises, the map of the outline."""
    run = subprocess.run([sys.executable, lessons.FOLDER / "check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@each_lesson
def test_committed_outputs(path):
    """A lesson can be read without running it, and tells nothing of the machine that ran it."""
    cells = lessons.code_cells(lessons.read(path))
    counts = [cell.execution_count for cell in cells]
    assert counts == list(range(1, len(cells) + 1)), "run it from top to bottom: notebooks/run"
    assert not re.search(r"/(root|home|tmp|work)/", path.read_text())


@each_lesson
def test_runs_as_told(path):
    """A fresh run gives again what the prose relies on."""
    committed = lessons.code_cells(lessons.read(path))
    cells = fresh_run(path)[: len(committed)]
    for cell, before in zip(cells, committed, strict=True):
        must_fail = "raises-exception" in lessons.tags(cell)
        assert must_fail == bool(lessons.error_name(cell)), f"cell {cell.id}:\n{cell.source}"
        if "check" not in lessons.tags(cell):
            assert lessons.facts(cell) == lessons.facts(before), f"cell {cell.id}:\n{cell.source}"


@each_lesson
def test_exercise(path):
    """The starter leaves something to do; the solution leaves nothing."""
    cells = fresh_run(path)
    starter = next(cell for cell in cells if cell.id == "check")
    conditions = starter.source.count(":check ")
    unsolved, solved = lessons.printed(starter), lessons.printed(cells[-1])
    # The first line names the cell that was looked at.
    assert unsolved.pop(0).startswith("cell [") and solved.pop(0).startswith("cell [")
    signs = {line[0] for line in unsolved}
    assert len(unsolved) == conditions and "✗" in signs and signs <= {"✓", "✗"}, unsolved
    assert len(solved) == conditions and {line[0] for line in solved} == {"✓"}, solved


def attempts(path) -> list[tuple[str, str, str]]:
    """Other ways to do a lesson's exercise: `right` or `wrong`, a name or what the check says, and the cell."""
    text = (EXERCISES / f"{path.name[:2]}.rs").read_text()
    return re.findall(r"^//# (right|wrong): (.+)\n((?:(?!//# ).*\n)*)", text, re.MULTILINE)


@each_lesson
def test_exercise_done_otherwise(path):
    """The check accepts every right solution, and says what a wrong one lacks."""
    check = lessons.cell_by_id(lessons.read(path), "check").source
    with Kernel() as kernel:
        for kind, words, code in attempts(path):
            kernel.run(code)
            lines = kernel.ok(check).lines[1:]
            if kind == "right":
                assert {line[0] for line in lines} == {"✓"}, (words, lines)
            else:
                assert any(line.startswith("✗") and words in line for line in lines), (words, lines)


# This takes as long as the lessons themselves: CI does it with three, FEARLESS_FULL=1 with all.
OFTEN = {"02", "03", "05"}


@pytest.mark.parametrize(
    "path",
    [p if p.name[:2] in OFTEN else pytest.param(p, marks=pytest.mark.full) for p in LESSONS],
    ids=IDS,
)
def test_any_order(path):
    """Each cell twice, from the last to the first: none relies on another."""
    notebook = lessons.read(path)
    cells = [cell for cell in lessons.code_cells(notebook) if "check" not in lessons.tags(cell)]
    wanted = {cell.id: lessons.facts(cell) for cell in cells}
    notebook.cells = []
    for cell in reversed(cells):
        again = copy.deepcopy(cell)
        again.id = f"{cell.id}-again"
        notebook.cells += [cell, again]
    for cell in run_cells(notebook):
        assert lessons.facts(cell) == wanted[cell.id.removesuffix("-again")], cell.id


def test_broken_and_mended():
    """A cell that is edited so that it doesn't compile, panics or deadlocks works again when mended."""
    right = lessons.cell_by_id(lessons.read(LESSONS[3]), "tills").source
    line = "*total.lock().unwrap() += 5;"
    breakages = {
        "E0277": '*total.lock().unwrap() += "5";',
        "panic": 'panic!("no more paper");',
        "deadlock": "let _once = total.lock(); let _twice = total.lock();",
    }
    with Kernel() as kernel:
        for name, wrong in breakages.items():
            assert line in right
            kernel.run(right.replace(line, wrong)).failed(name)
            mended = kernel.run(right).ok()
            assert mended.lines == ["total: 1500"], name
            assert mended.report["locks"][0]["acquisitions"] == 301, name


# ---- pages ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """What `./install.sh export` writes, from the committed outputs."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, lessons.FOLDER / "export", folder, "--as-committed"]
    subprocess.run(command, check=True, env=environment())
    return folder


def test_site_is_whole(site):
    assert {path.stem for path in site.glob("*.html")} == {*IDS, "index"}
    index = (site / "index.html").read_text()
    for stem in IDS:
        # Its picture stands above its link.
        assert re.search(rf'data:image/svg\+xml;base64,[^>]+></figure><div><h2><a href="{stem}.html"', index)
    for page in site.glob("*.html"):
        text = page.read_text()
        assert "<script" not in text, page.name
        assert not re.search(r'(src|href)="(https?:)?//', text), page.name
        for target in re.findall(r'href="([^"#:]+\.html)', text):
            assert (site / target).exists(), (page.name, target)


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_every_report_has_its_picture(site, path):
    """In the notebook and on its page: as many timelines as there are reports."""
    reports = [
        output["data"]["text/html"]
        for cell in lessons.code_cells(lessons.read(path))
        for output in cell.outputs
        if "application/vnd.fearless.report+json" in output.get("data", {})
    ]
    assert reports and all("<svg" in report and "<table" in report for report in reports)
    page = (site / f"{path.stem}.html").read_text()
    assert page.count("<svg") >= sum(report.count("<svg") for report in reports)


def test_export_runs_lessons(tmp_path):
    """Without --as-committed the pages have the outputs of a new run."""
    before = lessons.code_cells(lessons.read(LESSONS[0]))[0]
    command = [sys.executable, lessons.FOLDER / "export", tmp_path, "--only", "00"]
    subprocess.run(command, check=True, env=environment())
    page = (tmp_path / f"{LESSONS[0].stem}.html").read_text()
    process = next(line for line in lessons.printed(before) if line.startswith("process "))
    assert re.search(r"\bprocess \d+\n", page) and f"{process}\n" not in page


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_offline_and_accessible(site, scheme, width):
    """Every page in a browser without a network: nothing asked for, nothing that axe objects to, nothing
    wider than the window."""
    from axe_playwright_python.sync_playwright import Axe

    with chromium() as browser:
        view = {"width": width, "height": 900}
        page = browser.new_context(viewport=view, color_scheme=scheme, offline=True).new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        for path in sorted(site.glob("*.html")):
            page.goto(path.as_uri())
            found = Axe().run(page).response["violations"]
            assert not found, (path.name, [(v["id"], v["nodes"][0]["html"]) for v in found])
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
        assert not [url for url in asked if not url.startswith(("file:", "data:"))]


@pytest.fixture(scope="module")
def plain_pages(tmp_path_factory):
    """Lessons 02 and 03 as `jupyter nbconvert --to html` makes them; the outputs alone."""
    folder = tmp_path_factory.mktemp("pages")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", folder]
    subprocess.run([*command, LESSONS[2], LESSONS[3]], check=True, env=environment())
    return {path.name[:2]: outputs(path.read_text()) for path in folder.glob("*.html")}


def outputs(page: str) -> str:
    """The output areas of nbconvert's own page, without styles."""
    parts = re.split(r'<div class="[^"]*jp-Cell-outputWrapper', page)[1:]
    return re.sub(r"<style.*?</style>", "", "".join(parts), flags=re.DOTALL)


def test_plain_nbconvert_pages(plain_pages):
    assert "sent" in plain_pages["02"].lower() and "received" in plain_pages["02"].lower()
    mutexes = plain_pages["03"].lower()
    assert "t2" in mutexes and "acquisitions" in mutexes and "wait" in mutexes
    for page in plain_pages.values():
        assert "<svg" in page and "<table" in page
        assert not re.findall(r'src="(https?://[^"]+)"', page)
