"""Addresses: who answers where, what a handshake says, what is refused."""

import re

from gateway.conformance.cases import MODERN, Case, of_server, scenario
from gateway.conformance.clients.drafts import BINARY, PING, PONG, TEXT, Rfc6455, deflate, frame
from gateway.conformance.clients.kinds import POLL, Kind
from gateway.conformance.clients.link import Unit
from gateway.conformance.clients.sockets import RawSocket
from gateway.conformance.clients.texts import parse

SID = re.compile(r"[A-Za-z0-9_-]{20,}")


@scenario("2", "the open packet has the agreed fields", MODERN)
async def handshake(case: Case) -> None:
    client = await case.client()
    opened = client.layer.handshake  # type: ignore[attr-defined]
    assert opened.keys() >= {"sid", "upgrades", "pingInterval", "pingTimeout"}
    if case.kind.era == "eio4":
        assert opened.keys() == {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}
    assert opened["upgrades"] == ([] if client.layer.speech.way == "websocket" else ["websocket"])  # type: ignore[attr-defined]
    assert (opened["pingInterval"], opened["pingTimeout"]) == (case.server.interval * 1000, case.server.timeout * 1000)


@scenario("8", "session ids have 20 characters or more of the safe alphabet, and never repeat")
async def ids(case: Case) -> None:
    clients = [await case.client() for _ in range(3)]
    assert all(SID.fullmatch(client.sid) for client in clients), [client.sid for client in clients]
    assert len({client.sid for client in clients}) == 3


@scenario("2", "/engine.io echoes text and binary", MODERN)
async def bare_echo(case: Case) -> None:
    peer = case.bare()
    await case.soon(peer.ready, "the open packet")
    sent: list[Unit] = ["hello", "", "é€😀\u2028", b"\0\1\xff", b"", "x" * 70000, b"y" * 70000]
    for message in sent:
        peer.layer.send([message])
    await case.soon(peer.until(len(sent)), "the echoes")
    assert peer.messages == sent


@scenario("2", "/engine.io echoes in order across the upgrade", MODERN, only=lambda kind: kind.transport == "upgrade")
async def bare_upgrade(case: Case) -> None:
    peer = case.bare()
    await case.soon(peer.ready, "the open packet")
    for number in range(40):
        peer.layer.send([f"message {number}"])
        await case.pause(0.002)
    await case.soon(peer.until(40), "the echoes")
    assert peer.messages == [f"message {number}" for number in range(40)]
    await case.soon(peer.layer.upgraded, "the upgrade")


def _http(kind: Kind) -> bool:
    return kind.way == POLL


@scenario("2", "what Engine.IO does not know is 400", MODERN, only=lambda kind: kind.transport == "polling")
async def refusals(case: Case) -> None:
    number = 3 if case.kind.era == "eio3" else 4
    for path in ("/socket.io/", "/engine.io/"):
        known = f"{path}?EIO={number}&transport=polling"
        for method, target in (
            ("GET", f"{path}?transport=polling"),
            ("GET", f"{path}?EIO=5&transport=polling"),
            ("GET", f"{path}?EIO=1&transport=polling"),
            ("GET", f"{path}?EIO={number}&transport=carrier-pigeon"),
            ("GET", f"{known}&sid=nobody"),
            ("POST", f"{known}&sid=nobody"),
            ("POST", known),
            ("PUT", known),
            ("DELETE", f"{known}&sid=nobody"),
        ):
            answer = await case.fetch(method, target)
            assert answer.status == 400, f"{method} {target} is answered with {answer.status}"
            assert b"Traceback" not in answer.body


@scenario("2", "an unknown session id of 0.9 hears so", ("0.9",), only=_http)
async def unknown09(case: Case) -> None:
    jsonp = case.kind.name == "jsonp-polling"
    target = f"/socket.io/1/{case.kind.name}/nobody?t=1&i=0"
    answer = await case.fetch("GET", target)
    assert (answer.status, answer.body) == (200, b'io.j[0]("7:::1+0");' if jsonp else b"7:::1+0")
    answer = await case.fetch("POST", target, b"5:::{}")
    assert (answer.status, answer.body) == (200, b"1")


@scenario("2", "an unknown session id of era old closes the connection", ("old",), only=_http)
async def unknown_old(case: Case) -> None:
    for method, rest in (("GET", "1303000000001/0"), ("POST", "send/0")):
        await case.unanswered(method, f"/socket.io/{case.kind.name}/nobody/{rest}", b"data=x" if method == "POST" else b"")


@of_server("2", "anything else is 404 and short")
async def elsewhere(case: Case) -> None:
    for target in (
        "/",
        "/nothing",
        "/socket.iox/?EIO=4&transport=polling",
        "/ws/x",
        "/engine.iox",
        "/../etc/passwd",
        "/%2e%2e/etc/passwd",
    ):
        answer = await case.fetch("GET", target)
        assert answer.status in (400, 404), f"{target} is answered with {answer.status}"
        assert len(answer.body) < 1000


async def plain(case: Case, deflated: bool = False) -> RawSocket:
    """An open WebSocket on /ws."""
    socket = RawSocket(case.new_link(), "/ws", Rfc6455(deflate=deflated))
    await case.soon(socket.opening, "the opening of /ws")
    return socket


@of_server("2", "/ws echoes text, binary and fragments")
async def ws_echo(case: Case) -> None:
    socket = await plain(case)
    socket.send("é😀", b"\0\xff", "", "x" * 200_000)
    socket.write(frame(TEXT, "é€".encode()[:4], final=False), frame(PING, b"between"), frame(0, "é€".encode()[4:]))
    assert await case.soon(socket.messages(5), "the echoes") == ["é😀", b"\0\xff", "", "x" * 200_000, "é€"]
    assert (PONG, b"between") in socket.controls


@of_server("2", "/ws agrees to permessage-deflate")
async def ws_deflate(case: Case) -> None:
    socket = await plain(case, deflated=True)
    assert socket.draft.deflated, "permessage-deflate was not agreed to"
    text = "a text that repeats itself " * 2000
    socket.send(text, b"\0" * 50_000)
    assert await case.soon(socket.messages(2), "the echoes") == [text, b"\0" * 50_000]


@of_server("2", "/ws takes messages of some megabytes")
async def ws_large(case: Case) -> None:
    socket = await plain(case)
    data = bytes(range(256)) * 4096 * 5
    pieces = [data[start : start + (1 << 20)] for start in range(0, len(data), 1 << 20)]
    socket.write(frame(BINARY, pieces[0], final=False), *(frame(0, piece, final=False) for piece in pieces[1:]), frame(0, b""))
    assert await case.soon(socket.messages(1), "the echo") == [data]


@of_server("2", "/ws inflates what was compressed in fragments")
async def ws_deflated_fragments(case: Case) -> None:
    socket = await plain(case, deflated=True)
    squeezed = deflate(b"hello " * 1000)
    socket.write(frame(TEXT, squeezed[:5], final=False, reserved=0x40), frame(0, squeezed[5:]))
    assert await case.soon(socket.messages(1), "the echo") == ["hello " * 1000]


@of_server("2", "the handshake of Engine.IO tells the limits")
async def limits(case: Case) -> None:
    answer = await case.fetch("GET", "/engine.io/?EIO=4&transport=polling")
    opened = parse(answer.text[1:])
    assert opened["maxPayload"] == case.server.max_payload
