"""Cells as data: what each report must say, number by number (see `cells/`)."""

import json
import operator
from pathlib import Path

import pytest

from fearless_client import CellFile, Kernel, load
from fearless_client.cellfile import Row
from fearless_client.schema import check_report

FOLDER = Path(__file__).parent / "cells"
COMPARE = {"=": operator.eq, ">=": operator.ge, "<=": operator.le}


def find_row(report: dict, row: Row) -> dict:
    rows = report.get(row.table, [])
    if row.table == "threads":
        found = [r for r in rows if f"T{r['id']}" == row.name]
    else:
        found = [r for r in rows if r["name"] == row.name]
    names = [r["name"] for r in rows]
    assert len(found) == 1, f"{len(found)} {row.table} are called {row.name}; there are {names}"
    return found[0]


def wanted_value(text: str, notebook: CellFile, counts: list[int]):
    """A value of the header: JSON, a place by its mark, or a bare word."""
    if text.startswith("@"):
        ((index, line),) = notebook.marks()[text[1:]]
        return {"cell": counts[index], "line": line}
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def check_row(report: dict, row: Row, notebook: CellFile, counts: list[int]) -> None:
    actual_row = find_row(report, row)
    for key, comparison, text in row.values:
        actual = actual_row
        for part in key.split("."):
            actual = actual[part]
        wanted = wanted_value(text, notebook, counts)
        if isinstance(actual, dict):
            actual = {k: v for k, v in actual.items() if k != "column"}
        assert COMPARE[comparison](actual, wanted), f"{row.name}: {key} is {actual}, not {text}"


@pytest.mark.parametrize("notebook", load(FOLDER), ids=lambda n: n.name)
def test_report(notebook, kernel, request):
    if notebook.header.get("fresh") == "yes":
        kernel = Kernel()
        request.addfinalizer(kernel.stop)
    results = [kernel.ok(cell) for cell in notebook.cells]
    counts = [r.count for r in results]
    report = check_report(results[-1].report)
    assert report["cell"] == counts[-1]
    assert report["outcome"] == "ok"
    if "threads" in notebook.header:
        assert len(report["threads"]) == int(notebook.header["threads"])
    for row in notebook.rows:
        check_row(report, row, notebook, counts)


def test_a_cell_that_runs_again_counts_anew(kernel):
    """The same source under a new number: nothing is added up, every place has the new number."""
    source = (FOLDER / "mutex_8x1000.rs").read_text()
    for _ in range(2):
        result = kernel.ok(source)
        (lock,) = result.report["locks"]
        assert lock["acquisitions"] == 8000
        assert lock["created_at"]["cell"] == result.count
        assert {t["spawned_at"]["cell"] for t in result.report["threads"] if t["spawned_at"]} == {
            result.count
        }
