"""What a person does in a real JupyterLab, and what each report looks like there.

Pictures go to `tests/.out` (or FEARLESS_PICTURES); a missing picture or table fails the test.
"""

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

lab_module = pytest.importorskip("fearless_client.lab", reason="playwright is not installed")
from fearless_client import environment, wait_until
from fearless_client.kernel import KERNEL_NAME
from fearless_client.lab import CHROMIUM, Lab, Notebook, chromium, picture_folder
from fearless_client.result import REPORT_MIME

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH"),
]

ROOT = Path(__file__).resolve().parent.parent
METADATA = {
    "kernelspec": {"name": KERNEL_NAME, "display_name": "Rust (Fearless)", "language": "rust"}
}

# The cells whose reports are looked at.
REPORTS = {
    "mutex": (ROOT / "tests/cells/mutex_waits.rs").read_text(),
    "channel": (ROOT / "tests/cells/sync_channel_waits.rs").read_text(),
    "deadlock": (ROOT / "tests/deadlocks/dead/philosophers.rs").read_text(),
    "two_threads": (ROOT / "tests/cells/names_one_line.rs").read_text()
    + "std::thread::spawn(|| std::thread::sleep(std::time::Duration::from_millis(30))).join().unwrap();",
    "two_hundred_threads": """
use std::sync::{Arc, Mutex};
let hits = Arc::new(Mutex::new(0));
let all: Vec<_> = (0..200u64).map(|n| {
    let hits = hits.clone();
    std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(n % 20));
        *hits.lock().unwrap() += 1;
    })
}).collect();
for t in all { t.join().unwrap(); }
""",
}


def write_notebook(path: Path, *codes: str, tags=()) -> None:
    cells = [nbformat.v4.new_code_cell(code, metadata={"tags": list(tags)}) for code in codes]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=METADATA), path)


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(path, root)
    lab = Lab(root, tmp_path_factory.mktemp("state"))
    yield lab
    lab.stop()


@pytest.fixture
def opened(lab, browser):
    """Opens notebooks and closes them."""
    open_ones = []

    def open_notebook(name: str) -> Notebook:
        open_ones.append(Notebook(lab, browser, name))
        return open_ones[-1]

    yield open_notebook
    for notebook in open_ones:
        notebook.close()


def visible(locator) -> bool:
    box = locator.bounding_box() if locator.count() else None
    return box is not None and box["width"] > 100 and box["height"] > 20


def assert_report_is_seen(output, what: str) -> None:
    """A picture (inline, or as an image where the viewer allows no SVG) and a table with a header."""
    pictures = output.locator(".jp-RenderedHTMLCommon svg, .jp-RenderedHTMLCommon img")
    # An image has its size only once it is decoded.
    wait_until(lambda: any(visible(pictures.nth(n)) for n in range(pictures.count())), f"{what}: no picture")
    assert output.locator(".jp-RenderedHTMLCommon table th").count() > 0, f"{what}: no table"


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_reports_are_seen(lab, opened, trusted):
    name = f"reports_{trusted}.ipynb"
    write_notebook(lab.root / name, *REPORTS.values(), tags=["raises-exception"])
    notebook = opened(name)
    notebook.run_all()
    if not trusted:
        # What was just run is trusted; read again from disk, unsigned, it is not.
        notebook.save()
        saved = nbformat.read(lab.root / name, as_version=4)
        for cell in saved.cells:
            cell.metadata.pop("trusted", None)
        other = f"reports_{trusted}_again.ipynb"
        # A changed source changes the signature.
        saved.cells[-1].source += "\n"
        nbformat.write(saved, lab.root / other)
        notebook = opened(other)
    for dark in (False, True):
        notebook.theme(dark)
        for index, what in enumerate(REPORTS):
            output = notebook.output(index)
            output.scroll_into_view_if_needed()
            shade = "dark" if dark else "light"
            trust = "trusted" if trusted else "untrusted"
            assert_report_is_seen(output, f"{what} {shade} {trust}")
            output.screenshot(path=picture_folder() / f"{what}-{shade}-{trust}.png")


def first_lesson() -> str:
    return sorted((ROOT / "notebooks").glob("00*.ipynb"))[0].name


def test_a_lesson_runs(opened):
    notebook = opened(first_lesson())
    notebook.command("notebook:clear-all-cell-outputs")
    notebook.run_all()
    reports = notebook.page.locator(".jp-CodeCell .jp-RenderedHTMLCommon table")
    assert reports.count() > 0
    notebook.page.screenshot(path=picture_folder() / "lesson-00.png")


