"""
The vocabulary that every era is normalized into.

A **session** knows what the units of one client mean::

    units in  ->  session.receive(unit, now)  ->  [Event | Ack | Connect | Leave | Control | ...]

A **message** (:class:`Sendable`) is what the gateway sends. A **wire** says how one
era speaks over one transport, as a row of pure functions. A **door** reads a request
below the mount and says, as a *step*, what it asks for.

Nothing here touches a socket, a clock or a log.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol

Unit = str | bytes
"""One packet in transit: text, or the bytes of one attachment."""

DEFAULT_NAMESPACE = "/"

LIBRARY_NAMES = frozenset(("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"))
"""Events that the peers' own libraries raise: Socket.IO 4.8 refuses to emit them, and closes on a peer that does."""

RESERVED_NAMES = LIBRARY_NAMES | {"connection", "error", "clientConnect", "clientMessage", "clientDisconnect"}
"""Lifecycle events of every era: no peer can trigger them (Node builds of 0.7 send ``newListener`` by themselves)."""

# What a session tells its owner ---------------------------------------------------


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


# What the gateway sends -------------------------------------------------------------

EVENT, ACK, MESSAGE, JSON_MESSAGE = range(4)
"""Kinds of :class:`Outgoing`: an event, the answer to one, a message (``send``), 0.9's ``json.send``."""


class Sendable:
    """
    A message on its way to any number of clients; each wire form is made once and kept.

    :ivar last_form: the form that was asked for last (None: it was said in none yet), and ``last_value``, what it gave: to look
        here first spares a walk over many recipients a call each.
    :cvar compress: it may be compressed where that was agreed on.
    """

    __slots__ = ("_forms", "last_form", "last_value")
    compress: ClassVar[bool] = True

    def __init__(self) -> None:
        self.last_form: Callable[[Any], Any] | None = None
        self.last_value: Any = None
        self._forms: dict[Any, Any] | None = None

    def to(self, form: Callable[[Any], Any]) -> Any:
        """Return ``form(self)``, computed once per form."""
        if form is self.last_form:
            return self.last_value
        forms = self._forms
        if forms is None:
            if self.last_form is None:
                self.last_value = value = form(self)
                self.last_form = form
                return value
            forms = self._forms = {self.last_form: self.last_value}
        if form not in forms:
            forms[form] = form(self)
        self.last_form = form
        self.last_value = forms[form]
        return self.last_value

    def said_in(self, encode: Callable[[Any], Any]) -> Any:
        """``encode(self)``; what was said when the message had to wait is said again, even if its values changed meanwhile."""
        return encode(self) if self.last_form is None else self.to(encode)


class Outgoing(Sendable):
    """
    An event, an acknowledgement or a message for clients of any era.

    :ivar args: what JSON can say, and bytes; never changed after it was handed over.
    :ivar ack_id: EVENT: the number whose answer is awaited, or None. ACK: the number answered.
    :ivar binary: whether ``args`` hold bytes at some depth.
    :cvar offset: see :class:`Recoverable`.
    """

    __slots__ = ("ack_id", "args", "binary", "kind", "name", "namespace")
    offset: ClassVar[str | None] = None

    def __init__(
        self,
        namespace: str,
        kind: int,
        name: str,
        args: Sequence[Any],
        ack_id: int | None = None,
        binary: bool = False,
    ) -> None:
        self.last_form = self.last_value = self._forms = None
        self.namespace = namespace
        self.kind = kind
        self.name = name
        self.args = args
        self.ack_id = ack_id
        self.binary = binary


class Uncompressed(Outgoing):
    """The same for what the application does not want to have compressed."""

    __slots__ = ()
    compress = False


class Recoverable(Outgoing):
    """
    An event that is kept for clients that come back after an outage.

    :ivar offset: where it stands among them; an era that can recover says it to its clients as one more argument.
    """

    __slots__ = ("compress", "offset")

    def __init__(self, message: Outgoing, offset: str) -> None:
        super().__init__(message.namespace, message.kind, message.name, message.args, None, message.binary)
        self.compress = message.compress  # type: ignore[misc]
        self.offset = offset  # type: ignore[misc]


