"""The Site behind the front: its requests between ours, on one connection."""

import pytest
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from gateway.fallback import SiteChannel
from tests.gateway.front_driver import UPGRADE, Mount, Peer, get, make_front, post


class Page(Resource):
    """Answers with what it was asked; /slow waits until it is told."""

    isLeaf = True

    def __init__(self):
        super().__init__()
        self.requests = []
        self.lost = []

    def render(self, request):
        self.requests.append(request)
        request.notifyFinish().addErrback(self.lost.append)
        if request.path == b"/slow":
            return NOT_DONE_YET
        return b"%b %b %b" % (request.method, request.uri, request.content.read())


class Switching(Resource):
    """Answers 101 and takes the connection, in one of three ways."""

    isLeaf = True

    def __init__(self, way):
        super().__init__()
        self.way = way
        self.received = b""
        self.reason = None

    def render(self, request):
        channel = request.channel
        transport = channel.transport
        if self.way == "status":
            request.setResponseCode(101)
            request.write(b"")
            channel.dataReceived, channel.connectionLost = self.dataReceived, self.connectionLost
        elif self.way == "methods":
            channel.dataReceived, channel.connectionLost = self.dataReceived, self.connectionLost
            transport.write(b"HTTP/1.1 101 \r\n\r\n")
        else:
            channel.transport = None
            transport.protocol = self
            transport.write(b"HTTP/1.1 101 \r\n\r\n")
        return NOT_DONE_YET

    def dataReceived(self, data):
        self.received += data

    def connectionLost(self, reason):
        self.reason = reason


@pytest.fixture
def page():
    return Page()


@pytest.fixture
def mount():
    return Mount()


@pytest.fixture
def peer(page, mount):
    return to_site(page, mount)


def to_site(resource, mount=None, **options):
    front = make_front(mount or Mount(), **options)
    front.fallback = Site(resource, reactor=front.reactor)
    front.fallback.logFile = None
    peer = Peer(front)
    peer.transport.protocol = peer.connection
    return peer


def single(data):
    return [data[at : at + 1] for at in range(len(data))]


CHUNKED = get(b"/page", b"Transfer-Encoding: chunked", method=b"POST") + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
FOREIGN = {
    "GET": (get(b"/page"), b"GET /page "),
    "query": (get(b"/page?a=%20"), b"GET /page?a=%20 "),
    "POST": (post(b"/page", b"abc"), b"POST /page abc"),
    "chunks": (CHUNKED, b"POST /page abc"),
    "mount without a slash": (get(b"/io"), b"GET /io "),
    "passed on": (get(b"/io/away"), b"GET /io/away "),
    "passed on with a body": (post(b"/io/away", b"abc"), b"POST /io/away abc"),
    "passed on with chunks": (CHUNKED.replace(b"/page", b"/io/away"), b"POST /io/away abc"),
    "h2c upgrade": (get(b"/page", b"Upgrade: h2c", b"Connection: Upgrade"), b"GET /page "),
    "websocket that is not there": (get(b"/page", UPGRADE[:-2]), b"GET /page "),
    "passed on websocket": (get(b"/io/away", UPGRADE[:-2]), b"GET /io/away "),
}


