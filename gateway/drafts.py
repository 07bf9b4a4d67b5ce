"""The drafts of WebSocket as one kind of object each: how to open, read, frame and close a connection."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Protocol

from gateway.deflate import THRESHOLD, deflate, inflate
from gateway.speedups import unmask
from legacy import hixie, hybi
from protocols import opening, websocket
from protocols.model import SocketWire, Unit
from protocols.websocket import TOO_BIG, Close, Failure, Ping

Headers = Collection[tuple[str, str]]


class MessageReader(Protocol):
    """Turns the bytes of one connection into messages, and what else a peer may say."""

    def feed(self, data: bytes) -> list[Any]:
        """Take a segment and return what it completes."""


@dataclass(frozen=True, eq=False, slots=True)
class Draft:
    """
    One draft.

    :ivar check: header lookup -> None; raises ProtocolError for an opening that can't be taken.
    :ivar head: (request, extra headers) -> the 101 head.
    :ivar reader: most bytes of a message -> a reader of one connection: its ``feed`` takes a segment and gives what it completes.
    :ivar frames: units -> bytes, one message each.
    :ivar packed: the same, compressed where that pays; None where compression was not agreed on.
    :ivar close: (code, reason) -> the closing handshake.
    :ivar nonce: how many bytes behind the request's head belong to the opening.
    :ivar proof: (request, those bytes) -> what follows our head.
    """

    check: Callable[[Callable[[str], str]], None]
    head: Callable[[Any, Headers], bytes]
    reader: Callable[[int], "MessageReader"]
    frames: Callable[[Iterable[Unit]], bytes]
    close: Callable[[int | None, str], bytes]
    nonce: int = 0
    proof: Callable[[Any, bytes], bytes] | None = None
    packed: Callable[[Iterable[Unit]], bytes] | None = None

    def control(self, item: Any) -> "Control":
        """What ``item``, which is no message, asks for."""
        if type(item) is Ping:
            return Control(websocket.pong_frame(item.payload))
        if type(item) is Close:
            return Control(b"", True, item.code)
        if type(item) is Failure:
            return Control(b"", True, item.code, item.rule)
        return NOTHING


@dataclass(frozen=True, slots=True)
class Control:
    """
    What a control frame asks for.

    :ivar answer: bytes to answer with.
    :ivar ends: the connection is to be closed, with ``code``.
    :ivar rule: the rule that was broken, "" when the peer just closes.
    """

    answer: bytes
    ends: bool = False
    code: int | None = None
    rule: str = ""


NOTHING = Control(b"")


def _rfc_head(request: Any, headers: Headers) -> bytes:
    return opening.opening_answer(request.header("sec-websocket-key"), headers)


def _hixie75_head(request: Any, headers: Headers) -> bytes:
    return hixie.opening75(request.header("origin"), request.header("host"), request.target, request.secure)


def _hixie76_head(request: Any, headers: Headers) -> bytes:
    protocol = request.header("sec-websocket-protocol")
    return hixie.opening76(request.header("origin"), request.header("host"), request.target, request.secure, protocol)


def _hixie76_proof(request: Any, nonce: bytes) -> bytes:
    return hixie.answer(request.header("sec-websocket-key1"), request.header("sec-websocket-key2"), nonce)


def _frame_reader(require_mask: bool, limit: int) -> MessageReader:
    return websocket.FrameReader(limit, unmask, None, require_mask)


def _inflating_reader(limit: int) -> MessageReader:
    return websocket.FrameReader(limit, unmask, inflate)


def _hixie_close(code: int | None, reason: str) -> bytes:
    return hixie.CLOSE


RFC6455 = Draft(opening.check_opening, _rfc_head, partial(_frame_reader, True), websocket.frames, websocket.close_frame)
HYBI = Draft(hybi.check_opening, _rfc_head, partial(_frame_reader, False), websocket.frames, websocket.close_frame)
_HIXIE = (hixie.HixieReader, hixie.frames, _hixie_close)
HIXIE75 = Draft(hixie.check_opening, _hixie75_head, *_HIXIE)
HIXIE76 = Draft(hixie.check_opening, _hixie76_head, *_HIXIE, hixie.NONCE_SIZE, _hixie76_proof)


@cache
def deflating(window: int, answer: str) -> Draft:
    """
    RFC 6455 with permessage-deflate.

    :param window: bits of the window that the peer wants for what we send, 0 for any: one of eight values.
    :param answer: our ``Sec-WebSocket-Extensions``.
    """

    def head(request: Any, headers: Headers) -> bytes:
        return _rfc_head(request, [*headers, ("Sec-WebSocket-Extensions", answer)])

    def packed(units: Iterable[Unit]) -> bytes:
        return b"".join([_packed_frame(unit, window) for unit in units])

    return Draft(
        opening.check_opening, head, _inflating_reader, websocket.frames, websocket.close_frame, packed=packed
    )  # fmt: skip


def _packed_frame(unit: Unit, window: int) -> bytes:
    first, payload = (websocket.TEXT, websocket.utf8(unit)) if isinstance(unit, str) else (websocket.BINARY, unit)
    if len(payload) >= THRESHOLD:
        smaller = deflate(payload, window)
        if len(smaller) < len(payload):
            return websocket.frame(first | websocket.COMPRESSED, smaller)
    return websocket.frame(first, payload)


def draft_of(request: Any) -> Draft:
    """The draft that the opening ``request`` speaks (Socket.IO 0.9.19: without a known version it is a hixie one)."""
    version = request.header("sec-websocket-version")
    if version in hybi.VERSIONS:
        return HYBI
    if version or request.header("sec-websocket-key"):
        return RFC6455
    return HIXIE76 if hixie.is_draft76(request.header) else HIXIE75


def rfc6455_only(request: Any) -> Draft:
    """Engine.IO never spoke another draft."""
    return RFC6455


Form = Callable[[Any], bytes]

_forms: dict[tuple[SocketWire, Draft], Form] = {}


def socket_form(wire: SocketWire, draft: Draft) -> Form:
    """
    ``message -> bytes`` for one wire in one draft: the key under which a broadcast keeps its frames.

    A wire that belongs to a single session has the form of the one that it shares with others, as long as it is not settled.
    """
    wire = wire.unsettled or wire
    form = _forms.get((wire, draft))
    if form is None:
        form = _forms[wire, draft] = _form(wire, draft)
    return form


def _form(wire: SocketWire, draft: Draft) -> Form:
    encode, carry, frames, packed = wire.encode, wire.carry, draft.frames, draft.packed
    if packed is not None:
        return lambda message: (packed if message.compress else frames)(carry(message.said_in(encode)))
    if draft is RFC6455 or draft is HYBI:
        text_frame, text_heads = websocket.text_frame, websocket.TEXT_HEADS
        as_they_are = carry is list

        def form(message: Any) -> bytes:
            units = encode(message) if message.last_form is None else message.to(encode)
            if not as_they_are:
                units = carry(units)
            if len(units) == 1 and type(units[0]) is str:
                unit = units[0]
                if unit.isascii():
                    return text_heads[len(unit)] + unit.encode() if len(unit) < 126 else text_frame(unit.encode())
            return frames(units)

        return form
    return lambda message: frames(carry(message.said_in(encode)))


__all__ = ["RFC6455", "TOO_BIG", "Control", "Draft", "deflating", "draft_of", "rfc6455_only", "socket_form"]
