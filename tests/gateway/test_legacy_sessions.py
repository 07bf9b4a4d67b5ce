"""What sessions of 0.3 to 0.9 live through: ends between polls, changes of transport, foreign and refused requests."""

import re

import pytest

from gateway import ConnectionRefused
from gateway.testing import FakeRequest

POLL = "/socket.io/1/xhr-polling/{}"
HIXIE = {
    "upgrade": "WebSocket", "connection": "Upgrade", "origin": "https://gate.example", "host": "gate.example",
    "sec-websocket-key1": "18x 6]8vM;54 *(5:  {   U1]8  z [  8", "sec-websocket-key2": "1_ tx7X d  <  nw  334J702) 7]o}` 0",
}  # fmt: skip


def opened09(gate):
    sid = gate.get("/socket.io/1/?t=1").text.split(":")[0]
    assert gate.get(POLL.format(sid)).text == "1::"
    return sid


def opened06(gate, headers=None):
    first = gate.get("/socket.io/xhr-polling//1303000000001", headers=headers)
    return first.text.rpartition("~")[2]


def test_the_end_is_kept_for_the_next_poll_for_the_close_timeout(gate):
    """Q7"""
    sid = opened09(gate)
    gate.io.clients[sid].disconnect()
    gate.turn(44)
    assert gate.get(POLL.format(sid)).text == "0::"
    assert gate.get(POLL.format(sid)).text == "7:::1+0"


def test_after_the_close_timeout_nobody_remembers(gate):
    sid = opened09(gate)
    gate.io.clients[sid].disconnect()
    gate.turn(47)
    assert gate.get(POLL.format(sid)).text == "7:::1+0"
    assert gate.io.clients_count == 0


def test_what_was_said_before_the_end_comes_before_it(gate):
    sid = opened09(gate)
    socket = gate.io.clients[sid]
    socket.send("last")
    socket.disconnect()
    assert gate.get(POLL.format(sid)).text == "3:::last"
    assert gate.get(POLL.format(sid)).text == "0::"


def test_an_ended_session_is_not_opened_again_by_another_transport(gate):
    sid = opened09(gate)
    gate.io.clients[sid].disconnect()
    socket = gate.get(f"/socket.io/1/websocket/{sid}", upgrade=True)
    assert socket.connection.sent.partition(b"\r\n\r\n")[2][:5] == b"\x81\x030::"
    stream = gate.get(f"/socket.io/1/htmlfile/{sid}")
    assert b'_("0::")' in b"".join(stream.pieces)


@pytest.mark.parametrize("reason", ["silence", "no poll"])
def test_a_session_that_timed_out_is_told_to_connect_anew(gate, reason):
    """After 0:: a client of 0.7 to 0.9 would never come back."""
    sid = opened09(gate)
    if reason == "silence":
        opening = gate.get(f"/socket.io/1/websocket/{sid}", upgrade=True)
        gate.turn(60)
        assert b"0::" not in opening.connection.sent
    else:
        gate.turn(60)
    assert gate.get(POLL.format(sid)).text == "7:::1+0"


def test_a_message_for_a_poll_that_was_cut_waits_for_the_next(gate):
    """Q8"""
    sid = opened09(gate)
    poll = gate.get(POLL.format(sid))
    gate.io.clients[sid].send("one")
    poll.cut()
    gate.io.clients[sid].send("two")
    gate.clock.advance(0)
    assert poll.answer is None
    assert gate.get(POLL.format(sid)).text == "\ufffd7\ufffd3:::one\ufffd7\ufffd3:::two"


def test_another_kind_of_transport_hears_the_greeting_again(gate):
    """Q19"""
    connected = []
    gate.io.on("connection", connected.append)
    sid = gate.get("/socket.io/1/").text.split(":")[0]
    gate.get(f"/socket.io/1/websocket/{sid}", upgrade=True)
    assert gate.get(POLL.format(sid)).text == "1::"
    assert len(connected) == 1


