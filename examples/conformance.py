"""
The conformance app: one small application that makes every feature of the gateway observable from outside.

    python examples/conformance.py --port 8080

It uses the public API only. Each event below does one thing; see ``docs/conformance-app.md``.
"""

import argparse
import hashlib
import sys
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import deferLater
from twisted.logger import globalLogBeginner, textFileLogObserver

from gateway import ConnectionRefused, EngineListener, Front, Listener, WebSocketListener

LARGEST = 64 * 1024 * 1024
"""Bytes of a message on ``/ws``."""

NAMESPACES = ("/", "/chat", "/custom", "/auth")


def connected(socket: Any) -> None:
    """Somebody joined a namespace."""
    socket.data["joined"] = []
    socket.use(lambda event, args: refuse(event, args))
    socket.on("error", lambda error: socket.emit("event-error", "forbidden", str(error)))
    if socket.client.era != "old":
        socket.emit("auth", socket.handshake.auth or {})


def refuse(event: str, args: list[Any]) -> None:
    """Event middleware: one name is not allowed."""
    if event == "forbidden":
        raise PermissionError("not allowed")


def add_echoes(io: Any) -> None:
    """What comes back to the sender."""

    @io.on("echo", ack=True)
    def echo(socket: Any, *args: Any, ack: Any) -> None:
        if ack is None:
            socket.emit("echo", *args)
        else:
            ack(*args)

    @io.on("message-with-ack")
    def message_with_ack(socket: Any, *args: Any) -> Any:
        return args

    @io.on("message")
    def message(socket: Any, *args: Any) -> None:
        if socket.client.era == "old":
            socket.send(*args)
        else:
            socket.emit("message-back", *args)

    @io.on("say")
    def say(socket: Any, value: Any = None) -> None:
        socket.send(value)

    @io.on("ask")
    def ask(socket: Any, *args: Any) -> None:
        socket.emit("question", *args, ack=lambda *answer: socket.emit("answer", *answer))

    @io.on("volatile")
    def volatile(socket: Any, *args: Any) -> None:
        socket.volatile.emit("volatile", *args)

    @io.on("burst")
    def burst(socket: Any, n: int = 0) -> None:
        for i in range(n):
            socket.emit("burst", i)
        socket.emit("burst-end", n)


def add_rooms(io: Any) -> None:
    """Who hears whom."""

    @io.on("all")
    def everybody(socket: Any, *args: Any) -> None:
        io.emit("all", *args)

    @io.on("others")
    def others(socket: Any, *args: Any) -> None:
        socket.broadcast.emit("others", *args)

    @io.on("join")
    def join(socket: Any, room: str) -> str:
        socket.join(room)
        return room

    @io.on("leave")
    def leave(socket: Any, room: str) -> str:
        socket.leave(room)
        return room

    @io.on("rooms")
    def rooms(socket: Any) -> list[str]:
        return sorted(socket.rooms - {socket.id})

    @io.on("to")
    def to(socket: Any, room: str, *args: Any) -> None:
        socket.to(room).emit("to", room, *args)

    @io.on("in")
    def in_(socket: Any, room: str, *args: Any) -> None:
        io.in_(room).emit("in", room, *args)

    @io.on("except")
    def except_(socket: Any, room: str, *args: Any) -> None:
        io.except_(room).emit("except", room, *args)


def add_storage(io: Any) -> None:
    """Values of one connection."""

    @io.on("set")
    async def set_(socket: Any, key: str, value: Any = None) -> bool:
        await socket.set(key, value)
        return True

    @io.on("get")
    async def get(socket: Any, key: str) -> Any:
        return (await socket.get(key),)

    @io.on("has")
    async def has(socket: Any, key: str) -> bool:
        return bool(await socket.has(key))

    @io.on("del")
    async def delete(socket: Any, key: str) -> bool:
        await socket.delete(key)
        return True


