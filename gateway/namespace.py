"""Namespace: a named set of sockets with its own handlers and middleware."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, maybeDeferred

from gateway.adapter import METHODS, IAdapter, MemoryAdapter
from gateway.arguments import function_for
from gateway.broadcast import Broadcast
from gateway.eras import check
from gateway.errors import OptionError
from gateway.handlers import FAILED, AnyHandler, H, Handlers, log_failure
from gateway.targets import Targets
from gateway.unfinished import fire
from protocols.model import RESERVED_NAMES, Outgoing

if TYPE_CHECKING:
    from gateway.dispatch import Receiver
    from gateway.listener import Listener
    from gateway.sockets import Socket

NOT_TO_OTHERS = frozenset(("connect", "connection", "new_namespace"))
"""Names that ``server_side_emit`` refuses (Socket.IO 4.8)."""

ACTIONS = frozenset(("fetch_sockets", "sockets_join", "sockets_leave", "disconnect_sockets"))
"""What one process may ask the others to do to their sockets."""


class Namespace(Handlers, Targets):
    """
    A named set of sockets.

    :ivar name: with its leading slash.
    :ivar listener: whose it is.
    :ivar sockets: sockets by id.
    :ivar adapter: its rooms.
    :ivar watched: a socket has, or had, handlers of what is sent.
    :ivar only: event -> its handler, where that is the only one and nothing else is to be done: the short way.
    """

    __slots__ = ("_ack_id", "_server_side", "_uses", "adapter", "listener", "name", "only", "sockets", "watched")

    check = staticmethod(check)

    def __init__(self, name: str, listener: "Listener") -> None:
        self.name = name
        self.listener = listener
        self.sockets: dict[str, Socket] = {}
        self.adapter: IAdapter = self._make_adapter()
        self.watched = False
        super().__init__()
        self._uses: list[AnyHandler] = []
        self._ack_id = -1
        self.only: Mapping[str, AnyHandler] = {}
        self._server_side: Handlers | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} of {len(self.sockets)} sockets>"

    def use(self, fn: H) -> H:
        """
        Ask ``fn(socket)`` before a client may join; it refuses by raising ConnectionRefused.

        Functions are asked in the order they were added, coroutines and Deferreds are waited for. What they send to the
        socket goes out once it is admitted, and the rooms they put it into are entered then.
        """
        self._uses = [*self._uses, function_for("middleware", fn)]
        return fn

    @property
    def server_side(self) -> Handlers:
        """Handlers of what the other processes of a cluster say by ``server_side_emit``; no client can reach them."""
        if self._server_side is None:
            self._server_side = Handlers()
        return self._server_side

    # For the gateway

    def next_ack_id(self) -> int:
        """A number for an event whose answer is awaited; shared by all sockets of the namespace."""
        self._ack_id += 1
        return self._ack_id

    def publish(self, message: Outgoing, rooms: Iterable[str], except_: Iterable[str], volatile: bool, local: bool) -> None:
        """Send ``message`` to the members of ``rooms``, or to all."""
        recovery = self.listener.recovery
        if recovery is not None and not volatile:
            message = recovery.kept(message, rooms, except_)
        if self.watched:
            for socket in self.adapter.members(rooms, except_):
                socket.told(message.name, tuple(message.args))
        self.adapter.broadcast(message, rooms, except_, volatile, local)

    def ask(self, message: Outgoing, sockets: Iterable["Socket"], volatile: bool) -> None:
        """Send ``message``, which asks for an answer, to ``sockets``."""
        for socket in sockets:
            if self.watched:
                socket.told(message.name, tuple(message.args))
            if volatile:
                socket.client.deliver_volatile(message)
            else:
                socket.client.deliver(message)

    def admit(self, socket: "Socket") -> Deferred[None] | None:
        """Ask the middleware about ``socket``; None when there is none to ask."""
        return self._ask(socket, self._uses, 0) if self._uses else None

    def has_message(self, socket: "Receiver", args: list[Any]) -> None:
        """``socket`` sent a message: 0.6's ``clientMessage`` follows in the default namespace."""
        if self is self.listener.sockets:
            for value in args or [None]:
                fire(self, "clientMessage", (value, socket), socket, value)

    def _changed(self) -> None:
        self.only = {} if self._for_any is not None else dict(self._only())

    def _only(self) -> Iterator[tuple[str, AnyHandler]]:
        events = self._by_event or {}
        for name, handlers in events.items():
            if name == "message" and "clientMessage" in events:
                continue  # which is told as well
            if len(handlers) == 1 and handlers[0].plain and name != "*" and name not in RESERVED_NAMES:
                yield name, handlers[0].fn

    def forget(self, socket: "Socket") -> None:
        """``socket`` has left."""
        self.sockets.pop(socket.id, None)

    def check_server_side(self, event: str, args: tuple[Any, ...]) -> None:
        """
        See to it that the other processes can be told.

        :raises TypeError: a value that can't be sent, or a name that is no text.
        :raises ValueError: a reserved name.
        """
        if not isinstance(event, str):
            raise TypeError(f"event names are text, not {type(event).__name__}")
        if event in NOT_TO_OTHERS:
            raise ValueError(f"{event!r} is a reserved event name")
        self.check(args)

    async def on_behalf(self, action: str, rooms: Iterable[str], except_: Iterable[str], args: Iterable[Any]) -> Any:
        """
        Do what another process asks for through the adapter, see :meth:`IAdapter.elsewhere`; gives its answer.

        :raises ValueError: there is no such action.
        """
        if action in ("server_side_emit", "server_side_call"):
            return await self._told_by_server(*args)
        if action not in ACTIONS:
            raise ValueError(f"unknown action {action!r}")
        return await getattr(Broadcast(self, tuple(rooms), tuple(except_), local=True), action)(*args)

    async def _told_by_server(self, event: str, *args: Any) -> Any:
        for result in list(self.server_side._started(event, args)):
            value = await result.addErrback(log_failure, event) if isinstance(result, Deferred) else result
            if value is not None and value is not FAILED:
                return value
        return None

    def _make_adapter(self) -> IAdapter:
        make = self.listener.options.adapter
        if make is None:
            return MemoryAdapter(self.sockets)
        adapter = make(self)
        missing = [name for name in METHODS if not callable(getattr(adapter, name, None))]
        if missing:
            raise OptionError(f"option adapter: what it made for {self.name} has no method {', '.join(missing)}")
        made: IAdapter = adapter
        return made

    def _ask(self, socket: "Socket", uses: list[AnyHandler], at: int) -> Deferred[None]:
        asked: Deferred[None] = maybeDeferred(uses[at], socket)
        if at + 1 < len(uses):
            asked.addCallback(lambda _: None if socket.client.over else self._ask(socket, uses, at + 1))
        return asked

    def _to(self) -> Broadcast:
        return Broadcast(self)
