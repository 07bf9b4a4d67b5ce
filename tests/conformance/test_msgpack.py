"""Published clients with socket.io-msgpack-parser against a listener with ``parser="msgpack"``."""

import json

import pytest
import pytest_twisted
from twisted.internet import reactor

from gateway import Front, Listener
from gateway.conformance.fixtures.modern import sio_fixture
from tests.conformance.peers import need_node, need_packages
from tests.conformance.processes import ROOT, soon, start

SCRIPT = ROOT / "tests/conformance/clients/msgpack.js"

EXPECTED = {
    "acked": ["hé☃💩", 1.5, -3, 2**40, -(2**40), True, None, {"b": [{"bytes": "010203"}], "": {}}, 70000],
    "answer": ["why", {"bytes": "00"}, "too"],
    "echo": [None, "1970-01-01T00:00:00.000Z"],
    "welcome": ["nsp"],
    "missing": "Invalid namespace",
    "denied": ["nope", {"code": 7}],
    "left": "io server disconnect",
    "still": True,
}


@pytest.fixture(autouse=True)
def _log():
    """There is no service of its own here whose log could be looked at."""


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("build", ["socket.io-client-3.1", "socket.io-client-4.8"])
@pytest_twisted.ensureDeferred
async def test_a_client_with_the_msgpack_parser_is_understood_and_understands(build, transport):
    need_node()
    need_packages(build, "socket.io-msgpack-parser")
    io = Listener(reactor=reactor, parser="msgpack", origins="*")
    sio_fixture(io)
    front = Front(io, reactor=reactor)
    (port,) = await front.listen("tcp:0:interface=127.0.0.1")
    lines = []
    child = start(lines.append, "node", str(SCRIPT), build, f"http://127.0.0.1:{port.getHost().port}", transport)
    try:
        assert await soon(child.ended, "the end of the client") == 0, child.errors
    finally:
        await child.stop("KILL") if child.running else None
        await front.close()
    (line,) = lines
    said = json.loads(line)
    handshake = said.pop("handshake")
    assert handshake["auth"] == {"token": "abc"}
    assert said == EXPECTED
