"""
How Socket.IO 0.3 to 0.6 speaks over each of its transports.

    xhr-polling      ~m~5~m~hello                                 one payload per answer
    jsonp-polling    io.JSONP[3]._("~m~5~m~hello");
    htmlfile         <script>parent.s._("~m~5~m~hello", document);</script>
    xhr-multipart    Content-Type: text/plain<LF><LF>~m~5~m~hello<LF>--socketio<LF>
    server-events    data: ~m~5~m~hello<LF><LF>
    websocket        ~m~5~m~hello                                 one payload per message
    sends            data=%7Em%7E5%7Em%7Ehello                    by POST, answered "ok"

:data:`FRAMES` are the wires of 0.5 and 0.6, :data:`ENVELOPE` those of 0.3 and 0.4.
"""

import re
from typing import Any

from legacy import envelopes
from legacy.v06_envelope import KEEP_ALIVE, encode_envelope, split_envelope, wrap_messages
from legacy.v06_frames import JSON_MARK, encode, encode_frames, json_unit, split_form_frames, split_frames
from protocols.errors import PayloadTooLarge
from protocols.forms import unquoted
from protocols.jsontext import dumps_script
from protocols.model import Answer, AnyWire, PollWire, RequestView, SocketWire, StreamWire, Unit
from protocols.websocket import utf8

NO_STORE = ("Cache-Control", "no-store")
_JSONP_HEADERS = (NO_STORE, ("X-Content-Type-Options", "nosniff"))

_FIELD = re.compile(rb"(?:\A|&)data=([^&]*)")
_INDEX = re.compile(r"/([0-9]{1,20})/?\Z")

# What every transport shares --------------------------------------------------------


def form_text(request: RequestView, limit: int) -> str:
    """
    Return the payload of a POST: field ``data``, whatever the content type says (XDomainRequest sends none).

    Without that field, or with several, nothing was sent (spec 0.6 §5.5).

    :raises PayloadTooLarge: a body of more than ``limit`` bytes.
    """
    if len(request.body) > limit:
        raise PayloadTooLarge(f"a body over {limit} bytes")
    fields = _FIELD.findall(request.body)
    if len(fields) != 1:
        return ""
    return unquoted(fields[0]).decode("utf-8", "replace")


def jsonp_index(path: str) -> str:
    """Return the digits at the very end of ``path`` (one slash may follow), "" when there are none."""
    found = _INDEX.search(path)
    return found[1] if found else ""


def _read_frames(request: RequestView, limit: int) -> list[Unit]:
    return split_frames(form_text(request, limit))


def _read_form_frames(request: RequestView, limit: int) -> list[Unit]:
    return split_form_frames(form_text(request, limit))


def _read_envelope(request: RequestView, limit: int) -> list[Unit]:
    return split_envelope(form_text(request, limit))


def _posted_frames(_request: RequestView) -> Answer:
    return Answer(200, b"ok", "text/plain", (NO_STORE,))


def _posted_envelope(_request: RequestView) -> Answer:
    return Answer(200, b"ok", "", (NO_STORE,))


# Frames: 0.5 and 0.6 -----------------------------------------------------------------


def _poll_frames(units: list[Unit], _request: RequestView) -> Answer:
    return Answer(200, utf8(encode_frames(units)), "text/plain; charset=UTF-8", (NO_STORE,))


def _jsonp_frames(units: list[Unit], request: RequestView) -> Answer:
    function = f"io.JSONP[{jsonp_index(request.path)}]._"
    body = envelopes.jsonp_call(function, encode_frames(units))
    return Answer(200, body, "text/javascript; charset=UTF-8", _JSONP_HEADERS)


def _html_frames(units: list[Unit]) -> bytes:
    return envelopes.parent_call(dumps_script(encode_frames(units))) if units else b""


def _multipart_frames(units: list[Any]) -> bytes:
    return envelopes.multipart_part(encode_frames([_without_boundary(unit) for unit in units])) if units else b""


def _without_boundary(unit: str) -> str:
    """
    Keep a message from ending the part it is in.

    0.6 reads a text as well from JSON, where the boundary can be escaped; 0.5, which
    knows no ``~j~``, shows such a text with its quotes.
    """
    if envelopes.BOUNDARY not in unit:
        return unit
    return _escape_boundary(unit if unit.startswith(JSON_MARK) else json_unit(unit))


def _escape_boundary(json: str) -> str:
    return json.replace("--socketio", "\\u002d-socketio")


def _events_frames(units: list[Any]) -> bytes:
    # A stream of events turns CR into a line end; in JSON it is escaped.
    return envelopes.server_event(encode_frames([json_unit(u) if "\r" in u else u for u in units])) if units else b""


