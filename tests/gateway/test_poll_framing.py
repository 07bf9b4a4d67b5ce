"""The option ``poll_framing``: the application knows better which polls a client of 1.x or 2.x can read."""

import pytest

OPEN = "/socket.io/?EIO={}&transport=polling"
TEXT, BINARY = "text/plain; charset=UTF-8", "application/octet-stream"

CHOICES = [
    ("3", "text", TEXT),
    ("3", "binary", BINARY),
    ("3", None, TEXT),  # the greeting is ASCII, which every client reads as text
    ("2", "text", TEXT),
    ("2", "binary", BINARY),
    ("2", None, BINARY),
]


@pytest.mark.parametrize(("revision", "framing", "content_type"), CHOICES)
def test_the_function_decides_for_the_handshake_and_all_polls_behind_it(make_gate, revision, framing, content_type):
    seen = []

    def poll_framing(handshake):
        seen.append((handshake.query["EIO"], handshake.headers["host"]))
        return framing

    gate = make_gate(poll_framing=poll_framing)
    opening = OPEN.format(revision)
    greeting = gate.get(opening)
    assert greeting.answer_headers["Content-Type"] == content_type
    (sid,) = [client.session.id for client in gate.io._sessions.values()]
    gate.io.emit("news", 1)
    poll = gate.get(f"{opening}&sid={sid}")
    gate.turn(0)
    assert poll.answer_headers["Content-Type"] == content_type
    assert seen == [(revision, "gate.example")]


@pytest.mark.parametrize("framing", ["text", "binary"])
def test_engine_io_4_has_one_framing(make_gate, framing):
    gate = make_gate(poll_framing=lambda handshake: framing)
    assert gate.get(OPEN.format(4)).answer_headers["Content-Type"] == TEXT


def test_a_client_that_asks_for_text_gets_text(make_gate):
    gate = make_gate(poll_framing=lambda handshake: "binary")
    assert gate.get(OPEN.format(3) + "&b64=1").answer_headers["Content-Type"] == TEXT


@pytest.mark.parametrize("wrong", ["base64", 5, True])
def test_another_answer_is_one_line_in_the_log_and_the_rules_decide(make_gate, wrong, log_lines):
    gate = make_gate(poll_framing=lambda handshake: wrong)
    assert gate.get(OPEN.format(2)).answer_headers["Content-Type"] == BINARY
    assert log_lines() == [f"poll_framing gave {wrong!r}, not text, binary or None: the rules decide"]


def test_a_function_that_raises_is_logged_and_the_rules_decide(make_gate, logged_failures):
    gate = make_gate(poll_framing=lambda handshake: 1 // 0)
    assert gate.get(OPEN.format(2)).answer_headers["Content-Type"] == BINARY
    assert [failure.type for failure in logged_failures] == [ZeroDivisionError]
    logged_failures.clear()


def test_the_other_eras_are_not_asked(make_gate):
    gate = make_gate(poll_framing=lambda handshake: 1 // 0)
    assert gate.get("/socket.io/xhr-polling/").answer[0] == 200
    assert gate.get("/socket.io/1/").answer[0] == 200
