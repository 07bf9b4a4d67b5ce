"""The front on real ports of 127.0.0.1, plain and encrypted: own requests, the Site's, WebSockets of others, the end."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_twisted
import treq
from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint as Endpoint
from twisted.internet.endpoints import connectProtocol, wrapClientTLS
from twisted.internet.protocol import Protocol
from twisted.internet.ssl import CertificateOptions
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from gateway.flushing import FastServer
from gateway.front import Front
from tests.gateway.front_driver import UPGRADE, Mount, Reader, get, post

await_it = pytest_twisted.ensureDeferred
SCHEMES = ("tcp", "ssl")
TESTED = pytest.mark.parametrize("scheme", SCHEMES)


class Page(Resource):
    """Answers with its path and the body it got; /slow waits."""

    isLeaf = True

    def render(self, request):
        if request.path == b"/slow":
            request.notifyFinish().addErrback(lambda _: None)
            return NOT_DONE_YET
        if request.path == b"/large":
            return b"l" * 3_000_000
        return request.path + b" " + request.content.read()


class Client(Protocol):
    """Collects what comes, and can wait for it."""

    def __init__(self):
        self.received = b""
        self.closed = Deferred()
        self._awaited = None

    def dataReceived(self, data):
        self.received += data
        if self._awaited is not None and self._awaited[0] in self.received:
            waiting, self._awaited = self._awaited[1], None
            waiting.callback(self.received)

    def connectionLost(self, reason):
        if not self.closed.called:
            self.closed.callback(self.received)

    async def until(self, text):
        if text not in self.received:
            self._awaited = (text, Deferred())
            await self._awaited[1].addTimeout(60, reactor)
        return self.received


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A PEM file with a key and a certificate for localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1)
    )
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(pem))
    return path


class Served:
    """A front on a port."""

    def __init__(self, front, mount, scheme, port):
        self.front, self.mount, self.scheme, self.port = front, mount, scheme, port

    async def connect(self):
        endpoint = Endpoint(reactor, "127.0.0.1", self.port.getHost().port)
        if self.scheme == "ssl":
            endpoint = wrapClientTLS(CertificateOptions(), endpoint)
        return await connectProtocol(endpoint, Client())

    async def say(self, *pieces, until):
        client = await self.connect()
        for piece in pieces:
            client.transport.write(piece)
        received = await client.until(until)
        client.transport.loseConnection()
        return received


@pytest.fixture
def serve(certificate):
    """``await serve(scheme, resource)`` gives a front on a port of that scheme."""
    fronts = []

    async def serve(scheme, resource=None, mount=None, **options):
        mount = mount or Mount(policy=lambda: b"policy\0", max_body=100_000)
        front = Front(mount, fallback=Site(resource or Page()), reactor=reactor, **options)
        fronts.append(front)
        tls = f":privateKey={certificate}:certKey={certificate}" if scheme == "ssl" else ""
        (port,) = await front.listen(f"{scheme}:0{tls}:interface=127.0.0.1")
        return Served(front, mount, scheme, port)

    yield serve
    for front in fronts:
        pytest_twisted.blockon(Deferred.fromCoroutine(front.close()))


@TESTED
@await_it
async def test_own_and_site_requests_share_a_connection(serve, scheme):
    served = await serve(scheme)
    wire = get() + get(b"/page") + post(b"/io/now", b"own") + post(b"/page", b"site") + get(b"/io/now", b"Connection: close")
    for pieces in ([wire], [wire[at : at + 1] for at in range(len(wire))]):
        client = await served.connect()
        for piece in pieces:
            client.transport.write(piece)
        received = await client.closed.addTimeout(60, reactor)
        found = [received.index(text) for text in (b"now", b"/page ", b"own", b"/page site")]
        assert found == sorted(found) and received.endswith(b"now") and received.count(b"HTTP/1.1 200") == 5


@TESTED
@await_it
async def test_an_upgrade_hands_over_the_bytes_behind_it(serve, scheme):
    served = await serve(scheme)
    client = await served.connect()
    client.transport.write(get(b"/io/a") + get(b"/io/ws", UPGRADE[:-2]) + b"12345678")
    while not served.mount.requests:
        await _turn()
    served.mount.requests[0].respond(200, b"first")
    while len(served.mount.requests) < 2:
        await _turn()
    request = served.mount.requests[1]
    assert request.rest == b"12345678" and request.secure is (scheme == "ssl") and request.address == "127.0.0.1"
    reader = Reader()
    request.connection.send(b"HTTP/1.1 101 \r\n\r\n")
    request.take_over(reader)
    await client.until(b"101 ")
    client.transport.write(b"frames")
    while reader.received != b"frames":
        await _turn()
    assert request.connection.writable and request.connection.buffered == 0
    request.connection.send(b"last")
    request.connection.close()
    assert (await client.closed.addTimeout(60, reactor)).endswith(b"last")
    while reader.reason is None:
        await _turn()


@await_it
async def test_a_plain_transport_is_exchanged(serve):
    served = await serve("tcp")
    client = await served.connect()
    client.transport.write(get(b"/io/a"))
    while not served.mount.requests:
        await _turn()
    assert type(served.mount.requests[0].connection.transport) is FastServer
    assert served.mount.requests[0].port == client.transport.getHost().port
    client.transport.loseConnection()


@TESTED
@await_it
async def test_a_large_page_reaches_a_slow_peer_whole(serve, scheme):
    served = await serve(scheme)
    client = await served.connect()
    client.transport.write(get(b"/large") * 2 + get())
    await client.until(b"HTTP/1.1 200")
    client.transport.pauseProducing()
    for _ in range(50):
        await _turn(0.002)
    client.transport.resumeProducing()
    received = await client.until(b"now")
    assert received.count(b"l" * 3_000_000) == 2
    client.transport.loseConnection()


@TESTED
@await_it
async def test_pipelined_answers_to_a_peer_that_does_not_read_stop_at_some_hundred_kilobytes(serve, scheme):
    class Big(Mount):
        def handle(self, request):
            self.requests.append(request)
            request.respond(200, b"b" * 100_000)

    served = await serve(scheme, mount=Big())
    client = await served.connect()
    client.transport.write(get(b"/elsewhere"))
    await client.until(b"/elsewhere")
    client.transport.pauseProducing()
    client.transport.write(get(b"/io/x") * 1000)
    for _ in range(100):
        await _turn(0.002)
    assert len(served.mount.requests) < 200
    (connection,) = served.front.connections
    assert 0 < connection.buffered < 4_000_000 and not connection.writable
    client.transport.abortConnection()


@TESTED
@await_it
async def test_a_refused_upload_hears_why(serve, scheme):
    served = await serve(scheme)
    client = await served.connect()
    client.transport.write(get(b"/io/now", b"Content-Length: 50000000", method=b"POST") + b"x" * 2_000_000)
    assert b"Connection: close" in await client.until(b" 413 ")
    client.transport.abortConnection()


@TESTED
@await_it
async def test_a_policy_request_and_garbage(serve, scheme):
    served = await serve(scheme)
    client = await served.connect()
    client.transport.write(b"<policy-file-request/>\0")
    assert await client.closed.addTimeout(60, reactor) == b"policy\0"
    client = await served.connect()
    client.transport.write(b"\x16\x03\x01 GET")
    assert b"400 Bad Request" in await client.closed.addTimeout(60, reactor)


class Echo(WebSocketServerProtocol):
    def onMessage(self, payload, is_binary):
        self.sendMessage(payload, is_binary)


@TESTED
@await_it
async def test_autobahn_behind_the_front_is_upgraded_and_the_front_stays_in_charge(serve, scheme):
    factory = WebSocketServerFactory()
    factory.protocol = Echo
    factory.startFactory()
    root = Resource()
    root.putChild(b"ws", WebSocketResource(factory))
    served = await serve(scheme, root)
    key = (b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Version: 13", UPGRADE[:-2])
    client = await served.connect()
    client.transport.write(get() + get(b"/ws", *key) + b"\x81\x85\0\0\0\0hello")
    await client.until(b"\x81\x05hello")
    client.transport.write(b"\x81\x85\0\0\0\0again")
    received = await client.until(b"\x81\x05again")
    assert received.count(b"HTTP/1.1") == 2 and b" 101 " in received
    assert len(served.front.connections) == 1
    client.transport.loseConnection()
    while served.front.connections:
        await _turn()


@await_it
async def test_an_ordinary_client_may_use_one_connection_for_everything(serve):
    served = await serve("tcp")
    pool = HTTPConnectionPool(reactor, persistent=True)
    client = treq.client.HTTPClient(Agent(reactor, pool=pool))
    base = f"http://127.0.0.1:{served.port.getHost().port}"
    for path, data, expected in (("/io/now", None, b"now"), ("/page", b"abc", b"/page abc"), ("/io/now", b"own", b"own")):
        answer = await (client.get(base + path) if data is None else client.post(base + path, data=data))
        assert answer.code == 200 and await answer.content() == expected
    assert len(served.front.connections) == 1
    await pool.closeCachedConnections()


@TESTED
@await_it
async def test_closing_the_front_ends_every_connection_and_the_ports(serve, scheme):
    served = await serve(scheme)
    clients = [await served.connect() for _ in range(3)]
    clients[0].transport.write(get(b"/io/held"))
    clients[1].transport.write(get(b"/slow"))
    clients[2].transport.write(get())
    await clients[2].until(b"now")
    while len(served.mount.requests) < 2:
        await _turn()
    lost = []
    for request in served.mount.requests:
        request.on_lost = lambda: lost.append(1)
    await served.front.close()
    assert not served.front.connections
    assert lost == [1]
    for client in clients:
        await client.closed.addTimeout(60, reactor)
    assert served.port.disconnected


@TESTED
@await_it
async def test_one_connection_too_many_is_closed(serve, scheme):
    served = await serve(scheme, max_connections=1)
    first = await served.connect()
    first.transport.write(get())
    await first.until(b"now")
    second = await served.connect()
    assert await second.closed.addTimeout(60, reactor) == b""
    first.transport.loseConnection()


def _turn(seconds=0.001):
    waiting = Deferred()
    reactor.callLater(seconds, waiting.callback, None)
    return waiting
