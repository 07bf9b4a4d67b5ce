"""Who hears whom: a client of each kind beside one of 4.8 and one of 0.9."""

import pytest
import pytest_twisted

from tests.conformance.peers import ALL, Client, Peers

TEXT = "é😀\u2028"

every_client = pytest.mark.parametrize("build, transport", ALL)


async def three(peers: Peers, build: str, transport: str) -> tuple[Client, Client, Client]:
    """The client in question and two neighbours."""
    client = await peers.connect(build, transport)
    return client, await peers.connect("4.8", "websocket"), await peers.connect("0.9", "xhr-polling")


async def heard(name: str, *clients: Client) -> list[list[object]]:
    """What each of them has got of this event by now."""
    for client in clients:
        await client.settled()
    return [client.heard_so_far(name) for client in clients]


@every_client
@pytest_twisted.ensureDeferred
async def test_to_reaches_the_room_but_not_the_sender(peers: Peers, room: str, build: str, transport: str) -> None:
    client, member, stranger = await three(peers, build, transport)
    assert await client.ask("join", room) == await member.ask("join", room) == room
    client.emit("to", room, TEXT)
    assert await heard("to", client, member, stranger) == [[], [[room, TEXT]], []]
    stranger.emit("to", room, TEXT)
    assert await heard("to", stranger, client, member) == [[], [[room, TEXT]], [[room, TEXT]]]


@every_client
@pytest_twisted.ensureDeferred
async def test_in_reaches_the_room_and_the_sender_if_inside(peers: Peers, room: str, build: str, transport: str) -> None:
    client, member, stranger = await three(peers, build, transport)
    assert await client.ask("join", room) == await member.ask("join", room) == room
    client.emit("in", room, TEXT)
    assert await heard("in", client, member, stranger) == [[[room, TEXT]], [[room, TEXT]], []]
    assert await client.ask("leave", room) == room
    client.emit("in", room, TEXT)
    assert await heard("in", client, member, stranger) == [[], [[room, TEXT]], []]


@every_client
@pytest_twisted.ensureDeferred
async def test_except_reaches_all_outside_the_room(peers: Peers, room: str, build: str, transport: str) -> None:
    client, member, stranger = await three(peers, build, transport)
    assert await member.ask("join", room) == room
    client.emit("except", room, TEXT)
    assert await heard("except", client, member, stranger) == [[[room, TEXT]], [], [[room, TEXT]]]


@every_client
@pytest_twisted.ensureDeferred
async def test_all_and_others_reach_the_namespace(peers: Peers, build: str, transport: str) -> None:
    client, *neighbours = await three(peers, build, transport)
    client.emit("all", TEXT, 1)
    assert await heard("all", client, *neighbours) == [[[TEXT, 1]]] * 3
    client.emit("others", TEXT, 2)
    assert await heard("others", client, *neighbours) == [[], [[TEXT, 2]], [[TEXT, 2]]]
    neighbours[1].emit("others", TEXT, 3)
    assert await heard("others", neighbours[1], client) == [[], [[TEXT, 3]]]


@every_client
@pytest_twisted.ensureDeferred
async def test_rooms_are_listed_without_the_one_of_the_client_itself(peers: Peers, room: str, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    assert await client.ask("rooms") == []
    for name in (f"{room} b", f"{room} é", f"{room} a"):
        await client.ask("join", name)
    assert await client.ask("rooms") == sorted([f"{room} a", f"{room} b", f"{room} é"])
    await client.ask("leave", f"{room} b")
    assert await client.ask("rooms") == [f"{room} a", f"{room} é"]