def _carry_frames(units: list[Unit]) -> list[Unit]:
    return [encode_frames(units)] if units else []


def _uncarry_frames(message: Unit) -> list[Unit]:
    return split_frames(message) if isinstance(message, str) else [message]


# Envelope: 0.3 and 0.4 -----------------------------------------------------------------


def _poll_envelope(units: list[Unit], _request: RequestView) -> Answer:
    return Answer(200, wrap_messages(units).encode("ascii"), "text/plain", (NO_STORE,))


def _html_envelope(units: list[Unit]) -> bytes:
    payload = wrap_messages(units)
    if payload:
        return envelopes.parent_call(envelopes.safe_in_script(payload))
    return envelopes.HTML_KEEP_ALIVE if units else b""


def html_envelope_as_text(units: list[Unit]) -> bytes:
    """
    Hand over the envelope as a string, not as an object.

    Clients up to 0.2.4 parse it then, and those of 0.5 and 0.6 pass over it, while an object makes them throw.
    """
    payload = wrap_messages(units)
    if payload:
        return envelopes.parent_call(dumps_script(payload))
    return envelopes.HTML_KEEP_ALIVE if units else b""


def _multipart_envelope(units: list[Unit]) -> bytes:
    payload = wrap_messages(units)
    if payload:
        return envelopes.multipart_part(_escape_boundary(payload))
    return envelopes.multipart_part(KEEP_ALIVE, "text/plain; charset=us-ascii") if units else b""


def _carry_envelope(units: list[Unit]) -> list[Unit]:
    payload = wrap_messages(units)
    if payload:
        return [payload]
    return ['{"heartbeat":"1"}'] if units else []


def _uncarry_envelope(message: Unit) -> list[Unit]:
    return split_envelope(message) if isinstance(message, str) else [message]


# The tables ------------------------------------------------------------------------------


def _html_head(_request: RequestView) -> Answer:
    return Answer(200, envelopes.HTML_START, "text/html", (NO_STORE,))


def _multipart_head(_request: RequestView) -> Answer:
    return Answer(200, envelopes.MULTIPART_START, envelopes.MULTIPART_TYPE, (NO_STORE,))


def _events_head(_request: RequestView) -> Answer:
    return Answer(200, b"", envelopes.EVENTS_TYPE, (NO_STORE,))


_JSONP = PollWire("jsonp-polling", encode, _jsonp_frames, _read_form_frames, _posted_frames, silent_end=True)


def _frames_stream(name: str, head: Any, pack: Any, chunked: bool = True) -> StreamWire:
    return StreamWire(name, encode, head, pack, _read_frames, _posted_frames, chunked)


def _envelope_stream(name: str, head: Any, pack: Any, chunked: bool = True) -> StreamWire:
    return StreamWire(name, encode_envelope, head, pack, _read_envelope, _posted_envelope, chunked)


_SERVER_EVENTS = _frames_stream("server-events", _events_head, _events_frames)

# Firefox 3 was never seen with a chunked multipart stream: it runs until the connection closes.
FRAMES: dict[str, AnyWire] = {
    "websocket": SocketWire("websocket", encode, _carry_frames, _uncarry_frames),
    "flashsocket": SocketWire("flashsocket", encode, _carry_frames, _uncarry_frames),
    "htmlfile": _frames_stream("htmlfile", _html_head, _html_frames),
    "xhr-multipart": _frames_stream("xhr-multipart", _multipart_head, _multipart_frames, chunked=False),
    "xhr-polling": PollWire("xhr-polling", encode, _poll_frames, _read_frames, _posted_frames, silent_end=True),
    "jsonp-polling": _JSONP,
    "server-events": _SERVER_EVENTS,
}

# JSONP came with 0.6 and server-events with this gateway, so they speak frames whatever the rest of the mount does.
ENVELOPE: dict[str, AnyWire] = {
    "websocket": SocketWire("websocket", encode_envelope, _carry_envelope, _uncarry_envelope),
    "flashsocket": SocketWire("flashsocket", encode_envelope, _carry_envelope, _uncarry_envelope),
    "htmlfile": _envelope_stream("htmlfile", _html_head, _html_envelope),
    "xhr-multipart": _envelope_stream("xhr-multipart", _multipart_head, _multipart_envelope, chunked=False),
    "xhr-polling": PollWire("xhr-polling", encode_envelope, _poll_envelope, _read_envelope, _posted_envelope, silent_end=True),
    "jsonp-polling": _JSONP,
    "server-events": _SERVER_EVENTS,
}
