"""
Peers that vanish without a word are noticed on every transport (R10).

With heartbeats: after the interval, the timeout and a second. Without: the poll that they left behind is answered, and nobody
comes for the next one within the close timeout and a second.
"""

import pytest

from tests.gateway.era_peers import peer_of

ENGINE = 25 + 20  # ping_interval, ping_timeout
NINE = 45  # heartbeat_timeout
OLD = 10 + 20  # heartbeat_interval, ping_timeout
HELD = 20  # poll_duration
TICK = 1

STREAMS = [("/socket.io/htmlfile//1", OLD), ("/socket.io/xhr-multipart//1", OLD), ("/socket.io/server-events//1", OLD)]
POLLS = [
    ("/socket.io/?EIO=4&transport=polling", "&sid={}", ENGINE),
    ("/socket.io/?EIO=3&transport=polling", "&sid={}", ENGINE),
    ("/socket.io/?EIO=4&transport=polling&j=0", "&sid={}", ENGINE),
    ("/socket.io/?EIO=3&transport=polling&j=0", "&sid={}", ENGINE),
]
NINES = ["xhr-polling", "jsonp-polling", "htmlfile"]


def ends(gate):
    """When, and why, clients were found to be gone."""
    found = []
    gate.io.on("disconnect", lambda socket, reason: found.append((gate.clock.seconds(), reason)))
    return found


@pytest.mark.parametrize("era, limit", [("eio4", ENGINE), ("eio3", ENGINE), ("0.9", NINE), ("old", OLD)])
def test_on_a_websocket(gate, era, limit):
    found = ends(gate)
    peer_of(gate, era)
    gate.turn(limit + TICK)
    assert [reason for _, reason in found] == ["ping timeout"]
    assert gate.io.clients_count == 0


@pytest.mark.parametrize("target, limit", STREAMS)
def test_on_a_stream_of_03_to_06(gate, target, limit):
    found = ends(gate)
    stream = gate.get(target)
    sid = next(iter(gate.io._sessions))
    name = target.split("/")[2]
    gate.post(f"/socket.io/{name}/{sid}/send", "data=%7Em%7E2%7Em%7Ehi")  # which shows that it speaks frames
    gate.turn(limit + TICK)
    assert [reason for _, reason in found] == ["ping timeout"]
    assert stream.finished and gate.io.clients_count == 0


@pytest.mark.parametrize("transport", NINES)
def test_on_an_http_transport_of_07_to_09(gate, transport):
    found = ends(gate)
    sid = gate.get("/socket.io/1/").text.split(":")[0]
    target = f"/socket.io/1/{transport}/{sid}?i=0"
    gate.get(target)
    began = gate.clock.seconds()
    if transport != "htmlfile":
        gate.get(target)  # the first was answered with the greeting
    gate.turn(HELD + NINE + TICK)
    ((when, reason),) = found
    assert reason in ("ping timeout", "transport close")
    assert when - began <= (NINE if transport == "htmlfile" else HELD + NINE) + TICK
    assert gate.io.clients_count == 0


@pytest.mark.parametrize("target, more, limit", POLLS)
def test_on_the_polls_of_engine_io(gate, target, more, limit):
    found = ends(gate)
    opened = gate.get(target).text
    target += more.format(opened.replace("\\", "").partition('"sid":"')[2][:20])
    if "EIO=4" in target:
        gate.post(target, "d=40" if "j=" in target else "40")
    while (held := gate.get(target)).answer is not None:
        pass
    gate.turn(limit + TICK)
    assert [reason for _, reason in found] == ["ping timeout"]
    assert held.answer is not None
    gate.turn(31)
    assert gate.io.clients_count == 0


@pytest.mark.parametrize("transport", ["xhr-polling", "jsonp-polling"])
def test_on_the_polls_of_03_to_06(gate, transport):
    found = ends(gate)
    tail = "/0" if transport == "jsonp-polling" else ""
    gate.get(f"/socket.io/{transport}//1{tail}")
    sid = next(iter(gate.io._sessions))
    held = gate.get(f"/socket.io/{transport}/{sid}/2{tail}")
    began = gate.clock.seconds()
    gate.turn(HELD + TICK)
    assert held.answer is not None and found == []
    gate.turn(8 + TICK)
    assert [reason for _, reason in found] == ["transport close"]
    assert found[0][0] - began <= HELD + 8 + 2 * TICK
    assert gate.io.clients_count == 0
