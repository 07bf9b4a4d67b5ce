from urllib.parse import quote_from_bytes, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.forms import LONG, unquoted

PIECES = st.lists(st.sampled_from([b"%41", b"%7e", b"%7E", b"%", b"%%", b"%4", b"%zz", b"%2541", b"+", b"a", b"\xff", b"%ff%FE"]))


@pytest.mark.parametrize(
    "value, text",
    [(b"", b""), (b"a+b", b"a b"), (b"%2B", b"+"), (b"%2541", b"%41"), (b"%", b"%"), (b"%4", b"%4"), (b"%zz", b"%zz")],
)
def test_percent_encoding_is_read_and_what_is_none_stays(value, text):
    assert unquoted(value) == text


@given(PIECES)
def test_a_long_field_is_read_as_a_short_one(pieces):
    value = b"".join(pieces)
    long = value + b"." * LONG
    assert unquoted(value) == unquote_to_bytes(value.replace(b"+", b" "))
    assert unquoted(long) == unquoted(value) + b"." * LONG


@given(st.binary())
def test_what_was_encoded_comes_back(data):
    assert unquoted(quote_from_bytes(data).encode()) == data
    assert unquoted(quote_from_bytes(data * 1000).encode() + b"%20" * LONG) == data * 1000 + b" " * LONG
