"""
The three ways in which clients carry packets: polls and posts, one endless answer and posts, a WebSocket.

    polls     GET, GET, GET ...      one POST at a time; what is to be sent meanwhile waits and goes out together
    stream    one GET                the same posts
    socket    an upgrade             messages both ways

How an era writes its requests and reads the answers is told by its *speech*, one object for each client.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from gateway.conformance.clients.drafts import Draft
from gateway.conformance.clients.link import Answer, CutError, Headers, Line, Link, RefusedError, Unit


class Owner(Protocol):
    """Whose packets are carried."""

    def units(self, units: Iterable[Unit]) -> None:
        """Packets came."""

    def lost(self, why: str) -> None:
        """The carrier can't go on."""


class Speech(Protocol):
    """How one era speaks over one transport."""

    def poll(self) -> str:
        """The target of the next poll, stream or opening."""

    def post(self, units: list[Unit]) -> tuple[str, bytes, Headers]:
        """Target, body and headers of a POST."""

    def read(self, answer: Answer) -> list[Unit]:
        """What the answer to a poll says."""

    def piece(self, data: bytes) -> list[Unit]:
        """What a further piece of a stream completes."""

    def posted(self, answer: Answer) -> None:
        """Check the answer to a POST; raises RefusedError."""

    def wrap(self, units: list[Unit]) -> list[Unit]:
        """Packets as messages of a WebSocket."""

    def unwrap(self, message: Unit) -> list[Unit]:
        """What a message of a WebSocket says."""


class Posts:
    """Sends by POST, one request at a time."""

    def __init__(self, link: Link, speech: Speech, owner: Owner) -> None:
        self.link = link
        self.speech = speech
        self.owner = owner
        self.over = False
        self.paused = False
        self._dead = False
        self._waiting: list[Unit] = []
        self._posting: Deferred[Answer] | None = None
        self._settled: Deferred[None] | None = None

    @property
    def busy(self) -> bool:
        """A request has no answer yet."""
        return self._posting is not None

    def send(self, units: Iterable[Unit]) -> None:
        """Send packets, as soon as the POST before is answered."""
        self._waiting.extend(units)
        self._post()

    def pause(self) -> "Deferred[None]":
        """Begin no further request; fires when none is left."""
        self.paused = True
        self._settled = Deferred()
        settled = self._settled
        self._look()
        return settled

    def unsent(self) -> list[Unit]:
        """Take back what was never sent."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def cut(self) -> None:
        """Stop, and cut what is under way."""
        self.close()
        self._dead = True
        if self._posting is not None:
            self._posting.cancel()

    def close(self) -> None:
        """Receive no more; what is to be sent still is."""
        self.over = True

    def _post(self) -> None:
        if self._posting is not None or not self._waiting or self._dead or self.paused:
            return
        units, self._waiting = self._waiting, []
        target, body, headers = self.speech.post(units)
        posting = self._posting = self.link.fetch("POST", target, body, headers)
        posting.addCallbacks(self._posted, self._failed)

    def _posted(self, answer: Answer) -> None:
        self._posting = None
        try:
            self.speech.posted(answer)
        except RefusedError as error:
            self.fail(f"POST: {error}")
            return
        self._look()
        self._post()

    def _failed(self, failure: Failure) -> None:
        self._posting = None
        failure.trap(CutError, RefusedError, CancelledError)
        self.fail(f"POST: {failure.getErrorMessage()}")

    def _look(self) -> None:
        if self._settled is not None and not self.busy:
            settled, self._settled = self._settled, None
            settled.callback(None)

    def fail(self, why: str) -> None:
        """It can't go on."""
        if not self.over:
            self.cut()
            self.owner.lost(why)


