"""Short runs of what ``make soak``, ``make endurance`` and ``make fuzz`` do at length."""

import random

import pytest
import pytest_twisted

from benchmarks.endurance import is_kept, order
from benchmarks.idlers import idle, stall
from benchmarks.soak import faults, soak
from gateway.conformance.clients.kinds import KINDS
from scripts.fuzz import TARGETS, fuzz


@pytest_twisted.ensureDeferred
async def test_a_soak_of_5_seconds_leaves_nothing_behind():
    found = await soak(5)
    assert faults(found) == []
    assert found["messages"] > 10_000
    assert all(found[era] for era in ("old", "0.9", "eio3", "eio4", "upgrade"))
    assert found["memory after, KiB"] < 1.3 * found["memory before, KiB"] + 10_000


@pytest_twisted.ensureDeferred
async def test_no_message_is_lost_doubled_or_reordered_on_any_transport():
    found = await order(lives=2, numbers=60)
    assert len(found) == len(KINDS)
    assert {one["messages"] for one in found.values()} == {2 * 2 * 60}
    assert is_kept("order", found)


@pytest_twisted.ensureDeferred
async def test_clients_that_idle_are_kept_and_newcomers_served():
    found = await idle(clients=60, seconds=2)
    assert found["clients"] == 60
    assert found["lost"] == 0
    assert found["newcomers"] == 2


@pytest_twisted.ensureDeferred
async def test_a_server_that_was_stopped_loses_nobody_who_answered():
    found = await stall(clients=60, seconds=5.0, interval=2.0, patience=1.0)
    assert (found["clients"], found["lost"]) == (60, 0), found


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_raises_nothing_but_what_it_declares(name):
    random.seed(7)
    assert fuzz(name, 2000) > 0
