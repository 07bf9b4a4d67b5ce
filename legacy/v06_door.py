"""
What a request of Socket.IO 0.3 to 0.6 asks for.

    GET  /socket.io/xhr-polling//1303000000001     a new session (the session id is missing)
    GET  /socket.io/xhr-polling                    the same, from clients up to 0.2.1
    GET  /socket.io/xhr-polling/ID/1303000000002   the next poll
    POST /socket.io/xhr-polling/ID/send            messages
    GET  /socket.io/jsonp-polling//1303000000001/0 with the number of the callback
    GET  /socket.io/websocket                      an upgrade

An unknown session id gets no answer at all, nor does xhr-polling where it is off: several clients
(0.2.4, 0.5, 0.6.0) take any answer for a reason to ask again at once.
"""

from legacy.v06_auto import wire_for
from legacy.v06_wires import FRAMES, NO_STORE, jsonp_index
from protocols.model import (
    Answer,
    AnyWire,
    Drop,
    Find,
    KnownClient,
    Post,
    Reply,
    RequestView,
    Resume,
    Settings,
    SocketWire,
    Start,
    Step,
)

ERA = "old"

TRANSPORTS: tuple[str, ...] = tuple(FRAMES)
"""Names of the transports of this era."""


_NOT_SERVED = f"not served (option eras with {ERA!r} would admit it)"


def door(request: RequestView, segments: list[str], settings: Settings, find: Find) -> Step:
    """
    Say what ``request`` asks for.

    :param segments: the path below the mount, split at "/": ``["xhr-polling", "", "1303000000001"]``.
    """
    name = segments[0] if segments else ""
    sid = segments[1] if len(segments) > 1 else ""
    enabled = settings.transports.get(ERA, TRANSPORTS)
    if name not in FRAMES or name not in enabled:
        served = f"enabled: {', '.join(enabled)} (option transports)" if enabled else _NOT_SERVED
        log = f"Socket.IO 0.3-0.6: transport {ascii(name)[:40]} asked for, {served}"
        return Drop(log) if name == "xhr-polling" else _refuse("transport not enabled", log)
    wrong = _wrong_shape(request, name)
    if wrong:
        return _refuse(wrong, f"refused {request.method[:8]!r} on {name} of Socket.IO 0.3-0.6: {wrong}")
    return _resume(request, name, sid, find) if sid else _start(request, name, settings)


def _wrong_shape(request: RequestView, name: str) -> str:
    """Say what is wrong with a request for transport ``name``, "" for nothing."""
    if isinstance(FRAMES[name], SocketWire):
        return "" if request.method == "GET" and request.upgrade else "an upgrade to WebSocket was expected"
    if request.upgrade:
        return "this transport is no WebSocket"
    if request.method not in ("GET", "POST"):
        return "GET or POST was expected"
    if name == "jsonp-polling" and not jsonp_index(request.path):
        return "the path does not end in the number of a callback"
    return ""


def _start(request: RequestView, name: str, settings: Settings) -> Step:
    if request.method == "POST":
        return _refuse("session id missing", f"refused a POST without session id on {name} of Socket.IO 0.3-0.6")
    return Start(wire_for(name, settings.old_payload))


def _resume(request: RequestView, name: str, sid: str, find: Find) -> Step:
    client = find(sid)
    wire = _wire_of(client, name) if client else None
    if client is None or wire is None or not _is_same_site(client, request):
        return Drop(f"unknown session id on {name} of Socket.IO 0.3-0.6")
    if request.method == "POST" and not isinstance(wire, SocketWire):
        return Post(client, wire)
    return Resume(client, wire)


def _wire_of(client: KnownClient, name: str) -> AnyWire | None:
    """Return the wire of a session that is of this era and bound to this transport."""
    if client.session.era != ERA or client.transport_name != name:
        return None
    wire: AnyWire | None = client.session.wire
    return wire


def _is_same_site(client: KnownClient, request: RequestView) -> bool:
    """Whether a request names the origin that the session belongs to, or none (scripts, GETs to the own site, "null")."""
    origin = request.header("origin")
    if origin in ("", "null"):
        return True
    if client.session.origin in ("", "null"):
        client.session.origin = origin
    return bool(origin == client.session.origin)


def _refuse(text: str, log: str) -> Reply:
    return Reply(_plain(400, text), log)


def _plain(status: int, text: str) -> Answer:
    return Answer(status, text.encode("ascii"), "text/plain; charset=UTF-8", (NO_STORE,))


def refusal(request: RequestView, kind: str) -> Answer | Drop:
    """
    Say how a new client is turned away.

    :param kind: "origin", "unauthorized" (the listener's ``authorization`` said no) or "error" (it failed).
    """
    return _plain(403, "origin not allowed") if kind == "origin" else Drop()
