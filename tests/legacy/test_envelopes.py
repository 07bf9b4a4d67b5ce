"""Wrappers around a payload: exact bytes, and that nothing breaks out of them."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legacy import envelopes


def test_htmlfile_begins_with_256_bytes() -> None:
    """Quirk 10."""
    assert envelopes.HTML_START == b"<html><body>" + b" " * 244


def test_script_calls_the_page() -> None:
    """Quirk 10."""
    assert envelopes.parent_call('"~m~1~m~a"') == b'<script>parent.s._("~m~1~m~a", document);</script>'


def test_json_in_a_script_has_no_tags() -> None:
    assert envelopes.safe_in_script('{"messages":["</script>"]}') == '{"messages":["\\u003c/script>"]}'


@pytest.mark.parametrize(
    ("payload", "part"),
    [
        ("~m~5~m~hello", b"Content-Type: text/plain\n\n~m~5~m~hello\n--socketio\n"),
        ("~m~2~m~\U0001f600", b"Content-Type: text/plain\n\n~m~2~m~\xf0\x9f\x98\x80\n--socketio\n"),
        ("~m~1~m~\ud83d", b"Content-Type: text/plain\n\n~m~1~m~\xef\xbf\xbd\n--socketio\n"),
        ("", b"Content-Type: text/plain\n\n\n--socketio\n"),
    ],
)
def test_part_ends_with_the_boundary_and_has_bare_line_feeds(payload: str, part: bytes) -> None:
    """Quirk 11."""
    assert envelopes.multipart_part(payload) == part


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ("~m~1~m~a", b"data: ~m~1~m~a\n\n"),
        ("~m~3~m~a\nb", b"data: ~m~3~m~a\ndata: b\n\n"),
        ("~m~2~m~\n\n", b"data: ~m~2~m~\ndata: \ndata: \n\n"),
    ],
)
def test_event_has_one_line_per_line(payload: str, event: bytes) -> None:
    assert envelopes.server_event(payload) == event


@pytest.mark.parametrize(
    ("payload", "call"),
    [
        ("", b'io.JSONP[0]._("");'),
        ('~m~3~m~"\\/', b'io.JSONP[0]._("~m~3~m~\\"\\\\/");'),
        ("\u2028\u2029", b'io.JSONP[0]._("\\u2028\\u2029");'),
        ("</script>", b'io.JSONP[0]._("\\u003c/script>");'),
        ("é\ud83d", b'io.JSONP[0]._("\\u00e9\\ud83d");'),
    ],
)
def test_callback_is_called_with_a_literal_in_ascii(payload: str, call: bytes) -> None:
    """Quirk 8."""
    assert envelopes.jsonp_call("io.JSONP[0]._", payload) == call


@given(st.text())
def test_any_text_survives_a_call(payload: str) -> None:
    call = envelopes.jsonp_call("f", payload)
    assert json.loads(re.fullmatch(rb"f\((.*)\);", call)[1]) == payload
    assert b"<" not in call
