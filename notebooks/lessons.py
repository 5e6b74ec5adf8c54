"""What `run`, `export`, `check` and the tests know of the lessons: where they are, how a cell is
marked, and which facts of an output must stay the same from run to run.

Tags of code cells:

- `raises-exception`: the cell must fail (compile error, panic, deadlock);
- `varies`: what it prints or how long it waits differs from run to run;
- `picture`: its timeline stands for the lesson in the index;
- `exercise`, `check`: the starter of the exercise, and the cell that looks at its report.
"""

import os
import re
import shutil
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
KERNEL = "fearless"
REPORT_MIME = "application/vnd.fearless.report+json"
EXPLORED_MIME = "application/vnd.fearless.explore+json"
# A cell may fetch and compile a crate, on a machine that never did.
CELL_SECONDS = 300

# Findings that the same cell may have or not have, by how long its threads' lives were.
TIMING_DECIDES = {"convoy"}

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_GUTTER = re.compile(r"^(?:T|task )\d+( of \[\d+\])?│ ?", re.MULTILINE)


def need_jupyter() -> None:
    """Goes on in the Python that Jupyter is installed for, when this one has no nbconvert."""
    try:
        import nbconvert  # noqa: F401
    except ImportError:
        script = shutil.which("jupyter-nbconvert") or shutil.which("jupyter")
        first = Path(script).read_bytes().split(b"\n", 1)[0].decode() if script else ""
        python = first.removeprefix("#!").strip()
        if not os.path.exists(python) or os.path.samefile(python, sys.executable):
            sys.exit("nbconvert is missing: run ./install.sh once, then ./install.sh export")
        os.execv(python, [python, *sys.argv])


def paths(chosen: list[str] | None = None) -> list[Path]:
    """The lessons in order; with `chosen` those whose file names begin so (`03`)."""
    found = sorted(FOLDER.glob("[0-9][0-9]-*.ipynb"))
    if not chosen:
        return found
    picked = [path for path in found if any(path.name.startswith(name) for name in chosen)]
    if not picked:
        sys.exit(f"no lesson begins with {' or '.join(chosen)}: there are 00 to {len(found) - 1:02}")
    return picked


def read(path: Path):
    """The notebook in `path`."""
    import nbformat

    return nbformat.read(path, as_version=4)


def tags(cell) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", []))


def code_cells(notebook) -> list:
    """The cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def cell_by_id(notebook, cell_id: str):
    """The cell with this id; `KeyError` names it when there is none."""
    for cell in notebook.cells:
        if cell.id == cell_id:
            return cell
    raise KeyError(cell_id)


def headings(notebook) -> list[tuple[int, str, str]]:
    """Level, text as Markdown, and anchor of each heading outside of code fences."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        text = re.sub(r"^```.*?^```", "", cell.source, flags=re.MULTILINE | re.DOTALL)
        for level, title in re.findall(r"^(#{1,6}) +(.+?) *$", text, flags=re.MULTILINE):
            # Both JupyterLab and nbconvert make anchors of the visible text.
            anchor = re.sub(r"[`*]", "", title).replace(" ", "-")
            found.append((len(level), title, anchor))
    return found


def front_matter(notebook) -> dict[str, str]:
    """Number, title, minutes, what to know before and what is seen, out of the first cell."""
    text = notebook.cells[0].source
    title = re.search(r"^# (\d\d) · (.+)$", text, re.MULTILINE)
    line = re.search(r"^(\S+) minutes · (.+?) · \[All lessons\]\(README\.md\)$", text, re.MULTILINE)
    seen = re.search(r"^\*\*What you will see:\*\* (.+)$", text, re.MULTILINE)
    if not (title and line and seen):
        raise ValueError(f"the first cell is not a lesson's: {text[:60]!r}")
    before = line[2].removeprefix("before this: ").removeprefix("you need to know: ")
    return {
        "number": title[1],
        "title": title[2],
        "minutes": line[1],
        "before": before,
        "seen": seen[1][0].upper() + seen[1][1:],
    }


def solution(notebook) -> str:
    """The code of the exercise's solution."""
    return re.search(r"```rust\n(.*?)\n```", cell_by_id(notebook, "solution").source, re.DOTALL)[1]