@pytest.mark.parametrize("data, body", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_request_is_answered_by_the_site_however_it_arrives(data, body):
    for pieces in ([data + get()], single(data + get()), [data, get()]):
        peer = to_site(Page()).send(*pieces)
        assert peer.bodies[0] == body
        assert peer.bodies[1:] == [b"now"] and peer.statuses == [200, 200]


def test_own_and_foreign_requests_keep_their_order(peer, mount, page):
    peer.send(get(b"/io/a") + get(b"/page") + get(b"/io/b") + post(b"/page2", b"xyz") + get())
    assert [request.path for request in mount.requests] == ["/io/a"] and page.requests == []
    mount.requests[0].respond(200, b"a")
    assert [request.path for request in mount.requests] == ["/io/a", "/io/b"]
    mount.requests[1].respond(200, b"b")
    assert peer.send().bodies == [b"a", b"GET /page ", b"b", b"POST /page2 xyz", b"now"]


def test_a_slow_page_is_waited_for(peer, mount, page):
    peer.send(get(b"/slow") + get() + get(b"/page"))
    assert mount.requests == [] and peer.received == b""
    assert not peer.wait(200).closed
    page.requests[0].setHeader(b"content-length", b"4")
    page.requests[0].write(b"slow")
    page.requests[0].finish()
    assert peer.send().bodies == [b"slow", b"now", b"GET /page "]


def test_a_passed_on_request_waits_for_its_turn(peer, mount, page):
    peer.send(get(b"/io/a") + get(b"/io/away") + get())
    assert page.requests == [] and len(mount.requests) == 3
    mount.requests[0].respond(200, b"a")
    assert peer.send().bodies == [b"a", b"GET /io/away ", b"now"]


@pytest.mark.parametrize("fields, version", [((b"Connection: close",), b"1.1"), ((), b"1.0")])
def test_the_site_closes_when_the_peer_wants_so(peer, mount, fields, version):
    peer.send(get(b"/page", *fields, version=version) + get())
    assert peer.statuses == [200] and peer.received.endswith(b"GET /page ")
    assert peer.closed and mount.requests == []


def test_the_site_asks_for_an_expected_body(peer):
    data = post(b"/page", b"abc", b"Expect: 100-continue")
    peer.send(data[:-3])
    assert peer.received == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert peer.send(data[-3:]).received.endswith(b"POST /page abc")


def test_a_bad_request_behind_a_page_is_refused_by_the_front(peer):
    peer.send(get(b"/page") + b"GET /page HTTP/1.1\r\nHost : x\r\n\r\n" + get(b"/page"))
    assert peer.statuses == [200, 400] and peer.closed


SMUGGLED = [
    get(b"/page", b"Transfer-Encoding: identity, chunked"),
    get(b"/page", b"Content-Length: 3", b"Transfer-Encoding: chunked"),
    get(b"/page", b"Transfer-Encoding: chunked", method=b"POST") + b"+1\r\nx\r\n0\r\n\r\n",
    get(b"/page", b"Transfer-Encoding: chunked", method=b"POST") + b"1\r\nxy\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("data", SMUGGLED)
def test_the_site_never_answers_what_the_front_refuses(peer, page, data):
    peer.send(data + get(b"/page"))
    assert peer.statuses == [400] and peer.closed and page.requests == []


def test_the_limits_hold_for_foreign_bodies(page):
    assert to_site(page, max_foreign_body=2).send(post(b"/page", b"abc")).statuses == [413]
    assert to_site(page, max_foreign_body=2).send(CHUNKED).statuses == [413]
    assert to_site(page, max_foreign_body=3).send(CHUNKED).statuses == [200]
    assert len(page.requests) == 1


def test_a_dribbling_foreign_body_is_408(peer, page):
    peer.send(post(b"/page", b"abc")[:-2])
    assert peer.wait(61).statuses == [408] and peer.closed and page.requests == []


def test_a_page_hears_that_its_peer_is_gone(peer, page):
    peer.send(get(b"/slow"))
    peer.lose()
    assert len(page.lost) == 1


def test_a_page_that_is_not_read_is_paused_and_so_is_reading(peer, page):
    told = []

    class Producer:
        def pauseProducing(self):
            told.append("pause")

        def resumeProducing(self):
            told.append("resume")

        def stopProducing(self):
            told.append("stop")

    peer.send(get(b"/slow"))
    page.requests[0].registerProducer(Producer(), True)
    peer.connection.pauseProducing()
    assert told == ["pause"] and peer.paused
    peer.connection.resumeProducing()
    assert told == ["pause", "resume"] and not peer.paused


@pytest.mark.parametrize("way", ["status", "methods", "transport"])
def test_after_a_foreign_upgrade_every_byte_is_the_sites(way):
    resource = Switching(way)
    peer = to_site(resource).send(get(b"/page", UPGRADE[:-2]) + b"12", b"34", b"GET / HTTP/1.1\r\n\r\n")
    assert resource.received == b"1234GET / HTTP/1.1\r\n\r\n"
    assert peer.statuses in ([101], []) and peer.received.startswith(b"HTTP/1.1 101")
    assert peer.transport.protocol is peer.connection
    assert not peer.wait(500).closed
    peer.lose()
    assert resource.reason is not None and not peer.connection.front.connections


def test_bytes_behind_an_upgrade_that_is_not_answered_are_kept_back(peer, page):
    peer.send(get(b"/slow", UPGRADE[:-2]) + get())
    assert len(page.requests) == 1 and peer.received == b""
    page.requests[0].setHeader(b"content-length", b"0")
    page.requests[0].finish()
    assert peer.send().bodies == [b"", b"now"]


def test_one_connection_has_one_channel(peer, monkeypatch):
    made = []
    monkeypatch.setattr("gateway.fallback.SiteChannel", lambda *args: made.append(SiteChannel(*args)) or made[-1])
    peer.send(get(b"/page") + get() + get(b"/page"))
    assert len(made) == 1 and made[0].transport is peer.transport and len(peer.statuses) == 3
