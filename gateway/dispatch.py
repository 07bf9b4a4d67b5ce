"""From an event of a client to the handlers of its namespace and its socket, and back to the answer."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, DeferredLock
from twisted.python.failure import Failure

from gateway.acks import Reply, Waiting, acknowledge
from gateway.arguments import function_for
from gateway.errors import ConnectionRefused
from gateway.handlers import FAILED, AnyHandler, H, Handler, OutgoingHandlers, ignore, log_failure, start, start_serial
from gateway.screening import Screen
from gateway.unfinished import count, hold
from protocols.model import RESERVED_NAMES, Ack, Event

if TYPE_CHECKING:
    from gateway.client import Client
    from gateway.namespace import Namespace

_AT_ONCE = frozenset((type(None), str, int, bool, float, list, tuple, dict, bytes, object))
"""Types of results that need no time; to ask a Deferred's type costs more."""


class Receiver(OutgoingHandlers):
    """
    What a Socket does with what its client sends.

    :ivar unfinished: bytes of the events whose handlers are not done, see :mod:`gateway.unfinished`.
    """

    __slots__ = ("_acks", "_locks", "_screen", "unfinished")

    client: "Client"
    connected: bool
    namespace: "Namespace"

    def __init__(self) -> None:
        super().__init__()
        self._acks: dict[int, Waiting] | None = None
        self._locks: dict[Handler, DeferredLock] | None = None
        self._screen: Screen | None = None
        self.unfinished = 0

    def use(self, fn: H) -> H:
        """
        Run ``fn(event, args)`` before the handlers of each event; raising stops the event and raises ``error`` here.

        A client of 1.x or 2.x is told what a :class:`ConnectionRefused` says, by its own ``error`` event.

        Events stay in order: those behind wait for a function that needs time.
        """
        if self._screen is None:
            self._screen = Screen(self._dispatch, self._refuse_event, partial(count, self))
        self._screen.uses = (*self._screen.uses, function_for("middleware of events", fn))
        return fn

    # For the gateway

    def receive(self, event: Event) -> None:
        """The client sent ``event``."""
        fn = self.namespace.only.get(event.name)
        if fn is None or self._by_event is not None or self._for_any is not None or self._screen is not None:
            self._receive(event)
        elif self.connected:
            self._call_only(event.name, fn, event)

    def _receive(self, event: Event) -> None:
        if event.name in RESERVED_NAMES:
            return
        if self._screen is None:
            self._dispatch(event)
        else:
            self._screen.receive(event)

    def take_ack(self, ack: Ack) -> None:
        """The client answers one of our events; an answer nobody waits for is ignored."""
        waiting = self._acks.pop(ack.id, None) if self._acks else None
        if waiting is not None:
            waiting(None, ack.args)

    def _refuse_event(self, failure: Failure) -> None:
        if not self._handlers("error") and not self.namespace._handlers("error"):
            log_failure(failure, "error")
        self.namespace._fire("error", self, failure.value)
        self._fire("error", failure.value)
        error = failure.value
        if isinstance(error, ConnectionRefused) and self.connected:
            session = self.client.session
            self.client.handle(session.event_refused(self.namespace.name, error.message, error.data))

    def _dispatch(self, event: Event) -> None:
        namespace = self.namespace
        if namespace._for_any is not None or self._for_any is not None:
            self._tell_any(event)
        if not self.connected:
            return
        self._call_all(event.name, event)
        if event.name == "message":
            namespace.has_message(self, event.args)

    def _call_only(self, name: str, fn: AnyHandler, event: Event) -> None:
        """The usual case: one function of the namespace, and an answer that is there at once."""
        result = start(name, fn, (self, *event.args))
        ack_id = event.ack_id
        if type(result) not in _AT_ONCE and isinstance(result, Deferred):
            hold(self, result, event.args)
            result.addErrback(log_failure, name)
            if ack_id is not None:
                result.addCallback(Reply(self, ack_id, 1).take)
        elif ack_id is not None and result is not FAILED:
            acknowledge(self, ack_id, result)

    def _call_all(self, name: str, event: Event) -> None:
        namespace, args = self.namespace, event.args
        heard, ours, theirs = name, self._handlers(name), namespace._handlers(name)
        if name == "*" or not (ours or theirs):
            heard, ours, theirs = "*", self._handlers("*"), namespace._handlers("*")
            args = [name, *args]
        count = len(ours) + len(theirs)
        reply = Reply(self, event.ack_id, count) if event.ack_id is not None and count else None
        for handler in theirs:
            if handler.once:
                namespace._used(heard, handler)
            self._call_handler(name, handler, (self, *args), reply)
        for handler in ours:
            if handler.once:
                self._used(heard, handler)
            self._call_handler(name, handler, tuple(args), reply)

    def _call_handler(self, name: str, handler: Handler, args: tuple[Any, ...], reply: Reply | None) -> None:
        if handler.ack:
            self._call_acknowledging(name, handler, args, reply)
            return
        result = self._start_serial(name, handler.fn, handler, args) if handler.serial else start(name, handler.fn, args)
        if isinstance(result, Deferred):
            hold(self, result, list(args))
            result.addErrback(log_failure, name)
            if reply is not None:
                result.addCallback(reply.take)
        elif reply is not None:
            reply.take(result)

    def _call_acknowledging(self, name: str, handler: Handler, args: tuple[Any, ...], reply: Reply | None) -> None:
        """A handler that was added with ``ack=True``: what it returns does not matter, but a failure does."""
        fn = partial(handler.fn, ack=None if reply is None else reply.send)
        result = self._start_serial(name, fn, handler, args) if handler.serial else start(name, fn, args)
        if isinstance(result, Deferred):
            hold(self, result, list(args))
            result.addErrback(log_failure, name)
            if reply is not None:
                result.addCallback(partial(_take_failure, reply))
        elif reply is not None:
            _take_failure(reply, result)

    def _start_serial(self, name: str, fn: Callable[..., Any], handler: Handler, args: tuple[Any, ...]) -> Deferred[Any]:
        if self._locks is None:
            self._locks = {}
        return start_serial(name, self._locks.setdefault(handler, DeferredLock()), fn, args)

    def _tell_any(self, event: Event) -> None:
        if not self.connected:
            return
        for fn in self.namespace._for_any or ():
            self._tell(event, start(event.name, fn, (self, event.name, *event.args)))
        for fn in self._for_any or ():
            self._tell(event, start(event.name, fn, (event.name, *event.args)))

    def _tell(self, event: Event, result: Any) -> None:
        hold(self, result, event.args)
        ignore(event.name, result)


def _take_failure(reply: Reply, result: Any) -> None:
    if result is FAILED:
        reply.take(FAILED)
