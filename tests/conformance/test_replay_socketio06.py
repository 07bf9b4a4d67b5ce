"""
What clients of Socket.IO 0.3 to 0.6 said to their servers, said again to this one over TCP.

    python -m pytest tests/conformance/test_replay_socketio06.py                               a server for each scenario
    python -m pytest tests/conformance/... --fixture-url http://127.0.0.1:8080                 one that is running

``server-events`` was never recorded, only read in the source, and could not work (spec 0.6 §12): see test_legacy_live.
"""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_twisted

from gateway.conformance.fixtures06 import options06
from gateway.conformance.fixtures_legacy import serve06
from gateway.conformance.replay06 import Replay06
from gateway.conformance.turning import Turned, TurnedReactor, Waited, pumped
from tests.conformance.deviations06 import DEVIATIONS

WIRE = Path(__file__).parents[2] / "gateway/conformance/wire/socketio-0.6"
FILES = (
    "xhr-polling", "jsonp-polling", "htmlfile", "xhr-multipart", "websocket", "flashsocket", "flash-policy", "frames-0.5.3",
    "envelope-0.4.1", "envelope-0.3.8", "static",
)  # fmt: skip
SCENARIOS = {
    f"{file}/{scenario['name']}": scenario
    for file in FILES
    for scenario in json.loads((WIRE / f"{file}.json").read_text("utf-8"))["scenarios"]
}


@pytest.fixture(autouse=True)
def _log():
    """There is no service of its own here whose log could be looked at."""


@pytest.mark.parametrize("name", SCENARIOS)
@pytest_twisted.ensureDeferred
async def test_a_recorded_client_gets_what_it_got(name, request):
    from twisted.internet import reactor

    scenario = SCENARIOS[name]
    given = scenario.get("server_options", {})
    url = request.config.getoption("--fixture-url", None)
    if url is not None:
        if given or name.startswith(("envelope", "static")):
            pytest.skip("needs options of its own")
        parts = urlsplit(url)
        found = await Replay06(scenario, reactor, (parts.hostname, parts.port or 80), Waited(reactor), None).run()
    else:
        turned = TurnedReactor(reactor)
        served = await serve06(turned, options06(given, name.startswith("envelope")), policy="flashPolicyServer" in given)
        address = ("127.0.0.1", served.port)
        try:
            found = await Replay06(scenario, reactor, address, Turned(turned), served.seen, served.policy_port).run()
        finally:
            await pumped(turned, served.close())
    assert [(one.step, one.got) for one in found] == [known[:2] for known in DEVIATIONS.get(name, ())], found


def test_every_deviation_belongs_to_a_scenario_and_has_a_reason():
    assert set(DEVIATIONS) <= set(SCENARIOS)
    assert all(reason for known in DEVIATIONS.values() for _, _, reason in known)


def test_every_recorded_defect_is_answered_better():
    """A scenario marked "improve" has a deviation, or differs only in escapes, which are not compared."""
    spelling = {"unicode-and-escaping", "script-end-tag-not-escaped"}
    defects = {name for name, scenario in SCENARIOS.items() if scenario.get("conformance") == "improve"}
    assert {name.split("/")[1] for name in defects - set(DEVIATIONS)} - spelling <= {"heartbeat"}
