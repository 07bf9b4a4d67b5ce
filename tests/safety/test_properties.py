"""
What holds for every parser, codec, reader and session, whatever comes.

    only the declared error leaves          every target of scripts/fuzz_targets.py
    what was encoded is decoded             every pair of functions
    cuts between segments do not matter     every reader of a connection, and whole conversations through a Front
"""

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import Listener
from gateway.deflate import deflate, inflate
from gateway.http import RequestReader
from legacy import hixie, v06_frames, v09_packets, v09_payload
from legacy.binary import unwrap, wrap
from legacy.v06_envelope import encode_envelope, split_envelope, wrap_messages
from legacy.v06_events import packet as packet06
from legacy.v06_events import read_packet
from protocols import jsontext, payload, socketio
from protocols.errors import ProtocolError
from protocols.model import ACK, EVENT, JSON_MESSAGE, MESSAGE, Outgoing
from protocols.websocket import FrameReader
from scripts.fuzz_samples import SAMPLES
from scripts.fuzz_targets import TARGETS
from tests.gateway.front_driver import Clock, Front, Peer
from tests.safety.wire import frame

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Only the declared error leaves ---------------------------------------------------------

PIECES = st.sampled_from(
    [b"~m~", b"\xef\xbf\xbd", b":", b"[", b'"', b"\n", b"\x1e", b"\xff", b"\0", b"9" * 20, b"\r\n", b"%", b"\\u"]
)


# Where a test has parameters the property is a function inside of it: pytest-twisted wraps the other kind once for each.


@pytest.mark.parametrize("name", TARGETS)
def test_only_the_declared_error_leaves(name):
    kind, target = TARGETS[name]
    parts = st.one_of(st.sampled_from(SAMPLES[kind]), PIECES, st.binary(max_size=20))

    @FEW
    @given(st.lists(parts, max_size=8))
    def holds(pieces):
        try:
            target(b"".join(pieces))
        except ProtocolError as error:
            assert error.rule and len(error.sample) <= 48

    holds()


# What was encoded is decoded ------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ANY_TEXT = st.text(max_size=20)
NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False, width=64))


def values(leaves):
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3), max_leaves=8
    )


JSON = values(st.one_of(st.none(), st.booleans(), NUMBERS, ANY_TEXT))
BINARY = values(st.one_of(st.none(), st.booleans(), NUMBERS, TEXT, st.binary(max_size=9)))
NAMES = TEXT.filter(
    lambda name: name not in ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)
NAMESPACES = st.sampled_from(["/", "/chat", "/a/b"])
IDS = st.none() | st.integers(0, 2**53 - 2)


def event(namespace, name, args, ack_id):
    return Outgoing(namespace, EVENT, name, tuple(args), ack_id, jsontext.check(args))


def received(reader, *segments):
    return [item for segment in segments for item in reader.feed(segment)]


@FEW
@given(JSON)
def test_json(value):
    assert jsontext.loads(jsontext.dumps(value)) == value
    assert jsontext.loads(jsontext.dumps_ascii(value)) == value


@FEW
@given(st.lists(TEXT.filter(bool), min_size=1, max_size=4), st.lists(st.binary(max_size=9), max_size=3))
def test_payloads_of_engine_io(texts, blobs):
    units = ["4" + text.replace("\x1e", "") for text in texts]
    assert payload.split4(payload.decode(payload.join4(units))) == units
    assert payload.split3(payload.text3(units)) == units
    assert payload.split3_binary(payload.binary3([*units, *blobs])) == [*units, *blobs]
    read = payload.split4(payload.text4(blobs)) if blobs else []
    assert [payload.unbase64(unit[1:]) for unit in read] == blobs


@FEW
@given(NAMESPACES, NAMES, st.lists(BINARY, max_size=3), IDS)
def test_events_of_socket_io(namespace, name, args, ack_id):
    for encode in (socketio.encode3, socketio.encode4):
        head, *blobs = encode(event(namespace, name, args, ack_id))
        if blobs:
            assembly = socketio.Assembly(head, 100, 1_000_000)
            assert [assembly.add(blob) for blob in blobs] == [False] * (len(blobs) - 1) + [True]
            read = assembly.happening
        else:
            read = socketio.read_event(head)
        assert (read.namespace, read.name, read.args, read.ack_id) == (namespace, name, args, ack_id)


