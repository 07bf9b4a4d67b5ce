"""
The applications that the recordings of Socket.IO 0.3 to 0.9 were made against, on the public API.

    python -m gateway.conformance.fixtures_legacy --port 8080        that of 0.7 to 0.9; --old: that of 0.3 to 0.6

:class:`Application09` has the namespaces ``/``, ``/chat``, ``/news``, ``/hello``, ``/ok``, and the two doors ``/deny`` and
``/err``; :mod:`gateway.conformance.fixtures06` has the other one.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater, react
from twisted.web.resource import Resource
from twisted.web.server import Site

from gateway import ConnectionRefused, Listener, Socket
from gateway.conformance.fixtures06 import Application06, options06
from gateway.front import Front

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"
WEIRD = ("</script>", "a'b\"c", "back\\slash", "nl\n", "\u2028", "\ufffd")
EVERYWHERE = ("/", "/chat", "/news", "/hello", "/ok")
MEANT_LATER = 0.05
"""Seconds after which ``volatile`` is sent."""


class Elsewhere(Resource):
    """
    What is not Socket.IO.

    :ivar seen: gets a note of each request.
    """

    isLeaf = True

    def __init__(self, seen: list[Any], status: int, body: bytes) -> None:
        super().__init__()
        self.seen, self._status, self._body = seen, status, body

    def render(self, request: Any) -> bytes:
        """Answer as the fixtures did."""
        self.seen.append(["app-request"])
        request.setResponseCode(self._status)
        request.setHeader(b"content-type", b"text/plain")
        return self._body


# 0.7 to 0.9 ---------------------------------------------------------------------------


class Application09:
    """
    The reference application.

    :ivar seen: what happened, as the recordings have it: ``["event", "/chat", "echo", ["a"], "ack"]``.
    """

    def __init__(self, io: Listener, greets: bool = False) -> None:
        self.io = io
        self.seen: list[Any] = []
        for name in EVERYWHERE:
            self._serve(name, greets and name == "/")
        io.of("/deny").use(_deny)
        io.of("/err").use(_fail)

    def _serve(self, name: str, greets: bool) -> None:
        nsp, short = self.io.of(name), "" if name == "/" else name

        @nsp.on("connection")
        def connected(socket: Socket) -> None:
            self.seen.append(["connection", short])
            if name == "/hello":
                socket.emit("welcome", name)
            if greets:
                socket.emit("greet", "hi")

        @nsp.on("disconnect")
        def left(socket: Socket, reason: str) -> None:
            self.seen.append(["disconnect", short, reason])

        @nsp.on("message", ack=True)
        def message(socket: Socket, data: Any = None, *more: Any, ack: Any = None) -> None:
            self.seen.append(["message", short, "message", [data, *more], "ack" if ack else ""])
            if ack:
                ack("got", data)
            elif isinstance(data, str):
                socket.send(data)
            else:
                socket.json.send(data)

        for event, handler in _EVENTS.items():
            nsp.on(event, self._told(short, event, handler), ack=True)

    def _told(self, short: str, event: str, handler: Callable[..., Any]) -> Callable[..., None]:
        def told(socket: Socket, *args: Any, ack: Any = None) -> None:
            self.seen.append(["event", short, event, list(args), "ack" if ack else ""])
            handler(Asked(self, socket, ack), *args)

        return told

    def authorize(self, handshake: Any) -> bool:
        """Option ``authorization`` of the scenarios with ``~auth``."""
        query = dict(handshake.query)
        query.pop("t", None)
        self.seen.append(["authorize", list(query)])
        if "err" in query:
            raise ApplicationError("boom")
        return "deny" not in query


class ApplicationError(Exception):
    """The application of a recording fails on purpose."""


@dataclass(slots=True)
class Asked:
    """An event that came: who sent it, and the function that acknowledges it (None: not asked for)."""

    app: Application09
    socket: Socket
    ack: Callable[..., None] | None

    def answer(self, *values: Any) -> None:
        """Acknowledge, if that was asked for."""
        if self.ack:
            self.ack(*values)

    def stored(self, work: "Deferred[Any]", tell: bool) -> None:
        """Acknowledge what a store says, after the error that there was not."""
        work.addCallback(lambda value: self.answer(None, value) if tell else self.answer(None))

    def later(self, seconds: float, call: Callable[[], Any]) -> None:
        """Call after a while."""
        deferLater(self.app.io.clock, seconds, call)


def _deny(socket: Socket) -> None:
    raise ConnectionRefused("not authorized")


def _fail(socket: Socket) -> None:
    raise ApplicationError("boom")


def _echo(asked: Asked, *args: Any) -> None:
    if asked.ack:
        asked.ack(*args)
    else:
        asked.socket.emit("echo", *args)


def _ask(asked: Asked, mode: str) -> None:
    socket, seen, name = asked.socket, asked.app.seen, asked.socket.namespace.name

    def answered(*args: Any) -> None:
        seen.append(["acked", "" if name == "/" else name, mode, list(args)])
        shown = [*args, None, None][:2] if mode == "data" else [len(args)]
        socket.emit("answer", mode, *shown)

    if mode in ("data", "plain"):
        socket.emit("question", f"{mode}?", ack=answered)
    elif mode == "message":
        socket.send("question", ack=answered)
    else:
        socket.json.send({"question": 1}, ack=answered)


def _burst(asked: Asked, count: int) -> None:
    for number in range(count):
        asked.socket.emit("tick", number)


def _unicode(asked: Asked) -> None:
    asked.socket.emit("unicode", "é", "€", "😀")
    asked.socket.send("😀x")
    asked.socket.send("€")


def _join(asked: Asked, room: str) -> None:
    asked.socket.join(room)
    asked.socket.emit("joined", room)


def _leave(asked: Asked, room: str) -> None:
    asked.socket.leave(room)
    asked.socket.emit("left", room)


def _volatile(asked: Asked, message: Any) -> None:
    def send() -> None:
        asked.socket.volatile.emit("vol", message)
        asked.socket.emit("kept", message)

    asked.later(MEANT_LATER, send)


def _info(asked: Asked) -> None:
    """The fields that 0.9 had, under their names."""
    handshake = asked.socket.handshake
    fields = ("address", "headers", "query", "secure", "time", "url", "xdomain")
    rooms = ["" if name == "/" else name for name in asked.socket.client.sockets]
    shown = {
        "xdomain": handshake.xdomain,
        "query": sorted(handshake.query),
        "address": _kind(handshake.address),
        "time": _kind(handshake.time),
        "issued": "undefined",
        "transport": asked.socket.client.transport_name,
        "rooms": rooms,
    }
    asked.answer([name for name in fields if hasattr(handshake, name)], shown)


def _kind(value: Any) -> str:
    return "string" if isinstance(value, str) else type(value).__name__


_EVENTS: dict[str, Callable[..., Any]] = {
    "echo": _echo,
    "ask": _ask,
    "burst": _burst,
    "later": lambda asked, ms, count: asked.later(ms / 1000, lambda: _burst(asked, count)),
    "unicode": _unicode,
    "weird": lambda asked: asked.socket.emit("weird", *WEIRD),
    "bye": lambda asked: asked.socket.disconnect(),
    "join": _join,
    "leave": _leave,
    "toroom": lambda asked, room, message: asked.socket.to(room).emit("room", room, message),
    "allroom": lambda asked, room, message: asked.socket.namespace.to(room).emit("allroom", room, message),
    "bcast": lambda asked, message: asked.socket.broadcast.emit("bcast", message),
    "bcastjson": lambda asked, message: asked.socket.broadcast.json.send(message),
    "all": lambda asked, message: asked.socket.namespace.emit("all", message),
    "except": lambda asked, message: asked.socket.namespace.except_(asked.socket.id).emit("except", message),
    "volatile": _volatile,
    "big": lambda asked, count: asked.socket.send("x" * count),
    "set": lambda asked, key, value: asked.stored(asked.socket.set(key, value), tell=False),
    "get": lambda asked, key: asked.stored(asked.socket.get(key), tell=True),
    "has": lambda asked, key: asked.stored(asked.socket.has(key), tell=True),
    "del": lambda asked, key: asked.stored(asked.socket.delete(key), tell=False),
    "info": _info,
}


TRANSPORTS = ("websocket", "htmlfile", "xhr-polling", "jsonp-polling")
"""Those of 0.9 that were on by default, in the order in which it named them."""

DEFAULTS: dict[str, Any] = {
    "transports": TRANSPORTS,
    "origins": "*:*",
    "heartbeat interval": 25,
    "heartbeat timeout": 60,
    "close timeout": 60,
}
"""What the listener of 0.9.19 had."""

OLDER_DEFAULTS: dict[str, Any] = {"heartbeat timeout": 15, "close timeout": 25}
"""Those of 0.7 and 0.8."""

_UNSAID = ("flash policy port", "heartbeats", "browser client", "browser client etag", "browser client gzip")
MOMENT = 0.001
"""In place of 0 seconds, which there are not here (Q3)."""

UNTOLD = frozenset((*_UNSAID, "browser client minification"))
"""Settings that have no meaning here: what comes of them is among the differences of each scenario."""


def set_up(io: Listener, settings: Mapping[str, Any], server: str = "") -> None:
    """Give ``io`` the settings of a recording of ``server`` ("socket.io 0.9.19"), in the manner of 0.9."""
    given = {**DEFAULTS, **(OLDER_DEFAULTS if server.split()[-1:] < ["0.9"] else {}), **settings}
    shortest = min(given["heartbeat timeout"], given["close timeout"])
    given["heartbeat interval"] = min(given["heartbeat interval"], shortest or MOMENT)
    for name, value in given.items():
        if name in UNTOLD or name.startswith("~") or isinstance(value, Mapping):
            continue
        io.set(name, value or MOMENT if name.endswith("timeout") else value)


def clients_of(scenario: Mapping[str, Any]) -> dict[str, Any] | None:
    """The option ``serve_client`` as the server of ``scenario`` had it; None where it served no files, or npm's are not here."""
    line = scenario["server"].split()[-1].rpartition(".")[0]
    here = (NODE_MODULES / f"socket.io-client-{line}").is_dir()
    return {"folder": NODE_MODULES, "version": line} if here and scenario["settings"].get("browser client", True) else None


