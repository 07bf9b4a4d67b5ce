"""
Replays recordings of Engine.IO and Socket.IO 1.x to 4.x: the client's steps are sent, the server's are compared.

    await Replay(recording, reactor, "127.0.0.1", 8080).run()

Answers to polls are compared as one stream of packets for each session, everything else byte for byte. What a server
of all eras may do differently stands in ``allowances``, and nothing else is let through.
"""

import re
import zlib
from typing import Any

from gateway.conformance.allowances import same_code, steps_of
from gateway.conformance.packets import seen
from gateway.conformance.polls import Polls
from gateway.conformance.rawclient import Exchange, Message, WebSocket
from gateway.conformance.recordings import Recording, Step, filled, has_body, template_body

_SID = re.compile(rb'"sid":"[^"]*"')


class Replay(Polls):
    """One recording against one server."""

    def __init__(self, recording: Recording, reactor: Any, host: str, port: int) -> None:
        super().__init__(recording, reactor, host, port)
        self._exchanges: dict[str, Exchange] = {}
        self._sockets: dict[str, WebSocket] = {}
        self._inflaters: dict[str, Any] = {}

    async def run(self) -> None:
        """
        Walk through the steps.

        :raises MismatchError: at the first difference that is not allowed.
        """
        try:
            for step in steps_of(self.recording):
                self._step = step
                if step["dir"] == "note":
                    self._note = step["note"]
                else:
                    await self._DO[step["dir"], step["kind"]](self, step)
            await self._pause()
            self._nothing_left()
        finally:
            for peer in self._peers:
                peer.abort()

    # The client's steps

    async def _request(self, step: Step) -> None:
        target = self.variables.fill(step["target"])
        session = self._session_of(step["method"], target)
        if session is not None and session.due and session.poll is not None and not session.poll.ended:
            self._exchanges[step["id"]] = session.poll  # an earlier answer brought more than was recorded: this is the next poll
            session.due = False
            return
        headers = {name: self.variables.fill(value) for name, value in step.get("headers", {}).items()}
        exchange = Exchange(step["method"], target, headers, filled(step, self.variables))
        self._exchanges[step["id"]] = exchange
        if session is not None:
            session.poll, session.due = exchange, False
        await self._open(exchange)
        await self._pause()

    async def _cut(self, step: Step) -> None:
        self._exchanges[step["id"]].abort()
        await self._pause()

    async def _open_socket(self, step: Step) -> None:
        headers = {name: self.variables.fill(value) for name, value in step.get("headers", {}).items()}
        socket = self._sockets[step["id"]] = WebSocket(self.variables.fill(step["target"]), headers)
        await self._open(socket)
        await self._pause()

    async def _send(self, step: Step) -> None:
        self._sockets[step["id"]].send(step["op"], filled(step, self.variables), step.get("code"))
        await self._pause()

    async def _close(self, step: Step) -> None:
        await self._pause()
        self._sockets[step["id"]].close()

    # The server's steps

    async def _answered(self, step: Step) -> None:
        exchange = self._exchanges[step["id"]]
        if step["status"] == 200 and exchange.method == "GET" and "transport=polling" in exchange.target and has_body(step):
            await self._polled(step, exchange)
            return
        answer = await self._answer(exchange)
        if self._same_head(step, answer, exchange.method) and has_body(step):
            self._same_body(step, answer)

    async def _dropped(self, step: Step) -> None:
        exchange = self._exchanges[step["id"]]
        await self._until(exchange, lambda: exchange.ended, "the end of the connection")
        if exchange.answer is not None:
            raise self._mismatch(f"answered with {exchange.answer.status}")

    # WebSockets

    async def _accepted(self, step: Step) -> None:
        socket = self._sockets[step["id"]]
        await self._until(socket, lambda: socket.answer is not None or socket.ended, "a 101")
        if socket.answer is None:
            raise self._mismatch("the connection was closed without an answer")
        self._same_head(step, socket.answer)

    async def _rejected(self, step: Step) -> None:
        socket = self._sockets[step["id"]]
        await self._until(socket, lambda: socket.ended or socket.accepted, "a refusal")
        answer = socket.answer
        if "status" not in step:
            if answer is not None and answer.status != 400:
                raise self._mismatch(f"answered with {answer.status}")
            return
        if answer is None:
            raise self._mismatch("the connection was closed without an answer")
        self._same_head(step, answer)
        if "text" in step:
            self._same_body(step, answer)

    async def _said(self, step: Step) -> None:
        socket = self._sockets[step["id"]]
        await self._until(socket, lambda: bool(socket.messages) or socket.ended, "a message")
        if not socket.messages:
            raise self._mismatch("the connection has ended")
        message = socket.messages.pop(0)
        if step["op"] == "close" and message.op == "close":
            same = same_code(self.recording, step.get("code"), message.code)
        else:
            same = step["op"] == message.op and self._is_same_message(step, message)
        if not same:
            raise self._mismatch(f"{message}")

    def _is_same_message(self, step: Step, message: Message) -> bool:
        if step.get("msgpack") is not None:
            body = message.body[1:] if self.recording.eio < 4 else message.body
            return self._is_same_packet(step["msgpack"], body)
        body = template_body(step)
        if step.get("rsv1"):
            body = _SID.sub(b'"sid":"{{...}}"', self._inflated(step["id"], body))
        if message.op == "binary":
            return body == message.body
        text_class = "A" if self.recording.text_class == "A" else ""
        try:
            return self._is_same_packet(seen(body.decode(), text_class), seen(message.body.decode(), text_class))
        except UnicodeError as error:
            raise self._mismatch(f"{message} is not doubled") from error

    def _inflated(self, name: str, body: bytes) -> bytes:
        """A recorded message; the servers kept the context of those before."""
        codec = self._inflaters.setdefault(name, zlib.decompressobj(-15))
        return bytes(codec.decompress(body + b"\0\0\xff\xff"))

    async def _ended(self, step: Step) -> None:
        socket = self._sockets[step["id"]]
        if not socket.closing and socket.accepted:
            socket.send("close", b"")  # as every WebSocket answers the other side's close
        await self._until(socket, lambda: socket.ended, "the end of the connection")

    async def _raw(self, step: Step) -> None:
        raise self._mismatch("bytes that are no frames are not replayed")

    def _nothing_left(self) -> None:
        """Nothing came that was not recorded, and nothing is missing."""
        for name, socket in self._sockets.items():
            left = [message for message in socket.messages if not (message.op == "close" and socket.closing)]
            if left:
                raise self._mismatch(f"{name} also got {left}")
        for session in self._sessions.values():
            if session.poll is not None and session.poll.ended and session.matched < len(session.actual):
                raise self._mismatch(f"a poll also got {session.actual[session.matched :]}")

    _DO: dict[tuple[str, str], Any] = {
        ("c2s", "http"): _request,
        ("c2s", "http-abort"): _cut,
        ("c2s", "ws-open"): _open_socket,
        ("c2s", "ws"): _send,
        ("c2s", "ws-end"): _close,
        ("s2c", "http"): _answered,
        ("s2c", "http-abort"): _dropped,
        ("s2c", "ws-accept"): _accepted,
        ("s2c", "ws-reject"): _rejected,
        ("s2c", "ws"): _said,
        ("s2c", "ws-end"): _ended,
        ("s2c", "tcp-raw"): _raw,
    }
