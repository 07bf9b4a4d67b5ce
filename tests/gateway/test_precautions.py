"""Requests that name another host, and the first drafts of WebSocket, where the options say no (spec 0.6 §14)."""

import pytest

HIXIE75 = {"upgrade": "WebSocket", "connection": "Upgrade", "origin": "http://gate.example"}
HIXIE76 = {
    **HIXIE75,
    "sec-websocket-key1": "18x 6]8vM;54 *(5:  {   U1]8  z [  8",
    "sec-websocket-key2": "1_ tx7X d  <  nw  334J702) 7]o}` 0",
}
POLLS = ["/socket.io/xhr-polling//1", "/socket.io/1/", "/socket.io/?EIO=4&transport=polling"]


@pytest.mark.parametrize("target", POLLS)
@pytest.mark.parametrize("host", ["chat.example", "CHAT.example", "chat.example:8080", "[::1]:443", "other.example:81"])
def test_a_request_for_a_host_of_the_list_is_taken(make_gate, target, host):
    gate = make_gate(hosts=["chat.example", "[::1]", "other.example:81"])
    assert gate.get(target, headers={"host": host}).answer[0] == 200


@pytest.mark.parametrize(
    "host", ["", "evil.example", "other.example", "other.example:82", "chat.example.evil", "chat.example:", "::1"]
)
def test_a_request_for_another_host_makes_no_session(make_gate, host, log_lines):
    gate = make_gate(hosts=["chat.example", "[::1]", "other.example:81"])
    for target in POLLS:
        refused = gate.get(target, headers={"host": host})
        assert refused.dropped or refused.answer[0] == 403
    assert gate.io.clients_count == 0
    assert "the option hosts would admit it" in " ".join(log_lines())


@pytest.mark.parametrize("headers", [HIXIE75, HIXIE76], ids=["75", "76"])
def test_the_first_drafts_can_be_switched_off(make_gate, headers, log_lines):
    assert make_gate(origins="*").get("/socket.io/websocket", headers=headers, upgrade=True).connection.sent
    gate = make_gate(origins="*", hixie=False)
    refused = gate.get("/socket.io/websocket", headers=headers, upgrade=True)
    assert refused.dropped
    assert not refused.connection.sent
    assert "the option hixie would admit it" in " ".join(log_lines())


def test_without_them_rfc_6455_and_polling_go_on(make_gate):
    gate = make_gate(origins="*", hixie=False)
    assert gate.get("/socket.io/websocket", upgrade=True).connection.sent.startswith(b"HTTP/1.1 101")
    assert gate.get(POLLS[0]).answer[0] == 200


def test_without_the_options_nothing_is_looked_at(gate):
    assert gate.io._engine is None
