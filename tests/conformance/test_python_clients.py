"""
Clients written in Python. Two of them are witnesses of what the word "Engine.IO 3" has meant: socketIO-client 0.7 reads
nothing but the binary framing of polls, python-socketio 4 reads and writes both. socketIO-client 0.5 speaks Socket.IO 0.9.
"""

import pytest
import pytest_twisted

from tests.conformance.peers import PYTHON, Client, Peers

EVERY = [(name, transport) for name, build in PYTHON.items() for transport in build.transports]
WITH_BINARY = [one for one in EVERY if one[0].startswith("python")]
TEXTS = ["é € 😀", "\u2028 \u2029 \ufffd", "</script>~m~3~m~", "Ã©", "\x00\x1e\r\n"]
VALUES = [*TEXTS, 0, -1.5, True, None, [], {"é": [1, {"deep": ["😀", None]}]}]
BINARY = [b"\x00\xff\x1e\x04", bytes(range(256)) * 4]
"""None of them empty: python-engineio 3 takes an empty message for none."""

STAY = {("socketIO-client 0.7", "upgrade"), *(one for one in EVERY if one[0] == "python 4")}
"""
Those that may leave without a word. The first says goodbye by a packet 1 on its WebSocket, which servers pass over, and leaves
the connection open; the others abort before their own thread has written that they leave, if the machine is busy.
"""

every_client = pytest.mark.parametrize("build, transport", EVERY)
NAMES = {
    "polling": ("polling", "xhr-polling"),
    "xhr-polling": ("xhr-polling",),
    "jsonp-polling": ("jsonp-polling",),
    "websocket": ("websocket",),
    "upgrade": ("websocket",),
}


@every_client
@pytest_twisted.ensureDeferred
async def test_values_come_back_as_event_and_as_acknowledgement(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    assert client.greeting["transport"] in (*NAMES[transport], "polling")
    assert await client.call("echo", *VALUES) == VALUES
    client.emit("echo", *VALUES)
    assert await client.event("echo") == VALUES


@every_client
@pytest_twisted.ensureDeferred
async def test_the_gateway_sees_the_transport_and_the_text_as_typed(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    assert await client.ask("size", "".join(TEXTS)) == len("".join(TEXTS).encode())
    about = await client.ask("whoami")
    assert (about["era"], about["transport"]) == (client.era, NAMES[transport][0])


@every_client
@pytest_twisted.ensureDeferred
async def test_the_server_can_ask(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    client.emit("ask", "why", {"n": 1})
    question = await client.question()
    assert question["args"] == ["why", {"n": 1}]
    client.tell("reply", ack=question["ack"], args=TEXTS)
    assert await client.event("answer") == TEXTS


@pytest.mark.parametrize("build, transport", WITH_BINARY)
@pytest_twisted.ensureDeferred
async def test_binary_comes_back_at_any_depth(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    nested = {"files": [{"data": BINARY[0], "name": "é"}], "rest": BINARY[1]}
    assert await client.call("echo", *BINARY, nested, "last") == [*BINARY, nested, "last"]
    client.emit("echo", nested)
    assert await client.event("echo") == [nested]
    assert await client.ask("bytes", 1000) == bytes(i % 256 for i in range(1000))


@every_client
@pytest_twisted.ensureDeferred
async def test_a_namespace_is_joined(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport, "/chat")
    assert (await client.ask("whoami"))["namespace"] == "/chat"
    assert await client.call("echo", "é") == ["é"]


@pytest.mark.parametrize("build", ["python 5", "python 4", "socketIO-client 0.7"])
@pytest.mark.parametrize("namespace, told", [("/auth", "not authorized"), ("/nowhere", "Invalid namespace")])
@pytest_twisted.ensureDeferred
async def test_a_refusal_is_understood(peers: Peers, build: str, namespace: str, told: str) -> None:
    client = peers.begin(build, "polling", namespace)
    data = (await client.report("refused"))["data"]
    expected = {"python 5": {"message": told}, "python 4": told, "socketIO-client 0.7": [told]}
    assert data == expected[build]


@pytest.mark.parametrize("build, transport", [one for one in EVERY if one not in STAY])
@pytest_twisted.ensureDeferred
async def test_the_server_notices_that_a_client_leaves(peers: Peers, build: str, transport: str) -> None:
    watcher = await peers.connect("4.8", "websocket")
    assert await watcher.ask("watch") is True
    client = await peers.connect(build, transport)
    known_as = (await client.ask("whoami"))["id"]
    client.tell("disconnect")
    while await watcher.event("left") != [known_as]:
        pass


@every_client
@pytest_twisted.ensureDeferred
async def test_a_client_notices_that_the_server_puts_it_out(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    client.emit("kick-all")
    await client.report("disconnected")


@pytest_twisted.ensureDeferred
async def test_all_of_them_hear_each_other_in_one_room(peers: Peers, room: str) -> None:
    others = [("4.8", "websocket"), ("1.7", "polling"), ("0.9", "websocket"), ("0.6", "xhr-polling")]
    members: list[Client] = [await peers.connect(*one) for one in (*EVERY, *others)]
    for member in members:
        assert await member.ask("join", room) == room
    for member in members:
        member.emit("to", room, *TEXTS)
        for other in members:
            if other is not member:
                assert await other.event("to") == [room, *TEXTS], (member.name, other.name)
