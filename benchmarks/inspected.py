"""
The server of the endurance runs: the conformance app in a process of its own, and what it holds at ``/inspect``.

    python -m benchmarks.inspected --serve 25 20      says "ready http://127.0.0.1:..."
"""

import json
import os
import re
import sys
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred

from tests.conformance.raw import fetch
from tests.conformance.service import Service, start_program
from tests.safety.wire import memory

reactor: Any = installed_reactor


class Inspection:
    """A mount that says what the process holds."""

    max_body = 0

    def __init__(self, listener: Any) -> None:
        self._listener = listener

    def owns(self, path: str) -> bool:
        return path == "/inspect"

    def handle(self, request: Any) -> None:
        io = self._listener
        held = {
            "sessions": io.clients_count,
            "rooms": sum(len(namespace.adapter.rooms) for namespace in io.namespaces.values()),
            "timers": len(reactor.getDelayedCalls()),
            "descriptors": len(os.listdir("/proc/self/fd")),
            "memory": memory(os.getpid()),
            "processor": round(sum(os.times()[:2]), 2),
        }
        request.respond(200, json.dumps(held).encode(), "application/json")


async def serve(interval: float, patience: float) -> None:
    """Listen, and say where."""
    from examples.conformance import make
    from gateway import Front

    listener = make(origins="*", handshake_delay=0, ping_interval=interval, ping_timeout=patience)
    (port,) = await Front(listener, Inspection(listener)).listen("tcp:0:interface=127.0.0.1")
    print(f"ready http://127.0.0.1:{port.getHost().port}", flush=True)


async def start(interval: float = 25.0, patience: float = 20.0) -> Service:
    """The server, in a process of its own, with these seconds for heartbeats."""
    command = [sys.executable, "-m", "benchmarks.inspected", "--serve", str(interval), str(patience)]
    return await start_program(command, re.compile(r"^ready (\S+)$"))


async def end(service: Service) -> None:
    """Kill it: its orderly end is tested elsewhere."""
    process = service.process
    assert process is not None
    process.transport.signalProcess("KILL")  # type: ignore[union-attr]
    await process.ended


async def inspect(url: str) -> dict[str, int]:
    """What the server holds."""
    held: dict[str, int] = json.loads((await fetch(url, "GET", "/inspect")).body)
    return held


def run(coroutine: Any) -> Any:
    """Run the reactor until ``coroutine`` is done; its result. Its failure ends the process with status 1."""
    outcome: list[Any] = []

    def ended(result: Any) -> None:
        outcome.append(result)
        reactor.stop()

    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(coroutine).addBoth(ended))
    reactor.run()
    if not outcome:
        sys.exit("ended by a signal")
    if hasattr(outcome[0], "getTraceback"):
        sys.exit(outcome[0].getTraceback())
    return outcome[0]


if __name__ == "__main__":
    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(serve(*map(float, sys.argv[2:]))))
    reactor.run()
