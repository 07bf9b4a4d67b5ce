"""
What a request of Engine.IO 2 to 4 asks for.

    GET  /socket.io/?EIO=4&transport=polling               a session      -> 0{"sid":...}
    GET  /socket.io/?EIO=4&transport=polling&sid=<sid>     its poll
    POST /socket.io/?EIO=4&transport=polling&sid=<sid>     its packets    -> ok
    GET  /socket.io/?EIO=4&transport=websocket[&sid=<sid>] a WebSocket, for a new session or for one that polls
    400  {"code":1,"message":"Session ID unknown"}         a refusal
    GET  /socket.io/?EIO=4&transport=polling, Upgrade      a WebSocket that is closed at once

The order of the tests is that of engine.io 6.6.11 (spec Engine.IO §2.11). Nearly all requests are further ones of
a session that polls: :func:`_usual` knows them by what was found about the last one with the same query.
"""

import re
from collections.abc import Mapping
from typing import Any

from protocols.engineio import EngineSession
from protocols.engineio3 import Session3
from protocols.engineio4 import Session4
from protocols.engineio_msgpack import MsgpackSession3, MsgpackSession4
from protocols.engineio_wires import counted_wire, framing2, framing3, further_poll3, further_poll4, wire2, wire3, wire4
from protocols.jsontext import dumps
from protocols.model import (
    Answer,
    AnyWire,
    Find,
    KnownClient,
    PollWire,
    Post,
    Reply,
    RequestView,
    Resume,
    Say,
    Settings,
    SocketWire,
    Start,
    Step,
)

POLLING, WEBSOCKET = "polling", "websocket"

UNKNOWN_TRANSPORT, UNKNOWN_SID, BAD_METHOD, BAD_REQUEST, FORBIDDEN, BAD_REVISION = range(6)

MESSAGES = (
    "Transport unknown",
    "Session ID unknown",
    "Bad handshake method",
    "Bad request",
    "Forbidden",
    "Unsupported protocol version",
)

ERAS = {2: "eio3", 3: "eio3", 4: "eio4"}
"""Revision -> era."""

_REVISIONS = {"2": 2, "3": 3, "4": 4}
_WIRES = {2: wire2, 3: wire3, 4: wire4}
_FURTHER = {2: further_poll3, 3: further_poll3, 4: further_poll4}
_FRAMINGS = {2: framing2, 3: framing3}
_SESSIONS: dict[str, tuple[type[Session3], type[Session4]]] = {
    "json": (Session3, Session4),
    "msgpack": (MsgpackSession3, MsgpackSession4),
}

_BAD_ORIGIN = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_CALLBACK = re.compile(r"[0-9]{1,20}")


def refusal(code: int, request: RequestView, log: str, message: str = "") -> Reply:
    """
    Refuse ``request``: JSON for HTTP, plain text before the 101 for a WebSocket.

    :param message: in place of the standard text (for FORBIDDEN).
    :param log: the line to log: what the client spoke, what is enabled, which option would admit it.
    """
    message = message or MESSAGES[code]
    status = 403 if code == FORBIDDEN else 400
    if request.upgrade:
        answer = Answer(status, message.encode("utf-8", "replace"), "text/html", close=True)
    else:
        answer = Answer(status, dumps({"code": code, "message": message}).encode(), "application/json")
    return Reply(answer, log, code)


def door(request: RequestView, settings: Settings, find: Find) -> Step:
    """Say what ``request`` asks for; it has ``EIO`` or ``transport`` in its query, or is nobody else's."""
    return _usual(request, settings, find) or _any(request, settings, find)


def _any(request: RequestView, settings: Settings, find: Find) -> Step:
    query = request.query
    revision = revision_of(request, settings)
    transport = query.get("transport")
    enabled = _enabled_transports(revision, settings)
    if transport not in enabled:
        return refusal(UNKNOWN_TRANSPORT, request, _no_transport(transport, enabled))
    if _BAD_ORIGIN.search(request.header("origin")):
        return refusal(BAD_REQUEST, request, "Engine.IO: characters in Origin that no header may hold")
    sid = query.get("sid")
    if not sid:
        return _first(request, revision, settings)
    client = find(sid) if isinstance(sid, str) else None
    if client is None or not isinstance(client.session, EngineSession):
        return refusal(UNKNOWN_SID, request, "Engine.IO: session id unknown: it has ended, or another server has it")
    step = _further(request, revision, client)
    if type(step) is Resume or type(step) is Post:
        _note(request, sid)
    return step


