"""
Engine.IO 2 to 4 without Socket.IO: text and bytes, both ways, over polling and WebSocket.

    bare = EngineListener(path="/engine.io")

    @bare.on("connection")
    def connected(socket):
        socket.on("message", socket.send)
        socket.on("close", lambda reason: print(socket.id, reason))
"""

from typing import TYPE_CHECKING, Any, cast

from gateway import tracing
from gateway.client import Client
from gateway.eras import BARE, Era, engine_message
from gateway.errors import OptionError
from gateway.handlers import Handlers
from gateway.handshake import Handshake
from gateway.hosting import SessionHost
from gateway.options import ENGINE_ERAS, ENGINE_OPTIONS, ListenerOptions
from gateway.unfinished import fire
from protocols.model import Session

if TYPE_CHECKING:
    from gateway.transports import Transport


class EngineSocket(Handlers):
    """
    One client; what handlers of ``connection`` receive.

    Its events: ``message(data)`` with str or bytes, ``upgrade(transport_name)``, ``close(reason)``. Handlers are
    functions, coroutine functions, or return Deferreds.

    :ivar client: the peer behind it.
    :ivar unfinished: bytes of the messages whose handlers are not done, see :mod:`gateway.unfinished`.
    """

    __slots__ = ("client", "unfinished")

    def __init__(self, client: "EngineClient") -> None:
        super().__init__()
        self.client = client
        self.unfinished = 0

    def __repr__(self) -> str:
        return f"<EngineSocket {self.id[:6]}… over {self.transport_name or 'nothing yet'}>"

    @property
    def id(self) -> str:
        """The session id; whoever learns it can act as this client."""
        return self.client.session.id

    @property
    def transport_name(self) -> str:
        """ "polling" or "websocket"."""
        return self.client.transport_name

    @property
    def handshake(self) -> Handshake:
        """What was fixed when the client connected."""
        return self.client.handshake

    @property
    def connected(self) -> bool:
        """Whether it is still there."""
        return not self.client.over

    def send(self, data: str | bytes, compress: bool = True) -> None:
        """
        Send a message; nothing happens when the client is gone.

        :param compress: whether it may be compressed, where the option ``compression`` has it so.
        :raises TypeError: ``data`` is neither str nor bytes.
        """
        if not isinstance(data, str | bytes):
            raise TypeError(f"a message is str or bytes, not {type(data).__name__}")
        if not self.client.over:
            self.client.deliver(engine_message(data, compress))

    write = send

    def close(self) -> None:
        """End the connection."""
        self.client.end("forced close")


class EngineClient(Client):
    """The peer behind an :class:`EngineSocket`."""

    __slots__ = ("socket",)

    def __init__(self, listener: SessionHost, session: Session, handshake: Handshake) -> None:
        super().__init__(listener, session, handshake)
        self.socket = EngineSocket(self)

    def begin(self, transport: "Transport | None", now: float) -> None:
        super().begin(transport, now)
        cast("EngineListener", self.listener)._fire("connection", self.socket)

    def attach(self, transport: "Transport", now: float) -> None:
        name = self.transport_name
        super().attach(transport, now)
        if self.transport_name != name and not self.over:
            self.socket._fire("upgrade", self.transport_name)

    def close_sockets(self, reason: str, description: str) -> None:
        super().close_sockets(reason, description)
        self.socket._fire("close", reason)


class EngineListener(SessionHost, Handlers):
    """
    A server of bare Engine.IO. Its event: ``connection(socket)``.

    :param path: the mount.
    :param reactor: a Twisted reactor; the installed one by default.
    :param options: those of a Listener that mean something without Socket.IO; others raise OptionError.
    """

    make_client = EngineClient

    def __init__(self, path: str = "/engine.io", reactor: Any = None, **options: Any) -> None:
        for name in options:
            if name not in ENGINE_OPTIONS:
                raise OptionError(f"option {name!r} is unknown, or means nothing without Socket.IO")
        given = {"path": path, "eras": ENGINE_ERAS} | options
        SessionHost.__init__(self, ListenerOptions.checked(given, fixed=("path", "eras", "transports")), reactor)
        Handlers.__init__(self)
        tracing.watch(self)
        if not set(self.options.eras) <= set(ENGINE_ERAS):
            raise OptionError(f"option eras: a list out of {', '.join(ENGINE_ERAS)} is wanted, not {self.options.eras!r}")

    @property
    def clients(self) -> dict[str, EngineSocket]:
        """The socket of each client, by session id."""
        return {sid: cast("EngineClient", client).socket for sid, client in self._sessions.items()}

    def era_of(self, request: Any) -> Era | None:
        return BARE

    def take_data(self, client: Client, data: Any) -> None:
        socket = cast("EngineClient", client).socket
        fire(socket, "message", (data,), socket, data)