class Control(Sendable):
    """Packets of the protocol itself (greeting, heartbeat, refusal), as units of one era's grammar."""

    __slots__ = ("compress", "units")

    def __init__(self, *units: Unit, compress: bool = True) -> None:
        self.last_form = self.last_value = self._forms = None
        self.units = list(units)
        self.compress = compress  # type: ignore[misc]


class Respelled(NamedTuple):
    """
    The peer has shown that it reads another spelling than it is written to.

    :ivar wire: the wire of its transport -> the one to go on with.
    """

    wire: "Callable[[AnyWire], AnyWire]"


Happening = Event | Ack | Data | Connect | Leave | Ended | Dropped | Idle | Respelled | Control


# How one era speaks over one transport --------------------------------------------


class Answer(NamedTuple):
    """A whole HTTP answer, but for what the front adds (Content-Length, Connection, CORS)."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    close: bool = False


class RequestView(Protocol):
    """What doors and wires may read of a request.

    :ivar method: "GET", "POST", ...
    :ivar target: the raw request target, with its query.
    :ivar path: the target up to "?".
    :ivar raw_query: the target after "?", undecoded.
    :ivar query: parsed and percent-decoded; a repeated key holds a list of its values.
    :ivar body: the whole body.
    :ivar upgrade: it asks for an upgrade to WebSocket (of any draft).
    """

    method: str
    target: str
    path: str
    raw_query: str
    body: bytes
    upgrade: bool

    @property
    def query(self) -> Mapping[str, Any]: ...

    def header(self, name: str) -> str:
        """Value of header ``name`` (given in lower case), "" when absent."""
        ...


Encode = Callable[[Any], list[Unit]]
"""``Outgoing | Control -> units``: one era's grammar, whatever the transport."""

REPLACE, REFUSE = "replace", "refuse"
"""What a second poll does to the one that is held."""


@dataclass(frozen=True, eq=False, slots=True)
class PollWire:
    """
    One answer per held request.

    :ivar name: the protocol's name of the transport ("polling", "xhr-polling", "jsonp-polling").
    :ivar encode: message -> units.
    :ivar answer: (units, request) -> the answer to a held GET; ``[]`` is an empty answer.
    :ivar read: (body request, limit) -> units of a POST. Raises ProtocolError.
    :ivar posted: request -> the answer to a POST that was taken.
    :ivar post_first: answer the POST before its packets are handled (0.7 to 0.9).
    :ivar idle: units of the answer to a poll that waited too long or was replaced.
    :ivar goodbye: units that tell a poll that the server ends the session.
    :ivar away: units that tell a poll that the server stops, so that the client connects anew.
    :ivar late: units that tell a poll that the session has ended before it came; () for ``idle`` and ``goodbye``.
    :ivar greets_alone: nothing else is in the answer to the first request (its readers look no further).
    :ivar silent_end: a poll that is held when the session ends gets no answer: the client would ask again at once (0.3 to 0.6).
    :ivar overlap: REPLACE (old poll gets ``idle``) or REFUSE (Engine.IO: both end).
    :ivar cut_ends: a held poll whose connection goes away ends the session (Engine.IO).
    :ivar bad_body_ends: a POST that can't be read ends the session (Engine.IO).
    """

    name: str
    encode: Encode
    answer: Callable[[list[Unit], RequestView], Answer]
    read: Callable[[RequestView, int], list[Unit]]
    posted: Callable[[RequestView], Answer]
    post_first: bool = False
    idle: tuple[Unit, ...] = ()
    goodbye: tuple[Unit, ...] = ()
    overlap: str = REPLACE
    cut_ends: bool = False
    heartbeats: bool = False
    bad_body_ends: bool = False
    away: tuple[Unit, ...] = ()
    late: tuple[Unit, ...] = ()
    greets_alone: bool = False
    silent_end: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class StreamWire:
    """
    Many pieces in one open answer (htmlfile, xhr-multipart, server-events); sends come by POST.

    :ivar head: request -> the answer's head (its body is the first piece).
    :ivar pack: units -> bytes of one or several pieces.
    :ivar chunked: chunked transfer encoding, else the body runs until the connection closes.
    """

    name: str
    encode: Encode
    head: Callable[[RequestView], Answer]
    pack: Callable[[list[Unit]], bytes]
    read: Callable[[RequestView, int], list[Unit]]
    posted: Callable[[RequestView], Answer]
    chunked: bool = True
    post_first: bool = False
    goodbye: tuple[Unit, ...] = ()
    heartbeats: bool = True
    bad_body_ends: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class SocketWire:
    """
    Both directions on one connection.

    :ivar encode: message -> units.
    :ivar carry: units -> the messages for the WebSocket: str goes as a text message, bytes as a binary one.
    :ivar uncarry: a WebSocket message -> the units it holds; None where it is the unit. Raises ProtocolError.
    :ivar goodbye: units said before the closing handshake when the server ends the session.
    :ivar upgrade: makes the machine of the handover from polling (Engine.IO), None where a socket just takes over.
    :ivar settled: gives the wire to go on with once it is known, before that None; for wires that belong to one session.
    :ivar unsettled: what is said until then is the same as on this wire, which many sessions share: frames made for one
        serve all. None where the wire itself is shared.
    """

    name: str
    encode: Encode
    carry: Callable[[list[Unit]], list[Unit]] = list
    uncarry: Callable[[Unit], Sequence[Unit]] | None = None
    goodbye: tuple[Unit, ...] = ()
    heartbeats: bool = True
    upgrade: Callable[[], Any] | None = None
    settled: "Callable[[], SocketWire | None] | None" = None
    unsettled: "SocketWire | None" = None


