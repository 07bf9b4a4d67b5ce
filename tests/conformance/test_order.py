"""Nothing lost, nothing twice, everything in order: both ways, for many small and for large messages."""

from hashlib import sha1

import pytest
import pytest_twisted

from tests.conformance.peers import ALL, BINARY, Peers

MANY = 300
LARGE = 100_000

every_client = pytest.mark.parametrize("build, transport", ALL)


@every_client
@pytest_twisted.ensureDeferred
async def test_a_burst_arrives_in_order_both_ways_at_once(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    client.emit("burst", MANY)
    for i in range(MANY):
        client.emit("count", i)
    assert await client.ask("counted") == {"received": MANY, "ordered": True}
    assert await client.event("burst-end") == [MANY]
    assert client.heard_so_far("burst") == [[i] for i in range(MANY)]


@pytest.mark.parametrize("build, transport", BINARY)
@pytest_twisted.ensureDeferred
async def test_binary_and_text_keep_their_order_among_themselves(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    values = [bytes([i]) if i % 2 else i for i in range(100)]
    for value in values:
        client.emit("echo", value)
    assert await client.call("echo", "last") == ["last"]
    assert [value for (value,) in client.heard_so_far("echo")] == values


@every_client
@pytest_twisted.ensureDeferred
async def test_a_large_message_passes_both_ways(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    text = "0123456789é€😀\u2028" * (LARGE // 20)
    assert await client.ask("large", LARGE) == "0123456789" * (LARGE // 10)
    assert await client.ask("digest", text) == sha1(text.encode()).hexdigest()
    assert await client.ask("echo", text) == text


@every_client
@pytest_twisted.ensureDeferred
async def test_a_slow_answer_holds_up_nothing(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    client.tell("emit", name="sleep", args=[300], ack=1_000_000)
    await client.settled()
    assert not [one for one in client.inbox if one["is"] == "ack"]
    assert (await client.report("ack"))["args"] == [300]
