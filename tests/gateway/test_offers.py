"""The opening's offers of extensions: which are taken, and how little the others cost."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.offers import answer, negotiate, parse_offers

TAKEN = [
    ("permessage-deflate", 0),
    ("permessage-deflate; client_max_window_bits", 0),
    ("permessage-deflate; client_max_window_bits=10", 0),
    ("permessage-deflate;server_no_context_takeover;client_no_context_takeover", 0),
    ("permessage-deflate; server_max_window_bits=10", 10),
    ('permessage-deflate ; server_max_window_bits = "1\\5"', 15),
    ("x-webkit-deflate-frame, permessage-deflate", 0),
    (", ,permessage-deflate,", 0),
    # the first that can be taken counts
    ("permessage-deflate; server_max_window_bits=8, permessage-deflate", 0),
    ("permessage-deflate; mode=fast, permessage-deflate; server_max_window_bits=12, permessage-deflate", 12),
]

PASSED_OVER = [
    "",
    "x-webkit-deflate-frame",
    "permessage-bzip2",
    "constructor, __proto__; toString, hasOwnProperty",
    "permessage-deflate; constructor",
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_max_window_bits=8",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; server_max_window_bits=010",
    "permessage-deflate; server_max_window_bits=1_0",
    "permessage-deflate; client_max_window_bits=7",
    "permessage-deflate; client_no_context_takeover=1",
    "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
    # no header of RFC 6455
    "permessage-deflate;",
    "permessage-deflate=1",
    "permessage-deflate; a b",
    'permessage-deflate; client_max_window_bits="10',
    "permessage-deflate, \xff\xfe\xe9",
    "permessage-deflate; =10",
]


@pytest.mark.parametrize(("header", "window"), TAKEN)
def test_an_offer_is_taken(header, window):
    assert negotiate(header) == window


@pytest.mark.parametrize("header", PASSED_OVER)
def test_an_offer_is_passed_over(header):
    assert negotiate(header) is None


def test_the_answer_takes_no_context_over_and_grants_the_window():
    assert answer(0) == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    assert answer(10) == "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"


HOSTILE = [
    'a; b="' + "x" * 16_000,
    'a; b="' + "\\" * 16_001,
    "a" + " " * 16_000 + "(",
    "a; b" + "\t" * 16_000 + "(",
    "a; b =" + " " * 16_000 + "(",
    "a" * 16_000 + "(",
    ";" * 16_000,
    "a;" * 8_000,
    "a; b=c;" * 2_000 + '"',
    "permessage-deflate; x=1, " * 600,
    "permessage-deflate; server_max_window_bits=99, " * 300,
]


@pytest.mark.parametrize("header", HOSTILE)
def test_a_hostile_header_is_passed_over_quickly(header):
    began = process_time()
    assert negotiate(header) is None
    assert process_time() - began < 1


@given(st.text(max_size=60, alphabet='ab=;, "\\\t\xff(permessage-deflate'))
def test_nothing_raises(header):
    for name, params in parse_offers(header):
        assert name and all(values for values in params.values())