def execute(notebook, kernel: str = KERNEL):
    """Runs all cells in a fresh kernel, keeps their outputs, and leaves in each cell's metadata when
    it ran. Stops with nbclient's `CellExecutionError` at a cell that fails unasked."""
    from nbclient import NotebookClient

    client = NotebookClient(
        notebook,
        kernel_name=kernel,
        timeout=CELL_SECONDS,
        record_timing=True,
        # What was printed in one go is one output, however the messages were cut.
        coalesce_streams=True,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    return notebook


def seconds(cell) -> float:
    """How long the cell ran, from the messages that `execute` recorded."""
    from datetime import datetime

    timing = cell.metadata.get("execution", {})
    if not {"iopub.status.busy", "iopub.status.idle"} <= set(timing):
        return 0.0
    busy, idle = (
        datetime.fromisoformat(timing[key].replace("Z", "+00:00"))
        for key in ("iopub.status.busy", "iopub.status.idle")
    )
    return (idle - busy).total_seconds()


# ---- outputs -------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """`text` without colour sequences."""
    return _ANSI.sub("", text)


def report(cell) -> dict | None:
    """The report under a cell, as data."""
    bundles = [out.data[REPORT_MIME] for out in cell.outputs if REPORT_MIME in out.get("data", {})]
    return bundles[-1] if bundles else None


def verdict(cell) -> str | None:
    """What exploring a cell came to: `failed`, `passed` or `proved`."""
    found = [out.data[EXPLORED_MIME] for out in cell.outputs if EXPLORED_MIME in out.get("data", {})]
    return found[-1]["verdict"] if found else None


def printed(cell) -> list[str]:
    """The lines that the cell printed, without the gutter."""
    streams = [out.text for out in cell.outputs if out.get("name") == "stdout"]
    return _GUTTER.sub("", plain("".join(streams))).splitlines()


def error_name(cell) -> str | None:
    """The name of the error in which the cell ended."""
    names = [out.ename for out in cell.outputs if out.output_type == "error"]
    return names[0] if names else None


def facts(cell) -> dict:
    """What the prose relies on, and a new run must give again. Times and ids are left out."""
    found: dict = {"error": error_name(cell), "explored": verdict(cell)}
    varies = "varies" in tags(cell)
    if not varies:
        # Threads may print in any order; the lines themselves are the same.
        found["printed"] = sorted(printed(cell))
    data = report(cell)
    found["report"] = data is not None
    if data is None:
        return found
    found["outcome"] = data["outcome"]
    locks, channels = ([o for o in data[table] if _is_of_cell(o)] for table in ("locks", "channels"))
    found["locks"] = sorted((str(lock["name"]), lock["kind"]) for lock in locks)
    found["channels"] = sorted((str(channel["name"]), channel["kind"]) for channel in channels)
    if not varies:
        found["threads"] = len(data["threads"])
        # How far the others come when a ring is broken is nobody's promise.
        if data["outcome"] == "ok":
            found["acquisitions"] = sorted(lock["acquisitions"] for lock in locks)
        found["messages"] = sorted((c["sent"], c["received"], c["lost"]) for c in channels)
        kinds = {f["kind"] for f in data["findings"] if f["severity"] != "note"}
        found["findings"] = sorted(kinds - TIMING_DECIDES)
    return found


def _is_of_cell(thing: dict) -> bool:
    """Whether it was made by the cell's own code; a dependency's shows only when it holds someone up."""
    return "cell" in (thing["created_at"] or {})


def picture(notebook) -> str | None:
    """The timeline of the cell that is tagged `picture`, as an SVG document of its own."""
    for cell in code_cells(notebook):
        if "picture" not in tags(cell):
            continue
        for output in cell.outputs:
            found = _svg_of(output.get("data", {}))
            if found:
                return found
    return None


def _svg_of(bundle: dict) -> str | None:
    import base64

    if "image/svg+xml" in bundle:
        return bundle["image/svg+xml"]
    html = bundle.get("text/html", "")
    # The picture for viewers that take inline SVG away is complete in itself.
    encoded = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    if encoded:
        return base64.b64decode(encoded[1]).decode()
    inline = re.search(r"<svg\b.*?</svg>", html, re.DOTALL)
    return inline[0] if inline else None
