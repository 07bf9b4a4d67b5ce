"""
What every part of a replay needs: connections, waiting, variables, comparing, and the words for a difference.

The steps of a recording are walked through in order. A step of the client is sent after a short pause; a step of the
server is waited for. Where an answer may differ is decided by ``allowances``.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.task import deferLater

from gateway.conformance.allowances import instead, same_body, same_header, same_status
from gateway.conformance.packets import Packet, plain
from gateway.conformance.rawclient import Answer, Peer
from gateway.conformance.recordings import Recording, Step, Variables, template_body
from gateway.conformance.unpacked import shown

PAUSE = 0.008
"""Seconds between two steps of the client, so that the server sees them in order."""

TURNS = 3
"""Turns of the reactor in which a server in this process sees what was sent, however late the timer was."""

PATIENCE = 4.0
"""Seconds that an answer may take."""


class MismatchError(AssertionError):
    """The server did not do what the recording says."""


class Walk:
    """
    One recording against one server.

    :param reactor: a Twisted reactor.
    """

    def __init__(self, recording: Recording, reactor: Any, host: str, port: int) -> None:
        self.recording = recording
        self.variables = Variables(recording.vars)
        self._reactor = reactor
        self._place = (host, port)
        self._peers: list[Peer] = []
        self._step: Step = {}
        self._note = ""

    def _same_head(self, step: Step, answer: Answer, method: str = "GET", without: tuple[str, ...] = ()) -> bool:
        """Whether the answer is the recorded one, or else at least one that is allowed."""
        if not same_status(self.recording, method, step["status"], answer.status):
            raise self._mismatch(f"status {answer.status}, {answer.body[:120]!r}")
        if answer.status != step["status"]:
            return False
        for name, value in step.get("headers", {}).items():
            actual = answer.headers.get(name, "")
            if name in without or self._same(value, actual) or same_header(self.recording, name, value, actual):
                continue
            raise self._mismatch(f"header {name}: {actual!r}")
        return True

    def _same(self, template: str, text: str) -> bool:
        return self.variables.matches(template, text)

    def _same_body(self, step: Step, answer: Answer) -> None:
        expected, actual = template_body(step), answer.body
        same = self._same(expected.decode("latin-1"), actual.decode("latin-1"))
        if not same and not same_body(answer.status, expected, actual):
            raise self._mismatch(f"body {actual[:300]!r}")

    def _same_packet(self, expected: Any, actual: Packet) -> None:
        if not self._is_same_packet(expected, actual):
            raise self._mismatch(f"{actual!r} instead of {expected!r}")

    def _is_same_packet(self, expected: Any, actual: Packet) -> bool:
        if isinstance(expected, dict):
            return isinstance(actual, bytes) and self._same(*shown(expected, actual))
        if not (isinstance(expected, str) and isinstance(actual, str)):
            return bool(expected == actual)
        if self._same(expected, actual):
            return True
        older = self.recording.older
        if self.recording.eio == 4 and not older:
            return False
        spelled = plain(actual, older)
        return any(self._same(plain(one, older), spelled) for one in (expected, *instead(self.recording, expected)))

    # Waiting

    async def _open(self, peer: Peer) -> None:
        self._peers.append(peer)
        peer.connect(self._reactor, *self._place)
        await self._until(peer, lambda: peer.made or peer.ended, "a connection")

    async def _pause(self) -> None:
        await deferLater(self._reactor, PAUSE)
        for _ in range(TURNS):
            await deferLater(self._reactor, 0)

    async def _until(self, peer: Peer, true: Callable[[], bool], what: str) -> None:
        waited = peer.until(true)
        late = self._reactor.callLater(PATIENCE, waited.cancel)
        try:
            await waited
        except CancelledError as error:
            raise self._mismatch(f"waited in vain for {what}") from error
        finally:
            if late.active():
                late.cancel()

    def _mismatch(self, what: str) -> MismatchError:
        step = {key: value for key, value in self._step.items() if key != "dir"}
        where = f"{self.recording.name} ({self._note})" if self._note else self.recording.name
        return MismatchError(f"{where}: {what}\n  at step {step}")
