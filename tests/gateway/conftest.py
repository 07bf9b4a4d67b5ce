"""A listener without sockets: requests and connections that are only records of what was done to them."""

from urllib.parse import parse_qs

import pytest
from twisted.internet.task import Clock

from gateway import Listener


class FakeConnection:
    """What a transport asks of a TCP connection."""

    def __init__(self):
        self.sent = b""
        self.closed = self.aborted = False
        self.writable = True
        self.buffered = 0
        self.reader = None

    def send(self, data):
        self.sent += data

    def take(self):
        sent, self.sent = self.sent, b""
        return sent

    def take_over(self, reader):
        self.reader = reader

    def register(self, writer):
        self.writer = writer

    def close(self, linger=False):
        self.closed = True

    def abort(self):
        self.aborted = True


class FakeRequest:
    """What routes, doors and wires ask of a request."""

    secure = False
    anonymous = False
    address = "192.0.2.1"
    has_fallback = True

    def __init__(self, method, target, body=b"", headers=None, upgrade=False):
        self.method = method
        self.target = target
        self.path, _, self.raw_query = target.partition("?")
        self.body = body
        self.headers = {"host": "gate.example", **(headers or {})}
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items()), "", ""]
        self.raw_head = "\r\n".join(lines).encode("latin-1")
        self.upgrade = upgrade
        self.query = {k: v[0] if len(v) == 1 else v for k, v in parse_qs(self.raw_query, keep_blank_values=True).items()}
        self.connection = FakeConnection()
        self.rest = b""
        self.on_lost = None
        self.answer = None
        self.pieces = []
        self.finished = self.dropped = self.passed_on = False
        self.writable, self.buffered = True, 0

    def header(self, name):
        return self.headers.get(name, "")

    def respond(self, status, body=b"", content_type="", headers=(), close=False):
        assert self.answer is None, "answered twice"
        self.answer = (status, body)
        self.answer_headers = dict(headers) | ({"Content-Type": content_type} if content_type else {})
        self.finished = True

    def start(self, status, headers=(), chunked=True):
        self.answer = (status, None)
        self.answer_headers = dict(headers)

    def write(self, data):
        self.pieces.append(data)

    def finish(self):
        self.finished = True

    def drop(self):
        self.dropped = True

    def pass_on(self):
        self.passed_on = True

    def take_over(self, reader):
        self.connection.reader = reader

    def cut(self):
        """The TCP connection goes away."""
        if self.on_lost is not None:
            self.on_lost()

    @property
    def text(self):
        return self.answer[1].decode()

    @property
    def answered(self):
        return self.answer is not None or self.dropped or self.passed_on


RFC6455_HEADERS = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Gate:
    """A listener and its clock; requests are handed straight to it."""

    def __init__(self, kind=Listener, **options):
        self.clock = Clock()
        self.io = kind(reactor=self.clock, **options)

    def request(self, method, target, body=b"", headers=None, upgrade=False):
        if upgrade and not headers:
            headers = RFC6455_HEADERS
        request = FakeRequest(method, target, body, headers, upgrade)
        self.io.handle(request)
        self.clock.advance(0)
        return request

    def get(self, target, **options):
        return self.request("GET", target, **options)

    def post(self, target, body):
        return self.request("POST", target, body if isinstance(body, bytes) else body.encode())

    def turn(self, seconds, step=0.5):
        """Let time pass."""
        for _ in range(max(1, round(seconds / step))):
            self.clock.advance(step)


@pytest.fixture
def make_gate():
    """``make_gate(**options)`` gives a fresh listener without sockets."""
    return Gate


@pytest.fixture
def gate():
    """A fresh listener with default options and without sockets."""
    return Gate()
