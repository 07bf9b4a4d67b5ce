"""
The small applications that the recordings were made against, on the public API.

    python -m gateway.conformance.fixtures --port 8080        /socket.io/ is sio-fixture, /engine.io/ is eio-fixture

``sio-fixture`` has the namespaces ``/``, ``/nsp`` and the two doors ``/deny`` and ``/deny-plain``; ``eio-fixture``
echoes messages but for a few words. Recordings named "custom" have an application of their own.
"""

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater, react

from gateway import ConnectionRefused, EngineListener, EngineSocket, Front, Listener, Socket
from gateway.conformance.recordings import Recording

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"
"""Where npm has put the published clients, in a checkout."""

SMILE = "é☃💩"
BYTES = b"\x00\x01\x02\xff"
JOIN_WAIT, LATER = 0.02, 0.03
"""Seconds that the fixtures of the recordings took."""


# Engine.IO ----------------------------------------------------------------------------

REPLIES: dict[Any, tuple[Any, ...]] = {
    "bin": (BYTES,),
    "mixed": ("a", BYTES, SMILE),
    "utf8": (SMILE,),
    "burst": ("a", "b", "c"),
}


def eio_fixture(engine: EngineListener) -> None:
    """Echo, but for the words that ask for something else."""

    def answer(socket: EngineSocket, data: Any) -> None:
        if data == "close":
            socket.close()
        else:
            for reply in REPLIES.get(data, (data,)):
                socket.send(reply)

    engine.on("connection", lambda socket: socket.on("message", partial(answer, socket)))


def closes_later(engine: EngineListener) -> None:
    """``later``: after a moment says ``last`` and closes."""

    def last(socket: EngineSocket) -> None:
        socket.send("last")
        socket.close()

    engine.on("connection", lambda socket: socket.on("message", lambda data: deferLater(engine.clock, LATER, last, socket)))


def greets(engine: EngineListener) -> None:
    """As ``eio-fixture``, and says ``welcome`` first."""
    engine.on("connection", lambda socket: socket.send("welcome"))
    eio_fixture(engine)


# Socket.IO ----------------------------------------------------------------------------


def sio_fixture(io: Listener, query_as_auth: bool = False) -> None:
    """
    The events of the recordings, in ``/`` and ``/nsp``; ``/deny`` and ``/deny-plain`` let nobody in.

    :param query_as_auth: show the query of a namespace as ``auth``, as 4.x does to clients of 2.x.
    """
    for name in ("/", "/nsp"):
        _events(io.of(name), query_as_auth)

    io.of("/nsp").on("connection", lambda socket: socket.emit("welcome", "nsp"))
    io.of("/deny").use(partial(_turn_away, {"code": 7}))
    io.of("/deny-plain").use(partial(_turn_away, None))


def _turn_away(data: Any, socket: Socket) -> None:
    raise ConnectionRefused("nope", data)


def _events(nsp: Any, query_as_auth: bool) -> None:
    nsp.on("echo", lambda socket, *args: socket.emit("echo", *args))
    nsp.on("ack", lambda socket, *args: args)
    nsp.on("all", lambda socket, message: nsp.emit("all", message))
    nsp.on("say", lambda socket, room, message: socket.to(room).emit("said", message))
    nsp.on("bye", lambda socket: _nothing(socket.disconnect()))
    nsp.on("byeall", lambda socket: _nothing(socket.disconnect(True)))
    nsp.on("id", lambda socket: socket.id)
    nsp.on("hs", lambda socket: _shown(socket, query_as_auth))

    nsp.on("ask", _ask)
    nsp.on("burst", _burst)
    nsp.on("join", _join)


def _ask(socket: Socket, *args: Any) -> None:
    socket.emit("question", *args, ack=lambda *answer: socket.emit("answer", *answer))


def _burst(socket: Socket, count: int) -> None:
    for number in range(count):
        socket.emit("n", number)


def _join(socket: Socket, room: str) -> Any:
    socket.join(room)
    return deferLater(socket.namespace.listener.clock, JOIN_WAIT, lambda: "joined")


def _nothing(_: Any) -> None:
    """What these handlers answer."""


def _shown(socket: Socket, query_as_auth: bool) -> dict[str, Any]:
    query = {key: value for key, value in socket.handshake.query.items() if key not in ("t", "sid")}
    if query_as_auth:
        return {"query": query, "auth": socket.query or socket.handshake.auth}
    auth = socket.handshake.auth if socket.client.era == "eio4" else None
    return {"query": query | socket.query, "auth": auth}


def asks_everybody(io: Listener) -> None:
    """``go`` asks all clients, ``go1`` the sender, each for an answer in time."""

    def told(socket: Socket, event: str) -> Callable[..., None]:
        def tell(error: Any, answer: Any = None) -> None:
            socket.emit(event, None if error is None else "operation has timed out", answer)

        return tell

    io.on("go", lambda socket: io.timeout(0.3).emit("all?", "x", ack=told(socket, "result")))
    io.on("go1", lambda socket: socket.timeout(0.1).emit("one?", ack=told(socket, "result1")))


def flaky(io: Listener) -> None:
    """The first delivery of ``flaky`` is lost; each later one is answered."""
    deliveries: list[Any] = []

    def deliver(socket: Socket, value: Any, ack: Any = None) -> None:
        deliveries.append(value)
        if len(deliveries) > 1:
            ack("ok", value)

    io.on("flaky", deliver, ack=True)


