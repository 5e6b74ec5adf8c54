"""Shared fixtures: kernels by lifetime, and the skip rules for tests that need more than a kernel."""

import os
import tempfile

import pytest

from fearless_client import Kernel


# Where two files of tests run at once, each has a cache of its own: of the sessions with one cache
# only one builds crates, and the others wait, which is no time that a test should measure.
if "PYTEST_XDIST_WORKER" in os.environ:
    _cache = tempfile.TemporaryDirectory(prefix="fearless-test-cache-")
    os.environ["XDG_CACHE_HOME"] = _cache.name


@pytest.fixture(scope="module")
def kernel():
    """One kernel for a file of tests: a session that must survive whatever they do."""
    with Kernel() as kernel:
        yield kernel


@pytest.fixture
def fresh_kernel():
    """A kernel of its own for a test that kills it or counts its processes."""
    with Kernel() as kernel:
        yield kernel


def pytest_collection_modifyitems(items):
    if os.environ.get("FEARLESS_FULL") == "1":
        return
    skip = pytest.mark.skip(reason="full size: set FEARLESS_FULL=1")
    for item in items:
        # By its marker: a parameter may be called "full", too.
        if item.get_closest_marker("full"):
            item.add_marker(skip)