# Serving ------------------------------------------------------------------------------


BARE: dict[str, Any] = {"settings": {}, "server": "socket.io 0.9.19"}
"""A scenario with the defaults of 0.9.19."""


@dataclass(slots=True)
class Served:
    """
    A server of its own for one scenario.

    :ivar policy_port: where Flash policies are given, 0 for nowhere.
    """

    front: Front
    port: int
    policy_port: int = 0
    seen: list[Any] = field(default_factory=list)

    def close(self) -> "Deferred[Any]":
        """End it, and every connection."""
        return Deferred.fromCoroutine(self.front.close())


async def serve09(reactor: Any, scenario: Mapping[str, Any], port: int = 0) -> Served:
    """Start a fresh server with the settings of a ``scenario`` of 0.9 on ``port`` of 127.0.0.1 (0: a free one)."""
    settings = scenario["settings"]
    io = Listener(reactor=reactor, serve_client=clients_of(scenario))
    app = Application09(io, greets="~greet" in settings)
    set_up(io, settings, scenario["server"])
    if "~auth" in settings:
        io.set("authorization", app.authorize)
    elsewhere = Elsewhere(app.seen, 404, b"not socket.io")
    return await _served(reactor, io, elsewhere, port, policy="flashsocket" in settings.get("transports", ()))


