"""Sessions of Engine.IO 2 to 4: what units mean, and when the peer is given up."""

import json
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.engineio import MAX_REMEMBERED, message
from protocols.engineio3 import MAX_WAITING, RESPELLED, Session3
from protocols.engineio4 import Session4
from protocols.engineio_wires import PLAIN3, POLLING4, WEBSOCKET4
from protocols.errors import ProtocolError
from protocols.model import Ack, Connect, Control, Data, Ended, Event, Leave, Settings
from protocols.payload import Undecided
from protocols.socketio import BadPacket

SID = "aBcDeFgHiJkLmNoPqRsT"
SETTINGS = Settings(ping_interval=25, ping_timeout=20, connect_timeout=45, max_payload=1000)


def said(happenings):
    """What happened, as plain values."""
    return [plain(happening) for happening in happenings]


def plain(happening):
    match happening:
        case Event():
            return (happening.namespace, happening.name, happening.args, happening.ack_id)
        case Ack():
            return (happening.namespace, happening.id, happening.args)
        case Control():
            return happening.units
        case Data():
            return happening.data
        case Ended():
            return happening.reason
    return happening


def session4(joined=("/",), now=0.0, **options):
    session = Session4(SID, SETTINGS, now, 4, ("websocket",), **options)
    session.open(now)
    for namespace in joined:
        session.receive("40" if namespace == "/" else f"40{namespace},", now)
        session.accepted(namespace, "id")
    return session


def session3(joined=("/",), now=0.0, **options):
    session = Session3(SID, SETTINGS, now, 3, ("websocket",), **options)
    session.open(now)
    for namespace in joined:
        if namespace != "/":
            session.receive(f"40{namespace},", now)
        session.accepted(namespace, "id")
    return session


# Opening


@pytest.mark.parametrize("kind", [Session3, Session4])
def test_the_open_packet_has_five_fields_in_order_and_milliseconds(kind):
    first = kind(SID, SETTINGS, 0.0, 3, ("websocket",)).open(0.0)[0]
    assert first.units == [
        '0{"sid":"' + SID + '","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}'
    ]


def test_clients_of_2_are_in_the_default_namespace_by_themselves_and_those_of_4_are_not():
    assert Session3(SID, SETTINGS, 0.0, 3).open(0.0)[1:] == [Connect("/")]
    assert Session4(SID, SETTINGS, 0.0, 4).open(0.0)[1:] == []


def test_fractions_of_a_second_are_announced():
    settings = Settings(ping_interval=0.3, ping_timeout=0.25)
    (opened,) = Session4(SID, settings, 0.0, 4).open(0.0)
    assert json.loads(opened.units[0][1:])["pingInterval"] == 300


def test_a_socket_of_4_has_an_id_of_its_own_and_one_of_2_the_session_id():
    assert session4().socket_id("/", lambda: "fresh") == "fresh"
    assert session4().socket_id("/n", lambda: "fresh") == "fresh"
    assert session3().socket_id("/", lambda: "fresh") == SID
    assert session3().socket_id("/n", lambda: "fresh") == f"/n#{SID}"


# What units mean

UNITS4 = [
    ('42["a","é",1]', [("/", "a", ["é", 1], None)]),
    ('420["a"]', [("/", "a", [], 0)]),
    ('42/n,12["a",{"b":[]}]', [("/n", "a", [{"b": []}], 12)]),
    ('437["x"]', [("/", 7, ["x"])]),
    ('43/n,7["x"]', [("/n", 7, ["x"])]),
    ("437", []),
    ('43["x"]', []),
    ("41", [Leave("/")]),
    ("41/n,", [Leave("/n")]),
    ("41/n", [Leave("/n")]),
    ("40/new,", [Connect("/new")]),
    ("40/new", [Connect("/new")]),
    ('40/new,{"token":"a"}', [Connect("/new", auth={"token": "a"})]),
    ("40/n?a=1,", [Connect("/n?a=1")]),
    ('40/new,5{"a":1}', [Connect("/new", auth={"a": 1})]),
    ('42["error","boom"]', []),
    ('42["connection"]', []),
    ('420["clientMessage"]', []),
    ("0", []),
    ("5", []),
    ("6", []),
    ("3", []),
    ("3junk", []),
    ("1", ["transport close"]),
    ("2", ["transport error"]),
    ("2probe", ["transport error"]),
]

