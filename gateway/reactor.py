"""
A lean epoll reactor: ``twistd --reactor socketio-epoll``.

The stock one wraps each event in a logging context and asks for the descriptor once more. Here the common case,
something to read, is one call. Everything else is left to the stock code, so that errors, half-closed connections and
writes behave as they always did. Its clock is monotonic: a wall clock that jumps moves no timer.
"""

import errno
from select import EPOLLIN
from time import monotonic
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.internet.main import installReactor
from twisted.python import log
from twisted.python.failure import Failure


class LeanEPollReactor(EPollReactor):
    """The stock reactor with a shorter way from a readable socket to its ``doRead``."""

    seconds = staticmethod(monotonic)

    def doPoll(self, timeout: float | None) -> None:
        """Wait for events, at most ``timeout`` seconds (None: for ever), and handle them."""
        selectables = self._selectables
        try:
            events = self._poller.poll(-1 if timeout is None else timeout, max(1, len(selectables)))
        except OSError as error:
            if error.errno == errno.EINTR:
                return
            raise
        for fd, event in events:
            selectable = selectables.get(fd)
            if selectable is None:
                continue
            if event == EPOLLIN:
                self._read(selectable)
            else:
                log.callWithLogger(selectable, self._doReadOrWrite, selectable, fd, event)

    doIteration = doPoll

    def _read(self, selectable: Any) -> None:
        try:
            why = selectable.doRead()
        except BaseException as error:  # noqa: BLE001 - as the stock reactor: whatever escapes costs its own connection only
            log.err(Failure(), "while reading from a connection")
            why = error
        if why:
            self._disconnectSelectable(selectable, why, True)


def install() -> None:
    """Make it the reactor of this process."""
    installReactor(LeanEPollReactor())
