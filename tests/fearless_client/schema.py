"""Checks a report against the public contract, and for what a schema can't say."""

import json
from functools import cache
from pathlib import Path

import jsonschema

SCHEMA = Path(__file__).parent.parent / "report.schema.json"
MAX_BYTES = 256 * 1024


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))


def check_report(report: dict) -> dict:
    """Asserts that `report` follows the schema and agrees with itself; returns it."""
    assert report is not None, "the cell has no report"
    problems = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in _validator().iter_errors(report)]
    assert not problems, "\n".join(problems[:10])
    assert len(json.dumps(report)) <= MAX_BYTES

    threads = {t["id"] for t in report["threads"]}
    assert len(threads) == len(report["threads"]), "two threads with one id"
    for lock in report["locks"]:
        assert lock["contended"] <= lock["acquisitions"] + len(report["threads"]), lock
        assert lock["wait_ns"]["max"] <= lock["wait_ns"]["total"], lock
        assert lock["hold_ns"]["max"] <= lock["hold_ns"]["total"], lock
        if lock["kind"] == "RwLock":
            assert lock["reads"] + lock["writes"] == lock["acquisitions"], lock
    for thread in report["threads"]:
        end = report["wall_ns"] if thread["end_ns"] is None else thread["end_ns"]
        assert thread["start_ns"] <= end, thread
        # One thread does one thing at a time (the two clocks agree to within a tick). Those that
        # outlive the cell are told as they are a moment after its end.
        life = end - thread["start_ns"] + 4_000_000
        if thread["is_main"] or thread["end_ns"] is not None:
            assert sum(thread["blocked_ns"].values()) <= life, thread
            assert (thread["cpu_ns"] or 0) <= life, thread
        # What a dependency's thread waits for may have no row of its own: then it is null.
        assert thread["waiting_for"] is None or thread["state"] == "blocked", thread
    tables = {"lock": "locks", "channel": "channels", "condvar": "condvars", "barrier": "barriers"}
    for finding in report["findings"]:
        assert report.get("omitted") or set(finding["threads"]) <= threads, finding
        for reference in finding["objects"]:
            ((kind, number),) = reference.items()
            if kind in tables and not report.get("omitted"):
                assert number in {row["id"] for row in report[tables[kind]]}, finding
    return report
