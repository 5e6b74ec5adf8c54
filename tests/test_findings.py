"""Every finding has a cell that triggers it and one that nearly does (see `findings/`)."""

import re
from pathlib import Path

import pytest

from fearless_client import Kernel, load
from fearless_client.schema import check_report

NOTEBOOKS = load(Path(__file__).parent / "findings")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
def test_finding(notebook, kernel, request):
    if notebook.header.get("fresh") == "yes":
        kernel = Kernel()
        request.addfinalizer(kernel.stop)
    results = [kernel.ok(cell) for cell in notebook.cells]
    report = check_report(results[-1].report)
    kinds = {f["kind"] for f in report["findings"]}
    for kind in notebook.words("silent"):
        assert kind not in kinds, [f["title"] for f in report["findings"]]
    for kind in notebook.words("finds"):
        found = [f for f in report["findings"] if f["kind"] == kind]
        assert len(found) == 1, f"{kind}: {report['findings']}"
        assert found[0]["detail"] and any(c.isdigit() for c in found[0]["title"] + found[0]["detail"])
        assert found[0]["title"] in results[-1].text.replace("\n", " ") or results[-1].text
        places = {(at["cell"], at["line"]) for at in found[0]["at"] if "cell" in at}
        for index, line in notebook.marks().get("place", []):
            assert (results[index].count, line) in places, (kind, places)


def innocent() -> list[tuple[str, str]]:
    """The ordinary programs of `innocent.rs`, by name."""
    text = (Path(__file__).parent / "innocent.rs").read_text()
    return re.findall(r"^//# program: (.+)\n((?:(?!//# ).*\n)*)", text, re.MULTILINE)


@pytest.mark.full
@pytest.mark.parametrize(("name", "code"), innocent(), ids=[name for name, _ in innocent()])
def test_innocent(name, code, kernel):
    """Pools, pipelines, caches: what people write every day is not accused. That much waits is a fact."""
    findings = kernel.ok(code).findings()
    assert {f["kind"] for f in findings} <= {"convoy"}, [f["title"] for f in findings]


def test_each_finding_has_both_sorts_of_cells():
    fires = {kind for n in NOTEBOOKS for kind in n.words("finds")}
    silent = {kind for n in NOTEBOOKS for kind in n.words("silent")}
    assert fires <= silent
