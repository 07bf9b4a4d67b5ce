"""
Sessions of Engine.IO 2 to 4, with Socket.IO on top or bare.

    0{"sid":"...","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}
    2 ping    3 pong    4 message    6 noop    1 close    bAQID (EIO 4), b4AQID (EIO 2, 3) base64

A session takes units (text of a packet, or the bytes of one binary message) and says what they mean; which packets
it takes is a table per state, looked up by the first two characters. Here is what all revisions share; what they
differ in is in ``engineio3`` and ``engineio4``. Sources: spec Engine.IO §2 and §3, engine.io 6.6.11, socket.io 4.8.4.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import inf
from typing import Any, ClassVar

from protocols.errors import ProtocolError
from protocols.jsontext import dumps_ascii
from protocols.model import (
    DEFAULT_NAMESPACE,
    RESERVED_NAMES,
    AnyWire,
    Connect,
    Control,
    Data,
    Ended,
    Event,
    Happening,
    Leave,
    Session,
    Settings,
    SocketWire,
    Unit,
)
from protocols.payload import sound
from protocols.socketio import (
    Assembly,
    BadPacket,
    read_ack,
    read_event,
    read_leave,
)

MAX_REMEMBERED = 1000
"""From so many namespaces on, those that the server has put the peer out of are forgotten."""

OWN_ENDS = frozenset(("forced close", "forced server close", "server namespace disconnect", "server shutting down"))
"""Reasons of ends that the server wanted."""

PENDING, JOINED, LEFT, REFUSED = "pending", "joined", "left", "refused"
"""A namespace: the join is not answered; the peer is in it; the server has put it out; it may not join (only "/")."""

_IN_DEFAULT: Mapping[str | None, Mapping[str, str]] = {
    None: {},
    **{state: {DEFAULT_NAMESPACE: state} for state in (PENDING, JOINED, LEFT, REFUSED)},
}
"""The tables of sessions that know of no namespace but "/"."""

Take = Callable[[Any, str], list[Happening]]


def message(data: Unit, compress: bool = True) -> Control:
    """A bare Engine.IO message, for sessions without Socket.IO on top."""
    return Control("4" + sound(data) if isinstance(data, str) else data, compress=compress)


@lru_cache
def _rest_of_greeting(upgrades: tuple[str, ...], ping_interval: float, ping_timeout: float, max_payload: int) -> str:
    """The open packet behind the session id, as most sessions have it."""
    values = {
        "upgrades": upgrades,
        "pingInterval": round(ping_interval * 1000),
        "pingTimeout": round(ping_timeout * 1000),
        "maxPayload": max_payload,
    }
    return dumps_ascii(values)[1:]


class EngineSession(Session):
    """
    What all revisions share.

    :ivar revision: 2, 3 or 4: the ``EIO`` of each of its requests.
    :ivar upgrades: transports that the open packet offers.
    """

    __slots__ = ("_assembly", "_bare", "_heard_at", "_namespaces", "_on_socket", "_settings", "_takes", "revision", "upgrades")

    def __init__(
        self, id: str, settings: Settings, now: float, revision: int, upgrades: tuple[str, ...] = (), bare: bool = False
    ) -> None:
        self.id = id
        self.deadline = inf
        self.revision = revision
        self.upgrades = upgrades
        self._settings = settings
        self._bare = bare
        self._heard_at = now
        self._on_socket = False
        self._assembly: Assembly | None = None
        self._namespaces: Mapping[str, str] = _IN_DEFAULT[None]
        self._takes = self._plain if bare else self._open

    @property
    def bare(self) -> bool:
        """Whether no Socket.IO runs on top."""
        return self._bare

    @property
    def parser(self) -> str:
        """The spelling of its packets: "json" or "msgpack"."""
        return "json" if self._bare else self._settings.parser

    def open(self, now: float) -> list[Happening]:
        """Begin with the open packet; 1.x and 2.x clients join "/" by it."""
        settings = self._settings
        rest = _rest_of_greeting(self.upgrades, settings.ping_interval, settings.ping_timeout, settings.max_payload)
        self._heard_at = now
        return [Control(f'0{{"sid":{dumps_ascii(self.id)},{rest}')]

    def attached(self, wire: AnyWire, now: float) -> list[Happening]:
        self._on_socket = isinstance(wire, SocketWire)
        return []

    def lingers_after(self, reason: str) -> bool:
        """Only the server's own close waits for the next poll (engine.io 6.6.11)."""
        return reason in OWN_ENDS

    # From the peer

    def receive(self, unit: Unit, now: float) -> list[Happening]:
        """
        Take one unit from the peer.

        :raises BadPacket: a Socket.IO packet that closes the connection, reason "forced close".
        :raises ProtocolError: an Engine.IO packet that does, reason "parse error".
        """
        self._heard_at = now
        if type(unit) is str:
            take = self._takes.get(unit[:2]) or self._takes.get(unit[:1])
            if take is None:
                raise ProtocolError("unknown Engine.IO packet", unit)
            return take(self, unit)
        if isinstance(unit, bytes):
            return self._take_binary(unit)
        return self.receive(self._decide(unit), now)

    def _decide(self, text: str) -> str:
        return str(text)

    def _take_nothing(self, unit: str) -> list[Happening]:
        """Open, upgrade and noop mean nothing from an open session's peer."""
        return []

    def _take_close(self, unit: str) -> list[Happening]:
        """A WebSocket is closed by itself, so engine.io passes the packet over there."""
        return [] if self._on_socket else [self._end("transport close")]

    def _take_message(self, unit: str) -> list[Happening]:
        """A message that is no packet of Socket.IO."""
        if self._bare:
            return [Data(unit[1:])]
        raise BadPacket("text while attachments are due" if self._assembly else "unknown Socket.IO packet", unit)

    def _take_binary(self, data: bytes) -> list[Happening]:
        if self._bare:
            return [Data(data)]
        assembly = self._assembly
        if assembly is None:
            raise BadPacket("binary without a header", data)
        if not assembly.add(data):
            return []
        self._assembly = None
        self._takes = self._open
        happening = assembly.happening
        if happening is None or self._namespaces.get(happening.namespace) is not JOINED:
            return []
        if type(happening) is Event and happening.name in RESERVED_NAMES:
            return []
        return [happening]

    def _take_event(self, unit: str) -> list[Happening]:
        event = read_event(unit)
        if self._namespaces.get(event.namespace) is not JOINED:
            return self._take_stray(event.namespace)
        return [] if event.name in RESERVED_NAMES else [event]

    def _take_ack(self, unit: str) -> list[Happening]:
        ack = read_ack(unit)
        if ack is None:
            return []
        if self._namespaces.get(ack.namespace) is not JOINED:
            return self._take_stray(ack.namespace)
        return [ack]

    def _take_header(self, unit: str) -> list[Happening]:
        """Its attachments are awaited even when the packet will be ignored: they come all the same."""
        assembly = Assembly(unit, self._settings.max_attachments, self._settings.max_payload)
        happening = assembly.happening
        if happening is not None and self._namespaces.get(happening.namespace) is not JOINED:
            self._take_stray(happening.namespace)
        self._assembly = assembly
        self._takes = self._plain
        return []

    def _take_connect(self, unit: str) -> list[Happening]:
        return self._connect(self._read_connect(unit))

    def _connect(self, connect: Connect) -> list[Happening]:
        if self._namespaces.get(connect.namespace) in (PENDING, JOINED):
            raise BadPacket("second CONNECT for a namespace", connect.namespace)
        self._mark(connect.namespace, PENDING)
        return [connect]

    def _take_leave(self, unit: str) -> list[Happening]:
        return self._leave(read_leave(unit))

    def _leave(self, namespace: str) -> list[Happening]:
        if self._namespaces.get(namespace) is not JOINED:
            return self._take_stray(namespace)
        self._mark(namespace, None)
        return [Leave(namespace)]

    def _read_connect(self, unit: str) -> Connect:
        raise NotImplementedError

    def _take_stray(self, namespace: str) -> list[Happening]:
        """A packet for a namespace that the peer is not in."""
        raise NotImplementedError

    # To the peer

    def dismiss(self, namespace: str) -> list[Happening]:
        if len(self._namespaces) >= MAX_REMEMBERED:
            self._namespaces = {name: state for name, state in self._namespaces.items() if state is not LEFT}
        self._mark(namespace, LEFT)
        return [self._packet("1", namespace)]

    def _mark(self, namespace: str, state: str | None) -> None:
        """Remember ``state`` of ``namespace``; None forgets it. Tables are never changed: sessions in "/" alone share them."""
        before = self._namespaces
        if namespace == DEFAULT_NAMESPACE and len(before) == (namespace in before):
            self._namespaces = _IN_DEFAULT[state]
            return
        after = {name: known for name, known in before.items() if name != namespace}
        if state is not None:
            after[namespace] = state
        self._namespaces = after

    def _packet(self, kind: str, namespace: str, value: Any = None) -> Control:
        """A packet of the protocol itself, with ``value`` unless that is None."""
        raise NotImplementedError

    def _end(self, reason: str, description: str = "") -> Ended:
        self.deadline = inf
        return Ended(reason, description)

    #: First two characters, or the first -> what takes such a unit.
    PLAIN_TAKES: ClassVar[dict[str, Take]] = {
        "0": _take_nothing,
        "1": _take_close,
        "4": _take_message,
        "5": _take_nothing,
        "6": _take_nothing,
    }
    SOCKETIO_TAKES: ClassVar[dict[str, Take]] = {
        "40": _take_connect,
        "41": _take_leave,
        "42": _take_event,
        "43": _take_ack,
        "45": _take_header,
        "46": _take_header,
    }
    _plain: ClassVar[dict[str, Take]] = PLAIN_TAKES
    _open: ClassVar[dict[str, Take]] = {**PLAIN_TAKES, **SOCKETIO_TAKES}
