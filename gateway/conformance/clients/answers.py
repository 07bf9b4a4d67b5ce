"""
Reads answers of HTTP/1.1 from the bytes of a connection, and the answer that opens a WebSocket with what follows it.

    HTTP/1.1 200 OK <CRLF> Content-Length: 2 <CRLF> <CRLF> ok
"""

from collections.abc import Callable

from gateway.conformance.clients.drafts import PING, PONG, Closed, Control, Draft, frame
from gateway.conformance.clients.link import Answer, RefusedError, SocketReceiver

HEAD_END = b"\r\n\r\n"


def read_head(head: bytes) -> Answer:
    """
    An answer without its body.

    :raises RefusedError: it is none.
    """
    status, *lines = head.decode("latin-1").split("\r\n")
    words = status.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdecimal():
        raise RefusedError(0, f"no answer of HTTP: {status[:60]!r}")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Answer(int(words[1]), headers)


class AnswerReader:
    """
    Reads one answer after the other.

    :param on_piece: takes the body as it comes; without it the body is gathered in ``answer``.
    :ivar answer: the one being read; None between two.
    :ivar rest: bytes that belong to no answer yet.
    """

    def __init__(
        self,
        method: str = "GET",
        on_head: Callable[[Answer], None] | None = None,
        on_piece: Callable[[bytes], None] | None = None,
    ) -> None:
        self.answer: Answer | None = None
        self.rest = b""
        self._method = method
        self._on_head = on_head
        self._on_piece = on_piece
        self._left: int | None = None
        self._chunked = False

    def feed(self, data: bytes) -> Answer | None:
        """Take bytes; gives the answer when it is complete."""
        self.rest += data
        if self.answer is None and not self._head():
            return None
        if self._chunked:
            return self._chunks()
        return self._plain()

    def end(self) -> Answer | None:
        """The connection has ended; gives the answer if that is how it ends."""
        answer = self.answer
        return answer if answer is not None and not self._chunked and self._left is None else None

    def _head(self) -> bool:
        head, mark, rest = self.rest.partition(HEAD_END)
        if not mark:
            return False
        self.rest = rest
        answer = self.answer = read_head(head)
        if answer.status == 100:
            self.answer = None
            return self._head()
        self._chunked = answer.headers.get("transfer-encoding", "") == "chunked"
        length = answer.headers.get("content-length")
        self._left = None if length is None else int(length)
        if self._method == "HEAD" or answer.status in (101, 204, 304):
            self._left, self._chunked = 0, False
        if self._on_head is not None:
            self._on_head(answer)
        return True

    def _give(self, piece: bytes) -> None:
        assert self.answer is not None
        if self._on_piece is None:
            self.answer.body += piece
        elif piece:
            self._on_piece(piece)

    def _plain(self) -> Answer | None:
        if self._left is None:
            piece, self.rest = self.rest, b""
            self._give(piece)
            return None
        piece, self.rest = self.rest[: self._left], self.rest[self._left :]
        self._left -= len(piece)
        self._give(piece)
        return self._done() if not self._left else None

    def _chunks(self) -> Answer | None:
        while True:
            line, mark, rest = self.rest.partition(b"\r\n")
            if not mark:
                return None
            size = int(line, 16)
            if len(rest) < size + 2:
                return None
            self._give(rest[:size])
            self.rest = rest[size + 2 :]
            if not size:
                return self._done()

    def _done(self) -> Answer:
        answer, self.answer = self.answer, None
        assert answer is not None
        return answer


class SocketReader:
    """
    Reads what a server says on one WebSocket, from the head of its answer on, and answers pings.

    :param write: sends bytes.
    :param hang_up: ends the connection.
    :ivar on_control: called with each ping and pong: opcode, payload.
    :ivar open: the opening was accepted, and neither side has closed.
    """

    def __init__(
        self,
        draft: Draft,
        receiver: SocketReceiver,
        place: tuple[str, str, str],
        write: Callable[[bytes], None],
        hang_up: Callable[[], None],
    ) -> None:
        self.draft = draft
        self.open = False
        self.refusal: RefusedError | None = None
        self.on_control: Callable[[int, bytes], None] = lambda opcode, payload: None
        self._receiver = receiver
        self._place = place
        self._write = write
        self._hang_up = hang_up
        self._answer: Answer | None = None
        self._data = b""
        self._proof = 0

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        try:
            if not self.open:
                self._data += data
                data = self._opening()
            if self.open and data:
                for item in self.draft.feed(data):
                    self._take(item)
        except RefusedError as error:
            self.refusal = error
            self._hang_up()

    def _opening(self) -> bytes:
        if self._answer is None:
            head, mark, rest = self._data.partition(HEAD_END)
            if not mark:
                return b""
            self._answer, self._data = read_head(head), rest
            self._proof = self.draft.accept(self._answer, *self._place)
        if len(self._data) < self._proof:
            return b""
        self.draft.prove(self._data[: self._proof])
        self.open = True
        rest, self._data = self._data[self._proof :], b""
        self._receiver.opened(self._answer)
        return rest

    def _take(self, item: object) -> None:
        if isinstance(item, str | bytes):
            self._receiver.message(item)
        elif isinstance(item, Closed):
            self.open = False
            self._receiver.closed(item.code)
            self._write(self.draft.goodbye())
            self._hang_up()
        elif isinstance(item, Control):
            self.on_control(item.opcode, item.payload)
            if item.opcode == PING:
                self._write(frame(PONG, item.payload))
