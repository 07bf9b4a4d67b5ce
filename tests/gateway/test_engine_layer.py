"""``listener.engine``: middleware, headers, refusals, ids; and the cookie of the polling handshake."""

import json
from datetime import UTC, datetime

import pytest
from twisted.internet.defer import Deferred

from gateway import ConnectionRefused, EngineListener, Listener
from gateway.cookies import cookie_header
from gateway.errors import OptionError
from gateway.options import ListenerOptions
from gateway.testing import Clock, connect
from tests.gateway.ws_frames import OPENING, head_of

POLL = "/socket.io/?EIO=4&transport=polling"
SOCKET = "/socket.io/?EIO=4&transport=websocket"


def sid_of(request):
    return json.loads(request.text[1:].partition("\x1e")[0])["sid"]


# Middleware


def test_middleware_sees_every_request_first_and_in_order(gate):
    seen = []
    gate.io.engine.use(lambda request: seen.append(("first", request.method)))
    gate.io.engine.use(lambda request: seen.append(("second", request.path)))
    url = f"{POLL}&sid={sid_of(gate.get(POLL))}"
    gate.post(url, "40")
    gate.get(SOCKET, upgrade=True)
    gate.get("/socket.io/1/")
    gate.get("/socket.io/nobody's")
    assert [method for which, method in seen if which == "first"] == ["GET", "POST", "GET", "GET", "GET"]
    assert seen[:2] == [("first", "GET"), ("second", "/socket.io/")]


def test_middleware_may_answer_itself(gate):
    gate.io.engine.use(lambda request: request.respond(200, b"fine") if request.path.endswith("/health") else None)
    gate.io.engine.use(lambda request: pytest.fail("already answered") if request.path.endswith("/health") else None)
    assert gate.get("/socket.io/health").answer == (200, b"fine")
    assert gate.get(POLL).answer[0] == 200


def test_middleware_may_take_its_time(gate):
    asked = []

    async def ask(request):
        asked.append(Deferred())
        await asked[-1]

    gate.io.engine.use(ask)
    gate.io.engine.use(ask)
    request = gate.get(POLL)
    asked[0].callback(None)
    assert request.answer is None and len(asked) == 2
    asked[1].callback(None)
    gate.clock.advance(0)
    assert request.answer[0] == 200


def refusing(error, late):
    async def refuse_late(request):
        raise error

    def refuse(request):
        raise error

    return refuse_late if late else refuse


FORBIDDEN = ConnectionRefused("not today")
BROKEN = RuntimeError("broken")
TURNED_AWAY = [
    (FORBIDDEN, POLL, (403, b'{"code":4,"message":"not today"}')),
    (FORBIDDEN, "/socket.io/1/", (403, b"handshake unauthorized")),
    (FORBIDDEN, "/socket.io/nobody's", (400, b"Bad request")),
    (BROKEN, POLL, (400, b'{"code":3,"message":"Bad request"}')),
    (BROKEN, "/socket.io/1/", (500, b"handshake error")),
]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(("error", "target", "answer"), TURNED_AWAY)
def test_middleware_turns_away_in_the_words_of_the_era(gate, error, target, answer, late, logged_failures):
    gate.io.engine.use(refusing(error, late))
    assert gate.get(target).answer == answer
    assert [failure.value for failure in logged_failures] == ([error] if error is BROKEN else [])
    logged_failures.clear()


def test_middleware_closes_the_connection_of_an_early_client(gate):
    gate.io.engine.use(refusing(FORBIDDEN, late=False))
    assert gate.get("/socket.io/xhr-polling//1").dropped
    assert gate.get(SOCKET, upgrade=True).answer == (403, b"not today")


# Headers


