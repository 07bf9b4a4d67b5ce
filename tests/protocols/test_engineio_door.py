"""What a request of Engine.IO asks for, and in which words it is refused."""

import json
from urllib.parse import parse_qsl

import pytest

from protocols import engineio_door
from protocols.engineio_door import FORBIDDEN, door, open_session, refusal, wire_for
from protocols.engineio_wires import JSONP4, PLAIN3, POLLING4, WEBSOCKET4
from protocols.model import Post, Reply, Resume, Say, Settings, Start

SID3, SID4, SOCKET4, OLD = "three" * 4, "four4" * 4, "wsock" * 4, "older" * 4
POLL4, POLL3 = "EIO=4&transport=polling", "EIO=3&transport=polling"


class Request:
    """What doors read of a request."""

    def __init__(self, query, method="GET", upgrade=False, **headers):
        self.method, self.raw_query, self.upgrade, self.body = method, query, upgrade, b""
        self.path, self.target, self.headers = "/socket.io/", f"/socket.io/?{query}", headers
        self.query = {}
        for key, value in parse_qsl(query, keep_blank_values=True):
            self.query[key] = [self.query[key], value] if key in self.query else value

    def header(self, name):
        return self.headers.get(name, "")


class Known:
    """A client found by its session id."""

    def __init__(self, session, transport_name="polling"):
        self.session, self.transport_name = session, transport_name


class OlderSession:
    era = "0.9"


CLIENTS = {
    SID3: Known(open_session(SID3, Settings(), 0.0, Request(POLL3))),
    SID4: Known(open_session(SID4, Settings(), 0.0, Request(POLL4))),
    SOCKET4: Known(open_session(SOCKET4, Settings(), 0.0, Request(POLL4)), "websocket"),
    OLD: Known(OlderSession()),
}


def ask(query, settings=Settings(), **request):  # noqa: B008
    return door(Request(query, **request), settings, CLIENTS.get)


STARTS = [
    (POLL4, False, POLLING4),
    ("EIO=4&transport=polling&j=0", False, JSONP4),
    ("EIO=4&transport=websocket", True, WEBSOCKET4),
    (POLL3, False, PLAIN3.polling["auto"]),
    ("EIO=2&transport=polling", False, PLAIN3.polling["binary"]),
    ("transport=polling", False, PLAIN3.polling["auto"]),
    ("EIO=4&transport=polling&sid=", False, POLLING4),
]


@pytest.mark.parametrize("query, upgrade, wire", STARTS)
def test_a_request_without_sid_starts_a_session(query, upgrade, wire):
    assert ask(query, upgrade=upgrade) == Start(wire)


@pytest.mark.parametrize("revision", [2, 3])
def test_base64_that_the_first_request_asks_for_holds_for_polls_that_ask_no_more(revision):
    first = Request(f"EIO={revision}&transport=polling&b64=1")
    session = open_session("x" * 20, Settings(), 0.0, first)
    further = Request(f"EIO={revision}&transport=polling&sid=x")
    assert wire_for(further, session).answer(["4hello", b"\x01\x02\x03\x04"], further).body == b"6:4hello10:b4AQIDBA=="


AGAIN = [
    (f"{POLL4}&sid={SID4}", {}),
    (f"{POLL4}&t=abc.1&sid={SID4}", {"method": "POST"}),
    (f"{POLL4}&t=abc&b64=1&sid={SID4}", {}),
    (f"transport=polling&EIO=4&sid={SID4}&t=1700000000.5", {}),
    (f"{POLL4}&sid={SID4}&t=1&t=2", {}),
    (f"t=1&{POLL4}&sid={SID4}", {}),
    (f"{POLL4}&j=3&t=abc&sid={SID4}", {}),
    (f"{POLL3}&t=abc&sid={SID3}&j=3", {"method": "POST"}),
    (f"{POLL3}&t=abc&sid={SID4}", {}),
    (f"{POLL4}&t=abc&sid={SID3}", {}),
    (f"{POLL4}&sid={SID4}&sid={SID4}", {}),
    (f"{POLL4}&t=%73&sid=%66{SID4[1:]}", {}),
    (f"{POLL4}&sid=unknown", {}),
    (f"{POLL4}&sid=", {}),
    (f"{POLL4}&sid={OLD}", {}),
    (f"{POLL4}&sid={SOCKET4}", {}),
    (f"{POLL4}&sid={SID4}", {"method": "PUT"}),
    (f"{POLL4}&sid={SID4}", {"upgrade": True}),
    (f"{POLL4}&sid={SID4}", {"origin": "http://a.example"}),
    (f"{POLL4}&sid={SID4}", {"origin": "http://\u20ac"}),
    (f"{POLL4}&sid={SID4}", {"settings": Settings(transports={"eio4": ("websocket",)})}),
    (f"transport=polling&sid={SID3}", {}),
    (f"transport=polling&sid={SID3}", {"settings": Settings(assume_eio=None)}),
]