def add_values(io: Any) -> None:
    """Answers computed from the arguments."""

    @io.on("sleep")
    async def sleep(socket: Any, ms: float) -> Any:
        await deferLater(reactor, ms / 1000, lambda: None)
        return ms

    @io.on("large")
    def large(socket: Any, n: int) -> str:
        return ("0123456789" * (n // 10 + 1))[:n]

    @io.on("bytes")
    def bytes_(socket: Any, n: int) -> bytes:
        return (bytes(range(256)) * (n // 256 + 1))[:n]

    @io.on("size")
    def size(socket: Any, value: Any = None) -> Any:
        data = encoded(value)
        return (None if data is None else len(data),)

    @io.on("digest")
    def digest(socket: Any, value: Any = None) -> Any:
        data = encoded(value)
        return (None if data is None else hashlib.sha1(data).hexdigest(),)

    @io.on("count")
    def count(socket: Any, i: int) -> None:
        socket.data.setdefault("counted", []).append(i)

    @io.on("counted")
    def counted(socket: Any) -> dict[str, Any]:
        seen = socket.data.pop("counted", [])
        return {"received": len(seen), "ordered": seen == list(range(len(seen)))}


def encoded(value: Any) -> bytes | None:
    """Text as UTF-8, binary as it is, anything else None."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    return value if isinstance(value, bytes) else None


def add_life(io: Any) -> None:
    """Coming, going, failing."""

    @io.on("kick")
    def kick(socket: Any) -> None:
        socket.disconnect()

    @io.on("kick-all")
    def kick_all(socket: Any) -> None:
        socket.disconnect(True)

    @io.on("boom")
    def boom(socket: Any, *args: Any) -> None:
        raise RuntimeError("boom")

    @io.on("forbidden")
    def forbidden(socket: Any, *args: Any) -> None:
        raise AssertionError("the middleware stops this event")

    @io.on("whoami")
    def whoami(socket: Any) -> dict[str, str]:
        client = socket.client
        return {"id": socket.id, "transport": client.transport_name, "era": client.era, "namespace": io.name}

    @io.on("watch")
    def watch(socket: Any) -> bool:
        socket.join("\x00watchers")
        return True

    @io.on("disconnect")
    def left(socket: Any, reason: str) -> None:
        io.to("\x00watchers").emit("left", socket.id)

    @io.on("*", ack=True)
    def anything(socket: Any, name: str, *args: Any, ack: Any) -> None:
        if ack is None:
            socket.emit("any", name, list(args))
        else:
            ack("any", name, list(args))


def admit(socket: Any) -> None:
    """The door of /auth: a token in the connect payload, the namespace's query or the handshake's."""
    token = next(
        (table["token"] for table in (socket.handshake.auth, socket.query, socket.handshake.query) if "token" in table), None
    )
    if token == "expired":
        raise ConnectionRefused("expired", {"code": 419})
    if token != "secret":
        raise ConnectionRefused("not authorized")


def add_to(namespace: Any) -> None:
    """All of it, for one namespace."""
    namespace.on("connection", connected)
    for add in (add_echoes, add_rooms, add_storage, add_values, add_life):
        add(namespace)


def make(**options: Any) -> Listener:
    """The Listener with all its namespaces."""
    io = Listener(assume_eio=None, **options)
    for name in NAMESPACES:
        add_to(io.of(name))
    io.of("/auth").use(admit)
    return io


def make_engine(**options: Any) -> EngineListener:
    """Engine.IO without Socket.IO: an echo of text and bytes."""
    engine = EngineListener(assume_eio=None, **options)
    engine.on("connection", lambda socket: socket.on("message", socket.send))
    return engine


def make_plain(origins: Any) -> WebSocketListener:
    """A WebSocket without either: the same echo, with permessage-deflate."""
    return WebSocketListener("/ws", lambda socket, data: socket.send(data), LARGEST, compression=True, origins=origins)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--ping-interval", type=float, default=25)
    parser.add_argument("--ping-timeout", type=float, default=20)
    parser.add_argument("--connect-timeout", type=float, default=45)
    parser.add_argument("--max-payload", type=int, default=1_000_000)
    parser.add_argument("--max-buffer", type=int, default=16 * 1024 * 1024)
    parser.add_argument("--origins", default="*")
    return parser.parse_args()


async def main(given: argparse.Namespace) -> None:
    """Serve until the process is told to stop."""
    origins = given.origins if given.origins == "*" else given.origins.split(",")
    options = {
        "ping_interval": given.ping_interval,
        "ping_timeout": given.ping_timeout,
        "max_payload": given.max_payload,
        "max_buffer": max(given.max_buffer, given.max_payload),
        "origins": origins,
    }
    front = Front(make(connect_timeout=given.connect_timeout, **options), make_engine(**options), make_plain(origins))
    ports = await front.listen(f"tcp:{given.port}:interface={given.host}")
    reactor.addSystemEventTrigger("before", "shutdown", lambda: Deferred.fromCoroutine(front.close()))  # type: ignore[attr-defined]
    print(f"ready http://{given.host}:{ports[0].getHost().port}", flush=True)


if __name__ == "__main__":
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
    ensureDeferred(main(arguments())).addErrback(
        lambda failure: (print(failure.getErrorMessage(), file=sys.stderr), reactor.stop())
    )  # type: ignore[attr-defined]
    reactor.run()  # type: ignore[attr-defined]
