"""What makes a Listener usable as its own default namespace."""

from collections.abc import Callable
from typing import Any, overload

from gateway.broadcast import Broadcast
from gateway.handlers import AnyHandler, H, Handlers
from gateway.namespace import Namespace
from gateway.targets import Targets


class AsNamespace(Targets):
    """
    The handlers, middleware and emits of the default namespace.

    Its own event is ``new_namespace(namespace)``: one was made, by the application or because a client asked for it.

    :ivar sockets: the default namespace.
    """

    sockets: Namespace
    own: Handlers

    def __init__(self) -> None:
        self.own = Handlers()

    @overload
    def on(self, event: str, handler: H, *, serial: bool = False, ack: bool = False) -> H: ...
    @overload
    def on(self, event: str, *, serial: bool = False, ack: bool = False) -> Callable[[H], H]: ...
    def on(self, event: str, handler: Any = None, *, serial: bool = False, ack: bool = False) -> Any:
        """As :meth:`Namespace.on` of the default namespace."""
        return self._whose(event)._add(event, handler, False, serial, ack)

    @overload
    def once(self, event: str, handler: H, *, ack: bool = False) -> H: ...
    @overload
    def once(self, event: str, *, ack: bool = False) -> Callable[[H], H]: ...
    def once(self, event: str, handler: Any = None, *, ack: bool = False) -> Any:
        """As :meth:`Namespace.once` of the default namespace."""
        return self._whose(event)._add(event, handler, True, False, ack)

    def off(self, event: str, handler: AnyHandler | None = None) -> None:
        """As :meth:`Namespace.off` of the default namespace."""
        self._whose(event).off(event, handler)

    def remove_listener(self, event: str, handler: AnyHandler) -> None:
        """As :meth:`Namespace.remove_listener` of the default namespace."""
        self.off(event, handler)

    def remove_all_listeners(self, event: str | None = None) -> None:
        """As :meth:`Namespace.remove_all_listeners` of the default namespace."""
        self.own.remove_all_listeners(event)
        self.sockets.remove_all_listeners(event)

    def event_names(self) -> list[str]:
        """Events of the default namespace that have a handler."""
        return [*self.sockets.event_names(), *self.own.event_names()]

    def listeners(self, event: str) -> list[AnyHandler]:
        """Handlers of ``event`` in the default namespace."""
        return self._whose(event).listeners(event)

    def on_any(self, handler: H) -> H:
        """As :meth:`Namespace.on_any` of the default namespace."""
        return self.sockets.on_any(handler)

    def prepend_any(self, handler: H) -> H:
        """As :meth:`Namespace.prepend_any` of the default namespace."""
        return self.sockets.prepend_any(handler)

    def off_any(self, handler: AnyHandler | None = None) -> None:
        """As :meth:`Namespace.off_any` of the default namespace."""
        self.sockets.off_any(handler)

    def listeners_any(self) -> list[AnyHandler]:
        """As :meth:`Namespace.listeners_any` of the default namespace."""
        return self.sockets.listeners_any()

    def use(self, fn: H) -> H:
        """As :meth:`Namespace.use` of the default namespace."""
        return self.sockets.use(fn)

    @property
    def server_side(self) -> Handlers:
        """As :attr:`Namespace.server_side` of the default namespace."""
        return self.sockets.server_side

    @property
    def adapter(self) -> Any:
        """Rooms of the default namespace."""
        return self.sockets.adapter

    def _to(self) -> Broadcast:
        return Broadcast(self.sockets)

    def _whose(self, event: str) -> Handlers:
        """Kept apart from what clients can send."""
        return self.own if event == "new_namespace" else self.sockets
