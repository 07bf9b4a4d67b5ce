"""RFC 6455: server frames, the reader of client frames (the fuzzer's families 1 to 7 and 9 in small), the opening."""

import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import PayloadTooLarge, ProtocolError
from protocols.websocket import (
    BINARY,
    CLOSE,
    COMPRESSED,
    PING,
    PONG,
    TEXT,
    Close,
    Failure,
    FrameReader,
    Ping,
    Pong,
    binary_frame,
    close_frame,
    frame,
    frames,
    ping_frame,
    pong_frame,
    text_frame,
    utf8,
    xor_unmask,
)

KEY = b"\x37\xfa\x21\x3d"
CONT, FIN = 0x00, 0x80
LIMIT = 100_000


def masked(first, payload=b"", key=KEY):
    """A client's frame."""
    plain = frame(first, payload)
    head = plain[: len(plain) - len(payload)]
    return bytes((head[0], head[1] | 128)) + head[2:] + key + xor_unmask(payload, key)


def fed(wire, size=None, **options):
    """What a new reader makes of ``wire``, given in segments of ``size`` bytes."""
    reader = FrameReader(options.pop("max_payload", LIMIT), **options)
    size = size or max(len(wire), 1)
    return [item for at in range(0, len(wire), size) for item in reader.feed(wire[at : at + size])]


def codes(received):
    return [item.code if isinstance(item, Failure) else item for item in received]


# Frames out -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "made, wire",
    [
        (text_frame(b"Hello"), b"\x81\x05Hello"),
        (text_frame(b""), b"\x81\x00"),
        (text_frame(b"a" * 125), b"\x81\x7d" + b"a" * 125),
        (text_frame(b"a" * 126), b"\x81\x7e\x00\x7e" + b"a" * 126),
        (text_frame(b"a" * 65535), b"\x81\x7e\xff\xff" + b"a" * 65535),
        (text_frame(b"a" * 65536), b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + b"a" * 65536),
        (binary_frame(b"\x00\x01"), b"\x82\x02\x00\x01"),
        (ping_frame(b"Hello"), b"\x89\x05Hello"),
        (pong_frame(b"Hello"), b"\x8a\x05Hello"),
        (close_frame(), b"\x88\x00"),
        (close_frame(1000), b"\x88\x02\x03\xe8"),
        (close_frame(1001, "bye"), b"\x88\x05\x03\xe9bye"),
        (frame(TEXT | COMPRESSED, b"\xf2\x48"), b"\xc1\x02\xf2\x48"),
        (frames(["a", b"b", "\u20ac"]), b"\x81\x01a\x82\x01b\x81\x03\xe2\x82\xac"),
        (frames([]), b""),
        (frames(["a\ud83d"]), b"\x81\x04a\xef\xbf\xbd"),
    ],
    ids=lambda value: value[:12].hex(" "),
)
def test_server_frames_are_unmasked_with_the_shortest_length(made, wire):
    assert made == wire


def test_a_close_reason_is_cut_between_characters():
    wire = close_frame(1000, "a" * 122 + "\u20ac")
    assert wire == b"\x88\x7c\x03\xe8" + b"a" * 122


@pytest.mark.parametrize("make", [ping_frame, pong_frame])
def test_a_control_frame_cannot_be_made_too_long(make):
    with pytest.raises(ValueError):
        make(b"a" * 126)


@pytest.mark.parametrize(
    "text, encoded",
    [
        ("\ud800", b"\xef\xbf\xbd"),
        ("\udc00a", b"\xef\xbf\xbda"),
        ("\udc00\ud800", b"\xef\xbf\xbd" * 2),
        ("\ud83d\ude00", b"\xf0\x9f\x98\x80"),
        ("\ud83da\U0001f600", b"\xef\xbf\xbda\xf0\x9f\x98\x80"),
    ],
)
def test_a_lone_surrogate_becomes_the_replacement_character(text, encoded):
    assert utf8(text) == encoded


