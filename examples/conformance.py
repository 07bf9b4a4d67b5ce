"""
The conformance app: one small application that makes every feature of the gateway observable from outside.

    python examples/conformance.py --port 8080
    python -m gateway.conformance http://127.0.0.1:8080

It uses the public API only; each event below does one thing.
"""

import argparse
import hashlib
import json
import signal
import sys
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import quoteStringArgument
from twisted.internet.task import deferLater
from twisted.logger import globalLogBeginner, textFileLogObserver

from gateway import ConnectionRefused, EngineListener, Front, Listener, Namespace, Socket, WebSocketListener

reactor: Any = installed_reactor

LARGEST = 64 * 1024 * 1024
"""Bytes of a message on ``/ws``, and of what ``large`` and ``bytes`` make."""

LONGEST = 86_400.0
"""Seconds that ``sleep`` takes; a reactor can't wait for any time there is."""

NAMESPACES = ("/", "/chat", "/custom", "/auth")


# Who may come in, and what happens then


def admit(socket: Socket) -> None:
    """The door of /auth: a token in the connect payload, the namespace's query or the handshake's."""
    tables = (socket.handshake.auth, socket.query, socket.handshake.query)
    token = next((table["token"] for table in tables if "token" in table), None)
    if token == "expired":
        raise ConnectionRefused("expired", {"code": 419})
    if token != "secret":
        raise ConnectionRefused("not authorized")


def connected(socket: Socket) -> None:
    """Somebody joined a namespace."""
    socket.use(refuse)
    socket.on("error", lambda error: socket.emit("event-error", "forbidden", str(error)))
    if socket.client.era != "old":
        socket.emit("auth", socket.handshake.auth)


def refuse(event: str, args: list[Any]) -> None:
    """Event middleware: one name is not allowed."""
    if event == "forbidden":
        raise PermissionError("not allowed")


# Events, by what they are about


def add_echoes(io: Namespace) -> None:
    """What comes back to the sender."""

    @io.on("echo", ack=True)
    def echo(socket: Socket, *args: Any, ack: Any) -> None:
        if ack is None:
            socket.emit("echo", *args)
        else:
            ack(*args)

    @io.on("message")
    def message(socket: Socket, *args: Any) -> None:
        if socket.client.era == "old":  # where an event is a message of a certain form, and all others come back
            socket.send(*args)
        else:
            socket.emit("message-back", *args)

    @io.on("message-with-ack")
    def message_with_ack(socket: Socket, *args: Any) -> Any:
        return args

    @io.on("say")
    def say(socket: Socket, value: Any = None, *_: Any) -> None:
        socket.send(value)

    @io.on("ask")
    def ask(socket: Socket, *args: Any) -> None:
        socket.emit("question", *args, ack=lambda *answer: socket.emit("answer", *answer))

    @io.on("volatile")
    def volatile(socket: Socket, *args: Any) -> None:
        socket.volatile.emit("volatile", *args)

    @io.on("burst")
    def burst(socket: Socket, n: Any = None, *_: Any) -> None:
        for i in range(size_of(n)):
            socket.emit("burst", i)
        socket.emit("burst-end", n)

    @io.on("*", ack=True)
    def anything(socket: Socket, name: str, *args: Any, ack: Any) -> None:
        if ack is None:
            socket.emit("any", name, list(args))
        else:
            ack("any", name, list(args))


def add_rooms(io: Namespace) -> None:
    """Who hears whom."""

    @io.on("all")
    def everybody(socket: Socket, *args: Any) -> None:
        io.emit("all", *args)

    @io.on("others")
    def others(socket: Socket, *args: Any) -> None:
        socket.broadcast.emit("others", *args)

    @io.on("join")
    def join(socket: Socket, room: Any = None, *_: Any) -> Any:
        socket.join(name_of(room))
        return (room,)

    @io.on("leave")
    def leave(socket: Socket, room: Any = None, *_: Any) -> Any:
        socket.leave(name_of(room))
        return (room,)

    @io.on("rooms")
    def rooms(socket: Socket, *_: Any) -> list[str]:
        return sorted(socket.rooms - {socket.id})

    @io.on("to")
    def to(socket: Socket, room: Any = None, *args: Any) -> None:
        socket.to(name_of(room)).emit("to", room, *args)

    @io.on("in")
    def in_(socket: Socket, room: Any = None, *args: Any) -> None:
        io.in_(name_of(room)).emit("in", room, *args)

    @io.on("except")
    def except_(socket: Socket, room: Any = None, *args: Any) -> None:
        io.except_(name_of(room)).emit("except", room, *args)


