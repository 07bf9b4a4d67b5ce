"""
What a request below the mount asks for, done: routing, origins, authorization, sessions, openings.

The era's door reads the request and names a step; the functions here carry it out.
"""

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.eras import BAD_REQUEST, FORBIDDEN, Era, flash_policy
from gateway.errors import ConnectionRefused
from gateway.handlers import as_deferred_or_value
from gateway.handshake import Handshake
from gateway.origins import origin_of, preflight_headers
from gateway.reframing import counted, reframed
from gateway.transports.polling import PollingTransport, take_post
from gateway.transports.stream import StreamTransport
from gateway.transports.websocket import Nonce, SocketTransport, WebSocketConnection
from gateway.upgrading import Handover
from protocols.errors import ProtocolError
from protocols.model import (
    Answer,
    Drop,
    Finish,
    Greet,
    PollWire,
    Post,
    Reply,
    Resume,
    Say,
    SocketWire,
    Start,
    Step,
    StreamWire,
    Unit,
)

if TYPE_CHECKING:
    from gateway.client import Client
    from gateway.hosting import SessionHost
    from gateway.options import ListenerOptions


def handle(listener: "SessionHost", request: Any) -> None:
    """A request below the mount of ``listener``."""
    if listener.client_files is not None and listener.client_files.serve(request):
        return
    if listener.proxies is not None:
        request.forwarded = listener.proxies.seen_through(request)
    era = listener.era_of(request)
    segments = listener.segments(request)
    if era is None:
        request.pass_on()
        return
    if request.anonymous or not origin_of(request):
        proceed(listener, era, segments, request)
        return
    verdict = as_deferred_or_value(listener.origins.allows, request)
    if isinstance(verdict, Deferred):
        verdict.addErrback(_failed, listener)
        verdict.addCallback(lambda allowed: judged(listener, era, segments, request, allowed))
    else:
        judged(listener, era, segments, request, verdict)


def judged(listener: "SessionHost", era: Era, segments: list[str], request: Any, allowed: bool) -> None:
    """The origin of the request is known to be ``allowed`` or not."""
    if not allowed:
        log = f"origin {origin_of(request)!r} is refused; the option origins would admit it"
        listener.refused(request, FORBIDDEN, log)
        _turn_away(request, era.refusal(request, "origin", ""))
    elif request.method == "OPTIONS" and request.header("origin") and request.header("access-control-request-method"):
        request.respond(204, b"", "", preflight_headers(request))
    else:
        proceed(listener, era, segments, request)


def proceed(listener: "SessionHost", era: Era, segments: list[str], request: Any) -> None:
    """Ask the era's door, and do the step it names."""
    step = era.door(request, segments, listener.settings, listener.find)
    kind = type(step)
    if kind is Post or kind is Resume:
        if not request.finished:  # the connection was lost while the origin was judged
            _DO[kind](listener, era, request, step)
    elif _polls_anew(step) and listener.crowd.delays(request.address, listener.wheel.now()):
        listener.clock.callLater(listener.options.handshake_delay, _do, listener, era, request, step)
    else:
        _do(listener, era, request, step)


def _polls_anew(step: Step) -> bool:
    """Whether it begins a session of which a second request is to be expected."""
    return type(step) is Greet or (type(step) is Start and isinstance(step.wire, PollWire))


def _do(listener: "SessionHost", era: Era, request: Any, step: Step) -> None:
    if not request.finished:  # the connection was lost meanwhile
        _DO[type(step)](listener, era, request, step)


def admitted(listener: "SessionHost", era: Era, request: Any, transport: str, then: Any) -> None:
    """Ask ``authorization``, then call ``then()``; a refused client gets its era's answer."""
    ask = listener.options.authorization
    if ask is None:
        then()
        return
    handshake = Handshake.of(request, era.name, transport, 0)
    verdict = as_deferred_or_value(ask, handshake)
    where = (listener, era, request)

    def authorized(ok: Any) -> None:
        handshake.keep_data(request)
        _authorized(*where, ok, then)

    if isinstance(verdict, Deferred):
        verdict.addCallbacks(authorized, _refused, errbackArgs=where)
    else:
        authorized(verdict)


