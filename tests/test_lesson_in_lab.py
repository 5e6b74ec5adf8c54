"""A lesson as a learner uses it: opened in a real JupyterLab, run, broken and mended, its exercise done, and exported
through the menu. Pictures in .out."""

import re
import shutil
import subprocess

import pytest
from playwright.sync_api import expect

from fearless_client import environment
from fearless_client.lab import CHROMIUM, Lab, Notebook, chromium, picture_folder
from test_lessons import lessons

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]
LESSON = lessons.paths(["03"])[0]


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """Lesson 03 in JupyterLab, trusted as `install.sh` trusts it."""
    lab = Lab(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("state"))
    try:
        shutil.copy(LESSON, lab.root)
        trust = ["jupyter", "trust", str(lab.root / LESSON.name)]
        subprocess.run(trust, check=True, env=environment(), stdout=subprocess.DEVNULL)
        with chromium() as browser:
            notebook = Notebook(lab, browser, LESSON.name)
            yield notebook
            notebook.close()
    finally:
        lab.stop()


def position(cell_id: str) -> int:
    """Which of the code cells it is."""
    cells = lessons.code_cells(lessons.read(LESSON))
    return next(at for at, cell in enumerate(cells) if cell.id == cell_id)


def shown_once(notebook: Notebook, at: int) -> None:
    """One report with its picture stands under the cell. JupyterLab draws outputs little by little."""
    expect(notebook.output(at).locator(".fl-pic svg")).to_have_count(1, timeout=60_000)


def rerun(notebook: Notebook, at: int, code: str | None = None) -> str:
    """Runs one cell, edited before if there is new code; what stands under it then."""
    if code is not None:
        notebook.edit(at, code)
    else:
        notebook.cell(at).locator(".cm-content").click()
    notebook.press_run(at)
    notebook.cell(at).scroll_into_view_if_needed()
    return notebook.output(at).inner_text()


def test_a_lesson_is_opened_run_edited_and_exported(lesson, tmp_path):
    cells = lessons.code_cells(lessons.read(LESSON))
    tills, exercise, check = map(position, ("tills", "exercise", "check"))

    # Opened: the committed outputs stand there with their pictures.
    with_report = [at for at, cell in enumerate(cells) if lessons.report(cell)]
    for at in with_report:
        shown_once(lesson, at)

    # Run: all cells, also below those that must fail.
    lesson.run_all()
    for at in range(len(cells)):
        prompt = lesson.cell(at).locator(".jp-InputPrompt")
        expect(prompt).to_have_text(re.compile(r"\d"), timeout=120_000)
    for at in with_report:
        shown_once(lesson, at)
    lesson.page.screenshot(path=picture_folder() / "lesson-run.png")

    # Edited so that it breaks, and mended.
    source = cells[tills].source
    assert "+= 5;" in source
    broken = rerun(lesson, tills, source.replace("+= 5;", '+= "5";'))
    assert "E0277" in broken
    lesson.page.screenshot(path=picture_folder() / "lesson-broken.png")
    mended = rerun(lesson, tills, source.replace("+= 5;", "+= 7;"))
    assert "total: 2100" in mended and "E0277" not in mended

    # The exercise: the check says what is missing, then that nothing is.
    rerun(lesson, exercise, cells[exercise].source)
    assert "not yet: no finding held_across_wait" in rerun(lesson, check)
    rerun(lesson, exercise, lessons.solution(lessons.read(LESSON)))
    assert "not yet" not in rerun(lesson, check)
    lesson.page.screenshot(path=picture_folder() / "lesson-solved.png")

    # Exported, as the dialog offers it and with pictures.
    sanitised = lesson.export(tmp_path / "sanitised.html", sanitised=True)
    assert "total: 2100" in sanitised
    page = lesson.export(tmp_path / "page.html", sanitised=False)
    assert "total: 2100" in page
    assert page.count('<div class="fl-pic"') == len(with_report)
    assert not re.findall(r'<(?:img|iframe)[^>]+src="https?:', page)
