"""
Thousands of clients that do nothing but live: heartbeats as their era has them, on one connection each.

    eio4 WebSocket     2 from us every 25 s, 3 from it          eio4 polling    the same, a poll held all the time
    eio3 WebSocket     2 from it every 25 s, 3 from us          0.9 polling     8:: from us every 20 s
    0.9 WebSocket      2:: from us every 25 s, and back         old WebSocket   ~h~1 from us every 10 s, and back

How late is what came later than it should have, as the client saw it: the delay of this process counts as well.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from signal import SIGCONT, SIGSTOP
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from benchmarks.inspected import end, inspect, start
from tests.conformance.raw import Line, dial, fetch, get
from tests.safety.wire import ENGINE4, SOCKETS, Modern, frame, opened, read_frames

reactor: Any = installed_reactor

Late = Callable[[float], None]

OPENINGS = 50
"""Clients that connect at a time."""


class Idler:
    """
    One client.

    :param late: takes how many seconds late each heartbeat came.
    """

    def __init__(self, line: Line, interval: float, late: Late) -> None:
        self.line = line
        self.interval = interval
        self._late = late
        self._expected: float | None = None
        self.lost = False
        line.closed.addCallback(lambda _: self.gone())
        line.dataReceived = self.received  # type: ignore[method-assign]
        waiting, line.data = line.data, b""
        if waiting:
            self.received(waiting)

    def gone(self) -> None:
        """The connection has ended."""
        self.lost = True

    def expect(self) -> None:
        """The next heartbeat is due one interval from now."""
        self._expected = reactor.seconds() + self.interval

    def beat(self) -> None:
        """A heartbeat came."""
        if self._expected is not None:
            self._late(max(0.0, reactor.seconds() - self._expected))
        self.expect()

    def received(self, data: bytes) -> None:
        """Bytes came."""
        frames, self.line.data = read_frames(self.line.data + data)
        for opcode, payload in frames:
            if opcode == 1:
                self.message(payload)

    def message(self, payload: bytes) -> None:
        """A message came; the answer to a heartbeat is in :data:`ANSWERS`."""
        for mark, answer in ANSWERS:
            if mark.fullmatch(payload):
                self.beat()
                self.line.write(frame(answer or payload))


ANSWERS = ((re.compile(b"2::"), b"2::"), (re.compile(b"2"), b"3"), (re.compile(b"~m~[0-9]+~m~~h~[0-9]+"), b""))
"""A heartbeat, and what it is answered with; b"": with itself."""


class Pinger(Idler):
    """A client of 1.x or 2.x: it asks."""

    def start(self) -> None:
        """Ping from now on."""
        self._expected = reactor.seconds()
        self.line.write(frame(b"2"))
        self._next = reactor.callLater(self.interval, self.start)

    def gone(self) -> None:
        super().gone()
        self._next.cancel()

    def message(self, payload: bytes) -> None:
        if payload == b"3" and self._expected is not None:
            self._late(reactor.seconds() - self._expected)


class Poller(Idler):
    """A client that polls: one request after the other on its connection."""

    target = ""

    def poll(self) -> None:
        """Ask."""
        self.line.write(get(self.target))

    def received(self, data: bytes) -> None:
        self.line.data += data
        head, mark, body = self.line.data.partition(b"\r\n\r\n")
        if not mark:
            return
        size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        if len(body) < size:
            return
        body, self.line.data = body[:size], body[size:]
        if body != b"ok":
            self.answered(body)

    def answered(self, body: bytes) -> None:
        """A poll was answered."""
        if body == b"2":
            self.beat()
            self.line.write(get(self.target, "Content-Length: 1").replace(b"GET", b"POST", 1) + b"3")
        elif body == b"8::":
            self.beat()
        self.poll()


async def engine4(url: str, late: Late, interval: float) -> Idler:
    """3.x and 4.x on a WebSocket."""
    client = await Modern.connect(url)
    idler = Idler(client.line, interval, late)
    idler.expect()
    return idler


async def engine3(url: str, late: Late, interval: float) -> Idler:
    """1.x and 2.x on a WebSocket."""
    pinger = Pinger(await opened(url, SOCKETS["eio3"]), interval, late)
    pinger.start()
    return pinger


async def nine(url: str, late: Late, interval: float) -> Idler:
    """0.7 to 0.9 on a WebSocket."""
    sid = (await fetch(url, "GET", "/socket.io/1/")).body.split(":")[0]
    return Idler(await opened(url, SOCKETS["0.9"] + sid), interval, late)


async def old(url: str, late: Late, interval: float) -> Idler:
    """0.3 to 0.6 on a WebSocket."""
    line = await opened(url, SOCKETS["old"])
    line.write(frame(b"~m~4~m~~h~0"))
    return Idler(line, min(interval, 10.0), late)


async def poller4(url: str, late: Late, interval: float) -> Idler:
    """3.x and 4.x that polls."""
    sid = json.loads((await fetch(url, "GET", ENGINE4)).body[1:])["sid"]
    idler = Poller(await dial(url), interval, late)
    idler.target = f"{ENGINE4}&sid={sid}"
    await fetch(url, "POST", idler.target, b"40")
    idler.expect()
    idler.poll()
    return idler


async def poller9(url: str, late: Late, interval: float) -> Idler:
    """0.7 to 0.9 that polls."""
    sid = (await fetch(url, "GET", "/socket.io/1/")).body.split(":")[0]
    idler = Poller(await dial(url), min(interval, 20.0), late)
    idler.target = f"/socket.io/1/xhr-polling/{sid}"
    idler.poll()
    return idler


MIX = (engine4, engine4, engine4, engine3, engine3, nine, old, poller4, poller9, engine4)


async def connected(url: str, clients: int, late: Late, interval: float = 25.0) -> list[tuple[str, Idler]]:
    """So many of them, each with the name of its kind."""
    idlers: list[tuple[str, Idler]] = []
    waiting = iter(range(clients))

    async def connect() -> None:
        for at in waiting:
            make = MIX[at % len(MIX)]
            idlers.append((make.__name__, await make(url, late, interval)))

    await gatherResults([Deferred.fromCoroutine(connect()) for _ in range(OPENINGS)], consumeErrors=True)
    return idlers


async def hang_up(idlers: list[tuple[str, Idler]]) -> Counter[str]:
    """Let all go; which kinds were lost before."""
    lost = Counter(kind for kind, idler in idlers if idler.lost)
    await gatherResults([Deferred.fromCoroutine(idler.line.hang_up()) for _, idler in idlers if not idler.lost])
    return lost


async def idle(clients: int = 10_000, seconds: float = 120.0, settling: float = 0.0) -> dict[str, float]:
    """
    Let them live for a while, with a newcomer every second; how late heartbeats were, and how long newcomers took.

    :param settling: seconds before anything is measured.
    """
    service = await start()
    late: list[float] = []
    try:
        idlers = await connected(service.url, clients, late.append)
        await deferLater(reactor, settling)
        late.clear()
        before = await inspect(service.url)
        served = [await _newcomer(service.url) for _ in range(int(seconds))]
        after = await inspect(service.url)
        lost = await hang_up(idlers)
    finally:
        await end(service)
    late.sort()
    served.sort()
    return {
        "clients": len(idlers),
        "lost": lost.total(),
        **{f"lost, {kind}": number for kind, number in lost.items()},
        "heartbeats": len(late),
        "late, s (p50)": _share(late, 0.5),
        "late, s (p99.9)": _share(late, 0.999),
        "late, s (worst)": _share(late, 1.0),
        "newcomers": len(served),
        "newcomer, ms (p50)": round(1000 * _share(served, 0.5)),
        "newcomer, ms (worst)": round(1000 * _share(served, 1.0)),
        "server, MiB": round(after["memory"] / 2**20, 1),
        "server, processor %": round(100 * (after["processor"] - before["processor"]) / seconds, 1),
    }


async def stall(clients: int = 10_000, seconds: float = 20.0, interval: float = 10.0, patience: float = 5.0) -> dict[str, float]:
    """
    Stop the server for longer than a heartbeat may take, while its clients go on; none of them may be lost for that.

    :param interval: seconds between heartbeats, ``patience`` for their answer.
    """
    service = await start(interval, patience)
    process: Any = service.process
    try:
        idlers = await connected(service.url, clients, lambda seconds: None, interval)
        await deferLater(reactor, interval)
        process.transport.signalProcess(SIGSTOP)
        await deferLater(reactor, seconds)
        process.transport.signalProcess(SIGCONT)
        await deferLater(reactor, interval + patience)
        served = await _newcomer(service.url)
        lost = await hang_up(idlers)
    finally:
        await end(service)
    return {"clients": len(idlers), "lost": lost.total(), **lost, "newcomer, ms (worst)": round(1000 * served)}


async def _newcomer(url: str) -> float:
    """Seconds until a new client has had its echo."""
    began = reactor.seconds()
    client = await Modern.connect(url)
    assert await client.echo("hello") == "hello"
    took: float = reactor.seconds() - began
    await client.line.hang_up()
    await deferLater(reactor, max(0.0, 1.0 - took))
    return took


def _share(values: list[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * share))], 4) if values else 0.0
