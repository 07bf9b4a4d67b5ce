"""The option ``compression``: permessage-deflate on WebSockets, gzip and deflate in answers."""

import gzip
import json
import os
import zlib
from base64 import b64decode
from pathlib import Path

import pytest

from gateway import drafts
from gateway.encoding import coding_of
from gateway.engine import EngineListener
from tests.gateway.ws_frames import OPENING, frames, head_of, masked, offering, said, squeezed, text

SOCKET = "/socket.io/?EIO=4&transport=websocket"
POLL = "/socket.io/?EIO=4&transport=polling"
DEFLATE = {"compression": {"websocket"}}
HTTP = {"compression": ["http"]}
AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
LARGE = "wörter " * 400


def joined(gate, extensions="permessage-deflate"):
    """A client on a WebSocket that has joined the default namespace."""
    headers = offering(extensions) if extensions else OPENING
    connection = gate.get(SOCKET, headers=headers, upgrade=True).connection
    connection.reader.dataReceived(text("40"))
    connection.take()
    return connection


@pytest.mark.parametrize(
    ("options", "extensions", "agreed"),
    [
        (DEFLATE, "permessage-deflate; client_max_window_bits", AGREED),
        (DEFLATE, "permessage-deflate; server_max_window_bits=9", f"{AGREED}; server_max_window_bits=9"),
        (DEFLATE, "permessage-deflate; constructor", None),
        (DEFLATE, "", None),
        (HTTP, "permessage-deflate", None),
        ({}, "permessage-deflate", None),
    ],
)
def test_the_opening_says_what_was_agreed_on(make_gate, options, extensions, agreed):
    opening = make_gate(**options).get(SOCKET, headers=offering(extensions), upgrade=True)
    assert head_of(opening.connection.take()).get("Sec-WebSocket-Extensions") == agreed


def test_a_compressed_message_is_understood(make_gate):
    gate = make_gate(**DEFLATE)
    heard = []
    gate.io.on("echo", lambda socket, value: heard.append(value))
    connection = joined(gate)
    connection.reader.dataReceived(masked(0xC1, squeezed(f'42["echo","{LARGE}"]'.encode())))
    half = squeezed(b'42["echo","in fragments"]')
    connection.reader.dataReceived(masked(0x41, half[:5]) + masked(0x80, half[5:]))
    connection.reader.dataReceived(text('42["echo","plain"]'))
    assert heard == [LARGE, "in fragments", "plain"]


def test_small_messages_stay_as_they_are_and_large_ones_shrink(make_gate):
    gate = make_gate(**DEFLATE)
    connection = joined(gate)
    gate.io.emit("news", "small")
    gate.io.emit("news", LARGE)
    gate.io.emit("news", LARGE.encode())
    sent = connection.take()
    assert [first for first, _ in frames(sent)] == [0x81, 0xC1, 0x81, 0xC2]
    assert len(sent) < 300
    assert said(sent) == [
        '42["news","small"]',
        f'42["news","{LARGE}"]',
        '451-["news",{"_placeholder":true,"num":0}]',
        LARGE.encode(),
    ]


def test_what_does_not_shrink_is_sent_as_it_is(make_gate):
    gate = make_gate(**DEFLATE)
    connection = joined(gate)
    gate.io.emit("news", os.urandom(2000))
    assert [first for first, _ in frames(connection.take())] == [0x81, 0x82]


def test_one_compressed_frame_serves_a_broadcast_beside_the_plain_one(make_gate, monkeypatch):
    made = []
    monkeypatch.setattr(drafts, "deflate", lambda *args: made.append(args) or squeezed(args[0]))
    gate = make_gate(**DEFLATE)
    compressed, plain = [joined(gate) for _ in range(5)], joined(gate, "")
    gate.io.emit("news", LARGE)
    assert len(made) == 1
    assert {said(connection.take())[0] for connection in compressed} == {f'42["news","{LARGE}"]'}
    assert frames(plain.take())[0][0] == 0x81


