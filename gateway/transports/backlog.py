"""
A POST of very many packets, handled bit by bit, so that everybody else is served in between.

    500,000 pongs in one body     500 turns of the reactor, a few milliseconds each
"""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from protocols.model import Unit

if TYPE_CHECKING:
    from gateway.client import Client

AT_ONCE = 1000
"""Packets that are handled in one turn of the reactor."""


class Backlog:
    """
    The rest of one body.

    :param done: called when all of it was handled, or the session has ended.
    """

    __slots__ = ("_behind", "_client", "_done", "_units")

    def __init__(self, client: "Client", units: Sequence[Unit], done: Callable[[], None]) -> None:
        self._client = client
        self._units = iter(units)
        self._done = done
        self._behind: deque[Callable[[], None]] = deque()
        client.listener.backlogs[client] = self

    def behind(self, take: Callable[[], None]) -> None:
        """A further POST came meanwhile: ``take()`` it afterwards."""
        self._behind.append(take)

    def go_on(self) -> None:
        """Handle some more."""
        client = self._client
        now = client.listener.wheel.now()
        handled = 0
        for unit in islice(self._units, AT_ONCE):
            if client.over:
                break
            client.receive(unit, now)
            handled += 1
        if handled == AT_ONCE:
            client.listener.clock.callLater(0, self.go_on)
        else:
            self._end()

    def _end(self) -> None:
        """It is the turn of those behind; one of them may make a backlog of its own, which the others go behind then."""
        del self._client.listener.backlogs[self._client]
        self._done()
        for take in self._behind:
            take()
