"""The tests' own rule: only a time that is marked as measured is tried again, and nothing else."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from fearless_client.timing import rerun_what_is_timed

def pytest_configure(config):
    config.addinivalue_line("markers", "timing(reason): as in pytest.ini")

def pytest_collection_modifyitems(items):
    rerun_what_is_timed(items)
"""

# Wrong the first time, right the second.
FAILS_ONCE = """
import pytest
from fearless_client.timing import in_time

runs = []

{mark}
def test_once():
    runs.append(1)
    if len(runs) == 1:
        {fault}
"""

TIMED = '@pytest.mark.timing(reason="a person notices")'
SLOW = 'in_time(0.2, 0.1, "it")'


@pytest.mark.parametrize(
    ("mark", "fault", "expected"),
    [
        pytest.param(TIMED, SLOW, {"passed": 1, "rerun": 1}, id="a_marked_time_is_tried_again"),
        pytest.param(TIMED, "assert False", {"failed": 1}, id="a_marked_test_that_is_wrong_is_not"),
        pytest.param(TIMED, 'raise TimeoutError("hangs")', {"failed": 1}, id="nor_one_that_hangs"),
        pytest.param("", SLOW, {"failed": 1}, id="nor_a_time_without_a_mark"),
    ],
)
def test_what_is_tried_again(pytester, mark, fault, expected):
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(FAILS_ONCE.format(mark=mark, fault=fault))
    outcomes = pytester.runpytest().parseoutcomes()
    outcomes.pop("warnings", None)
    assert outcomes == expected


def test_a_time_that_is_always_missed_fails(pytester):
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(FAILS_ONCE.format(mark=TIMED, fault="pass").replace("len(runs) == 1", "True").replace("pass", SLOW))
    outcomes = pytester.runpytest().parseoutcomes()
    assert (outcomes["failed"], outcomes["rerun"]) == (1, 2)


def test_a_mark_says_why(pytester):
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(FAILS_ONCE.format(mark="@pytest.mark.timing", fault="pass"))
    result = pytester.runpytest()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*say why*"])