def turn_away(listener: "SessionHost", request: Any, code: int, kind: str, message: str) -> None:
    """The application wants nothing to do with ``request``, whatever it asks for."""
    listener.refused(request, code, "", message)
    era = listener.era_of(request)
    _turn_away(request, Answer(400, b"Bad request", "text/plain") if era is None else era.refusal(request, kind, message))


def _turn_away(request: Any, answer: Answer | Drop) -> None:
    """Without the headers that would let the page read it."""
    if isinstance(answer, Drop):
        request.drop()
    else:
        request.respond(answer.status, answer.body, answer.content_type, answer.headers, True)


def _authorized(listener: "SessionHost", era: Era, request: Any, ok: Any, then: Any) -> None:
    if ok is False:
        _refuse(listener, era, request, "unauthorized")
    else:
        then()


def _refused(failure: Failure, listener: "SessionHost", era: Era, request: Any) -> None:
    if isinstance(failure.value, ConnectionRefused):
        _refuse(listener, era, request, "unauthorized", failure.value.message)
    else:
        listener.log.failure("authorization failed", failure)
        _refuse(listener, era, request, "error")


def _refuse(listener: "SessionHost", era: Era, request: Any, kind: str, message: str = "") -> None:
    listener.refused(request, FORBIDDEN, "", message)
    answer = era.refusal(request, kind, message)
    if isinstance(answer, Drop):
        request.drop()
    else:
        listener.respond(request, answer)


def _failed(failure: Failure, listener: "SessionHost") -> bool:
    listener.log.failure("the function origins failed", failure)
    return False


# The steps


def _reply(listener: "SessionHost", era: Era, request: Any, step: Reply) -> None:
    if step.code is not None:
        listener.refused(request, step.code, step.log)
    elif step.log:
        listener.complain_about(request.address, step.log)
    listener.respond(request, step.answer)


def _drop(listener: "SessionHost", era: Era, request: Any, step: Drop) -> None:
    if step.log:
        listener.complain_about(request.address, step.log)
    request.drop()


def _greet(listener: "SessionHost", era: Era, request: Any, step: Greet) -> None:
    def greet() -> None:
        if _is_full(listener, era, request):
            return
        client = _new_client(listener, era, request, "", polls=True)
        client.begin(None, listener.wheel.now())
        listener.respond(request, step.greeting(client.session.id), client)

    admitted(listener, era, request, "", greet)


def _start(listener: "SessionHost", era: Era, request: Any, step: Start) -> None:
    def start() -> None:
        if _is_full(listener, era, request):
            return
        wire = step.wire
        if isinstance(wire, SocketWire):
            _open_socket(listener, era, request, wire, None)
            return
        client = _new_client(listener, era, request, wire.name, isinstance(wire, PollWire))
        now = listener.wheel.now()
        if isinstance(wire, PollWire):
            if listener.options.poll_framing is not None:
                wire = reframed(listener, era, request, client, wire)
            if listener.options.counted_acks is not None:
                wire = counted(listener, era, client, wire)
            transport = PollingTransport(client, wire)
            client.begin(transport, now)
            transport.greet(request, wire, now)
        else:
            stream = StreamTransport(client, wire)
            client.begin(stream, now)
            stream.open(request, now)

    admitted(listener, era, request, step.wire.name, start)


def _is_full(listener: "SessionHost", era: Era, request: Any) -> bool:
    """Refuse a session too many."""
    if listener.clients_count < listener.options.max_sessions:
        return False
    listener.complain_about(request.address, "max_sessions: there are as many already")
    _refuse(listener, era, request, "error", "too many sessions")
    return True


def _resume(listener: "SessionHost", era: Era, request: Any, step: Resume) -> None:
    client, wire, now = step.client, step.wire, listener.wheel.now()
    transport = client.transport
    if isinstance(wire, PollWire) and isinstance(transport, PollingTransport):
        transport.hold(request, wire, now)
    elif client.over and not isinstance(wire, PollWire):
        _say(listener, era, request, Say(wire, wire.goodbye))
    elif isinstance(wire, SocketWire):
        _open_socket(listener, era, request, wire, client)
    elif isinstance(wire, StreamWire):
        StreamTransport(client, wire).open(request, now)
    else:
        PollingTransport(client, wire).hold(request, wire, now)


def _post(listener: "SessionHost", era: Era, request: Any, step: Post) -> None:
    take_post(step.client, request, step.wire, listener.wheel.now())


