"""
Clients of every era for the unit tests of an application: no sockets, no waiting, a clock that the test turns.

    from gateway.testing import connect

    def test_everybody_hears_the_news():
        ann = connect(io, era="old", transport="xhr-multipart")
        bob = connect(io, era="eio4")
        ann.emit("news", "hello")
        assert bob.received == [("news", ["hello"])]

Requests and frames are those of real clients; only TCP is left out. See ``docs/testing.md``.
"""

from gateway.testing.client import Client, NotAnswered, connect
from gateway.testing.clock import Clock, clock_of
from gateway.testing.gate import Gate
from gateway.testing.requests import RFC6455_HEADERS, FakeConnection, FakeRequest

__all__ = ["RFC6455_HEADERS", "Client", "Clock", "FakeConnection", "FakeRequest", "Gate", "NotAnswered", "clock_of", "connect"]