UNITS3 = [
    ('42["a","é",1]', [("/", "a", ["é", 1], None)]),
    ('42/n,12["a"]', [("/n", "a", [], 12)]),
    ('437["x"]', [("/", 7, ["x"])]),
    ('430-7["x"]', [RESPELLED, ("/", 7, ["x"])]),
    ('430-/n,7["x"]', [RESPELLED, ("/n", 7, ["x"])]),
    ("41/n", [Leave("/n")]),
    ("40/new", [Connect("/new")]),
    ("40/new?token=abc&x=1,", [Connect("/new", "token=abc&x=1")]),
    ('40/new,{"ignored":1}', [Connect("/new")]),
    ('42/other,["a"]', []),
    ('43/other,1["a"]', []),
    ("41/other,", []),
    ("2", [["3"]]),
    ("2xyz", [["3"]]),
    ("b2", [["3"]]),
    ("3", []),
    ("6", []),
    ("bAQID", []),
    ("b9AQID", []),
    ("b", []),
    ("1", ["transport close"]),
]


@pytest.mark.parametrize("unit, happenings", UNITS4)
def test_a_unit_of_revision_4_means(unit, happenings):
    assert said(session4(("/", "/n")).receive(unit, 1.0)) == happenings


@pytest.mark.parametrize("unit, happenings", UNITS3)
def test_a_unit_of_revision_3_means(unit, happenings):
    assert said(session3(("/", "/n")).receive(unit, 1.0)) == happenings


CLOSING = [
    "47",
    "4",
    '44{"message":"x"}',
    '42["a"',
    '42{"a":1}',
    "42[]",
    "42",
    "42[null]",
    "42[{}]",
    '42["connect"]',
    '42["disconnect"]',
    '42["disconnecting"]',
    '42["newListener"]',
    '42["removeListener"]',
    '42["connect_error"]',
    '431{"a":1}',
    '41{"a":1}',
    "40",
    "40/n,",
    '40/m,"x"',
    "40/m,[]",
    "40/m,{",
    '45["a"]',
    '450-["a"]',
    '4511-["a"]',
    '45-1-["a"]',
    "451-",
    b"\x01",
    "bAQID",
    "42[1e400]",
    "42[NaN]",
    '42["a",' + "[" * 600,
    '42 ["a"]',
    '40/m,{"a":1}x',
    '420-["a"]',
]


@pytest.mark.parametrize("unit", CLOSING, ids=lambda unit: str(unit)[:20])
@pytest.mark.parametrize("make", [session4, session3])
def test_a_bad_packet_of_socketio_closes(make, unit):
    session = make(("/", "/n"))
    if make is session3 and unit == "bAQID":
        unit = "b4AQID"
    with pytest.raises(BadPacket) as caught:
        session.receive(unit, 1.0)
    assert caught.value.reason == "forced close"


@pytest.mark.parametrize("unit", ["", "9", "abc", "\x00", "b4é"])
@pytest.mark.parametrize("make", [session4, session3])
def test_a_bad_packet_of_engineio_is_a_parse_error(make, unit):
    with pytest.raises(ProtocolError) as caught:
        make().receive(unit, 1.0)
    assert not isinstance(caught.value, BadPacket)


@pytest.mark.parametrize("unit", ['42/x,["a"]', "41/x,", '43/x,1["a"]', '451-/x,["a"]'])
def test_a_packet_for_a_namespace_not_joined_closes_in_revision_4(unit):
    with pytest.raises(BadPacket):
        session4().receive(unit, 1.0)


def test_a_packet_between_join_and_answer_closes_in_revision_4():
    session = session4(())
    session.receive("40", 1.0)
    with pytest.raises(BadPacket):
        session.receive('42["a"]', 1.0)


