"""
What the packets of one client of Socket.IO 0.7 to 0.9 mean.

    attached  ->  Connect("/")     accepted  ->  1::        once, on the first transport
    5:1::{"name":"a"}          ->  6:::1, then the event    an id without "+" is answered at once
    1::/chat  ->  Connect          accepted  ->  1::/chat   unknown namespaces hear nothing
    0::       ->  the end, goodbye 0::     0::/chat  ->  Leave
"""

from collections.abc import Callable
from typing import Any, ClassVar

from legacy.v09_life import Life
from legacy.v09_packets import ACK, CONNECT, DISCONNECT, EVENT, JSON, MESSAGE, decode, encode, endpoint_of, read_ack, read_event
from protocols import model
from protocols.errors import ProtocolError
from protocols.jsontext import loads
from protocols.model import (
    DEFAULT_NAMESPACE,
    AnyWire,
    Connect,
    Control,
    Dropped,
    Encode,
    Event,
    Happening,
    Leave,
    RequestView,
    Settings,
    Unit,
)

PENDING, LEFT, CONNECTED = range(3)
"""How far a namespace has come: asked for, asked for and left again, joined."""

_WELCOME = Control("1::")


def open_session(id: str, settings: Settings, now: float, request: RequestView) -> "Session09":
    """Make the session that the handshake ``request`` asks for."""
    return Session09(id, settings, now, request.raw_query)


