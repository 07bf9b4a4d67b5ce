"""
What the worst requests of 1 MB cost: the longest that one of them keeps the reactor, in milliseconds of processor time.

    python -m benchmarks.cost [words]      the rows in whose name these words are

No sockets: requests and frames are handed to a listener, and each of its turns is measured by itself. The application
answers nothing, so that only the gateway's own work is counted.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gateway.speedups import enable_msgpack
from gateway.testing import RFC6455_HEADERS, Gate
from gateway.transports.websocket import WebSocketConnection
from protocols import msgpack_parser
from tests.safety.wire import frame

SIZE = 1_000_000
"""Bytes of a body or message: the default of ``max_payload``."""

SEGMENT = 65_536
"""Bytes that one read of a connection brings."""

Run = Callable[[Gate], None]
FORM = {"content-type": "application/x-www-form-urlencoded"}
OCTETS = {"content-type": "application/octet-stream"}
FFFD = "\ufffd"


class Stopwatch:
    """Measures each call of the functions it was put around; ``longest``: of all of them, in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0

    def around(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """``fn``, measured."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            try:
                return fn(*args, **kwargs)
            finally:
                self.longest = max(self.longest, time.thread_time() - began)

        return timed


@contextmanager
def measured(gate: Gate) -> Iterator[Stopwatch]:
    """Measure every request, every segment and every timer of ``gate`` meanwhile."""
    watch = Stopwatch()
    call_later, received = gate.clock.callLater, WebSocketConnection.dataReceived
    handle = gate.io.handle
    gate.clock.callLater = lambda delay, fn, *args: call_later(delay, watch.around(fn), *args)
    gate.io.handle = watch.around(handle)
    WebSocketConnection.dataReceived = watch.around(received)  # type: ignore[method-assign]
    try:
        yield watch
    finally:
        del gate.clock.callLater, gate.io.handle
        WebSocketConnection.dataReceived = received  # type: ignore[method-assign]


def filled(piece: str, beginning: str = "", end: str = "") -> str:
    """A text of about ``SIZE`` bytes that is mostly ``piece``."""
    room = SIZE - len((beginning + end).encode())
    return beginning + piece * (room // len(piece.encode())) + end


def post(revision: int, body: str | bytes, headers: dict[str, str] | None = None) -> Run:
    """A POST of Engine.IO."""

    def run(gate: Gate) -> None:
        target = f"/socket.io/?EIO={revision}&transport=polling"
        target += "&sid=" + gate.get(target).text.partition('"sid":"')[2][:20]
        if revision == 4:
            gate.post(target, "40")
        gate.request("POST", target, body if isinstance(body, bytes) else body.encode(), headers=headers)

    return run


def nine(body: str) -> Run:
    """A POST of 0.7 to 0.9."""

    def run(gate: Gate) -> None:
        target = "/socket.io/1/xhr-polling/" + gate.get("/socket.io/1/").text.split(":")[0]
        gate.get(target)
        gate.post(target, body)

    return run


def old(body: str) -> Run:
    """A POST of 0.3 to 0.6."""

    def run(gate: Gate) -> None:
        sid = gate.get("/socket.io/xhr-polling//1").text.split("~m~")[2]
        gate.post(f"/socket.io/xhr-polling/{sid}/send", "data=" + body)

    return run


def message(target: str, data: str | bytes, *before: bytes) -> Run:
    """A message on a WebSocket, behind others."""

    def run(gate: Gate) -> None:
        path = target
        if target.endswith("/"):
            path += gate.get("/socket.io/1/").text.split(":")[0]
        reader = gate.get(path, headers=RFC6455_HEADERS, upgrade=True).connection.reader
        first = 0x81 if isinstance(data, str) else 0x82
        frames = b"".join(before) + frame(data.encode() if isinstance(data, str) else data, first)
        for at in range(0, len(frames), SEGMENT):
            reader.dataReceived(frames[at : at + SEGMENT])

    return run


def event(piece: str, beginning: str = "", end: str = "") -> Run:
    """An event of 3.x and 4.x on a WebSocket."""
    text = filled(piece, f'42["x",{beginning}', f"{end}]")
    return message("/socket.io/?EIO=4&transport=websocket", text, frame(b"40"))


def nine_event(piece: str) -> Run:
    """An event of 0.9 on a WebSocket."""
    return message("/socket.io/1/websocket/", filled(piece, '5:::{"name":"x","args":["_binary"', "]}"))


def packed(value: bytes, count: int) -> Run:
    """A list in msgpack: ``count`` times the same value."""
    head = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1x\xdd" + count.to_bytes(4, "big")
    joined = frame(msgpack_parser.packed({"type": 0, "nsp": "/"}), 0x82)
    return message("/socket.io/?EIO=4&transport=websocket", head + value * count, joined)


def rows() -> dict[str, Run]:
    """Name -> what is done."""
    enable_msgpack()
    return {
        "EIO 4 pongs": post(4, filled("\x1e3", "3")),
        "EIO 4 nothing": post(4, filled("\x1e")),
        "EIO 4 events": post(4, filled('\x1e42["a"]', "3")),
        "EIO 4 stray answers": post(4, filled("\x1e430[]", "3")),
        "EIO 4 namespaces": post(4, filled("\x1e40/a,", "3")),
        "EIO 4 JSONP": post(4, filled("3\x1e", "d="), FORM),
        "EIO 3 pings": post(3, filled("1:2")),
        "EIO 3 nothing": post(3, filled("0:")),
        "EIO 3 events": post(3, filled('7:42["a"]')),
        "EIO 3 emoji": post(3, filled('8:42["\U0001f600"]')),
        "EIO 3 binary pings": post(3, b"\0\1\xff2" * (SIZE // 4), OCTETS),
        "EIO 3 binary nothing": post(3, b"\1\0\xff" * (SIZE // 3), OCTETS),
        "0.9 heartbeats": nine(filled(f"{FFFD}3{FFFD}2::")),
        "0.9 nothing": nine(filled(f"{FFFD}0{FFFD}")),
        "0.9 colons": nine(filled(":")),
        "0.9 fields": nine(filled("a:")),
        "0.6 nothing": old(filled("~m~0~m~")[:-5]),
        "0.6 messages": old(filled("~m~1~m~a")[:-5]),
        "0.6 percent signs": old(filled("%")[:-5]),
        "0.6 percent-encoded": old(filled("%41a")[:-5]),
        "0.6 WebSocket": message("/socket.io/websocket", filled("~m~1~m~a")),
        "0.4 envelope": old(filled("1,", "[", "1]")[:-5]),
        "JSON lists": event("[],", "[", "1]"),
        "JSON objects": event('{"a":1},', "[", "1]"),
        "JSON escapes": event("\\ud800", '"', '"'),
        "JSON digits": event("9"),
        "JSON brackets": event("["),
        "JSON quotes": event('"[",', "[", "1]"),
        "JSON backslashes": event("\\", '"', '"'),
        "0.9 binary": nine_event(',{"_binary":""}'),
        "0.9 lists": nine_event(",[]"),
        "tiny frames": message("/socket.io/?EIO=4&transport=websocket", "3", frame(b"3") * (SIZE // 7)),
        "tiny fragments": message("/socket.io/?EIO=4&transport=websocket", "3", frame(b"3", 1), frame(b"x", 0) * (SIZE // 7)),
        "msgpack small integers": packed(b"\1", SIZE - 40),
        "msgpack lists": packed(b"\x90", SIZE - 40),
        "msgpack maps": packed(b"\x81\xa1a\1", SIZE // 4 - 10),
        "msgpack dates": packed(b"\xd7\0" + bytes(8), SIZE // 10 - 10),
        "msgpack undefined": packed(msgpack_parser.UNDEFINED, SIZE // 3 - 20),
    }


def cost(name: str, run: Run) -> float:
    """Seconds of processor time that the longest turn took."""
    gate = Gate(parser="msgpack" if name.startswith("msgpack") else "json")
    gate.io.on("*", lambda socket, *args: None)
    with measured(gate) as watch:
        run(gate)
    return watch.longest


def main() -> None:
    """Print each row and the worst of them."""
    words = " ".join(sys.argv[1:])
    found = {name: min(cost(name, run) for _ in range(3)) for name, run in rows().items() if words in name}
    for name, took in found.items():
        print(f"{took * 1000:8.1f} ms  {name}")
    print(f"{max(found.values()) * 1000:8.1f} ms  the worst")


if __name__ == "__main__":
    main()
