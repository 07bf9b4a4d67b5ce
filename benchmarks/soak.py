"""
Many clients of mixed eras come, talk, upgrade and go, for minutes; then nothing may be left of them.

    python -m benchmarks.soak 1         one minute; prints the figures, status 1 when one is not 0

Each client counts up to the server and lets the server count down to it. A number that does not come is missing, one that
comes twice is doubled, one in the wrong place is reordered.
"""

import json
import random
import sys
from collections import Counter
from itertools import pairwise
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from benchmarks.inspected import end, inspect, run, start
from tests.conformance.raw import Line, fetch
from tests.safety.wire import ENGINE4, SOCKETS, frame, message, opened

reactor: Any = installed_reactor

WORKERS = 40
NUMBERS = 50
"""Messages each way in the life of a client."""

SETTLING = 3.0
"""Seconds after the last client before anything is counted as left over."""


# The clients


class Speaker:
    """One client; ``era`` decides how it says things."""

    def __init__(self, era: str, line: Line) -> None:
        self.era = era
        self.line = line

    def emit(self, name: str, *args: Any, id: int | None = None) -> bytes:
        """The frame of an event."""
        number = "" if id is None else str(id)
        if self.era == "old":
            event = {"event": name, "args": args} | ({} if id is None else {"id": id})
            text = "~j~" + json.dumps(event)
            return frame(f"~m~{len(text)}~m~{text}".encode())
        if self.era == "0.9":
            return frame(f"5:{number}{'+' if number else ''}::{json.dumps({'name': name, 'args': args})}".encode())
        return frame(f"42{number}{json.dumps([name, *args])}".encode())

    async def heard(self) -> tuple[str, list[Any]]:
        """Name and arguments of the next event; acknowledgements are called ``ack``."""
        while True:
            text = str(await message(self.line))
            found = getattr(self, f"_read_{self.era.replace('.', '')}", self._read_engine)(text)
            if found is not None:
                return found

    def _read_old(self, text: str) -> tuple[str, list[Any]] | None:
        body = text.split("~m~", 2)[-1]
        if body.startswith("~h~"):
            self.line.write(frame(text.encode()))
        if not body.startswith("~j~"):
            return None
        value = json.loads(body[3:])
        return ("ack" if "ack" in value else value["event"]), value.get("args", [])

    def _read_09(self, text: str) -> tuple[str, list[Any]] | None:
        if text.startswith("2::"):
            self.line.write(frame(b"2::"))
        if text.startswith("6:::"):
            return "ack", json.loads(text.partition("+")[2] or "[]")
        value = json.loads(text.split(":", 3)[3]) if text.startswith("5") else None
        return None if value is None else (value["name"], value.get("args", []))

    def _read_engine(self, text: str) -> tuple[str, list[Any]] | None:
        if text == "2":
            self.line.write(frame(b"3"))
        if text[:2] not in ("42", "43"):
            return None
        value = json.loads(text[text.index("[") :])
        return ("ack", value) if text[1] == "3" else (value[0], value[1:])


async def websocket(url: str, era: str) -> Speaker:
    """A client that begins on a WebSocket."""
    sid = (await fetch(url, "GET", "/socket.io/1/")).body.split(":")[0] if era == "0.9" else ""
    line = await opened(url, SOCKETS[era] + sid)
    first = str(await message(line))
    if era == "eio4":
        line.write(frame(b"40"))
    if era == "old":
        body = "~h~0"
        line.write(frame(f"~m~{len(body)}~m~{body}".encode()))
    assert first
    return Speaker(era, line)


async def upgraded(url: str) -> Speaker:
    """A 4.x client that begins on polling and changes over."""
    target = ENGINE4 + "&sid=" + json.loads((await fetch(url, "GET", ENGINE4)).body[1:])["sid"]
    await fetch(url, "POST", target, b"40")
    await fetch(url, "GET", target)
    line = await opened(url, target.replace("polling", "websocket"))
    line.write(frame(b"2probe"))
    assert await message(line) == "3probe"
    await fetch(url, "GET", target)
    line.write(frame(b"5"))
    return Speaker("eio4", line)


def judge(found: Counter[str], numbers: list[int]) -> None:
    """Count what is wrong with a row that should be 0, 1, 2, ..."""
    seen = Counter(numbers)
    found["messages"] += len(numbers)
    found["missing"] += NUMBERS - len(seen)
    found["doubled"] += sum(number - 1 for number in seen.values())
    found["reordered"] += sum(a > b for a, b in pairwise(numbers))


async def live(url: str, found: Counter[str]) -> None:
    """The life of one client."""
    kind = random.choice(("old", "0.9", "eio3", "eio4", "upgrade"))
    speaker = await (upgraded(url) if kind == "upgrade" else websocket(url, kind))
    found[kind] += 1
    speaker.line.write(speaker.emit("join", f"room {random.randrange(10)}"))
    speaker.line.write(b"".join(speaker.emit("count", number) for number in range(NUMBERS)) + speaker.emit("counted", id=1))
    speaker.line.write(speaker.emit("burst", NUMBERS))
    numbers: list[int] = []
    while True:
        name, args = await speaker.heard()
        if name == "ack":
            found["messages"] += args[0]["received"]
            found["missing"] += NUMBERS - args[0]["received"]
            found["reordered"] += not args[0]["ordered"]
        elif name == "burst":
            numbers.append(args[0])
        elif name == "burst-end":
            break
    judge(found, numbers)
    if random.random() < 0.5:
        speaker.line.write(frame(b"\x03\xe8", 0x88))
        await speaker.line.closed
    else:
        await speaker.line.hang_up()


async def work(url: str, found: Counter[str], until: float) -> None:
    """One client after the other."""
    while reactor.seconds() < until:
        await live(url, found)


async def soak(seconds: float) -> Counter[str]:
    """Run it; what was found, in which all but the traffic should be 0."""
    service = await start()
    found: Counter[str] = Counter()
    try:
        await gatherResults([_working(service.url, found, reactor.seconds() + min(2.0, seconds / 3)) for _ in range(WORKERS)])
        await deferLater(reactor, SETTLING)
        before = await inspect(service.url)
        await gatherResults([_working(service.url, found, reactor.seconds() + seconds) for _ in range(WORKERS)])
        await deferLater(reactor, SETTLING)
        after = await inspect(service.url)
    finally:
        await end(service)
    for name in ("sessions", "rooms"):
        found[f"leaked {name}"] = after[name]
    for name in ("timers", "descriptors"):
        found[f"leaked {name}"] = max(0, after[name] - before[name])
    found["memory before, KiB"], found["memory after, KiB"] = before["memory"] >> 10, after["memory"] >> 10
    found["tracebacks"] = service.log.count("Traceback")
    return found


def _working(url: str, found: Counter[str], until: float) -> "Deferred[None]":
    return Deferred.fromCoroutine(work(url, found, until))


def faults(found: Counter[str]) -> list[str]:
    """The names of what should be 0 and is not."""
    zero = ("missing", "doubled", "reordered", "tracebacks")
    return [name for name, number in found.items() if number and (name in zero or name.startswith("leaked"))]


def main() -> None:
    """See above."""
    found = run(soak(60 * float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
    for name, number in found.items():
        print(f"{number:>10}  {name}")
    sys.exit(1 if faults(found) else 0)


if __name__ == "__main__":
    main()
