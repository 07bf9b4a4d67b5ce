"""
Feeds every parser with broken input: ``python scripts/fuzz.py 10000000``.

Each input is a recorded-looking sample that was cut, doubled, joined or had bytes exchanged. A parser may raise ProtocolError and
nothing else, and take no more than 10 ms for each KiB.
"""

import random
import sys
import time
from collections.abc import Callable

from gateway.heads import Head
from gateway.http import RequestReader
from legacy import hixie, v06_frames, v09_packets, v09_payload
from protocols import payload, socketio
from protocols.errors import ProtocolError
from protocols.websocket import FrameReader

LIMIT = 100_000
SLOWEST = 0.010
"""Seconds for each KiB."""

WARNED = 0.005
"""Seconds from which on an input is timed again."""

SAMPLES = {
    "frames": [
        b"\x81\x85\0\0\0\0hello",
        b"\x01\x82\0\0\0\0he\x80\x83\0\0\0\0llo",
        b"\x88\x82\0\0\0\0\x03\xe8",
        b"\x82\xfe\0\x80\0\0\0\0" + bytes(128),
    ],
    "hixie": [b"\0hello\xff", b"\xff\0", b"\0\xc3\xa4\xff\0\xff", b"\x80\x03abc"],
    "http": [
        b"GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
    "socketio": [
        b'42["a",1]',
        b'4251["a"]',
        b'451-2["a",{"_placeholder":true,"num":0}]',
        b'42/chat,3["x",{}]',
        b'40/chat,{"token":1}',
        b"431[]",
        b"41",
        b"41/chat,",
    ],
    "payload": [b"4hello\x1e2\x1ebAQID", b"6:4hello2:4\xc3\xa4", b"\0\x06\xff4hello", b"\x01\x04\xff\x04abc", b"10:b4AQIDBAUG"],
    "nine": [
        b'5:1+:/chat:{"name":"a","args":[1]}',
        b"3:::text",
        b'4:::{"a":1}',
        b"6:::1+[1]",
        b"1::/chat?x=1",
        b"2::",
        "\ufffd4\ufffd3:::\ufffd5\ufffd4:::1".encode(),
    ],
    "old": [b"~m~5~m~hello", b'~m~9~m~~j~{"a":1}', b"~m~4~m~~h~1", b"5:3:abc,", b"1:0:,"],
}


def http(data: bytes) -> None:
    """Heads and bodies behind each other."""
    reader = RequestReader(16384, 500)
    reader.feed(data)
    while (raw := reader.head()) is not None:
        head = Head(raw)
        head.headers, head.query  # noqa: B018
        if head.upgrade:
            return
        reader.expect(head.length, head.chunked, LIMIT)
        if reader.body() is None:
            return


def text_of(data: bytes) -> str:
    """As the transports do it."""
    return data.decode("utf-8", "replace")


def socketio_packet(data: bytes) -> None:
    """A packet of any kind, read as each kind."""
    for read in (socketio.read_event, socketio.read_ack, socketio.read_connect, socketio.read_leave):
        try:
            read(text_of(data))
        except ProtocolError:
            continue


def nine_packet(data: bytes) -> None:
    """A packet and what it holds."""
    *_, body = v09_packets.decode(text_of(data))
    for read in (v09_packets.read_event, v09_packets.read_ack):
        try:
            read(body)
        except ProtocolError:
            continue


Target = Callable[[bytes], object]

TARGETS: dict[str, tuple[str, Target]] = {
    "WebSocket frames": ("frames", lambda data: FrameReader(LIMIT).feed(data)),
    "hixie frames": ("hixie", lambda data: hixie.HixieReader(LIMIT).feed(data)),
    "hixie keys": ("hixie", lambda data: hixie.answer(text_of(data), text_of(data[::-1]), data[:8].ljust(8))),
    "HTTP": ("http", http),
    "Socket.IO packets": ("socketio", socketio_packet),
    "EIO 4 payloads": ("payload", lambda data: payload.split4(payload.decode(data))),
    "EIO 3 payloads": ("payload", lambda data: payload.split3(payload.decode(data))),
    "EIO 3 binary payloads": ("payload", payload.split3_binary),
    "JSONP forms": ("payload", payload.form),
    "0.9 packets": ("nine", nine_packet),
    "0.9 payloads": ("nine", lambda data: v09_payload.split(text_of(data))),
    "0.6 frames": ("old", lambda data: v06_frames.split_frames(text_of(data))),
}


def mutated(samples: list[bytes]) -> bytes:
    """One broken input."""
    data = bytearray(random.choice(samples))
    for _ in range(random.randrange(4)):
        at = random.randrange(len(data) + 1)
        what = random.randrange(5)
        if what == 0:
            del data[at:]
        elif what == 1:
            data[at:at] = random.choice(samples)
        elif what == 2:
            data[at : at + 1] = bytes((random.randrange(256),))
        elif what == 3:
            data[at:at] = data[: random.randrange(len(data) + 1)]
        else:
            data[at:at] = random.choice((b"9" * 30, b"\xff", b"[" * 600, b"\0", b"\r\n", b"~m~", b"\xef\xbf\xbd", b":", b"-1"))
    return bytes(data)


def fuzz(name: str, count: int) -> float:
    """
    Feed one parser; the slowest input, in seconds for each KiB.

    :raises AssertionError: an input took too long; whatever else the parser raises shows by itself.
    """
    kind, target = TARGETS[name]
    worst = 0.0
    for _ in range(count):
        data = mutated(SAMPLES[kind])
        took = timed(name, target, data)
        if took > WARNED:  # something else may have had the processor
            took = min(timed(name, target, data) for _ in range(5))
        rate = took / max(1.0, len(data) / 1024)
        worst = max(worst, rate)
        assert rate < SLOWEST, f"{name}: {took:.3f} s for {data!r}"
    return worst


def timed(name: str, target: Target, data: bytes) -> float:
    """Seconds that one input takes."""
    began = time.perf_counter()
    try:
        target(data)
    except ProtocolError:
        pass
    except BaseException:
        print(f"{name}: {data!r}", file=sys.stderr)
        raise
    return time.perf_counter() - began


def main() -> None:
    """Feed all."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    random.seed(seed)
    print(f"seed {seed}")
    for name in TARGETS:
        print(f"{name}: {count} inputs, the slowest {fuzz(name, count) * 1000:.2f} ms for each KiB", flush=True)


if __name__ == "__main__":
    main()
