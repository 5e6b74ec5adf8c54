"""rayon's jobs, by the lines that asked for them: how many, who ran and who stole them, who waited."""

from fearless_client import Kernel
from fearless_client.schema import check_report

# Two that wait for each other run on two threads.
JOIN = """\
let barrier = std::sync::Barrier::new(2);
let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
pool.install(|| {
    rayon::join(|| barrier.wait(), || barrier.wait());
});"""

SCOPE = """\
rayon::scope(|scope| {
    for _ in 0..20 {
        scope.spawn(|scope| {
            scope.spawn(|_| ());
        });
    }
});
let numbers: Vec<u64> = (0..100_000).collect();
let even = rayon::join(
    || numbers.par_iter().filter(|n| *n % 2 == 0).count(),
    || 7,
);"""

FIFO = """\
let (tx, rx) = std::sync::mpsc::channel();
for n in 0..5 {
    let tx = tx.clone();
    rayon::spawn_fifo(move || tx.send(n).unwrap());
}
drop(tx);
assert_eq!(rx.iter().count(), 5);
rayon::broadcast(|it| it.index());"""

IN_PLACE = """\
rayon::in_place_scope(|scope| {
    scope.spawn(|_| std::thread::sleep(std::time::Duration::from_millis(20)));
});"""


def jobs_of(kernel, code: str) -> dict[int, dict]:
    report = check_report(kernel.ok(code, timeout=300).report)
    for row in report["jobs"]:
        assert sum(it["jobs"] for it in row["threads"]) == row["jobs"], row
        assert sum(it["stolen"] for it in row["threads"]) == row["stolen"], row
        threads = {it["id"] for it in report["threads"]}
        assert {it["thread"] for it in row["threads"]} <= threads, row
    return {row["at"]["line"]: row for row in report["jobs"]}


def test_jobs_are_counted_at_the_lines_that_asked_for_them():
    with Kernel() as kernel:
        kernel.ok(':dep rayon = "1"\nuse rayon::prelude::*;', timeout=300)
        kernel.ok("rayon::ThreadPoolBuilder::new().num_threads(3).build_global().unwrap();")

        # The call of `install` is a job of the pool's, and main waits for it. Half of the `join` is stolen.
        jobs = jobs_of(kernel, JOIN)
        assert [(line, row["jobs"], row["stolen"], row["handed_in"]) for line, row in jobs.items()] == [
            (3, 1, 0, 1),
            (4, 1, 1, 0),
        ]
        (main,) = [it for it in jobs[3]["threads"] if it["waits"]]
        assert (main["thread"], main["jobs"], main["waits"]) == (1, 0, 1)
        assert main["wait_ns"]["total"] > 0

        jobs = jobs_of(kernel, SCOPE)
        assert [jobs[line]["jobs"] for line in (1, 3, 4)] == [1, 20, 20]
        # What an iterator splits itself into is asked for by its line.
        assert jobs[10]["jobs"] > 1 and jobs[10]["handed_in"] == 0, jobs[10]
        assert jobs[9]["handed_in"] == 1

        jobs = jobs_of(kernel, FIFO)
        assert (jobs[4]["jobs"], jobs[4]["handed_in"]) == (5, 5)
        assert (jobs[8]["jobs"], jobs[8]["handed_in"], jobs[8]["stolen"]) == (3, 3, 0)

        # Who is no thread of the pool waits in its scope as well.
        jobs = jobs_of(kernel, IN_PLACE)
        assert (jobs[1]["jobs"], jobs[1]["waits"]) == (0, 1)
        assert [(it["thread"], it["waits"]) for it in jobs[1]["threads"]] == [(1, 1)]
        assert (jobs[2]["jobs"], jobs[2]["handed_in"], jobs[2]["waits"]) == (1, 1, 0)

        assert "1 job in pools" in kernel.ok(IN_PLACE).text
