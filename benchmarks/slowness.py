"""
Clients that do not read, among one that does: what they cost, and what it feels of them.

    5 of them, 60 broadcasts of 500 kB each; meanwhile another client has its echo again and again
"""

from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred

from benchmarks.inspected import end, inspect, start
from tests.safety.wire import Modern, memory, message

reactor: Any = installed_reactor

SLOW = 5
BROADCASTS = 60
SIZE = 500_000


async def slow() -> dict[str, float]:
    """The memory that the server took for them, and how long echoes took meanwhile."""
    service = await start()
    process: Any = service.process
    pid = process.transport.pid
    clients = [await Modern.connect(service.url) for _ in range(SLOW + 1)]
    for client in clients:
        client.say("40/chat,")
        assert await message(client.line)
    *idle, sender = clients
    for client in idle:
        client.line.transport.pauseProducing()  # type: ignore[union-attr]
    other = await Modern.connect(service.url)
    before, took, running = memory(pid), list[float](), True

    async def echo() -> None:
        while running:
            began = reactor.seconds()
            await other.echo("on")
            took.append(reactor.seconds() - began)

    echoing = Deferred.fromCoroutine(echo())
    most = before
    try:
        for number in range(BROADCASTS):
            sender.say('42/chat,["others","' + "x" * SIZE + '"]')
            assert await sender.echo(number) == number
            most = max(most, memory(pid))
        running = False
        await echoing
        held = await inspect(service.url)
    finally:
        for client in (*clients, other):
            await client.line.hang_up()
        await end(service)
    took.sort()
    return {
        "MiB for each that does not read": round((most - before) / SLOW / 2**20, 1),
        "of them left": held["sessions"] - 2,
        "echoes of another": len(took),
        "echo, ms (p50)": round(1000 * took[len(took) // 2], 1),
        "echo, ms (p99)": round(1000 * took[int(len(took) * 0.99)], 1),
    }
