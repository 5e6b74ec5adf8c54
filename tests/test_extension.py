"""The picture that one can take hold of in JupyterLab: zoom, steps, and lines that lead to code."""

import re
from pathlib import Path

import nbformat
import pytest

lab_module = pytest.importorskip("fearless_client.lab", reason="playwright is not installed")
from fearless_client.lab import CHROMIUM, Lab, Notebook, chromium, picture_folder
from fearless_client.result import REPORT_MIME

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH"),
]

ROOT = Path(__file__).resolve().parent.parent
COLOUR = re.compile(r"(--fl-[a-z0-9]+):(#[0-9a-f]+)")


def colours(text: str) -> dict[str, str]:
    return dict(COLOUR.findall(text))


def test_its_colours_are_the_kernel_s():
    """Both draw the same things: a lock has one colour in the two pictures."""
    style = (ROOT / "kernel/labextension/static/style.js").read_text().split("const DARK")
    light = (ROOT / "kernel/report/src/svg/theme.css").read_text()
    dark = (ROOT / "kernel/report/src/html/style.css").read_text().splitlines()[1]
    assert colours(style[0]) == colours(light)
    wanted = {name: colour for name, colour in colours(dark).items() if name != "--fl-warn"}
    assert colours(style[1].split(";--fl-fg")[1]) == wanted


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A committed lesson, unsigned and so not trusted, as everybody sees it who has just got it."""
    root = tmp_path_factory.mktemp("notebooks")
    lesson = next((ROOT / "notebooks").glob("06*.ipynb"))
    read = nbformat.read(lesson, as_version=4)
    read.cells = [cell for cell in read.cells if cell.get("id") == "transfers"]
    bundles = [output.get("data", {}) for output in read.cells[0].outputs]
    report = next(bundle[REPORT_MIME] for bundle in bundles if REPORT_MIME in bundle)
    nbformat.write(read, root / "transfers.ipynb")
    lab = Lab(root, tmp_path_factory.mktemp("state"))
    try:
        with chromium() as browser:
            opened = Notebook(lab, browser, "transfers.ipynb")
            opened.faults, opened.report, opened.code = [], report, read.cells[0].source
            opened.page.on("pageerror", lambda error: opened.faults.append(str(error)))
            yield opened
            opened.close()
    finally:
        lab.stop()


def selected_line(notebook) -> str:
    """The line of the first cell that is selected."""
    return notebook.page.evaluate(
        """() => {
            const editor = window.jupyterapp.shell.currentWidget.content.widgets[0].editor;
            const { start, end } = editor.getSelection();
            return start.line === end.line ? editor.getLine(start.line) : '';
        }"""
    )


def test_take_hold(notebook):
    """Opened, zoomed, stepped through; a bar leads to its line, and the cursor to its bars."""
    page = notebook.page
    take = notebook.output(0).locator(".fearless-take")
    # What the kernel drew stays, and is all there is until one asks for more.
    assert notebook.output(0).locator(".fearless-report table th").count() > 0
    assert take.locator("svg").count() == 0
    take.get_by_role("button", name="Open a picture").click()

    # Two threads take a lock each, and then wait for the other's.
    third = notebook.report["order"]["steps"][2]
    for _ in range(3):
        take.get_by_role("button", name="One step on").click()
    who = f"T{third['thread']} waits for {third['object']} (T{third['blocked_on']})"
    assert take.locator(".said").inner_text() == f"3. {who} for ever · line 9"
    assert take.locator(".now").count() == 1

    # The ring closes in the last percent of the time: only a zoom tells the two waits apart.
    waits = take.locator("rect[data-says*='for ever'][data-line='9']")
    before = [wait.bounding_box()["x"] for wait in waits.all()]
    for _ in range(8):
        take.get_by_role("button", name="Zoom in").click()
    after = [wait.bounding_box()["x"] for wait in waits.all()]
    assert len(before) == len(after) == 2
    assert abs(after[0] - after[1]) > 5 * abs(before[0] - before[1])
    take.screenshot(path=picture_folder() / "take-hold.png")

    waits.first.click(position={"x": 10, "y": 7})
    assert selected_line(notebook).strip() == "let mut payee = to.lock().unwrap();"
    assert take.locator(".marked").count() == 0
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    assert take.locator("rect.marked[data-line='9']").count() == 2

    take.get_by_role("button", name="Show the whole").click()
    take.get_by_role("button", name="Close this picture").click()
    assert take.locator("svg").count() == 0
    assert notebook.faults == []


def test_cells_have_line_numbers(notebook):
    """Reports and errors speak of lines."""
    cell = notebook.cell(0)
    cell.locator(".cm-lineNumbers").wait_for()
    assert cell.locator(".cm-lineNumbers .cm-gutterElement:visible").count() > 10


def test_lines_of_tables_lead_to_the_code(notebook):
    """Also in what the kernel drew, sanitised as it is in a notebook that is not trusted."""
    # Which account a thread locks first is what this program leaves to chance.
    step = next(step for step in notebook.report["order"]["steps"] if step["operation"] == "lock")
    row = notebook.output(0).locator("td", has_text=f"locks {step['object']}").first
    row.click()
    assert selected_line(notebook) == notebook.code.splitlines()[step["at"]["line"] - 1]


def test_nothing_of_a_report_becomes_markup(notebook):
    """A report is data that anybody may have written into a notebook."""
    found = notebook.page.evaluate(
        """async mime => {
            const panel = window.jupyterapp.shell.currentWidget;
            const output = panel.content.widgets[0].outputArea;
            const bad = '<img src=x onerror="window.broken = 1">';
            const report = {
                cell: 1, story: bad, threads: [{ id: 1, label: bad }],
                locks: [{ id: 1, name: bad, kind: bad }],
                timeline: { end_ns: 100, lanes: [{
                    thread: 1, label: bad, name: bad, marks: [], holds: [
                        { start_ns: 0, end_ns: 100, lock: 1, level: 0 }],
                    segments: [{ start_ns: 0, end_ns: 100, state: bad, object: { lock: 1 },
                                 line: 1 }] }] },
                order: { steps: [{ step: 1, thread: 1, at_ns: 1, operation: bad, object: bad }] },
            };
            output.model.clear();
            output.model.add({ output_type: 'display_data', metadata: {},
                data: { [mime]: report, 'text/plain': bad, 'text/html': bad } });
            const take = () => output.node.querySelector('.fearless-take');
            while (!take()) await new Promise(requestAnimationFrame);
            take().querySelector('button').click();
            take().querySelector('button[title="One step on"]').click();
            await new Promise(requestAnimationFrame);
            return [take().querySelectorAll('img').length, take().querySelectorAll('svg').length,
                    window.broken ?? null];
        }""",
        REPORT_MIME,
    )
    assert found == [0, 1, None]
    assert notebook.faults == []