def test_leaving_by_request_ends_the_session_with_and_without_a_poll(gate):
    """Q18"""
    gone = []
    gate.io.on("disconnect", lambda socket, reason: gone.append(reason))
    sid = opened09(gate)
    poll = gate.get(POLL.format(sid))
    assert gate.get(f"/socket.io/1//{sid}/?disconnect=1").answer == (200, b"")
    assert poll.text == "0::"
    assert gate.get(f"/socket.io/1//{opened09(gate)}/?disconnect").answer == (200, b"")
    assert gate.get("/socket.io/1//nobody/?disconnect=1").answer == (200, b"")
    assert gone == ["client namespace disconnect"] * 2


REFUSED = [
    ("GET", "/socket.io/1/websocket/{}", None, False),
    ("GET", "/socket.io/1/xhr-polling/{}", None, True),
    ("GET", "/socket.io/1/websocket/{}", {"upgrade": "websocket", "sec-websocket-version": "13"}, True),
    ("GET", "/socket.io/1/websocket/{}", {"origin": "http://evil.example", "upgrade": "websocket"}, True),
    ("PUT", "/socket.io/1/xhr-polling/{}", None, False),
    ("GET", "/socket.io/1/nonsense/{}", None, False),
    ("GET", "/socket.io/xhr-polling/{}/1", None, False),
    ("GET", "/socket.io/?EIO=4&transport=polling&sid={}", None, False),
]


@pytest.mark.parametrize(("method", "target", "headers", "upgrade"), REFUSED)
def test_a_refused_request_never_hurts_the_session(gate, method, target, headers, upgrade):
    """Q9, S4; a session id of one era is nobody's in another"""
    sid = opened09(gate)
    poll = gate.get(POLL.format(sid))
    refused = gate.request(method, target.format(sid), headers=headers, upgrade=upgrade)
    assert refused.dropped or refused.answer[0] >= 400
    gate.io.clients[sid].send("still here")
    gate.clock.advance(0)
    assert poll.text == "3:::still here"


def test_an_old_session_is_bound_to_its_transport_and_origin(make_gate):
    gate = make_gate(origins="*")
    sid = opened06(gate, {"origin": "http://a.example"})
    assert gate.get(f"/socket.io/htmlfile/{sid}").dropped
    assert gate.request("POST", f"/socket.io/xhr-polling/{sid}/send", b"data=x", {"origin": "http://b.example"}).dropped
    taken = gate.request("POST", f"/socket.io/xhr-polling/{sid}/send", b"data=x", {"origin": "http://a.example"})
    assert taken.answer == (200, b"ok")
    assert gate.get(f"/socket.io/xhr-polling/{sid}/2").answer is None


def test_an_old_stream_that_was_cut_may_come_back_within_its_close_timeout(make_gate):
    gate = make_gate(transport_options={"htmlfile": {"close_timeout": 3}})
    stream = gate.get("/socket.io/htmlfile//1")
    sid = stream.pieces[-1].decode().partition("~m~20~m~")[2][:20]
    stream.cut()
    gate.io.clients[sid].send("meanwhile")
    gate.turn(2)
    again = gate.get(f"/socket.io/htmlfile/{sid}")
    assert b"meanwhile" in b"".join(again.pieces)
    again.cut()
    gate.turn(5)
    assert gate.io.clients_count == 0


@pytest.mark.parametrize("target", ["xhr-polling//1", "jsonp-polling//1/0"])
def test_a_poll_that_ends_without_a_session_id_has_no_answer(gate, target):
    """Whatever it were, clients of 0.3 to 0.6 would ask again at once, and so for ever."""

    @gate.io.use
    def nobody(socket):
        raise ConnectionRefused("not today")

    refused = gate.get(f"/socket.io/{target}")
    assert refused.dropped
    assert refused.answer is None
    assert gate.io.clients_count == 0


@pytest.mark.parametrize("name", ["server-events", "xhr-multipart"])
def test_the_streams_of_the_old_era_carry_both_ways(gate, name):
    gate.io.on("message", lambda socket, text: socket.send(text.upper()))
    stream = gate.get(f"/socket.io/{name}")
    sid = b"".join(stream.pieces).decode().partition("~m~20~m~")[2][:20]
    assert gate.post(f"/socket.io/{name}/{sid}/send", "data=~m~2~m~hi").answer == (200, b"ok")
    assert "~m~2~m~HI" in stream.pieces[-1].decode()