def test_compress_false_is_respected(make_gate):
    gate = make_gate(**DEFLATE)
    sockets = []
    gate.io.on("connection", sockets.append)
    connection = joined(gate)
    gate.io.compress(False).emit("news", LARGE)
    sockets[0].compress(False).emit("news", LARGE)
    sockets[0].compress(False).emit("news", LARGE, ack=print)
    sockets[0].compress(True).emit("news", LARGE)
    assert [first for first, _ in frames(connection.take())] == [0x81, 0x81, 0x81, 0xC1]


def test_a_decompression_bomb_closes_with_1009(make_gate):
    gate = make_gate(**DEFLATE)
    gone = []
    gate.io.on("disconnect", lambda socket, reason: gone.append(reason))
    connection = joined(gate)
    connection.reader.dataReceived(masked(0xC1, squeezed(bytes(200 << 20))))
    assert connection.take() == b"\x88\x02\x03\xf1"
    assert gone == ["transport error"]


@pytest.mark.parametrize(
    ("extensions", "frame", "code"),
    [
        ("", masked(0xC1, squeezed(b"2")), b"\x03\xea"),  # RSV1 that was not agreed on
        ("permessage-deflate", masked(0xC1, b"\xff\xff\xff"), b"\x03\xef"),  # no deflate stream
        ("permessage-deflate", masked(0xC1, squeezed(b"\xff\xfe")), b"\x03\xef"),  # inflates to what is no UTF-8
        ("permessage-deflate", masked(0xC9, b""), b"\x03\xea"),  # a compressed ping
        ("permessage-deflate", masked(0x41, b"") + masked(0xC0, b""), b"\x03\xea"),  # RSV1 in the middle
    ],
)
def test_what_breaks_the_rules_of_the_extension_closes(make_gate, extensions, frame, code):
    connection = joined(make_gate(**DEFLATE), extensions)
    connection.reader.dataReceived(frame)
    assert connection.take() == b"\x88\x02" + code


def test_the_upgrade_from_polling_is_compressed_too(make_gate):
    gate = make_gate(**DEFLATE)
    sid = json.loads(gate.get(POLL).text[1:])["sid"]
    gate.post(f"{POLL}&sid={sid}", "40")
    gate.get(f"{POLL}&sid={sid}")
    connection = gate.get(f"{SOCKET}&sid={sid}", headers=offering("permessage-deflate"), upgrade=True).connection
    connection.reader.dataReceived(masked(0xC1, squeezed(b"2probe")))
    connection.reader.dataReceived(text("5"))
    connection.take()
    gate.io.emit("news", LARGE)
    assert [first for first, _ in frames(connection.take())] == [0xC1]


# Answers


def polled(gate, headers=None):
    """A client that polls and has joined; gives its address."""
    sid = json.loads(gate.get(POLL).text[1:])["sid"]
    gate.post(f"{POLL}&sid={sid}", "40")
    gate.get(f"{POLL}&sid={sid}")
    return f"{POLL}&sid={sid}"


def answered(gate, url, message, accept, compress=True, **headers):
    poll = gate.get(url, headers={"accept-encoding": accept, **headers})
    gate.io.compress(compress).emit("news", message)
    gate.clock.advance(0)
    return poll


@pytest.mark.parametrize(
    ("accept", "coding", "unpack"),
    [
        ("gzip, deflate, br", "gzip", gzip.decompress),
        ("deflate", "deflate", zlib.decompress),
        ("br", None, bytes),
        ("", None, bytes),
    ],
)
def test_a_large_answer_is_compressed_as_the_client_likes_it(make_gate, accept, coding, unpack):
    gate = make_gate(**HTTP)
    poll = answered(gate, polled(gate), LARGE, accept)
    assert poll.answer_headers.get("Content-Encoding") == coding
    assert poll.answer_headers["Vary"] == "Accept-Encoding"
    assert unpack(poll.answer[1]).decode() == f'42["news","{LARGE}"]'


@pytest.mark.parametrize(
    ("options", "message", "compress"), [(HTTP, "small", True), (HTTP, LARGE, False), (DEFLATE, LARGE, True), ({}, LARGE, True)]
)
def test_other_answers_are_left_alone(make_gate, options, message, compress):
    gate = make_gate(**options)
    poll = answered(gate, polled(gate), message, "gzip", compress)
    assert poll.text == f'42["news","{message}"]'
    assert "Content-Encoding" not in poll.answer_headers