class Session09(Life):
    """
    The session of one client of 0.7 to 0.9.

    :param query: the raw query of the handshake; it is the one of the default namespace.
    """

    era: ClassVar[str] = "0.9"
    encode: ClassVar[Encode] = staticmethod(encode)
    __slots__ = ("_namespaces", "_proven", "_query")

    def __init__(self, id: str, settings: Settings, now: float, query: str = "") -> None:
        super().__init__(id, settings, now)
        self._namespaces: dict[str, int] = {}
        self._proven = False
        self._query = query

    def attached(self, wire: AnyWire, now: float) -> list[Happening]:
        """The first transport connects the default namespace.

        Another kind of transport before the first one proved to work hears the greeting again (Q19).
        """
        former = self._wire
        super().attached(wire, now)
        if former is None:
            return [self._join(DEFAULT_NAMESPACE, self._query)]
        if wire is former or self._proven or self._namespaces.get(DEFAULT_NAMESPACE) != CONNECTED:
            return []
        return [_WELCOME]

    def detached(self, wire: AnyWire, now: float) -> list[Happening]:
        """A poll that was answered with the greeting shows that the transport works."""
        if wire is self._wire and not wire.heartbeats and self._namespaces.get(DEFAULT_NAMESPACE) == CONNECTED:
            self._proven = True
        return super().detached(wire, now)

    # What the peer says -------------------------------------------------------------

    def receive(self, unit: Unit, now: float) -> list[Happening]:
        """Take one packet; what can't be read is dropped, as 0.9.19 does, so nothing is raised."""
        self._heard_at = now
        self._proven = True
        if type(unit) is not str:
            return [Dropped("binary data", unit[:48])]
        try:
            kind, number, plus, endpoint, data = decode(unit)
            namespace = endpoint or DEFAULT_NAMESPACE
            if kind == CONNECT:
                return self._connect(namespace, data)
            if self._namespaces.get(namespace) != CONNECTED:
                return self._early(kind, namespace, unit)
            if number and not plus:
                return self._acknowledged(kind, number, namespace, data)
            return _TAKERS.get(kind, _ignore)(self, namespace, int(number) if number else None, data)
        except ProtocolError as error:
            return [Dropped(error.rule, error.sample)]

    def _acknowledged(self, kind: str, number: str, namespace: str, data: str) -> list[Happening]:
        """An id without "+" is answered before anybody sees the packet, whatever is in it (Q20)."""
        answer = Control(f"{ACK}::{endpoint_of(namespace)}:{number}")
        try:
            return [answer, *_TAKERS.get(kind, _ignore)(self, namespace, None, data)]
        except ProtocolError as error:
            return [answer, Dropped(error.rule, error.sample)]

    def _connect(self, namespace: str, data: str) -> list[Happening]:
        """Both notations of a query count: ``1::/chat:?a=b`` and ``1::/chat?a=b`` (Q16)."""
        namespace, _, query = namespace.partition("?")
        namespace = namespace or DEFAULT_NAMESPACE
        step = self._namespaces.get(namespace)
        if step == CONNECTED:
            return [_greeting(namespace)]
        if step is not None:
            self._namespaces[namespace] = PENDING
            return []
        return [self._join(namespace, data.removeprefix("?") or query)]

    def _join(self, namespace: str, query: str) -> Connect:
        self._namespaces[namespace] = PENDING
        return Connect(namespace, query)

    def _early(self, kind: str, namespace: str, unit: str) -> list[Happening]:
        """Take a packet for a namespace the peer is not in; the end of everything counts all the same."""
        if kind != DISCONNECT:
            return [] if kind not in _TAKERS else [Dropped("packet for a namespace that is not connected", unit[:48])]
        if namespace == DEFAULT_NAMESPACE:
            return self._left(namespace, None, "")
        if namespace in self._namespaces:
            self._namespaces[namespace] = LEFT
        return []

    def _left(self, namespace: str, ack_id: int | None, data: str) -> list[Happening]:
        if namespace != DEFAULT_NAMESPACE:
            del self._namespaces[namespace]
            return [Leave(namespace)]
        return self._end("client namespace disconnect", goodbye=True)

    def _event(self, namespace: str, ack_id: int | None, data: str) -> list[Happening]:
        name, args = read_event(data)
        return [] if name in self._settings.ignored else [Event(namespace, name, args, ack_id)]

    def _message(self, namespace: str, ack_id: int | None, data: str) -> list[Happening]:
        return [Event(namespace, "message", [data], ack_id)]

    def _json_message(self, namespace: str, ack_id: int | None, data: str) -> list[Happening]:
        return [Event(namespace, "message", [loads(data)], ack_id)]

    def _answer(self, namespace: str, ack_id: int | None, data: str) -> list[Happening]:
        """Ids on the wire start at 1, those of the model at 0."""
        number, args = read_ack(data)
        return [model.Ack(namespace, number - 1, args)] if number else []

    # What the owner decides ---------------------------------------------------------

    def accepted(self, namespace: str, socket_id: str, pid: str | None = None) -> list[Happening]:
        if self._namespaces.get(namespace) == LEFT:
            del self._namespaces[namespace]
            return [Leave(namespace)]
        self._namespaces[namespace] = CONNECTED
        return [_greeting(namespace)]

    def refused(self, namespace: str, message: str, data: Any = None) -> list[Happening]:
        """Reason 2, "unauthorized", is all the protocol can say; without the default namespace there is no session."""
        self._namespaces.pop(namespace, None)
        refusal: list[Happening] = [Control(f"7::{endpoint_of(namespace)}:2")]
        return refusal + self._end("forced server close", message) if namespace == DEFAULT_NAMESPACE else refusal

    def failed(self, namespace: str) -> list[Happening]:
        """Without a reason clients fire ``error``; with 2 it were ``connect_failed`` (Q14)."""
        if namespace == DEFAULT_NAMESPACE:
            return self.refused(namespace, "internal error")
        self._namespaces.pop(namespace, None)
        return [Control(f"7::{namespace}")]

    def unknown(self, namespace: str) -> list[Happening]:
        """Servers of 0.7 to 0.9 keep silent about a namespace they do not have (Q24)."""
        self._namespaces.pop(namespace, None)
        return []

    def dismiss(self, namespace: str) -> list[Happening]:
        self._namespaces.pop(namespace, None)
        if namespace == DEFAULT_NAMESPACE:
            return self._end("server namespace disconnect", goodbye=True)
        return [Control(f"0::{namespace}")]


_Taker = Callable[[Session09, str, "int | None", str], list[Happening]]


def _ignore(session: Session09, namespace: str, ack_id: int | None, data: str) -> list[Happening]:
    """Heartbeats count as any packet does; errors, noops and unknown types mean nothing to a server."""
    return []


_TAKERS: dict[str, _Taker] = {
    DISCONNECT: Session09._left,
    MESSAGE: Session09._message,
    JSON: Session09._json_message,
    EVENT: Session09._event,
    ACK: Session09._answer,
}
"""Packet type -> what it does in a namespace the peer is in."""


def _greeting(namespace: str) -> Control:
    return _WELCOME if namespace == DEFAULT_NAMESPACE else Control(f"1::{namespace}")
