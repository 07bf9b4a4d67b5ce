"""
Event middleware of one socket: what ``socket.use`` added is asked about each event before its handlers run.

A function may need time. The events behind wait for it, so that handlers see all events in the order they came.
"""

from collections import deque
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.handlers import AnyHandler, as_deferred_or_value, log_failure
from gateway.unfinished import EVENT, weight
from protocols.model import Event


class Screen:
    """
    The functions of one socket, and the events that wait for them.

    :param admit: takes an event that they let pass.
    :param refuse: takes the exception with which one of them stopped an event.
    :param held: called with how many bytes more, or less, wait here.
    """

    __slots__ = ("_admit", "_behind", "_busy", "_held", "_refuse", "uses")

    def __init__(self, admit: Callable[[Event], None], refuse: Callable[[Failure], None], held: Callable[[int], None]) -> None:
        self._admit = admit
        self._refuse = refuse
        self._held = held
        self._behind: deque[tuple[Event, int]] = deque()
        self._busy = False
        self.uses: tuple[AnyHandler, ...] = ()

    def receive(self, event: Event) -> None:
        """Ask about ``event``, when it is its turn."""
        size = EVENT + weight(event.args) if self._busy else 0
        self._behind.append((event, size))
        if size:
            self._held(size)
        self._go_on()

    def _go_on(self) -> None:
        while self._behind and not self._busy:
            self._busy = True
            event, size = self._behind.popleft()
            if size:
                self._held(-size)
            self._ask(event, self.uses, 0)

    def _ask(self, event: Event, uses: tuple[AnyHandler, ...], at: int) -> None:
        while at < len(uses):
            verdict = as_deferred_or_value(uses[at], event.name, event.args)
            at += 1
            if isinstance(verdict, Deferred):
                verdict.addCallbacks(self._pass, self._stop, callbackArgs=(event, uses, at))
                verdict.addErrback(log_failure, event.name)
                if self._busy:
                    verdict.addCallback(lambda _: self._go_on())
                return
        self._busy = False
        self._admit(event)

    def _pass(self, _: object, event: Event, uses: tuple[AnyHandler, ...], at: int) -> None:
        self._ask(event, uses, at)

    def _stop(self, failure: Failure) -> None:
        self._busy = False
        self._refuse(failure)
