"""
What a request below the mount asks for: a door reads the request and names one of these steps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from protocols.messages import Unit
from protocols.wires import Answer, AnyWire, PollWire, StreamWire


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
