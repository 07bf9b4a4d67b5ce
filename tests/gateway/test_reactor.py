"""The lean reactor, in processes of its own: it behaves as the stock one where it matters."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ECHO = """
import sys
from gateway.reactor import install
install()
from twisted.internet import reactor, protocol, endpoints

class Echo(protocol.Protocol):
    def dataReceived(self, data):
        if data == b"boom":
            raise RuntimeError("boom")
        self.transport.write(data)

class Client(protocol.Protocol):
    def connectionMade(self):
        self.transport.write(self.factory.words[0])
    def dataReceived(self, data):
        print(data.decode(), flush=True)
        self.factory.words = self.factory.words[1:]
        if self.factory.words:
            self.transport.write(self.factory.words[0])
        else:
            self.transport.loseConnection()
    def connectionLost(self, reason):
        print(reason.type.__name__, flush=True)
        self.factory.left()

def connect(words, left):
    factory = protocol.Factory.forProtocol(Client)
    factory.words, factory.left = words, left
    endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port).connect(factory)

port = reactor.listenTCP(0, protocol.Factory.forProtocol(Echo), interface="127.0.0.1")
reactor.callWhenRunning(connect, [b"boom"], lambda: connect([b"a", b"x" * 100000][:1] + [b"b"], reactor.stop))
reactor.run()
print("done", flush=True)
"""

MONOTONIC = """
import time
from gateway.reactor import install
install()
from twisted.internet import reactor
real = time.time
time.time = lambda: real() - 86400
reactor.callLater(0.05, reactor.stop)
time.time = lambda: real() + 86400
reactor.run()
print("done", flush=True)
"""


def run(code):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30)


pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="epoll is Linux's")


def test_a_protocol_that_raises_costs_its_own_connection_only():
    done = run(ECHO)
    assert done.stdout.split() == ["ConnectionDone", "a", "b", "ConnectionDone", "done"], done.stderr


def test_a_wall_clock_that_jumps_moves_no_timer():
    assert run(MONOTONIC).stdout == "done\n"
