"""Many pieces in one open answer: htmlfile, xhr-multipart, server-events. Sends come by POST."""

from typing import TYPE_CHECKING, Any

from protocols.errors import ProtocolError
from protocols.model import Sendable, StreamWire, Unit

if TYPE_CHECKING:
    from gateway.client import Client


class StreamTransport:
    """An answer that stays open as long as its session."""

    __slots__ = ("_marked", "_opened", "_pending", "client", "ready", "request", "wire")

    def __init__(self, client: "Client", wire: StreamWire) -> None:
        self.client = client
        self.wire = wire
        self.request: Any = None
        self.ready = False
        self._pending: list[Unit] = []
        self._marked = self._opened = False

    @property
    def idle(self) -> bool:
        """Nothing written earlier still waits for the network."""
        return self.ready and not self._pending and bool(self.request.writable)

    def open(self, request: Any, now: float) -> None:
        """Begin the answer to ``request`` and carry, unless the client was put out before that."""
        if self.request is not None:
            self._end_answer()
        self.request = request
        request.on_lost = self._cut
        self._opened = True
        self.client.listener.start_stream(request, self.wire.head(request), self.wire.chunked, self.client)
        if self.client.over:
            self._pending = [*self.client.last_units(self.wire.encode), *self.wire.goodbye]
            self._end_answer()
            self.client.wake(now)
            return
        self.ready = True
        self.client.attach(self, now)

    def settle(self, wire: StreamWire) -> None:
        """Say all that follows in the words of another wire."""
        self.wire = wire

    def write(self, message: Sendable) -> None:
        """Send ``message`` as a piece, at the end of this turn."""
        self._pending.extend(message.to(self.wire.encode))
        if not self._marked:
            self._marked = True
            self.client.listener.flusher.mark(self)

    write_alone = write

    def flush(self) -> None:
        """The turn is over: send what was written."""
        self._marked = False
        if self._pending and self.request is not None:
            units, self._pending = self._pending, []
            self.request.write(self.wire.pack(units))
            if self.request.buffered > self.client.listener.options.max_buffer:
                self._give_up(self.request)

    def _give_up(self, request: Any) -> None:
        """The peer does not read: its session ends, and its connection as soon as that can be."""
        request.closes = True
        self.client.listener.complain(self.client, ProtocolError("slow client"))
        self.client.lost(self, "transport error", "slow client")

    def answer_idle(self) -> None:
        """Streams have no idle end."""

    def replaced(self) -> None:
        """Another transport carries from now on."""
        self._end_answer()

    def finish(self, goodbye: bool, away: bool = False) -> bool:
        """The session is over: say so and end the answer."""
        if self.request is not None and goodbye:
            self._pending.extend(self.client.last_units(self.wire.encode))
            self._pending.extend(() if away else self.wire.goodbye)
        self._end_answer()
        return not self._opened

    def _end_answer(self) -> None:
        self.ready = False
        self.flush()
        request, self.request = self.request, None
        if request is not None:
            request.on_lost = None
            request.finish()

    def _cut(self) -> None:
        """The connection went away; some sessions wait for another one, and so does what was not sent."""
        self.request = None
        self.ready = False
        self.client.gone(self)