# Frames in: good ones ---------------------------------------------------------------

GREEK = "\u03ba\u1f79\u03c3\u03bc\u03b5".encode()  # the fuzzer's favourite text
PIECES = [
    masked(TEXT & ~FIN, b"frag"),
    masked(CONT, b"me"),
    masked(PING, b"in between"),
    masked(FIN, b"nt"),
]
GOOD = {
    "RFC 6455 §5.7, Hello": (bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58"), ["Hello"]),
    "1.1.1 empty text": (masked(TEXT), [""]),
    "1.1.2 text of 125": (masked(TEXT, b"*" * 125), ["*" * 125]),
    "1.1.3 text of 126": (masked(TEXT, b"*" * 126), ["*" * 126]),
    "1.1.6 text of 65535": (masked(TEXT, b"*" * 65535), ["*" * 65535]),
    "1.1.7 text of 65536": (masked(TEXT, b"*" * 65536), ["*" * 65536]),
    "1.2.1 empty binary": (masked(BINARY), [b""]),
    "1.2.3 binary of 126": (masked(BINARY, b"\xfe" * 126), [b"\xfe" * 126]),
    "1.2.7 binary of 65536": (masked(BINARY, b"\xfe" * 65536), [b"\xfe" * 65536]),
    "2.1 empty ping": (masked(PING), [Ping(b"")]),
    "2.3 binary ping": (masked(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"), [Ping(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")]),
    "2.4 ping of 125": (masked(PING, b"\xfe" * 125), [Ping(b"\xfe" * 125)]),
    "2.7 unasked pong": (masked(PONG), [Pong(b"")]),
    "2.10 ten pings": (masked(PING, b"a") * 10, [Ping(b"a")] * 10),
    "5.3 two fragments": (masked(1, b"a") + masked(FIN, b"b"), ["ab"]),
    "5.6 ping inside a message": (b"".join(PIECES), [Ping(b"in between"), "fragment"]),
    "5.19 two fragmented binaries": (2 * (masked(2, b"a") + masked(FIN, b"b")), [b"ab", b"ab"]),
    "6.1.2 three empty fragments": (masked(1) + masked(CONT) + masked(FIN), [""]),
    "6.1.3 only the middle is not empty": (masked(1) + masked(CONT, b"mid") + masked(FIN), ["mid"]),
    "6.2.3 characters cut by fragments": (
        masked(1, GREEK[:1]) + b"".join(masked(CONT, GREEK[at : at + 1]) for at in range(1, 11)) + masked(FIN),
        [GREEK.decode()],
    ),
    "6.5 valid extremes": (
        masked(TEXT, b"\0\xc2\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\xee\x80\x80\xef\xbf\xbe"),
        ["\0\x80\uffff\U0010ffff\ue000\ufffe"],
    ),
    "7.3.1 empty close": (masked(CLOSE), [Close(None, "")]),
    "7.3.3 close with a code": (masked(CLOSE, b"\x03\xe8"), [Close(1000, "")]),
    "7.3.4 close with a reason": (masked(CLOSE, b"\x03\xe8Hello"), [Close(1000, "Hello")]),
    "7.3.5 the longest reason": (masked(CLOSE, b"\x03\xe8" + b"*" * 123), [Close(1000, "*" * 123)]),
    "7.1.2 nothing counts after a close": (masked(CLOSE) + masked(TEXT, b"late") + masked(CLOSE), [Close(None, "")]),
    "7.1.5 close inside a message": (masked(1, b"a") + masked(CLOSE) + masked(FIN, b"b"), [Close(None, "")]),
    "length in a longer form than needed": (b"\x81\xfe\x00\x02" + KEY + xor_unmask(b"hi", KEY), ["hi"]),
    "the same in 64 bits": (b"\x82\xff" + bytes(7) + b"\x02" + KEY + xor_unmask(b"hi", KEY), [b"hi"]),
}