def test_one_message_that_may_be_compressed_is_enough(make_gate):
    gate = make_gate(**HTTP)
    poll = gate.get(polled(gate), headers={"accept-encoding": "gzip"})
    gate.io.compress(False).emit("a", LARGE)
    gate.io.emit("b")
    gate.clock.advance(0)
    assert gzip.decompress(poll.answer[1]).decode().endswith('\x1e42["b"]')


def test_vary_names_the_origin_and_the_encoding(make_gate):
    gate = make_gate(origins="*", **HTTP)
    poll = answered(gate, polled(gate), LARGE, "gzip", origin="http://a.example")
    assert poll.answer_headers["Vary"] == "Origin, Accept-Encoding"


CODINGS = [
    ("gzip", "gzip"),
    ("deflate, gzip", "gzip"),
    ("GZIP", "gzip"),
    ("gzip;q=0, deflate", "deflate"),
    ("gzip; q=0.0, *", "deflate"),
    ("gzip;q=0.5", "gzip"),
    ("*", "gzip"),
    ("*;q=0", ""),
    ("identity", ""),
    ("", ""),
    ("gzipped", ""),
]


@pytest.mark.parametrize(("accept", "coding"), CODINGS)
def test_the_header_is_read_as_rfc_9110_has_it(accept, coding):
    assert coding_of(accept) == coding


# A recorded client

RECORDING = Path(__file__).parents[2] / "gateway/conformance/wire/engineio/deflate/eio-4.8.4-websocket-deflate.json"


@pytest.mark.parametrize("shrink", [False, True])
def test_a_recorded_client_hears_what_it_heard_in_compressed_frames(make_gate, monkeypatch, shrink):
    """The recorded server compressed from 32 bytes on and took its context over; the client spoke uncompressed."""
    monkeypatch.setattr(drafts, "THRESHOLD", 32)
    gate = make_gate(EngineListener, **DEFLATE)
    gate.io.on("connection", lambda socket: socket.on("message", socket.send))
    context, connection, ours, theirs = zlib.decompressobj(-15), None, [], []
    for step in json.loads(RECORDING.read_text())["steps"]:
        if step["kind"] == "ws-open":
            connection = gate.get(step["target"], headers=OPENING | step["headers"], upgrade=True).connection
        elif step["kind"] == "ws-accept":
            assert head_of(connection.sent)["Sec-WebSocket-Extensions"].startswith(step["headers"]["sec-websocket-extensions"])
        elif step["kind"] == "ws" and step["op"] == "text" and step["dir"] == "c2s":
            frame = masked(0xC1, squeezed(step["text"].encode())) if shrink else text(step["text"])
            connection.reader.dataReceived(frame)
        elif step["kind"] == "ws" and step["op"] == "text":
            theirs.append(context.decompress(b64decode(step["b64"]) + b"\x00\x00\xff\xff").decode())
    sent = connection.take()
    ours = said(sent)
    assert [first for first, _ in frames(sent)] == [0xC1, 0xC1, 0x81]
    assert json.loads(ours[0][1:]).keys() == json.loads(theirs[0][1:]).keys()
    assert ours[1:] == theirs[1:]
    connection.reader.dataReceived(masked(0x88, b""))
    assert connection.take() == b"\x88\x00" and connection.closed


def test_a_bare_message_can_be_left_uncompressed(make_gate):
    gate = make_gate(EngineListener, **HTTP)
    gate.io.on("connection", lambda socket: socket.on("message", lambda text: socket.send(LARGE, compress=text == "squeeze")))
    url = "/engine.io/?EIO=4&transport=polling"
    url += f"&sid={json.loads(gate.get(url).text[1:])['sid']}"
    for word, coding in (("squeeze", "gzip"), ("plain", None)):
        poll = gate.get(url, headers={"accept-encoding": "gzip"})
        gate.post(url, f"4{word}")
        assert poll.answer_headers.get("Content-Encoding") == coding