def _first(request: RequestView, revision: int | None, settings: Settings) -> Step:
    if request.method != "GET":
        return refusal(BAD_METHOD, request, f"Engine.IO: a session begins with GET, not {_shown(request.method)}")
    misfit = _misfit(request)
    if misfit:
        return refusal(BAD_REQUEST, request, misfit)
    if revision is None or ERAS[revision] not in settings.eras:
        return refusal(BAD_REVISION, request, _no_revision(request, settings))
    wire = _WIRES[revision](request, None, settings.parser)
    return _closed_at_once(wire) if _is_upgrade_to_polling(request) else Start(wire)


def _further(request: RequestView, revision: int | None, client: KnownClient) -> Step:
    session = client.session
    if client.transport_name == WEBSOCKET and not request.upgrade:
        return refusal(BAD_REQUEST, request, "Engine.IO: the session has its WebSocket already")
    misfit = _misfit(request)
    if misfit or request.method not in ("GET", "POST"):
        return refusal(BAD_REQUEST, request, misfit or f"Engine.IO: no meaning for method {_shown(request.method)}")
    if revision != session.revision:
        log = f"Engine.IO: the session speaks EIO={session.revision}, not {_shown(request.query.get('EIO'))}"
        return refusal(BAD_REQUEST, request, log)
    wire = wire_for(request, session)
    if _is_upgrade_to_polling(request):
        return _closed_at_once(wire)
    if isinstance(wire, SocketWire) or request.method == "GET":
        return Resume(client, wire)
    return Post(client, wire)


def _misfit(request: RequestView) -> str:
    """What is wrong between transport, upgrade and callback, "" for nothing."""
    on_websocket = request.query.get("transport") == WEBSOCKET
    if on_websocket and not request.upgrade:
        return "Engine.IO: transport=websocket without an Upgrade header (does a proxy take it away?)"
    callback = request.query.get("j", "0")
    if not (isinstance(callback, str) and _CALLBACK.fullmatch(callback)):
        return f"Engine.IO: j={_shown(callback)} names no JSONP callback"
    return ""


def _is_upgrade_to_polling(request: RequestView) -> bool:
    return request.upgrade and request.query.get("transport") != WEBSOCKET


def _closed_at_once(wire: PollWire | SocketWire) -> Say:
    """A WebSocket that can't be what it asks for is opened and closed (engine.io 6.6.11)."""
    return Say(wire, (), "Engine.IO: an Upgrade header with transport=polling")


def revision_of(request: RequestView, settings: Settings) -> int | None:
    """The revision a request speaks, or the one assumed where it says none; None for all that is unknown."""
    named = request.query.get("EIO")
    if named is None:
        return settings.assume_eio
    return _REVISIONS.get(named) if isinstance(named, str) else None


def wire_for(request: RequestView, session: EngineSession) -> PollWire | SocketWire:
    """The row for a request of a known session; ask again when ``session.framing`` was changed."""
    return _WIRES[session.revision](request, session, session.parser)


def open_session(id: str, settings: Settings, now: float, request: RequestView, bare: bool = False) -> EngineSession:
    """
    Make the session that a first request, admitted by :func:`door`, asks for.

    :param bare: without Socket.IO on top.
    """
    revision = revision_of(request, settings)
    assert revision is not None  # the door refuses others
    upgrades: tuple[str, ...] = ()
    if not request.upgrade and WEBSOCKET in _enabled_transports(revision, settings):
        upgrades = (WEBSOCKET,)
    kind3, kind4 = _SESSIONS["json" if bare else settings.parser]
    if revision not in _FRAMINGS:
        return kind4(id, settings, now, revision, upgrades, bare)
    session = kind3(id, settings, now, revision, upgrades, bare)
    session.framing = "text" if "b64" in request.query else _FRAMINGS[revision](request)
    return session


def reframed(request: RequestView, session: EngineSession, framing: str) -> PollWire | SocketWire | None:
    """
    The row for the first request of ``session`` when somebody knows better which framing its client reads.

    :param framing: "text" or "binary".
    :returns: None for Engine.IO 4, which has one framing.
    """
    if not isinstance(session, Session3):
        return None
    session.framing = framing
    return wire_for(request, session)


