"""
Debug lines: classes that say what an object does and then let it do it. None of them is used while its scope is off.

    socketio.transports   <Client aBcD12… eio4 over websocket> received '42["say","hello"]'
    socketio.sockets      <Socket aBcD12… in /chat> received 'say' ['hello']
"""

import re
from typing import Any

from gateway.logs import ScopeLogger
from protocols.model import Ack, Event, Outgoing, Unit

MOST = 200
"""Characters of a value that a line shows."""

_ID = re.compile(r"[A-Za-z0-9_-]{16,}")
"""What may be a session id, which is never logged whole."""


def shown(value: Any) -> str:
    """``value`` on one line, short, and without whole ids."""
    text = repr(value[: MOST + 1] if isinstance(value, str | bytes) else value)
    text = _ID.sub(lambda found: found[0][:6] + "…", text[:MOST]) + ("…" if len(text) > MOST else "")
    return text


sessions, transports, packets, namespaces, sockets = map(
    ScopeLogger, ("sessions", "transports", "packets", "namespaces", "sockets")
)


def say(scope: ScopeLogger, who: Any, text: str, *values: Any) -> None:
    """One line of ``scope`` about ``who``."""
    scope.debug("{who!r} {text}", who=who, text=" ".join([text, *map(shown, values)]))


class Lines:
    """What all classes with lines are."""

    __slots__ = ()


class SessionLines(Lines):
    """A Client, for ``socketio.sessions``."""

    __slots__ = ()

    def begin(self: Any, transport: Any, now: float) -> None:
        """Its session opens."""
        say(sessions, self, "opens")
        super().begin(transport, now)  # type: ignore[misc]

    def attach(self: Any, transport: Any, now: float) -> None:
        """A transport carries."""
        if transport is not self.transport:
            say(sessions, self, f"goes over to {transport.wire.name}")
        super().attach(transport, now)  # type: ignore[misc]

    def close_sockets(self: Any, reason: str, description: str) -> None:
        """It is over."""
        say(sessions, self, f"ends: {reason}{f' ({description})' if description else ''}")
        super().close_sockets(reason, description)  # type: ignore[misc]


class UnitLines(Lines):
    """A Client, for ``socketio.transports``: what comes in."""

    __slots__ = ()

    def receive(self: Any, unit: Unit, now: float) -> None:
        """A unit came."""
        say(transports, self, "received", unit)
        super().receive(unit, now)  # type: ignore[misc]


class TransportLines(Lines):
    """A transport, for ``socketio.transports``: what goes out."""

    __slots__ = ()

    def write(self: Any, message: Any) -> None:
        """A message goes out."""
        self._tell(message)
        super().write(message)  # type: ignore[misc]

    def write_alone(self: Any, message: Any) -> None:
        """A message goes out."""
        self._tell(message)
        super().write_alone(message)  # type: ignore[misc]

    def _tell(self: Any, message: Any) -> None:
        for unit in message.to(self.wire.encode):
            transports.debug("{who!r} sends {unit}", who=self.client, unit=shown(unit))


class PacketLines(Lines):
    """A session, for ``socketio.packets``: what its units mean."""

    __slots__ = ()

    def receive(self: Any, unit: Unit, now: float) -> Any:
        """A unit came."""
        happenings = super().receive(unit, now)  # type: ignore[misc]
        for one in happenings:
            packets.debug("{id}… decoded {what}", id=self.id[:6], what=_described(one))
        return happenings


class NamespaceLines(Lines):
    """A Namespace, for ``socketio.namespaces``."""

    __slots__ = ()

    def admit(self: Any, socket: Any) -> Any:
        """A socket wants to come in."""
        say(namespaces, self, f"is asked to admit {socket!r}")
        return super().admit(socket)  # type: ignore[misc]

    def publish(self: Any, message: Outgoing, rooms: Any, except_: Any, volatile: bool, local: bool) -> None:
        """A broadcast."""
        flags = [f"to {shown(rooms)}"] * bool(rooms) + [f"except {shown(except_)}"] * bool(except_)
        flags += ["volatile"] * volatile + ["local"] * local
        say(namespaces, self, " ".join(["broadcasts", *flags]), message.name, list(message.args))
        super().publish(message, rooms, except_, volatile, local)  # type: ignore[misc]

    def forget(self: Any, socket: Any) -> None:
        """A socket is gone."""
        say(namespaces, self, f"forgets {socket!r}")
        super().forget(socket)  # type: ignore[misc]


class SocketLines(Lines):
    """A Socket, for ``socketio.sockets``."""

    __slots__ = ()

    def receive(self: Any, event: Event) -> None:
        """An event came."""
        say(sockets, self, f"received{'' if event.ack_id is None else f' (ack {event.ack_id})'}", event.name, event.args)
        super().receive(event)  # type: ignore[misc]

    def take_ack(self: Any, ack: Ack) -> None:
        """An answer came."""
        say(sockets, self, f"received the answer {ack.id}", ack.args)
        super().take_ack(ack)  # type: ignore[misc]

    def emit(self: Any, name: str, *args: Any, ack: Any = None) -> None:
        """Send an event."""
        say(sockets, self, "emits", name, list(args))
        super().emit(name, *args, ack=ack)  # type: ignore[misc]

    def send(self: Any, *args: Any, ack: Any = None) -> None:
        """Send a message."""
        say(sockets, self, "sends", list(args))
        super().send(*args, ack=ack)  # type: ignore[misc]

    def call(self: Any, name: str, *args: Any, timeout: float | None = None) -> Any:
        """Send an event that is to be answered."""
        say(sockets, self, "calls", name, list(args))
        return super().call(name, *args, timeout=timeout)  # type: ignore[misc]

    def join(self: Any, *rooms: Any) -> None:
        """Enter rooms."""
        say(sockets, self, "joins", *rooms)
        super().join(*rooms)  # type: ignore[misc]

    def leave(self: Any, *rooms: Any) -> None:
        """Leave rooms."""
        say(sockets, self, "leaves", *rooms)
        super().leave(*rooms)  # type: ignore[misc]

    def enter(self: Any) -> None:
        """It is in."""
        say(sockets, self, "is in")
        super().enter()  # type: ignore[misc]

    def close(self: Any, reason: str) -> None:
        """It is out."""
        say(sockets, self, f"is out: {reason}")
        super().close(reason)  # type: ignore[misc]


def _described(happening: Any) -> str:
    fields = getattr(type(happening), "__slots__", ())
    parts = [f"{name}={shown(getattr(happening, name))}" for name in fields if not name.startswith("_")]
    return f"{type(happening).__name__}({', '.join(parts)})"
