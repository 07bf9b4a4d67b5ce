"""Origins are one rule: every transport of every era, in every draft of WebSocket, lets in whom it says and nobody else."""

import pytest

from gateway.options import TRANSPORTS
from tests.gateway.conftest import RFC6455_HEADERS

GOOD, EVIL, OWN = "http://good.example", "http://evil.example", "http://gate.example"
HYBI = {**RFC6455_HEADERS, "sec-websocket-version": "8"}
HIXIE = {"upgrade": "WebSocket", "connection": "Upgrade"}
HIXIE76 = {**HIXIE, "sec-websocket-key1": "4 @1  46546xW%0l 1 5", "sec-websocket-key2": "12998 5 Y3 1  .P00"}

ROWS = {
    ("eio4", "polling"): [
        ("GET", "/socket.io/?EIO=4&transport=polling", {}),
        ("GET", "/socket.io/?EIO=4&transport=polling&j=0", {}),
    ],
    ("eio4", "websocket"): [("GET", "/socket.io/?EIO=4&transport=websocket", RFC6455_HEADERS)],
    ("eio3", "polling"): [
        ("GET", "/socket.io/?EIO=3&transport=polling", {}),
        ("GET", "/socket.io/?EIO=3&transport=polling&b64=1", {}),
        ("GET", "/socket.io/?EIO=3&transport=polling&j=0", {}),
    ],
    ("eio3", "websocket"): [("GET", "/socket.io/?EIO=3&transport=websocket", RFC6455_HEADERS)],
    ("0.9", "websocket"): [
        ("GET", "/socket.io/1/websocket/{sid}", headers) for headers in (RFC6455_HEADERS, HYBI, HIXIE, HIXIE76)
    ],
    ("0.9", "flashsocket"): [("GET", "/socket.io/1/flashsocket/{sid}", headers) for headers in (RFC6455_HEADERS, HIXIE, HIXIE76)],
    ("0.9", "htmlfile"): [("GET", "/socket.io/1/htmlfile/{sid}", {}), ("POST", "/socket.io/1/htmlfile/{sid}", {})],
    ("0.9", "xhr-polling"): [
        ("GET", "/socket.io/1/", {}),
        ("GET", "/socket.io/1/xhr-polling/{sid}", {}),
        ("POST", "/socket.io/1/xhr-polling/{sid}", {}),
    ],
    ("0.9", "jsonp-polling"): [
        ("GET", "/socket.io/1/jsonp-polling/{sid}?i=0", {}),
        ("POST", "/socket.io/1/jsonp-polling/{sid}?i=0", {}),
    ],
    ("old", "websocket"): [("GET", "/socket.io/websocket", headers) for headers in (RFC6455_HEADERS, HYBI, HIXIE, HIXIE76)],
    ("old", "flashsocket"): [("GET", "/socket.io/flashsocket", headers) for headers in (RFC6455_HEADERS, HIXIE, HIXIE76)],
    ("old", "htmlfile"): [("GET", "/socket.io/htmlfile//1", {})],
    ("old", "xhr-multipart"): [("GET", "/socket.io/xhr-multipart//1", {})],
    ("old", "xhr-polling"): [("GET", "/socket.io/xhr-polling//1", {})],
    ("old", "jsonp-polling"): [("GET", "/socket.io/jsonp-polling//1/0", {})],
    ("old", "server-events"): [("GET", "/socket.io/server-events//1", {})],
}
CASES = [(*key, *row) for key, rows in ROWS.items() for row in rows]
RULES = {
    "the same host": (None, OWN),
    "a list": ([GOOD], GOOD),
    "a function": (lambda origin, *_: origin == GOOD, GOOD),
}


def ask(gate, method, target, headers, origin):
    """The request, and what stands for its answer: the status, or 101."""
    if "{sid}" in target:
        target = target.format(sid=gate.get("/socket.io/1/").text.split(":")[0])
    name = "sec-websocket-origin" if headers is HYBI else "origin"
    upgrade = "upgrade" in headers
    request = gate.request(method, target, b"x", {**headers, name: origin}, upgrade)
    if request.answer is None and headers is HIXIE76:
        request.connection.reader.dataReceived(b"^n:ds[4U")  # what belongs to the opening behind the head
    if request.answer is None:
        return request, int(request.connection.sent.split()[1]) if upgrade and request.connection.sent else 200
    return request, request.answer[0]


def test_the_table_has_every_transport():
    assert set(ROWS) == {(era, name) for era, names in TRANSPORTS.items() for name in names}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("era, transport, method, target, headers", CASES)
def test_origins_are_enforced_on_every_transport(make_gate, era, transport, method, target, headers, rule):
    allowed, good = RULES[rule]
    gate = make_gate(origins=allowed)
    request, status = ask(gate, method, target, headers, EVIL)
    assert status == 403
    assert not [name for name in request.answer_headers if name.lower().startswith("access-control")]
    assert request.connection.sent == b"" and not request.pieces
    sessions = gate.io.clients_count
    assert sessions <= ("{sid}" in target)
    _, status = ask(gate, method, target, headers, good)
    assert status in (101, 200)
    assert gate.io.clients_count > sessions or method == "POST" or "{sid}" in target


@pytest.mark.parametrize("era, transport, method, target, headers", [case for case in CASES if case[2] == "GET"])
def test_no_origin_is_asked_of_what_is_no_browser(make_gate, era, transport, method, target, headers):
    gate = make_gate(origins=[GOOD])
    assert ask(gate, method, target, headers, "")[1] in (101, 200)
