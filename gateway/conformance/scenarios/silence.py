"""Those who go on waiting: heartbeats without answer, upgrades without end, requests that never become whole."""

import zlib

from gateway.conformance.cases import LIMIT, MODERN, Case, SkippedError, of_server, scenario
from gateway.conformance.clients.drafts import BINARY, COMPRESSED, Rfc6455, frame
from gateway.conformance.clients.kinds import KINDS
from gateway.conformance.clients.sockets import RawSocket
from gateway.conformance.scenarios.requests import TARGET, head

REQUEST_TIME = 60.0
"""Seconds that a request may take (contract, section 8)."""
WS_LIMIT = 64 << 20
"""Bytes of a message to ``/ws`` (contract, section 2)."""


async def _cut_off(case: Case, socket: RawSocket, seconds: float) -> None:
    await case.soon(socket.ended(), "the end of the connection", seconds + LIMIT)


@scenario("2", "a client that answers no heartbeat is dropped", ("old",), only=lambda kind: kind.transport == "websocket")
async def silent_old(case: Case) -> None:
    wait = min(case.server.interval, 10) + case.server.timeout
    case.patient(wait, "a heartbeat and its timeout")
    socket = RawSocket(case.new_link(), "/socket.io/websocket", Rfc6455())
    await case.soon(socket.opening, "the opening")
    socket.send("~m~5~m~hello")  # a client of 0.3 or 0.4, which answers no heartbeat ever, would speak otherwise
    await _cut_off(case, socket, wait)
    assert any("~h~" in str(message) for message in socket.received)


@scenario("2", "a client that answers no heartbeat is dropped", ("0.9",), only=lambda kind: kind.transport == "websocket")
async def silent_09(case: Case) -> None:
    wait = 2 * case.server.interval + case.server.timeout
    case.patient(wait, "a heartbeat and its timeout")
    greeting = await case.fetch("GET", "/socket.io/1/?t=1")
    sid = greeting.text.partition(":")[0]
    socket = RawSocket(case.new_link(), f"/socket.io/1/websocket/{sid}", Rfc6455())
    await case.soon(socket.opening, "the opening")
    await _cut_off(case, socket, wait)
    assert "2::" in socket.received


@scenario(
    "8",
    "an upgrade that never finishes is cut off, and the session goes on",
    MODERN,
    only=lambda kind: kind.transport == "upgrade",
)
async def endless_upgrade(case: Case) -> None:
    client = await case.client(kind=KINDS[case.kind.era, "polling"])
    number = 3 if case.kind.era == "eio3" else 4
    socket = RawSocket(case.new_link(), f"/socket.io/?EIO={number}&transport=websocket&sid={client.sid}", Rfc6455())
    await case.soon(socket.opening, "the opening")
    socket.send("2probe")
    assert await case.soon(socket.messages(1), "the answer to the probe") == ["3probe"]
    try:
        await case.soon(socket.ended(), "the end of the upgrade", case.server.patience)
    except AssertionError:
        raise SkippedError(f"an upgrade may take longer than {case.server.patience:g} s here (--patience)") from None
    await case.settled(client)


@of_server("8", "a head or body that is not complete after 60 s is cut off, however it dribbles")
async def never_whole(case: Case) -> None:
    case.patient(REQUEST_TIME, "a request")
    lines = [case.raw(b"GET /sock"), case.raw(head(case, "POST", TARGET, "Content-Length: 1000") + b"begin")]
    for _ in range(int(REQUEST_TIME / 5) + 1):
        await case.pause(5)
        for line in lines:
            if not line.lost:
                line.write(b"x")
    for line in lines:
        await case.soon(line.ended, "the end of the connection")


@of_server("8", "the limit holds for the inflated size")
async def inflated(case: Case) -> None:
    socket = RawSocket(case.new_link(), "/ws", Rfc6455(deflate=True))
    await case.soon(socket.opening, "the opening")
    if not socket.draft.deflated:
        raise SkippedError("permessage-deflate was not agreed on")
    squeezer = zlib.compressobj(wbits=-15)
    megabyte = b"\0" * (1 << 20)
    parts = [squeezer.compress(megabyte) for _ in range((WS_LIMIT >> 20) + 1)]
    socket.write(frame(BINARY, b"".join([*parts, squeezer.flush(zlib.Z_SYNC_FLUSH)[:-4]]), reserved=COMPRESSED))
    await _cut_off(case, socket, LIMIT)
    assert socket.code == 1009, socket.code