def test_a_packet_sent_before_the_peer_knew_that_it_was_put_out_is_ignored():
    session = session4(("/", "/n"))
    session.dismiss("/n")
    assert session.receive('42/n,["a"]', 1.0) == []
    assert said(session.receive('42["a"]', 1.0)) == [("/", "a", [], None)]
    assert session.receive("40/n,", 1.0) == [Connect("/n")]


def test_namespaces_the_peer_was_put_out_of_are_not_remembered_without_end():
    session = session4()
    for number in range(3 * MAX_REMEMBERED):
        session.accepted(f"/{number}", "id")
        session.dismiss(f"/{number}")
    assert len(session._namespaces) <= MAX_REMEMBERED


@pytest.mark.parametrize("make", [session4, session3])
def test_a_namespace_may_be_joined_again_after_leaving_and_after_a_refusal(make):
    session = make(("/", "/n"))
    session.receive("41/n,", 1.0)
    assert session.receive("40/n,", 1.0) == [Connect("/n")]
    session.refused("/n", "no")
    assert session.receive("40/n,", 1.0) == [Connect("/n")]


# Attachments

HEADER = '451-["a",{"_placeholder":true,"num":0}]'


@pytest.mark.parametrize("make, unit", [(session4, b"\x01"), (session4, "bAQ=="), (session3, b"\x01"), (session3, "b4AQ==")])
def test_an_event_is_told_when_its_attachment_is_there(make, unit):
    session = make()
    assert session.receive(HEADER, 1.0) == []
    assert said(session.receive(unit, 1.0)) == [("/", "a", [b"\x01"], None)]
    assert said(session.receive('42["b"]', 1.0)) == [("/", "b", [], None)]


def test_an_answer_of_the_first_clients_may_have_attachments():
    session = session3()
    session.receive('431-7[{"_placeholder":true,"num":0}]', 1.0)
    assert said(session.receive(b"x", 1.0)) == [("/", 7, [b"x"])]
    assert session.counted


@pytest.mark.parametrize("make", [session4, session3])
def test_text_while_attachments_are_due_closes(make):
    session = make()
    session.receive(HEADER, 1.0)
    with pytest.raises(BadPacket, match="attachments"):
        session.receive('42["b"]', 1.0)


def test_heartbeats_may_come_between_a_header_and_its_attachments():
    session = session4()
    session.receive(HEADER, 1.0)
    assert session.receive("3", 1.0) == []
    assert said(session.receive(b"", 1.0)) == [("/", "a", [b""], None)]


def test_attachments_of_an_ignored_event_are_ignored_with_it():
    session = session3()
    session.receive(HEADER.replace("1-", "1-/other,"), 1.0)
    assert session.receive(b"x", 1.0) == []
    session.receive(HEADER.replace('"a"', '"error"'), 1.0)
    assert session.receive(b"x", 1.0) == []


def test_an_event_whose_namespace_was_left_meanwhile_is_dropped():
    session = session4()
    session.receive(HEADER, 1.0)
    session.dismiss("/")
    assert session.receive(b"x", 1.0) == []


def test_header_and_attachments_together_are_bounded():
    session = session4()
    session.receive('452-["a"]', 1.0)
    session.receive(b"x" * 700, 1.0)
    with pytest.raises(BadPacket):
        session.receive(b"x" * 700, 1.0)


# Answers


def test_revision_4_is_told_its_id_and_the_reason_of_a_refusal():
    session = session4(())
    assert said(session.accepted("/", "x1")) == [['40{"sid":"x1"}']]
    assert said(session.accepted("/é", "x1", "p1")) == [['40/é,{"sid":"x1","pid":"p1"}']]
    assert said(session.refused("/n", "nope")) == [['44/n,{"message":"nope"}']]
    assert said(session.refused("/", "nope", {"code": 7})) == [['44{"message":"nope","data":{"code":7}}']]
    assert said(session.dismiss("/n")) == [["41/n,"]]


