"""Waiting for what will be: the one place in which tests look again and again."""

import time
from collections.abc import Callable

# No measurement: what must come comes, however busy the machine is.
SECONDS = 60


def wait_until(condition: Callable[[], object], what: str | Callable[[], str], seconds: float = SECONDS) -> None:
    """Returns once `condition` holds, and fails with `what` where it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.05)
