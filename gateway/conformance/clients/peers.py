"""
What the clients of all eras have in common: an inbox of reports, and words for what they can do.

    peer.emit("news", 1)              peer.call("echo", 1) -> Deferred of [1]
    peer.reports                      everything that came, in order
    peer.next("event", "news")        -> Deferred of the next such Report that nobody has taken
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar

from twisted.internet.defer import Deferred

from gateway.conformance.clients.carriers import Carrier
from gateway.conformance.clients.link import Link, RefusedError, Unit

CONNECTED, REFUSED, EVENT, ACK, LEFT, ENDED, CONTROL = "connected", "refused", "event", "ack", "left", "ended", "control"
"""
Kinds of reports: joined, not let in, an event, an answer, put out of a namespace, the connection is over, and what the
protocol says for itself (heartbeats and the like; ``name`` is the packet).
"""


@dataclass(slots=True)
class Report:
    """
    Something that came.

    :ivar args: of the event or answer; of a refusal, what the server gave as reason.
    :ivar ack: of an event, under which number its answer is wanted; of an answer, whose it is.
    """

    kind: str
    namespace: str = "/"
    name: str = ""
    args: list[Any] = field(default_factory=list)
    ack: int | None = None


Fits = Callable[[Report], bool]


class Peer:
    """
    One client.

    :param link: its way to the server.
    :param mount: the path of Socket.IO, without a slash behind it.
    :param query: of its handshake, as it stands in a URL.
    :ivar sid: the session id, "" before it is known.
    :ivar reports: everything that came.
    :ivar ended: why the connection is over, "" while it is not.
    """

    era: ClassVar[str]
    carrier: Carrier

    def __init__(self, link: Link, mount: str = "/socket.io", query: str = "") -> None:
        self.link = link
        self.mount = mount
        self.query = query
        self.sid = ""
        self.reports: list[Report] = []
        self.ended = ""
        self._unread: list[Report] = []
        self._waiting: list[tuple[Fits, Deferred[Report]]] = []
        self._numbers = count(1)

    # What it can do

    def open(self) -> None:
        """Connect; the report "connected" for ``/`` follows, unless the era has to join it first."""
        raise NotImplementedError

    def join(self, namespace: str, query: str = "", auth: Any = None) -> None:
        """Ask to join ``namespace``; "connected" or "refused" follows."""
        raise NotImplementedError

    def leave(self, namespace: str) -> None:
        """Leave ``namespace``."""
        raise NotImplementedError

    def send(self, value: Any, namespace: str = "/") -> None:
        """Send a message."""
        raise NotImplementedError

    def emit(self, name: str, *args: Any, namespace: str = "/", ack: int | None = None) -> None:
        """Send an event."""
        raise NotImplementedError

    def answer(self, report: Report, *args: Any) -> None:
        """Answer an event that wants it."""
        raise NotImplementedError

    def close(self) -> None:
        """Leave, as the client of the era does."""
        self.over("closed")
        self.carrier.close()

    def cut(self) -> None:
        """Let the network fail."""
        self.over("cut")
        self.carrier.cut()

    def call(self, name: str, *args: Any, namespace: str = "/") -> "Deferred[list[Any]]":
        """Send an event and wait for the arguments of its answer."""
        number = self.new_number()
        self.emit(name, *args, namespace=namespace, ack=number)
        answer = self.take(lambda one: one.kind == ACK and one.ack == number and one.namespace == namespace)
        return answer.addCallback(lambda report: report.args)

    def new_number(self) -> int:
        """A number under which no answer was wanted yet."""
        return next(self._numbers)

    # What came

    def next(self, kind: str, name: str = "", namespace: str = "/", where: Fits | None = None) -> "Deferred[Report]":
        """Wait for a report that nobody has taken; "" is any name."""

        def fits(one: Report) -> bool:
            wanted = one.kind == kind and one.namespace == namespace and name in ("", one.name)
            return wanted and (where is None or where(one))

        return self.take(fits)

    def event(self, name: str, namespace: str = "/", where: Callable[[list[Any]], bool] | None = None) -> "Deferred[list[Any]]":
        """Wait for an event; gives its arguments."""
        fits = None if where is None else lambda one: where(one.args)
        return self.next(EVENT, name, namespace, fits).addCallback(lambda report: report.args)

    def take(self, fits: Fits) -> "Deferred[Report]":
        """Wait for a report that nobody has taken."""
        for index, report in enumerate(self._unread):
            if fits(report):
                done: Deferred[Report] = Deferred()
                done.callback(self._unread.pop(index))
                return done
        waiting: tuple[Fits, Deferred[Report]] = (fits, Deferred(lambda _: self._waiting.remove(waiting)))
        self._waiting.append(waiting)
        return waiting[1]

    def heard(self, name: str, namespace: str = "/") -> list[list[Any]]:
        """Arguments of all events ``name`` so far, taken or not."""
        return [one.args for one in self.reports if (one.kind, one.name, one.namespace) == (EVENT, name, namespace)]

    def report(self, report: Report) -> None:
        """Something came."""
        self.reports.append(report)
        for waiting in self._waiting:
            if waiting[0](report):
                self._waiting.remove(waiting)
                waiting[1].callback(report)
                return
        self._unread.append(report)

    # For its carrier

    def units(self, units: Iterable[Unit]) -> None:
        """Packets came."""
        for unit in units:
            if self.ended:
                return
            try:
                self.unit(unit)
            except (RefusedError, ValueError, LookupError, TypeError) as error:
                self.carrier.cut()
                self.lost(f"packet {unit[:60]!r} can't be read: {error!r}")

    def unit(self, unit: Unit) -> None:
        """One packet came."""
        raise NotImplementedError

    def lost(self, why: str) -> None:
        """The carrier can't go on."""
        self.over(why)

    def over(self, why: str) -> None:
        """The connection is over."""
        if not self.ended:
            self.ended = why
            self.report(Report(ENDED, args=[why]))
