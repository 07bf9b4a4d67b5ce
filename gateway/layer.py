"""
``listener.engine``: the layer below the sessions, where HTTP is still HTTP.

    engine.use(fn)                              every request of the listener, before anything else
    engine.on("initial_headers", fn)            (headers, request) of the answer that makes a session
    engine.on("headers", fn)                    (headers, request) of that one and all that follow
    engine.on("connection_error", fn)           ({code, message, context, request}) of each refusal

As in Socket.IO 4.8. A listener that never asks for it pays nothing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.answers import answer_head
from gateway.arguments import function_for
from gateway.encoding import Headers
from gateway.eras import BAD_REQUEST, FORBIDDEN, REFUSALS
from gateway.errors import ConnectionRefused
from gateway.handlers import AnyHandler, H, Handlers, as_deferred_or_value

if TYPE_CHECKING:
    from gateway.hosting import SessionHost


class EngineLayer(Handlers):
    """
    What an application may do with the requests of one listener, and its events.

    * ``connection(client)``: a session was made; it has said nothing yet.
    * ``initial_headers(headers, request)``: those of an answer that makes a session, a dict to change.
    * ``headers(headers, request)``: the same for every answer of a session.
    * ``connection_error(error)``: a request was refused. ``error`` has ``code`` (the number of Engine.IO), ``message``,
      ``context`` (a dict with ``reason`` and what the reason is about) and ``request``.

    :ivar generate_id: ``fn(request)`` that makes session ids; None for the listener's own.
    """

    __slots__ = ("_host", "_uses", "generate_id")

    def __init__(self, host: "SessionHost") -> None:
        super().__init__()
        self._host = host
        self._uses: list[AnyHandler] = []
        self.generate_id: Callable[[Any], str] | None = None

    @property
    def clients_count(self) -> int:
        """How many sessions there are."""
        return self._host.clients_count

    def use(self, fn: H) -> H:
        """
        Call ``fn(request)`` for every request before it is looked at, in the order they were added.

        It may be a coroutine function. By ``request.respond(...)`` it answers itself; ConnectionRefused turns the
        client away with 403 and its message, any other exception is logged and answered with 400.
        """
        self._uses = [*self._uses, function_for("middleware", fn)]
        return fn

    # For the listener

    def admit(self, request: Any) -> None:
        """Ask the middleware about ``request``, then let the listener have it."""
        self._ask(request, self._uses, 0)

    def _ask(self, request: Any, uses: list[AnyHandler], at: int) -> None:
        while not request.answered:
            if at == len(uses):
                self._host.proceed(request)
                return
            asked = as_deferred_or_value(uses[at], request)
            at += 1
            if isinstance(asked, Deferred):
                asked.addCallbacks(self._go_on, self._failed, (request, uses, at), {}, (request,))
                asked.addErrback(lambda failure: self._host.log.failure("a request failed", failure))
                return

    def _go_on(self, result: Any, request: Any, uses: list[AnyHandler], at: int) -> None:
        self._ask(request, uses, at)

    def _failed(self, failure: Failure, request: Any) -> None:
        error = failure.value
        if isinstance(error, ConnectionRefused):
            code, kind, message = FORBIDDEN, "unauthorized", error.message
        else:
            self._host.log.failure("middleware of the engine failed", failure)
            code, kind, message = BAD_REQUEST, "failed", ""
        if not request.answered:
            self._host.turn_away(request, code, kind, message)

    def headers(self, headers: Headers, request: Any, first: bool) -> Headers:
        """Let handlers change the headers of an answer; ``first``: it makes a session."""
        if self._by_event is None:
            return headers
        table: dict[str, str] = dict(headers)
        if first:
            self._fire("initial_headers", table, request)
        self._fire("headers", table, request)
        changed = tuple(table.items())
        try:
            answer_head(200, "", changed, keep_alive=True)
        except (TypeError, ValueError):
            self._host.log.failure("a handler gave headers that can't be sent")
            return headers
        return changed

    def refused(self, request: Any, code: int, log: str, message: str = "") -> None:
        """Tell that ``request`` was refused."""
        if self._handlers("connection_error"):
            known = {"transport": request.query.get("transport"), "sid": request.query.get("sid"), "method": request.method}
            context = {"reason": log} | {name: known[name] for name in _CONTEXT.get(code, ())}
            error = {"code": code, "message": message or REFUSALS[code], "context": context, "request": request}
            self._fire("connection_error", error)


_CONTEXT = {0: ("transport",), 1: ("sid",), 2: ("method",)}
"""What explains a refusal beside its reason, by its code."""
