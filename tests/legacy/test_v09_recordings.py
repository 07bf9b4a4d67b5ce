"""Recorded traffic of Socket.IO 0.9.19, played against door, sessions and wires."""

import json
from pathlib import Path

import pytest

from legacy.v09_packets import decode, encode, read_ack, read_event
from protocols.model import ACK, EVENT, JSON_MESSAGE, MESSAGE, Outgoing
from tests.legacy.replay09 import LITERAL, Replay

WIRE = Path(__file__).parents[2] / "gateway/conformance/wire/socketio-0.9"
FILES = ("handshake", "xhr-polling", "jsonp-polling", "htmlfile")
SCENARIOS = {s["id"]: s for name in FILES for s in json.loads((WIRE / f"{name}.json").read_text())["scenarios"]}

# Where we answer otherwise, on purpose: scenario -> steps of the old server that are not compared.
OTHERWISE = {
    "handshake/paths": {8, 12, 14, 22},  # "Welcome" is 404 or the fallback
    "handshake/methods": {2, 6, 8},  # only GET and POST make sessions (S12)
    "handshake/disconnect-request": {25},  # Q18: it ends the session, poll or no poll
    "handshake/get-on-websocket-kills": {11},  # Q9, S4: it does not end the session
    "handshake/no-heartbeats": {2},  # Q3: fields are positive numbers
    "handshake/zero-timeouts": {2},  # Q3
}
POLLING = ("xhr-polling", "jsonp-polling")


@pytest.fixture(params=SCENARIOS, scope="module")
def played(request):
    """A scenario, and its replay."""
    return SCENARIOS[request.param], Replay(SCENARIOS[request.param]).run()


def spelled(body):
    """``body`` with its JavaScript literal read: escapes in scripts are ours to choose."""
    call = LITERAL.match(body)
    return (body.replace(call[1], "", 1), json.loads(call[1])) if call else body


def test_answers_are_those_of_0_9_19(played):
    scenario, replay = played
    for number, ours, theirs in replay.pairs:
        if number in OTHERWISE.get(scenario["id"], ()):
            continue
        assert spelled(ours.body.decode()) == spelled(theirs.get("body", theirs.get("text", ours.body.decode()))), number
        assert ours.status == theirs.get("status", 200), number


def test_headers_are_those_of_0_9_19(played):
    scenario, replay = played
    for number, ours, theirs in replay.pairs:
        if "headers" not in theirs or number in OTHERWISE.get(scenario["id"], ()):
            continue
        sent = {"Content-Type": ours.content_type, **dict(ours.headers)}
        wanted = {name: value for name, value in theirs["headers"].items() if not name.startswith("Access-Control-")}
        assert {name: sent.get(name) for name in wanted} == wanted, number
        assert bool(ours.content_type) == ("Content-Type" in wanted)


def app_steps(scenario):
    """What the application of the recording saw, in our words."""
    for step in scenario["steps"]:
        if step["type"] != "app":
            continue
        kind, namespace, *rest = step["event"]
        if kind == "connection":
            yield ("connection", namespace or "/")
        elif kind in ("event", "message"):
            yield ("event", namespace or "/", rest[0], rest[1], rest[2] == "ack")
        elif kind == "acked":
            yield ("acked", namespace or "/", rest[1])


def once(seen):
    """``seen`` without immediate repetitions."""
    return [item for item, before in zip(seen, [None, *seen], strict=False) if item != before]


# After a second "1::" the old application heard everything twice (Q12); bad JSON was ``false`` (Q15).
HEARD_TWICE = {f"{name}/{scenario}" for name in POLLING for scenario in ("malformed", "connect-twice")}
# What only we hear or don't hear: bare posts (Q4), answers to nothing (the owner ignores them), life after ``?disconnect`` (Q18).
UNASKED = [("acked", "/", []), ("acked", "/", [1])]
HEARD_MORE = {
    "jsonp-polling/raw-d": [("event", "/", "message", ["raw"], False)],
    **{f"{name}/malformed": UNASKED for name in POLLING},
}
HEARD_LESS = {"handshake/disconnect-request": [("event", "/", "message", ["still alive"], False)]}


