"""
What clients of Socket.IO 0.7 to 0.9 said to their servers, said again to this one over TCP, with a server for each scenario.

Of ``store-redis`` what the client heard counts, and what its handlers saw. What Node's processes told each other through
Redis, and kept there under bare session ids (spec 0.9 §9.5), is a format of theirs alone; ours is in test_redis_store.py.
"""

import pytest
import pytest_twisted

from gateway.conformance.catalog import NINE, entries
from gateway.conformance.clientsteps09 import is_served, path_of
from gateway.conformance.deviations09 import DEVIATIONS
from gateway.conformance.differences import app_differences
from gateway.conformance.fixtures.serving import NotOfferedError, serve
from gateway.conformance.replay09 import Replay09
from gateway.conformance.turning import Turned, TurnedReactor, pumped
from tests.conformance.heard09 import HEARD_OTHERWISE

SCENARIOS = {entry.name: entry for entry in entries(NINE)}
FAILING = ("ApplicationError: boom",)
"""What the fixture application raises on purpose."""


@pytest.fixture(autouse=True)
def _log(logged_failures):
    """There is no service of its own here whose log could be looked at; failures in ours are."""
    yield
    logged_failures[:] = [failure for failure in logged_failures if "boom" not in str(failure.value)]


@pytest.mark.parametrize("name", SCENARIOS)
@pytest_twisted.ensureDeferred
async def test_a_recorded_client_gets_what_it_got(name):
    from twisted.internet import reactor

    scenario = SCENARIOS[name].content
    turned = TurnedReactor(reactor)
    try:
        served = await serve(turned, SCENARIOS[name])
    except NotOfferedError as reason:
        pytest.skip(str(reason))
    try:
        address = ("127.0.0.1", served.port)
        found = await Replay09(scenario, reactor, address, Turned(turned), served.policy_port).run()
        seen = list(served.seen)
        assert await is_served(reactor, address, Turned(turned), path_of(scenario))
    finally:
        await pumped(turned, served.close())
    assert [(one.step, one.got) for one in found] == [known[:2] for known in DEVIATIONS.get(name, ())], found
    if scenario.get("match") != "client-only":
        assert app_differences(scenario, seen) == HEARD_OTHERWISE.get(name, [])


def test_every_deviation_belongs_to_a_scenario_and_has_a_reason():
    assert set(DEVIATIONS) <= set(SCENARIOS)
    assert set(HEARD_OTHERWISE) <= set(SCENARIOS)
    assert all(reason for known in DEVIATIONS.values() for _, _, reason in known)
