"""What comes back to the one who sent it, the same from every client over every transport."""

from hashlib import sha1

import pytest
import pytest_twisted

from tests.conformance.peers import ALL, BINARY, Peers

TEXT = "é € 😀 \u2028 \u2029 � Ã© </script> & ~m~3~m~ 2:: \\ \" ' \t\r\n\0"

VALUES = [
    TEXT,
    "",
    "\ud800 alone",
    0,
    -1.5,
    9007199254740991,
    True,
    None,
    [],
    {},
    {"é": [1, {"deep": ["😀", None, False, {"": [[]]}]}], "__proto__x": "constructor"},
]
BINARIES = [b"", b"\x00\xff\x1e\x04", bytes(range(256)) * 4]

every_client = pytest.mark.parametrize("build, transport", ALL)
clients_with_binary = pytest.mark.parametrize("build, transport", BINARY)


@every_client
@pytest_twisted.ensureDeferred
async def test_an_acknowledgement_brings_the_same_values_back(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    assert await client.call("echo", *VALUES) == VALUES
    assert await client.call("message-with-ack", TEXT) == [TEXT]


@every_client
@pytest_twisted.ensureDeferred
async def test_an_event_brings_the_same_values_back(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    client.emit("echo", *VALUES)
    assert await client.event("echo") == VALUES
    client.emit("echo")
    assert await client.event("echo") == []


@every_client
@pytest_twisted.ensureDeferred
async def test_the_server_understands_text_as_it_was_typed(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    assert await client.ask("size", TEXT) == len(TEXT.encode())
    assert await client.ask("digest", TEXT) == sha1(TEXT.encode()).hexdigest()


@every_client
@pytest_twisted.ensureDeferred
async def test_the_server_can_ask_and_gets_the_answer(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    client.emit("ask", TEXT, {"n": 1})
    question = await client.question()
    assert (question["name"], question["args"]) == ("question", [TEXT, {"n": 1}])
    client.tell("reply", ack=question["ack"], args=VALUES)
    assert await client.event("answer") == VALUES


@every_client
@pytest_twisted.ensureDeferred
async def test_a_message_is_answered_by_a_message_or_its_event(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    back = "message" if client.era == "old" else "message-back"
    for value in (TEXT, {"a": [1, "é"]}):
        client.tell("send", value=value)
        assert await client.event(back) == [value]


@every_client
@pytest.mark.parametrize("value", [TEXT, "", {"a": [TEXT]}, [1, "two"], 3, None])
@pytest_twisted.ensureDeferred
async def test_a_message_of_the_server_arrives(peers: Peers, build: str, transport: str, value: object) -> None:
    client = await peers.connect(build, transport)
    client.emit("say", value)
    assert await client.event("message") == [value]


@every_client
@pytest.mark.parametrize("name", ["no such event", "toString", "__init__", "constructor", "é😀"])
@pytest_twisted.ensureDeferred
async def test_an_unknown_event_reaches_the_catch_all(peers: Peers, build: str, transport: str, name: str) -> None:
    client = await peers.connect(build, transport)
    assert await client.call(name, 1, TEXT) == ["any", name, [1, TEXT]]
    client.emit(name, 1, TEXT)
    assert await client.event("any") == [name, [1, TEXT]]


@clients_with_binary
@pytest_twisted.ensureDeferred
async def test_binary_comes_back_at_any_depth(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    nested = {"files": [{"data": BINARIES[1], "name": TEXT}], "rest": BINARIES[2]}
    assert await client.call("echo", *BINARIES, nested, "last") == [*BINARIES, nested, "last"]
    client.emit("echo", nested, BINARIES[0])
    assert await client.event("echo") == [nested, BINARIES[0]]


@clients_with_binary
@pytest_twisted.ensureDeferred
async def test_the_server_makes_and_reads_binary(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    assert await client.ask("bytes", 1000) == bytes(i % 256 for i in range(1000))
    assert await client.ask("size", BINARIES[2]) == 1024
    assert await client.ask("digest", BINARIES[2]) == sha1(BINARIES[2]).hexdigest()


@pytest.mark.parametrize("build, transport", [one for one in ALL if one not in BINARY])
@pytest_twisted.ensureDeferred
async def test_to_clients_without_binary_it_is_base64_and_back(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    text = {"_binary": "AAECAw=="}
    data = b"\0\1\2\3" if client.era == "old" else text  # the runner of 0.6 follows the convention by itself
    assert await client.ask("bytes", 4) == data
    assert await client.ask("size", data) == 4
    assert await client.ask("echo", [data]) == [data]
