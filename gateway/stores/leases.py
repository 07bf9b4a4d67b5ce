"""
Leases: values outside of this process go by themselves when nobody renews them, as after a crash.

    set("c1")        lease      lease       end("c1", 60)
    |--- kept -------|-renewed--|-renewed---|-- 60 s --|  gone
"""

from collections.abc import Callable
from itertools import islice, takewhile
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from gateway.errors import StoreUnavailable
from gateway.logs import ScopeLogger

log = ScopeLogger("stores")

AT_ONCE = 500
"""Clients that are renewed by one command."""

LONGEST_TICK = 60.0
"""Seconds between two looks at what is due; less when leases are short."""

Renew = Callable[[list[str]], Deferred[Any]]


class Leases:
    """
    The clients that have values and are still there, and the one timer that renews them.

    A lease is renewed after a third of its time, so two thirds are left for a store that is out of reach.

    :param clock: a reactor.
    :param seconds: how long a lease lasts.
    :param renew: renews the leases of up to :data:`AT_ONCE` clients; also called with none, once for each tick.
    """

    def __init__(self, clock: Any, seconds: float, renew: Renew) -> None:
        self._clock = clock
        self._renew = renew
        self._after = seconds / 3
        self._tick = min(LONGEST_TICK, seconds / 6)
        self._renewed_at: dict[str, float] = {}  # in the order of these times
        self._stopped = False
        self._call: IDelayedCall = clock.callLater(self._tick, self._turn)

    def keep(self, client: str) -> None:
        """The lease of ``client`` has just begun, or begun anew."""
        self._renewed_at.pop(client, None)
        self._renewed_at[client] = self._clock.seconds()

    def drop(self, client: str) -> None:
        """``client`` needs no lease any more."""
        self._renewed_at.pop(client, None)

    def stop(self) -> None:
        """Renew nothing from now on."""
        self._stopped = True
        if self._call.active():
            self._call.cancel()

    def _turn(self) -> None:
        done = Deferred.fromCoroutine(self._renew_due())
        done.addErrback(lambda failure: log.failure("renewing leases failed", failure))
        done.addCallback(lambda _: self._again())

    def _again(self) -> None:
        if not self._stopped:
            self._call = self._clock.callLater(self._tick, self._turn)

    async def _renew_due(self) -> None:
        """Renew piece by piece; who is due is looked up anew for each, for a client may end meanwhile."""
        clients = [""]
        while clients and not self._stopped:
            clients = self._due()
            try:
                await self._renew(clients)
            except StoreUnavailable:
                return  # they stay due until the next tick
            for client in clients:
                if client in self._renewed_at:
                    self.keep(client)

    def _due(self) -> list[str]:
        latest = self._clock.seconds() - self._after
        due = takewhile(lambda item: item[1] <= latest, self._renewed_at.items())
        return [client for client, _ in islice(due, AT_ONCE)]
