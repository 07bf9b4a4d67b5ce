"""A refused client is one readable line: what it spoke, what is enabled, which option would admit it."""

import pytest

from gateway.testing import Gate

POLLS = {
    "EIO=4": "/socket.io/?EIO=4&transport=polling",
    "EIO=3": "/socket.io/?EIO=3&transport=polling",
    "0.7-0.9": "/socket.io/1/",
    "0.3-0.6": "/socket.io/xhr-polling/",
}

NOT_SERVED = [
    ("EIO=4", ["eio3"], 400, "Engine.IO: a client that speaks EIO='4', enabled: 2, 3 (option eras with 'eio4' would admit it)"),
    ("EIO=3", ["eio4"], 400, "Engine.IO: a client that speaks EIO='3', enabled: 4 (option eras with 'eio3' would admit it)"),
    ("EIO=4", ["old"], 400,
        "Engine.IO: not served (option eras with 'eio4', or 'eio3' for clients before 3.0, would admit it)"),
    ("0.7-0.9", ["eio4"], 500, "Socket.IO 0.7-0.9: not served (option eras with '0.9' would admit it)"),
    ("0.3-0.6", ["eio4"], None,  # polls of these clients get no answer that would bring on the next at once
        "Socket.IO 0.3-0.6: transport 'xhr-polling' asked for, not served (option eras with 'old' would admit it)"),
]  # fmt: skip


def status_of(request):
    """Of its answer; None when the connection was closed without one."""
    return request.answer[0] if request.answer else None


@pytest.mark.parametrize(("spoken", "eras", "status", "line"), NOT_SERVED)
def test_an_era_that_is_not_served(make_gate, log_lines, spoken, eras, status, line):
    gate = make_gate(eras=eras)
    assert status_of(gate.get(POLLS[spoken])) == status
    assert log_lines() == [f"192.0.2.1: {line!r}"]
    assert gate.io.clients_count == 0


NO_TRANSPORT = [
    ("/socket.io/?EIO=4&transport=polling", 400,
        "Engine.IO: transport 'polling' asked for, enabled: websocket (option transports)"),
    ("/socket.io/?EIO=4&transport=webtransport", 400,
        "Engine.IO: transport 'webtransport' asked for, enabled: websocket (option transports)"),
    ("/socket.io/1/xhr-polling/abc", 400,
        "Socket.IO 0.7-0.9: transport 'xhr-polling' asked for, enabled: websocket (option transports)"),
    ("/socket.io/xhr-polling/", None,
        "Socket.IO 0.3-0.6: transport 'xhr-polling' asked for, enabled: websocket (option transports)"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "status", "line"), NO_TRANSPORT)
def test_a_transport_that_is_not_enabled(make_gate, log_lines, target, status, line):
    gate = make_gate(transports=["websocket"])
    assert status_of(gate.get(target)) == status
    assert log_lines() == [f"192.0.2.1: {line!r}"]


REVISIONS = [
    ("/socket.io/?transport=polling",
        "Engine.IO: a client that names no revision, enabled: 2, 3, 4 (option assume_eio would admit it)"),
    ("/socket.io/?EIO=5&transport=polling", "Engine.IO: a client that speaks EIO='5', enabled: 2, 3, 4"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "line"), REVISIONS)
def test_a_revision_that_is_unknown_or_missing(make_gate, log_lines, target, line):
    assert make_gate(assume_eio=None).get(target).answer[0] == 400
    assert log_lines() == [f"192.0.2.1: {line!r}"]


@pytest.mark.parametrize("target", POLLS.values())
def test_an_origin_that_may_not_connect(gate: Gate, log_lines, target):
    gate.get(target, headers={"origin": "http://evil.example"})
    assert log_lines() == ["192.0.2.1: \"origin 'http://evil.example' is refused; the option origins would admit it\""]


def test_not_more_than_ten_lines_a_second(make_gate, log_lines):
    gate = make_gate(eras=["old"])
    for _ in range(100):
        gate.get(POLLS["EIO=4"])
        gate.clock.advance(0.01)
    assert 9 <= len(log_lines()) <= 11
