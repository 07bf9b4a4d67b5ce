"""
Child processes as tests need them: their lines as they come, their end, and nothing that waits for ever.

A process writes ``{"client": 1, "is": "connected", ...}`` or ``ready http://127.0.0.1:8080``; who started it awaits that.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

ROOT = Path(__file__).resolve().parents[2]

LIMIT = 15.0
"""Seconds until a test gives up waiting. Nothing here is slow: this is for failures only."""


class Child(ProcessProtocol):
    """
    One child process.

    :ivar errors: what it wrote to standard error so far.
    :ivar ended: fires with the exit status, None after a signal.
    """

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self.errors = ""
        self.ended: Deferred[int | None] = Deferred()
        self.running = True
        self._on_line = on_line
        self._rest = b""

    def outReceived(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._on_line(line.decode())

    def errReceived(self, data: bytes) -> None:
        self.errors += data.decode(errors="replace")

    def processEnded(self, reason: Failure) -> None:
        self.running = False
        self.ended.callback(reason.value.exitCode)

    async def stop(self, signal: str = "TERM") -> int | None:
        """Ask it to end; gives its exit status."""
        if self.running:
            self.transport.signalProcess(signal)
        return await soon(self.ended, "the end of a process")


def start(on_line: Callable[[str], None], *command: str) -> Child:
    """Start ``command`` in the checkout, with the checkout's packages."""
    child = Child(on_line)
    path = shutil.which(command[0])
    assert path is not None, command[0]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    reactor.spawnProcess(child, path, command, env=env, path=str(ROOT))
    return child


def soon(deferred: "Deferred[Any]", what: str, seconds: float = LIMIT) -> "Deferred[Any]":
    """``deferred``, but AssertionError when it does not fire in time."""

    def late(_result: Any, _seconds: float) -> Any:
        raise AssertionError(f"no sign of {what} after {seconds:g} s")

    return deferred.addTimeout(seconds, reactor, onTimeoutCancel=late)
