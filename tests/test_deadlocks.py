"""The deadlock corpus through the kernel: every deadlock is found, nothing else is accused.

One session runs all of a folder, one notebook after the other, and must live to the end: after each
deadlock a variable of an earlier cell is read, and no thread is left behind. Notebooks whose threads
outlive their cells (`//# fresh`) get a session of their own.
"""

import re
from pathlib import Path

import pytest

from fearless_client import CellFile, Kernel, load, wait_until
from fearless_client.schema import check_report

FOLDER = Path(__file__).parent / "deadlocks"
# From sending the cell to its reply, compiling included.
# No measurement: they must go, however busy the machine is.
GONE_SECONDS = 30
SURVIVOR = "let survivor = String::from(\"still here\");"


def session_for(notebook: CellFile, shared: Kernel, request) -> Kernel:
    if notebook.header.get("fresh") != "yes":
        return shared
    kernel = Kernel()
    request.addfinalizer(kernel.stop)
    kernel.ok(SURVIVOR)
    return kernel


@pytest.fixture(scope="module")
def session():
    with Kernel() as kernel:
        kernel.ok(SURVIVOR)
        yield kernel


def run_notebook(kernel: Kernel, notebook: CellFile):
    """Runs all cells; returns the last result and every cell's execution count."""
    *before, last = notebook.cells
    counts = [kernel.ok(cell).count for cell in before]
    result = kernel.run(last)
    return result, [*counts, result.count]


def threads_of_cells(kernel: Kernel) -> int:
    return sum(p.num_threads() for p in kernel.cell_processes())


def assert_no_thread_is_left(kernel: Kernel, at_most: int) -> None:
    wait_until(
        lambda: threads_of_cells(kernel) <= at_most,
        lambda: f"{threads_of_cells(kernel)} threads, {at_most} before the deadlock",
    )


@pytest.mark.parametrize("notebook", load(FOLDER / "dead"), ids=lambda n: n.name)
def test_found(notebook, session, request):
    kernel = session_for(notebook, session, request)
    threads_before = threads_of_cells(kernel)
    result, counts = run_notebook(kernel, notebook)

    result.failed("deadlock")
    assert "\n" not in result.error["evalue"]
    # What came of the unwinding is no panic of the program.
    for poison in ["PoisonError", "previously been poisoned"]:
        assert poison not in result.stderr, result.describe()
    for thread in notebook.words("threads"):
        assert re.search(rf"\b{thread}\b", result.error_text), f"no {thread}\n{result.describe()}"
    for name in notebook.words("objects"):
        assert name in result.error_text, f"no {name}\n{result.describe()}"

    report = check_report(result.report)
    assert report["outcome"] == "deadlocked"
    findings = result.findings("deadlock")
    assert findings and all(f["severity"] == "error" and f["detail"] for f in findings)
    named = {(at["cell"], at["line"]) for f in findings for at in f["at"] if "cell" in at}
    for index, line in notebook.marks().get("stuck", []):
        assert (counts[index], line) in named, f"line {line} not in {named}\n{result.describe()}"
        assert re.search(rf"\b{line}\b", result.error_text), result.describe()

    assert kernel.ok("survivor.as_str()").value == '"still here"'
    if notebook.header.get("fresh") != "yes":
        assert_no_thread_is_left(kernel, threads_before)


@pytest.mark.parametrize("notebook", load(FOLDER / "alive"), ids=lambda n: n.name)
def test_not_accused(notebook, session, request):
    kernel = session_for(notebook, session, request)
    result, _ = run_notebook(kernel, notebook)
    result.ok()
    assert result.lines[-1] == notebook.header["stdout"], result.describe()
    if result.report:
        check_report(result.report)
        assert result.report["outcome"] == "ok"
        assert not result.findings("deadlock")


def test_nobody_is_accused_twice(session):
    """After a deadlock was resolved, the next cells of the session are innocent."""
    session.run("{ let m = std::sync::Mutex::new(1); let _a = m.lock(); let _b = m.lock(); }").failed(
        "deadlock"
    )
    result = session.ok(
        "use std::sync::{Arc, Mutex};\n"
        "{ let m = Arc::new(Mutex::new(0)); let n = m.clone();\n"
        "std::thread::spawn(move || *n.lock().unwrap() += 1).join().unwrap();\n"
        "println!(\"{}\", m.lock().unwrap()); }"
    )
    assert result.lines == ["1"]
    assert not result.findings("deadlock")


def test_a_pool_that_lends_its_stack_is_unwound_from_the_job():
    """main waits in rayon, whose jobs borrow from main's stack: the job has to unwind, and main after it."""
    with Kernel() as kernel:
        kernel.ok(':dep rayon = "1"', timeout=300)
        kernel.ok(SURVIVOR)
        result = kernel.run(
            "use rayon::prelude::*;\nuse std::sync::Mutex;\n"
            "let total = Mutex::new(0u64);\n{\n    let sum = total.lock().unwrap();\n"
            "    (0..8u64).into_par_iter().for_each(|n| *total.lock().unwrap() += n);\n"
            '    println!("{sum}");\n}'
        ).failed("deadlock")
        assert "`total`" in result.error["evalue"]
        assert "rayon" not in result.error["evalue"], result.describe()
        assert kernel.ok("survivor.as_str()").value == '"still here"'

        # A job waits for one that gets no thread of the pool. With a thread more it gets one.
        pool = (
            "let pool = rayon::ThreadPoolBuilder::new().num_threads({}).build().unwrap();\n"
            "let (tx, rx) = std::sync::mpsc::channel::<u8>();\n"
            "pool.scope_fifo(|scope| {{\n"
            "    scope.spawn_fifo(move |_| println!(\"{{}}\", rx.recv().unwrap()));\n"
            "    scope.spawn_fifo(move |_| tx.send(1).unwrap());\n"
            "}});"
        )
        kernel.ok(pool.format(2))
        result = kernel.run(pool.format(1)).failed("deadlock")
        assert "of rayon's pool" in result.error["evalue"] + str(result.report), result.describe()

        # The pool's workers sleep now: they neither hide a deadlock nor take part in it.
        result = kernel.run(
            "{ let (tx, rx) = std::sync::mpsc::channel::<u8>(); let _ = rx.recv(); drop(tx); }"
        ).failed("deadlock")
        assert "rayon" not in result.error_text
