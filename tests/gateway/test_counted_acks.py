"""The option ``counted_acks``: the application knows that a client is one of 1.0.0 to 1.0.2."""

import json

import pytest

from gateway import EngineListener, OptionError
from tests.gateway.ws_frames import said, text

SOCKET, POLL = "/socket.io/?EIO={}&transport=websocket", "/socket.io/?EIO=3&transport=polling"


def add(socket, a, b):
    return a + b


def answers(gate, revision, *packets):
    """What comes back on a WebSocket."""
    gate.io.on("add", add)
    connection = gate.get(SOCKET.format(revision), upgrade=True).connection
    connection.reader.dataReceived(text("40") if revision == 4 else b"")
    connection.take()
    connection.reader.dataReceived(b"".join(map(text, packets)))
    return said(connection.take())


@pytest.mark.parametrize(
    ("revision", "verdict", "expected"),
    [(2, True, '430-7[3]'), (3, True, '430-7[3]'), (3, None, "437[3]"), (3, False, "437[3]"), (4, True, "437[3]")],
)  # fmt: skip
def test_the_function_decides(make_gate, revision, verdict, expected):
    seen = []

    def counted_acks(handshake):
        seen.append(handshake.query["EIO"])
        return verdict

    assert answers(make_gate(counted_acks=counted_acks), revision, '427["add",1,2]') == [expected]
    assert seen == [str(revision)]


def test_it_holds_for_polls_and_behind_an_upgrade(make_gate):
    gate = make_gate(counted_acks=lambda handshake: True)
    gate.io.on("add", add)
    greeting = gate.get(POLL).text
    sid = json.loads(greeting[greeting.index("{") : greeting.index("}") + 1])["sid"]
    gate.post(f"{POLL}&sid={sid}", '14:427["add",1,2]')
    assert gate.get(f"{POLL}&sid={sid}").text == "8:430-7[3]"
    connection = gate.get(f"{SOCKET.format(3)}&sid={sid}", upgrade=True).connection
    connection.reader.dataReceived(text("2probe") + text("5") + text('428["add",1,2]'))
    assert said(connection.take()) == ["3probe", "430-8[3]"]


def test_a_function_that_fails_says_nothing(make_gate, logged_failures):
    assert answers(make_gate(counted_acks=lambda handshake: 1 // 0), 3, '427["add",1,2]') == ["437[3]"]
    assert len(logged_failures) == 1
    logged_failures.clear()


def test_it_means_nothing_to_bare_engine_io():
    with pytest.raises(OptionError):
        EngineListener(counted_acks=lambda handshake: True)
