"""Namespaces: joined, kept apart, guarded by a door, refused."""

from typing import Any

import pytest
import pytest_twisted

from tests.conformance.peers import BUILDS, NAMED, Client, Peers

every_client = pytest.mark.parametrize("build, transport", NAMED)

EXPIRED = {
    "eio4": {"message": "expired", "data": {"code": 419}},
    "eio3": {"data": {"code": 419}},
    "0.9": {"message": "unauthorized"},
}
NOT_AUTHORIZED = {
    "eio4": {"message": "not authorized", "data": None},
    "eio3": {"data": "not authorized"},
    "0.9": {"message": "unauthorized"},
}
INVALID = {"eio4": {"message": "Invalid namespace", "data": None}, "eio3": {"data": "Invalid namespace"}}


def ways(era: str, token: str) -> list[dict[str, Any]]:
    """How a client of this era can show its token."""
    by_handshake = {"query": {"token": token}}
    by_namespace = {"namespaceQuery": f"token={token}"}
    return {
        "eio4": [by_handshake, {"auth": {"token": token}}],
        "eio3": [by_handshake, by_namespace],
        "0.9": [by_handshake],
    }[era]


async def refusal(client: Client) -> dict[str, Any]:
    """What the client was told."""
    report = await client.report("refused")
    return {key: value for key, value in report.items() if key not in ("client", "is")}


@every_client
@pytest.mark.parametrize("namespace", ["/chat", "/custom"])
@pytest_twisted.ensureDeferred
async def test_a_namespace_works_like_the_default_one(peers: Peers, build: str, transport: str, namespace: str) -> None:
    client = await peers.connect(build, transport, namespace)
    assert await client.event("auth") == [{}]
    assert (await client.ask("whoami"))["namespace"] == namespace
    assert await client.call("echo", "é", [1]) == ["é", [1]]
    client.emit("ask", "?")
    question = await client.question()
    client.tell("reply", ack=question["ack"], args=["!"])
    assert await client.event("answer") == ["!"]


@every_client
@pytest_twisted.ensureDeferred
async def test_nothing_leaks_from_one_namespace_into_another(peers: Peers, room: str, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    chat = peers.also(client, "/chat")
    await chat.report("connected")
    for one in (client, chat):
        assert await one.ask("join", room) == room
    for name, args in (("all", ["é"]), ("in", [room, "é"])):
        chat.emit(name, *args)
        assert await chat.event(name) == args
        await client.settled()
        assert client.heard_so_far(name) == []


@every_client
@pytest_twisted.ensureDeferred
async def test_a_broadcast_in_a_namespace_reaches_all_eras(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport, "/chat")
    others = [await peers.connect(*one, "/chat") for one in (("4.8", "polling"), ("1.7", "websocket"), ("0.9", "websocket"))]
    client.emit("others", "é😀")
    for other in others:
        assert await other.event("others") == ["é😀"]


@every_client
@pytest_twisted.ensureDeferred
async def test_a_namespace_can_be_left_and_joined_again(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    chat = peers.also(client, "/chat")
    await chat.report("connected")
    chat.tell("disconnect")
    await chat.report("disconnected")
    await client.settled()
    fresh = await peers.connect(build, transport, "/chat")
    await fresh.settled()


@every_client
@pytest.mark.parametrize("way", [0, 1])
@pytest_twisted.ensureDeferred
async def test_the_door_opens_to_the_right_token(peers: Peers, build: str, transport: str, way: int) -> None:
    era = BUILDS[build].era
    how = ways(era, "secret")[way % len(ways(era, "secret"))]
    client = await peers.connect(build, transport, "/auth", **how)
    assert await client.event("auth") == [how.get("auth", {})]
    assert (await client.ask("whoami"))["namespace"] == "/auth"


@every_client
@pytest.mark.parametrize("token, told", [("expired", EXPIRED), ("wrong", NOT_AUTHORIZED), (None, NOT_AUTHORIZED)])
@pytest_twisted.ensureDeferred
async def test_a_refusal_looks_as_the_era_has_it(
    peers: Peers, build: str, transport: str, token: str | None, told: dict[str, Any]
) -> None:
    root = await peers.connect(build, transport, **({} if token is None else {"query": {"token": token}}))
    client = peers.also(root, "/auth")
    assert await refusal(client) == told[root.era]
    await root.settled()
    chat = peers.also(root, "/chat")
    await chat.report("connected")
    await chat.settled()


@every_client
@pytest_twisted.ensureDeferred
async def test_an_unknown_namespace_is_refused_or_silent(peers: Peers, build: str, transport: str) -> None:
    root = await peers.connect(build, transport)
    client = peers.also(root, "/no such")
    if root.era in INVALID:
        assert await refusal(client) == INVALID[root.era]
    await root.settled()
    assert client.inbox == []
