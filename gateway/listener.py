"""Listener: what an application creates. Namespaces, who joins and who leaves."""

import re
from collections.abc import Callable
from typing import Any, overload

from gateway import eras, tracing
from gateway.broadcast import Broadcast
from gateway.client import Client
from gateway.configuring import Configured
from gateway.delegation import AsNamespace
from gateway.dynamic import ParentNamespace, Rule
from gateway.handshake import Handshake
from gateway.hosting import SessionHost
from gateway.joining import ask_to_join
from gateway.namespace import Namespace
from gateway.options import ListenerOptions
from gateway.recovery import Recovery
from gateway.sockets import Socket
from protocols.model import Connect, Session


class Listener(Configured, SessionHost, AsNamespace):
    """
    A Socket.IO server for clients of every era; also usable as its own default namespace.

    :param reactor: a Twisted reactor; the installed one by default.
    :param options: see ``docs/options.md``; unknown or wrong ones raise OptionError with their name.

    :ivar clients: socket of ``/`` by session id.
    :ivar sockets: the default namespace.
    :ivar namespaces: those that exist, by name.
    :ivar parents: dynamic ones, in the order they were added.
    :ivar recovery: who may come back after an outage; None while the option is off.
    """

    make_socket: type[Socket] = Socket
    namespace_lines: type | None = None

    def __init__(self, reactor: Any = None, **options: Any) -> None:
        SessionHost.__init__(self, ListenerOptions.checked(options), reactor)
        tracing.watch(self)
        AsNamespace.__init__(self)
        given = self.options
        self.recovery = None if given.recovery is None else Recovery(self, given.recovery, given.recovery_buffer)
        self.namespaces: dict[str, Namespace] = {}
        self.parents: list[ParentNamespace] = []
        self.sockets = self.of("/")
        for name in ("client_connect", "client_message", "client_disconnect"):
            handler = getattr(given, f"on_{name}")
            if handler is not None:
                self.sockets.on("client" + name.removeprefix("client_").capitalize(), handler)

    # Namespaces

    @overload
    def of(self, name: str) -> Namespace: ...
    @overload
    def of(self, name: re.Pattern[str] | Callable[[str, Handshake], Any]) -> ParentNamespace: ...
    def of(self, name: str | Rule) -> Namespace:
        """
        The namespace ``name`` (a leading slash is added if missing), made on first use.

        :param name: a pattern, or a function ``(name, handshake)`` that gives true, a coroutine or a Deferred, stands for
            all names that it finds: their namespaces are made when a client first asks for them. The first one that
            wants a name gets it, those that exist come first.
        :raises TypeError: ``name`` is nothing of these.
        """
        if not isinstance(name, str):
            if not isinstance(name, re.Pattern) and not callable(name):
                raise TypeError(f"a namespace is a name, a pattern or a function, not {type(name).__name__}")
            self.parents = [*self.parents, ParentNamespace(name, self)]
            return self.parents[-1]
        name = name if name.startswith("/") else f"/{name}"
        return self.namespaces.get(name) or self._made_namespace(Namespace(name, self))

    @property
    def clients(self) -> dict[str, Socket]:
        """The socket of ``/`` of each client, by session id."""
        return {sid: client.sockets["/"] for sid, client in self._sessions.items() if "/" in client.sockets}

    clients_index = clients

    def broadcast(self, message: Any, except_: str | tuple[str, ...] | list[str] = ()) -> "Listener":
        """Send ``message`` to everybody in ``/`` but the session ids in ``except_`` (Socket.IO 0.6)."""
        clients = [self.find(sid) for sid in ([except_] if isinstance(except_, str) else except_)]
        sockets = [client.sockets.get("/") for client in clients if client is not None]
        Broadcast(self.sockets, except_=tuple(socket.id for socket in sockets if socket is not None)).send(message)
        return self

    # For clients on their way in

    def era_of(self, request: Any) -> eras.Era | None:
        era = eras.era_of(self.segments(request), request)
        # What is nobody's is a refusal of Engine.IO where no fallback could know it.
        return eras.ENGINE if era is None and not request.has_fallback else era

    def join(self, client: Client, connect: Connect) -> None:
        """``client`` asks to join a namespace."""
        ask_to_join(self, client, connect)

    def child(self, parent: ParentNamespace, name: str) -> Namespace:
        """The child ``name`` of ``parent``, unless there is one of that name already."""
        return self.namespaces.get(name) or self._made_namespace(parent.child(name))

    def drop(self, namespace: Namespace) -> None:
        """Forget an empty child."""
        if self.namespaces.get(namespace.name) is namespace:
            del self.namespaces[namespace.name]

    def socket_id(self, session: Session, namespace: str) -> str:
        """The id of a new socket."""
        if self.options.public_ids == "random":
            return self.generate_key()
        return session.socket_id(namespace, self.generate_key)

    def _made_namespace(self, namespace: Namespace) -> Namespace:
        if self.namespace_lines is not None:
            tracing.make_talk(namespace, self.namespace_lines)
        self.namespaces[namespace.name] = namespace
        self.own._fire("new_namespace", namespace)
        return namespace

    def end_all(self) -> None:
        super().end_all()
        if self.recovery is not None:
            self.recovery.close()

    # Lifecycle, for the sockets

    def about_to_leave(self, socket: Socket, reason: str) -> None:
        """``socket`` is about to leave; its rooms are still known."""
        socket.namespace._fire("disconnecting", socket, reason)
        socket._fire("disconnecting", reason)

    def has_left(self, socket: Socket, reason: str) -> None:
        """``socket`` has left."""
        socket.namespace._fire("disconnect", socket, reason)
        socket._fire("disconnect", reason)
        if socket.namespace is self.sockets:
            socket.namespace._fire("clientDisconnect", socket)