@pytest.mark.parametrize("query, how", AGAIN)
def test_a_request_is_judged_alike_whether_or_not_one_with_its_query_came_before(query, how):
    engineio_door._known.clear()
    first = ask(query, **how)
    engineio_door._known.clear()
    for other, _ in AGAIN:
        ask(other)
        ask(other, method="POST")
    assert ask(query, **how) == first


def test_queries_are_kept_without_session_and_stamp_and_not_without_end():
    engineio_door._known.clear()
    for stamp in range(3):
        ask(f"{POLL4}&t={stamp}&sid={SID4}")
        ask(f"{POLL4}&sid={SID4}&t={stamp}&j=0")
    assert set(engineio_door._known) == {(POLL4, ""), (POLL4, "j=0")}
    for number in range(2 * engineio_door.KNOWN):
        ask(f"{POLL4}&room={number}&t=a&sid={SID4}")
    assert len(engineio_door._known) == engineio_door.KNOWN


def test_a_request_with_sid_is_its_poll_its_post_or_its_websocket():
    assert ask(f"{POLL4}&sid={SID4}") == Resume(CLIENTS[SID4], POLLING4)
    assert ask(f"{POLL4}&sid={SID4}", method="POST") == Post(CLIENTS[SID4], POLLING4)
    assert ask(f"EIO=4&transport=websocket&sid={SID4}", upgrade=True) == Resume(CLIENTS[SID4], WEBSOCKET4)
    assert ask(f"{POLL3}&sid={SID3}") == Resume(CLIENTS[SID3], PLAIN3.polling["auto"])
    assert ask(f"{POLL3}&sid={SID3}&j=0", method="POST") == Post(CLIENTS[SID3], PLAIN3.jsonp[False])


REFUSED = [
    (0, "EIO=4"),
    (0, "EIO=4&transport=foo"),
    (0, "EIO=4&transport=constructor"),
    (0, "EIO=4&transport=webtransport"),
    (0, "EIO=4&transport=polling&transport=polling"),
    (0, "EIO=5&transport=foo"),
    (0, f"EIO=4&transport=&sid={SID4}"),
    (1, f"{POLL4}&sid=nope"),
    (1, f"{POLL4}&sid=__proto__"),
    (1, f"{POLL4}&sid={SID4}&sid={SID4}"),
    (1, f"{POLL4}&sid={OLD}"),
    (1, "EIO=5&transport=polling&sid=nope"),
    (3, "EIO=4&transport=websocket"),
    (3, f"EIO=4&transport=websocket&sid={SID4}"),
    (3, f"{POLL4}&sid={SOCKET4}"),
    (3, f"EIO=4&transport=websocket&sid={SOCKET4}"),
    (3, f"{POLL3}&sid={SID4}"),
    (3, f"{POLL4}&sid={SID3}"),
    (3, f"EIO=2&transport=polling&sid={SID3}"),
    (3, f"EIO=4&EIO=4&transport=polling&sid={SID4}"),
    (3, f"{POLL4}&j=ab12c"),
    (3, f"{POLL4}&j="),
    (3, f"{POLL4}&j=1&j=2"),
    (3, f"{POLL4}&j=%D9%A1"),
    (3, f"{POLL4}&sid={SID4}&j=alert(1)"),
    (5, "EIO=5&transport=polling"),
    (5, "EIO=04&transport=polling"),
    (5, "EIO=&transport=polling"),
    (5, "EIO=%2B4&transport=polling"),
    (5, "EIO=4&EIO=4&transport=polling"),
]
MESSAGES = ["Transport unknown", "Session ID unknown", "Bad handshake method", "Bad request", "", "Unsupported protocol version"]


@pytest.mark.parametrize("code, query", REFUSED)
def test_a_refusal_is_json_with_its_code(code, query):
    reply = ask(query)
    assert isinstance(reply, Reply)
    assert reply.code == code
    assert (reply.answer.status, reply.answer.content_type) == (400, "application/json")
    assert reply.answer.body == b'{"code":%d,"message":"%s"}' % (code, MESSAGES[code].encode())
    assert reply.log.isascii()
    assert "\n" not in reply.log


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "HEAD", "DELETE", "\x1b"])
def test_a_session_begins_with_get(method):
    assert ask(POLL4, method=method).code == 2


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "HEAD"])
def test_a_session_knows_get_and_post(method):
    assert ask(f"{POLL4}&sid={SID4}", method=method).code == 3


