"""
How Engine.IO 2 to 4 speaks over polling, JSONP and WebSocket.

    polling    4hello <RS> 2       (4)    6:4hello1:2   or   00 06 FF 34 68 ...   (2, 3)
    JSONP      ___eio[0]("6:4hello");
    WebSocket  4hello, bytes as they are (4) or behind a byte 04 (2, 3), "b..." where only text passes

One row for each way; :func:`wire2` to :func:`wire4` pick the row for a request. Which framing 1.x and 2.x
clients can read follows from their requests alone (spec Engine.IO §1.3).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from protocols import msgpack_parser, payload
from protocols.errors import PayloadTooLarge, ProtocolError
from protocols.jsontext import dumps_script
from protocols.model import REFUSE, Answer, AnyWire, Encode, PollWire, RequestView, SocketWire, Unit
from protocols.socketio import encode3, encode3_counted, encode4
from protocols.upgrade import Upgrade

BINARY_TYPE = "application/octet-stream"
"""Exactly this, or XHR2 of 1.0 to 1.3 reads the answer as empty and asks for a new session without end."""

TEXT_TYPE = "text/plain; charset=UTF-8"
SCRIPT_TYPE = "text/javascript; charset=UTF-8"

_NO_STORE = ("cache-control", "no-store")
_HEADERS = (_NO_STORE,)
_SCRIPT_HEADERS = (_NO_STORE, ("X-Content-Type-Options", "nosniff"))
# Internet Explorer takes answers for cross-site scripting (engine.io 6.6.11).
_NO_FILTER = ("X-XSS-Protection", "0")

_TAKEN = Answer(200, b"ok", "text/html", _HEADERS)

_EARLY_STAMP = re.compile(r"[0-9]{13}-[0-9]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|null\Z")

Pack = Callable[[list[Unit]], bytes]
Text = Callable[[list[Unit]], str]


class Framed(Protocol):
    """What the choice of a wire asks of a session of 1.x or 2.x, see ``Session3``."""

    framing: str
    doubled: bool
    counted: bool

    @property
    def bare(self) -> bool: ...


# Answers ----------------------------------------------------------------------------


def _headers(request: RequestView, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    agent = request.header("user-agent")
    return (*headers, _NO_FILTER) if "Trident/" in agent or ";MSIE" in agent else headers


def _text_answer(text: Text) -> Callable[[list[Unit], RequestView], Answer]:
    def answer(units: list[Unit], request: RequestView) -> Answer:
        return Answer(200, text(units).encode(), TEXT_TYPE, _headers(request, _HEADERS))

    return answer


def _script_answer(text: Text) -> Callable[[list[Unit], RequestView], Answer]:
    def answer(units: list[Unit], request: RequestView) -> Answer:
        script = f"___eio[{request.query['j']}]({dumps_script(text(units))});"
        return Answer(200, script.encode(), SCRIPT_TYPE, _headers(request, _SCRIPT_HEADERS))

    return answer


def _binary_answer(units: list[Unit], request: RequestView) -> Answer:
    return Answer(200, payload.binary3(units), BINARY_TYPE, _headers(request, _HEADERS))


def _fitting_answer(units: list[Unit], request: RequestView) -> Answer:
    """Text where it is ASCII: 1.4 to 1.7 read other text as Latin-1, 2.x as UTF-8, and both read the binary framing."""
    for unit in units:
        if not isinstance(unit, str) or not unit.isascii():
            return _binary_answer(units, request)
    return _ascii_answer(units, request)


def _doubled3(units: list[Unit]) -> str:
    return payload.text3(units, doubled=True)


_ascii_answer = _text_answer(payload.text3)

# Posts ------------------------------------------------------------------------------


def _body(request: RequestView, limit: int) -> bytes:
    body = request.body
    if len(body) > limit:
        raise PayloadTooLarge(f"body over {limit} bytes")
    return body


def _read4(request: RequestView, limit: int) -> list[Unit]:
    """A binary body is answered with 400 and ends the session (engine.io 6.6.11)."""
    if request.header("content-type") == BINARY_TYPE:
        raise ProtocolError("binary body in Engine.IO 4")
    return payload.split4(payload.decode(_body(request, limit)))


def _read3(request: RequestView, limit: int) -> list[Unit]:
    body = _body(request, limit)
    if request.header("content-type") == BINARY_TYPE:
        return payload.split3_binary(body)
    return payload.split3(payload.decode(body))


def _form_read(split: Callable[[str], list[Unit]]) -> Callable[[RequestView, int], list[Unit]]:
    def read(request: RequestView, limit: int) -> list[Unit]:
        text = payload.form(_body(request, limit))
        return [] if text is None else split(text)

    return read


def _posted(request: RequestView) -> Answer:
    """HTML, so that old browsers offer no download."""
    return _TAKEN


# Frames -----------------------------------------------------------------------------


def _carry4_text(units: list[Unit]) -> list[Unit]:
    return [unit if isinstance(unit, str) else "b" + payload.base64(unit) for unit in units]


def _carry3(units: list[Unit]) -> list[Unit]:
    return [unit if isinstance(unit, str) else b"\x04" + unit for unit in units]


def _carry3_text(units: list[Unit]) -> list[Unit]:
    return [unit if isinstance(unit, str) else "b4" + payload.base64(unit) for unit in units]


def _carry3_doubled(units: list[Unit]) -> list[Unit]:
    return [payload.double(unit) if isinstance(unit, str) else b"\x04" + unit for unit in units]


def _carry3_text_doubled(units: list[Unit]) -> list[Unit]:
    return [payload.double(unit) if isinstance(unit, str) else "b4" + payload.base64(unit) for unit in units]


def _uncarry3(message: Unit) -> Sequence[Unit]:
    return (message,) if isinstance(message, str) else payload.packet3(message)


def _uncarry3_doubled(message: Unit) -> Sequence[Unit]:
    if isinstance(message, str):
        return (message if message.isascii() else payload.Undecided(message),)
    return payload.packet3(message)


# Rows -------------------------------------------------------------------------------


def _poll(
    encode: Encode,
    answer: Callable[[list[Unit], RequestView], Answer],
    read: Callable[[RequestView, int], list[Unit]],
    greets_alone: bool = False,
) -> PollWire:
    return PollWire(
        "polling", encode, answer, read, _posted,
        idle=("6",), goodbye=("1",), away=("1",), overlap=REFUSE, cut_ends=True, bad_body_ends=True,
        greets_alone=greets_alone,
    )  # fmt: skip


class Rows4:
    """
    The rows of Engine.IO 4, for one way to write packets of Socket.IO.

    :ivar websocket: by whether only text passes.
    """

    def __init__(self, encode: Encode) -> None:
        self.polling = _poll(encode, _text_answer(payload.text4), _read4)
        self.jsonp = _poll(encode, _script_answer(payload.text4), _form_read(payload.split4))
        self.websocket = {
            False: SocketWire("websocket", encode, upgrade=Upgrade),
            True: SocketWire("websocket", encode, _carry4_text, upgrade=Upgrade),
        }


class Rows3:
    """
    The rows of Engine.IO 2 and 3, for one way to write packets of Socket.IO.

    :ivar polling: by framing; "doubled" is "text" with a second layer of UTF-8. Who reads nothing but "binary" may look
        at the first packet of the handshake only (socketIO-client 0.7 for Python), and servers of 1.x sent no more.
    :ivar jsonp: by whether text is doubled.
    :ivar websocket: by whether only text passes, and whether text is doubled.
    """

    def __init__(self, encode: Encode) -> None:
        self.polling = {
            "text": _poll(encode, _ascii_answer, _read3),
            "doubled": _poll(encode, _text_answer(_doubled3), _read3),
            "binary": _poll(encode, _binary_answer, _read3, greets_alone=True),
            "auto": _poll(encode, _fitting_answer, _read3),
        }
        self.jsonp = {
            False: _poll(encode, _script_answer(payload.text3), _form_read(payload.split3)),
            True: _poll(encode, _script_answer(_doubled3), _form_read(payload.split3)),
        }
        self.websocket = {
            (False, False): SocketWire("websocket", encode, _carry3, _uncarry3, upgrade=Upgrade),
            (True, False): SocketWire("websocket", encode, _carry3_text, _uncarry3, upgrade=Upgrade),
            (False, True): SocketWire("websocket", encode, _carry3_doubled, _uncarry3_doubled, upgrade=Upgrade),
            (True, True): SocketWire("websocket", encode, _carry3_text_doubled, _uncarry3_doubled, upgrade=Upgrade),
        }


PLAIN3 = Rows3(encode3)
COUNTED3 = Rows3(encode3_counted)
ROWS3 = {"json": PLAIN3, "msgpack": Rows3(msgpack_parser.encode4)}

PLAIN4 = Rows4(encode4)
ROWS4 = {"json": PLAIN4, "msgpack": Rows4(msgpack_parser.encode5)}
POLLING4, JSONP4 = PLAIN4.polling, PLAIN4.jsonp
WEBSOCKET4 = PLAIN4.websocket[False]


def _rows_of(rows: Rows3) -> list[AnyWire]:
    return [*rows.polling.values(), *rows.jsonp.values(), *rows.websocket.values()]


_COUNTED = dict(zip(_rows_of(PLAIN3), _rows_of(COUNTED3), strict=True))


def counted_wire(wire: AnyWire) -> AnyWire:
    """The row that says the same as ``wire``, to a client that counts the attachments of answers."""
    return _COUNTED.get(wire, wire)


# Choice -----------------------------------------------------------------------------


def wire4(request: RequestView, session: Any = None, parser: str = "json") -> PollWire | SocketWire:
    """The row for a request of Engine.IO 4, see :func:`wire3`."""
    query = request.query
    rows = ROWS4[parser]
    if request.upgrade:
        return rows.websocket["b64" in query]
    return rows.jsonp if "j" in query else rows.polling


def wire3(request: RequestView, session: Framed | None = None, parser: str = "json") -> PollWire | SocketWire:
    """
    The row for a request of Engine.IO 3.

    :param session: None for the first request.
    :param parser: "json" or "msgpack".
    """
    return _row3(request, session, parser, framing3, doubles_on_websocket)


def wire2(request: RequestView, session: Framed | None = None, parser: str = "json") -> PollWire | SocketWire:
    """The row for a request of Engine.IO 2, which only browsers of 1.0 speak; see :func:`wire3`."""
    return _row3(request, session, parser, framing2, _always)


def _row3(
    request: RequestView,
    session: Framed | None,
    parser: str,
    framing: Callable[[RequestView], str],
    doubles: Callable[[RequestView], bool],
) -> PollWire | SocketWire:
    query = request.query
    if request.upgrade:
        return _rows3(session, parser).websocket["b64" in query, doubles(request)]
    framed = framing(request) if session is None else session.framing
    return _poll3(query, session, parser, framed)


def further_poll4(query: Mapping[str, Any], session: Any, parser: str) -> PollWire:
    """The row for one more poll or POST of Engine.IO 4; ``query`` may lack what every request has anew."""
    rows = ROWS4[parser]
    return rows.jsonp if "j" in query else rows.polling


def further_poll3(query: Mapping[str, Any], session: Framed, parser: str) -> PollWire:
    """The same for Engine.IO 2 and 3."""
    return _poll3(query, session, parser, session.framing)


def _rows3(session: Framed | None, parser: str) -> Rows3:
    return COUNTED3 if session is not None and session.counted else ROWS3[parser]


def _poll3(query: Mapping[str, Any], session: Framed | None, parser: str, framed: str) -> PollWire:
    rows = _rows3(session, parser)
    if "j" in query:
        return _doubled_or_not(rows.jsonp[False], rows.jsonp[True], session)
    if "b64" in query or framed == "text":
        return _doubled_or_not(rows.polling["text"], rows.polling["doubled"], session)
    return rows.polling[framed]


def _doubled_or_not(single: PollWire, double: PollWire, session: Framed | None) -> PollWire:
    """Socket.IO writes ASCII; without it, a POST may show what text the client reads while its poll is held."""
    if session is not None and session.doubled:
        return double
    if session is None or not session.bare:
        return single

    def answer(units: list[Unit], request: RequestView) -> Answer:
        return (double if session.doubled else single).answer(units, request)

    return replace(single, answer=answer)


def framing2(request: RequestView) -> str:
    """The framing that the client of a first request of Engine.IO 2 can read."""
    return "binary"


def framing3(request: RequestView) -> str:
    """
    The framing that the client of a first request of Engine.IO 3 can read.

    :returns: "binary" for browsers of 1.1 to 1.3, which read nothing else, otherwise "auto".
    """
    stamp = request.query.get("t")
    early = isinstance(stamp, str) and _EARLY_STAMP.fullmatch(stamp) is not None
    return "binary" if early else "auto"


def _always(request: RequestView) -> bool:
    return True


def doubles_on_websocket(request: RequestView) -> bool:
    """Whether a client of Engine.IO 3 looks like 1.0 in Node.js, which puts two layers of UTF-8 on WebSocket text."""
    origin = request.header("origin")
    return bool(origin) and _SCHEME.match(origin) is None and not request.header("sec-websocket-extensions")
