"""Clients of bare Engine.IO, which hear again what they say."""

import pytest
import pytest_twisted

from tests.conformance.peers import ENGINE, Peers

EVERY = [(name, transport) for name, build in ENGINE.items() for transport in build.transports]
TEXTS = ["é € 😀", "", "\u2028 \u2029 \ufffd", "Ã©", "\x00\r\n", "4:2probe", "x" * 70000]
BINARY = [b"\x00\xff\x1e\x04", bytes(range(256)) * 300]

every_client = pytest.mark.parametrize("build, transport", EVERY)


@every_client
@pytest_twisted.ensureDeferred
async def test_text_and_bytes_come_back_in_order(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    said = [*TEXTS, *BINARY, *TEXTS]
    for value in said:
        client.tell("send", value=value)
    for value in said:
        assert await client.event("message") == [value]


@every_client
@pytest_twisted.ensureDeferred
async def test_the_transport_is_the_one_asked_for(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    first = "websocket" if transport.startswith("websocket") else "polling"
    assert client.greeting["transport"] == first
    assert client.greeting["upgrades"] == ([] if first == "websocket" else ["websocket"])
    if transport.startswith("upgrade"):
        assert (await client.report("transport"))["name"] == "websocket"
    client.tell("disconnect")
    assert (await client.report("disconnected"))["reason"] == "forced close"
    assert client.inbox == []