def test_revision_3_is_told_that_it_joined_or_only_the_reason():
    session = session3()
    assert said(session.accepted("/n", "x1")) == [["40/n,"]]
    assert said(session.refused("/n", "né")) == [['44/n,"n\\u00e9"']]
    assert said(session.refused("/n", "nope", {"code": 7})) == [['44/n,{"code":7}']]
    assert said(session.dismiss("/n")) == [["41/n,"]]


def test_joins_of_revision_3_wait_for_the_default_namespace():
    session = session3(())
    assert session.receive("40/a,", 1.0) == []
    assert session.receive("40/b?x=1,", 1.0) == []
    assert said(session.accepted("/", "id")) == [["40"], Connect("/a"), Connect("/b", "x=1")]
    assert session.receive("40/c,", 1.0) == [Connect("/c")]


def test_joins_of_revision_3_are_void_when_the_default_namespace_refuses():
    session = session3(())
    session.receive("40/a,", 1.0)
    assert said(session.refused("/", "no")) == [['44"no"']]
    assert session.receive("40/b,", 1.0) == []
    assert session.receive("40", 1.0) == [Connect("/")]


def test_joins_that_wait_are_bounded():
    session = session3(())
    for number in range(MAX_WAITING):
        session.receive(f"40/{number},", 1.0)
    with pytest.raises(BadPacket):
        session.receive("40/more,", 1.0)


# Heartbeats


def test_revision_4_is_pinged_and_given_up_without_a_pong():
    session = session4()
    assert session.deadline == 25
    assert said(session.wake(25.0)) == [["2"]]
    assert session.deadline == 45
    assert said(session.wake(45.0)) == ["ping timeout"]
    assert session.deadline == inf


def test_the_next_ping_comes_an_interval_after_the_pong():
    session = session4()
    session.wake(25.0)
    session.receive("3", 30.0)
    assert session.wake(45.0) == []
    assert session.deadline == 55
    assert said(session.wake(55.0)) == [["2"]]


def test_another_packet_restarts_the_wait_for_a_pong_once():
    session = session4()
    session.wake(25.0)
    session.receive('42["a"]', 40.0)
    assert session.wake(45.0) == []
    assert session.deadline == 60
    session.receive('42["a"]', 59.0)
    assert said(session.wake(60.0)) == ["ping timeout"]


def test_pongs_nobody_asked_for_make_nothing():
    session = session4()
    for _ in range(10_000):
        assert session.receive("3", 10.0) == []
    assert session.wake(25.0) == []
    assert session.deadline == 35


def test_a_deadline_only_moves_away_also_when_the_interval_is_shorter_than_the_timeout():
    settings = Settings(ping_interval=1, ping_timeout=20)
    session = Session4(SID, settings, 0.0, 4)
    session.open(0.0)
    session.accepted("/", "id")
    deadlines, now = [session.deadline], 0.0
    while now < 10:
        now = session.deadline
        session.wake(now)
        session.receive("3", now + 0.01)
        deadlines.append(session.deadline)
    assert deadlines == sorted(deadlines)
    assert len(deadlines) < 30


def test_revision_3_is_given_up_after_interval_and_timeout_without_a_ping():
    session = session3()
    assert session.deadline == 45
    session.receive("2", 20.0)
    assert session.wake(45.0) == []
    assert session.deadline == 65
    assert said(session.wake(65.0)) == ["ping timeout"]


@pytest.mark.parametrize("unit", ['42["a"]', "3", "6", "b4AQID"])
def test_to_revision_3_no_other_packet_counts_as_a_ping(unit):
    session = session3(bare=True)
    session.receive(unit, 44.0)
    assert said(session.wake(45.0)) == ["ping timeout"]


@pytest.mark.parametrize("ping", ["2", "2probe", "b2"])
def test_to_revision_3_any_form_of_ping_counts(ping):
    session = session3()
    session.receive(ping, 20.0)
    session.wake(45.0)
    assert session.deadline == 65