@pytest.mark.parametrize("wire, expected", GOOD.values(), ids=GOOD)
def test_what_the_peer_says_is_read_however_it_is_cut(wire, expected):
    assert fed(wire) == expected
    assert fed(wire, 1) == expected
    assert fed(wire, 7) == expected
    if not isinstance(expected[-1], Close):
        neighbour = masked(BINARY, b"neighbour")
        assert fed(neighbour + wire + neighbour) == [b"neighbour", *expected, b"neighbour"]


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 3999, 4000, 4999])
def test_codes_that_may_be_sent_are_reported(code):
    assert fed(masked(CLOSE, code.to_bytes(2, "big"))) == [Close(code, "")]


# Frames in: broken ones -------------------------------------------------------------

BAD = {
    "3.1 RSV3": (masked(TEXT | 0x10, b"a"), [1002]),
    "3.2 RSV2 after a message": (masked(TEXT, b"a") + masked(TEXT | 0x20, b"b") + masked(PING), ["a", 1002]),
    "3.4 RSV1 without compression": (masked(TEXT | 0x40, b"a"), [1002]),
    "3.5 RSV1 on binary": (masked(BINARY | 0x40, b"a"), [1002]),
    "3.6 RSV on ping": (masked(PING | 0x50, b"a"), [1002]),
    "3.7 RSV on close": (masked(CLOSE | 0x70), [1002]),
    "4.1 opcode 3": (masked(0x83), [1002]),
    "4.1.3 opcode 7": (masked(TEXT, b"a") + masked(0x87) + masked(PING), ["a", 1002]),
    "4.2 opcode 11": (masked(0x8B), [1002]),
    "4.2.5 opcode 15": (masked(0x8F), [1002]),
    "2.5 ping of 126": (b"\x89\xfe\x00\x7e" + KEY + bytes(126), [1002]),
    "7.3.6 close of 126": (b"\x88\xfe\x00\x7e", [1002]),
    "5.1 fragmented ping": (masked(PING & ~FIN, b"a") + masked(FIN, b"b"), [1002]),
    "5.2 fragmented pong": (masked(PONG & ~FIN, b"a"), [1002]),
    "5.9 continuation of nothing": (masked(FIN, b"a") + masked(TEXT, b"b"), [1002]),
    "5.10 the same, not final": (masked(CONT, b"a"), [1002]),
    "5.15 continuation after the end": (masked(1, b"a") + masked(FIN, b"b") + masked(CONT, b"c"), ["ab", 1002]),
    "5.18 text inside a text": (masked(1, b"a") + masked(TEXT, b"b"), [1002]),
    "binary inside a text": (masked(1, b"a") + masked(BINARY, b"b"), [1002]),
    "unmasked text": (b"\x81\x05Hello", [1002]),
    "unmasked, empty, two bytes": (b"\x81\x00", [1002]),
    "unmasked ping": (b"\x89\x00", [1002]),
    "unmasked continuation": (masked(1, b"a") + b"\x80\x01b", [1002]),
    "6.3.1 surrogate in the text": (masked(TEXT, GREEK + b"\xed\xa0\x80edited"), [1007]),
    "6.3.2 the same in fragments": (masked(1, GREEK) + masked(CONT, b"\xed\xa0\x80") + masked(FIN, b"x"), [1007]),
    "6.21 lone continuation byte": (masked(TEXT, b"\x80"), [1007]),
    "6.10 overlong slash": (masked(TEXT, b"\xc0\xaf"), [1007]),
    "overlong of three bytes": (masked(TEXT, b"\xe0\x80\xaf"), [1007]),
    "above U+10FFFF": (masked(TEXT, b"\xf4\x90\x80\x80"), [1007]),
    "character cut by the end": (masked(TEXT, b"a\xc3"), [1007]),
    "character cut by the end of the last fragment": (masked(1, b"a") + masked(FIN, b"\xe2\x82"), [1007]),
    "7.3.2 close of one byte": (masked(CLOSE, b"a"), [1002]),
    "7.5.1 close reason not UTF-8": (masked(CLOSE, b"\x03\xe8\xed\xa0\x80"), [1007]),
    "length of 2^63": (b"\x82\xff\x80" + bytes(7), [1002]),
}