def add_storage(io: Namespace) -> None:
    """Values of one connection."""

    @io.on("set")
    async def set_(socket: Socket, key: Any = None, value: Any = None, *_: Any) -> bool:
        await socket.set(name_of(key), value)
        return True

    @io.on("get")
    async def get(socket: Socket, key: Any = None, *_: Any) -> Any:
        return (await socket.get(name_of(key)),)

    @io.on("has")
    async def has(socket: Socket, key: Any = None, *_: Any) -> bool:
        return await socket.has(name_of(key))

    @io.on("del")
    async def delete(socket: Socket, key: Any = None, *_: Any) -> bool:
        await socket.delete(name_of(key))
        return True


def add_values(io: Namespace) -> None:
    """Answers computed from the arguments."""

    @io.on("sleep")
    async def sleep(socket: Socket, ms: Any = None, *_: Any) -> Any:
        await deferLater(reactor, min(number(ms) / 1000, LONGEST))
        return (ms,)

    @io.on("large")
    def large(socket: Socket, n: Any = None, *_: Any) -> str:
        size = size_of(n)
        return ("0123456789" * (size // 10 + 1))[:size]

    @io.on("bytes")
    def bytes_(socket: Socket, n: Any = None, *_: Any) -> bytes:
        size = size_of(n)
        return (bytes(range(256)) * (size // 256 + 1))[:size]

    @io.on("size")
    def size(socket: Socket, value: Any = None, *_: Any) -> Any:
        data = encoded(value)
        return (None if data is None else len(data),)

    @io.on("digest")
    def digest(socket: Socket, value: Any = None, *_: Any) -> Any:
        data = encoded(value)
        return (None if data is None else hashlib.sha1(data, usedforsecurity=False).hexdigest(),)

    @io.on("count")
    def count(socket: Socket, i: Any = None, *_: Any) -> None:
        seen, ordered = socket.data.get("counted", (0, True))
        socket.data["counted"] = (seen + 1, ordered and i == seen)

    @io.on("counted")
    def counted(socket: Socket, *_: Any) -> dict[str, Any]:
        seen, ordered = socket.data.pop("counted", (0, True))
        return {"received": seen, "ordered": ordered}


def add_life(io: Namespace) -> None:
    """Coming, going, failing."""
    watchers: dict[str, Socket] = {}

    @io.on("kick")
    def kick(socket: Socket, *_: Any) -> None:
        socket.disconnect()

    @io.on("kick-all")
    def kick_all(socket: Socket, *_: Any) -> None:
        socket.disconnect(True)

    @io.on("boom")
    def boom(socket: Socket, *_: Any) -> None:
        raise RuntimeError("boom")

    @io.on("forbidden")
    def forbidden(socket: Socket, *_: Any) -> None:
        raise AssertionError("the middleware stops this event")

    @io.on("whoami")
    def whoami(socket: Socket, *_: Any) -> dict[str, str]:
        client = socket.client
        return {"id": socket.id, "transport": client.transport_name, "era": client.era, "namespace": io.name}

    @io.on("watch")
    def watch(socket: Socket, *_: Any) -> bool:
        watchers[socket.id] = socket
        return True

    @io.on("disconnect")
    def left(socket: Socket, reason: str) -> None:
        watchers.pop(socket.id, None)
        for watcher in list(watchers.values()):
            watcher.emit("left", socket.id)


# What the values of clients are taken for


def name_of(value: Any) -> str:
    """Rooms and keys are text; anything else is named by its JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=repr)


def number(value: Any) -> float:
    """What counts or lasts: 0 for anything that is no number, or less."""
    return max(0, value) if isinstance(value, int | float) else 0


def size_of(value: Any) -> int:
    """How many characters or bytes; not more than :data:`LARGEST`."""
    return int(min(number(value), LARGEST))


def encoded(value: Any) -> bytes | None:
    """Text as UTF-8, in which half a character is U+FFFD; binary as it is; anything else None."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    return value if isinstance(value, bytes) else None


# The three mounts


def make(**options: Any) -> Listener:
    """Socket.IO, with all namespaces."""
    io = Listener(assume_eio=None, **options)
    for name in NAMESPACES:
        namespace = io.of(name)
        namespace.on("connection", connected)
        for add in (add_echoes, add_rooms, add_storage, add_values, add_life):
            add(namespace)
    io.of("/auth").use(admit)
    return io


def make_engine(**options: Any) -> EngineListener:
    """Engine.IO without Socket.IO: an echo of text and bytes."""
    engine = EngineListener(assume_eio=None, **options)
    engine.on("connection", lambda socket: socket.on("message", socket.send))
    return engine


def make_plain(**options: Any) -> WebSocketListener:
    """A WebSocket without either: the same echo, with permessage-deflate."""
    return WebSocketListener("/ws", lambda socket, data: socket.send(data), LARGEST, compression=True, **options)


# The program


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDR", help="address to bind [%(default)s]")
    parser.add_argument("--port", default=8080, type=int, help="TCP port, 0 for a free one [%(default)s]")
    parser.add_argument("--ping-interval", default=25, type=float, metavar="S", help="seconds [%(default)s]")
    parser.add_argument("--ping-timeout", default=20, type=float, metavar="S", help="seconds [%(default)s]")
    parser.add_argument("--connect-timeout", default=45, type=float, metavar="S", help="seconds [%(default)s]")
    parser.add_argument("--max-payload", default=1_000_000, type=int, metavar="N", help="bytes of a message [%(default)s]")
    parser.add_argument("--max-buffer", default=1 << 24, type=int, metavar="N", help="bytes held for a connection [%(default)s]")
    parser.add_argument("--origins", metavar="LIST", help="comma-separated origins that may connect [all]")
    parser.add_argument("--flash-policy-port", type=int, metavar="N", help="also serve the Flash policy there")
    return parser.parse_args()


def make_front(given: argparse.Namespace) -> Front:
    """Everything that the one port serves."""
    origins = "*" if given.origins is None else [one.strip() for one in given.origins.split(",")]
    common = {"max_buffer": given.max_buffer, "origins": origins}
    engine = {"ping_interval": given.ping_interval, "ping_timeout": given.ping_timeout, "max_payload": given.max_payload}
    return Front(
        make(connect_timeout=given.connect_timeout, **engine, **common), make_engine(**engine, **common), make_plain(**common)
    )


async def serve(given: argparse.Namespace) -> None:
    """Listen, say so, and let every client go when the process is told to stop."""
    front = make_front(given)

    def stop() -> Deferred[None]:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one ends the process at once
        return Deferred.fromCoroutine(front.close())

    reactor.addSystemEventTrigger("before", "shutdown", stop)
    host = quoteStringArgument(given.host)
    if given.flash_policy_port is not None:
        await front.listen_for_policy(f"tcp:{given.flash_policy_port}:interface={host}")
    (port,) = await front.listen(f"tcp:{given.port}:interface={host}")
    shown = f"[{given.host}]" if ":" in given.host else given.host
    print(f"ready http://{shown}:{port.getHost().port}", flush=True)


def main() -> None:
    """Run until SIGTERM or SIGINT; a server that can't start ends with status 1 and one line."""
    failures: list[str] = []

    def failed(failure: Any) -> None:
        failures.append(f"conformance: {failure.getErrorMessage()}")
        reactor.stop()

    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
    given = arguments()
    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(serve(given)).addErrback(failed))
    reactor.run()
    if failures:
        sys.exit(failures[0])


if __name__ == "__main__":
    main()