def test_the_application_sees_what_it_saw_then(played):
    scenario, replay = played
    seen, then = list(replay.all_seen()), list(app_steps(scenario))
    if scenario["id"] in HEARD_TWICE:
        seen, then = once(once(seen)), [item for item in once(then) if item[3:4] != ([False],)]
        then = [item for index, item in enumerate(then) if item[0] != "connection" or item not in then[:index]]
    seen = [item for item in seen if item not in HEARD_MORE.get(scenario["id"], ())]
    then = [item for item in then if item not in HEARD_LESS.get(scenario["id"], ())]
    assert sorted(map(repr, seen)) == sorted(map(repr, then))
    if len(replay.peers) == 1:
        assert once(seen) == once(then)


def own(units):
    """The packets a session sends by itself: ends, greetings, heartbeats, refusals, idle polls."""
    return [unit for unit in units if unit[0] in "01278"]


SAID_OTHERWISE = {
    "handshake/disconnect-request": "Q18",
    "handshake/get-on-websocket-kills": "Q9",
    **{f"{name}/server-disconnect-between-polls": "Q7" for name in POLLING},
    **{f"{name}/duplicate-poll": "Q6" for name in POLLING},
    **{f"{name}/connect-with-query": "Q16" for name in POLLING},
}


def test_sessions_say_by_themselves_what_0_9_19_said(played):
    scenario, replay = played
    if scenario["id"] in SAID_OTHERWISE:
        return
    theirs = [unit.replace("undefined", "2") for unit in own(replay.units) if unit != "7:::1+0"]
    ours = own(replay.all_said())
    # What was said to a client that had gone, or when the recording stopped, is not in it.
    assert sorted(ours[: len(theirs)]) == sorted(theirs)
    assert set(ours[len(theirs) :]) <= {"0::", "8::", "2::"}


def test_automatic_answers_are_those_of_0_9_19(played):
    _, replay = played
    ours = [unit for unit in replay.all_said() if unit[0] == "6"]
    theirs = [unit for unit in replay.units if unit[0] == "6" and "+" not in unit]
    assert [unit for unit in theirs if unit in ours] == ours


def test_unknown_sessions_are_told_so_where_0_9_19_did(played):
    scenario, replay = played
    if scenario["id"] in OTHERWISE:
        return
    told = replay.units.count("7:::1+0")
    assert len(replay.told_unknown) == told


def message_of(unit):
    """The message that is behind a recorded packet, None for the session's own."""
    kind, number, _, endpoint, data = decode(unit)
    namespace, ack_id = endpoint or "/", int(number) - 1 if number else None
    if kind == "5":
        return Outgoing(namespace, EVENT, *read_event(data), ack_id)
    if kind == "6":
        number, args = read_ack(data)
        return Outgoing(namespace, ACK, "", args, number)
    if kind == "4":
        return Outgoing(namespace, JSON_MESSAGE, "message", [json.loads(data)], ack_id)
    return Outgoing(namespace, MESSAGE, "message", [data], ack_id) if kind == "3" else None


def test_messages_are_written_as_0_9_19_wrote_them(played):
    _, replay = played
    for unit in replay.units:
        message = message_of(unit)
        if message is None:
            continue
        [written] = encode(message)
        again = message_of(written)
        assert [again.namespace, again.name, again.args, again.ack_id] == [
            message.namespace, message.name, message.args, message.ack_id
        ]  # fmt: skip
        asked_plainly = message.ack_id is not None and "+" not in unit.split(":")[1]  # Q10
        if unit.isascii() and (message.kind == ACK or not asked_plainly):
            assert written == unit
