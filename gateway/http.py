"""
Cuts the bytes of one connection into request heads and bodies.

    \\r\\nPOST /a HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 2\\r\\n\\r\\nhiGET /b HTTP/1.1...
    blank line, then `head()` ---------------------------------^ `body()` ^ next head

Syntax is checked by llhttp (through httptools), the parser of Node itself. It can neither stop nor tell
where it stands, so it is fed slices that end at each CR LF CR LF: only there can a head or a chunked body
end. A body of known length is cut by its length and never fed, and neither is a head whose request line is of the usual
kind and whose headers have passed before, byte by byte the same (:func:`gateway.heads.known_fields`).
"""

from collections.abc import Callable

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from gateway.heads import BadRequest, Fields, HeadTooLarge, known_fields, remember
from protocols.errors import PayloadTooLarge

END = b"\r\n\r\n"
RAW_SLACK = 65536
"""How many bytes of chunk sizes a body may have beyond twice the allowed payload."""

_CHUNKED_HEAD = b"POST / HTTP/1.1\r\nHost: -\r\nTransfer-Encoding: chunked\r\n\r\n"


class RequestReader:
    """
    Bytes in, heads and bodies out, for one connection.

    After a head with a body, :meth:`expect` must be told what body it is, and that body be taken
    before the next head.

    :param max_head: most bytes of a head, blank lines before it included.
    :param max_lines: most lines of a head.
    :ivar data: what was received last and not wholly read; empty when nothing is unread.
    :ivar fields: the headers of the head given out last, if they are known already.
    """

    __slots__ = (
        "_at", "_blank", "_body", "_chunks", "_fed", "_left", "_parser", "_watch", "data", "fields", "max_head", "max_lines",
    )  # fmt: skip

    def __init__(self, max_head: int, max_lines: int) -> None:
        self.max_head = max_head
        self.max_lines = max_lines
        self._watch = min(max_head, max_lines)  # a head of fewer bytes breaks neither limit
        self.data = b""
        self.fields: Fields | None = None
        self._at = self._fed = self._blank = self._left = 0
        self._parser: HttpRequestParser | None = None
        self._body: bytearray | None = None
        self._chunks: Chunks | None = None

    def feed(self, data: bytes) -> None:
        """Take what was received."""
        at = self._at
        if at < len(self.data):
            data = self.data[at:] + data
        self.data = data
        self._at = 0

    @property
    def unread(self) -> int:
        """Bytes received that belong to no head or body given out so far."""
        return len(self.data) - self._at

    def rest(self) -> bytes:
        """Give out all that is unread: it is not HTTP."""
        data, at = self.data, self._at
        self.data = b""
        self._at = 0
        return data[at:]

    def head(self) -> bytes | None:
        """
        The next head, once all of it is there.

        :raises BadRequest: it can't become a valid head any more.
        :raises HeadTooLarge: it has more bytes or lines than allowed.
        """
        data, at = self.data, self._at
        if at < len(data) and data[at] < 32:
            at = self._skip_blank_lines()
        if at >= len(data):
            return None
        end = data.find(END, at + max(0, self._fed - 3)) + 4
        if end < 4:
            self._check(data, at, len(data))
            self._fed = len(data) - at
            return None
        if self._fed or self._blank:
            self._check(data, at, end)
            self.fields = None
        else:
            if end - at > self._watch:
                self._limit(data, at, end)
            self.fields = known_fields(data, at, end) or self._new_fields(data, at, end)
        self._fed = self._blank = 0
        return self._pass(end)

    def _new_fields(self, data: bytes, at: int, end: int) -> Fields | None:
        """Those of a head that is there as a whole."""
        self._check(data, at, end)
        return remember(data, at, end)

    def _skip_blank_lines(self) -> int:
        data, at = self.data, self._at
        while data.startswith(b"\r\n", at):
            at += 2
        self._blank += at - self._at
        self._at = at
        self._limit(data, at, at)
        if at < len(data) and data[at] < 32 and data[at:] != b"\r":
            raise BadRequest("malformed request line", data[at:])
        return len(data) if data[at:] == b"\r" else at

    def _check(self, data: bytes, at: int, end: int) -> None:
        if end - at + self._blank > self._watch:
            self._limit(data, at, end)
        start = at + self._fed
        parser = self._parser
        if parser is None:
            parser = self._parser = HttpRequestParser(None)  # it has nothing to call
        try:
            parser.feed_data(data if start == 0 and end == len(data) else data[start:end])
        except HttpParserUpgrade:
            self._parser = None  # whatever is upgraded to: the next head, if any, gets a new one
        except HttpParserError as error:
            raise BadRequest(str(error), data[at:end]) from None

    def _limit(self, data: bytes, at: int, end: int) -> None:
        if end - at + self._blank > self.max_head:
            raise HeadTooLarge(f"head over {self.max_head} bytes", data[at:])
        if data.count(b"\r\n", at, end) + self._blank // 2 > self.max_lines:
            raise HeadTooLarge(f"head over {self.max_lines} lines", data[at:])

    def expect(self, length: int, chunked: bool, limit: int, keep: bool = True) -> None:
        """
        Say what body follows the head just given out.

        :param length: its bytes, unless it is ``chunked``.
        :param limit: most bytes of payload.
        :param keep: it will be taken by :meth:`body`, else by :meth:`piece`.
        :raises PayloadTooLarge: the announced length is over the limit.
        """
        if length > limit:
            raise PayloadTooLarge(f"body over {limit} bytes")
        self._parser = None  # it still waits for the body, which it will never see
        self._left = length
        if chunked:
            self._chunks = Chunks(limit, keep)

    def body(self) -> bytes | None:
        """
        The whole payload of the body, once all of it is there.

        :raises BadRequest: chunks are malformed.
        :raises PayloadTooLarge: a chunked body is over the limit.
        """
        chunks = self._chunks
        if chunks is not None:
            self.piece()
            return bytes(chunks.payload) if chunks.complete else None
        left, at = self._left, self._at
        if self._body is None and len(self.data) - at >= left:
            self._left = 0
            return self._pass(at + left)
        if self._body is None:
            self._body = bytearray()
        self._body += self._take()
        if self._left:
            return None
        body, self._body = bytes(self._body), None
        return body

    def piece(self) -> tuple[bytes, bool]:
        """What is there of the body, as it was received, and whether that was its end. Raises as :meth:`body`."""
        chunks = self._chunks
        if chunks is None:
            return self._take(), self._left == 0
        at = self._at
        end = chunks.feed(self.data, at)
        if chunks.complete:
            self._chunks = None
        return self._pass(end), chunks.complete

    def _take(self) -> bytes:
        piece = self._pass(min(len(self.data), self._at + self._left))
        self._left -= len(piece)
        return piece

    def _pass(self, end: int) -> bytes:
        """Give out the bytes up to ``end``."""
        data, at = self.data, self._at
        if end == len(data):
            self.data = b""
            self._at = 0
            return data[at:]
        self._at = end
        return data[at:end]


