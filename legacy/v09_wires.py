r"""
The transports of Socket.IO 0.7 to 0.9, as what they write and read.

    xhr-polling     3:::a                                        GET answers, POST bodies
    jsonp-polling   io.j[0]("3:::a");                            GET;  POST d=%223%3A%3A%3Aa%22, to 0.8.5 d=3%3A%3A%3Aa
    htmlfile        <script>_("5:::{\"name\":\"\/\"}");</script>  pieces of one endless page; POST as xhr-polling
    websocket, flashsocket   3:::a                               one text message per packet

Every POST is answered with ``1`` (spec 0.9 §6).
"""

import re

from legacy import v09_payload
from legacy.v09_packets import JSON, MESSAGE, decode, encode
from protocols.errors import BadText, PayloadTooLarge, ProtocolError
from protocols.forms import unquoted
from protocols.jsontext import dumps_ascii, dumps_script, loads
from protocols.model import Answer, AnyWire, PollWire, RequestView, SocketWire, StreamWire, Unit

IDLE = ("8::",)
GOODBYE = ("0::",)

NOSNIFF = ("X-Content-Type-Options", "nosniff")
NO_XSS_FILTER = ("X-XSS-Protection", "0")
"""IE's filter takes our callbacks for an injection (0.9.19 sends it too)."""

PRELUDE = b"<html><body><script>var _ = function (msg) { parent.s._(msg, document); };</script>".ljust(256)
"""Head of the endless page, padded so that IE begins to run it (spec 0.9 §6.4)."""

_INDEX = re.compile("[0-9]{1,9}")
_FIELD = re.compile(b"(?:^|&)d=([^&]*)")


# What is common -----------------------------------------------------------------------


def utf8(text: str) -> bytes:
    """Encode ``text``; half a character, which UTF-8 cannot say, becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def callback_index(request: RequestView, key: str) -> str | None:
    """The digits of query parameter ``key`` as they came, None for anything else (S9: they go into a script)."""
    value = request.query.get(key)
    return value if isinstance(value, str) and _INDEX.fullmatch(value) else None


def posted(request: RequestView) -> Answer:
    """The answer to every POST, known session or not (Q5)."""
    headers = (NO_XSS_FILTER,) if request.header("origin") else ()
    return Answer(200, b"1", "text/plain; charset=UTF-8", headers)


def _text(body: bytes, limit: int) -> str:
    if len(body) > limit:
        raise PayloadTooLarge(f"body over {limit} bytes")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadText("body is not UTF-8", body) from error


def read_body(request: RequestView, limit: int) -> list[Unit]:
    """
    Read a POST of xhr-polling or htmlfile, whatever its Content-Type (XDomainRequest sends none).

    :raises ProtocolError: not UTF-8, or over ``limit`` bytes.
    """
    return v09_payload.split(_text(request.body, limit))


# xhr-polling --------------------------------------------------------------------------


def _xhr_answer(units: list[Unit], request: RequestView) -> Answer:
    return Answer(200, utf8(v09_payload.join(units)), "text/plain; charset=UTF-8")


# jsonp-polling ------------------------------------------------------------------------


def _jsonp_answer(units: list[Unit], request: RequestView) -> Answer:
    """The marks between packets stay as they are: socketIO-client 0.5 looks for them before it reads the escapes."""
    call = f'io.j[{callback_index(request, "i") or "0"}]("{v09_payload.join(units, _in_quotes)}");'
    return Answer(200, call.encode(), "text/javascript; charset=UTF-8", (NO_XSS_FILTER, NOSNIFF))


def _in_quotes(unit: str) -> str:
    return dumps_script(unit)[1:-1]


def read_form(request: RequestView, limit: int) -> list[Unit]:
    """
    Read the field ``d``: a JSON string from 0.8.6 on, before that the bare text (Q4).

    :raises ProtocolError: no such field, bad JSON, not UTF-8, or over ``limit`` bytes.
    """
    text = _text(_field(request.body, limit), limit)
    if not text.startswith('"'):
        return v09_payload.split(text, form=True)
    packets: str = loads(text)
    return v09_payload.split(packets)


def _field(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise PayloadTooLarge(f"body over {limit} bytes")
    match = _FIELD.search(body)
    if match is None:
        raise ProtocolError("form without d", body)
    return unquoted(match[1])


# htmlfile -----------------------------------------------------------------------------


def _page(request: RequestView) -> Answer:
    return Answer(200, PRELUDE, "text/html; charset=UTF-8")


def _scripts(units: list[Unit]) -> bytes:
    return "".join([_script(unit) for unit in units if type(unit) is str]).encode()


def _script(unit: str) -> str:
    """One call of the page's function. No ``/`` stays bare, so that data cannot end the element (S10)."""
    if "\\/" in unit:
        unit = _without_pairs(unit)
    literal = dumps_script(unit).replace("/", "\\/")
    return f"<script>_({literal});</script>"


def _without_pairs(unit: str) -> str:
    r"""Write ``\/`` in data as ``\\u002f``: clients since 0.9.15 strip the backslash of every such pair they see."""
    kind, number, plus, endpoint, data = decode(unit)
    if kind == MESSAGE:
        kind, data = JSON, dumps_ascii(data)
    return f"{kind}:{number}{plus}:{endpoint}:" + data.replace("\\/", "\\\\u002f")


# The table ----------------------------------------------------------------------------

WIRES: dict[str, AnyWire] = {
    wire.name: wire
    for wire in (
        SocketWire("websocket", encode, goodbye=GOODBYE),
        SocketWire("flashsocket", encode, goodbye=GOODBYE),
        StreamWire("htmlfile", encode, _page, _scripts, read_body, posted, post_first=True, goodbye=GOODBYE),
        PollWire("xhr-polling", encode, _xhr_answer, read_body, posted, True, IDLE, GOODBYE, away=IDLE, late=GOODBYE),
        PollWire("jsonp-polling", encode, _jsonp_answer, read_form, posted, True, IDLE, GOODBYE, away=IDLE, late=GOODBYE),
    )
}
"""Transport name as in the URL -> how it is spoken."""
