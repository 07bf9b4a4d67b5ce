"""
Per-client values: ``await socket.set(key, value)`` and its kin.

A store keeps, for each client, a table of keys and values. Values are what JSON can say, and bytes; they
are copied on the way in and out, so that a later change of the object is not seen (tuples come back as lists).
"""

from typing import Any, Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime

_PLAIN = (str, int, float, bool, bytes, type(None))


class IStore(Protocol):
    """What a Listener asks of its store; ``client`` is the key of one client, never its session id."""

    def set(self, client: str, key: str, value: Any) -> Deferred[None]:
        """Keep ``value`` under ``key``. Fails with TypeError for a value that is neither JSON nor bytes."""

    def get(self, client: str, key: str, default: Any = None) -> Deferred[Any]:
        """The value under ``key``, else ``default``."""

    def has(self, client: str, key: str) -> Deferred[bool]:
        """Whether there is a value under ``key``."""

    def delete(self, client: str, key: str) -> Deferred[bool]:
        """Forget ``key``; whether it was there."""

    def all(self, client: str) -> Deferred[dict[str, Any]]:
        """Every key and value of the client."""

    def clear(self, client: str) -> Deferred[None]:
        """Forget everything of the client."""

    def end(self, client: str, after: float) -> Deferred[None]:
        """The client is gone: forget its values ``after`` seconds from now."""


class MemoryStore:
    """
    Values kept in this process.

    :param clock: for values that outlive their client; without one they end with it.
    """

    def __init__(self, clock: IReactorTime | None = None) -> None:
        self._clients: dict[str, dict[str, Any]] = {}
        self._expiring: dict[str, IDelayedCall] = {}
        self._clock = clock

    def set(self, client: str, key: str, value: Any) -> Deferred[None]:
        """Keep a copy of ``value``."""
        self._clients.setdefault(client, {})[_named(key)] = copy_value(value)
        return succeed(None)

    def get(self, client: str, key: str, default: Any = None) -> Deferred[Any]:
        """A copy of the value, else ``default``."""
        values = self._clients.get(client, {})
        return succeed(copy_value(values[key]) if key in values else default)

    def has(self, client: str, key: str) -> Deferred[bool]:
        """Whether ``key`` was set and not deleted."""
        return succeed(key in self._clients.get(client, ()))

    def delete(self, client: str, key: str) -> Deferred[bool]:
        """Forget ``key``; whether it was there."""
        values = self._clients.get(client, {})
        there = key in values
        values.pop(key, None)
        return succeed(there)

    def all(self, client: str) -> Deferred[dict[str, Any]]:
        """A copy of the client's table."""
        return succeed(copy_value(self._clients.get(client, {})))

    def clear(self, client: str) -> Deferred[None]:
        """Forget the client's table."""
        self._clients.pop(client, None)
        return succeed(None)

    def end(self, client: str, after: float) -> Deferred[None]:
        """Forget the client's table, at once or ``after`` seconds."""
        if after <= 0 or self._clock is None or client not in self._clients:
            self._clients.pop(client, None)
        else:
            self._expiring[client] = self._clock.callLater(after, self._expire, client)
        return succeed(None)

    def close(self) -> None:
        """Forget everything and every timer."""
        for call in self._expiring.values():
            call.cancel()
        self._expiring.clear()
        self._clients.clear()

    def _expire(self, client: str) -> None:
        del self._expiring[client]
        self._clients.pop(client, None)


def copy_value(value: Any) -> Any:
    """
    A copy of ``value`` that shares nothing with it.

    :raises TypeError: it is neither JSON nor bytes.
    """
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list | tuple):
        return [copy_value(item) for item in value]
    if isinstance(value, dict):
        return {_named(key): copy_value(item) for key, item in value.items()}
    raise TypeError(f"a store keeps what JSON can say, and bytes, not {type(value).__name__}")


def _named(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"keys are text, not {type(key).__name__}")
    return key
