"""Coming, going and failing: who a client is, how it ends, and what its neighbours notice."""

import pytest
import pytest_twisted

from tests.conformance.peers import ALL, BUILDS, NAMED, Client, Peers

every_client = pytest.mark.parametrize("build, transport", ALL)
on_websockets = pytest.mark.parametrize("build, transport", [one for one in ALL if one[1] in ("websocket", "hixie-76")])

NAMES = {"upgrade": "websocket", "hixie-76": "websocket"}
"""Transport in the tests -> the protocol's name for it, where they differ."""

BY_CLIENT = {"old": None, "0.9": "booted"}
BY_SERVER = {"old": None, "0.9": "booted"}
"""Reasons the client gives to its page; those of 1.x and later have better words."""

SILENCE = 500
"""Milliseconds without a word after which a 0.6 client gives up, 15,000 by default: it does not see that a stream ends."""

LEAVING = [one for one in ALL if one[1] != "jsonp-polling"]
"""A JSONP client that disconnects leaves its last script where it is: the session lives until that poll is over."""

TWICE_THE_CLOSE_TIMEOUT = 16.0
"""Seconds. A 0.6 client tells nobody that it stops polling: its session ends by the close timeout of 8 s."""


async def watching(peers: Peers, client: Client) -> tuple[Client, str]:
    """A neighbour that watches, and the id by which it would know ``client``."""
    watcher = await peers.connect("4.8", "websocket")
    assert await watcher.ask("watch") is True
    return watcher, (await client.ask("whoami"))["id"]


async def left(watcher: Client, known_as: str) -> None:
    """Return when the watcher is told that ``known_as`` has left, once."""
    while await watcher.event("left", seconds=TWICE_THE_CLOSE_TIMEOUT) != [known_as]:
        pass
    await watcher.settled()
    assert [known_as] not in watcher.heard_so_far("left")


@every_client
@pytest_twisted.ensureDeferred
async def test_the_server_knows_era_and_transport(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    await client.upgraded()
    about = await client.ask("whoami")
    assert about.pop("id") == client.greeting["id"]
    assert about == {"transport": NAMES.get(transport, transport), "era": BUILDS[build].era, "namespace": "/"}


@every_client
@pytest_twisted.ensureDeferred
async def test_two_clients_have_different_ids(peers: Peers, build: str, transport: str) -> None:
    ids = {(await (await peers.connect(build, transport)).ask("whoami"))["id"] for _ in range(3)}
    assert len(ids) == 3
    assert min(map(len, ids)) >= 20


@pytest.mark.parametrize("build, transport", LEAVING)
@pytest_twisted.ensureDeferred
async def test_a_client_that_disconnects_is_seen_to_leave(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    watcher, known_as = await watching(peers, client)
    client.tell("disconnect")
    assert (await client.report("disconnected"))["reason"] == BY_CLIENT.get(client.era, "io client disconnect")
    await left(watcher, known_as)


@on_websockets
@pytest_twisted.ensureDeferred
async def test_a_client_whose_connection_is_cut_is_seen_to_leave(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    watcher, known_as = await watching(peers, client)
    client.tell("cut")
    await left(watcher, known_as)


@every_client
@pytest.mark.parametrize("how", ["kick", "kick-all"])
@pytest_twisted.ensureDeferred
async def test_the_server_disconnects_a_client(peers: Peers, build: str, transport: str, how: str) -> None:
    client = await peers.connect(build, transport, silence=SILENCE)
    watcher, known_as = await watching(peers, client)
    client.emit(how)
    assert (await client.report("disconnected"))["reason"] == BY_SERVER.get(client.era, "io server disconnect")
    await left(watcher, known_as)
    await watcher.settled()


@pytest.mark.parametrize("build, transport", NAMED)
@pytest_twisted.ensureDeferred
async def test_a_kick_from_one_namespace_leaves_the_others(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    chat = peers.also(client, "/chat")
    await chat.report("connected")
    chat.emit("kick")
    await chat.report("disconnected")
    await client.settled()
    assert not [one for one in client.inbox if one["is"] == "disconnected"]


@pytest.mark.parametrize("build, transport", NAMED)
@pytest_twisted.ensureDeferred
async def test_kick_all_ends_every_namespace(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    chat = peers.also(client, "/chat")
    await chat.report("connected")
    chat.emit("kick-all")
    await chat.report("disconnected")
    await client.report("disconnected")


@every_client
@pytest_twisted.ensureDeferred
async def test_a_failing_handler_harms_nobody(peers: Peers, build: str, transport: str) -> None:
    client, neighbour = await peers.connect(build, transport), await peers.connect("2.5", "polling")
    client.tell("emit", name="boom", args=["é"], ack=1_000_000)
    await client.settled()
    await neighbour.settled()
    assert not [one for one in client.inbox if one["is"] == "ack"]


@every_client
@pytest_twisted.ensureDeferred
async def test_an_event_refused_by_middleware_is_told(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    client.emit("forbidden", "é")
    assert await client.event("event-error") == ["forbidden", "not allowed"]
    await client.settled()


@every_client
@pytest_twisted.ensureDeferred
async def test_a_volatile_event_comes_at_most_once_and_to_an_idle_client(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    await client.upgraded()
    for attempt in range(100):  # a polling client may be just between two polls
        client.emit("volatile", attempt, "é")
        await client.settled()
        if came := client.heard_so_far("volatile"):
            break
    assert came == [[attempt, "é"]]
    assert attempt == 0 or NAMES.get(transport, transport) != "websocket"
