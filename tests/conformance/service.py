"""
The application under test, as a process of its own: ``python examples/conformance.py --port 0``.

Its log is watched: whatever a test does, a traceback in it is a fault of the gateway.

    2026-11-20T12:00:00+0000 [handlers#critical] event boom failed
        Traceback (most recent call last):
        ...
        builtins.RuntimeError: boom
"""

import re
import sys

from twisted.internet.defer import Deferred

from tests.conformance.processes import Child, soon, start

ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\dT)", re.MULTILINE)
FAULTS = ("Traceback", "Unhandled error", "Unhandled Error", "Error in Deferred")
PROVOKED = "RuntimeError: boom"
"""The event ``boom`` is there to fail."""


def faults(log: str) -> list[str]:
    """The entries of a log that should not be there."""
    return [entry for entry in ENTRY.split(log) if any(word in entry for word in FAULTS) and PROVOKED not in entry]


class Service:
    """
    A running server.

    :ivar url: where it is.
    :ivar process: None when it was started by somebody else (``--url``).
    :ivar lines: what it wrote to standard output, where twistd logs.
    """

    def __init__(self, url: str, process: Child | None = None, lines: list[str] | None = None) -> None:
        self.url = url.rstrip("/")
        self.process = process
        self.lines = [] if lines is None else lines

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return "" if self.process is None else "\n".join(self.lines) + "\n" + self.process.errors

    async def stop(self, expected: int | None = 0) -> None:
        """
        End it the way a supervisor does; it has five seconds and may not fail.

        :param expected: its exit status; None for a process that ends by the signal itself, as twistd does.
        """
        if self.process is None:
            return
        assert self.process.running, f"the service has ended by itself:\n{self.log}"
        self.process.transport.signalProcess("TERM")
        status = await soon(self.process.ended, "the end of the service", seconds=5)
        assert status == expected, f"the service ended with status {status}:\n{self.log[-4000:]}"
        assert not faults(self.log), faults(self.log)


async def start_service(*options: str) -> Service:
    """Start the application on a free port."""
    return await start_program([sys.executable, "examples/conformance.py", "--port", "0", *options], re.compile(r"^ready (\S+)$"))


async def start_program(command: list[str], ready: "re.Pattern[str]") -> Service:
    """Start ``command``; its first line that matches ``ready`` tells the address."""
    address: Deferred[str] = Deferred()
    lines: list[str] = []

    def heard(line: str) -> None:
        lines.append(line)
        if not address.called and (match := ready.search(line)):
            address.callback(match[1])

    def ended(status: int | None) -> int | None:
        if not address.called:
            address.errback(AssertionError(f"it has ended with status {status}"))
        return status

    child = start(heard, *command)
    child.ended.addCallback(ended)
    try:
        return Service(await soon(address, "the service"), child, lines)
    except AssertionError:
        if child.running:
            await child.stop("KILL")
        raise AssertionError(f"the service did not start:\n{lines[-40:]}\n{child.errors[-4000:]}") from None
