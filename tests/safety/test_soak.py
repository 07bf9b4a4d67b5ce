"""Short runs of what ``make soak`` and ``make fuzz`` do at length."""

import random

import pytest
import pytest_twisted

from benchmarks.soak import faults, soak
from scripts.fuzz import TARGETS, fuzz


@pytest_twisted.ensureDeferred
async def test_a_soak_of_5_seconds_leaves_nothing_behind():
    found = await soak(5)
    assert faults(found) == []
    assert found["messages"] > 10_000
    assert all(found[era] for era in ("old", "0.9", "eio3", "eio4", "upgrade"))
    assert found["memory after, KiB"] < 1.3 * found["memory before, KiB"] + 10_000


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_raises_nothing_but_what_it_declares(name):
    random.seed(7)
    assert fuzz(name, 2000) > 0
