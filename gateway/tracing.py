"""
Puts debug lines in: objects of a listener get a class that says what they do, while a scope of the log is on.

Nothing asks per message whether a scope is on. What is off was never put in.
"""

from collections.abc import Callable
from typing import Any

from gateway.logs import SCOPES, ScopeLogger, debugs
from gateway.tracelines import NamespaceLines, PacketLines, SessionLines, SocketLines, TransportLines, UnitLines, shown

requests = ScopeLogger("requests")
listeners = ScopeLogger("listener")
clients = ScopeLogger("clients")


_talking: dict[tuple[type, type], Any] = {}


def talking(kind: Any, lines: type) -> Any:
    """The class ``kind`` with ``lines`` put in front; an object of the one can become one of the other."""
    if (kind, lines) not in _talking:
        space = {"__slots__": (), "__module__": kind.__module__}
        _talking[kind, lines] = type(kind)(kind.__name__, (lines, kind), space)
    return _talking[kind, lines]


def make_talk(one: Any, lines: type) -> None:
    """Give ``one`` the lines, unless it has them."""
    if not isinstance(one, lines):
        one.__class__ = talking(type(one), lines)


def watch(host: Any) -> None:
    """
    Let ``host`` say what the scopes that are on now have to say.

    :param host: a Listener or EngineListener; its clients and namespaces are watched if they are made from now on.
    """
    on = {scope for scope in SCOPES if debugs(scope)} - host.__dict__.setdefault("watched", set())
    host.watched |= on
    for scope in SCOPES:
        if scope in on:
            _WATCH[scope](host)


def _around(host: Any, name: str, wrapped: Callable[..., Any]) -> None:
    """``host.name(...)`` is ``wrapped(what it was, ...)`` from now on."""
    inner = getattr(host, name)
    setattr(host, name, lambda *args: wrapped(inner, *args))


def _watch_listener(host: Any) -> None:
    def forget(inner: Any, client: Any) -> None:
        inner(client)
        listeners.debug("{client!r} is gone, {count} are left", client=client, count=host.clients_count)

    def closing(inner: Any) -> None:
        listeners.debug("{path} ends {count} clients", path=host.path, count=host.clients_count)
        inner()

    listeners.debug("{kind} at {path} for {eras}", kind=type(host).__name__, path=host.path, eras=", ".join(host.options.eras))
    _around(host, "forget", forget)
    _around(host, "end_all", closing)


def _watch_requests(host: Any) -> None:
    def handle(inner: Any, request: Any) -> None:
        requests.debug("{address} asks: {line}", address=request.address, line=_line(request))
        inner(request)

    def respond(inner: Any, request: Any, answer: Any, *rest: Any) -> None:
        size = len(answer.body)
        requests.debug("{status}, {size} bytes, for {line}", status=answer.status, size=size, line=_line(request))
        inner(request, answer, *rest)

    _around(host, "handle", handle)
    _around(host, "respond", respond)


def _line(request: Any) -> str:
    return f"{request.method} {shown(request.target)[1:-1]}"


def _watch_clients(host: Any) -> None:
    def join(inner: Any, client: Any, connect: Any) -> None:
        clients.debug("{client!r} asks for {name}", client=client, name=shown(connect.namespace))
        inner(client, connect)

    _around(host, "join", join)


def _each_client(host: Any, change: Callable[[Any], None]) -> None:
    def add(inner: Any, *args: Any) -> Any:
        client = inner(*args)
        change(client)
        return client

    _around(host, "add", add)


def _watch_sessions(host: Any) -> None:
    _each_client(host, lambda client: make_talk(client, SessionLines))


def _watch_packets(host: Any) -> None:
    _each_client(host, lambda client: make_talk(client.session, PacketLines))


class _Carried(UnitLines):
    """A Client whose transports say what they send."""

    __slots__ = ()

    def attach(self: Any, transport: Any, now: float) -> None:
        """A transport carries."""
        make_talk(transport, TransportLines)
        super().attach(transport, now)  # type: ignore[misc]


def _watch_transports(host: Any) -> None:
    _each_client(host, lambda client: make_talk(client, _Carried))


def _watch_namespaces(host: Any) -> None:
    host.namespace_lines = NamespaceLines
    for namespace in getattr(host, "namespaces", {}).values():
        make_talk(namespace, NamespaceLines)


def _watch_sockets(host: Any) -> None:
    if hasattr(host, "make_socket"):
        host.make_socket = talking(host.make_socket, SocketLines)


_WATCH: dict[str, Callable[[Any], None]] = {
    "listener": _watch_listener,
    "namespaces": _watch_namespaces,
    "clients": _watch_clients,
    "sockets": _watch_sockets,
    "packets": _watch_packets,
    "requests": _watch_requests,
    "sessions": _watch_sessions,
    "transports": _watch_transports,
}
