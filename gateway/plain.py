"""
Plain WebSockets of RFC 6455 beside the Socket.IO ones: no sessions, no packets, what is said is what is heard.

    echo = WebSocketListener("/ws", lambda socket, data: socket.send(data), compression=True)
    front = Front(listener, echo)
"""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.arguments import function_for
from gateway.drafts import RFC6455, Draft
from gateway.errors import OptionError
from gateway.handlers import AnyHandler, as_deferred_or_value, ignore, start
from gateway.host import Host
from gateway.options import check_options
from gateway.origins import origin_of
from gateway.transports.websocket import WebSocketConnection
from gateway.unfinished import EVENT
from protocols.errors import ProtocolError

GOING_AWAY = 1001


class PlainSocket:
    """
    One client.

    :ivar request: the request that opened it: ``header(name)``, ``path``, ``query``, ``address``.
    :ivar connected: until either side has closed.
    """

    __slots__ = ("_connection", "_frames", "_full", "_listener", "_unfinished", "connected", "request")

    def __init__(self, listener: "WebSocketListener", request: Any, connection: WebSocketConnection, draft: Draft) -> None:
        self._listener = listener
        self._connection = connection
        self._frames = draft.packed or draft.frames
        self._full = False
        self._unfinished = 0  # bytes of messages whose handler is not done
        self.request = request
        self.connected = True

    def send(self, data: str | bytes) -> None:
        """
        Send a message; nothing happens when the client is gone.

        A client that does not read is cut off when it holds up more than ``max_buffer`` bytes.

        :raises TypeError: ``data`` is neither str nor bytes.
        """
        if not isinstance(data, str | bytes):
            raise TypeError(f"a message is str or bytes, not {type(data).__name__}")
        if not self.connected:
            return
        tcp = self._connection.connection
        if self._full and tcp.buffered > self._listener.max_buffer:
            self._cut("slow client")
        else:
            tcp.send(self._frames([data]))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin the closing handshake."""
        if self.connected:
            self._connection.close(code, reason)
            self.gone()

    # What a WebSocketConnection asks of its receiver, and a Connection of its writer

    def message(self, data: str | bytes, now: float) -> None:
        """A message came."""
        result = start("on_message", self._listener.on_message, (self, data))
        if isinstance(result, Deferred) and not result.called:
            self._hold(result, EVENT + len(data))
        ignore("on_message", result)

    def _hold(self, result: "Deferred[Any]", size: int) -> None:
        """Count a message until its handler is done; a client that sends faster than that is cut off past ``max_buffer``."""

        def let_go(result: Any) -> Any:
            self._unfinished -= size
            return result

        self._unfinished += size
        result.addBoth(let_go)
        if self._unfinished > self._listener.max_buffer and self.connected:
            self._cut("messages come faster than their handlers are done")

    def _cut(self, why: str) -> None:
        self._listener.complain_about(self.request.address, why)
        self._connection.connection.abort()

    def broken(self, code: int | None, rule: str) -> None:
        """The peer broke the framing."""
        self._listener.complain_about(self.request.address, rule)
        self.gone()

    def gone(self) -> None:
        """Either side has closed, or the connection is lost."""
        if self.connected:
            self.connected = False
            self._listener.left(self)

    def pause(self) -> None:
        """The peer does not read."""
        self._full = True

    def resume(self) -> None:
        """The peer has read all."""
        self._full = False


class WebSocketListener(Host):
    """
    An endpoint of plain WebSockets.

    Each of the functions may be a coroutine function; what it raises is logged and harms nobody.

    :param path: its one path.
    :param on_message: ``fn(socket, data)``, data being str or bytes.
    :param max_payload: bytes of a message, inflated.
    :param compression: offer permessage-deflate.
    :param origins: who may connect, as for a Listener; None for the same origin only.
    :param max_buffer: bytes that are held for a client that does not read, or sends faster than ``on_message`` works.
    :param on_open: ``fn(socket)``.
    :param on_close: ``fn(socket)``.
    :ivar sockets: those that are connected.
    :raises OptionError: the path does not begin with a slash, or an option has a wrong value.
    :raises TypeError: one of the functions can't be called.
    """

    TICK = 1.0

    def __init__(
        self,
        path: str,
        on_message: AnyHandler,
        max_payload: int = 1_000_000,
        compression: bool = False,
        origins: Any = None,
        max_buffer: int = 16 * 1024 * 1024,
        on_open: AnyHandler | None = None,
        on_close: AnyHandler | None = None,
        reactor: Any = None,
    ) -> None:
        if not isinstance(path, str) or not path.startswith("/"):
            raise OptionError(f"option path: a path that begins with a slash is wanted, not {path!r}")
        check_options({"max_payload": max_payload, "max_buffer": max_buffer, "origins": origins})
        function_for("on_message", on_message)
        for name, fn in (("on_open", on_open), ("on_close", on_close)):
            if fn is not None:
                function_for(name, fn)
        super().__init__(path, reactor, self.TICK, origins, ("websocket",) if compression else ())
        self.max_payload = max_payload
        self.max_buffer = max_buffer
        self.on_message = on_message
        self._on_open = on_open
        self._on_close = on_close
        self.sockets: dict[PlainSocket, None] = {}

    @property
    def max_body(self) -> int:
        return self.max_payload

    def owns(self, path: str) -> bool:
        return path in (self.path, f"{self.path}/")

    def end_all(self) -> None:
        for socket in list(self.sockets):
            socket.close(GOING_AWAY)

    def handle(self, request: Any) -> None:
        if not request.upgrade:
            request.respond(426, b"Upgrade Required", "text/plain", (("Upgrade", "websocket"),))
            return
        verdict = as_deferred_or_value(self.origins.allows, request)
        if isinstance(verdict, Deferred):
            verdict.addErrback(self._undecided)
            verdict.addCallback(self._judged, request)
        else:
            self._judged(verdict, request)

    def _undecided(self, failure: Failure) -> bool:
        self.log.failure("the function origins failed", failure)
        return False

    def _judged(self, allowed: Any, request: Any) -> None:
        if request.answered:  # the connection was lost meanwhile
            return
        if not allowed:
            log = f"origin {origin_of(request)!r} is refused; the option origins would admit it"
            self._refuse(request, 403, "Forbidden", log)
            return
        draft = self.negotiated(request, RFC6455)
        try:
            draft.check(request.header)
            head = draft.head(request, ())
        except ProtocolError as error:
            self._refuse(request, error.status, error.rule, f"WebSocket opening refused: {error}")
        else:
            self._open(request, draft, head)

    def _refuse(self, request: Any, status: int, text: str, log: str) -> None:
        self.complain_about(request.address, log)
        version = (("Sec-WebSocket-Version", "13"),) if status == 426 else ()
        request.respond(status, text.encode(), "text/plain", version, True)

    def _open(self, request: Any, draft: Draft, head: bytes) -> None:
        connection = WebSocketConnection(self, request.connection, draft, None)
        socket = connection.receiver = PlainSocket(self, request, connection, draft)
        request.connection.send(head)
        request.take_over(connection)
        connection.seated()
        self.sockets[socket] = None
        if self._on_open is not None:
            ignore("on_open", start("on_open", self._on_open, (socket,)))
        if request.rest:
            connection.dataReceived(request.rest)

    def left(self, socket: PlainSocket) -> None:
        """``socket`` is gone."""
        self.sockets.pop(socket, None)
        if self._on_close is not None:
            ignore("on_close", start("on_close", self._on_close, (socket,)))
