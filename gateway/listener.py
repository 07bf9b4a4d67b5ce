"""Listener: what an application creates. Options, namespaces, admission of clients, close."""

import secrets
import time
from collections.abc import Callable
from typing import Any

from twisted.logger import Logger
from twisted.python.failure import Failure

from gateway import routes
from gateway.broadcast import Broadcast, Targets
from gateway.client import Client
from gateway.eras import GreetingMemory, settings_of
from gateway.errors import ConnectionRefused
from gateway.flushing import Flusher, flusher_of
from gateway.handlers import AnyHandler
from gateway.handshake import Handshake
from gateway.heartbeat import Wheel
from gateway.namespace import Namespace
from gateway.options import ListenerOptions
from gateway.origins import Origins, cors_headers
from gateway.reactors import default_reactor
from gateway.sockets import Socket
from gateway.stores import IStore, MemoryStore
from protocols.errors import ProtocolError
from protocols.model import Answer, Connect, Session


class Listener(Targets):
    """
    A Socket.IO server for clients of every era; also usable as its own default namespace.

    :param reactor: a Twisted reactor; the installed one by default.
    :param options: see ``docs/options.md``; unknown or wrong ones raise OptionError with their name.

    :ivar clients: socket of ``/`` by session id.
    :ivar sockets: the default namespace.
    """

    LINGER = 30.0
    """Seconds that the end of a polling session is kept for its next poll (Engine.IO 6.6)."""

    log = Logger(namespace="socketio.listener")

    def __init__(self, reactor: Any = None, **options: Any) -> None:
        self.options = ListenerOptions.checked(options)
        self.settings = settings_of(self.options)
        self.origins = Origins(self.options.origins)
        self.greetings = GreetingMemory()
        self._given_reactor = reactor
        self._parts: tuple[Wheel, Flusher] | None = None
        self._store: IStore | None = self.options.store
        self._fronts: list[Any] = []
        self._sessions: dict[str, Client] = {}
        self._namespaces: dict[str, Namespace] = {}
        self._complained_at = 0.0
        self.closing = False
        self.sockets = self.of("/")
        for name in ("client_connect", "client_message", "client_disconnect"):
            handler = getattr(self.options, f"on_{name}")
            if handler is not None:
                self.sockets.on("client" + name.removeprefix("client_").capitalize(), handler)

    # Parts that need the reactor

    @property
    def clock(self) -> Any:
        """The reactor, for timers."""
        if self._given_reactor is None:
            self._given_reactor = default_reactor()
        return self._given_reactor

    @property
    def wheel(self) -> Wheel:
        """The one timer of all sessions."""
        return self._made()[0]

    @property
    def flusher(self) -> Flusher:
        """Joins what one turn writes."""
        return self._made()[1]

    @property
    def store(self) -> IStore:
        """Where ``socket.set`` keeps values."""
        if self._store is None:
            self._store = MemoryStore(self.clock)
        return self._store

    def _made(self) -> tuple[Wheel, Flusher]:
        if self._parts is None:
            shortest = min(self.options.ping_interval, self.options.ping_timeout)
            wheel = Wheel(self.clock, min(1.0, max(0.01, shortest / 10)))
            self._parts = (wheel, flusher_of(self.clock))
        return self._parts

    # Namespaces and handlers

    def of(self, name: str) -> Namespace:
        """The namespace ``name`` (a leading slash is added if missing), made on first use."""
        name = name if name.startswith("/") else f"/{name}"
        namespace = self._namespaces.get(name)
        if namespace is None:
            namespace = self._namespaces[name] = Namespace(name, self)
        return namespace

    def on(self, event: str, handler: Any = None, *, serial: bool = False, ack: bool = False) -> Any:
        """As :meth:`Namespace.on` of the default namespace."""
        return self.sockets._add(event, handler, False, serial, ack)

    def once(self, event: str, handler: Any = None, *, ack: bool = False) -> Any:
        """As :meth:`Namespace.once` of the default namespace."""
        return self.sockets._add(event, handler, True, False, ack)

    def off(self, event: str, handler: AnyHandler | None = None) -> None:
        """As :meth:`Namespace.off` of the default namespace."""
        self.sockets.off(event, handler)

    def remove_listener(self, event: str, handler: AnyHandler) -> None:
        """As :meth:`Namespace.remove_listener` of the default namespace."""
        self.sockets.off(event, handler)

    def remove_all_listeners(self, event: str | None = None) -> None:
        """As :meth:`Namespace.remove_all_listeners` of the default namespace."""
        self.sockets.remove_all_listeners(event)

    def event_names(self) -> list[str]:
        """Events of the default namespace that have a handler."""
        return self.sockets.event_names()

    def listeners(self, event: str) -> list[AnyHandler]:
        """Handlers of ``event`` in the default namespace."""
        return self.sockets.listeners(event)

    def on_any(self, handler: AnyHandler) -> AnyHandler:
        """As :meth:`Namespace.on_any` of the default namespace."""
        return self.sockets.on_any(handler)

    def off_any(self, handler: AnyHandler | None = None) -> None:
        """As :meth:`Namespace.off_any` of the default namespace."""
        self.sockets.off_any(handler)

    def use(self, fn: AnyHandler) -> AnyHandler:
        """As :meth:`Namespace.use` of the default namespace."""
        return self.sockets.use(fn)

    @property
    def clients(self) -> dict[str, Socket]:
        """The socket of ``/`` of each client, by session id."""
        return {sid: client.sockets["/"] for sid, client in self._sessions.items() if "/" in client.sockets}

    clients_index = clients

    @property
    def adapter(self) -> Any:
        """Rooms of the default namespace."""
        return self.sockets.adapter

    def broadcast(self, message: Any, except_: str | tuple[str, ...] | list[str] = ()) -> "Listener":
        """Send ``message`` to everybody in ``/`` but the session ids in ``except_`` (Socket.IO 0.6)."""
        names = (except_,) if isinstance(except_, str) else tuple(except_)
        Broadcast(self.sockets, except_=names).send(message)
        return self

    def _to(self) -> Broadcast:
        return Broadcast(self.sockets)

    # Serving

    def factory(self, fallback: Any = None) -> Any:
        """An ``IProtocolFactory`` for any endpoint; what is not the gateway's goes to the Site ``fallback``."""
        from gateway.front import Front

        front = Front(self, fallback=fallback, reactor=self.clock, **routes.front_options(self.options))
        self._fronts.append(front)
        return front

    async def listen(self, *endpoints: str, fallback: Any = None) -> list[Any]:
        """Listen on endpoint strings such as ``tcp:8080``; gives the ports."""
        ports: list[Any] = await self.factory(fallback).listen(*endpoints)
        return ports

    async def close(self) -> None:
        """Stop listening, then end every connection so that its client comes back elsewhere."""
        self.closing = True
        for front in self._fronts:
            await front.stop_listening()
        for client in list(self._sessions.values()):
            client.end("server shutting down")
        self.flusher.flush()
        for front in self._fronts:
            await front.close()
        self._fronts.clear()
        self._sessions.clear()
        self.wheel.stop()

    # What a Front asks of its mounts

    def owns(self, path: str) -> bool:
        """Whether ``path`` lies below the mount."""
        mount = self.options.path
        return path.startswith(mount) and path[len(mount) : len(mount) + 1] == "/"

    @property
    def max_body(self) -> int:
        """Bytes of the largest body taken."""
        return self.options.max_payload

    @property
    def policy(self) -> Callable[[], bytes] | None:
        """Answers a Flash policy request on the listener's port; None while no flashsocket is enabled."""
        policy: Callable[[], bytes] | None = routes.policy_of(self)
        return policy

    def ports(self) -> list[int]:
        """Numbers of the TCP ports it listens on."""
        hosts = [port.getHost() for front in self._fronts for port in front.ports]
        return [host.port for host in hosts if hasattr(host, "port")]

    def handle(self, request: Any) -> None:
        """A request below the mount."""
        routes.handle(self, request)

    # Sessions

    def find(self, sid: str) -> Client | None:
        """The client of session ``sid``."""
        return self._sessions.get(sid)

    def add(self, session: Session, request: Any, transport: str) -> Client:
        """Make the client of a new session."""
        handshake = Handshake(request, session.era, transport, int(time.time() * 1000))
        client = self._sessions[session.id] = Client(self, session, handshake)
        return client

    def forget(self, client: Client) -> None:
        """``client`` is gone."""
        if self._sessions.get(client.session.id) is client:
            del self._sessions[client.session.id]

    def generate_id(self) -> str:
        """A new session id: 120 random bits in 20 characters, or what the option says."""
        make = self.options.generate_id
        return secrets.token_urlsafe(15) if make is None else str(make())

    def generate_key(self) -> str:
        """A new key for a client's stored values."""
        return secrets.token_urlsafe(15)

    def join(self, client: Client, connect: Connect) -> None:
        """``client`` asks to join a namespace."""
        namespace = self._namespaces.get(connect.namespace)
        if namespace is None or len(client.sockets) >= self.options.max_namespaces:
            client.handle(client.session.unknown(connect.namespace))
            return
        socket_id = client.session.socket_id(namespace.name, self.generate_key)
        socket = Socket(socket_id, namespace, client, connect.query, connect.auth)
        asked = namespace.admit(socket)
        if asked is None:
            self._joined(socket)
        else:
            asked.addCallbacks(lambda _: self._joined(socket), self._refused, errbackArgs=(socket,))
            asked.addErrback(lambda failure: self.log.failure("joining {name!r} failed", failure, name=namespace.name))

    def _joined(self, socket: Socket) -> None:
        client, namespace = socket.client, socket.namespace
        if client.over:
            socket.connected = False
            return
        client.sockets[namespace.name] = socket
        namespace.sockets[socket.id] = socket
        client.handle(client.session.accepted(namespace.name, socket.id))
        namespace._fire("connection", socket)
        namespace._fire("connect", socket)
        if namespace is self.sockets:
            namespace._fire("clientConnect", socket)

    def _refused(self, failure: Failure, socket: Socket) -> None:
        socket.connected = False
        client = socket.client
        error = failure.value
        if isinstance(error, ConnectionRefused):
            message, data = error.message, error.data
        else:
            self.log.failure("middleware of {name!r} failed", failure, name=socket.namespace.name)
            message, data = "internal error", None
        if not client.over:
            client.handle(client.session.refused(socket.namespace.name, message, data))

    # Lifecycle, for the sockets

    def about_to_leave(self, socket: Socket, reason: str, description: str) -> None:
        """``socket`` is about to leave; its rooms are still known."""
        socket.namespace._fire("disconnecting", socket, reason)
        socket._fire("disconnecting", reason)

    def has_left(self, socket: Socket, reason: str, description: str) -> None:
        """``socket`` has left."""
        socket.namespace._fire("disconnect", socket, reason)
        socket._fire("disconnect", reason)
        if socket.namespace is self.sockets:
            socket.namespace._fire("clientDisconnect", socket)

    # Bare Engine.IO

    def take_data(self, client: Client, data: Any) -> None:
        """A bare Engine.IO message came; a Socket.IO listener has none."""

    # Answers and complaints, for the transports

    def respond(self, request: Any, answer: Answer) -> None:
        """Send ``answer`` with the headers that let an allowed origin read it."""
        headers = (*answer.headers, *cors_headers(request))
        request.respond(answer.status, answer.body, answer.content_type, headers, answer.close)

    def start_stream(self, request: Any, head: Answer, chunked: bool) -> None:
        """Begin an open answer."""
        headers = (("Content-Type", head.content_type), *head.headers, *cors_headers(request))
        request.start(head.status, headers, chunked)
        if head.body:
            request.write(head.body)

    def complain(self, client: Client, error: ProtocolError) -> None:
        """One line about a peer that broke a rule; not more than ten a second."""
        self.complain_about(client.handshake.address, str(error))

    def complain_about(self, address: str, text: str) -> None:
        """One line about something a peer did; not more than ten a second."""
        now = self.wheel.now()
        if now - self._complained_at >= 0.1:
            self._complained_at = now
            self.log.warn("{address}: {text!r}", address=address, text=text)
