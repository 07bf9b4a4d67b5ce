"""The codec of permessage-deflate, and what of it is refused."""

import os
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.deflate import CAUTION, BadDeflateError, deflate, inflate
from protocols.errors import PayloadTooLarge, ProtocolError

MESSAGES = [
    ("f248cdc9c90700", b"Hello"),  # RFC 7692 §7.2.3.1
    ("000500faff48656c6c6f00", b"Hello"),  # §7.2.3.3, without compression
    ("f348cdc9c9070000", b"Hello"),  # §7.2.3.4, a stream that says that it ends
    ("f348cdc9c907", b"Hello"),  # the same without the byte that follows it there
    ("f24805000000ffffcac9c90700", b"Hello"),  # §7.2.3.5, two blocks
    ("f348cdc9c90700f348cdc9c907", b"HelloHello"),
    ("00", b""),
    ("", b""),
]


@pytest.mark.parametrize(("packed", "payload"), MESSAGES)
def test_a_message_of_another_library_is_read(packed, payload):
    assert inflate(bytes.fromhex(packed), 100) == payload


@pytest.mark.parametrize("size", [0, 1, 1024, 16384, 70_000, 1_000_000])
def test_what_was_deflated_is_inflated(size):
    payload = os.urandom(size // 2) + b"a" * (size - size // 2)
    assert inflate(deflate(payload), size) == payload


@pytest.mark.parametrize("window", range(9, 16))
def test_a_peer_gets_the_window_it_asked_for(window):
    payload = bytes(range(256)) * 8 + os.urandom(3000) + bytes(range(256)) * 8
    reader = zlib.decompressobj(-window)
    assert reader.decompress(deflate(payload, window) + b"\x00\x00\xff\xff") == payload


@pytest.mark.parametrize("limit", [0, 1, 999, 262_144, 300_000])
def test_one_byte_over_the_limit_is_too_much(limit):
    packed = deflate(b"a" * (limit + 1))
    assert inflate(packed, limit + 1) == b"a" * (limit + 1)
    with pytest.raises(PayloadTooLarge):
        inflate(packed, limit)


@pytest.mark.parametrize("limit", [1_000_000, 64 << 20])
def test_a_bomb_costs_no_more_memory_than_caution_allows(limit):
    bomb = deflate(bytes(200 << 20))
    assert len(bomb) < 250_000
    tracemalloc.start()
    with pytest.raises(PayloadTooLarge):
        inflate(bomb, limit)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < min(limit, CAUTION) + 4_000_000


def test_a_large_message_within_the_limit_is_no_bomb():
    assert inflate(deflate(bytes(CAUTION + 5)), CAUTION + 5) == bytes(CAUTION + 5)


def test_a_message_of_very_many_streams_is_refused_at_once():
    with pytest.raises(BadDeflateError):
        inflate(b"\x03\x00" * 500_000, 1_000_000)


@given(st.binary(max_size=200))
def test_garbage_is_a_protocol_error_and_nothing_else(garbage):
    try:
        assert len(inflate(garbage, 1000)) <= 1000
    except ProtocolError as error:
        assert error.close_code in (1007, 1009)
