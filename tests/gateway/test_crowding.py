"""Peers that begin session after session without using one are slowed down, never refused (rulings §4.8)."""

import pytest

from gateway.crowding import MOST

HANDSHAKES = ["/socket.io/xhr-polling//130300000", "/socket.io/1/?t=", "/socket.io/?EIO=4&transport=polling&t="]


def shake(gate, target, count):
    return [gate.get(f"{target}{number}") for number in range(count)]


@pytest.mark.parametrize("target", HANDSHAKES)
def test_behind_twenty_unused_sessions_a_handshake_waits_a_second(gate, target):
    assert all(request.answered for request in shake(gate, target, MOST))
    late = gate.get(f"{target}x")
    assert not late.answered
    gate.turn(0.9, step=0.1)
    assert not late.answered
    gate.turn(0.2, step=0.1)
    assert late.answer[0] == 200


def test_sessions_that_are_used_do_not_count(gate):
    for _ in range(3 * MOST):
        sid = gate.get("/socket.io/1/").text.split(":")[0]
        assert gate.get(f"/socket.io/1/xhr-polling/{sid}").text == "1::"


def test_after_ten_seconds_they_are_forgotten(gate):
    shake(gate, HANDSHAKES[1], MOST)
    gate.turn(10.5)
    assert gate.get("/socket.io/1/").answered
    assert len(gate.io.crowd.begun) == 1


def test_other_addresses_and_websockets_do_not_wait(gate):
    from tests.gateway.conftest import FakeRequest

    shake(gate, HANDSHAKES[0], MOST)
    other = FakeRequest("GET", "/socket.io/1/")
    other.address = "192.0.2.99"
    gate.io.handle(other)
    assert other.answered
    assert gate.get("/socket.io/websocket", upgrade=True).connection.sent.startswith(b"HTTP/1.1 101")


def test_nothing_is_made_for_a_peer_that_went_meanwhile(gate):
    shake(gate, HANDSHAKES[1], MOST)
    late = gate.get("/socket.io/1/")
    late.finished = True
    gate.turn(2)
    assert late.answer is None
    assert gate.io.clients_count == MOST


def test_it_can_be_switched_off(make_gate):
    gate = make_gate(handshake_delay=0)
    assert all(request.answered for request in shake(gate, HANDSHAKES[1], 2 * MOST))
