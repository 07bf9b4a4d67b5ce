"""What packets mean to the session of one client of 0.7 to 0.9."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy.v09 import open_session
from legacy.v09_life import HANDSHAKE_LIFE
from legacy.v09_wires import WIRES
from protocols.model import MESSAGE, RESERVED_NAMES, Connect, Dropped, Ended, Leave, Outgoing
from tests.legacy.requests09 import Request
from tests.legacy.sessions09 import POLL, connected, fresh, settings, told

# Coming ---------------------------------------------------------------------------------


def test_the_handshake_gives_the_session_its_query():
    session = open_session("abc", settings(), 3.0, Request("GET", "/socket.io/1/?token=a%20b&t=1"))
    session.open(3.0)
    assert (session.id, session.era, session.deadline) == ("abc", "0.9", 33.0)
    assert session.attached(POLL, 4.0) == [Connect("/", "token=a%20b&t=1")]


def test_a_handshake_whose_transport_never_opens_is_forgotten():
    session = fresh()
    assert session.deadline == HANDSHAKE_LIFE
    assert session.wake(30.0) == [Ended("forced server close", "no transport was opened", goodbye=False)]
    assert session.deadline == inf


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_the_first_transport_connects_the_default_namespace_once(wire):
    session = fresh()
    assert session.attached(wire, 1.0) == [Connect("/", "token=x")]
    assert told(session.accepted("/", "sid")) == [["1::"]]
    session.detached(wire, 2.0)
    assert session.attached(wire, 2.0) == []


def test_a_refused_default_namespace_is_the_end():
    session = fresh()
    session.attached(POLL, 0.0)
    assert told(session.refused("/", "no", {"why": 1})) == [["7:::2"], Ended("forced server close", "no", goodbye=False)]


@pytest.mark.parametrize(
    "packet, asked",
    [
        ("1::/room", Connect("/room", "")),
        ("1::/room:?a=b", Connect("/room", "a=b")),
        ("1::/room:a=b", Connect("/room", "a=b")),
        ("1::/room?a=b", Connect("/room", "a=b")),
        ("1:5+:/room", Connect("/room", "")),
        ("1::constructor", Connect("constructor", "")),
    ],
)
def test_a_connect_packet_asks_for_a_namespace_in_either_notation(packet, asked):
    assert connected().receive(packet, 1.0) == [asked]


def test_namespaces_are_accepted_and_refused_by_name():
    session = connected()
    session.receive("1::/a", 1.0)
    session.receive("1::/b?x=1", 1.0)
    assert told(session.accepted("/a", "sid")) == [["1::/a"]]
    assert told(session.refused("/b", "no")) == [["7::/b:2"]]
    assert told(session.receive("3::/a:hi", 1.0)) == [("event", "/a", "message", ["hi"], None)]
    assert told(session.receive("3::/b:hi", 1.0)) == [Dropped]
    assert session.receive("1::/b", 1.0) == [Connect("/b", "")]


def test_an_unknown_namespace_hears_nothing_and_may_be_asked_for_again():
    session = connected()
    session.receive("1::/nosuch", 1.0)
    assert session.unknown("/nosuch") == []
    assert told(session.receive("3:1:/nosuch:hi", 1.0)) == [Dropped]
    assert session.receive("1::/nosuch", 1.0) == [Connect("/nosuch", "")]


@pytest.mark.parametrize(
    "packet, echo", [("1::", ["1::"]), ("1:::?a=b", ["1::"]), ("1::/chat", ["1::/chat"]), ("1::/chat?x", ["1::/chat"])]
)
def test_a_repeated_connect_is_greeted_but_connects_nothing(packet, echo):
    assert told(connected().receive(packet, 1.0)) == [echo]


def test_asking_twice_before_the_answer_asks_once():
    session = connected()
    assert session.receive("1::/a", 1.0) == [Connect("/a", "")]
    assert session.receive("1::/a", 1.0) == []
    assert told(session.accepted("/a", "sid")) == [["1::/a"]]


# Packets --------------------------------------------------------------------------------

PACKETS = [
    ("3:::hi", [("event", "/", "message", ["hi"], None)]),
    ("3::", [("event", "/", "message", [""], None)]),
    ("3::/chat:a:b", [("event", "/chat", "message", ["a:b"], None)]),
    ("3:::a\u2028\nb", [("event", "/", "message", ["a\u2028\nb"], None)]),
    ("3:+::y", [("event", "/", "message", ["y"], None)]),
    ('4:::{"a":[1]}', [("event", "/", "message", [{"a": [1]}], None)]),
    ('4:::{"_binary":"YWJj"}', [("event", "/", "message", [{"_binary": "YWJj"}], None)]),
    ('5:::{"name":"say"}', [("event", "/", "say", [], None)]),
    ('5::/chat:{"name":"say","args":[1]}', [("event", "/chat", "say", [1], None)]),
    ('5:::{"name":"b","args":[{"_binary":"YWJj"}]}', [("event", "/", "b", [b"abc"], None)]),
    ('5:1+::{"name":"say"}', [("event", "/", "say", [], 1)]),
    ('5:0+::{"name":"say"}', [("event", "/", "say", [], 0)]),
    ("3:6+:/chat:x", [("event", "/chat", "message", ["x"], 6)]),
    ("4:7+::1", [("event", "/", "message", [1], 7)]),
    # Answered by ourselves, before the packet is seen.
    ("3:5::x", [["6:::5"], ("event", "/", "message", ["x"], None)]),
    ("4:5:/chat:1", [["6::/chat:5"], ("event", "/chat", "message", [1], None)]),
    ('5:9::{"name":"echo"}', [["6:::9"], ("event", "/", "echo", [], None)]),
    ('5:99999999999999999999::{"name":"e"}', [["6:::99999999999999999999"], ("event", "/", "e", [], None)]),
    ("5:7::{bad", [["6:::7"], Dropped]),
    ('5:7::{"name":"disconnect"}', [["6:::7"]]),
    ("9:7::x", [["6:::7"]]),
    ("2:7::", [["6:::7"]]),
    # Ids of our own events: one more on the wire than in the model.
    ("6:::1", [("ack", "/", 0, [])]),
    ("6::/chat:12+[1,null]", [("ack", "/chat", 11, [1, None])]),
    ('6:::3+[{"_binary":"YWJj"}]', [("ack", "/", 2, [b"abc"])]),
    ('6:::1+["\u2028"]', [("ack", "/", 0, ["\u2028"])]),
    ("6:::0", []),
    # Of no meaning to a server.
    ("2::", []),
    ("8::", []),
    ("7:::1+0", []),
    ("9::", []),
    ("x::/nowhere", []),
    # Unreadable.
    ("", [Dropped]),
    ("garbage", [Dropped]),
    ("3", [Dropped]),
    ("4:::{bad", [Dropped]),
    ("4:::", [Dropped]),
    ("5:::", [Dropped]),
    ("5:::null", [Dropped]),
    ('5:::{"args":[1]}', [Dropped]),
    ("6:::", [Dropped]),
    (b"\x00\x01", [Dropped]),
    # Not connected there.
    ("3::/nosuch:hi", [Dropped]),
    ("3:1:/nosuch:hi", [Dropped]),
    ("6::/nosuch:1", [Dropped]),
    ('5::/:{"name":"slash"}', [("event", "/", "slash", [], None)]),
]


@pytest.mark.parametrize("packet, happenings", PACKETS, ids=lambda value: ascii(value)[:60])
def test_each_packet_has_its_meaning(packet, happenings):
    assert told(connected().receive(packet, 1.0)) == happenings


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES))
def test_reserved_events_are_ignored(name):
    session = connected()
    assert session.receive(f'5:::{{"name":"{name}","args":["x"]}}', 1.0) == []
    assert session.receive(f'5:1+::{{"name":"{name}"}}', 1.0) == []


# Each of these ended the process of an old server (S6).
HOSTILE = [
    ('6:::1+"x"', [("ack", "/", 0, ["x"])]),
    ('6:::1+{"length":100000000}', [("ack", "/", 0, [{"length": 100000000}])]),
    ("3::constructor:x", [Dropped]),
    ("6::__proto__:1", [Dropped]),
    ('5:::{"name":"__proto__"}', [("event", "/", "__proto__", [], None)]),
    ('5:::{"name":"constructor","args":{"length":1}}', [("event", "/", "constructor", [{"length": 1}], None)]),
    ("5:::" + "[" * 100_000, [Dropped]),
    ('5:::{"name":"a","args":[1e999]}', [Dropped]),
    ('5:::{"name":"a","args":[' + "1" * 6000 + "]}", [Dropped]),
    ("3:" + "1" * 5000 + "::x", [Dropped]),
    ("6:::" + "1" * 5000, [Dropped]),
]


@pytest.mark.parametrize("packet, happenings", HOSTILE, ids=lambda value: ascii(value)[:40])
def test_hostile_packets_harm_nobody(packet, happenings):
    session = connected()
    assert told(session.receive(packet, 1.0)) == happenings
    assert told(session.receive("3:::still here", 1.0)) == [("event", "/", "message", ["still here"], None)]


def test_packets_for_a_namespace_that_was_not_yet_accepted_are_dropped():
    session = fresh()
    session.attached(POLL, 0.0)
    assert told(session.receive('5:1::{"name":"early"}', 0.0)) == [Dropped]
    assert session.receive("2::", 0.0) == []


KINDS = st.sampled_from("0123456789x")
ENDPOINTS = st.sampled_from(["", "/chat", "/new", "/new?a", "?", "?a", "/", "constructor"])
DATA = st.one_of(st.text(), st.sampled_from(['{"name":"a","args":[{"_binary":"="}]}', "1+[", "1+[1]", "{}", "[]"]))
IDS = st.sampled_from(["", "0", "1", "1+", "+", "1" * 30])


@given(st.lists(st.one_of(st.text(), st.binary(), st.builds("{}:{}:{}:{}".format, KINDS, IDS, ENDPOINTS, DATA))))
def test_whatever_comes_nothing_is_raised(units):
    session = connected()
    for unit in units:
        assert type(session.receive(unit, 1.0)) is list


# Going ----------------------------------------------------------------------------------


@pytest.mark.parametrize("packet", ["0::", "0:::", "0:1+::"])
def test_a_client_that_leaves_hears_its_goodbye(packet):
    session = connected()
    assert told(session.receive(packet, 1.0)) == [Ended("client namespace disconnect", goodbye=True)]
    assert session.deadline == inf


def test_a_client_may_leave_before_it_was_accepted():
    session = fresh()
    session.attached(POLL, 0.0)
    assert told(session.receive("0::", 1.0)) == [Ended("client namespace disconnect", goodbye=True)]


def test_leaving_a_namespace_is_not_answered_and_counts_once():
    session = connected()
    assert session.receive("0::/chat", 1.0) == [Leave("/chat")]
    assert session.receive("0::/chat", 1.0) == []
    assert told(session.receive("3::/chat:x", 1.0)) == [Dropped]
    assert session.receive("1::/chat", 1.0) == [Connect("/chat", "")]


def test_a_namespace_left_before_it_was_accepted_is_left_upon_that():
    session = connected()
    session.receive("1::/slow", 1.0)
    assert session.receive("0::/slow", 1.0) == []
    assert session.accepted("/slow", "sid") == [Leave("/slow")]
    assert told(session.receive("3::/slow:x", 1.0)) == [Dropped]


def test_a_namespace_left_and_asked_for_again_before_the_answer_is_joined():
    session = connected()
    for packet in ("1::/slow", "0::/slow", "1::/slow"):
        session.receive(packet, 1.0)
    assert told(session.accepted("/slow", "sid")) == [["1::/slow"]]


def test_the_server_ends_a_namespace_or_everything():
    session = connected()
    assert told(session.dismiss("/chat")) == [["0::/chat"]]
    assert told(session.receive("3::/chat:x", 1.0)) == [Dropped]
    assert told(session.dismiss("/")) == [Ended("server namespace disconnect", goodbye=True)]


def test_messages_that_wait_for_a_transport_are_kept_as_packets():
    assert connected().encode(Outgoing("/chat", MESSAGE, "message", ["hi"])) == ["3::/chat:hi"]
