"""Times that are measured: the only thing for which a test is run again.

A test that holds what a person notices to a time is marked `@pytest.mark.timing(reason="…")`, and asserts the time
with `in_time`. Where others use the machine, too, one moment may be slow; three in a row are the program's. Whatever
else fails in such a test fails at once: a retry would hide just what this project is about.
"""

import pytest

RERUNS = 2


class TooSlow(AssertionError):
    """All that was wrong is that something took too long."""


def in_time(took: float, limit: float, what: str) -> None:
    """Asserts that `what` took less than `limit` seconds. Call it last, when all else has been looked at."""
    if took >= limit:
        raise TooSlow(f"{what} took {took:.2f} s, not less than {limit} s")


def rerun_what_is_timed(items) -> None:
    """Lets the marked tests run again when they were too slow, and refuses a mark without its reason."""
    for item in items:
        mark = item.get_closest_marker("timing")
        if mark is None:
            continue
        if not mark.kwargs.get("reason"):
            raise pytest.UsageError(f"{item.nodeid}: say why in `@pytest.mark.timing(reason=…)`")
        item.add_marker(pytest.mark.flaky(reruns=RERUNS, only_rerun=[TooSlow.__name__]))
