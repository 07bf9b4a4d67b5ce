"""
What takes long to show: order over a million messages on each transport, memory after 100,000 clients, 10,000 that idle,
or wait for a server that was stopped.

    python -m benchmarks.endurance order [--lives 1000] [--numbers 500] [--only xhr]
    python -m benchmarks.endurance churn [--clients 100000]
    python -m benchmarks.endurance idle [--clients 10000] [--seconds 120]
    python -m benchmarks.endurance stall [--clients 10000] [--seconds 20]
    python -m benchmarks.endurance slow

Each prints its figures and ends with status 1 when one is not as ``docs/security.md`` promises. Clients are those of the
conformance tool, of every era on every transport; ``idle`` has lighter ones (see :mod:`benchmarks.idlers`).
"""

import argparse
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from benchmarks.idlers import idle, stall
from benchmarks.inspected import end, inspect, run, start
from benchmarks.slowness import slow
from gateway.conformance.cases import Case, Server
from gateway.conformance.clients.kinds import KINDS, Kind
from gateway.conformance.clients.peers import CONNECTED, ENDED

reactor: Any = installed_reactor

PATIENCE = 60.0
"""Seconds that anything may take on a machine that has other things to do."""

WORKERS = 8
"""Clients at a time."""

SETTLING = 50.0
"""Seconds after which a session whose poll was cut is over (0.9: 45 s), and a TCP connection too."""


