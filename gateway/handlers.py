"""
Registration of handlers, and the running of one that returns a value, a Deferred or a coroutine.

The only place where the exceptions of an application are caught: they are logged with the name of the
event and stay with the handler that raised them.
"""

from collections.abc import Callable, Iterator
from time import monotonic
from types import CoroutineType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from twisted.internet.defer import Deferred, DeferredLock, fail
from twisted.python.failure import Failure

from gateway.arguments import function_for
from gateway.complaints import Complaints
from gateway.errors import AckTimeout, LimitExceeded, SocketClosed, StoreUnavailable
from gateway.logs import ScopeLogger

if TYPE_CHECKING:
    from gateway.namespace import Namespace

AnyHandler = Callable[..., Any]
H = TypeVar("H", bound=AnyHandler)

FAILED = object()
"""What :func:`start` gives for a handler that raised."""

_NO_HANDLERS: list["Handler"] = []


class Handler:
    """
    One registered function.

    :ivar plain: nothing is asked for but to call it.
    """

    __slots__ = ("ack", "fn", "once", "plain", "serial")

    def __init__(self, fn: AnyHandler, once: bool, serial: bool, ack: bool) -> None:
        self.fn = fn
        self.once = once
        self.serial = serial
        self.ack = ack
        self.plain = not (once or serial or ack)


class Handlers:
    """The listeners of one object, in the order they were added; mixed into Namespace and Socket."""

    __slots__ = ("_by_event", "_for_any")
    _log: ClassVar[ScopeLogger] = ScopeLogger("handlers")

    def __init__(self) -> None:
        self._by_event: dict[str, list[Handler]] | None = None
        self._for_any: list[AnyHandler] | None = None

    @overload
    def on(self, event: str, handler: H, *, serial: bool = False, ack: bool = False) -> H: ...
    @overload
    def on(self, event: str, *, serial: bool = False, ack: bool = False) -> Callable[[H], H]: ...
    def on(self, event: str, handler: Any = None, *, serial: bool = False, ack: bool = False) -> Any:
        """
        Call ``handler`` on each ``event``; usable as a decorator.

        What the handler returns acknowledges the event, if the client asked for that.

        :param event: the event's name; ``"*"`` is called for events that nobody else handles, with the name first.
        :param serial: events of one socket wait until the handler is done with the one before.
        :param ack: the handler acknowledges by itself: it gets the keyword argument ``ack``, a function to call once
            with the answer's arguments, or None when the client asked for none.
        """
        return self._add(event, handler, False, serial, ack)

    @overload
    def once(self, event: str, handler: H, *, ack: bool = False) -> H: ...
    @overload
    def once(self, event: str, *, ack: bool = False) -> Callable[[H], H]: ...
    def once(self, event: str, handler: Any = None, *, ack: bool = False) -> Any:
        """As :meth:`on`, for the next ``event`` only."""
        return self._add(event, handler, True, False, ack)

    def off(self, event: str, handler: AnyHandler | None = None) -> None:
        """Forget ``handler`` of ``event``, or all of that event."""
        self._keep(event, lambda h: handler is not None and h.fn != handler)

    def remove_listener(self, event: str, handler: AnyHandler) -> None:
        """Forget ``handler`` of ``event``."""
        self.off(event, handler)

    def remove_all_listeners(self, event: str | None = None) -> None:
        """Forget all handlers, or all of ``event``."""
        if event is None:
            self._by_event = None
            self._changed()
        else:
            self.off(event)

    def event_names(self) -> list[str]:
        """Events that have a handler."""
        return list(self._by_event or ())

    def listeners(self, event: str) -> list[AnyHandler]:
        """Handlers of ``event``, in order."""
        return [handler.fn for handler in self._handlers(event)]

    def on_any(self, handler: H) -> H:
        """Call ``handler`` before all others for every event of a client; what it returns is ignored."""
        self._for_any = [*(self._for_any or ()), function_for("handler of every event", handler)]
        self._changed()
        return handler

    def prepend_any(self, handler: H) -> H:
        """As :meth:`on_any`, before those that are there."""
        self._for_any = [function_for("handler of every event", handler), *(self._for_any or ())]
        self._changed()
        return handler

    def off_any(self, handler: AnyHandler | None = None) -> None:
        """Forget one handler of every event, or all of them."""
        self._for_any = without(self._for_any, handler)
        self._changed()

    def listeners_any(self) -> list[AnyHandler]:
        """Handlers of every event, in order."""
        return list(self._for_any or ())

    def _add(self, event: str, handler: AnyHandler | None, *flags: bool) -> Any:
        if handler is None:
            return lambda fn: self._add(event, fn, *flags)
        if not isinstance(event, str):
            raise TypeError(f"event names are text, not {type(event).__name__}")
        function_for(f"handler of {event!r}", handler)
        if self._by_event is None:
            self._by_event = {}
        # A new list each time: a handler may add and remove handlers while the old list is walked.
        self._by_event[event] = [*self._by_event.get(event, ()), Handler(handler, *flags)]
        self._changed()
        return handler

    def _changed(self) -> None:
        """Handlers were added or removed."""

    def _handlers(self, event: str) -> list[Handler]:
        return self._by_event.get(event, _NO_HANDLERS) if self._by_event is not None else _NO_HANDLERS

    def _used(self, event: str, handler: Handler) -> None:
        """``handler``, if it was added by :meth:`once`, has had its turn."""
        if handler.once:
            self._keep(event, lambda h: h is not handler)

    def _keep(self, event: str, test: Callable[[Handler], bool]) -> None:
        if self._by_event is not None and event in self._by_event:
            kept = [handler for handler in self._by_event[event] if test(handler)]
            if kept:
                self._by_event[event] = kept
            else:
                del self._by_event[event]
            self._changed()

    def _fire(self, event: str, *args: Any) -> None:
        """Run the handlers of a lifecycle event; results do not matter."""
        if self._handlers(event):
            for result in self._started(event, args):
                ignore(event, result)

    def _started(self, event: str, args: tuple[Any, ...]) -> Iterator[Any]:
        """Start the handlers of ``event`` one by one; what each gives, see :func:`start`."""
        for handler in self._handlers(event):
            self._used(event, handler)
            yield start(event, handler.fn, args)