def test_edit_a_cell_and_run_it_again(lab, opened):
    write_notebook(lab.root / "edit.ipynb", 'println!("before");')
    notebook = opened("edit.ipynb")
    notebook.run_all()
    assert notebook.output(0).inner_text().strip() == "before"
    notebook.edit(0, 'std::thread::spawn(|| println!("after")).join().unwrap();')
    notebook.press_run(0)
    text = notebook.output(0).inner_text()
    assert "after" in text and "before" not in text
    assert_report_is_seen(notebook.output(0), "the edited cell")
    assert "[2]" in notebook.cell(0).locator(".jp-InputPrompt").first.inner_text()


def test_interrupt_keeps_the_session(lab, opened):
    write_notebook(
        lab.root / "stop.ipynb",
        "let kept = 41;",
        'println!("sleeping"); std::thread::sleep(std::time::Duration::from_secs(600));',
        "kept + 1",
        tags=["raises-exception"],
    )
    notebook = opened("stop.ipynb")
    notebook.command("notebook:run-all-cells")
    notebook.output(1).get_by_text("sleeping").wait_for()
    notebook.page.locator("[data-jp-item-name='interrupt'] >> visible=true").click()
    notebook.wait_idle(20_000)
    notebook.output(1).get_by_text("interrupted").first.wait_for()
    notebook.page.locator(".jp-Notebook .jp-CodeCell").nth(2).locator(".cm-content").click()
    notebook.press_run(2)
    assert notebook.output(2).inner_text().strip().endswith("42")


def test_a_long_cell_shows_its_report_growing(lab, opened):
    write_notebook(
        lab.root / "live.ipynb",
        "use std::sync::mpsc;\n{\nlet (tx, rx) = mpsc::channel::<u8>();\n"
        "let waiter = std::thread::Builder::new().name(\"patient\".into())"
        ".spawn(move || rx.recv()).unwrap();\n"
        "std::thread::sleep(std::time::Duration::from_secs(5));\ntx.send(1).unwrap();\n"
        "waiter.join().unwrap().unwrap();\n}",
    )
    notebook = opened("live.ipynb")
    notebook.command("notebook:run-all-cells")
    notebook.output(0).get_by_text("patient").first.wait_for(timeout=60_000)
    assert "[*]" in notebook.cell(0).locator(".jp-InputPrompt").first.inner_text()
    notebook.wait_idle()
    # The final report replaces the growing one.
    assert notebook.output(0).locator(".jp-OutputArea-child").count() == 1
    assert_report_is_seen(notebook.output(0), "the final report")


def test_late_output_stands_in_the_old_cell(lab, opened):
    write_notebook(
        lab.root / "late.ipynb",
        "std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_secs(2));"
        ' println!("late line"); });',
        'std::thread::sleep(std::time::Duration::from_secs(4)); println!("own line");',
    )
    notebook = opened("late.ipynb")
    notebook.run_all()
    streams = ".jp-RenderedText[data-mime-type='application/vnd.jupyter.stdout']"
    assert "late line" in notebook.output(0).locator(streams).inner_text()
    assert "late line" not in notebook.output(1).locator(streams).inner_text()


def test_restart(lab, opened):
    write_notebook(lab.root / "restart.ipynb", "let gone = 5;", "gone", tags=["raises-exception"])
    notebook = opened("restart.ipynb")
    notebook.run_all()
    assert notebook.output(1).inner_text().strip().endswith("5")
    notebook.page.evaluate(
        """() => {
            const { sessionContext } = window.jupyterapp.shell.currentWidget;
            sessionContext.statusChanged.connect((_, status) => {
                if (status === 'restarting') window.restarting = true;
            });
        }"""
    )
    notebook.page.locator("[data-jp-item-name='restart'] >> visible=true").click()
    notebook.page.locator(".jp-Dialog .jp-mod-accept").click()
    notebook.page.wait_for_function("window.restarting")
    notebook.wait_idle()
    notebook.cell(1).locator(".cm-content").click()
    notebook.press_run(1)
    assert "E0425" in notebook.output(1).inner_text()
    assert "[1]" in notebook.cell(1).locator(".jp-InputPrompt").first.inner_text()


@pytest.mark.parametrize("sanitised", [True, False], ids=["as_offered", "unsanitised"])
def test_export_as_html_from_the_menu(lab, opened, tmp_path, sanitised):
    """The dialog offers a sanitised page, which has no pictures; the text's lanes stand in for them."""
    write_notebook(lab.root / "menu.ipynb", REPORTS["mutex"])
    notebook = opened("menu.ipynb")
    notebook.run_all()
    notebook.save()
    text = notebook.export(tmp_path / "menu.html", sanitised)
    assert "slow" in text and "T2 waited" in text
    if sanitised:
        assert_readable_without_picture(text)
    else:
        assert "<svg" in text and "<table" in text


