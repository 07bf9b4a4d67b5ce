"""
Hostile clients of 0.7 to 0.9: oversize payloads, frames without end and streams that nobody reads, on each transport.

Guessed ids, junk packets and ids of other eras are in test_cve_socketio.py, test_input.py and tests/conformance/test_garbage.py.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from tests.conformance.raw import Line, dial, fetch
from tests.conformance.service import Service, start_service
from tests.safety.wire import MB, close_code, frame, memory, pause

pytestmark = pytest.mark.usefixtures("unharmed")
await_it = pytest_twisted.ensureDeferred

LIMIT = 1_000_000
"""``max_payload`` of the conformance app."""
TOO_MUCH = b"x" * (LIMIT + 1)
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
KEYS = ("18x 6]8vM;54 *(5:  {   U1]8  z [  8", "1_ tx7X d  <  nw  334J702) 7]o}` 0")
OPENINGS: dict[str, list[str]] = {
    "13": ["Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}"],
    "8": ["Upgrade: websocket", "Sec-WebSocket-Version: 8", f"Sec-WebSocket-Key: {KEY}"],
    "7": ["Upgrade: websocket", "Sec-WebSocket-Version: 7", f"Sec-WebSocket-Key: {KEY}"],
    "hixie-75": ["Upgrade: WebSocket", "Origin: http://t"],
    "hixie-76": ["Upgrade: WebSocket", "Origin: http://t", f"Sec-WebSocket-Key1: {KEYS[0]}", f"Sec-WebSocket-Key2: {KEYS[1]}"],
}
HYBI = ("13", "8", "7")


async def session(url: str) -> str:
    """A fresh session id."""
    return (await fetch(url, "GET", "/socket.io/1/")).body.split(":")[0]


async def websocket(url: str, draft: str) -> Line:
    """A WebSocket of this draft that has been greeted."""
    line = await dial(url)
    target = f"/socket.io/1/websocket/{await session(url)}"
    head = [f"GET {target} HTTP/1.1", "Host: t", "Connection: Upgrade", *OPENINGS[draft], "", ""]
    line.write("\r\n".join(head).encode() + (b"Tm[K T2u" if draft == "hixie-76" else b""))
    await line.until(b"1::")
    return line


async def is_gone(line: Line, draft: str) -> None:
    """The server ends the connection: 1009, or FF 00 and then TCP in the drafts that know no code."""
    if draft in HYBI:
        assert await close_code(line) == 1009
    else:
        await line.end()


@pytest.mark.parametrize("draft", OPENINGS)
@await_it
async def test_an_oversize_message_ends_its_websocket(url: str, draft: str) -> None:
    line = await websocket(url, draft)
    line.write(frame(b"3:::" + TOO_MUCH) if draft in HYBI else b"\0" + b"3:::" + TOO_MUCH + b"\xff")
    await is_gone(line, draft)


@pytest.mark.parametrize("draft", OPENINGS)
@await_it
async def test_a_frame_without_end_is_cut_at_the_limit(service: Any, url: str, draft: str) -> None:
    line = await websocket(url, draft)
    before = memory(service.process.transport.pid)
    line.write(b"\x81\xff" + (2**62).to_bytes(8, "big") + bytes(4) if draft in HYBI else b"\0")
    for _ in range(20):
        line.write(TOO_MUCH)
        await pause(0)
    await is_gone(line, draft)
    assert memory(service.process.transport.pid) - before < 30 * MB


@pytest.mark.parametrize("draft", HYBI)
@await_it
async def test_fragments_without_end_are_cut_at_the_limit(url: str, draft: str) -> None:
    line = await websocket(url, draft)
    line.write(frame(b"3:::", first=0x01))
    for _ in range(12):
        line.write(frame(b"x" * 100_000, first=0x00))
    await is_gone(line, draft)


BODIES = {"xhr-polling": TOO_MUCH, "htmlfile": TOO_MUCH, "jsonp-polling": b"d=" + TOO_MUCH}


@pytest.mark.parametrize("transport", BODIES)
@await_it
async def test_an_oversize_body_is_413_and_the_session_lives_on(url: str, transport: str) -> None:
    target = f"/socket.io/1/{transport}/{await session(url)}"
    assert (await fetch(url, "POST", target, BODIES[transport])).status == 413
    assert (await fetch(url, "POST", target, b"2::" if transport != "jsonp-polling" else b"d=2::")).body == "1"
    if transport != "htmlfile":
        assert "1::" in (await fetch(url, "GET", target)).body


LARGE = '5:1+::{"name":"large","args":[900000]}'
"""Asks for an answer of 900 kB."""
TIMES = 40
"""More than twice ``max_buffer`` in all, and what the kernel takes."""


@pytest.fixture
def alone() -> Iterator[Service]:
    """A server whose log nobody else fills: of many complaints few are logged."""
    service = pytest_twisted.blockon(Deferred.fromCoroutine(start_service()))
    yield service
    pytest_twisted.blockon(Deferred.fromCoroutine(service.stop()))


@pytest.mark.parametrize("draft", ["13", "hixie-76"])
@await_it
async def test_a_websocket_that_is_not_read_is_closed(alone: Service, draft: str) -> None:
    line = await websocket(alone.url, draft)
    line.transport.pauseProducing()
    for _ in range(TIMES):
        line.write(frame(LARGE.encode()) if draft in HYBI else b"\0" + LARGE.encode() + b"\xff")
    await slow_client(alone)
    await drained(line)


@pytest.mark.parametrize("transport", ["htmlfile", "xhr-polling"])
@await_it
async def test_a_stream_that_is_not_read_is_closed(alone: Service, transport: str) -> None:
    """What waits for a poll that does not come is bounded by the same option."""
    url = alone.url
    target = f"/socket.io/1/{transport}/{await session(url)}"
    line = await dial(url)
    line.write(f"GET {target} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
    await line.until(b"1::")
    line.transport.pauseProducing()
    for _ in range(TIMES):
        assert (await fetch(url, "POST", target, LARGE.encode())).body == "1"
        if "slow client" in alone.log:
            break
    await slow_client(alone)
    if transport == "htmlfile":
        await drained(line)
    else:
        await line.hang_up()


async def slow_client(service: Service) -> None:
    """Wait until somebody was put out for not reading."""
    for _ in range(1000):
        if "slow client" in service.log:
            return
        await pause(0.01)
    raise AssertionError("nobody was put out")


async def drained(line: Line) -> None:
    """Read what still comes, and see the end."""
    line.dataReceived = lambda data: None  # type: ignore[method-assign]
    line.transport.resumeProducing()
    await line.end()
