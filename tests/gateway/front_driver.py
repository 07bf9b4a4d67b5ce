"""A front in memory: connections on string transports, a clock that is turned, a mount that is told what to do."""

from re import findall

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from gateway.front import Front

GONE = Failure(ConnectionDone())
UPGRADE = b"Upgrade: WebSocket\r\nConnection: Upgrade\r\n"


class Mount:
    """Keeps requests below /io/; answers those for /io/now at once with their body."""

    def __init__(self, policy=None, max_body=1000):
        self.policy = policy
        self.max_body = max_body
        self.requests = []

    def owns(self, path):
        return path.startswith("/io/")

    def handle(self, request):
        self.requests.append(request)
        if request.path == "/io/now":
            request.respond(200, request.body or b"now", "text/plain")
        elif request.path == "/io/away":
            request.pass_on()


class Reader:
    """What a connection is handed over to."""

    def __init__(self):
        self.received = b""
        self.reason = None

    def dataReceived(self, data):
        self.received += data

    def connectionLost(self, reason):
        self.reason = reason


class Peer:
    """One TCP connection to a front, seen from the other end."""

    def __init__(self, front):
        self.clock = front.reactor
        self.connection = front.buildProtocol(None)
        self.transport = StringTransport()
        self.transport.disconnected = False
        self.connection.makeConnection(self.transport)

    def send(self, *pieces):
        for piece in pieces:
            self.connection.dataReceived(piece)
        self.clock.advance(0)
        return self

    def wait(self, seconds):
        for _ in range(round(seconds * 2)):
            self.clock.advance(0.5)
        return self

    def lose(self):
        self.connection.connectionLost(GONE)

    @property
    def closed(self):
        return self.transport.disconnecting

    @property
    def aborted(self):
        return self.transport.disconnected or getattr(self.transport, "aborting", False)

    @property
    def paused(self):
        return self.transport.producerState == "paused"

    @property
    def received(self):
        return self.transport.value()

    @property
    def statuses(self):
        return [int(status) for status in findall(rb"HTTP/1\.[01] (\d{3}) ", self.received)]

    @property
    def bodies(self):
        return bodies(self.received)


def bodies(data):
    """The bodies of answers whose length is announced."""
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        found.append(data[:size])
        data = data[size:]
    return found


def make_front(*mounts, **options):
    return Front(*(mounts or (Mount(),)), reactor=Clock(), **options)


def get(path=b"/io/now", *fields, version=b"1.1", method=b"GET"):
    return b"\r\n".join([method + b" " + path + b" HTTP/" + version, b"Host: x", *fields, b"", b""])


def post(path=b"/io/now", body=b"body", *fields):
    return get(path, b"Content-Length: %d" % len(body), *fields, method=b"POST") + body
