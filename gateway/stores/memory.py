"""The store of one process; the default."""

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall

from gateway.errors import StoreUnavailable
from gateway.reactors import default_reactor
from gateway.stores.values import copy_value, named


class MemoryStore:
    """
    Values kept in this process.

    :param clock: times the values that outlive their client; the installed reactor by default.
    """

    def __init__(self, clock: Any = None) -> None:
        self._clients: dict[str, dict[str, Any]] = {}
        self._expiring: dict[str, IDelayedCall] = {}
        self._clock = clock
        self._closed = False

    def set(self, client: str, key: str, value: Any) -> Deferred[None]:
        """Keep a copy of ``value``."""
        name, copy = named(key), copy_value(value)
        if not self._closed:
            self._stay(client)
            self._clients.setdefault(client, {})[name] = copy
        return self._done(None)

    def get(self, client: str, key: str, default: Any = None) -> Deferred[Any]:
        """A copy of the value, else ``default``."""
        values = self._clients.get(client, {})
        return self._done(copy_value(values[key]) if named(key) in values else default)

    def has(self, client: str, key: str) -> Deferred[bool]:
        """Whether ``key`` was set and not deleted."""
        return self._done(named(key) in self._clients.get(client, ()))

    def delete(self, client: str, key: str) -> Deferred[bool]:
        """Forget ``key``; whether it was there."""
        values = self._clients.get(client, {})
        there = named(key) in values
        values.pop(key, None)
        return self._done(there)

    def all(self, client: str) -> Deferred[dict[str, Any]]:
        """A copy of the client's table."""
        return self._done(copy_value(self._clients.get(client, {})))

    def clear(self, client: str) -> Deferred[None]:
        """Forget the client's table."""
        self._stay(client)
        self._clients.pop(client, None)
        return self._done(None)

    def end(self, client: str, after: float) -> Deferred[None]:
        """Forget the client's table, at once or ``after`` seconds."""
        self._stay(client)
        if after <= 0 or self._closed:
            self._clients.pop(client, None)
        elif client in self._clients:
            clock = default_reactor() if self._clock is None else self._clock
            self._expiring[client] = clock.callLater(after, self._expire, client)
        return succeed(None)

    def close(self) -> None:
        """Forget everything and every timer; calls fail from now on."""
        self._closed = True
        for call in self._expiring.values():
            call.cancel()
        self._expiring.clear()
        self._clients.clear()

    def _done(self, answer: Any) -> Deferred[Any]:
        return fail(StoreUnavailable("the store is closed")) if self._closed else succeed(answer)

    def _stay(self, client: str) -> None:
        call = self._expiring.pop(client, None)
        if call is not None:
            call.cancel()

    def _expire(self, client: str) -> None:
        del self._expiring[client]
        self._clients.pop(client, None)