def counted(session: EngineSession, wire: AnyWire) -> AnyWire:
    """The row for a client of 1.0.0 to 1.0.2, when somebody knows that it is one; for Engine.IO 4 ``wire`` itself."""
    if not isinstance(session, Session3):
        return wire
    session.counted = True
    return counted_wire(wire)


def _enabled_transports(revision: int | None, settings: Settings) -> tuple[str, ...]:
    """Of the era of ``revision``; of both for one that is unknown or not served, which is refused later for what it is."""
    both = (POLLING, WEBSOCKET)
    if revision is None or ERAS[revision] not in settings.eras:
        return tuple({name for era in ERAS.values() for name in settings.transports.get(era, both)})
    return tuple(settings.transports.get(ERAS[revision], both))


# Further requests of a session that polls -----------------------------------------------

KNOWN = 256
"""Most different queries that are kept."""

_POLLS = frozenset(("GET", "POST"))
_POLLING_ONLY = (POLLING,)
_KINDS = frozenset(kind for kinds in _SESSIONS.values() for kind in kinds)
_known: dict[tuple[str, str], tuple[int, Mapping[str, Any]]] = {}
"""Raw query before and behind the session id -> its revision, and what it says beside."""


def _usual(request: RequestView, settings: Settings, find: Find) -> Step | None:
    """
    The step that :func:`door` would name for a poll or POST of a session; None: ask it.

    :func:`_further` let one pass that had the same query but for session id and stamp. What can have changed
    since, or differs from one session to the other, is tested here again.
    """
    sid, before, behind = _parted(request.raw_query)
    known = _known.get((before, behind))
    client = None if known is None or request.upgrade or "%" in sid or "+" in sid else find(sid)
    if client is None or known is None or type(client.session) not in _KINDS or request.method not in _POLLS:
        return None
    session = client.session
    revision, query = known
    origin = request.header("origin")
    if session.revision != revision or client.transport_name == WEBSOCKET or (origin and _BAD_ORIGIN.search(origin)):
        return None
    if POLLING not in settings.transports.get(session.era, _POLLING_ONLY):
        return None
    wire = _FURTHER[revision](query, session, session.parser)
    return Resume(client, wire) if request.method == "GET" else Post(client, wire)


def _parted(raw_query: str) -> tuple[str, str, str]:
    """The session id of ``a=1&t=x&sid=y&b=2`` as it came, and what stands before (``a=1``) and behind it, without the stamp."""
    before, _, rest = raw_query.partition("&sid=")
    sid, _, behind = rest.partition("&")
    at = before.find("&t=")
    if at >= 0:
        end = before.find("&", at + 1)
        before = before[:at] if end < 0 else before[:at] + before[end:]
    if behind.startswith("t="):
        behind = behind.partition("&")[2]
    return sid, before, behind


def _note(request: RequestView, sid: str) -> None:
    """Keep what the query of ``request`` says, which was let pass; an id that is spelt in another way is no usual one."""
    written, before, behind = _parted(request.raw_query)
    revision = _REVISIONS.get(request.query.get("EIO", ""))
    stamped = "&t=" in f"&{before}&{behind}"
    if written == sid and revision is not None and not stamped and not request.upgrade:
        _known[before, behind] = revision, {key: value for key, value in request.query.items() if key not in ("sid", "t")}
        if len(_known) > KNOWN:
            del _known[next(iter(_known))]


# Lines for the log ------------------------------------------------------------------


def _shown(value: Any) -> str:
    """A value of the peer's, in ASCII and short."""
    return ascii(value)[:40]


def _no_transport(transport: Any, enabled: tuple[str, ...]) -> str:
    if not enabled:
        return "Engine.IO: not served (option eras with 'eio4', or 'eio3' for clients before 3.0, would admit it)"
    names = ", ".join(sorted(enabled))
    return f"Engine.IO: transport {_shown(transport)} asked for, enabled: {names} (option transports)"


def _no_revision(request: RequestView, settings: Settings) -> str:
    spoken = ", ".join(str(number) for number, era in ERAS.items() if era in settings.eras) or "none"
    named = request.query.get("EIO")
    if named is None:
        return f"Engine.IO: a client that names no revision, enabled: {spoken} (option assume_eio would admit it)"
    era = ERAS.get(_REVISIONS.get(named, 0)) if isinstance(named, str) else None
    option = f" (option eras with {era!r} would admit it)" if era else ""
    return f"Engine.IO: a client that speaks EIO={_shown(named)}, enabled: {spoken}{option}"