class Chunks:
    """
    One chunked body (RFC 9112 §7.1).

    :param limit: most bytes of payload.
    :param keep: collect the payload, else only measure it.
    """

    __slots__ = ("_limit", "_parser", "_raw_left", "_size", "_tail", "complete", "on_body", "payload")

    def __init__(self, limit: int, keep: bool) -> None:
        self._limit = limit
        self._raw_left = 2 * limit + RAW_SLACK
        self._tail = b""
        self.complete = False
        self.payload = bytearray()
        self._size = 0
        self.on_body: Callable[[bytes], None] = self.payload.extend if keep else self._measure
        self._parser = HttpRequestParser(self)
        self._parser.feed_data(_CHUNKED_HEAD)

    def _measure(self, piece: bytes) -> None:
        self._size += len(piece)

    def on_message_complete(self) -> None:
        """Called by the parser behind the last chunk and its trailers."""
        self.complete = True

    def feed(self, data: bytes, at: int) -> int:
        """Read ``data`` from ``at`` on; returns where the body ends, or the end of the data."""
        start = at
        size = len(data)
        feed = self._parser.feed_data
        try:
            end = self._cut(data, at)
            while not self.complete and at < size:
                feed(data[at:end])
                at = end
                end = data.find(END, at) + 4
                if end < 4:
                    end = size
        except HttpParserError as error:
            raise BadRequest(str(error), data[at:]) from None
        self._tail = (self._tail + data[-3:])[-3:] if size - start < 3 else data[-3:]
        self._raw_left -= at - start
        if self._raw_left < 0 or len(self.payload) + self._size > self._limit:
            raise PayloadTooLarge(f"chunked body over {self._limit} bytes")
        return at

    def _cut(self, data: bytes, at: int) -> int:
        """Where the next CR LF CR LF ends, also when it began in the bytes before."""
        tail = self._tail
        border = (tail + data[at : at + 3]).find(END) if tail else -1
        if border >= 0:
            return at + border + 4 - len(tail)
        end = data.find(END, at)
        return len(data) if end < 0 else end + 4