def test_headers_can_be_changed_and_the_first_answer_is_told_apart(gate):
    engine = gate.io.engine
    engine.on("initial_headers", lambda headers, request: headers.update({"X-First": "1"}))
    engine.on("headers", lambda headers, request: headers.update({"X-Each": request.method}))
    first = gate.get(POLL)
    url = f"{POLL}&sid={sid_of(first)}"
    post = gate.post(url, "40")
    poll = gate.get(url)
    opening = head_of(gate.get(SOCKET, upgrade=True).connection.take())
    assert (first.answer_headers["X-First"], first.answer_headers["X-Each"]) == ("1", "GET")
    assert post.answer_headers["X-Each"] == "POST" and "X-First" not in post.answer_headers
    assert "X-First" not in poll.answer_headers and poll.answer_headers["X-Each"] == "GET"
    assert (opening["X-First"], opening["X-Each"]) == ("1", "GET")


def test_the_upgrade_of_a_session_is_not_its_first_answer(gate):
    seen = []
    gate.io.engine.on("initial_headers", lambda headers, request: seen.append(request.target))
    sid = sid_of(gate.get(POLL))
    gate.get(f"{SOCKET}&sid={sid}", upgrade=True)
    assert seen == [POLL]


@pytest.mark.parametrize("target", ["/socket.io/1/", "/socket.io/xhr-polling//1", "/socket.io/xhr-multipart"])
def test_early_eras_have_a_first_answer_too(gate, target):
    gate.io.engine.on("initial_headers", lambda headers, request: headers.update({"X-First": "1"}))
    assert gate.get(target).answer_headers["X-First"] == "1"


@pytest.mark.parametrize("wrong", [{"X-Bad": "a\r\nSet-Cookie: b=c"}, {"X Bad": "1"}, {"X-Bad": 5}, {"X-Bad": "€"}])
def test_headers_that_cannot_be_sent_are_left_out(gate, wrong, logged_failures):
    gate.io.engine.on("headers", lambda headers, request: headers.update(wrong))
    assert not wrong.keys() & gate.get(POLL).answer_headers.keys()
    assert len(logged_failures) == 1
    logged_failures.clear()


# Refusals

REFUSED = [
    (POLL.replace("polling", "pigeon"), {}, 0, "Transport unknown", ("transport", "pigeon")),
    (f"{POLL}&sid=nobody", {}, 1, "Session ID unknown", ("sid", "nobody")),
    (POLL.replace("4", "9"), {}, 5, "Unsupported protocol version", None),
    (POLL, {"origin": "http://evil.example"}, 4, "Forbidden", None),
]


@pytest.mark.parametrize(("target", "headers", "code", "message", "detail"), REFUSED)
def test_a_refusal_is_told(gate, target, headers, code, message, detail):
    told = []
    gate.io.engine.on("connection_error", told.append)
    request = gate.get(target, headers=headers)
    (error,) = told
    assert (error["code"], error["message"], error["request"]) == (code, message, request)
    assert error["context"]["reason"]
    assert detail is None or detail in error["context"].items()


def test_refusals_of_authorization_and_of_openings_are_told(make_gate):
    told = []
    gate = make_gate(authorization=refusing(FORBIDDEN, late=False))
    gate.io.engine.on("connection_error", lambda error: told.append((error["code"], error["message"])))
    gate.get(POLL)
    gate.get(SOCKET, headers=OPENING | {"sec-websocket-key": "short"}, upgrade=True)
    gate.request("POST", POLL)
    assert told == [(4, "not today"), (4, "not today"), (2, "Bad handshake method")]


def test_a_broken_opening_is_told(gate):
    told = []
    gate.io.engine.on("connection_error", lambda error: told.append((error["code"], error["message"])))
    gate.get(SOCKET, headers=OPENING | {"sec-websocket-key": "short"}, upgrade=True)
    assert told == [(3, "Bad request")]


# Ids and counts


def test_ids_and_counts(make_gate):
    gate = make_gate(EngineListener)
    gate.io.engine.generate_id = lambda request: "id-" + request.query["n"]
    assert sid_of(gate.get("/engine.io/?EIO=4&transport=polling&n=1")) == "id-1"
    assert sid_of(gate.get("/engine.io/?EIO=4&transport=polling&n=2")) == "id-2"
    assert gate.io.engine.clients_count == 2


