"""Scenarios of messages and input that no other file of this folder has."""

import pytest

from gateway import Listener
from tests.gateway.era_peers import Poller, frames, peer_of
from tests.gateway.front_driver import Clock, Front, Peer
from tests.safety.wire import frame

HIXIE76 = {
    "upgrade": "WebSocket",
    "connection": "Upgrade",
    "sec-websocket-key1": "4 @1  46546xW%0l 1 5",
    "sec-websocket-key2": "12998 5 Y3 1  .P00",
}


def reasons(gate):
    said = []
    gate.io.on("disconnect", lambda socket, reason: said.append(reason))
    return said


# The polls of Engine.IO


def test_a_poll_that_is_cut_before_its_answer_ends_the_session_and_the_application_hears_it(gate):
    said = reasons(gate)
    poller = Poller(gate)
    poller.poll().cut()
    assert said == ["transport error"]
    assert poller.poll().answer[0] == 400


def test_of_two_polls_at_once_the_second_is_refused_and_the_session_ends(gate):
    said = reasons(gate)
    poller = Poller(gate)
    first, second = poller.poll(), poller.poll()
    assert first.answered and second.answer[0] == 400
    assert said == ["transport error"]
    assert poller.poll().answer[0] == 400


def test_a_websocket_that_dies_right_behind_the_upgrade_ends_the_session_and_doubles_nothing(gate):
    said, heard = reasons(gate), []
    gate.io.on("n", lambda socket, number: heard.append(number))
    poller = Poller(gate)
    opening = gate.get(poller.url.replace("polling", "websocket"), upgrade=True)
    opening.connection.take()
    opening.connection.reader.dataReceived(frame(b"2probe"))
    poller.post('42["n",1]')
    gate.io.emit("e", 1)
    opening.connection.reader.dataReceived(frame(b"5"))
    assert frames(opening.connection.take()) == ["3probe", '42["e",1]']
    opening.connection.reader.connectionLost(None)
    assert said == ["transport close"]
    assert heard == [1]
    assert poller.poll().answer[0] == 400
    assert gate.io.clients_count == 0


# Input


@pytest.mark.parametrize("data", [b"\xff", b"\xed\xa0\x80", b"\xe2\x82"])
def test_bad_utf8_on_a_websocket_of_07_to_09_is_1007(gate, data):
    peer = peer_of(gate, "0.9")
    peer.connection.reader.dataReceived(frame(b"3:::" + data))
    assert peer.heard() == [("close", 1007)]
    assert gate.io.clients_count == 0


def test_bad_utf8_in_a_post_of_07_to_09_is_dropped_and_the_session_stays(gate):
    heard = []
    gate.io.on("message", lambda socket, text: heard.append(text))
    target = "/socket.io/1/xhr-polling/" + gate.get("/socket.io/1/").text.split(":")[0]
    gate.get(target)
    gate.post(target, b"3:::\xff")
    assert gate.post(target, "3:::after").text == "1"
    assert heard == ["after"]


@pytest.mark.parametrize(
    "payload", ["~m~9999999999~m~x", "~m~" + "9" * 5000 + "~m~x", "~m~-1~m~x", "~m~1_0~m~" + "x" * 10, "~m~5~m~abc"]
)
def test_a_length_of_06_that_lies_is_dropped_and_the_session_stays(gate, payload):
    heard = []
    gate.io.on("message", lambda socket, text: heard.append(text))
    peer = peer_of(gate, "old")
    peer.connection.reader.dataReceived(frame(payload.encode()))
    peer.raw("after")
    assert heard == ["after"]


def test_the_limit_holds_for_a_chunked_body():
    io = Listener(reactor=Clock(), max_payload=10_000)
    peer = Peer(Front(io, reactor=io.clock))
    peer.send(b"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(20):
        if not peer.closed:
            peer.send(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
    assert peer.statuses == [413]
    assert peer.closed
    peer.lose()
    io.wheel.stop()


@pytest.mark.parametrize("era", ["eio3", "eio4"])
def test_numbers_of_acknowledgements_are_kept_exactly_up_to_the_largest_that_javascript_can_tell_apart(gate, era):
    gate.io.on("echo", lambda socket, value: value)
    peer = peer_of(gate, era)
    for number in (0, 1, 2**53 - 1):
        peer.emit("echo", number, id=number)
        assert peer.heard() == [f"43{number}[{number}]"]
    peer.emit("echo", 1, id=2**53)
    assert peer.client is None


def test_an_opening_of_draft_76_whose_third_key_never_comes_is_cut(gate):
    request = gate.get("/socket.io/websocket", headers=HIXIE76, upgrade=True)
    assert request.connection.take().startswith(b"HTTP/1.1 101 ")
    for byte in b"1234567":  # it is no help to dribble
        gate.turn(1)
        request.connection.reader.dataReceived(bytes((byte,)))
    assert not request.connection.aborted
    gate.turn(5)
    assert request.connection.aborted
    assert gate.io.clients_count == 0


def test_what_can_not_be_encoded_is_refused_at_the_call_and_harms_nobody(gate):
    peers = [peer_of(gate, era) for era in ("old", "0.9", "eio3", "eio4")]
    deep = []
    for _ in range(600):
        deep = [deep]
    for value, error in ((deep, ValueError), (object(), TypeError), ({1: 2}, TypeError)):
        with pytest.raises(error):
            gate.io.emit("e", value)
    gate.io.emit("e", "\ud800", float("nan"), 10**400)
    for peer in peers:
        assert [event[2] for event in peer.events()] == [["\ud800", None, None]]
