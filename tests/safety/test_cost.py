"""
No request keeps the reactor for long (R11).

``python -m benchmarks.cost`` measures it; here a row fails that has become many times dearer, whatever else the machine does.
"""

import pytest

from benchmarks.cost import cost, rows
from gateway.transports.backlog import AT_ONCE
from protocols.forms import MAX_PACKETS
from tests.gateway.era_peers import Poller

ROWS = rows()
DEAR = 0.8
"""Seconds of processor time. The promise is 0.1 for a processor that has nothing else to do."""


@pytest.mark.parametrize("name", ROWS)
def test_a_request_at_the_limit_does_not_hold_the_others_up(name):
    assert cost(name, ROWS[name]) < DEAR


def listening(gate):
    heard = []
    gate.io.on("n", lambda socket, number: heard.append(number))
    return heard


def test_a_body_of_very_many_packets_is_handled_bit_by_bit_and_in_order(gate):
    heard = listening(gate)
    poller = Poller(gate)
    gate.clock.advance = lambda seconds: None  # nobody turns the reactor
    first = poller.post("\x1e".join(f'42["n",{n}]' for n in range(2 * AT_ONCE + 1)))
    assert heard == list(range(AT_ONCE))
    assert first.answer is None
    second = poller.post(f'42["n",{2 * AT_ONCE + 1}]')
    assert len(heard) == AT_ONCE
    del gate.clock.advance
    gate.clock.advance(0)
    assert heard == list(range(2 * AT_ONCE + 2))
    assert (first.text, second.text) == ("ok", "ok")
    assert gate.io.backlogs == {}


def test_a_body_whose_session_ends_in_the_midst_of_it_is_answered_all_the_same(gate):
    heard = listening(gate)
    poller = Poller(gate)
    body = ['42["n",1]'] * (AT_ONCE + 5) + ["41"] + ['42["n",2]'] * AT_ONCE + ["x"] + ['42["n",3]'] * AT_ONCE
    assert poller.post("\x1e".join(body)).text == "ok"
    assert heard == [1] * (AT_ONCE + 5)
    assert gate.io.backlogs == {}
    gate.turn(31)
    assert gate.io.clients_count == 0


def test_a_client_that_goes_away_leaves_no_backlog(gate):
    listening(gate)
    poller = Poller(gate)
    held = poller.poll()
    gate.clock.advance = lambda seconds: None
    poller.post("\x1e".join(['42["n",1]'] * 3 * AT_ONCE))
    held.cut()
    del gate.clock.advance
    gate.turn(1)
    assert gate.io.backlogs == {}
    assert gate.io.clients_count == 0


@pytest.mark.parametrize("body", ["1:6" * (MAX_PACKETS + 1), "0:" * (MAX_PACKETS + 1)])
def test_a_body_framed_by_lengths_has_a_limit_of_packets(gate, body):
    target = "/socket.io/?EIO=3&transport=polling"
    target += "&sid=" + gate.get(target).text.partition('"sid":"')[2][:20]
    assert gate.post(target, body[: len(body) // (MAX_PACKETS + 1) * MAX_PACKETS]).text == "ok"
    assert gate.io.clients_count == 1
    gate.post(target, body)
    assert gate.io.clients_count == 0
