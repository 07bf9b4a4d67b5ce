"""The write path: what is joined, what is sent at once, what is queued."""

import socket

import pytest
from twisted.internet import main, tcp
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from gateway.flushing import FastServer, Flusher, flusher_of, queued
from tests.gateway.front_driver import Peer, get, make_front


class Recorder:
    """A connection that knows how often it was flushed, and by whom others are marked then."""

    def __init__(self, marks=()):
        self.flushed = 0
        self.marks = marks

    def flush(self):
        self.flushed += 1
        for flusher, other in self.marks:
            flusher.mark(other)


def test_outside_a_read_everything_of_one_turn_is_flushed_at_the_next():
    clock = Clock()
    flusher = Flusher(clock)
    one, two = Recorder(), Recorder()
    flusher.mark(one)
    flusher.mark(two)
    assert len(clock.getDelayedCalls()) == 1 and one.flushed == 0
    clock.advance(0)
    assert (one.flushed, two.flushed) == (1, 1) and not flusher.dirty
    flusher.mark(one)
    clock.advance(0)
    assert one.flushed == 2


def test_in_a_read_nothing_is_scheduled():
    clock = Clock()
    flusher = Flusher(clock)
    flusher.reading = True
    flusher.mark(Recorder())
    assert not clock.getDelayedCalls() and len(flusher.dirty) == 1


def test_what_a_flush_makes_others_write_is_flushed_as_well():
    clock = Clock()
    flusher = Flusher(clock)
    late = Recorder()
    flusher.mark(Recorder([(flusher, late)]))
    clock.advance(0)
    assert late.flushed == 1 and not clock.getDelayedCalls() and not flusher.reading


def test_one_reactor_has_one_flusher():
    one, two = Clock(), Clock()
    assert flusher_of(one) is flusher_of(one)
    first, second = flusher_of(one), flusher_of(two)
    assert first is not second


def test_the_answers_of_one_read_are_one_write():
    writes = []
    peer = Peer(make_front())
    peer.transport.write = writes.append
    peer.connection.dataReceived(get() * 3)
    assert len(writes) == 1 and writes[0].count(b"HTTP/1.1 200") == 3


def test_what_is_sent_before_a_close_is_written_before_it():
    peer = Peer(make_front())
    peer.connection.send(b"a")
    peer.connection.send(b"b")
    peer.connection.close()
    assert peer.received == b"ab" and peer.closed
    peer.connection.send(b"c")
    assert peer.send().received == b"ab"


def test_an_abort_writes_nothing():
    peer = Peer(make_front())
    peer.connection.send(b"a")
    peer.connection.abort()
    assert peer.send().received == b"" and peer.aborted


# A real socket, without a reactor ------------------------------------------------------------


class Turns:
    """Counts what a transport asks of its reactor."""

    def __init__(self):
        self.writers = set()

    def addReader(self, reader):
        pass

    removeReader = addReader

    def addWriter(self, writer):
        self.writers.add(writer)

    def removeWriter(self, writer):
        self.writers.discard(writer)


class Taker:
    def __init__(self):
        self.received = []

    def dataReceived(self, data):
        self.received.append(data)

    def connectionLost(self, reason):
        self.lost = reason


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(5)
    transport = tcp.Server.__new__(tcp.Server)
    tcp.Connection.__init__(transport, ours, Taker(), Turns())
    transport.connected = 1
    transport.__class__ = FastServer
    yield transport, theirs
    ours.close()
    theirs.close()


def test_a_write_is_sent_at_once_and_asks_nothing_of_the_reactor(pair):
    transport, theirs = pair
    transport.write(b"hello")
    assert theirs.recv(100) == b"hello"
    assert not transport.reactor.writers and queued(transport) == 0


def test_what_the_kernel_does_not_take_is_queued_in_order(pair):
    transport, theirs = pair
    data = bytes(range(256)) * 4000
    transport.write(data)
    transport.write(b"last")
    left = queued(transport)
    assert 0 < left < len(data) + 4 and transport in transport.reactor.writers
    received = b""
    while len(received) < len(data) + 4:
        received += theirs.recv(1 << 20)
        if transport in transport.reactor.writers:
            transport.doWrite()
    assert received == data + b"last" and queued(transport) == 0


def test_a_producer_is_paused_when_the_peer_does_not_read(pair):
    transport, _ = pair
    told = []

    class Producer:
        def pauseProducing(self):
            told.append("pause")

    transport.registerProducer(Producer(), True)
    transport.write(b"a" * 10)
    assert told == []
    transport.write(b"a" * 500000)
    assert told == ["pause"]


def test_a_write_to_a_connection_that_is_gone_is_left_to_the_reactor(pair):
    transport, theirs = pair
    theirs.close()
    transport.write(b"a")
    transport.write(b"b")
    assert transport in transport.reactor.writers
    assert transport.doWrite() is main.CONNECTION_LOST


def test_what_was_never_sent_is_let_go_when_the_connection_is_lost(pair):
    transport, _ = pair
    transport.write(b"x" * 1_000_000)
    assert queued(transport) > 0
    transport.connectionLost(Failure(ConnectionDone()))
    assert queued(transport) == 0
    assert (transport.dataBuffer, transport._tempDataBuffer) == (b"", [])


def test_reading_tells_data_end_and_nothing(pair):
    transport, theirs = pair
    assert transport.doRead() is None
    theirs.sendall(b"hello")
    assert transport.doRead() is None and transport.protocol.received == [b"hello"]
    theirs.close()
    assert transport.doRead() is main.CONNECTION_DONE


def test_the_queue_of_a_foreign_transport_is_unknown():
    assert queued(StringTransport()) == 0