def dynamic(io: Listener) -> None:
    """Namespaces by a pattern, and by a function that looks at ``auth``."""
    numbered = io.of(re.compile(r"/dyn-\d+"))
    asked = io.of(lambda name, handshake: handshake.auth.get("ok") is True)
    numbered.on("connection", lambda socket: socket.emit("here", socket.namespace.name))
    asked.on("connection", lambda socket: socket.emit("fn", socket.namespace.name))


def missed_events(io: Listener) -> None:
    """What the recording's own script did beside the fixture: broadcasts while the client is there, and while it is away."""
    sio_fixture(io)

    def twice(socket: Socket, text: str) -> None:
        if text == "one":
            io.emit("all", "two")
            io.emit("all", {"three": 3})

    def away(socket: Socket, reason: str) -> None:
        io.to("room1").emit("all", "missed-1")
        io.emit("all", "missed-2")
        io.to("room2").emit("all", "not for this client")
        io.volatile.emit("all", "not kept")

    io.on("echo", twice)
    io.on("disconnect", away)


# Serving ------------------------------------------------------------------------------

CUSTOM_EIO = {
    "eio-2.5.1-server-close-no-poll": closes_later,
    "eio-4.8.4-server-close-no-poll": closes_later,
    "eio-4.8.4-initial-packet": greets,
}
CUSTOM_SIO = {
    "sio-4.8.4-dynamic-namespace": dynamic,
    "sio-4.8.4-polling-recovery": missed_events,
    "sio-4.8.4-websocket-recovery": missed_events,
    "sio-4.8.4-websocket-broadcast-ack": asks_everybody,
    "sio-4.8.4-websocket-retries": flaky,
}


def _authorization(handshake: Any) -> bool:
    """``deny=msg`` is refused with a message, ``deny=plain`` without."""
    denied = handshake.query.get("deny")
    if denied == "msg":
        raise ConnectionRefused("custom message")
    return bool(denied != "plain")


def _seconds(value: Any) -> float:
    return float(value) / 1000


OPTIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "pingInterval": lambda value: {"ping_interval": _seconds(value)},
    "pingTimeout": lambda value: {"ping_timeout": _seconds(value)},
    "upgradeTimeout": lambda value: {"upgrade_timeout": _seconds(value)},
    "connectTimeout": lambda value: {"connect_timeout": _seconds(value)},
    "maxHttpBufferSize": lambda value: {"max_payload": value},
    "cors": lambda value: {"origins": [value["origin"]]},
    "cookie": lambda value: {"cookie": value},
    "allowRequest": lambda value: {"authorization": _authorization},
    "perMessageDeflate": lambda value: {"compression": {"websocket"}},
    "connectionStateRecovery": lambda value: {"recovery": _seconds(value.get("maxDisconnectionDuration", 120_000))},
    "parser": lambda value: {"parser": "msgpack"},
    "allowEIO3": lambda value: {},
    "initialPacket": lambda value: {},
}
"""Option of the JavaScript server -> ours."""


def options_of(recording: Recording) -> dict[str, Any]:
    """Our options for those that the recorded server had."""
    ours: dict[str, Any] = {"origins": "*"}
    for name, value in recording.options.items():
        ours |= OPTIONS[name](value)
    if not (recording.older or recording.options.get("allowEIO3")):
        ours["eras"] = ["eio4"]
    if recording.name.endswith("serve-client"):
        ours["serve_client"] = {"folder": NODE_MODULES, "version": "{}.{}".format(*recording.server)}
    return ours


@dataclass(slots=True)
class Fixture:
    """A server of its own for one recording."""

    front: Front
    port: int

    async def close(self) -> None:
        """End it, and every connection."""
        await self.front.close()


def mounts_for(reactor: Any, recording: Recording | None = None) -> tuple[Listener, EngineListener]:
    """The two mounts, with the applications and options of ``recording``."""
    options = {"origins": "*"} if recording is None else options_of(recording)
    name = "" if recording is None else recording.name
    only_sio = {"connect_timeout", "recovery", "parser", "serve_client"}
    io = Listener(reactor=reactor, **options)
    engine = EngineListener(reactor=reactor, **{key: value for key, value in options.items() if key not in only_sio})
    CUSTOM_EIO.get(name, eio_fixture)(engine)
    if name in CUSTOM_SIO:
        CUSTOM_SIO[name](io)
    else:
        sio_fixture(io, query_as_auth=recording is not None and "allowEIO3" in recording.options)
    return io, engine


async def serve(reactor: Any, recording: Recording | None = None, port: int = 0) -> Fixture:
    """Start a fresh server on ``port`` of 127.0.0.1 (0: a free one)."""
    front = Front(*mounts_for(reactor, recording), reactor=reactor)
    (opened,) = await front.listen(f"tcp:{port}:interface=127.0.0.1")
    return Fixture(front, opened.getHost().port)


def main() -> None:
    """Serve both fixtures until the process is told to stop."""
    parser = argparse.ArgumentParser(description="The applications of the recordings.")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()

    async def run(reactor: Any) -> None:
        fixture = await serve(reactor, port=arguments.port)
        print(f"ready http://127.0.0.1:{fixture.port}", flush=True)
        await Deferred()

    react(lambda reactor: Deferred.fromCoroutine(run(reactor)))


if __name__ == "__main__":
    main()
