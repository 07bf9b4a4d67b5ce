"""
The vocabulary that every era is normalized into.

A **session** knows what the units of one client mean::

    units in  ->  session.receive(unit, now)  ->  [Event | Ack | Connect | Leave | Control | ...]

A **message** (``protocols.messages``) is what the gateway sends. A **wire** (``protocols.wires``) says how one
era speaks over one transport, as a row of pure functions. A **door** reads a request below the mount and
says, as a *step* (``protocols.steps``), what it asks for. All of these can be had from here.

Nothing here touches a socket, a clock or a log.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from protocols.messages import (
    ACK,
    DEFAULT_NAMESPACE,
    EVENT,
    JSON_MESSAGE,
    LIBRARY_NAMES,
    MESSAGE,
    RESERVED_NAMES,
    Control,
    Outgoing,
    Recoverable,
    Sendable,
    Uncompressed,
    Unit,
)
from protocols.steps import (
    Drop,
    Find,
    Finish,
    Greet,
    KnownClient,
    Post,
    Reply,
    Resume,
    Say,
    Start,
    Step,
)
from protocols.wires import (
    REFUSE,
    REPLACE,
    Answer,
    AnyWire,
    Encode,
    PollWire,
    RequestView,
    SocketWire,
    StreamWire,
)


class Event:
    """The peer sent an event (or a message: then ``name`` is ``"message"``).

    :ivar ack_id: the number under which the peer waits for an answer, or None.
    """

    __slots__ = ("ack_id", "args", "name", "namespace")

    def __init__(self, namespace: str, name: str, args: list[Any], ack_id: int | None = None) -> None:
        self.namespace = namespace
        self.name = name
        self.args = args
        self.ack_id = ack_id


class Ack:
    """The peer answers the server's event ``id``."""

    __slots__ = ("args", "id", "namespace")

    def __init__(self, namespace: str, id: int, args: list[Any]) -> None:
        self.namespace = namespace
        self.id = id
        self.args = args


class Data:
    """One bare Engine.IO message, where no Socket.IO runs on top."""

    __slots__ = ("data",)

    def __init__(self, data: Unit) -> None:
        self.data = data


@dataclass(slots=True)
class Connect:
    """The peer asks to join ``namespace``; the owner answers with ``accepted`` or ``refused``.

    :ivar query: the raw query text of the namespace (``/chat?a=b`` gives ``a=b``), "" for none.
    :ivar auth: the object of an Engine.IO 4 CONNECT, else None.
    """

    namespace: str
    query: str = ""
    auth: Any = None


@dataclass(slots=True)
class Leave:
    """The peer left ``namespace``."""

    namespace: str


@dataclass(slots=True)
class Ended:
    """The session is over; nothing may be sent any more.

    :ivar reason: a word of Socket.IO 4.8 ("transport close", "ping timeout", "parse error", ...).
    :ivar goodbye: the peer is told so in the words of its transport, if it has any.
    """

    reason: str
    description: str = ""
    goodbye: bool = True


@dataclass(slots=True)
class Dropped:
    """A packet that could not be read was ignored; the session stays (0.3 to 0.9 only)."""

    rule: str
    sample: Unit = ""


@dataclass(slots=True)
class Idle:
    """A held poll has waited long enough: answer it now with ``wire.idle``."""


class Respelled(NamedTuple):
    """
    The peer has shown that it reads another spelling than it is written to.

    :ivar wire: the wire of its transport -> the one to go on with.
    """

    wire: "Callable[[AnyWire], AnyWire]"


Happening = Event | Ack | Data | Connect | Leave | Ended | Dropped | Idle | Respelled | Control


@dataclass(frozen=True, slots=True)
class Settings:
    """The listener's options as far as sessions and doors need them. Times in seconds, sizes in bytes.

    :ivar transports: names that are enabled, per era ("old", "0.9", "eio3", "eio4"), in order.
    :ivar heartbeat_interval, heartbeat_timeout, close_timeout, poll_duration: per era, already derived.
    :ivar ignored: events that clients of 0.7 to 0.9 can't trigger.
    :ivar close_timeout: for "old" this is the one of polling; other transports of 0.3 to 0.6 have none.
    """

    eras: frozenset[str] = frozenset(("old", "0.9", "eio3", "eio4"))
    transports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    assume_eio: int | None = 3
    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    upgrade_timeout: float = 10.0
    connect_timeout: float = 45.0
    heartbeat_interval: Mapping[str, float] = field(default_factory=dict)
    heartbeat_timeout: Mapping[str, float] = field(default_factory=dict)
    close_timeout: Mapping[str, float] = field(default_factory=dict)
    poll_duration: Mapping[str, float] = field(default_factory=dict)
    max_payload: int = 1_000_000
    max_attachments: int = 10
    old_payload: str = "auto"
    old_events: bool = True
    ignored: frozenset[str] = RESERVED_NAMES
    parser: str = "json"
    recovery: float | None = None