@pytest.mark.parametrize(
    ("options", "scheme"), [({}, "ws"), ({"match_origin_protocol": True}, "wss"), ({"trust_proxy": ["192.0.2.1"]}, "wss")]
)
def test_the_location_of_draft_76_follows_origin_or_proxy(options, scheme, make_gate):
    from gateway.front import Front
    from tests.gateway.front_driver import Peer

    gate = make_gate(origins="*", **options)
    front = Front(gate.io, reactor=gate.clock)
    peer = Peer(front)
    peer.connection.transport.getPeer = lambda: type("Address", (), {"host": "192.0.2.1", "port": 1})
    head = "".join(f"{name}: {value}\r\n" for name, value in {**HIXIE, "x-forwarded-proto": "https"}.items())
    peer.send(f"GET /socket.io/websocket HTTP/1.1\r\n{head}\r\n".encode() + b"Tm[K T2u")
    assert f"Sec-WebSocket-Location: {scheme}://gate.example/socket.io/websocket\r\n".encode() in peer.received


def test_a_script_from_another_site_gets_nothing(gate):
    refused = gate.get("/socket.io/1/?jsonp=0", headers={"referer": "http://evil.example/page"})
    assert refused.text == 'io.j[0](new Error("handshake bad origin"));'
    assert gate.get("/socket.io/1/?jsonp=0", headers={"referer": "http://gate.example/page"}).text.startswith('io.j[0]("')


def test_heartbeats_of_09_must_come_in_time():
    from gateway.eras import settings_of
    from gateway.errors import OptionError
    from gateway.options import ListenerOptions

    with pytest.raises(OptionError, match="heartbeat_interval and close_timeout"):
        settings_of(ListenerOptions.checked({"close_timeout": {"0.9": 10}}))


def test_the_options_of_one_transport_win(make_gate):
    gate = make_gate(transport_options={"xhr-polling": {"poll_duration": 2}})
    sid = opened09(gate)
    poll = gate.get(POLL.format(sid))
    gate.turn(3)
    assert poll.text == "8::"


def test_a_session_id_is_long_and_random(gate):
    """S1: 120 bits, of which nothing is counted"""
    sids = {gate.io.generate_id() for _ in range(1000)}
    assert len(sids) == 1000
    assert all(re.fullmatch("[A-Za-z0-9_-]{20}", sid) for sid in sids)
    assert len({sid[-4:] for sid in sids}) > 990


def test_values_lie_under_a_random_key_and_never_under_the_session_id(gate):
    """S16"""
    sid = opened09(gate)
    client = gate.io.clients[sid].client
    assert client.key != sid
    assert re.fullmatch("[A-Za-z0-9_-]{20}", client.key)


def test_every_transport_of_the_old_eras_is_on_by_default(gate):
    """Clients of 0.6 try nothing but the transport that they remember."""
    assert set(gate.io.settings.transports["old"]) >= {
        "websocket", "flashsocket", "htmlfile", "xhr-multipart", "xhr-polling", "jsonp-polling"
    }  # fmt: skip


@pytest.mark.parametrize("origin", ["http://ple.com", "http://example.com.evil", "http://example", "https://example.com"])
def test_a_text_that_lists_an_origin_is_no_pattern(make_gate, origin):
    """S5"""
    gate = make_gate(origins="http://example.com:*")
    assert gate.get("/socket.io/1/", headers={"origin": origin}).answer[0] == 403
    assert gate.get("/socket.io/1/", headers={"origin": "http://example.com:8080"}).answer[0] == 200


def test_the_connection_tells_old_clients_behind_one_address_apart_but_not_a_proxys(gate):
    def begins(port, forwarded=None):
        asked = FakeRequest("GET", "/socket.io/xhr-polling//1")
        asked.port, asked.forwarded = port, forwarded
        gate.io.handle(asked)
        gate.clock.advance(0)
        return asked.answer[1][:1]

    assert [begins(1), begins(2), begins(1), begins(2)] == [b"~", b"{", b"{", b"~"]
    gate.io.greetings = type(gate.io.greetings)()
    through = ("192.0.2.7", False)
    assert [begins(1, through), begins(1), begins(1)] == [b"~", b"{", b"~"]
