"""
Registration of handlers, and the running of one that returns a value, a Deferred or a coroutine.

The only place where the exceptions of an application are caught: they are logged with the name of the
event and stay with the handler that raised them.
"""

from collections.abc import Callable
from types import CoroutineType
from typing import Any, ClassVar, TypeVar, overload

from twisted.internet.defer import Deferred, DeferredLock, fail
from twisted.logger import Logger
from twisted.python.failure import Failure

AnyHandler = Callable[..., Any]
H = TypeVar("H", bound=AnyHandler)

FAILED = object()
"""What :func:`start` gives for a handler that raised."""

_NO_HANDLERS: list["Handler"] = []


class Handler:
    """One registered function."""

    __slots__ = ("ack", "fn", "once", "serial")

    def __init__(self, fn: AnyHandler, once: bool, serial: bool, ack: bool) -> None:
        self.fn = fn
        self.once = once
        self.serial = serial
        self.ack = ack


class Handlers:
    """The listeners of one object, in the order they were added; mixed into Namespace and Socket."""

    __slots__ = ("_by_event", "_for_any")
    _log: ClassVar[Logger] = Logger(namespace="socketio.handlers")

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
        if self._by_event is None:
            return
        kept = [h for h in self._by_event.get(event, ()) if handler is not None and h.fn != handler]
        if kept:
            self._by_event[event] = kept
        else:
            self._by_event.pop(event, None)

    def remove_listener(self, event: str, handler: AnyHandler) -> None:
        """Forget ``handler`` of ``event``."""
        self.off(event, handler)

    def remove_all_listeners(self, event: str | None = None) -> None:
        """Forget all handlers, or all of ``event``."""
        if event is None:
            self._by_event = None
        else:
            self.off(event)

    def event_names(self) -> list[str]:
        """Events that have a handler."""
        return list(self._by_event or ())

    def listeners(self, event: str) -> list[AnyHandler]:
        """Handlers of ``event``, in order."""
        return [handler.fn for handler in (self._by_event or {}).get(event, ())]

    def on_any(self, handler: H) -> H:
        """Call ``handler`` first for every event of a client; what it returns is ignored."""
        self._for_any = [*(self._for_any or ()), handler]
        return handler

    def off_any(self, handler: AnyHandler | None = None) -> None:
        """Forget one handler of every event, or all of them."""
        self._for_any = [h for h in self._for_any or () if handler is not None and h != handler] or None

    def _add(self, event: str, handler: AnyHandler | None, *flags: bool) -> Any:
        if handler is None:
            return lambda fn: self._add(event, fn, *flags)
        if not callable(handler):
            raise TypeError(f"handler of {event!r} must be callable, not {type(handler).__name__}")
        if self._by_event is None:
            self._by_event = {}
        # A new list each time: a handler may add and remove handlers while the old list is walked.
        self._by_event[event] = [*self._by_event.get(event, ()), Handler(handler, *flags)]
        return handler

    def _handlers(self, event: str) -> list[Handler]:
        return self._by_event.get(event, _NO_HANDLERS) if self._by_event is not None else _NO_HANDLERS

    def _used(self, event: str, handler: Handler) -> None:
        if self._by_event is not None and handler.once:
            kept = [h for h in self._by_event.get(event, ()) if h is not handler]
            if kept:
                self._by_event[event] = kept
            else:
                self._by_event.pop(event, None)

    def _fire(self, event: str, *args: Any) -> None:
        """Run the handlers of a lifecycle event; results do not matter."""
        for handler in self._handlers(event):
            self._used(event, handler)
            ignore(event, start(event, handler.fn, args))


def start(event: str, fn: AnyHandler, args: tuple[Any, ...]) -> Any:
    """
    Call ``fn(*args)``.

    :returns: its value, a Deferred (also for a coroutine), or :data:`FAILED` after its error was logged.
    """
    try:
        result = fn(*args)
    except Exception:  # noqa: BLE001 - the application's code may raise anything; it must not reach the peer or the neighbours
        Handlers._log.failure("handler of {event!r} failed", event=event)
        return FAILED
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
    """Log what an asynchronous handler raised; gives :data:`FAILED`."""
    Handlers._log.failure("handler of {event!r} failed", failure, event=event)
    return FAILED