AnyWire = PollWire | StreamWire | SocketWire


# What a request asks for -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer at once; no session is touched. ``log`` is one readable line about a refusal, "" for none.

    :ivar code: Engine.IO error code for ``connection_error``, else None.
    """

    answer: Answer
    log: str = ""
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the TCP connection without an answer."""

    log: str = ""


@dataclass(frozen=True, slots=True)
class Greet:
    """0.7 to 0.9: make a session without a transport and answer with ``greeting(session_id)``."""

    greeting: Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class Start:
    """Make a session; this request is its first transport."""

    wire: AnyWire


@dataclass(slots=True)
class Resume:
    """A GET or an upgrade of the known session ``client``: its poll, stream or WebSocket."""

    client: Any
    wire: AnyWire


@dataclass(slots=True)
class Post:
    """The body holds units of the known session ``client``."""

    client: Any
    wire: PollWire | StreamWire


@dataclass(frozen=True, slots=True)
class Say:
    """Open the transport just far enough to say ``units``, then close it (0.9: ``7:::1+0``)."""

    wire: AnyWire
    units: tuple[Unit, ...]
    log: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """End the session ``client`` (None: it was unknown), then answer (0.9: ``?disconnect``)."""

    client: Any
    answer: Answer


Step = Reply | Drop | Greet | Start | Resume | Post | Say | Finish


class KnownClient(Protocol):
    """What a door may ask of a client it found by session id.

    :ivar session: its session; ``session.era`` and whatever the era's own door needs of it.
    :ivar transport_name: the name of the transport it is on now ("" before the first).
    """

    session: Any

    @property
    def transport_name(self) -> str: ...


Find = Callable[[str], "KnownClient | None"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The listener's options as far as sessions and doors need them. Times in seconds, sizes in bytes.

    :ivar transports: names that are enabled, per era ("old", "0.9", "eio3", "eio4"), in order.
    :ivar heartbeat_interval, heartbeat_timeout, close_timeout, poll_duration: per era, already derived.
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

    def failed(self, namespace: str) -> list[Happening]:
        """Nobody could decide whether the peer may join ``namespace``: what tells it so."""
        return self.refused(namespace, "internal error")

    @abstractmethod
    def dismiss(self, namespace: str) -> list[Happening]:
        """The server puts the peer out of ``namespace``: what tells it so (with :class:`Ended` where that is the end)."""
