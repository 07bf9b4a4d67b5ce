"""What a Listener asks of its store."""

from typing import Any, Protocol

from twisted.internet.defer import Deferred


class IStore(Protocol):
    """
    Keeps values by client and key; ``client`` is the random key of one client, never its session id.

    Calls take effect in the order they are made. A key that is no text, and a value that can't be kept, raise at the
    call; a Deferred that fails with :class:`StoreUnavailable` means that the store can't be reached.

    A store may also have a method ``close``; the last Listener that uses the store calls it at its own end.
    """

    def set(self, client: str, key: str, value: Any) -> Deferred[None]:
        """
        Keep ``value`` under ``key``.

        :raises TypeError: it is neither JSON nor bytes.
        :raises ValueError: it has more than 500 levels, or holds itself.
        """

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
        """
        The client is gone: forget its values ``after`` seconds from now.

        Nobody waits for the answer, so it does not fail because the store is out of reach. A ``set`` that comes later
        keeps all that is still there until the next ``end``.
        """