def assert_readable_without_picture(page: str) -> None:
    """nbconvert's sanitiser takes pictures and table headers: lanes and rows stand there as text."""
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    assert re.search(r"^T2 +\S*[▒▓█░]", text, re.M), "no lanes"
    assert re.search(r"^A +slow +Mutex", text, re.M), "no row of the lock"


# What sites that show notebooks take out of a page, each more than the one before; GitHub takes
# styles for certain.
SITES = {
    "styles": {"style", "style="},
    "styles_and_pictures": {"style", "style=", "svg"},
    "all_but_plain_elements": {"style", "style=", "svg", "class=", "hidden=", "data:"},
}


def stripped(markup: str, taken: set[str]) -> str:
    """`markup` without what a site takes. Of drawings it leaves the texts, as sanitisers do."""
    page = BeautifulSoup(markup, "html.parser")
    for tag in page.find_all(True):
        for attribute in [name for name in tag.attrs if f"{name}=" in taken]:
            del tag[attribute]
        if tag.name == "img" and "data:" in taken:
            del tag["src"]
    if "svg" in taken:
        for drawing in page.find_all("svg"):
            for tag in drawing.find_all(True):
                tag.unwrap()
            drawing.unwrap()
    for style in page.find_all("style"):
        style.decompose()
    return str(page)


@pytest.mark.parametrize("site", SITES)
def test_committed_lessons_are_told_where_a_site_strips_them(browser, site):
    """The deadlocks' lesson as it stands in the repository, on a site that keeps no style."""
    lesson = nbformat.read(next((ROOT / "notebooks").glob("06*.ipynb")), as_version=4)
    data = [output.get("data", {}) for cell in lesson.cells for output in cell.get("outputs", [])]
    reports = [bundle["text/html"] for bundle in data if REPORT_MIME in bundle]
    assert len(reports) > 3
    taken = SITES[site]
    page = browser.new_page(viewport={"width": 900, "height": 1200})
    try:
        page.set_content("<meta charset=utf-8>" + "<hr>".join(stripped(r, taken) for r in reports))
        page.screenshot(path=picture_folder() / f"site-{site}.png", full_page=True)
        text = page.locator("body").inner_text()
        assert text.count("deadlock after ") >= 2
        assert re.search(r"^T2.* +\S*[▒▓█░]", text, re.M), "no lanes"
        assert re.search(r"^╭▶ T\d.* waits for ", text.replace("    ╭", "╭"), re.M), "no ring"
        assert page.locator("table th").count() > 0
        assert "{" not in re.sub(r"[`“].*?[`”]", "", page.locator("p").first.inner_text())
        pictures = page.locator("img, svg")
        if "data:" not in taken:
            assert any(visible(pictures.nth(n)) for n in range(pictures.count())), "no picture"
    finally:
        page.close()


def axe_violations(page) -> list[dict]:
    """What axe finds inside our outputs."""
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(page, context={"include": [".jp-RenderedHTMLCommon:has(table)"]})
    return results.response["violations"]


def export(folder: Path, *options: str) -> Path:
    """All reports as a page, by nbconvert."""
    notebook = folder / "page.ipynb"
    write_notebook(notebook, *REPORTS.values(), tags=["raises-exception"])
    convert = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "--allow-errors"]
    subprocess.run([*convert, *options, str(notebook)], check=True, env=environment())
    return folder / "page.html"


# A telephone, a tablet, a desk.
WIDTHS = [400, 800, 1200]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_exported_reports_are_accessible(browser, tmp_path, theme):
    exported = export(tmp_path, f"--HTMLExporter.theme={theme}")
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 2000})
        try:
            page.route(re.compile("^https?:"), lambda route: route.abort())
            page.goto(f"file://{exported}")
            # What is folded is judged as well.
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            page.screenshot(path=picture_folder() / f"exported-{theme}-{width}.png", full_page=True)
            found = axe_violations(page)
            told = [f"{v['id']}: {v['help']}; {v['nodes'][0]['html'][:200]}" for v in found]
            assert not found, f"{width} px wide:\n" + "\n".join(told)
        finally:
            page.close()


def test_sanitised_export_can_be_read(tmp_path):
    page = export(tmp_path, "--HTMLExporter.sanitize_html=True")
    assert_readable_without_picture(page.read_text())