def _say(listener: "SessionHost", era: Era, request: Any, step: Say) -> None:
    if step.log:
        listener.complain_about(request.address, step.log)
    wire = step.wire
    if isinstance(wire, PollWire):
        listener.respond(request, wire.answer(list(step.units), request))
    elif isinstance(wire, StreamWire):
        listener.start_stream(request, wire.head(request), wire.chunked)
        request.write(wire.pack(list(step.units)))
        request.finish()
    else:
        _open_socket(listener, era, request, wire, None, list(step.units))


def _finish(listener: "SessionHost", era: Era, request: Any, step: Finish) -> None:
    if step.client is not None:
        step.client.leave()
    listener.respond(request, step.answer)


_DO: dict[type, Any] = {
    Reply: _reply,
    Drop: _drop,
    Greet: _greet,
    Start: _start,
    Resume: _resume,
    Post: _post,
    Say: _say,
    Finish: _finish,
}


def _new_client(listener: "SessionHost", era: Era, request: Any, transport: str, polls: bool = False) -> "Client":
    sid, now = listener.generate_id(request), listener.wheel.now()
    session = era.open_session(sid, listener.settings, now, request, listener.greetings)
    if polls and listener.options.handshake_delay:
        listener.crowd.began(sid, request.address, now)
    return listener.add(session, request, transport)


def _open_socket(
    listener: "SessionHost", era: Era, request: Any, wire: SocketWire, client: "Client | None", say: list[Unit] | None = None
) -> None:
    """Answer the opening of a WebSocket, then start, resume or upgrade a session on it (or only ``say`` something)."""
    draft = listener.negotiated(request, era.draft(request))
    if listener.options.match_origin_protocol and request.header("origin").startswith("https:"):
        request.forwarded = (request.address, True)
    try:
        draft.check(request.header)
        head = draft.head(request, listener.opening_headers(request, client is None and say is None))
    except ProtocolError as error:
        listener.refused(request, BAD_REQUEST, f"WebSocket opening refused: {error}")
        request.respond(error.status, error.rule.encode(), "text/html", (), True)
        return
    connection = request.connection
    connection.send(head)
    socket = WebSocketConnection(listener, connection, draft, None)

    def seat(rest: bytes) -> None:
        socket.seated()
        _seat(listener, era, request, wire, client, say, socket)
        if rest:
            socket.dataReceived(rest)

    if not draft.nonce:
        request.take_over(socket)
        seat(request.rest)
        return
    nonce = Nonce(listener, request, draft, socket, seat)
    request.take_over(nonce)
    nonce.dataReceived(request.rest)


def _seat(
    listener: "SessionHost",
    era: Era,
    request: Any,
    wire: SocketWire,
    client: Any,
    say: list[Unit] | None,
    socket: WebSocketConnection,
) -> None:
    now = listener.wheel.now()
    if say is not None:
        socket.connection.send(socket.draft.frames(wire.carry(say)))
        socket.close()
    elif client is not None and wire.upgrade is not None:
        _upgrade(client, wire, socket)
    else:
        fresh = client is None
        if fresh:
            client = _new_client(listener, era, request, wire.name)
            if listener.options.counted_acks is not None:
                wire = counted(listener, era, client, wire)
        transport = socket.receiver = SocketTransport(client, wire, socket)
        if fresh:
            transport.ready = not socket.full  # so that what the session says first does not wait
            client.begin(transport, now)
        transport.open(now)


def _upgrade(client: "Client", wire: SocketWire, socket: WebSocketConnection) -> None:
    transport = client.transport
    if not isinstance(transport, PollingTransport) or transport.handover is not None or wire.upgrade is None:
        socket.close()
        return
    transport.handover = socket.receiver = Handover(client, wire, wire.upgrade(), socket)


# What else a listener needs to know of requests


def front_options(options: "ListenerOptions") -> dict[str, Any]:
    """The options of a Front among those of a listener."""
    names = ("max_head", "max_head_lines", "request_timeout", "keepalive", "max_connections", "max_pipelined")
    return {name: getattr(options, name) for name in names}


def policy_of(listener: "SessionHost") -> Any:
    """What answers a Flash policy request, or None while no flashsocket is enabled."""
    options = listener.options
    if not any("flashsocket" in options.transports_of(era) for era in options.eras):
        return None
    return lambda: flash_policy(options.flash_policy, listener.origins.listed, listener.ports())