@FEW
@given(NAMESPACES, st.lists(JSON, max_size=3), st.integers(0, 2**53 - 1))
def test_answers_of_socket_io(namespace, args, ack_id):
    message = Outgoing(namespace, ACK, "", tuple(args), ack_id)
    read = socketio.read_ack(socketio.encode4(message)[0])
    assert (read.namespace, read.id, read.args) == (namespace, ack_id, args)
    if namespace == "/":
        count, unit = socketio.counted_ack(socketio.encode3_counted(message)[0])
        assert count == 0 and socketio.read_ack(unit).args == args


@FEW
@given(NAMESPACES, TEXT, st.lists(JSON, max_size=3), st.none() | st.integers(0, 10**9))
def test_packets_of_09(namespace, name, args, ack_id):
    (unit,) = v09_packets.encode(event(namespace, name, args, ack_id))
    kind, number, plus, endpoint, data = v09_packets.decode(unit)
    assert (kind, endpoint or "/", v09_packets.read_event(data)) == ("5", namespace, (name, args))
    assert (number, plus) == (("", "") if ack_id is None else (str(ack_id + 1), "+"))


@FEW
@given(st.lists(JSON, max_size=3), st.integers(0, 10**9))
def test_answers_of_09(args, ack_id):
    (unit,) = v09_packets.encode(Outgoing("/", ACK, "", tuple(args), ack_id))
    assert v09_packets.read_ack(v09_packets.decode(unit)[4]) == (ack_id, args)


@FEW
@given(TEXT)
def test_messages_of_09(text):
    (unit,) = v09_packets.encode(Outgoing("/", MESSAGE, "message", (text,)))
    kind, _, _, _, data = v09_packets.decode(unit)
    assert (jsontext.loads(data) if kind == "4" else data) == text


@FEW
@given(st.lists(TEXT, min_size=2, max_size=5))
def test_payloads_of_09(texts):
    assert v09_payload.split(v09_payload.join(texts)) == texts


@FEW
@given(st.lists(ANY_TEXT, max_size=5))
def test_frames_of_06(texts):
    assert v06_frames.decode_frames(v06_frames.encode_frames(texts)) == texts


@FEW
@given(TEXT, st.lists(BINARY, max_size=3), IDS)
def test_events_of_06(name, args, ack_id):
    if ack_id is None and name == "message":
        return
    text = packet06(event("/", name, args, ack_id))
    read = read_packet(json.loads(text), text)
    marked = unwrap(wrap(args))
    assert (read.name, read.args, read.ack_id) == (name, marked, ack_id)


@FEW
@given(st.lists(JSON, min_size=1, max_size=3))
def test_envelopes_of_04(args):
    units = encode_envelope(Outgoing("/", JSON_MESSAGE, "message", tuple(args)))
    assert json.loads(wrap_messages(units))["messages"] == args
    back = split_envelope(json.dumps(args))
    assert [jsontext.loads(unit[3:]) if unit.startswith("~j~") else unit for unit in back] == args


@FEW
@given(BINARY.filter(lambda value: "_binary" not in repr(value)))
def test_bytes_in_json(value):
    assert unwrap(jsontext.loads(jsontext.dumps_ascii(wrap(value)))) == value


@FEW
@given(st.binary(max_size=3000))
def test_deflate(data):
    assert inflate(deflate(data), 3000) == data


# Cuts do not matter ---------------------------------------------------------------------

ITEMS = st.lists(st.one_of(TEXT, st.binary(max_size=200)), max_size=4)


def cut(data, places):
    """``data`` in pieces."""
    borders = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(borders)]


PLACES = st.lists(st.integers(0, 10_000), max_size=6)


@FEW
@given(items=ITEMS, behind=st.binary(max_size=10), places=PLACES, mask=st.booleans())
def test_frames_of_rfc_6455_and_hybi(mask, items, behind, places):
    data = b"".join(frame(item.encode()) if isinstance(item, str) else frame(item, 0x82) for item in items)
    readers = [FrameReader(1000, require_mask=mask) for _ in range(3)]
    assert received(readers[0], data) == items
    assert received(readers[1], *(bytes((byte,)) for byte in data)) == items
    assert received(readers[2], *cut(data + behind, places))[: len(items)] == items


@FEW
@given(texts=st.lists(TEXT, max_size=4), behind=st.binary(max_size=10), places=PLACES)
def test_frames_of_hixie(texts, behind, places):
    data = hixie.frames(texts)
    assert received(hixie.HixieReader(1000), data) == texts
    assert received(hixie.HixieReader(1000), *(bytes((byte,)) for byte in data)) == texts
    assert received(hixie.HixieReader(1000), *cut(data + behind, places))[: len(texts)] == texts


