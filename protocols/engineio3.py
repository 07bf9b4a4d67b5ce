"""
Sessions of Engine.IO 2 and 3 with Socket.IO 3 and 4: clients 1.x and 2.x.

    we:   0{"sid":...}            peer: 2       (every ping_interval)
    we:   40                      we:   3
    peer: 40/chat?token=a,        we:   40/chat,     or   44/chat,"no"

The client pings and is in "/" by itself. JSON goes out in ASCII; text comes in with one layer of UTF-8 (2.x) or two (1.x).
"""

from collections.abc import Callable
from typing import Any, ClassVar

from protocols.engineio import JOINED, PENDING, REFUSED, EngineSession, Take
from protocols.engineio_wires import counted_wire
from protocols.jsontext import dumps_ascii
from protocols.model import DEFAULT_NAMESPACE, Connect, Control, Happening, Respelled, Settings
from protocols.payload import TYPES, unbase64, undouble
from protocols.socketio import BadPacket, counted_ack, packet, read_connect

PONG = Control("3")
RESPELLED = Respelled(counted_wire)

MAX_WAITING = 1000
"""Most joins that wait for the one of "/"."""


class Session3(EngineSession):
    """
    Engine.IO 2 and 3: clients 1.x and 2.x.

    The client pings; the session ends ``ping_interval + ping_timeout`` after the last ping (engine.io 6.6.11; up to 3.x
    any packet counted).

    :ivar framing: how answers to its polls are framed: "binary", "text", or "auto" for text where it is ASCII.
    :ivar doubled: it has sent text with a second layer of UTF-8 in a POST.
    :ivar counted: it has sent an answer in the form of 1.0.0 to 1.0.2.
    """

    era = "eio3"
    __slots__ = ("_pinged_at", "_single", "_waiting", "counted", "doubled", "framing")

    def __init__(self, id: str, settings: Settings, now: float, revision: int = 3, *args: Any, **options: Any) -> None:
        super().__init__(id, settings, now, revision, *args, **options)
        self.framing = "auto"
        self.doubled = False
        self.counted = False
        self._pinged_at = now
        self._single = False
        self._waiting: list[Happening] = []

    def open(self, now: float) -> list[Happening]:
        happenings = super().open(now)
        self._pinged_at = now
        self.deadline = now + self._patience
        if not self._bare:
            self._mark(DEFAULT_NAMESPACE, PENDING)
            happenings.append(Connect(DEFAULT_NAMESPACE))
        return happenings

    @property
    def _patience(self) -> float:
        return self._settings.ping_interval + self._settings.ping_timeout

    def wake(self, now: float) -> list[Happening]:
        """Give up a peer that no longer pings."""
        self.deadline = self._pinged_at + self._patience
        return [] if now < self.deadline else [self._end("ping timeout")]

    def _decide(self, text: str) -> str:
        """Take a second layer of UTF-8 off, unless the peer has shown that it adds none."""
        single = None if self._single else undouble(text)
        if single is not None:
            self.doubled = True
            return single
        if not self._single and max(text) > "\xff":
            self._single, self.doubled = True, False
        return str(text)

    def _take_ping(self, unit: str) -> list[Happening]:
        self._pinged_at = self._heard_at
        return [PONG]

    def _take_base64(self, unit: str) -> list[Happening]:
        """A type digit follows the "b"; engine.io passes unknown ones over."""
        kind = unit[1:2]
        if kind == "4":
            return self._take_binary(unbase64(unit[2:]))
        return self._takes[kind](self, kind) if kind and kind in TYPES else []

    def _take_ack(self, unit: str) -> list[Happening]:
        counted = counted_ack(unit)
        if counted is None:
            return super()._take_ack(unit)
        attachments, unit = counted
        happenings = self._take_header(unit) if attachments else super()._take_ack(unit)
        if self.counted:
            return happenings
        self.counted = True
        return [RESPELLED, *happenings]

    def _read_connect(self, unit: str) -> Connect:
        namespace, _, query = read_connect(unit)[0].partition("?")
        return Connect(namespace, query)

    def _connect(self, connect: Connect) -> list[Happening]:
        """
        Joins wait for the one of "/" and are void when that is refused (2.5).

        Its middleware is where 1.x and 2.x applications admit clients.
        """
        root = self._namespaces.get(DEFAULT_NAMESPACE)
        if root is REFUSED and connect.namespace != DEFAULT_NAMESPACE:
            return []
        happenings = super()._connect(connect)
        if root is not PENDING:
            return happenings
        if len(self._waiting) >= MAX_WAITING:
            raise BadPacket("too many namespaces asked for", connect.namespace)
        self._waiting += happenings
        return []

    def _take_stray(self, namespace: str) -> list[Happening]:
        """Ignored: a 2.x client may be sending while it is being put out (spec Engine.IO §3.7)."""
        return []

    def socket_id(self, namespace: str, generate: Callable[[], str]) -> str:
        """As 2.x clients reckon it themselves (socket.io-client 2.5): the session id, behind the name of the namespace."""
        return self.id if namespace == DEFAULT_NAMESPACE else f"{namespace}#{self.id}"

    def accepted(self, namespace: str, socket_id: str, pid: str | None = None) -> list[Happening]:
        """What tells the peer so; for "/", followed by the joins that waited for it."""
        self._mark(namespace, JOINED)
        happenings: list[Happening] = [self._packet("0", namespace)]
        if namespace == DEFAULT_NAMESPACE:
            happenings += self._waiting
            self._waiting = []
        return happenings

    def refused(self, namespace: str, message: str, data: Any = None) -> list[Happening]:
        self._mark(namespace, None)
        if namespace == DEFAULT_NAMESPACE:
            self._namespaces = {DEFAULT_NAMESPACE: REFUSED}
            self._waiting = []
        return [self._packet("4", namespace, message if data is None else data)]

    def event_refused(self, namespace: str, message: str, data: Any = None) -> list[Happening]:
        """An ERROR packet, which 1.x and 2.x clients raise as ``error`` (spec Engine.IO §3.10); later ones hear nothing."""
        return [self._packet("4", namespace, message if data is None else data)]

    def _packet(self, kind: str, namespace: str, value: Any = None) -> Control:
        return packet(kind, namespace, "" if value is None else dumps_ascii(value))

    _plain: ClassVar[dict[str, Take]] = {
        **EngineSession.PLAIN_TAKES,
        "2": _take_ping,
        "3": EngineSession._take_nothing,
        "b": _take_base64,
    }
    _open: ClassVar[dict[str, Take]] = {**_plain, **EngineSession.SOCKETIO_TAKES, "43": _take_ack}
