"""
Namespaces that are made when a client first asks for them.

    io.of(re.compile(r"^/room-\\d+$"))          every name in which the pattern is found
    io.of(lambda name, handshake: ...)          every name for which the function gives true

What is made are children: namespaces with sockets and rooms of their own that share the handlers and the middleware of
their parent, also those added later.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from gateway.adapter import IAdapter
from gateway.handlers import AnyHandler, H, Handler, as_deferred_or_value
from gateway.handshake import Handshake
from gateway.namespace import Namespace
from protocols.model import Outgoing

if TYPE_CHECKING:
    from gateway.listener import Listener
    from gateway.sockets import Socket

Rule = re.Pattern[str] | Callable[[str, Handshake], Any]
"""Which names a parent is for."""


class ParentNamespace(Namespace):
    """
    The handlers, the middleware and the emits that its children have in common; it has no sockets itself.

    :ivar children: by name.
    """

    __slots__ = ("_rule", "children")

    def __init__(self, rule: Rule, listener: "Listener") -> None:
        name = rule.pattern if isinstance(rule, re.Pattern) else getattr(rule, "__name__", repr(rule))
        super().__init__(name, listener)
        self._rule = rule
        self.children: dict[str, ChildNamespace] = {}

    def _make_adapter(self) -> IAdapter:
        return ParentAdapter(self)

    def wants(self, name: str, handshake: Handshake) -> Any:
        """Whether the namespace ``name`` is one of its children; a Deferred when that takes time or failed."""
        if isinstance(self._rule, re.Pattern):
            return self._rule.search(name) is not None
        return as_deferred_or_value(self._rule, name, handshake)

    def has_room(self) -> bool:
        """Whether one more child may be made: at ``max_dynamic`` the oldest that is empty goes for it."""
        if len(self.children) < self.listener.options.max_dynamic:
            return True
        empty = next((child for child in self.children.values() if child.empty), None)
        if empty is not None:
            empty.forget_for_good()
        return empty is not None

    def child(self, name: str) -> "ChildNamespace":
        """A new child."""
        child = self.children[name] = ChildNamespace(name, self)
        return child

    def on_any(self, handler: H) -> H:
        for child in self.children.values():
            child.on_any(handler)
        return super().on_any(handler)

    def prepend_any(self, handler: H) -> H:
        for child in self.children.values():
            child.prepend_any(handler)
        return super().prepend_any(handler)

    def off_any(self, handler: AnyHandler | None = None) -> None:
        for ours in self.listeners_any() if handler is None else [handler]:
            for child in self.children.values():
                child.off_any(ours)
        super().off_any(handler)

    def ask(self, message: Outgoing, sockets: Iterable["Socket"], volatile: bool) -> None:
        named: dict[Namespace, Outgoing] = {}
        for socket in sockets:
            child = socket.namespace
            if child not in named:
                named[child] = addressed(message, child)
            child.ask(named[child], (socket,), volatile)

    def publish(self, message: Outgoing, rooms: Iterable[str], except_: Iterable[str], volatile: bool, local: bool) -> None:
        for child in list(self.children.values()):
            child.publish(addressed(message, child), rooms, except_, volatile, local)


class ChildNamespace(Namespace):
    """A namespace that a client has asked for."""

    __slots__ = ("_joining", "_parent")

    def __init__(self, name: str, parent: ParentNamespace) -> None:
        super().__init__(name, parent.listener)
        self._parent = parent
        self._joining = 0
        self._for_any = parent.listeners_any() or None

    def next_ack_id(self) -> int:
        """Shared by all children, so that one number serves a call to all of them."""
        return self._parent.next_ack_id()

    def admit(self, socket: "Socket") -> Deferred[None] | None:
        uses = [*self._parent._uses, *self._uses]
        if not uses:
            return None
        self._joining += 1
        return self._ask(socket, uses, 0).addBoth(self._asked)

    def forget(self, socket: "Socket") -> None:
        super().forget(socket)
        self.forget_if_empty()

    @property
    def empty(self) -> bool:
        """Nobody is in it, and nobody is about to join."""
        return not self.sockets and not self._joining

    def forget_if_empty(self) -> None:
        """With the option ``cleanup_empty_namespaces`` it goes with its last socket."""
        if self.empty and self.listener.options.cleanup_empty_namespaces:
            self.forget_for_good()

    def forget_for_good(self) -> None:
        """The next client that asks for its name gets a new one."""
        self._parent.children.pop(self.name, None)
        self.listener.drop(self)

    def _asked(self, result: Any) -> Any:
        self._joining -= 1
        return result

    def _changed(self) -> None:
        """There is no short way: its parent has handlers too."""

    def _handlers(self, event: str) -> list[Handler]:
        ours, theirs = super()._handlers(event), self._parent._handlers(event)
        return [*theirs, *ours] if ours and theirs else ours or theirs

    def _used(self, event: str, handler: Handler) -> None:
        super()._used(event, handler)
        self._parent._used(event, handler)


class ParentAdapter:
    """The members of all children."""

    __slots__ = ("_parent",)

    def __init__(self, parent: ParentNamespace) -> None:
        self._parent = parent

    def add(self, socket: "Socket", room: str) -> None:
        """Nobody joins a parent."""

    def remove(self, socket: "Socket", room: str) -> None:
        """Nobody leaves one."""

    def members(self, rooms: Iterable[str], except_: Iterable[str]) -> Iterator["Socket"]:
        """Those of each child."""
        for child in list(self._parent.children.values()):
            yield from child.adapter.members(rooms, except_)

    def broadcast(self, message: Outgoing, rooms: Iterable[str], except_: Iterable[str], volatile: bool, local: bool) -> None:
        """To those of each child, in its name."""
        for child in list(self._parent.children.values()):
            child.adapter.broadcast(addressed(message, child), rooms, except_, volatile, local)

    async def elsewhere(self, action: str, rooms: Iterable[str], except_: Iterable[str], args: tuple[Any, ...]) -> list[Any]:
        """Those that the other processes have of each child."""
        answers: list[Any] = []
        for child in list(self._parent.children.values()):
            answers += await child.adapter.elsewhere(action, rooms, except_, args)
        return answers


def addressed(message: Outgoing, namespace: Namespace) -> Outgoing:
    """``message`` in the name of ``namespace``."""
    made = type(message)
    return made(namespace.name, message.kind, message.name, message.args, message.ack_id, message.binary)