def requests(data):
    """Heads and bodies in ``data``, which comes in segments."""
    reader, found, body_of = RequestReader(16384, 500), [], None
    for segment in data:
        reader.feed(segment)
        while True:
            if body_of is None:
                raw = reader.head()
                if raw is None:
                    break
                body_of = raw
                chunked = b"chunked" in raw
                length = 0 if chunked else int(raw.partition(b"Length: ")[2].partition(b"\r\n")[0] or 0)
                reader.expect(length, chunked, 1000)
            body = reader.body()
            if body is None:
                break
            found.append((body_of, body))
            body_of = None
    return found


def request(body, chunks):
    if chunks:
        coded = b"".join(b"%x\r\n%b\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, len(body), 7))
        return b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + coded + b"0\r\n\r\n"
    return b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@FEW
@given(bodies=st.lists(st.tuples(st.binary(max_size=40), st.booleans()), min_size=1, max_size=3), places=PLACES)
def test_requests(bodies, places):
    data = b"".join(request(body, chunks) for body, chunks in bodies)
    whole = requests([data])
    assert [body for _, body in whole] == [body for body, _ in bodies]
    assert requests([bytes((byte,)) for byte in data]) == whole
    assert requests(cut(data, places)) == whole


# Whole conversations through a Front

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="


def head(target, *lines, method="GET"):
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: a", *lines, "", ""]).encode()


def opening(target, version=13):
    return head(target, "Upgrade: websocket", "Connection: Upgrade", KEY, f"Sec-WebSocket-Version: {version}")


def hixie_opening(target, *keys):
    return head(target, "Upgrade: WebSocket", "Connection: Upgrade", "Origin: http://a", *keys)


KEYS = ("Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5", "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00")
SAY06 = '~m~28~m~~j~{"event":"e","args":["x"]}'.replace("28", str(len('~j~{"event":"e","args":["x"]}'))).encode()
SAY4, SAY3 = frame(b"40") + frame(b'42["e","x"]') + frame(b'451-["e",{"_placeholder":true,"num":0}]'), frame(b'42["e","x"]')

CONVERSATIONS = {
    "requests": head("/nothing") + head("/socket.io/?EIO=9&transport=polling") + head("/socket.io/1/", "Connection: close"),
    "a poll": head("/socket.io/?EIO=3&transport=polling") + head("/nothing"),
    "4.x": opening("/socket.io/?EIO=4&transport=websocket") + SAY4 + frame(b"bytes", 0x82) + frame(b"\x03\xe8", 0x88),
    "2.x": opening("/socket.io/?EIO=3&transport=websocket") + SAY3 + frame(b"2") + frame(b"", 0x88),
    "0.6": opening("/socket.io/websocket") + frame(SAY06) + frame(b"", 0x88),
    "0.6, hybi": opening("/socket.io/websocket", 8) + frame(SAY06) + b"\x88\x00",
    "0.6, hixie-76": hixie_opening("/socket.io/websocket", *KEYS) + b"^n:ds[4U" + b"\0%b\xff" % SAY06 + b"\xff\0",
    "0.6, hixie-75": hixie_opening("/socket.io/flashsocket") + b"\0%b\xff" % SAY06 + b"\xff\0",
    "a policy": b"<policy-file-request/>\0",
    "garbage": b"\x16\x03\x01\0\xff" * 5,
    "a broken frame": opening("/socket.io/?EIO=4&transport=websocket") + frame(b"40") + frame(b"\xff") + frame(b"40"),
}


def conversation(segments):
    """What the server said and did, and what the application heard."""
    heard, numbers = [], iter(range(1000))
    io = Listener(reactor=Clock(), generate_id=lambda: f"id{next(numbers)}", origins="*")
    io.generate_key = lambda: f"key{next(numbers)}"
    io.on("e", lambda socket, *args: heard.append(args) or socket.emit("e", *args))
    io.on("disconnect", lambda socket, reason: heard.append(reason))
    peer = Peer(Front(io, reactor=io.clock))
    for segment in segments:
        peer.send(segment)
    peer.wait(1)
    said = peer.received
    closed = peer.closed or peer.aborted
    peer.lose()
    return said, heard, closed, io.clients_count


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversations(name):
    data = CONVERSATIONS[name]
    whole = conversation([data])
    assert whole[0]

    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(PLACES)
    def holds(places):
        assert conversation(cut(data, places)) == whole

    holds()


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversations_byte_by_byte(name):
    data = CONVERSATIONS[name]
    assert conversation([bytes((byte,)) for byte in data]) == conversation([data])
