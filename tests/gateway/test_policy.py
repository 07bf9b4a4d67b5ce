"""The Flash policy: at once on a port of its own, inline only for exactly the question."""

import pytest
import pytest_twisted
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from gateway import Front, Listener
from gateway.policy import PATIENCE, PolicyFactory
from gateway.service import GatewayService
from tests.gateway.front_driver import Peer


class Transport(StringTransport):
    half_closed = aborted = False

    def loseWriteConnection(self):
        self.half_closed = True

    def abortConnection(self):
        self.aborted = True


def policy_port(*mounts):
    front = Front(*mounts, reactor=Clock())
    protocol = PolicyFactory(front).buildProtocol(None)
    transport = Transport()
    protocol.makeConnection(transport)
    return front.reactor, protocol, transport


def test_the_port_answers_at_once_whatever_is_said_and_closes():
    clock, protocol, transport = policy_port(Listener(flash_policy=[("a.example", [80])]))
    assert b'domain="a.example" to-ports="80"' in transport.value()
    assert transport.half_closed
    protocol.dataReceived(b"GET / HTTP/1.0\r\n\r\n")
    protocol.connectionLost(None)
    clock.advance(PATIENCE)
    assert not transport.aborted


def test_a_peer_that_stays_is_cut_off():
    clock, _, transport = policy_port(Listener(flash_policy=[("a.example", [80])]))
    clock.advance(PATIENCE)
    assert transport.aborted


def test_without_flashsocket_nothing_is_allowed():
    _, _, transport = policy_port(Listener(transports={era: ["websocket"] for era in ("old", "0.9", "eio3", "eio4")}))
    assert transport.value() == b""
    assert transport.half_closed


@pytest.mark.parametrize("pieces", [(b"<policy-file-request/>\0",), (b"<", b"policy-file", b"-request/>\0")])
def test_inline_the_question_may_come_in_pieces(pieces):
    peer = Peer(Front(Listener(flash_policy=[("a.example", [80])]), reactor=Clock())).send(*pieces)
    assert b"a.example" in peer.received
    assert peer.closed


@pytest.mark.parametrize("question", [b"<policy-file-request/>\n", b"<html>", b"<policy-file-request/>\0x"])
def test_inline_anything_else_is_closed_without_an_answer(question):
    peer = Peer(Front(Listener(), reactor=Clock())).send(question)
    assert peer.received == b""
    assert peer.closed


@pytest_twisted.ensureDeferred
async def test_the_service_gives_the_policy_on_its_port_and_warns_once_when_it_cannot():
    from twisted.internet import reactor
    from twisted.logger import globalLogPublisher

    warnings = []

    def observer(event):
        if event["log_level"].name == "warn":
            warnings.append(event)

    front = Front(Listener(flash_policy=[("a.example", [80])]), reactor=reactor)
    other = Front(Listener(), reactor=reactor)
    service = GatewayService(front, ["tcp:0:interface=127.0.0.1"], "tcp:0:interface=127.0.0.1")
    service.startService()
    globalLogPublisher.addObserver(observer)
    try:
        (taken,) = front.policy_ports
        second = GatewayService(other, [], f"tcp:{taken.getHost().port}:interface=127.0.0.1")
        second.startService()
        await second.stopService()
    finally:
        globalLogPublisher.removeObserver(observer)
        await service.stopService()
    assert [event["reason"] for event in warnings] == ["port in use"]
    assert "--flash-policy" in warnings[0]["log_format"]
