"""
What is said in HTTP/1.1 on one connection.

    our own requests      handled as they arrive, one behind the other if sent so
    upgrades              alone: once all before them are answered, and nothing is read behind them
    the fallback's        alone as well, given to the Site head first and body as it comes

At most ``max_pipelined`` answers are owed; then, and while the peer does not read, reading pauses.
"""

from typing import TYPE_CHECKING

from twisted.python.failure import Failure

from gateway.answers import CONTINUE, answer_head
from gateway.fallback import SiteSide
from gateway.heads import TooSlow
from gateway.http import RequestReader
from gateway.line import Line
from gateway.requests import Request
from protocols.errors import ProtocolError

if TYPE_CHECKING:
    from gateway.connection import Connection, Reader

JOINED = 16
"""Answers that are joined in one write at most."""

EAGER = 65536
"""Bytes that are taken in behind a request that must be alone; then reading pauses."""


class Conversation:
    """
    The requests of one connection.

    :ivar line: those whose answer is not complete.
    """

    __slots__ = (
        "_alone",
        "_begun",
        "_full",
        "_incoming",
        "_over",
        "_parsing",
        "_paused",
        "_reader",
        "_site",
        "connection",
        "front",
        "line",
    )

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.front = front = connection.front
        self.line = Line(self)
        self._reader = RequestReader(front.max_head, front.max_head_lines)
        self._begun = self._full = self._over = self._parsing = self._paused = False
        self._incoming: Request | None = None  # whose body is being received
        self._alone: Request | None = None  # nothing is read behind it
        self._site: SiteSide | None = None

    # Reading ------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Take what was received."""
        flusher = self.front.flusher
        flusher.reading = True
        try:
            self._reader.feed(data)
            self._parse()
        finally:
            flusher.reading = False
            if flusher.dirty:
                flusher.flush()

    def _parse(self) -> None:
        """Handle what was received, as far as it goes."""
        self._parsing = True
        try:
            while not self._over and self._step():
                pass
        except ProtocolError as error:
            self._refuse(error)
        finally:
            self._parsing = False
        if (self.line.pending or self._full) and not self._over:
            self._hold()

    def _step(self) -> bool:
        """Take the next request, or more of its body; False when something must happen first."""
        if self._incoming is not None:
            return self._more(self._incoming)
        if len(self.connection.waiting) > JOINED:
            self.connection.flush()  # which may tell us that the peer does not read
        if self._alone is not None:
            return self._take_turn(self._alone)
        if self._full or len(self.line.pending) >= self.front.max_pipelined:
            return False
        raw = self._reader.head()
        if raw is None:
            self._wait_for_rest()
            return False
        request = Request(raw, self.connection, self.line, self._reader.fields)
        mount = request.mount = self.front.mount_for(request.path)
        if mount is None or request.upgrade:
            self._alone = request
            return True
        if request.length or request.chunked:
            self._reader.expect(request.length, request.chunked, mount.max_body)
            self._incoming = request
            return self._more(request)
        self._handle(request)
        return self._reader.data != b""

    def _wait_for_rest(self) -> None:
        """If a request is there in part, the rest must come in time, however it dribbles."""
        if not self._begun and (self._incoming is not None or self._reader.unread):
            self._begun = True
            self.connection.limit = self.front.now() + self.front.request_timeout

    def _more(self, request: Request) -> bool:
        """Take more of the body of ``request``."""
        if request.foreign:
            return self._relay(self._site_side())
        body = self._reader.body()
        if body is None:
            self._wait_for_rest()
            self._encourage()
            return False
        self._incoming = None
        request.body = body
        self._handle(request)
        return self._reader.data != b""

    def _handle(self, request: Request) -> None:
        self._begun = False
        self.line.pending.append(request)
        if not request.keep_alive and not request.upgrade:
            self.stop()
        request.mount.handle(request)  # type: ignore[union-attr]  # without a mount it is not ours
        if not request.finished:
            request.shrink()

    def _encourage(self) -> None:
        """Ask for a body that is held back, once the turn of its request has come."""
        request = self._incoming
        if request is not None and request.expects and not self.line.pending:
            request.expects = False
            self.connection.send(CONTINUE)

    def _take_turn(self, request: Request) -> bool:
        """Begin with a request that must be alone, if it is; or look what became of it."""
        if self.line.pending:
            self._look_for_successor()
            return False
        if self._full:
            return False
        if request.mount is None:
            self._begin_foreign(request)
            return True
        request.rest = self._reader.rest()
        self.connection.dataReceived = self._keep_rest
        self._handle(request)
        return self._alone is None  # it was passed on, and the fallback has answered

    def _keep_rest(self, data: bytes) -> None:
        request = self._alone
        if request is not None:
            request.rest += data
            if len(request.rest) > EAGER:
                self._pause_reading()

    def _hold(self) -> None:
        """Pause reading while what would be received can't be handled."""
        behind = self._alone is not None and self._incoming is None and self._reader.unread > EAGER
        if behind or self._full or len(self.line.pending) >= self.front.max_pipelined:
            self._pause_reading()

    def _pause_reading(self) -> None:
        if not self._paused:
            self._paused = True
            self.connection.transport.pauseProducing()

    def _resume_reading(self) -> None:
        if self._paused:
            self._paused = False
            self.connection.transport.resumeProducing()

    def _go_on(self) -> None:
        """What kept us from reading may be over."""
        if not (self._parsing or self._over or self._full):
            self._resume_reading()
            if self._reader.unread or self._alone is not None:
                self._parse()

    # Answering ----------------------------------------------------------------------------

    def advanced(self) -> None:
        """The line of answers is shorter, perhaps empty."""
        pending = self.line.pending
        if not pending:
            if not self._begun:
                self.connection.limit = self.front.now() + self.front.keepalive
        elif pending[0].foreign:
            self.serve(pending[0])  # type: ignore[arg-type]  # refusals are not foreign
        if not self._parsing:
            if self._incoming is not None:
                self._encourage()
            if self._paused or self._alone is not None or self._reader.data:
                self._go_on()

    def pause(self) -> None:
        """The peer does not read its answers: handle no further requests."""
        self._full = True
        if self._site is not None:
            self._site.pause()
        if not self._parsing:
            self._pause_reading()

    def resume(self) -> None:
        """The peer has read all its answers."""
        self._full = False
        if self._site is not None:
            self._site.resume()
        if self.line.pending:
            self.line.advance()
        self._go_on()

    def _refuse(self, error: ProtocolError) -> None:
        """The peer broke a rule of HTTP: say so in its turn, and close."""
        connection = self.connection
        self.front.complain(connection, error)
        incoming = self._incoming
        if incoming is not None and self._site is not None and self._site.request is incoming:
            self.line.pending.remove(incoming)
            self._site.lost(Failure(error))
        self.stop()
        head = answer_head(error.status, "text/plain", (), False)
        reason = head[13 : head.index(b"\r\n")]
        data = b"%b%bContent-Length: %d\r\n\r\n%b" % (head, self.front.date(), len(reason), reason)
        self.line.refuse(data)

    def expire(self) -> None:
        """The time for what was expected is over: the rest of a request, or another one."""
        if self._begun:
            self._refuse(TooSlow("request not complete in time"))
        elif not self.line.pending:
            if not self.connection.draining(self.front.keepalive):
                self.connection.close()
        elif not self._over:
            self._look_for_successor()

    def stop(self) -> None:
        """Read no more requests; those received are answered."""
        self._over = True
        self._begun = False
        self._incoming = None
        self.connection.dataReceived = _ignore
        self._resume_reading()

    def lost(self, reason: Failure) -> None:
        """The connection has ended."""
        self._over = True
        if self._site is not None:
            self._site.lost(reason)
        self.line.lost()

    def take_over(self, reader: "Reader") -> None:
        """Leave HTTP."""
        self._over = True
        self._resume_reading()
        self.connection.take_over(reader)

    # The fallback ---------------------------------------------------------------------------

    def pass_on(self, request: Request) -> None:
        """Leave the answer to the fallback."""
        if self.front.fallback is None:
            request.foreign = False
            request.respond(404, b"Not Found", "text/plain")
            return
        if request is self._alone:
            self._reader.feed(request.rest)
            request.rest = b""
            self.connection.dataReceived = self.received
        if self.line.pending[0] is request:
            self.serve(request)

    def serve(self, request: Request) -> None:
        """Let the Site answer ``request``, which was received and passed on; its turn has come."""
        if not self._full and (self._site is None or self._site.request is None):
            self._site_side().begin(request, request.whole())
            self._look_for_successor()

    def _begin_foreign(self, request: Request) -> None:
        """Give the head of ``request`` to the Site; the body follows as it comes."""
        limit = self.front.max_foreign_body
        more = request.chunked or request.length > 0
        if more:
            self._reader.expect(request.length, request.chunked, limit, keep=False)
        self._incoming = request if more else None
        self._begun = False
        request.foreign = True
        self.line.pending.append(request)
        self._site_side().begin(request, request.raw_head)
        if not more:
            self._look_for_successor()

    def _relay(self, site: SiteSide) -> bool:
        """Give the Site what is there of a body."""
        piece, last = self._reader.piece()
        if last:
            self._incoming = None
            self._begun = False
        else:
            self._wait_for_rest()
        if piece:
            site.feed(piece)
        return last

    def _site_side(self) -> SiteSide:
        if self._site is None:
            assert self.front.fallback is not None
            self._site = SiteSide(self.connection, self.front.fallback, self._served)
        return self._site

    def _served(self, request: Request) -> None:
        if self._alone is request:
            self._alone = None
        if request.closes:
            self.stop()
        self.line.advance()

    def _look_for_successor(self) -> None:
        """Hand the connection over if the Site has upgraded it."""
        site = self._site
        reader = site.successor() if site is not None and site.request is not None else None
        if reader is not None:
            rest = self._reader.rest()
            self.connection.transport.unregisterProducer()
            self.take_over(reader)
            if rest:
                reader.dataReceived(rest)


def _ignore(data: bytes) -> None:
    """Bytes that no longer matter."""
