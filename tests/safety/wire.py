"""
Clients made of bytes, one TCP connection each, that can also misbehave.

    client = await Modern.connect(url);  await client.echo("x");  client.say('42["count",0]')
    line = await opened(url, "/ws");  line.write(frame(b"x", first=0x83));  assert await close_code(line) == 1002
"""

import json
import re
from collections import deque
from itertools import count
from pathlib import Path
from typing import Any

from tests.conformance.raw import Line, dial, fetch, open_websocket

ENGINE4 = "/socket.io/?EIO=4&transport=polling"
ENGINE3 = "/socket.io/?EIO=3&transport=polling"
SOCKETS = {
    "eio4": "/socket.io/?EIO=4&transport=websocket",
    "eio3": "/socket.io/?EIO=3&transport=websocket",
    "0.9": "/socket.io/1/websocket/",
    "old": "/socket.io/websocket",
}
MB = 1 << 20


def frame(data: bytes, first: int = 0x81) -> bytes:
    """One frame of a client, of any length; the mask is zero."""
    size = len(data)
    if size < 126:
        head = bytes((first, 128 | size))
    elif size < 65536:
        head = bytes((first, 254)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 255)) + size.to_bytes(8, "big")
    return head + bytes(4) + data


def read_frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The frames of a server as pairs of opcode and payload, and what is left."""
    found, start = [], 0
    while len(data) >= start + 2:
        size, at = data[start + 1] & 127, start + 2
        if size > 125:
            at += 2 if size == 126 else 8
            size = int.from_bytes(data[start + 2 : at], "big")
        if len(data) < at + size:
            break
        found.append((data[start] & 15, data[at : at + size]))
        start = at + size
    return found, data[start:]


async def opened(url: str, target: str) -> Line:
    """A WebSocket behind its 101."""
    return await open_websocket(url, target)


async def close_code(line: Line) -> int | None:
    """Wait for the server to close a WebSocket; the code it said, None without one. Then hang up."""
    for _ in range(3000):
        frames, _rest = read_frames(line.data)
        said = [payload for opcode, payload in frames if opcode == 8]
        if said or line.closed.called:
            await line.hang_up()
            return int.from_bytes(said[0][:2], "big") if said and said[0] else None
        await pause(0.005)
    raise AssertionError("the server does not close")


async def message(line: Line) -> str | bytes:
    """The next message of a WebSocket; control frames are passed over."""
    heard: deque[str | bytes] = line.__dict__.setdefault("heard", deque())
    while not heard:
        frames, line.data = read_frames(line.data)
        heard.extend(payload.decode() if opcode == 1 else payload for opcode, payload in frames if opcode in (1, 2))
        if not heard:
            await grown(line)
    return heard.popleft()


async def grown(line: Line) -> None:
    """Wait for anything more."""
    before = line.data
    line.data = b""
    while not line.data:
        assert not line.closed.called, "the server has closed"
        await pause(0.005)
    line.data = before + line.data


async def pause(seconds: float) -> None:
    """Let the reactor turn."""
    from twisted.internet import reactor
    from twisted.internet.task import deferLater

    await deferLater(reactor, seconds)


async def refusal(url: str, data: bytes) -> tuple[int, bytes]:
    """Send bytes that are to be refused: the status and everything that came until the server closed; status 0 without answer."""
    line = await dial(url)
    line.write(data)
    received = await line.end()
    return (int(received.split()[1]) if received else 0), received


class Modern:
    """A 4.x client on a WebSocket that has joined ``/``."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.sid = ""
        self._numbers = count()

    @classmethod
    async def connect(cls, url: str) -> "Modern":
        client = cls(await opened(url, SOCKETS["eio4"]))
        client.sid = json.loads(str(await message(client.line))[1:])["sid"]
        client.say("40")
        assert str(await message(client.line)).startswith("40{")
        assert await message(client.line) == '42["auth",{}]'
        return client

    def say(self, text: str) -> None:
        """Send one packet."""
        self.line.write(frame(text.encode()))

    async def ask(self, event: str, *args: Any) -> Any:
        """The acknowledgement of an event."""
        number = next(self._numbers)
        self.say(f"42{number}" + json.dumps([event, *args]))
        while True:
            answer = str(await message(self.line))
            if answer.startswith(f"43{number}["):
                return json.loads(answer[2 + len(str(number)) :])

    async def echo(self, value: Any) -> Any:
        """What comes back."""
        return (await self.ask("echo", value))[0]


class Nine:
    """A 0.9 client on a WebSocket."""

    def __init__(self, line: Line, sid: str) -> None:
        self.line = line
        self.sid = sid

    @classmethod
    async def connect(cls, url: str) -> "Nine":
        sid = (await fetch(url, "GET", "/socket.io/1/")).body.split(":")[0]
        client = cls(await opened(url, SOCKETS["0.9"] + sid), sid)
        assert await message(client.line) == "1::"
        return client

    async def echo(self, value: Any) -> Any:
        """What comes back."""
        self.line.write(frame(("5:::" + json.dumps({"name": "echo", "args": [value]})).encode()))
        while True:
            answer = str(await message(self.line))
            if '"name":"echo"' in answer:
                return json.loads(answer[4:])["args"][0]


async def polling(url: str, revision: int = 4, join: bool = True) -> str:
    """The address of a new Engine.IO polling session."""
    target = f"/socket.io/?EIO={revision}&transport=polling"
    opened = re.search(r'"sid":"([\w-]+)"', (await fetch(url, "GET", target)).body)
    assert opened is not None
    target += f"&sid={opened[1]}"
    if join and revision == 4:
        await fetch(url, "POST", target, b"40")
        assert (await fetch(url, "GET", target)).body.startswith("40{")
    return target


async def is_over(url: str, target: str) -> bool:
    """Whether the polling session at ``target`` has ended; what waited for it is fetched first."""
    for _ in range(4):
        answer = await fetch(url, "GET", target)
        if answer.status == 400:
            return '"code":1' in answer.body
    return False


def memory(pid: int, what: str = "VmRSS") -> int:
    """Bytes of a process: ``VmRSS`` now, ``VmHWM`` at most so far."""
    found = re.search(rf"^{what}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def reset_peak(pid: int) -> None:
    """Let ``VmHWM`` begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