async def counted_life(server: Server, kind: Kind, numbers: int, found: Counter[str]) -> None:
    """A client that counts up to the server, lets it count down to it, and goes; an upgrade happens in the midst of it."""
    case = Case(server, kind)
    try:
        peer = case.begin()
        first = await case.soon(peer.take(lambda report: report.kind in (CONNECTED, ENDED)), "the beginning", PATIENCE)
        assert first.kind == CONNECTED, first
        _count(peer, range(numbers // 2))
        peer.emit("burst", numbers)
        if kind.transport == "upgrade":
            await case.soon(peer.upgraded, "the upgrade", PATIENCE)  # type: ignore[attr-defined]
        _count(peer, range(numbers // 2, numbers))
        (up,) = await case.call(peer, "counted", seconds=PATIENCE)
        await case.event(peer, "burst-end", seconds=PATIENCE)
        down = [args[0] for args in peer.heard("burst")]
    finally:
        await case.close()
    found["lives"] += 1
    found["messages"] += len(down) + up["received"]
    found["missing"] += 2 * numbers - len(set(down)) - min(up["received"], numbers)
    found["doubled"] += len(down) - len(set(down)) + max(0, up["received"] - numbers)
    found["reordered"] += sum(a > b for a, b in pairwise(down)) + (not up["ordered"])


def _count(peer: Any, numbers: range) -> None:
    for number in numbers:
        peer.emit("count", number)


async def order(lives: int = 1000, numbers: int = 500, only: str = "", hours: float = 1e9) -> dict[Kind, Counter[str]]:
    """``lives`` clients of each kind, one behind the other in a few rows; what was found of each kind."""
    service = await start()
    server = Server(reactor, service.url, PATIENCE)
    kinds = [kind for kind in KINDS.values() if only in str(kind)]
    found: dict[Kind, Counter[str]] = {kind: Counter() for kind in kinds}
    until = reactor.seconds() + hours * 3600
    try:
        for kind in kinds:
            share = reactor.seconds() + (until - reactor.seconds()) / (len(kinds) - kinds.index(kind))
            one = _life_of(server, kind, numbers, found[kind])
            await many(lives, one, lambda share=share: reactor.seconds() < share)  # type: ignore[misc]
            print(f"{kind}: " + ", ".join(f"{number} {name}" for name, number in found[kind].items()), flush=True)
    finally:
        await end(service)
    return found


def _life_of(server: Server, kind: Kind, numbers: int, found: Counter[str]) -> Callable[[int], Awaitable[None]]:
    return lambda _: counted_life(server, kind, numbers, found)


async def many(number: int, one: Callable[[int], Awaitable[None]], goes_on: Callable[[], bool] = lambda: True) -> None:
    """Await ``one(0)``, ``one(1)``, ... a few at a time."""
    waiting = iter(range(number))

    async def worker() -> None:
        for at in waiting:
            if not goes_on():
                break
            await one(at)

    await gatherResults([Deferred.fromCoroutine(worker()) for _ in range(WORKERS)], consumeErrors=True)


async def short_life(server: Server, kind: Kind, leaves: bool) -> None:
    """A client that joins a room, and leaves or is cut off."""
    case = Case(server, kind)
    try:
        peer = await case.client()
        peer.emit("join", f"room {id(peer)}")
        await case.call(peer, "echo", 1, seconds=PATIENCE)
        if not leaves:
            peer.cut()
    finally:
        await case.close()


async def churn(clients: int = 100_000) -> dict[str, float]:
    """Clients of all kinds come and go; what the server holds after a tenth of them, and at the end."""
    service = await start()
    server = Server(reactor, service.url, PATIENCE)
    kinds = list(KINDS.values())

    async def one(at: int) -> None:
        await short_life(server, kinds[at % len(kinds)], bool(at // len(kinds) % 2))

    try:
        await many(clients // 10, one)
        await deferLater(reactor, SETTLING)
        first = await inspect(service.url)
        await many(clients - clients // 10, one)
        await deferLater(reactor, SETTLING)
        last = await inspect(service.url)
    finally:
        await end(service)
    return {
        "clients": clients,
        "MiB after a tenth": round(first["memory"] / 2**20, 1),
        "MiB at the end": round(last["memory"] / 2**20, 1),
        "grown by, %": round(100 * (last["memory"] / first["memory"] - 1), 1),
        "sessions": last["sessions"],
        "rooms": last["rooms"],
        "timers more": last["timers"] - first["timers"],
        "descriptors more": last["descriptors"] - first["descriptors"],
        "tracebacks": service.log.count("Traceback"),
    }


def is_kept(what: str, found: Any) -> bool:
    """Whether the figures are as promised."""
    if what == "order":
        return all(not (one["missing"] or one["doubled"] or one["reordered"]) and one["lives"] for one in found.values())
    if what == "churn":
        leftover = ("sessions", "rooms", "timers more", "descriptors more", "tracebacks")
        return found["grown by, %"] <= 10 and not any(found[name] > 0 for name in leftover)
    if what == "stall":
        return bool(found["lost"] == 0)
    if what == "slow":
        return bool(found["of them left"] == 0 and found["echo, ms (p99)"] < 100)
    return bool(found["late, s (p99.9)"] < 1 and found["newcomer, ms (worst)"] < 250 and found["lost"] == 0)


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description="Runs that take long.")
    parser.add_argument("what", choices=("order", "churn", "idle", "stall", "slow"))
    parser.add_argument("--lives", type=int, default=1000)
    parser.add_argument("--numbers", type=int, default=500)
    parser.add_argument("--only", default="")
    parser.add_argument("--hours", type=float, default=1e9)
    parser.add_argument("--clients", type=int)
    parser.add_argument("--seconds", type=float, default=120.0)
    given = parser.parse_args()
    what = given.what
    if what == "order":
        found: Any = run(order(given.lives, given.numbers, given.only, given.hours))
    elif what == "churn":
        found = run(churn(given.clients or 100_000))
    elif what == "stall":
        found = run(stall(given.clients or 10_000, min(given.seconds, 20.0)))
    elif what == "slow":
        found = run(slow())
    else:
        found = run(idle(given.clients or 10_000, given.seconds, settling=30.0))
    if what != "order":
        for name, number in found.items():
            print(f"{number:>12}  {name}")
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.exit(0 if is_kept(what, found) else 1)


if __name__ == "__main__":
    main()