@pytest.mark.parametrize("wire, expected", BAD.values(), ids=BAD)
def test_a_broken_rule_ends_it_however_it_is_cut(wire, expected):
    for size in (None, 1, 7):
        assert codes(fed(wire, size)) == expected
    assert codes(fed(wire + masked(TEXT, b"neighbour"))) == expected


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_codes_that_may_not_be_sent_break_a_rule(code):
    assert codes(fed(masked(CLOSE, code.to_bytes(2, "big")))) == [1002]


@pytest.mark.parametrize("last", [masked(CLOSE), masked(0x83)], ids=["close", "failure"])
def test_nothing_is_read_after_the_end(last):
    reader = FrameReader(LIMIT)
    assert len(reader.feed(last)) == 1
    assert reader.feed(masked(TEXT, b"late")) == []


def test_a_failure_names_the_rule():
    assert FrameReader(LIMIT).feed(b"\x81\x00") == [Failure(1002, "client frame without mask")]


def test_bad_text_fails_with_the_fragment_that_holds_it():
    reader = FrameReader(LIMIT)  # fuzzer case 6.4.1
    assert reader.feed(masked(1, GREEK)) == []
    assert codes(reader.feed(masked(CONT, b"\xf4\x90\x80\x80"))) == [1007]


def test_bad_text_fails_with_the_byte_that_breaks_it_while_the_frame_still_arrives():
    wire = masked(TEXT, GREEK + b"\xf4\x90\x80\x80edited")  # fuzzer cases 6.4.3 and 6.4.4
    reader = FrameReader(LIMIT)
    assert reader.feed(wire[: 6 + len(GREEK) + 1]) == []
    assert codes(reader.feed(wire[6 + len(GREEK) + 1 :][:1])) == [1007]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_unmasked_frames_are_read_where_they_are_tolerated(size):
    wire = frame(TEXT, b"a" * size) + frame(BINARY, b"b") + masked(TEXT, b"c") + ping_frame(b"d")
    for cut in (None, 9973, 3 if size < 1000 else 4096):
        assert fed(wire, cut, require_mask=False) == ["a" * size, b"b", "c", Ping(b"d")]


# Limits -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1001, 65536, 2**40, 2**63 - 1])
def test_an_oversized_frame_is_refused_at_its_head(size):
    head = b"\x82\xff" + size.to_bytes(8, "big")
    assert codes(fed(head, max_payload=1000)) == [1009]
    assert codes(fed(head, 1, max_payload=1000)) == [1009]


def test_the_limit_holds_for_small_whole_messages_too():
    assert codes(fed(masked(TEXT, b"a" * 10) + masked(TEXT, b"a" * 11), max_payload=10)) == ["a" * 10, 1009]


def test_the_limit_holds_for_the_sum_of_fragments():
    wire = masked(1, b"a" * 50) + masked(CONT, b"a" * 50)
    assert fed(wire + masked(FIN), max_payload=100) == ["a" * 100]
    assert codes(fed(wire + masked(FIN, b"a"), max_payload=100)) == [1009]


def test_control_frames_do_not_count_against_the_limit():
    wire = masked(1, b"a" * 10) + masked(PING, b"b" * 100) + masked(FIN)
    assert fed(wire, max_payload=10) == [Ping(b"b" * 100), "a" * 10]


def test_tiny_fragments_cost_no_memory_each():
    reader = FrameReader(1_000_000)
    wire = masked(CONT, b"a") * 1000
    reader.feed(masked(1, b"a"))
    tracemalloc.start()
    for _ in range(200):
        assert reader.feed(wire) == []
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2_000_000  # one object per fragment would be over 6 MB
    assert reader.feed(masked(FIN)) == ["a" * 200_001]