def test_who_joins_nothing_in_time_is_closed():
    session = session4(())
    session.wake(25.0)
    session.receive("3", 25.0)
    assert session.deadline <= 45
    assert said(session.wake(45.0)) == ["forced server close"]


def test_the_first_namespace_ends_the_wait_and_a_refusal_does_not():
    session = session4(())
    session.receive("40/n,", 1.0)
    session.refused("/n", "no")
    session.receive("40", 2.0)
    session.accepted("/", "id")
    session.wake(25.0)
    session.receive("3", 25.0)
    assert session.wake(45.0) == []


# Transports


@pytest.mark.parametrize("make, polling, websocket", [
    (session4, POLLING4, WEBSOCKET4), (session3, PLAIN3.polling["auto"], PLAIN3.websocket[False, False]),
])  # fmt: skip
def test_a_close_packet_ends_polling_and_is_ignored_on_websocket(make, polling, websocket):
    session = make()
    session.attached(polling, 1.0)
    assert said(session.receive("1", 1.0)) == ["transport close"]
    session.attached(websocket, 1.0)
    assert session.receive("1", 1.0) == []


# Text of 1.x

TWICE = Undecided('42["a","hÃ©â\x98\x83ð\x9f\x92©"]')


def test_a_second_layer_of_utf8_is_taken_off():
    session = session3()
    assert said(session.receive(TWICE, 1.0)) == [("/", "a", ["hé☃💩"], None)]
    assert session.doubled


def test_text_that_only_looks_like_it_is_left_after_the_peer_has_shown_that_it_adds_none():
    session = session3()
    session.receive(Undecided('42["a","☃"]'), 1.0)
    assert said(session.receive(TWICE, 1.0))[0][2] == ["hÃ©â\x98\x83ð\x9f\x92©"]
    assert not session.doubled


def test_latin_1_text_decides_nothing():
    session = session3()
    assert said(session.receive(Undecided('42["a","naïve"]'), 1.0))[0][2] == ["naïve"]
    assert said(session.receive(TWICE, 1.0))[0][2] == ["hé☃💩"]


# Without Socket.IO


@pytest.mark.parametrize("make", [session4, session3])
@pytest.mark.parametrize(
    "unit, data", [("4hello", "hello"), ("4", ""), ('42["a"]', '2["a"]'), (b"\x00\xff", b"\x00\xff"), (b"", b"")]
)
def test_a_bare_session_gives_data(make, unit, data):
    assert said(make((), bare=True).receive(unit, 1.0)) == [data]


def test_a_bare_session_joins_nothing_and_waits_for_no_join():
    assert len(Session3(SID, SETTINGS, 0.0, 3, bare=True).open(0.0)) == 1
    session = session4((), bare=True)
    session.wake(25.0)
    session.receive("3", 44.0)
    assert session.wake(45.0) == []


@pytest.mark.parametrize("data, unit", [("hé", "4hé"), ("", "4"), (b"\x00", b"\x00"), ("\ud800", "4\ufffd")])
def test_bare_messages_are_units(data, unit):
    assert message(data).units == [unit]


packets = (
    st.text()
    | st.text(alphabet='0123456-/,[]{}"ab:?')
    | st.sampled_from(["40", "40/n,", HEADER, '42["a"]'])
    | st.binary(max_size=9)
)


@given(st.lists(packets, max_size=8), st.sampled_from([session3, session4]), st.booleans())
def test_garbage_raises_nothing_but_protocol_errors(units, make, bare):
    session = make(() if bare else ("/",), bare=bare)
    for unit in units:
        try:
            session.receive(Undecided(unit) if isinstance(unit, str) and not unit.isascii() else unit, 1.0)
        except ProtocolError:
            return


@pytest.mark.parametrize("make", [session3, session4])
def test_only_an_end_that_the_server_wanted_waits_for_the_next_poll(make):
    assert make().lingers_after("server namespace disconnect")
    assert make().lingers_after("forced close")
    assert not any(make().lingers_after(reason) for reason in ("parse error", "transport error", "ping timeout"))
