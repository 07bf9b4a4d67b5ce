"""
How one era speaks over one transport: a row of pure functions.

    PollWire      one answer per held request           StreamWire    many pieces in one open answer
    SocketWire    both directions on one connection
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from protocols.messages import Unit


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
