"""
The line of requests that wait for the end of their answers.

    GET a, GET b, GET c   received
          b, c            answered: kept
          a               answered: a, b and c leave

Requests are handled as they arrive, but answers leave in the order of the requests (RFC 9112 §9.3.2).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.requests import Request

if TYPE_CHECKING:
    from gateway.connection import Reader
    from gateway.conversation import Conversation


class Refusal:
    """The last answer of a connection: the peer broke a rule. Looks like a request that was answered."""

    __slots__ = ("waiting",)

    finished = closes = refused = True
    foreign = False
    on_lost: Callable[[], None] | None = None

    def __init__(self, data: bytes) -> None:
        self.waiting: list[bytes] | None = [data]


class Line:
    """
    Whose turn it is to be answered on one connection.

    :ivar pending: requests whose answer is not complete, in the order they came.
    """

    __slots__ = ("_connection", "_conversation", "pending")

    def __init__(self, conversation: "Conversation") -> None:
        self._conversation = conversation
        self._connection = conversation.connection
        self.pending: list[Request | Refusal] = []

    def answer(self, request: Request, data: bytes) -> None:
        """Send ``data`` of the answer to ``request``, or keep it until its turn; ``request.finished`` says if it is all."""
        pending = self.pending
        if pending[0] is not request:
            if request.waiting is None:
                request.waiting = []
            request.waiting.append(data)
            return
        if data:
            self._connection.send(data)
        if request.finished:
            if len(pending) == 1 and not request.closes:
                pending.clear()
                self._conversation.advanced()
            else:
                self.advance()

    def refuse(self, data: bytes) -> None:
        """End the connection with ``data``, behind all answers that are due before."""
        self.pending.append(Refusal(data))
        self.advance()

    def advance(self) -> None:
        """Send what is complete, and as much as there is of the answer whose turn it is then."""
        pending = self.pending
        while pending:
            first = pending[0]
            if first.waiting:
                self._connection.send(b"".join(first.waiting))
                first.waiting = None
            if not first.finished:
                break
            del pending[0]
            if first.closes:
                self._connection.close(linger=first.refused)
                return
        self._conversation.advanced()

    @property
    def held(self) -> int:
        """Bytes of answers that wait for their turn."""
        return sum(sum(map(len, request.waiting)) for request in self.pending if request.waiting)

    def pass_on(self, request: Request) -> None:
        """Leave the answer to the fallback."""
        self._conversation.pass_on(request)

    def take_over(self, reader: "Reader") -> None:
        """Leave HTTP: ``reader`` has the connection from now on."""
        self._conversation.take_over(reader)

    def lost(self) -> None:
        """The connection is gone: no answer can be given any more."""
        pending, self.pending = self.pending, []
        for request in pending:
            if isinstance(request, Request) and not request.finished:
                request.finished = True
                if request.on_lost is not None:
                    request.on_lost()
