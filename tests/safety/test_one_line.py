"""No offence ends in a traceback: each is one line with the address, the rule that was broken, and escaped data (R12)."""

import re

import pytest
from twisted.logger import LogLevel, formatEvent, globalLogPublisher

from gateway import Listener
from tests.gateway.front_driver import Clock, Front, Peer
from tests.safety.wire import frame

NASTY = "\x1b[31m\r\nroot logged in"
ESCAPES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]|\n(?!$)")


def get(target, *lines, method="GET"):
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: gate.example", *lines, "", ""]).encode("latin-1")


def post(target, body):
    return get(target, f"Content-Length: {len(body)}", method="POST") + body


def opening(target, *lines):
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    fixed = ("Upgrade: websocket", "Connection: Upgrade", key, "Sec-WebSocket-Version: 13")
    return get(target, *(lines or fixed))


EIO4, EIO3 = "/socket.io/?EIO=4&transport=websocket", "/socket.io/?EIO=3&transport=websocket"
OLD = "/socket.io/websocket"
HIXIE = ("Upgrade: WebSocket", "Connection: Upgrade", "Origin: http://gate.example")

OFFENCES = {
    "no HTTP": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(100),
    "a method that is none": b"\x1b[31m / HTTP/1.1\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "a large head": get("/x", "X: " + "x" * 20_000),
    "many lines": get("/x", *["X: y"] * 600),
    "two lengths": get("/x", "Content-Length: 1", "Content-Length: 2"),
    "a large body": get("/socket.io/?EIO=4&transport=polling", "Content-Length: 10000000", method="POST"),
    "bad chunks": get("/socket.io/?EIO=4&transport=polling", "Transfer-Encoding: chunked", method="POST") + b"zz\r\n",
    "another policy": b"<policy \x1b[31m/>",
    "a foreign origin": get("/socket.io/?EIO=4&transport=polling", "Origin: http://evil.example"),
    "an unknown revision": get("/socket.io/?EIO=%1b[31m%0d%0a&transport=polling"),
    "an unknown transport": get("/socket.io/?EIO=4&transport=%0d%0aroot"),
    "an unknown session": get("/socket.io/?EIO=4&transport=polling&sid=%0d%0aroot"),
    "a callback that is none": get("/socket.io/?EIO=4&transport=polling&j=%3Cscript%3E"),
    "an unknown session of 0.6": get("/socket.io/xhr-polling/nobody/1"),
    "another version of 0.9": get("/socket.io/2/"),
    "an opening without a key": opening(EIO4, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
    "an opening of another version": opening(EIO4).replace(b"Version: 13", b"Version: 99"),
    "hixie keys that lie": opening(OLD, *HIXIE, "Sec-WebSocket-Key1: 1", "Sec-WebSocket-Key2: 2") + b"12345678",
    "an unmasked frame": opening(EIO4) + b"\x81\x05hello",
    "a frame too large": opening(EIO4) + b"\x81\xff" + bytes(4) + b"\xff" * 4,
    "no UTF-8": opening(EIO4) + frame(b"\xff"),
    "an opcode that is none": opening(EIO3) + frame(b"x", 0x83),
    "an endless hixie frame": opening(OLD, *HIXIE) + b"\0" + b"x" * 1_100_000,
    "a hixie frame that is none": opening(OLD, *HIXIE) + b"\x01x",
    "an unknown packet of 4.x": opening(EIO4) + frame(b"\x1b[31m"),
    "an event that is none": opening(EIO4) + frame(b"40") + frame(b'42{"\x1b[31m"'),
    "a reserved name": opening(EIO4) + frame(b"40") + frame(b'42["disconnect"]'),
    "attachments": opening(EIO4) + frame(b"40") + frame(b'4599-["x"]'),
    "a namespace not joined": opening(EIO4) + frame(b'42/\x1b[31m,["x"]'),
    "an event of 2.x that is none": opening(EIO3) + frame(b"42[1e999]"),
    "a message of 0.6 that is none": opening(OLD) + frame(b"\x1b[31m no frame"),
}


def is_below(event):
    return event.get("log_level") is not None and event["log_level"] < LogLevel.warn


@pytest.mark.parametrize("name", OFFENCES)
def test_an_offence_is_one_line(name, logged_failures):
    front = Front(Listener(reactor=Clock()), reactor=Clock())
    peer = Peer(front)
    events = []
    globalLogPublisher.addObserver(events.append)
    try:
        peer.send(*(OFFENCES[name][at : at + 60_000] for at in range(0, len(OFFENCES[name]), 60_000)))
        peer.wait(5)
    finally:
        globalLogPublisher.removeObserver(events.append)
        peer.lose()
    said = [event for event in events if not is_below(event)]
    assert len(said) == 1, [formatEvent(event) for event in said]
    line = formatEvent(said[0])
    assert said[0]["log_level"] == LogLevel.warn
    assert "192.168.1.1" in line
    assert not ESCAPES.search(line), ascii(line)
    assert len(line) < 400
    assert logged_failures == []
