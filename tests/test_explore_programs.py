"""The benchmark programs of the field: each mistake is found, and no mended twin is accused."""

import os

import pytest

from fearless_client.benchmarks import BENCHMARKS, ORDERS

FULL = os.environ.get("FEARLESS_FULL")
CHOSEN = [it for it in BENCHMARKS if it.name == "bounded buffer" or FULL and it.published < 1_000]


@pytest.mark.parametrize("benchmark", CHOSEN, ids=lambda it: it.name)
def test_the_mistake_is_found_and_the_mended_twin_is_not_accused(kernel, benchmark):
    found = benchmark.explore(kernel, 200)
    assert found["verdict"] == "failed", found["outcomes"]
    assert found["schedules_to_failure"] <= 200
    passed = benchmark.explore(kernel, 10_000 if FULL else 200, mended=True)
    assert passed["verdict"] in ("passed", "proved"), passed["failure"]


@pytest.mark.parametrize("benchmark", ORDERS if FULL else ORDERS[4:5], ids=lambda it: it.name)
def test_a_weak_order_is_found_and_the_mended_twin_is_not_accused(kernel, benchmark):
    found = benchmark.explore(kernel, 2_000)
    assert found["verdict"] == "failed", found["outcomes"]
    passed = benchmark.explore(kernel, 100_000 if FULL else 200, mended=True)
    assert passed["verdict"] in ("passed", "proved"), passed["failure"]