class OutgoingHandlers(Handlers):
    """Handlers of what a socket sends, as well."""

    __slots__ = ("_for_any_outgoing",)

    namespace: "Namespace"

    def __init__(self) -> None:
        super().__init__()
        self._for_any_outgoing: list[AnyHandler] | None = None

    def on_any_outgoing(self, handler: H) -> H:
        """Call ``handler(event, *args)`` for every event that is sent to this socket, alone or with others."""
        self._for_any_outgoing = [*(self._for_any_outgoing or ()), function_for("handler of what is sent", handler)]
        self.namespace.watched = True
        return handler

    def prepend_any_outgoing(self, handler: H) -> H:
        """As :meth:`on_any_outgoing`, before those that are there."""
        self._for_any_outgoing = [function_for("handler of what is sent", handler), *(self._for_any_outgoing or ())]
        self.namespace.watched = True
        return handler

    def off_any_outgoing(self, handler: AnyHandler | None = None) -> None:
        """Forget one handler of what is sent, or all of them."""
        self._for_any_outgoing = without(self._for_any_outgoing, handler)

    def listeners_any_outgoing(self) -> list[AnyHandler]:
        """Handlers of what is sent, in order."""
        return list(self._for_any_outgoing or ())


def without(handlers: list[AnyHandler] | None, handler: AnyHandler | None) -> list[AnyHandler] | None:
    """``handlers`` but ``handler`` (None: but all); None when none is left."""
    return [h for h in handlers or () if handler is not None and h != handler] or None


def start(event: str, fn: AnyHandler, args: tuple[Any, ...]) -> Any:
    """
    Call ``fn(*args)``.

    :returns: its value, a Deferred (also for a coroutine), or :data:`FAILED` after its error was logged.
    """
    try:
        result = fn(*args)
    except Exception:  # noqa: BLE001 - the application's code may raise anything; it must not reach the peer or the neighbours
        return log_failure(Failure(), event)
    if type(result) is CoroutineType:
        return Deferred.fromCoroutine(result)
    return result


def as_deferred_or_value(fn: AnyHandler, *args: Any) -> Any:
    """Call ``fn``; its value, or a Deferred when it needs time (also for a coroutine) or raised."""
    try:
        result = fn(*args)
    except Exception:  # noqa: BLE001 - as above; whoever asked decides what a failure means
        return fail()
    return Deferred.fromCoroutine(result) if type(result) is CoroutineType else result


def start_serial(event: str, lock: DeferredLock, fn: AnyHandler, args: tuple[Any, ...]) -> Deferred[Any]:
    """As :func:`start`, after those before it in ``lock`` are done."""
    return lock.run(start, event, fn, args)


def ignore(event: str, result: Any) -> None:
    """Nobody waits for ``result``; only its failure is worth a line."""
    if isinstance(result, Deferred):
        result.addErrback(log_failure, event)


def log_failure(failure: Failure, event: str) -> Any:
    """
    Log what a handler raised; gives :data:`FAILED`.

    What peers and the network can bring about at will (:data:`NO_BUG`) is one line, and not more than one a second.
    """
    if failure.check(*NO_BUG):
        _unmet.about(f"handler of {event!r}", f"{type(failure.value).__name__}: {failure.value}")
    else:
        Handlers._log.failure("handler of {event!r} failed", failure, event=event)
    return FAILED


NO_BUG = (StoreUnavailable, SocketClosed, AckTimeout, LimitExceeded)
"""Errors for which a traceback through the application explains nothing."""

_unmet = Complaints(Handlers._log, monotonic, 1, "failures of handlers")
