"""The values that a Socket keeps for its client."""

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from gateway.client import Client
    from gateway.namespace import Namespace


class Stored:
    """
    Storage of one client, shared by its sockets in all namespaces.

    All Deferreds fail with StoreUnavailable when the store is out of reach. Keys that are no text, and values that can't be
    kept, raise TypeError or ValueError at the call.
    """

    __slots__ = ()

    client: "Client"
    namespace: "Namespace"

    def set(self, key: str, value: Any) -> Deferred[None]:
        """Keep ``value`` for this client under ``key``; all its sockets share it."""
        done = self.namespace.listener.store.set(self.client.key, key, value)
        if self.client.over:  # a handler of its end took its time
            done.addCallback(lambda _: self.client.end_values())
        return done

    def get(self, key: str, default: Any = None) -> Deferred[Any]:
        """The value under ``key``, else ``default``."""
        return self.namespace.listener.store.get(self.client.key, key, default)

    def has(self, key: str) -> Deferred[bool]:
        """Whether there is a value under ``key``."""
        return self.namespace.listener.store.has(self.client.key, key)

    def delete(self, key: str) -> Deferred[bool]:
        """Forget ``key``; whether it was there."""
        return self.namespace.listener.store.delete(self.client.key, key)

    def all(self) -> Deferred[dict[str, Any]]:
        """Every key and value of this client."""
        return self.namespace.listener.store.all(self.client.key)

    def clear(self) -> Deferred[None]:
        """Forget every value of this client."""
        return self.namespace.listener.store.clear(self.client.key)
