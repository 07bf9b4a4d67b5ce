"""A WebSocket by hand: whole messages or any bytes, and everything that came back."""

from typing import Any

from twisted.internet.defer import Deferred

from gateway.conformance.clients.answers import SocketReader
from gateway.conformance.clients.drafts import Draft
from gateway.conformance.clients.link import Answer, Headers, RefusedError, Unit
from gateway.conformance.clients.network import TcpLink


class RawSocket:
    """
    One WebSocket.

    :ivar opening: fires with the server's 101; fails with RefusedError.
    :ivar received: messages so far.
    :ivar controls: (opcode, payload) of pings and pongs so far.
    :ivar code: of the server's closing handshake, None before or without.
    :ivar over: the connection is no more.
    """

    def __init__(self, link: TcpLink, target: str, draft: Draft, headers: Headers = ()) -> None:
        self.draft: Any = draft
        self.opening: Deferred[Answer] = Deferred(lambda _: None)
        self.received: list[Unit] = []
        self.controls: list[tuple[int, bytes]] = []
        self.code: int | None = None
        self.over = False
        self._waiting: list[tuple[int, Deferred[list[Unit]]]] = []
        self._line = link.socket(target, draft, self, headers)
        self._reader: SocketReader = self._line.reader
        self._reader.on_control = lambda opcode, payload: self.controls.append((opcode, payload))

    def send(self, *messages: Unit) -> None:
        """Send messages."""
        for message in messages:
            self._line.send(message)

    def write(self, *frames: bytes) -> None:
        """Send bytes."""
        for data in frames:
            self._line.write(data)

    def messages(self, number: int) -> "Deferred[list[Unit]]":
        """Fires with all messages once there are that many; or with those there are, once the connection has ended."""
        done: Deferred[list[Unit]] = Deferred(lambda _: None)
        self._waiting.append((number, done))
        self._look()
        return done

    def ended(self) -> "Deferred[list[Unit]]":
        """Fires when the connection is no more."""
        return self.messages(1 << 60)

    # For the reader

    def opened(self, answer: Answer) -> None:
        """The server has accepted."""
        if not self.opening.called:
            self.opening.callback(answer)

    def message(self, item: Unit) -> None:
        """A message came."""
        self.received.append(item)
        self._look()

    def closed(self, code: int | None) -> None:
        """The server closes."""
        self.code = code

    def gone(self) -> None:
        """The connection is no more."""
        self.over = True
        if not self.opening.called:
            self.opening.errback(self._reader.refusal or RefusedError(0))
            self.opening.addErrback(_known)
        self._look()

    def _look(self) -> None:
        ready = [done for number, done in self._waiting if self.over or len(self.received) >= number]
        self._waiting = [one for one in self._waiting if one[1] not in ready]
        for done in ready:
            if not done.called:
                done.callback(list(self.received))


def _known(failure: Any) -> Any:
    failure.trap(RefusedError)
    return failure
