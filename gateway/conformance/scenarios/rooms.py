"""Who hears whom: broadcasts and rooms, across eras and transports."""

from gateway.conformance.cases import Case, scenario
from gateway.conformance.clients.kinds import KINDS
from gateway.conformance.clients.peers import Peer

STRANGERS = (("old", "websocket"), ("0.9", "xhr-polling"), ("eio3", "websocket"), ("eio4", "websocket"))


async def neighbours(case: Case) -> list[Peer]:
    """One client of every era."""
    return [await case.client(kind=KINDS[key]) for key in STRANGERS]


async def hears(case: Case, peers: list[Peer], name: str, *args: object) -> None:
    """Everybody gets the event, once."""
    for peer in peers:
        assert await case.event(peer, name, *args) == list(args)
    for peer in peers:
        await case.settled(peer)
        assert peer.heard(name).count(list(args)) == 1


async def misses(case: Case, peers: list[Peer], name: str, *args: object) -> None:
    """Nobody gets it."""
    for peer in peers:
        await case.settled(peer)
        assert list(args) not in peer.heard(name), f"{peer.era} has heard {name}"


@scenario("5", "all reaches everybody of every era, the sender too")
async def everybody(case: Case) -> None:
    client, others = await case.client(), await neighbours(case)
    token = case.token()
    client.emit("all", token, {"é": [None, "😀"]})
    await hears(case, [client, *others], "all", token, {"é": [None, "😀"]})


@scenario("5", "everybody's all reaches this kind of client")
async def from_everybody(case: Case) -> None:
    client, others = await case.client(), await neighbours(case)
    for other in others:
        token = case.token()
        other.emit("all", token)
        await hears(case, [client], "all", token)


@scenario("5", "others reaches everybody but the sender")
async def but_the_sender(case: Case) -> None:
    client, other = await case.client(), await case.other()
    token = case.token()
    client.emit("others", token, 1)
    await hears(case, [other], "others", token, 1)
    await misses(case, [client], "others", token, 1)


@scenario("5", "join, leave and rooms")
async def joining(case: Case) -> None:
    client = await case.client()
    rooms = [case.token(), "b", "", "a", "__proto__", "é😀"]
    assert await case.ask(client, "rooms") == []
    for room in (*rooms, "b"):
        assert await case.ask(client, "join", room) == room
    assert await case.ask(client, "rooms") == sorted(rooms)
    for room in ("b", "never joined"):
        assert await case.ask(client, "leave", room) == room
    assert await case.ask(client, "rooms") == sorted(set(rooms) - {"b"})


@scenario("5", "to reaches the room but not the sender, who need not be in it")
async def to_room(case: Case) -> None:
    client, member, stranger = await case.client(), await case.other(), await case.other(era="0.9")
    room, token = case.token(), case.token()
    await case.ask(member, "join", room)
    client.emit("to", room, token)
    await hears(case, [member], "to", room, token)
    await case.ask(client, "join", room)
    client.emit("to", room, token, 2)
    await hears(case, [member], "to", room, token, 2)
    await misses(case, [client, stranger], "to", room, token)
    await misses(case, [client, stranger], "to", room, token, 2)


@scenario("5", "in reaches the room, the sender too when it is in it")
async def in_room(case: Case) -> None:
    client, member, stranger = await case.client(), await case.other(era="eio3"), await case.other()
    room, token = case.token(), case.token()
    await case.ask(member, "join", room)
    client.emit("in", room, token)
    await hears(case, [member], "in", room, token)
    await misses(case, [client], "in", room, token)
    await case.ask(client, "join", room)
    client.emit("in", room, token, 2)
    await hears(case, [member, client], "in", room, token, 2)
    await misses(case, [stranger], "in", room, token, 2)


@scenario("5", "except reaches everybody who is not in the room")
async def except_room(case: Case) -> None:
    client, member, stranger = await case.client(), await case.other(), await case.other(era="0.9")
    room, token = case.token(), case.token()
    await case.ask(member, "join", room)
    client.emit("except", room, token)
    await hears(case, [client, stranger], "except", room, token)
    await misses(case, [member], "except", room, token)
    await case.ask(client, "join", room)
    client.emit("except", room, token, 2)
    await hears(case, [stranger], "except", room, token, 2)
    await misses(case, [member, client], "except", room, token, 2)


@scenario("5", "a room that was left is heard no more")
async def left_room(case: Case) -> None:
    client, other = await case.client(), await case.other()
    room, token = case.token(), case.token()
    await case.ask(client, "join", room)
    await case.ask(client, "leave", room)
    other.emit("to", room, token)
    await case.settled(other)
    await misses(case, [client], "to", room, token)
