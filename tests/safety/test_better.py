"""
Where the servers of the time were wrong, one test for each row of what is demanded instead.

The rows that have a test of their own elsewhere are named in ``docs/security-tests.md``.
"""

from urllib.parse import quote

import pytest

from gateway import Listener
from gateway.heads import read_query
from legacy.v06_frames import encode_frames
from tests.gateway.era_peers import peer_of
from tests.gateway.front_driver import Clock, Front, Peer, bodies

SEPARATORS = "one\u2028two\u2029three"


def listening(gate, name="say"):
    heard = []
    gate.io.on(name, lambda socket, *args: heard.append(args))
    gate.io.on("message", lambda socket, *args: heard.append(args))
    return heard


def nine(gate, transport="xhr-polling"):
    """The address of a session of 0.9 that has polled."""
    target = f"/socket.io/1/{transport}/" + gate.get("/socket.io/1/").text.split(":")[0]
    gate.get(target + "?i=0")
    return target


@pytest.mark.parametrize("packet", ["3:::" + SEPARATORS, f'5:::{{"name":"say","args":["{SEPARATORS}"]}}'])
def test_line_separators_reach_the_application_from_07_to_09(gate, packet):
    heard = listening(gate)
    gate.post(nine(gate), packet)
    assert heard == [(SEPARATORS,)]


@pytest.mark.parametrize(
    "send", [lambda io: io.emit("e", SEPARATORS), lambda io: io.send(SEPARATORS), lambda io: io.send([SEPARATORS])]
)
def test_line_separators_never_go_raw_to_07_to_09(gate, send):
    target = nine(gate)
    held = gate.get(target)
    send(gate.io)
    gate.clock.advance(0)
    assert held.text.isascii() and "\\u2028" in held.text and "\\u2029" in held.text


def post(target, body):
    return b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (target.encode(), len(body), body)


def get(target):
    return b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target.encode()


@pytest.mark.parametrize("border", [65_536, 65_537, 131_072])
def test_a_character_on_the_border_of_two_reads_stays_whole(border):
    io = Listener(reactor=Clock())
    heard = []
    io.on("message", lambda socket, text: heard.append(text))
    peer = Peer(Front(io, reactor=io.clock))
    sid = bodies(peer.send(get("/socket.io/1/")).received)[0].split(b":")[0].decode()
    peer.send(get(f"/socket.io/1/xhr-polling/{sid}"))
    text = "ž€😀" * 20_000
    data = post(f"/socket.io/1/xhr-polling/{sid}", b"3:::" + text.encode())
    peer.send(data[:border], data[border:])
    assert heard == [text]
    peer.lose()
    io.wheel.stop()


def engine3(gate):
    target = "/socket.io/?EIO=3&transport=polling"
    return target + "&sid=" + gate.get(target).text.partition('"sid":"')[2][:20]


def test_text_of_1x_loses_its_second_layer_of_utf8_and_that_of_2x_has_none(gate):
    heard = listening(gate)
    one, two = engine3(gate), engine3(gate)
    for target, text in ((one, "ž€".encode().decode("latin-1")), (two, "ž€")):
        packet = f'42["say","{text}"]'
        gate.post(target, f"{len(packet)}:{packet}")
    assert heard == [("ž€",), ("ž€",)]


def test_what_goes_to_1x_and_2x_is_ascii_and_so_right_for_both(gate):
    target = engine3(gate)
    gate.get(target)
    held = gate.get(target)
    gate.io.emit("say", "ž€😀")
    gate.clock.advance(0)
    assert held.text.isascii()


@pytest.mark.parametrize("target", ["/socket.io/htmlfile//1", "/socket.io/1/htmlfile/{}"])
def test_markup_in_a_message_does_not_end_the_script(gate, target):
    stream = gate.get(target.format(gate.get("/socket.io/1/").text.split(":")[0]))
    del stream.pieces[:]
    gate.io.send("</script><script>alert(1)</script>")
    gate.clock.advance(0)
    page = b"".join(stream.pieces)
    calls = page.count(b"alert(1)")  # two to a client of which it is not known yet how it counts
    assert page.count(b"</script>") == page.count(b"<script>") == calls > 0


def test_a_session_is_found_by_its_id_and_never_by_its_tcp_connection():
    io, gone = Listener(reactor=Clock()), []
    io.on("disconnect", lambda socket, reason: gone.append(socket.id))
    front = Front(io, reactor=io.clock)
    shared, other = Peer(front), Peer(front)
    for _ in range(2):
        Peer(front).send(get("/socket.io/xhr-polling//1")).lose()
    first, second = io._sessions
    shared.send(get(f"/socket.io/xhr-polling/{first}/2") + get(f"/socket.io/xhr-polling/{second}/2"))
    other.send(get(f"/socket.io/xhr-polling/{first}/3"))
    shared.lose()
    io.clock.advance(5)
    assert gone == []
    for _ in range(30):
        io.clock.advance(0.5)
    assert gone == [second]  # whose poll was cut; the other one's is held elsewhere
    other.lose()
    io.wheel.stop()


@pytest.mark.parametrize("body", ["d=" + quote('"3:::hello"'), "d=" + quote("3:::hello")])
def test_jsonp_posts_of_07_and_of_08_are_both_read(gate, body):
    heard = listening(gate)
    assert gate.post(nine(gate, "jsonp-polling") + "?i=0", body).text == "1"
    assert heard == [("hello",)]


def test_polls_of_07_to_09_end_before_half_of_the_close_timeout_that_was_announced(gate):
    announced = int(gate.get("/socket.io/1/").text.split(":")[2])
    target = nine(gate)
    held = gate.get(target)
    gate.turn(announced / 2)
    assert held.text == "8::"


def test_line_ends_that_a_form_has_doubled_are_mended(gate):
    heard = listening(gate)
    gate.get("/socket.io/jsonp-polling//1/0")
    (sid,) = gate.io._sessions
    text = encode_frames(["one\ntwo", "three\n"]).replace("\n", "\r\n")
    gate.post(f"/socket.io/jsonp-polling/{sid}/2/0", "data=" + quote(text))
    assert heard == [("one\ntwo",), ("three\n",)]


def test_a_payload_without_a_length_is_refused_and_ends_the_session(gate):
    target = engine3(gate)
    assert gate.post(target, ":4a").answer[0] == 400
    assert gate.io.clients_count == 0


@pytest.mark.parametrize("packet", ["451-", "42", "451-[]", '450-["x"]', "46-[]"])
@pytest.mark.parametrize("era", ["eio3", "eio4"])
def test_packets_that_lack_what_they_promise_close(gate, era, packet):
    peer = peer_of(gate, era)
    peer.raw(packet)
    assert peer.client is None


def test_every_era_hears_the_text_of_every_other_as_it_was_said(gate):
    text = "ž€😀\u2028</script>~m~\ufffd"
    gate.io.on("say", lambda socket, value: socket.broadcast.emit("said", value))
    peers = [peer_of(gate, era) for era in ("old", "0.9", "eio3", "eio4")]
    for speaker in peers:
        speaker.emit("say", text)
        for listener in peers:
            if listener is not speaker:
                assert [event[2] for event in listener.events()] == [[text]], (speaker.era, listener.era)


@pytest.mark.parametrize("query", ["a=__proto__", "__proto__=1&constructor=2", "sid[]=a&sid[b]=c"])
def test_keys_of_a_query_are_only_data(query):
    assert set(read_query(query)) == {pair.split("=")[0] for pair in query.split("&")}
