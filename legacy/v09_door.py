"""
What a request of a 0.7 to 0.9 client asks for, told by its path below the mount.

    1/?t=1395000000000             handshake; answered  <sid>:60:60:websocket,htmlfile,xhr-polling,jsonp-polling
    1/xhr-polling/<sid>?t=…        the transport: a GET or an upgrade receives, a POST sends
    1//<sid>/?disconnect=1         the page is being left
    1/xhr-polling/<unknown>        7:::1+0, upon which the client shakes hands again

All forms that any of these clients sends are read: with and without final slash, with an empty
transport, with parameters that have no "=" (spec 0.9 §2).
"""

import re
from collections.abc import Callable
from typing import Any

from legacy.v09 import Session09
from legacy.v09_life import announced
from legacy.v09_packets import NOT_HANDSHAKEN
from legacy.v09_wires import NOSNIFF, WIRES, callback_index, posted
from protocols.jsontext import dumps_script
from protocols.model import (
    Answer,
    AnyWire,
    Find,
    Finish,
    Greet,
    Post,
    Reply,
    RequestView,
    Resume,
    Say,
    Settings,
    SocketWire,
    Step,
)

_TEXT = "text/plain"

_BAD_VERSION = Reply(Answer(500, b"Protocol version not supported."), "a Socket.IO protocol version other than 1")
_NOT_SERVED = Reply(_BAD_VERSION.answer, "Socket.IO 0.7-0.9: not served (option eras with '0.9' would admit it)")
_NO_SUCH_PATH = Reply(Answer(404, b"Not Found", _TEXT), "no path of Socket.IO 0.7 to 0.9")
_BAD_METHOD = Reply(Answer(400, b"Bad Request", _TEXT, (("Allow", "GET, POST, OPTIONS"),)), "a method other than GET and POST")
_REFUSALS = {
    "origin": (403, "handshake bad origin"),
    "unauthorized": (403, "handshake unauthorized"),
    "error": (500, "handshake error"),
}
_DISCONNECT = re.compile(r"(?:^|&)disconnect(?:[=&]|$)")


def door(request: RequestView, segments: list[str], settings: Settings, find: Find) -> Step:
    """
    Say what ``request`` asks for.

    :param segments: the path behind the mount's slash, split at "/", not percent-decoded.
    """
    version, transport, session_id, tail = segments if len(segments) == 4 else (*segments, "", "", "", "")[:4]
    if version != "1":
        return _BAD_VERSION if version.isascii() and version.isdigit() else _NO_SUCH_PATH
    if Session09.era not in settings.eras:
        return _NOT_SERVED
    if tail or len(segments) > 4:
        return _NO_SUCH_PATH
    if request.method not in ("GET", "POST"):
        return _BAD_METHOD
    if not session_id:
        return _misplaced("an upgrade without a session id") if request.upgrade else Greet(_greeting(request, settings))
    client = _known(session_id, find)
    query = request.raw_query
    if "disconnect" in query and _DISCONNECT.search(query):
        return Finish(client, Answer(200))
    enabled = settings.transports.get(Session09.era, ())
    wire = WIRES.get(transport) if transport in enabled else None
    if wire is None:
        names = ", ".join(enabled) or "none"
        return _misplaced(f"Socket.IO 0.7-0.9: transport {ascii(transport)[:40]} asked for, enabled: {names} (option transports)")
    return _opened(request, wire, client)


def _opened(request: RequestView, wire: AnyWire, client: Any) -> Step:
    """A request for ``wire`` of a known or (None) unknown session. One in the wrong form never touches the session (Q9)."""
    socket = isinstance(wire, SocketWire)
    if client is not None and not isinstance(wire, SocketWire) and not request.upgrade:
        return Post(client, wire) if request.method == "POST" else Resume(client, wire)
    if request.method == "POST" and client is None:
        return Reply(posted(request))
    if socket != request.upgrade:
        return _misplaced("an upgrade of a transport that has none" if request.upgrade else "a WebSocket without an upgrade")
    if client is None:
        return Say(wire, (NOT_HANDSHAKEN,), "an unknown session id")
    return Resume(client, wire)


def _known(session_id: str, find: Find) -> Any:
    """The client with this session id; one of another era is nobody here."""
    client = find(session_id)
    return client if client is not None and client.session.era == Session09.era else None


def _misplaced(log: str) -> Reply:
    """The old servers close the connection without a word; so do we, after one."""
    return Reply(Answer(400, b"Bad Request", _TEXT, close=True), log)


def _greeting(request: RequestView, settings: Settings) -> Callable[[str], Answer]:
    heartbeat, close = announced(settings)
    transports = ",".join(settings.transports.get(Session09.era, ()))
    index = callback_index(request, "jsonp")

    def greeting(session_id: str) -> Answer:
        body = f"{session_id}:{heartbeat}:{close}:{transports}"
        return Answer(200, body.encode(), _TEXT) if index is None else _call(index, dumps_script(body))

    return greeting


def refusal(request: RequestView, kind: str) -> Answer:
    """
    The answer to a handshake that is not let in; for JSONP always 200, as a script cannot read others (Q31).

    :param kind: "origin", "unauthorized" or "error" (the application failed to decide).
    """
    status, text = _REFUSALS[kind]
    index = callback_index(request, "jsonp")
    if index is None:
        return Answer(status, text.encode(), _TEXT)
    return _call(index, f"new Error({dumps_script(text)})")


def _call(index: str, argument: str) -> Answer:
    return Answer(200, f"io.j[{index}]({argument});".encode(), "application/javascript", (NOSNIFF,))
