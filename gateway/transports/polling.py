"""One answer per held request: polling, xhr-polling, jsonp-polling."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gateway.transports.backlog import AT_ONCE, Backlog
from protocols.errors import ProtocolError
from protocols.model import REFUSE, Answer, PollWire, Sendable, Unit

if TYPE_CHECKING:
    from gateway.client import Client


class PollingTransport:
    """
    Holds at most one GET of its client; what is written during one turn goes out in one answer.

    :ivar request: the held GET, or None between two polls.
    :ivar handover: the attempt to change over to a WebSocket, if there is one.
    """

    __slots__ = ("_marked", "_pending", "_plain", "_probed", "client", "handover", "ready", "request", "wire")

    def __init__(self, client: "Client", wire: PollWire) -> None:
        self.client = client
        self.wire = wire
        self.request: Any = None
        self.ready = False
        self._pending: list[Unit] = []
        self._plain = 0  # of these, that need not be compressed
        self._marked = False
        self._probed = False
        self.handover: Any = None

    @property
    def idle(self) -> bool:
        """A poll waits, and nothing has been put into its answer yet."""
        return self.ready and not self._pending

    def hold(self, request: Any, wire: PollWire, now: float) -> None:
        """A GET of the client came: answer it with what waits, or hold it."""
        if self.client.over:
            self._take_leave(request, wire, now)
            return
        if self.request is not None and not self._make_room(request):
            return
        self.wire = wire
        self.request = request
        request.on_lost = self._cut
        self.ready = True
        self.client.attach(self, now)
        if self._probed and self.request is not None:
            self._release()

    def greet(self, request: Any, wire: PollWire, now: float) -> None:
        """Answer the first request; ``wire`` says with how much of what the session has said by now."""
        if not wire.greets_alone:
            self.hold(request, wire, now)
            return
        self.request = request
        self._reply(self.client.first_units(wire.encode))

    def write(self, message: Sendable) -> None:
        """Put ``message`` into the answer, which goes out at the end of this turn."""
        units = message.to(self.wire.encode)
        self._pending.extend(units)
        if not message.compress:
            self._plain += len(units)
        if not self._marked:
            self._marked = True
            self.client.listener.flusher.mark(self)

    write_alone = write

    def flush(self) -> None:
        """The turn is over: answer the held GET with what was written."""
        self._marked = False
        if self._pending and self.request is not None:
            units, self._pending = self._pending, []
            self._reply(units)

    def probed(self) -> None:
        """The WebSocket of the handover works: let polls go from now on, so that the client can change over."""
        self._probed = True
        if self.request is not None:
            self._release()

    def keep(self) -> None:
        """The handover came to nothing."""
        self.handover = None
        self._probed = False

    def answer_idle(self) -> None:
        """End the held poll without a message."""
        if self.request is not None:
            units, self._pending = self._pending, []
            self._reply(units or list(self.wire.idle))

    def settle(self, wire: PollWire) -> None:
        """Answer in the words of another wire from now on."""
        self.wire = wire

    def replaced(self) -> None:
        """Another transport carries from now on."""
        self.ready = False
        request, self.request = self.request, None
        if request is not None:
            request.on_lost = None
            units, self._pending = self._pending, []
            self._answer(request, units or list(self.wire.idle or self.wire.goodbye))

    def finish(self, goodbye: bool, away: bool = False) -> bool:
        """
        The session is over: tell the held poll, or keep the client until the next one comes.

        What was said before has an answer of its own: a client that reads a DISCONNECT and the end of the session in
        one body sees the end first, and comes back unasked (socket.io-client 4.8).
        """
        self.ready = False
        words = list(self.wire.goodbye if goodbye else ())
        request, self.request = self.request, None
        if request is None:
            return bool(words)
        request.on_lost = None
        units, self._pending = self._pending, []
        if away:
            self._answer(request, [*units, *self.wire.away] or list(self.wire.idle))
            return False
        if self.wire.silent_end and not units:
            request.drop()
            return False
        self._answer(request, units or words or list(self.wire.idle))
        return bool(units and words) and not _ends_with(units, words)

    def _take_leave(self, request: Any, wire: PollWire, now: float) -> None:
        """Answer a poll that comes after the end: first with what still waited, then with the end."""
        units = self.client.last_units(wire.encode)
        if units and wire.goodbye and not _ends_with(units, wire.goodbye):
            self._answer(request, units)
        elif units:
            self._answer(request, units)
            self.client.wake(now)
        elif wire.silent_end:
            request.drop()
            self.client.wake(now)
        else:
            self._answer(request, list(wire.late or (*wire.idle, *wire.goodbye)))
            self.client.wake(now)

    def _release(self) -> None:
        if not self._pending:
            self._reply(list(self.wire.idle))

    def _make_room(self, request: Any) -> bool:
        if self.wire.overlap == REFUSE:
            self.client.lost(self, "transport error", "two polls at once")
            request.respond(400, b"", close=False)
            return False
        before, self.request = self.request, None
        before.on_lost = None
        self.ready = False
        self._answer(before, list(self.wire.idle))
        self.client.detached(self, self.client.listener.wheel.now())
        return True

    def _reply(self, units: list[Unit]) -> None:
        """Answer the held GET; it is the end of this poll."""
        request, self.request = self.request, None
        request.on_lost = None
        self.ready = False
        self._answer(request, units)
        self.client.detached(self, self.client.listener.wheel.now())

    def _answer(self, request: Any, units: list[Unit]) -> None:
        compress = len(units) > self._plain
        self._plain = 0
        self.client.listener.respond(request, self.wire.answer(units, request), self.client, compress)

    def _cut(self) -> None:
        """The connection of the held GET went away; what was meant for it waits for the next poll."""
        self.request = None
        self.ready = False
        if self.wire.cut_ends:
            self.client.lost(self, "transport error", "poll cut")
        else:
            self.client.detached(self, self.client.listener.wheel.now())


def _ends_with(units: Sequence[Unit], words: Sequence[Unit]) -> bool:
    """Whether the end was said already."""
    return list(units[-len(words) :]) == list(words)


def take_post(client: "Client", request: Any, wire: Any, now: float) -> None:
    """
    The packets of a POST go to the session, and the POST is answered, in the order of the era.

    A body that can't be read ends an Engine.IO session after its good packets; the POST is answered all the same. One of
    very many packets is handled bit by bit, and so are the POSTs that come meanwhile.
    """
    listener = client.listener
    if listener.backlogs and client in listener.backlogs:
        listener.backlogs[client].behind(lambda: take_post(client, request, wire, listener.wheel.now()))
        return
    if wire.post_first:
        listener.respond(request, wire.posted(request), client)
    error: ProtocolError | None = None
    try:
        units = wire.read(request, listener.options.max_payload)
    except ProtocolError as caught:
        error = caught
        units = getattr(caught, "units", ())
    if len(units) > AT_ONCE:
        Backlog(client, units, lambda: _taken(client, request, wire, error)).go_on()
        return
    for unit in units:
        if client.over:
            break
        client.receive(unit, now)
    _taken(client, request, wire, error)


def _taken(client: "Client", request: Any, wire: Any, error: ProtocolError | None) -> None:
    """The packets of a POST were handled, up to the ``error``."""
    listener = client.listener
    if error is not None:
        _complain(client, wire, error)
    if not wire.post_first:
        answer = wire.posted(request) if error is None or error.status == 200 else _refusal(error)
        listener.respond(request, answer, client)


def _complain(client: "Client", wire: Any, error: ProtocolError) -> None:
    if wire.bad_body_ends and error.status != 413:
        client.fail(error)
    else:
        client.listener.complain(client, error)


def _refusal(error: ProtocolError) -> Answer:
    return Answer(error.status, b"", "text/plain; charset=UTF-8", close=error.status == 413)