@pytest.mark.parametrize("make", [lambda: 1 / 0, lambda: "", lambda: 5, lambda: "the same"])
def test_an_id_that_is_none_or_known_is_replaced(make_gate, make, logged_failures):
    gate = make_gate(generate_id=make)
    sids = {sid_of(gate.get(POLL)), sid_of(gate.get(POLL))}
    assert len(sids) == 2 and any(len(sid) == 20 for sid in sids)
    logged_failures.clear()


# Cookie

LONG_AGO = datetime(2014, 5, 28, 12, 0, tzinfo=UTC)
COOKIES = [
    (None, ""),
    (False, ""),
    (True, "io=abc; Path=/; HttpOnly; SameSite=Lax"),
    ("sid", "sid=abc; Path=/; HttpOnly; SameSite=Lax"),
    (
        {"name": "sess", "path": "/x", "httpOnly": False, "sameSite": "strict", "maxAge": 60},
        "sess=abc; Max-Age=60; Path=/x; SameSite=Strict",
    ),
    (
        {"max_age": 1, "domain": "a.example", "expires": LONG_AGO, "secure": True, "same_site": "none"},
        "io=abc; Max-Age=1; Domain=a.example; Path=/; Expires=Wed, 28 May 2014 12:00:00 GMT; HttpOnly; Secure; SameSite=None",
    ),
    ({"path": None, "same_site": False}, "io=abc; HttpOnly"),
]


@pytest.mark.parametrize(("option", "header"), COOKIES)
def test_the_cookie_has_the_fields_that_were_given(option, header):
    ListenerOptions.checked({"cookie": option})
    assert cookie_header(option, "abc") == header


WRONG_COOKIES = [
    5,
    "a b",
    "a=b",
    "",
    'userName="<script>alert("XSS3")</script>"; Max-Age=2592000; a',  # CVE-2024-47764
    {"name": "a;b"},
    {"path": "/; HttpOnly"},
    {"path": "/\r\nX: y"},
    {"domain": "a.example; Secure"},
    {"domain": "-"},
    {"max_age": "60"},
    {"expires": "tomorrow"},
    {"same_site": "maybe"},
    {"secure": "yes"},
    {"colour": "red"},
    {5: "x"},
]


@pytest.mark.parametrize("option", WRONG_COOKIES)
def test_a_cookie_that_would_break_the_header_is_refused(option):
    with pytest.raises(OptionError, match="cookie"):
        ListenerOptions.checked({"cookie": option})


def test_the_cookie_comes_with_the_polling_handshake_only(make_gate):
    gate = make_gate(cookie=True)
    first = gate.get(POLL)
    sid = sid_of(first)
    assert first.answer_headers["Set-Cookie"] == f"io={sid}; Path=/; HttpOnly; SameSite=Lax"
    assert "Set-Cookie" not in gate.post(f"{POLL}&sid={sid}", "40").answer_headers
    assert "Set-Cookie" not in gate.get(f"{POLL}&sid={sid}").answer_headers
    assert "Set-Cookie" not in head_of(gate.get(SOCKET, upgrade=True).connection.take())
    assert "Set-Cookie" not in gate.get(POLL.replace("4", "9")).answer_headers


def test_without_the_option_there_is_no_cookie(gate):
    assert "Set-Cookie" not in gate.get(POLL).answer_headers


# Sessions


KINDS = [("old", "websocket"), ("0.9", "xhr-polling"), ("eio3", "upgrade"), ("eio4", "websocket")]


@pytest.mark.parametrize(("era", "transport"), KINDS)
def test_a_new_session_is_told_once_before_its_sockets(era, transport):
    said = []
    io = Listener(reactor=Clock())
    io.engine.on("connection", lambda client: said.append(("session", client.id, client.era)))
    io.on("connection", lambda socket: said.append(("socket", socket.client.id, era)))
    client = connect(io, era=era, transport=transport)
    assert said == [("session", client.session_id, era), ("socket", client.session_id, era)]


def test_a_refused_request_makes_no_session(gate):
    said = []
    gate.io.engine.on("connection", said.append)
    gate.get("/socket.io/?EIO=9&transport=polling")
    assert said == []
