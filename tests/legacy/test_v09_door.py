"""Which request of a 0.7 to 0.9 client asks for what."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from legacy.v09_door import door, refusal
from legacy.v09_wires import WIRES
from protocols.model import Answer, Finish, Greet, Post, Reply, Resume, Say, Settings
from tests.legacy.requests09 import Request

SETTINGS = Settings(
    transports={"0.9": ("websocket", "htmlfile", "xhr-polling", "jsonp-polling")},
    heartbeat_timeout={"0.9": 60.0},
    close_timeout={"0.9": 59.5},
)


@dataclass
class Client:
    session: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(era="0.9"))
    transport_name: str = ""


CLIENT = Client()
CLIENTS = {"SID": CLIENT, "OTHER": Client(SimpleNamespace(era="eio4"))}
UPGRADE = {"upgrade": "websocket"}


def ask(target, method="GET", body=b"", headers=None, settings=SETTINGS):
    request = Request(method, "/socket.io/" + target, body, headers or {})
    return door(request, request.segments, settings, CLIENTS.get)


GREETED = b"abc:60:60:websocket,htmlfile,xhr-polling,jsonp-polling"


@pytest.mark.parametrize(
    "target", ["1", "1/", "1/?t=1", "1//", "1///", "1/xhr-polling", "1/xhr-polling/", "1/anything//", "1/SID", "1/?token=a&t=1"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_without_a_session_id_is_a_handshake(target, method):
    step = ask(target, method)
    assert isinstance(step, Greet)
    assert step.greeting("abc") == Answer(200, GREETED, "text/plain")


@pytest.mark.parametrize("index", ["0", "12", "123456789"])
def test_a_jsonp_handshake_is_a_call(index):
    answer = ask(f"1/?t=1&jsonp={index}").greeting("abc")
    assert (answer.status, answer.content_type) == (200, "application/javascript")
    assert answer.body == b'io.j[%s]("%s");' % (index.encode(), GREETED)


@pytest.mark.parametrize("index", ["abc", "", "1;alert(1)", "1234567890", "%D9%A1", "1&jsonp=2"])
def test_a_jsonp_index_that_is_no_number_is_ignored(index):
    assert ask(f"1/?t=1&jsonp={index}").greeting("abc") == Answer(200, GREETED, "text/plain")


def test_the_handshake_names_the_transports_in_the_order_of_the_option():
    settings = Settings(
        transports={"0.9": ("xhr-polling", "websocket")}, heartbeat_timeout={"0.9": 0.2}, close_timeout={"0.9": 25.1}
    )
    assert ask("1/", settings=settings).greeting("s").body == b"s:1:26:xhr-polling,websocket"


@pytest.mark.parametrize("target", ["0/", "2/?t=1", "2/xhr-polling/abc", "01/", "9" * 30])
def test_another_protocol_version_is_refused_in_the_words_of_the_era(target):
    answer = ask(target).answer
    assert (answer.status, answer.body, answer.content_type) == (500, b"Protocol version not supported.", "")


@pytest.mark.parametrize("target", ["x", "x/y/SID", "1/a/b/c", "1/a/b/c/d", "1/a/b//", "1//a/b", "\u0661/", "", "1.0/"])
def test_what_is_no_path_of_the_era_is_not_found(target):
    assert ask(target).answer.status == 404


RECEIVE = [
    ("xhr-polling", "1/xhr-polling/SID?t1395000000000"),  # 0.7.0 to 0.7.4: no "="
    ("xhr-polling", "1/xhr-polling/SID?t=1395000000000"),
    ("xhr-polling", "1/xhr-polling/SID/?x=1&t=1"),
    ("htmlfile", "1/htmlfile/SID/?t=1"),  # 0.7: slash before "?"
    ("htmlfile", "1/htmlfile/SID?t=1"),
    ("jsonp-polling", "1/jsonp-polling/SID/?t=1&i=0"),
    ("jsonp-polling", "1/jsonp-polling/SID?token=a&t=1&i=0"),
]


@pytest.mark.parametrize("name, target", RECEIVE)
def test_each_form_of_a_transport_url_is_understood(name, target):
    assert ask(target) == Resume(CLIENT, WIRES[name])
    assert ask(target, "POST", b"3:::x") == Post(CLIENT, WIRES[name])


@pytest.mark.parametrize("target", ["1/websocket/SID", "1/websocket/SID/", "1/websocket/SID?token=a"])
def test_an_upgrade_opens_the_websocket(target):
    assert ask(target, headers=UPGRADE) == Resume(CLIENT, WIRES["websocket"])


def test_flashsocket_is_served_where_it_is_enabled():
    settings = Settings(transports={"0.9": ("flashsocket",)})
    assert ask("1/flashsocket/SID", headers=UPGRADE, settings=settings) == Resume(CLIENT, WIRES["flashsocket"])
    assert ask("1/flashsocket/SID", headers=UPGRADE).answer.status == 400


@pytest.mark.parametrize("id", ["nosuchsession", "constructor", "__proto__", "OTHER", "S%49D", "sid"])
def test_an_unknown_session_is_told_to_shake_hands_again(id):
    for name in ("xhr-polling", "jsonp-polling", "htmlfile"):
        assert ask(f"1/{name}/{id}?t=1") == Say(WIRES[name], ("7:::1+0",), "an unknown session id")
        assert ask(f"1/{name}/{id}", "POST", b"3:::x").answer == Answer(200, b"1", "text/plain; charset=UTF-8")
    step = ask(f"1/websocket/{id}", headers=UPGRADE)
    assert isinstance(step, Say) and step.wire is WIRES["websocket"]


@pytest.mark.parametrize(
    "method, target, headers",
    [
        ("GET", "1/websocket/SID", {}),  # ended the session of 0.9.19 (Q9, S4)
        ("POST", "1/websocket/SID", {}),
        ("GET", "1/websocket/nosuch", {}),
        ("GET", "1/nosuch/SID", {}),
        ("GET", "1//SID", {}),
        ("GET", "1/constructor/SID", {}),
        ("GET", "1/xhr-polling/SID", UPGRADE),
        ("GET", "1/htmlfile/nosuch", UPGRADE),
        ("GET", "1/websocket", UPGRADE),
    ],
)
def test_requests_in_the_wrong_form_touch_no_session(method, target, headers):
    step = ask(target, method, headers=headers)
    assert isinstance(step, Reply) and step.log
    assert (step.answer.status, step.answer.close) == (400, True)


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "PUT", "DELETE", "get"])
@pytest.mark.parametrize("target", ["1/", "1/xhr-polling/SID?t=1", "1//SID/?disconnect=1"])
def test_other_methods_are_a_bad_request(method, target):
    answer = ask(target, method).answer
    assert (answer.status, answer.headers) == (400, (("Allow", "GET, POST, OPTIONS"),))


@pytest.mark.parametrize(
    "target",
    ["1//SID/?disconnect=1", "1/xhr-polling/SID?disconnect=1", "1/foo/SID/?disconnect", "1/websocket/SID?t=1&disconnect&x"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_disconnect_request_ends_the_session(target, method):
    assert ask(target, method) == Finish(CLIENT, Answer(200))
    assert ask(target, method, headers=UPGRADE) == Finish(CLIENT, Answer(200))


@pytest.mark.parametrize("id", ["nosuchsession", "OTHER"])
def test_a_disconnect_request_for_nobody_is_answered_all_the_same(id):
    assert ask(f"1//{id}/?disconnect=1") == Finish(None, Answer(200))


@pytest.mark.parametrize("query", ["xdisconnect=1", "disconnected=1", "x=disconnect"])
def test_other_parameters_are_no_disconnect_request(query):
    assert ask(f"1/xhr-polling/SID?{query}") == Resume(CLIENT, WIRES["xhr-polling"])


@pytest.mark.parametrize(
    "kind, status, text",
    [
        ("origin", 403, b"handshake bad origin"),
        ("unauthorized", 403, b"handshake unauthorized"),
        ("error", 500, b"handshake error"),
    ],
)
def test_refusals_have_fixed_words(kind, status, text):
    assert refusal(Request("GET", "/socket.io/1/?t=1"), kind) == Answer(status, text, "text/plain")
    call = refusal(Request("GET", "/socket.io/1/?t=1&jsonp=3"), kind)
    assert (call.status, call.content_type) == (200, "application/javascript")
    assert call.body == b'io.j[3](new Error("%s"));' % text
