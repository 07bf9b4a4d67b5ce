"""
What clients of Socket.IO 0.7 to 0.9 said to their servers, said again to this one over TCP.

    python -m pytest tests/conformance/test_replay_socketio09.py                               a server for each scenario
    python -m pytest tests/conformance/... --fixture-url http://127.0.0.1:8080                 one that is running

Of ``store-redis`` what the client heard counts, and what its handlers saw. What Node's processes told each other through
Redis, and kept there under bare session ids (spec 0.9 §9.5), is a format of theirs alone; ours is in test_redis_store.py.
"""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_twisted

from gateway.conformance.barewire import Wire
from gateway.conformance.differences import app_differences
from gateway.conformance.fixtures_legacy import clients_of, serve09
from gateway.conformance.replay09 import Replay09
from gateway.conformance.turning import Turned, TurnedReactor, Waited, awaited, pumped
from tests.conformance.deviations09 import DEVIATIONS, HEARD_OTHERWISE

WIRE = Path(__file__).parents[2] / "gateway/conformance/wire/socketio-0.9"
FILES = (
    "handshake", "xhr-polling", "jsonp-polling", "htmlfile", "websocket", "websocket-hybi-07-12", "websocket-hixie",
    "flashsocket", "semantics", "reconnect", "robustness", "static", "store-redis", "version-0.7", "version-0.8",
)  # fmt: skip
ALL = [s for name in FILES for s in json.loads((WIRE / f"{name}.json").read_text())["scenarios"]]
SCENARIOS = {s["id"]: s for s in ALL if s.get("replayable", True)}
FAILING = ("ApplicationError: boom",)
"""What the fixture application raises on purpose."""


@pytest.fixture(autouse=True)
def _log(logged_failures):
    """There is no service of its own here whose log could be looked at; failures in ours are."""
    yield
    logged_failures[:] = [failure for failure in logged_failures if "boom" not in str(failure.value)]


def path_of(scenario):
    """Where the client of a scenario finds the server."""
    path = scenario["settings"].get("resource", "/socket.io")
    return path if isinstance(path, str) else "/socket.io"


async def is_served(reactor, address, pace, path):
    """Whether a fresh client shakes hands."""
    wire = Wire().connect(reactor, *address)
    wire.send(f"GET {path}/1/?t=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    await awaited(pace, lambda: wire.ended, 1.0)
    answer = wire.answer()
    return answer is not None and answer.status == 200


@pytest.mark.parametrize("name", SCENARIOS)
@pytest_twisted.ensureDeferred
async def test_a_recorded_client_gets_what_it_got(name, request):
    from twisted.internet import reactor

    scenario = SCENARIOS[name]
    if any("body_sha1" in step.get("match", ()) for step in scenario["steps"]) and clients_of(scenario) is None:
        pytest.skip("the published clients are not installed: make clients")
    url = request.config.getoption("--fixture-url", None)
    if url is not None:
        if scenario["settings"] or name.startswith("version"):
            pytest.skip("needs settings of its own")
        parts = urlsplit(url)
        found = await Replay09(scenario, reactor, (parts.hostname, parts.port or 80), Waited(reactor)).run()
        assert [(one.step, one.got) for one in found] == [known[:2] for known in DEVIATIONS.get(name, ())]
        return
    turned = TurnedReactor(reactor)
    served = await serve09(turned, scenario)
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