async def serve06(reactor: Any, options: Mapping[str, Any], port: int = 0, policy: bool = False) -> Served:
    """The same for 0.3 to 0.6, with our own ``options``."""
    io = Listener(reactor=reactor, **options)
    return await _served(reactor, io, Elsewhere(Application06(io).seen, 200, b"app"), port, policy)


async def _served(reactor: Any, io: Listener, elsewhere: Elsewhere, port: int, policy: bool) -> Served:
    front = Front(io, fallback=Site(elsewhere, reactor=reactor), reactor=reactor)
    (opened,) = await front.listen(f"tcp:{port}:interface=127.0.0.1")
    served = Served(front, opened.getHost().port, seen=elsewhere.seen)
    if policy:
        (second,) = await front.listen_for_policy("tcp:0:interface=127.0.0.1")
        served.policy_port = second.getHost().port
    return served


def main() -> None:
    """Serve until the process is told to stop."""
    parser = argparse.ArgumentParser(description="The applications of the recordings of Socket.IO 0.3 to 0.9.")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--old", action="store_true", help="that of 0.3 to 0.6")
    arguments = parser.parse_args()

    async def run(reactor: Any) -> None:
        work = serve06(reactor, options06({}, False), arguments.port) if arguments.old else serve09(reactor, BARE, arguments.port)
        served = await work
        print(f"ready http://127.0.0.1:{served.port}", flush=True)
        await Deferred()

    react(lambda reactor: Deferred.fromCoroutine(run(reactor)))


if __name__ == "__main__":
    main()
