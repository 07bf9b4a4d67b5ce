"""
What clients of Socket.IO 0.3 to 0.6 said to their servers, said again to this one over TCP, with a server for each scenario.

``server-events`` was never recorded, only read in the source, and could not work (spec 0.6 §12): see test_legacy_live.
"""

import pytest
import pytest_twisted

from gateway.conformance.catalog import OLD, entries
from gateway.conformance.deviations06 import DEVIATIONS
from gateway.conformance.fixtures.serving import NotOfferedError, serve
from gateway.conformance.replay06 import Replay06
from gateway.conformance.turning import Turned, TurnedReactor, pumped

SCENARIOS = {entry.name: entry for entry in entries(OLD)}


@pytest.fixture(autouse=True)
def _log():
    """There is no service of its own here whose log could be looked at."""


@pytest.mark.parametrize("name", SCENARIOS)
@pytest_twisted.ensureDeferred
async def test_a_recorded_client_gets_what_it_got(name):
    from twisted.internet import reactor

    turned = TurnedReactor(reactor)
    try:
        served = await serve(turned, SCENARIOS[name])
    except NotOfferedError as reason:
        pytest.skip(str(reason))
    address = ("127.0.0.1", served.port)
    try:
        replay = Replay06(SCENARIOS[name].content, reactor, address, Turned(turned), served.seen, served.policy_port)
        found = await replay.run()
    finally:
        await pumped(turned, served.close())
    assert [(one.step, one.got) for one in found] == [known[:2] for known in DEVIATIONS.get(name, ())], found


def test_every_deviation_belongs_to_a_scenario_and_has_a_reason():
    assert set(DEVIATIONS) <= set(SCENARIOS)
    assert all(reason for known in DEVIATIONS.values() for _, _, reason in known)


def test_every_recorded_defect_is_answered_better():
    """A scenario marked "improve" has a deviation, or differs only in escapes, which are not compared."""
    spelling = {"unicode-and-escaping", "script-end-tag-not-escaped"}
    defects = {name for name, entry in SCENARIOS.items() if entry.content.get("conformance") == "improve"}
    assert {name.split("/")[1] for name in defects - set(DEVIATIONS)} - spelling <= {"heartbeat"}