class Polls(Posts):
    """A poll is always under way; its answer is followed by the next one."""

    def __init__(self, link: Link, speech: Speech, owner: Owner) -> None:
        super().__init__(link, speech, owner)
        self._held: Deferred[Answer] | None = None

    @property
    def busy(self) -> bool:
        return self._posting is not None or self._held is not None

    def start(self) -> None:
        """Send the first poll."""
        self.poll()

    def close(self) -> None:
        super().close()
        if self._held is not None:
            self._held.cancel()

    def cut_poll(self) -> None:
        """Cut the connection of the poll under way, as a proxy may do."""
        held, self._held = self._held, None
        if held is not None:
            held.cancel()

    def poll(self) -> None:
        if self.over or self.paused or self._held is not None:
            return
        held = self._held = self.link.fetch("GET", self.speech.poll())
        held.addCallbacks(self._answered, self._cut, (held,), {}, (held,))

    def _answered(self, answer: Answer, held: "Deferred[Answer]") -> None:
        if self._held is not held:
            return
        self._held = None
        try:
            if answer.status != 200:
                raise RefusedError(answer.status, answer.body[:80].decode("latin-1"))
            units = self.speech.read(answer)
        except RefusedError as error:
            self.fail(f"poll: {error}")
            return
        self.owner.units(units)
        self._look()
        self.poll()

    def _cut(self, failure: Failure, held: "Deferred[Answer]") -> None:
        failure.trap(CutError, RefusedError, CancelledError)
        if self._held is held:
            self._held = None
            self.fail(f"poll: {failure.getErrorMessage()}")


class Streams(Posts):
    """One endless answer."""

    def __init__(self, link: Link, speech: Speech, owner: Owner) -> None:
        super().__init__(link, speech, owner)
        self._line: Line | None = None
        self.answer: Answer | None = None

    def start(self) -> None:
        """Open the stream."""
        self._line = self.link.stream(self.speech.poll(), self)

    def close(self) -> None:
        super().close()
        if self._line is not None:
            self._line.cut()

    def began(self, answer: Answer) -> None:
        """The head is there."""
        self.answer = answer
        if answer.status != 200:
            self.fail(f"stream: {RefusedError(answer.status)}")

    def piece(self, data: bytes) -> None:
        """Some of the body came."""
        if self.over:
            return
        try:
            self.owner.units(self.speech.piece(data))
        except RefusedError as error:
            self.fail(f"stream: {error}")

    def gone(self) -> None:
        """The stream has ended."""
        self.fail("the stream has ended")


class Sockets:
    """
    A WebSocket.

    :ivar code: of the server's closing handshake.
    """

    def __init__(self, link: Link, speech: Speech, owner: Owner, draft: Draft) -> None:
        self.link = link
        self.speech = speech
        self.owner = owner
        self.over = False
        self.code: int | None = None
        self.opening: Deferred[Answer] = Deferred()
        self._draft = draft
        self._line: Line | None = None

    def start(self) -> None:
        """Open it."""
        self._line = self.link.socket(self.speech.poll(), self._draft, self)

    def send(self, units: Iterable[Unit]) -> None:
        """Send packets."""
        if self._line is not None:
            for message in self.speech.wrap(list(units)):
                self._line.send(message)

    def write(self, data: bytes) -> None:
        """Send bytes that need not be a frame."""
        if self._line is not None:
            self._line.write(data)

    def stop_reading(self) -> None:
        """Let the server find that nobody reads (over TCP only)."""
        line: Any = self._line
        line.stop_reading()

    def cut(self) -> None:
        """End the connection at once."""
        self.over = True
        if self._line is not None:
            self._line.cut()

    def close(self) -> None:
        """Begin the closing handshake."""
        self.over = True
        if self._line is not None:
            self._line.close()

    def opened(self, answer: Answer) -> None:
        """The opening was accepted."""
        if not self.opening.called:
            self.opening.callback(answer)

    def message(self, item: Unit) -> None:
        """A message came."""
        if not self.over:
            self.owner.units(self.speech.unwrap(item))

    def closed(self, code: int | None) -> None:
        """The server begins the closing handshake."""
        self.code = code

    def gone(self) -> None:
        """The connection is no more."""
        if not self.opening.called:
            self.opening.errback(RefusedError(0, "the WebSocket was refused"))
            self.opening.addErrback(lambda failure: None)
        if not self.over:
            self.over = True
            self.owner.lost(f"the WebSocket has ended with {self.code}")


Carrier = Polls | Streams | Sockets