class Session(ABC):
    """
    What bytes mean to one client: the interface of every era's session.

    Time is an argument (seconds of any monotonic clock). Nothing raises but
    :class:`protocols.errors.ProtocolError`, and only ``receive``.

    :cvar era: "old", "0.9", "eio3" or "eio4".
    :cvar encode: the grammar in which messages are kept while there is no transport.
    :cvar outlives: it may wait for another stream or socket when the one it had has gone.
    :ivar linger: seconds that the end of a polling session is kept for its next poll (Engine.IO 6.6 has 30).
    :cvar recovers: its clients can take up where they were cut off (connection state recovery).
    :ivar id: the session id.
    :ivar deadline: when :meth:`wake` wants to be called next; ``inf`` for never.
    """

    era: ClassVar[str] = ""
    encode: ClassVar[Encode]
    recovers: ClassVar[bool] = False
    outlives: ClassVar[bool] = False
    linger: float = 30.0
    __slots__ = ("deadline", "id")

    id: str
    deadline: float

    @abstractmethod
    def open(self, now: float) -> list[Happening]:
        """Begin; called once, before any transport is attached."""

    def attached(self, wire: AnyWire, now: float) -> list[Happening]:
        """A poll, stream or socket that speaks ``wire`` can carry from now on."""
        return []

    def detached(self, wire: AnyWire, now: float) -> list[Happening]:
        """It no longer can: the poll was answered or cut, the stream or socket has ended."""
        return []

    @abstractmethod
    def receive(self, unit: Unit, now: float) -> list[Happening]:
        """Take one unit from the peer.

        :raises ProtocolError: where the era's server closes the session on such a packet.
        """

    def wake(self, now: float) -> list[Happening]:
        """``deadline`` has come."""
        return []

    def lingers_after(self, reason: str) -> bool:
        """Whether the next poll is still answered with the end when it came for ``reason``; else the session is unknown."""
        return True

    def socket_id(self, namespace: str, generate: Callable[[], str]) -> str:
        """The id of the peer's socket in ``namespace``; ``generate`` gives a fresh random one."""
        return self.id

    def unknown(self, namespace: str) -> list[Happening]:
        """There is no such namespace: what tells the peer so."""
        return self.refused(namespace, "Invalid namespace")

    @abstractmethod
    def accepted(self, namespace: str, socket_id: str, pid: str | None = None) -> list[Happening]:
        """The peer is in ``namespace`` now: what tells it so."""

    @abstractmethod
    def refused(self, namespace: str, message: str, data: Any = None) -> list[Happening]:
        """The peer may not join ``namespace``: what tells it so."""

    def event_refused(self, namespace: str, message: str, data: Any = None) -> list[Happening]:
        """An event of the peer's was refused: what tells it so, nothing in most eras."""
        return []

    def failed(self, namespace: str) -> list[Happening]:
        """Nobody could decide whether the peer may join ``namespace``: what tells it so."""
        return self.refused(namespace, "internal error")

    @abstractmethod
    def dismiss(self, namespace: str) -> list[Happening]:
        """The server puts the peer out of ``namespace``: what tells it so (with :class:`Ended` where that is the end)."""


__all__ = [
    "ACK",
    "DEFAULT_NAMESPACE",
    "EVENT",
    "JSON_MESSAGE",
    "LIBRARY_NAMES",
    "MESSAGE",
    "REFUSE",
    "REPLACE",
    "RESERVED_NAMES",
    "Ack",
    "Answer",
    "AnyWire",
    "Connect",
    "Control",
    "Data",
    "Drop",
    "Dropped",
    "Encode",
    "Ended",
    "Event",
    "Find",
    "Finish",
    "Greet",
    "Happening",
    "Idle",
    "KnownClient",
    "Leave",
    "Outgoing",
    "PollWire",
    "Post",
    "Recoverable",
    "Reply",
    "RequestView",
    "Respelled",
    "Resume",
    "Say",
    "Sendable",
    "Session",
    "Settings",
    "SocketWire",
    "Start",
    "Step",
    "StreamWire",
    "Uncompressed",
    "Unit",
]