@pytest.mark.parametrize(
    "query, message",
    [
        ("EIO=4&transport=foo", b"Transport unknown"),
        ("EIO=4&transport=websocket&sid=nope", b"Session ID unknown"),
        ("EIO=5&transport=websocket", b"Unsupported protocol version"),
        (f"EIO=3&transport=websocket&sid={SID4}", b"Bad request"),
    ],
)
def test_a_websocket_is_refused_before_the_101_with_plain_text(query, message):
    answer = ask(query, upgrade=True).answer
    assert (answer.status, answer.content_type, answer.body, answer.close) == (400, "text/html", message, True)


@pytest.mark.parametrize("query", [POLL4, POLL3, f"{POLL4}&sid={SID4}"])
def test_an_upgrade_to_polling_is_opened_and_closed(query):
    step = ask(query, upgrade=True)
    assert isinstance(step, Say)
    assert step.units == ()


def test_a_second_websocket_of_a_session_is_a_resumption_that_the_owner_closes():
    assert ask(f"EIO=4&transport=websocket&sid={SOCKET4}", upgrade=True) == Resume(CLIENTS[SOCKET4], WEBSOCKET4)


def test_a_revision_that_is_not_served_is_refused_for_that_and_not_for_its_transport():
    settings = Settings(eras=frozenset(["eio4"]), transports={"eio3": (), "eio4": ("polling", "websocket")})
    assert ask(POLL3, settings).code == 5
    assert ask("EIO=3&transport=websocket", settings, upgrade=True).code == 5


@pytest.mark.parametrize("origin", ["http://a\x00", "a\nb", "\u20ac", "\x7f"])
def test_an_origin_that_no_header_may_hold_is_refused(origin):
    assert door(Request(f"{POLL4}&sid=nope", origin=origin), Settings(), CLIENTS.get).code == 3


def test_an_era_that_is_off_is_refused_and_the_log_says_which_option_admits_it():
    reply = ask(POLL3, Settings(eras=frozenset(("eio4",))))
    assert reply.code == 5
    assert "EIO='3'" in reply.log
    assert "enabled: 4" in reply.log
    assert "option eras" in reply.log


def test_a_missing_revision_is_refused_where_none_is_assumed():
    reply = ask("transport=polling", Settings(assume_eio=None))
    assert reply.code == 5
    assert "assume_eio" in reply.log
    assert ask("transport=polling", Settings(assume_eio=4)) == Start(POLLING4)
    assert ask("transport=polling", Settings(assume_eio=2)) == Start(PLAIN3.polling["binary"])


def test_transports_may_be_off_for_one_era():
    settings = Settings(transports={"eio3": ("polling",), "eio4": ("websocket",)})
    assert ask("EIO=3&transport=websocket", settings, upgrade=True).code == 0
    assert ask(POLL4, settings).code == 0
    assert ask(POLL3, settings) == Start(PLAIN3.polling["auto"])
    assert ask("EIO=9&transport=websocket", settings, upgrade=True).code == 5


@pytest.mark.parametrize(
    "query, upgrade, transports, upgrades",
    [
        (POLL4, False, ("polling", "websocket"), ["websocket"]),
        (POLL3, False, ("polling", "websocket"), ["websocket"]),
        (POLL4, False, ("polling",), []),
        ("EIO=4&transport=websocket", True, ("polling", "websocket"), []),
    ],
)
def test_the_open_packet_offers_websocket_to_who_polls(query, upgrade, transports, upgrades):
    settings = Settings(transports={"eio3": transports, "eio4": transports})
    session = open_session("x", settings, 0.0, Request(query, upgrade=upgrade))
    assert json.loads(session.open(0.0)[0].units[0][1:])["upgrades"] == upgrades


def test_sessions_know_their_era_and_revision():
    assert [(CLIENTS[sid].session.era, CLIENTS[sid].session.revision) for sid in (SID3, SID4)] == [("eio3", 3), ("eio4", 4)]
    assert open_session("x", Settings(), 0.0, Request("EIO=2&transport=polling")).revision == 2


def test_the_framing_stays_what_the_first_request_showed():
    session = open_session("x", Settings(), 0.0, Request(f"{POLL3}&t=1400000000000-0"))
    assert wire_for(Request(f"{POLL3}&t=N8hyd6w&sid=x"), session) is PLAIN3.polling["binary"]
    session.framing = "text"
    assert wire_for(Request(f"{POLL3}&sid=x"), session) is PLAIN3.polling["text"]


def test_an_application_refuses_in_its_own_words():
    reply = refusal(FORBIDDEN, Request(POLL4), "log", "né")
    assert (reply.answer.status, reply.answer.body) == (403, '{"code":4,"message":"né"}'.encode())
    assert refusal(FORBIDDEN, Request(POLL4, upgrade=True), "log").answer.body == b"Forbidden"


def test_what_the_peer_sent_is_escaped_and_short_in_the_log():
    reply = ask("EIO=4&transport=" + "%1b%0a" * 100)
    assert len(reply.log) < 200
    assert reply.log.isprintable()
