"""
What ``scripts/fuzz.py`` feeds: every parser and every session, by name.

A target takes bytes and may raise ProtocolError, nothing else. Sessions get units: the bytes cut at line ends, a unit that
begins with 01 being binary.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from gateway import deflate, offers
from gateway.drafts import draft_of
from gateway.heads import Head
from gateway.http import RequestReader
from gateway.proxies import Proxies
from legacy import hixie, v06_auto, v06_door, v06_envelope, v06_frames, v06_wires, v09_door, v09_packets, v09_payload, v09_wires
from legacy.v06 import Session06
from legacy.v09 import Session09
from protocols import engineio_door, engineio_wires, jsontext, msgpack_parser, payload, socketio
from protocols.engineio import EngineSession
from protocols.engineio3 import Session3
from protocols.engineio4 import Session4
from protocols.engineio_msgpack import MsgpackSession3, MsgpackSession4
from protocols.errors import ProtocolError
from protocols.model import Connect, Ended, Session, Settings, SocketWire
from protocols.upgrade import Upgrade
from protocols.websocket import FrameReader

LIMIT = 100_000
ENABLED = {"old": v06_door.TRANSPORTS, "0.9": tuple(v09_wires.WIRES)}
NINE = {"0.9": 45.0}
SETTINGS = Settings(
    max_payload=LIMIT, transports=ENABLED, heartbeat_interval=NINE, heartbeat_timeout=NINE, close_timeout=NINE, poll_duration=NINE
)
Target = Callable[[bytes], object]


class Body:
    """The request of a POST, as a wire sees it."""

    path, method, target, raw_query = "/socket.io/", "POST", "/socket.io/", ""
    upgrade = False
    query: dict[str, Any] = {}

    def __init__(self, body: bytes, content_type: str = "") -> None:
        self.body = body
        self._content_type = content_type

    def header(self, name: str) -> str:
        """Only the content type is there."""
        return self._content_type if name == "content-type" else ""


class Asked:
    """A header of which the value is ``text``, whatever its name."""

    address, secure = "10.0.0.1", False

    def __init__(self, text: str) -> None:
        self._text = text

    def header(self, name: str) -> str:
        """The text."""
        return self._text


def text_of(data: bytes) -> str:
    """As the transports do it."""
    return data.decode("utf-8", "replace")


def each(functions: Iterable[Callable[[Any], object]], value: Any) -> None:
    """Each function for itself: what one refuses the next still reads."""
    for function in functions:
        try:
            function(value)
        except ProtocolError:
            continue


# HTTP and openings ----------------------------------------------------------------------


def http(data: bytes) -> None:
    """Heads and bodies behind each other."""
    reader = RequestReader(16384, 500)
    reader.feed(data)
    while (raw := reader.head()) is not None:
        head = Head(raw)
        head.headers, head.query, head.header("x")
        if head.upgrade:
            return
        reader.expect(head.length, head.chunked, LIMIT)
        if reader.body() is None:
            return


class Opening(Head):
    """The request of an opening."""

    __slots__ = ()
    secure = False


def opening(data: bytes) -> None:
    """What each draft makes of it, and our head."""
    reader = RequestReader(16384, 500)
    reader.feed(data)
    raw = reader.head()
    if raw is not None:
        request = Opening(raw)
        draft = draft_of(request)
        draft.check(request.header)
        draft.head(request, ())


def doors(data: bytes) -> None:
    """A request of any path and query, at the door of each era."""
    head = Head(b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % data.translate(None, b" \r\n\0"))
    segments = head.path[len("/socket.io/") :].split("/")
    engineio_door.door(head, SETTINGS, _nobody)
    v06_door.door(head, segments, SETTINGS, _nobody)
    v09_door.door(head, segments, SETTINGS, _nobody)


def _nobody(sid: str) -> None:
    return None


def forwarded(data: bytes) -> None:
    """What a proxy says about the client."""
    Proxies(["10.0.0.0/8"]).seen_through(Asked(data.decode("latin-1")))


# Packets ----------------------------------------------------------------------------------


def socketio_packet(data: bytes) -> None:
    """A packet of any kind, read as each kind."""
    readers = (socketio.read_event, socketio.read_ack, socketio.read_connect, socketio.read_leave, socketio.counted_ack)
    each((*readers, lambda unit: socketio.Assembly(unit, 10, LIMIT).add(b"x")), text_of(data))


def nine_packet(data: bytes) -> None:
    """A packet and what it holds."""
    *_, body = v09_packets.decode(text_of(data))
    each((v09_packets.read_event, v09_packets.read_ack), body)


def msgpack_packet(data: bytes) -> None:
    """A packet of either version, long enough to be measured too."""
    each((msgpack_parser.read_packet, partial(msgpack_parser.read_packet, binary_types=True), msgpack_parser._measure), data)


def posts(wires: Iterable[Any], content_types: tuple[str, ...] = ("",)) -> Target:
    """A body, as each of ``wires`` reads it."""
    pairs = [(wire.read, content_type) for wire in wires for content_type in content_types]

    def target(data: bytes) -> None:
        each([lambda body, read=read, kind=kind: read(Body(body, kind), LIMIT) for read, kind in pairs], data)  # type: ignore[misc]

    return target


# Sessions ---------------------------------------------------------------------------------


def units_of(data: bytes) -> list[str | bytes]:
    """See above."""
    return [line[1:] if line[:1] == b"\x01" else text_of(line) for line in data.split(b"\n")]


def session(make: Callable[[], Session], wire: Any) -> Target:
    """All units to a session whose every wish is granted; then it is woken, and writes what it has to say."""

    def target(data: bytes) -> None:
        peer = make()
        todo = [*peer.open(0.0), *peer.attached(wire, 0.0)]
        for now, unit in enumerate(units_of(data)):
            todo += peer.receive(payload.Undecided(unit) if now % 2 and isinstance(unit, str) and unit else unit, float(now))
            while todo:
                happening = todo.pop()
                if type(happening) is Connect:
                    todo += peer.accepted(happening.namespace, "id")
                if type(happening) is Ended:
                    return
        peer.wake(1000.0)

    return target


def engine(kind: type[EngineSession], bare: bool = False) -> Target:
    """A session of Engine.IO on a WebSocket."""
    return session(lambda: kind("sid", SETTINGS, 0.0, bare=bare), SocketWire("websocket", socketio.encode4))


def old(name: str, learning: str) -> Target:
    """A session of 0.3 to 0.6; payloads of a WebSocket hold several units each."""

    def target(data: bytes) -> None:
        wire = v06_auto.wire_for(name, learning)
        units = wire.uncarry(text_of(data)) if isinstance(wire, SocketWire) and wire.uncarry else [text_of(data)]
        joined = b"\n".join(unit.encode("utf-8", "replace") if isinstance(unit, str) else b"\x01" + unit for unit in units)
        session(lambda: Session06("sid", SETTINGS, 0.0), wire)(joined)

    return target


def upgrade(data: bytes) -> None:
    """The handover of a session."""
    machine = Upgrade()
    for unit in units_of(data):
        machine.receive(unit)


ROWS3, ROWS4 = engineio_wires.ROWS3["json"], engineio_wires.ROWS4["json"]
BODIES = ("", "application/octet-stream", "application/x-www-form-urlencoded")

TARGETS: dict[str, tuple[str, Target]] = {
    "HTTP": ("http", http),
    "WebSocket openings": ("openings", opening),
    "paths and queries": ("targets", doors),
    "extension offers": ("headers", lambda data: offers.negotiate(data.decode("latin-1"))),
    "forwarding headers": ("headers", forwarded),
    "RFC 6455 frames": ("frames", lambda data: FrameReader(LIMIT).feed(data)),
    "RFC 6455 frames, deflated": ("frames", lambda data: FrameReader(LIMIT, inflate=deflate.inflate).feed(data)),
    "hybi frames": ("frames", lambda data: FrameReader(LIMIT, require_mask=False).feed(data)),
    "deflate": ("deflate", lambda data: deflate.inflate(data, LIMIT)),
    "hixie frames": ("hixie", lambda data: hixie.HixieReader(LIMIT).feed(data)),
    "hixie keys": ("keys", lambda data: hixie.answer(text_of(data), text_of(data[::-1]), data[:8].ljust(8))),
    "JSON": ("json", lambda data: jsontext.loads(text_of(data))),
    "EIO 4 payloads": ("payload", lambda data: payload.split4(payload.decode(data))),
    "EIO 4 bodies": ("payload", posts([ROWS4.polling, ROWS4.jsonp], BODIES)),
    "EIO 4 sessions": ("engine", engine(Session4)),
    "EIO 4 sessions, bare": ("engine", engine(Session4, True)),
    "EIO 3 payloads": ("payload", lambda data: payload.split3(payload.decode(data))),
    "EIO 3 binary payloads": ("payload", payload.split3_binary),
    "EIO 3 bodies": ("payload", posts([ROWS3.polling["binary"], ROWS3.jsonp[True]], BODIES)),
    "EIO 3 sessions": ("engine", engine(Session3)),
    "EIO upgrades": ("engine", upgrade),
    "JSONP forms": ("payload", payload.form),
    "Socket.IO packets": ("socketio", socketio_packet),
    "msgpack packets": ("msgpack", msgpack_packet),
    "msgpack sessions, 3.0": ("msgpack units", engine(MsgpackSession4)),
    "msgpack sessions, 2.2": ("msgpack units", engine(MsgpackSession3)),
    "0.9 packets": ("nine", nine_packet),
    "0.9 payloads": ("nine", lambda data: v09_payload.split(text_of(data), form=bool(data[-1:] > b"P"))),
    "0.9 bodies": ("nine", posts([v09_wires.WIRES["xhr-polling"], v09_wires.WIRES["jsonp-polling"]])),
    "0.9 sessions": ("nine", session(lambda: Session09("sid", SETTINGS, 0.0), v09_wires.WIRES["websocket"])),
    "0.6 frames": ("old", lambda data: v06_frames.split_frames(text_of(data))),
    "0.4 envelopes": ("old", lambda data: v06_envelope.split_envelope(text_of(data))),
    "0.6 bodies": ("old", posts([v06_wires.FRAMES["xhr-polling"], v06_wires.FRAMES["jsonp-polling"]])),
    "0.4 bodies": ("old", posts([v06_wires.ENVELOPE["xhr-polling"]])),
    "0.6 sessions": ("old", old("websocket", "auto")),
    "0.4 sessions": ("old", old("websocket", "envelope")),
}  # fmt: skip
