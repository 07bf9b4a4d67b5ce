"""Namespace: a named set of sockets with its own handlers and middleware."""

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, maybeDeferred

from gateway.adapter import IAdapter, MemoryAdapter
from gateway.broadcast import Broadcast, Targets
from gateway.eras import check
from gateway.handlers import AnyHandler, Handlers

if TYPE_CHECKING:
    from gateway.listener import Listener
    from gateway.sockets import Socket


class Namespace(Handlers, Targets):
    """
    A named set of sockets.

    :ivar name: with its leading slash.
    :ivar listener: whose it is.
    :ivar sockets: sockets by id.
    :ivar adapter: its rooms.
    """

    __slots__ = ("_ack_id", "_uses", "adapter", "listener", "name", "sockets")

    check = staticmethod(check)

    def __init__(self, name: str, listener: "Listener") -> None:
        self.name = name
        self.listener = listener
        self.sockets: dict[str, Socket] = {}
        self.adapter: IAdapter = MemoryAdapter(self.sockets)
        super().__init__()
        self._uses: list[AnyHandler] = []
        self._ack_id = -1

    def __repr__(self) -> str:
        return f"<Namespace {self.name} of {len(self.sockets)} sockets>"

    def use(self, fn: AnyHandler) -> AnyHandler:
        """
        Ask ``fn(socket)`` before a client may join; it refuses by raising ConnectionRefused.

        Functions are asked in the order they were added, coroutines and Deferreds are waited for.
        """
        self._uses.append(fn)
        return fn

    async def server_side_emit(self, event: str, *args: Any) -> None:
        """Tell the other processes of a cluster; there are none with the memory adapter."""

    def next_ack_id(self) -> int:
        """A number for an event whose answer is awaited; shared by all sockets of the namespace."""
        self._ack_id += 1
        return self._ack_id

    def admit(self, socket: "Socket") -> Deferred[None] | None:
        """Ask the middleware about ``socket``; None when there is none to ask."""
        return self._ask(socket, 0) if self._uses else None

    def has_message(self, socket: "Socket", args: list[Any]) -> None:
        """``socket`` sent a message: 0.6's ``clientMessage`` follows in the default namespace."""
        if self is self.listener.sockets:
            for value in args or [None]:
                self._fire("clientMessage", value, socket)

    def forget(self, socket: "Socket") -> None:
        """``socket`` has left."""
        self.sockets.pop(socket.id, None)

    def _ask(self, socket: "Socket", index: int) -> Deferred[None]:
        asked = maybeDeferred(self._uses[index], socket)
        if index + 1 < len(self._uses):
            asked.addCallback(lambda _: self._ask(socket, index + 1))
        return asked

    def _to(self) -> Broadcast:
        return Broadcast(self)
