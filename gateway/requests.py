"""
One request and the answer to it.

Requests that were sent one behind the other are handled as they arrive; their answers leave in that order.
An answer that is ready before its turn waits in its request.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from gateway.answers import answer_head, has_body
from gateway.heads import Fields, Head

Headers = Iterable[tuple[str, str]]

if TYPE_CHECKING:
    from gateway.connection import Connection, Reader
    from gateway.line import Line
    from gateway.mounts import Mount


class Request(Head):
    """
    A request below one of the mounts.

    It is answered by exactly one of :meth:`respond`, :meth:`start` ... :meth:`finish`, :meth:`drop`,
    :meth:`pass_on`, or (an upgrade) :meth:`take_over`. After the connection was lost all of them do nothing.

    :ivar body: the whole body.
    :ivar noted: what ``authorization`` found out about the client.
    :ivar rest: what came behind the head of an upgrade so far; it grows until :meth:`take_over`.
    :ivar on_lost: called when the connection ends before the answer is complete.
    :ivar finished: the answer is complete, or can't be given any more.
    :ivar closes: the connection ends behind the answer.
    :ivar waiting: parts of the answer that wait for its turn.
    :ivar foreign: it is, or was passed on, to the fallback.
    :ivar forwarded: address and security of the client, where a trusted proxy speaks for it.
    :ivar mount: whose it is; None when it is the fallback's from the start.
    """

    __slots__ = (
        "_chunked",
        "_line",
        "_started",
        "body",
        "closes",
        "connection",
        "finished",
        "foreign",
        "forwarded",
        "mount",
        "noted",
        "on_lost",
        "rest",
        "waiting",
    )

    refused = False

    def __init__(self, raw: bytes, connection: "Connection", line: "Line", fields: Fields | None = None) -> None:
        Head.__init__(self, raw, fields)
        self.connection = connection
        self._line = line
        self.mount: Mount | None = None
        self.forwarded: tuple[str, bool] | None = None
        self.noted: Any = None
        self.body = self.rest = b""
        self.on_lost: Callable[[], None] | None = None
        self.finished = self.foreign = self._started = self._chunked = self.closes = False
        self.waiting: list[bytes] | None = None

    @property
    def address(self) -> str:
        """The peer's host, "" when unknown."""
        return self.connection.address if self.forwarded is None else self.forwarded[0]

    @property
    def port(self) -> int:
        """The peer's port, 0 when unknown."""
        return self.connection.port

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted."""
        return self.connection.secure if self.forwarded is None else self.forwarded[1]

    @property
    def writable(self) -> bool:
        """Whether a piece written now would leave at once."""
        return self._line.pending[:1] == [self] and self.connection.writable

    @property
    def buffered(self) -> int:
        """Bytes written on its connection that the kernel has not taken yet."""
        return self.connection.buffered

    @property
    def answered(self) -> bool:
        """An answer was begun, or left to somebody else."""
        return self.finished or self._started or self.foreign

    def respond(self, status: int, body: bytes = b"", content_type: str = "", headers: Headers = (), close: bool = False) -> None:
        """
        Give the whole answer.

        :param close: end the connection behind it.
        :raises ValueError: a header can't be sent.
        :raises RuntimeError: an answer was given before.
        """
        if (self.finished or self._started) and self._gone():
            return
        front = self.connection.front
        keep = self.keep_alive and not close and not self.upgrade
        head = answer_head(status, content_type, headers if type(headers) is tuple else tuple(headers), keep)
        if status == 200 or has_body(status):
            shown = body if self.method != "HEAD" else b""
            data = b"%b%bContent-Length: %d\r\n\r\n%b" % (head, front.date(), len(body), shown)
        else:
            data = b"%b%b\r\n" % (head, front.date())
        self.finished = True
        self.closes = not keep
        self._line.answer(self, data)

    def start(self, status: int, headers: Headers = (), chunked: bool = True) -> None:
        """
        Begin an answer in pieces.

        :param chunked: mark the end of the body by chunked coding; else, and for HTTP/1.0, by closing the connection.
        :raises ValueError: a header can't be sent.
        :raises RuntimeError: an answer was given before.
        """
        if self._gone():
            return
        self._chunked = chunked and self.version == "1.1"
        self.closes = not (self.keep_alive and self._chunked and not self.upgrade)
        head = answer_head(status, "", tuple(headers), not self.closes)
        coding = b"Transfer-Encoding: chunked\r\n" if self._chunked else b""
        self._started = True
        self._line.answer(self, b"%b%b%b\r\n" % (head, self.connection.front.date(), coding))

    def write(self, data: bytes) -> None:
        """Add ``data`` to the body of a started answer."""
        if data and not self.finished and self.method != "HEAD":
            self._line.answer(self, b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def finish(self) -> None:
        """End a started answer."""
        if not self.finished:
            self.finished = True
            last = b"0\r\n\r\n" if self._chunked and self.method != "HEAD" else b""
            self._line.answer(self, last)

    def drop(self) -> None:
        """Close the connection without an answer (behind the answers to earlier requests)."""
        if not self.finished:
            self.finished = self.closes = True
            self._line.answer(self, b"")

    @property
    def has_fallback(self) -> bool:
        """Whether :meth:`pass_on` finds somebody."""
        return self.connection.front.fallback is not None

    def pass_on(self) -> None:
        """Leave the answer to the fallback; without one it is 404."""
        if not self._gone():
            self.foreign = True
            self._line.pass_on(self)

    def take_over(self, reader: "Reader") -> None:
        """
        The connection leaves HTTP: every later byte goes to ``reader.dataReceived``, its end to ``reader.connectionLost``.

        What came before stays in ``rest``, for ``reader`` to read first. Writing goes on through ``connection.send``.
        """
        if not self._gone():
            self.finished = True
            self._line.take_over(reader)

    def whole(self) -> bytes:
        """Head and body once more, for the fallback."""
        if not self.chunked:
            return self.raw_head + self.body
        chunk = b"%x\r\n%b\r\n" % (len(self.body), self.body) if self.body else b""
        return b"%b%b0\r\n\r\n" % (self.raw_head, chunk)

    def _gone(self) -> bool:
        if self.finished and not self.connection.connected:
            return True
        if self.finished or self._started:
            raise RuntimeError(f"{self.method} {self.path} is answered twice")
        return False
