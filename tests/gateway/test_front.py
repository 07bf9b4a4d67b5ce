"""The front on one connection: answers in order, refusals, deadlines, back-pressure, the first byte."""

import pytest
from twisted.logger import globalLogPublisher

from tests.gateway.front_driver import UPGRADE, Mount, Peer, Reader, get, make_front, post
from tests.gateway.test_http import REFUSED

POLICY = b"<policy-file-request/>\0"


def single(data):
    return [data[at : at + 1] for at in range(len(data))]


@pytest.fixture
def mount():
    return Mount(policy=lambda: b"<cross-domain-policy/>\0")


@pytest.fixture
def peer(mount):
    return Peer(make_front(mount))


# One request ------------------------------------------------------------------------------


def test_an_answer_has_length_date_and_connection(peer):
    peer.send(get())
    head, body = peer.received.split(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert {b"Content-Type: text/plain", b"Content-Length: 3", b"Connection: keep-alive"} < set(lines)
    assert any(line.startswith(b"Date: ") and line.endswith(b" GMT") for line in lines)
    assert body == b"now" and not peer.closed


REQUESTS = {
    "GET": (get(), 200, b"now"),
    "POST": (post(), 200, b"body"),
    "chunked POST": (
        get(b"/io/now", b"Transfer-Encoding: chunked", method=b"POST") + b"2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
        200,
        b"body",
    ),
    "absolute target": (get(b"http://x/io/now"), 200, b"now"),
    "nobody's path": (get(b"/elsewhere"), 404, b"Not Found"),
    "mount without a slash": (get(b"/io"), 404, b"Not Found"),
    "passed on without a fallback": (get(b"/io/away"), 404, b"Not Found"),
    "h2c upgrade is ignored": (get(b"/io/now", b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings"), 200, b"now"),
    "h2c upgrade with a body": (post(b"/io/now", b"body", b"Upgrade: h2c", b"Connection: Upgrade"), 200, b"body"),
    "websocket without Connection": (get(b"/io/now", b"Upgrade: websocket"), 200, b"now"),
    "empty lines first": (b"\r\n\r\n" + get(), 200, b"now"),
}


@pytest.mark.parametrize("data, status, body", REQUESTS.values(), ids=REQUESTS)
def test_a_request_is_answered_however_it_arrives(mount, data, status, body):
    for pieces, times in (([data], 1), (single(data), 1), ([data * 3], 3), (single(data * 2), 2)):
        peer = Peer(make_front(mount)).send(*pieces)
        assert peer.statuses == [status] * times
        assert peer.bodies == [body] * times
        assert not peer.closed


CLOSING = {
    "1.1 close": (get(b"/io/now", b"Connection: close"), True),
    "1.0": (get(version=b"1.0"), True),
    "1.0 keep-alive": (get(b"/io/now", b"Connection: Keep-Alive", version=b"1.0"), False),
    "1.1": (get(), False),
}


@pytest.mark.parametrize("data, closed", CLOSING.values(), ids=CLOSING)
def test_the_connection_closes_when_the_peer_wants_so_and_data_behind_is_dropped(mount, data, closed):
    for pieces in ([data, data], [data + data], single(data + data)):
        peer = Peer(make_front(mount)).send(*pieces)
        assert peer.statuses == ([200] if closed else [200, 200])
        assert peer.closed is closed
        assert (b"Connection: close" in peer.received) is closed


def test_head_gets_the_length_but_no_body(peer):
    peer.send(get(method=b"HEAD"), get())
    first, _, rest = peer.received.partition(b"\r\n\r\n")
    assert b"Content-Length: 3" in first
    assert rest.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_body_has_no_length(mount, peer, status):
    peer.send(get(b"/io/x"))
    mount.requests[0].respond(status, b"ignored")
    peer.clock.advance(0)
    assert b"Content-Length" not in peer.received and peer.received.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "header", [("A", "b\r\nC: d"), ("A", "b\0"), ("A\r\nB", "c"), ("A:", "b"), ("", "b"), ("A", "\x1b"), ("A", "\u20ac")]
)
def test_a_header_that_would_split_the_answer_raises(mount, peer, header):
    peer.send(get(b"/io/x"))
    with pytest.raises(ValueError):
        mount.requests[0].respond(200, b"", "text/plain", [header])
    mount.requests[0].respond(200)
    assert peer.send().statuses == [200]


def test_answering_twice_raises_and_after_the_loss_does_nothing(mount, peer):
    peer.send(get(b"/io/x"), get(b"/io/y"))
    first, second = mount.requests
    first.respond(200)
    with pytest.raises(RuntimeError):
        first.respond(200)
    peer.send().lose()
    second.respond(200)
    assert second.finished and peer.statuses == [200]


def test_expected_continue_is_sent_once_and_only_while_the_body_is_missing(peer):
    data = post(b"/io/now", b"body", b"Expect: 100-continue")
    peer.send(data[:-4])
    assert peer.received == b"HTTP/1.1 100 Continue\r\n\r\n"
    peer.send(data[-4:-2], data[-2:])
    assert peer.statuses == [100, 200]
    assert peer.send(data).statuses == [100, 200, 200]


def test_continue_waits_for_the_answers_before(mount, peer):
    data = post(b"/io/now", b"body", b"Expect: 100-continue")
    peer.send(get(b"/io/x"), data[:-4])
    assert peer.statuses == []
    mount.requests[0].respond(200)
    assert peer.send().statuses == [200, 100]
    assert peer.send(data[-4:]).statuses == [200, 100, 200]


# In order ---------------------------------------------------------------------------------


def test_pipelined_requests_are_handled_at_once_and_answered_in_order(mount, peer):
    peer.send(get(b"/io/a") + get(b"/io/now") + get(b"/io/c"))
    assert [request.path for request in mount.requests] == ["/io/a", "/io/now", "/io/c"]
    assert peer.received == b""
    mount.requests[2].respond(200, b"c")
    assert peer.send().received == b""
    mount.requests[0].respond(200, b"a")
    assert peer.send().bodies == [b"a", b"now", b"c"]


def test_a_stream_behind_a_held_answer_is_kept_until_its_turn(mount, peer):
    peer.send(get(b"/io/a") + get(b"/io/b"))
    held, stream = mount.requests
    stream.start(200, [("Content-Type", "text/html")])
    stream.write(b"one")
    assert stream.buffered > 3 and not stream.writable
    held.respond(200)
    peer.send()
    assert peer.received.endswith(b"\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
    assert stream.writable
    stream.write(b"")
    stream.write(b"two")
    stream.finish()
    assert peer.send(get()).received.split(b"3\r\none\r\n")[1].startswith(b"3\r\ntwo\r\n0\r\n\r\nHTTP/1.1 200")


@pytest.mark.parametrize("version, chunked", [(b"1.0", True), (b"1.1", False)])
def test_a_stream_that_is_not_chunked_ends_with_the_connection(mount, peer, version, chunked):
    peer.send(get(b"/io/a", version=version))
    request = mount.requests[0]
    request.start(200, (), chunked)
    request.write(b"one")
    assert peer.send().received.endswith(b"\r\n\r\none") and b"Connection: close" in peer.received
    assert not peer.closed
    request.finish()
    assert peer.closed


def test_a_dropped_request_closes_behind_the_answers_before(mount, peer):
    peer.send(get(b"/io/a") + get(b"/io/b"))
    mount.requests[1].drop()
    assert not peer.closed
    mount.requests[0].respond(200)
    assert peer.closed and peer.statuses == [200]


def test_losing_the_connection_tells_the_requests_that_are_open(mount, peer):
    told = []
    peer.send(get(b"/io/a") + get(b"/io/now") + get(b"/io/c"))
    for request in mount.requests:
        request.on_lost = lambda request=request: told.append(request.path)
    peer.lose()
    assert told == ["/io/a", "/io/c"]
    assert all(request.finished for request in mount.requests)


def test_sixteen_answers_are_owed_at_most(mount, peer):
    peer.send(get(b"/io/a") * 20)
    assert len(mount.requests) == 16 and peer.paused
    mount.requests[0].respond(200)
    assert len(mount.requests) == 17 and peer.paused
    for request in mount.requests[1:]:
        request.respond(200)
    for request in mount.requests[17:]:
        request.respond(200)
    assert not peer.paused and len(peer.send().statuses) == 20


# Refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_a_bad_request_is_400_and_nothing_behind_it_is_answered(mount, data):
    for pieces in ([data], single(data), [data + get()], single(data + get())):
        peer = Peer(make_front(mount)).send(*pieces)
        assert peer.statuses == [400]
        assert peer.closed and b"Connection: close" in peer.received
    assert mount.requests == []


def test_a_refusal_reflects_nothing(peer):
    peer.send(b"GET /<script> HTTP/1.1\r\nHost: <script>\r\nHost: y\r\n\r\n")
    assert b"script" not in peer.received and peer.bodies == [b"Bad Request"]


def test_a_bad_request_waits_for_the_answers_before(mount, peer):
    peer.send(get(b"/io/a") + b"GET / HTTP/3.0\r\n\r\n" + get())
    assert peer.statuses == [] and not peer.closed
    mount.requests[0].respond(200)
    assert peer.statuses == [200, 400] and peer.closed


LIMITS = {
    "long head": (get(b"/io/now", b"A: " + b"a" * 16384), 431),
    "many lines": (get(b"/io/now", *[b"a:b"] * 500), 431),
    "announced length": (get(b"/io/now", b"Content-Length: 1001"), 413),
    "announced length, expecting": (get(b"/io/now", b"Content-Length: 1001", b"Expect: 100-continue"), 413),
    "chunks": (get(b"/io/now", b"Transfer-Encoding: chunked", method=b"POST") + b"3e9\r\n" + b"a" * 1001, 413),
}


@pytest.mark.parametrize("data, status", LIMITS.values(), ids=LIMITS)
def test_what_is_over_a_limit_is_refused_and_closed(mount, data, status):
    for pieces in ([data], [data[at : at + 7] for at in range(0, len(data), 7)]):
        peer = Peer(make_front(mount)).send(*pieces)
        assert peer.statuses == [status] and peer.closed
    assert mount.requests == []


def test_refusals_are_one_escaped_line_and_not_more_than_ten_a_second(mount):
    events = []
    front = make_front(mount)
    globalLogPublisher.addObserver(events.append)
    try:
        for _ in range(15):
            Peer(front).send(b"GET / HTTP/1.1\r\nA : \x1b[2J\r\n\r\n")
        front.reactor.advance(1)
        Peer(front).send(b"\x00")
    finally:
        globalLogPublisher.removeObserver(events.append)
    assert len(events) == 10 + 1 + 1
    assert all(event["log_level"].name == "warn" and "log_failure" not in event for event in events)
    assert events[0]["who"] == "192.168.1.1"
    assert "\x1b" not in events[0]["offence"] and "\n" not in events[0]["offence"]
    assert events[10]["count"] == 5


# Deadlines --------------------------------------------------------------------------------


def test_a_silent_connection_is_closed_after_the_request_timeout(peer):
    assert not peer.wait(59).closed
    assert peer.wait(2).closed and peer.received == b""


def test_a_dribbling_head_is_408_however_it_dribbles(peer):
    peer.wait(30).send(b"G")
    for byte in single(b"ET /io/now HTTP/1.1\r\nHost: x\r\nA: bbbbbbbbbbbbbbbbbbbbbbbbbbb"):
        peer.wait(1).send(byte)
    assert peer.statuses == []
    assert peer.wait(3).statuses == [408] and peer.closed


def test_a_dribbling_body_is_408(peer):
    data = post(b"/io/now", b"a" * 100)
    peer.send(data[:-100])
    for _ in range(58):
        peer.wait(1).send(b"a")
    assert peer.statuses == []
    assert peer.wait(3).statuses == [408] and peer.closed


def test_an_idle_connection_is_closed_after_keepalive(mount):
    peer = Peer(make_front(mount, keepalive=20)).send(get())
    for _ in range(3):
        assert not peer.wait(18).closed
        peer.send(get())
    assert peer.wait(21).closed and peer.statuses == [200] * 4


def test_a_held_answer_has_no_deadline_but_the_request_behind_it_has(mount, peer):
    peer.send(get(b"/io/a"))
    assert not peer.wait(300).closed
    peer.send(b"GET ").wait(62)
    assert not peer.closed
    mount.requests[0].respond(200)
    assert peer.send().statuses == [200, 408] and peer.closed


def test_a_connection_that_does_not_close_is_aborted(peer):
    peer.send(get(b"/io/now", b"Connection: close"))
    assert peer.closed and not peer.aborted
    assert peer.wait(12).aborted


def test_a_connection_that_left_http_has_no_deadline(mount, peer):
    peer.send(get(b"/io/ws", UPGRADE[:-2]))
    mount.requests[0].take_over(Reader())
    assert not peer.wait(600).closed
    peer.connection.close()
    assert peer.closed and peer.wait(12).aborted


# Upgrades ---------------------------------------------------------------------------------


@pytest.mark.parametrize("nonce", [b"", b"12345678", b"1234\r\n\r\n", b"\r\n\r\n\r\n\r\n"])
def test_what_follows_an_upgrade_is_no_http(mount, peer, nonce):
    peer.send(get(b"/io/ws", UPGRADE[:-2]) + nonce)
    request = mount.requests[0]
    assert request.upgrade and request.rest == nonce
    reader = Reader()
    request.connection.send(b"HTTP/1.1 101 \r\n\r\n")
    request.take_over(reader)
    assert peer.connection.dataReceived == reader.dataReceived
    peer.send(b"\x81\x00", b"GET / HTTP/1.1\r\n\r\n")
    assert reader.received == b"\x81\x00GET / HTTP/1.1\r\n\r\n"
    assert peer.received == b"HTTP/1.1 101 \r\n\r\n"
    peer.lose()
    assert reader.reason is not None


def test_bytes_before_the_handover_are_kept(mount, peer):
    peer.send(get(b"/io/ws", UPGRADE[:-2]) + b"12", b"34", b"5678")
    assert mount.requests[0].rest == b"12345678"
    peer.send(b"x" * 70000)
    assert peer.paused
    mount.requests[0].take_over(Reader())
    assert not peer.paused


def test_the_third_key_split_over_segments_is_complete(mount):
    data = get(b"/io/ws", UPGRADE[:-2]) + b"12345678"
    peer = Peer(make_front(mount)).send(*single(data))
    assert mount.requests[0].rest == b"12345678"
    assert peer.received == b""


def test_an_upgrade_waits_until_all_before_it_is_answered(mount, peer):
    peer.send(get(b"/io/a") + get(b"/io/ws", UPGRADE[:-2]) + b"12345678")
    assert [request.path for request in mount.requests] == ["/io/a"]
    mount.requests[0].respond(200)
    assert mount.requests[1].rest == b"12345678"


def test_a_refused_upgrade_closes_the_connection(mount, peer):
    peer.send(get(b"/io/ws", UPGRADE[:-2]) + get())
    mount.requests[0].respond(400)
    assert peer.statuses == [400] and peer.closed and len(mount.requests) == 1


def test_losing_an_upgrade_that_is_not_answered_tells_it(mount, peer):
    told = []
    peer.send(get(b"/io/ws", UPGRADE[:-2]))
    mount.requests[0].on_lost = lambda: told.append(1)
    peer.lose()
    mount.requests[0].take_over(Reader())
    assert told == [1]


# The first byte ---------------------------------------------------------------------------


@pytest.mark.parametrize("pieces", [[POLICY], single(POLICY), [POLICY[:5], POLICY[5:]]])
def test_a_flash_policy_request_is_answered_and_closed(peer, pieces):
    peer.send(*pieces)
    assert peer.received == b"<cross-domain-policy/>\0" and peer.closed


@pytest.mark.parametrize("data", [POLICY[:-1] + b"\n", POLICY + b"x", b"<html>", b"<policy-file-request />\0"])
def test_anything_like_a_policy_request_is_closed_without_an_answer(mount, data):
    for pieces in ([data], single(data)[: len(POLICY)] if data[:23] != POLICY else [data]):
        peer = Peer(make_front(mount)).send(*pieces)
        assert peer.received == b"" and peer.closed


def test_half_a_policy_request_is_closed_after_the_timeout(peer):
    peer.send(POLICY[:5])
    assert peer.wait(61).closed


def test_without_a_policy_the_connection_is_closed():
    peer = Peer(make_front(Mount())).send(POLICY)
    assert peer.received == b"" and peer.closed


# Back-pressure, the whole front --------------------------------------------------------------


def test_a_peer_that_does_not_read_is_not_read_either(mount, peer):
    peer.send(get())
    peer.connection.pauseProducing()
    assert peer.paused
    peer.send(get())
    assert peer.statuses == [200]
    peer.connection.resumeProducing()
    assert peer.send().statuses == [200, 200] and not peer.paused


def test_many_answers_are_written_in_between_so_that_the_transport_can_stop_them(mount, peer):
    write = peer.transport.write

    def full(data):
        write(data)
        peer.connection.pauseProducing()

    peer.transport.write = full
    peer.send(get() * 100)
    assert len(mount.requests) < 30 and peer.paused
    peer.transport.write = write
    peer.connection.resumeProducing()
    assert len(peer.send().statuses) == 100


def test_a_writer_hears_that_the_peer_does_not_read(mount, peer):
    heard = []

    class Writer:
        def pause(self):
            heard.append("pause")

        def resume(self):
            heard.append("resume")

    peer.send(get(b"/io/ws", UPGRADE[:-2]))
    mount.requests[0].take_over(Reader())
    peer.connection.pauseProducing()
    peer.connection.register(Writer())
    peer.connection.pauseProducing()
    peer.connection.resumeProducing()
    assert heard == ["pause", "resume"] and not peer.paused


def test_connections_over_the_limit_are_closed(mount):
    front = make_front(mount, max_connections=2)
    first, _ = Peer(front), Peer(front)
    assert front.buildProtocol(None).__class__.__name__ == "TurnedAway"
    first.lose()
    assert Peer(front).send(get()).statuses == [200]


def test_the_mount_that_owns_the_path_gets_the_request():
    class Other(Mount):
        def owns(self, path):
            return path.startswith("/other/")

    one, two = Mount(), Other()
    Peer(make_front(one, two)).send(get(b"/other/x") + get(b"/io/x"))
    assert [request.path for request in one.requests] == ["/io/x"]
    assert [request.path for request in two.requests] == ["/other/x"]


def test_a_request_shows_its_peer(mount, peer):
    peer.send(get(b"/io/x?a=1"))
    request = mount.requests[0]
    assert (request.address, request.port, request.secure) == ("192.168.1.1", 54321, False)
    assert request.query == {"a": "1"} and request.connection is peer.connection


def test_what_one_read_causes_is_not_held_back_without_bound():
    peer = Peer(make_front(Mount()))
    connection = peer.connection
    connection.flusher.reading = True
    connection.send(b"x" * 70_000)
    assert connection.waiting == []
    for _ in range(200):
        connection.send(b"y")
    assert len(connection.waiting) < 64
    connection.flusher.reading = False
    connection.flusher.flush()