def test_a_frame_in_many_segments_is_kept_once():
    wire = masked(BINARY, b"\xfe" * LIMIT)
    reader = FrameReader(LIMIT)
    tracemalloc.start()
    for at in range(len(wire) - 1):
        assert reader.feed(wire[at : at + 1]) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * LIMIT  # one object per segment would be over 34
    assert reader.feed(wire[-1:]) == [b"\xfe" * LIMIT]


# Compression ------------------------------------------------------------------------


def deflated(data):
    codec = zlib.compressobj(wbits=-15)
    return (codec.compress(data) + codec.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflate(data, limit):
    try:
        result = zlib.decompressobj(wbits=-15).decompress(data + b"\0\0\xff\xff", limit + 1)
    except zlib.error as error:
        raise ProtocolError("not deflated") from error
    if len(result) > limit:
        raise PayloadTooLarge("inflated message")
    return result


HELLO = bytes.fromhex("f2 48 cd c9 c9 07 00")  # RFC 7692 §7.2.3.1
PACKED = {
    "text": (masked(TEXT | COMPRESSED, HELLO), ["Hello"]),
    "binary": (masked(BINARY | COMPRESSED, HELLO), [b"Hello"]),
    "fragments": (masked(0x41, HELLO[:3]) + masked(PING) + masked(FIN, HELLO[3:]), [Ping(b""), "Hello"]),
    "plain text between": (masked(TEXT, b"a") + masked(TEXT | COMPRESSED, HELLO) + masked(TEXT, b"b"), ["a", "Hello", "b"]),
    "text that is not UTF-8": (masked(TEXT | COMPRESSED, deflated(b"\xed\xa0\x80")), [1007]),
    "bomb": (masked(TEXT | COMPRESSED, deflated(b"a" * 5001)), [1009]),
    "compressed form over the limit": (b"\xc2\xfe\x13\x89" + KEY, [1009]),
    "garbage": (masked(TEXT | COMPRESSED, b"\xff\xff\xff"), [1002]),
    "RSV1 on a continuation": (masked(0x41, HELLO[:3]) + masked(0xC0, HELLO[3:]), [1002]),
    "RSV1 on a ping": (masked(PING | COMPRESSED), [1002]),
    "RSV2 beside RSV1": (masked(TEXT | 0x60, HELLO), [1002]),
}


@pytest.mark.parametrize("wire, expected", PACKED.values(), ids=PACKED)
def test_compressed_messages_are_inflated_within_the_limit(wire, expected):
    for size in (None, 1, 7):
        assert codes(fed(wire, size, inflate=inflate, max_payload=5000)) == expected


# Properties -------------------------------------------------------------------------

MESSAGES = st.lists(st.text(max_size=300) | st.binary(max_size=300) | st.binary(max_size=125).map(Ping), max_size=8)
KEYS = st.binary(min_size=4, max_size=4)


@given(MESSAGES, KEYS, st.integers(1, 40), st.integers(1, 400))
def test_messages_survive_masking_fragments_and_segments(messages, key, fragment, segment):
    wire = b""
    for message in messages:
        if isinstance(message, Ping):
            wire += masked(PING, message.payload, key)
            continue
        payload, first = (utf8(message), 1) if isinstance(message, str) else (message, 2)
        starts = range(0, max(len(payload), 1), fragment)
        for at in starts:
            last = FIN if at == starts[-1] else 0
            wire += masked((0 if at else first) | last, payload[at : at + fragment], key)
    assert fed(wire, segment) == messages


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x81\xfe", masked(1, b"a"), b"\xc1\x85abcd"]), st.integers(1, 9))
def test_garbage_gives_the_same_end_however_it_is_cut(garbage, start, size):
    options = {"max_payload": 50, "inflate": inflate}
    assert fed(start + garbage, size, **options) == fed(start + garbage, **options)


@given(st.binary(), KEYS)
def test_masking_is_the_exclusive_or_of_the_repeated_key(payload, key):
    assert xor_unmask(payload, key) == bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
