"""
How a client comes into a namespace.

    asked    is there such a namespace?  is it coming back?  does the middleware admit it?
    joined   what it missed, the era's answer, what middleware sent, then the lifecycle events
    refused  the era's answer; a connection goes on unless its era can't
"""

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.dynamic import ParentNamespace
from gateway.eras import check
from gateway.errors import ConnectionRefused
from protocols.errors import ProtocolError
from protocols.model import Connect, Leave, Sendable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.client import Client
    from gateway.listener import Listener
    from gateway.namespace import Namespace
    from gateway.sockets import Socket


def ask_to_join(listener: "Listener", client: "Client", connect: Connect) -> None:
    """``client`` asks to join a namespace."""
    if client.over:
        return
    namespace = listener.namespaces.get(connect.namespace)
    if client.joined + client.joining >= listener.options.max_namespaces:
        client.handle(client.session.unknown(connect.namespace))
    elif namespace is not None:
        _enter(namespace, client, connect)
    else:
        _search(listener, client, connect, listener.parents, 0)


def _search(listener: "Listener", client: "Client", connect: Connect, parents: list[ParentNamespace], at: int) -> None:
    """Find the first parent that wants the name; it gets a child."""
    name = connect.namespace
    while at < len(parents):
        parent = parents[at]
        at += 1
        wanted = parent.wants(name, client.handshake if connect.auth is None else client.handshake.with_auth(connect.auth))
        if isinstance(wanted, Deferred):
            client.joining += 1
            wanted.addErrback(_not_wanted, listener)
            wanted.addCallback(_decided, listener, client, connect, parents, at)
            wanted.addErrback(_log, listener, name)
            return
        if wanted:
            _enter_child(parent, client, connect)
            return
    client.handle(client.session.unknown(name))


def _decided(
    wanted: Any, listener: "Listener", client: "Client", connect: Connect, parents: list[ParentNamespace], at: int
) -> None:
    """The parent before ``at`` has made up its mind."""
    client.joining -= 1
    if client.over:
        return
    if wanted:
        _enter_child(parents[at - 1], client, connect)
    else:
        _search(listener, client, connect, parents, at)


def _not_wanted(failure: Failure, listener: "Listener") -> bool:
    if not failure.check(ConnectionRefused):
        listener.log.failure("the predicate of a dynamic namespace failed", failure)
    return False


def _enter_child(parent: ParentNamespace, client: "Client", connect: Connect) -> None:
    """Let the client into a child of ``parent``, which is made for it unless there are too many."""
    listener, name = parent.listener, connect.namespace
    if name in listener.namespaces or parent.has_room():
        _enter(listener.child(parent, name), client, connect)
    else:
        listener.complain(client, ProtocolError("max_dynamic: there are as many namespaces already", name))
        client.handle(client.session.unknown(name))


def _enter(namespace: "Namespace", client: "Client", connect: Connect) -> None:
    """Let the client come back, or ask the middleware."""
    listener, session = namespace.listener, client.session

    def socket_of(socket_id: str) -> "Socket":
        return listener.make_socket(socket_id, namespace, client, connect.query, connect.auth)

    if listener.recovery is not None and session.recovers:
        found = listener.recovery.claim(namespace, connect.auth, socket_of)
        if found is not None:
            _joined(*found)
            return
    socket = socket_of(listener.socket_id(session, namespace.name))
    asked = namespace.admit(socket)
    if asked is None:
        _joined(socket)
    else:
        client.joining += 1
        asked.addCallbacks(lambda _: _admitted(socket), _refused, errbackArgs=(socket,))
        asked.addErrback(_log, listener, namespace.name)


def _admitted(socket: "Socket") -> None:
    socket.client.joining -= 1
    _joined(socket)


def _joined(socket: "Socket", missed: "Iterable[Sendable]" = ()) -> None:
    client, namespace = socket.client, socket.namespace
    if client.over:
        _put_out(socket)
        return
    recovery = namespace.listener.recovery
    pid = recovery.ticket(socket) if recovery is not None and client.session.recovers else None
    answer = client.session.accepted(namespace.name, socket.id, pid)
    kinds = [type(happening) for happening in answer]
    if Leave in kinds:  # it did not wait for us
        _put_out(socket)
        return
    client.enter(socket)
    namespace.sockets[socket.id] = socket
    for message in missed:
        client.deliver(message)
    client.handle(answer if Connect not in kinds else [happening for happening in answer if type(happening) is not Connect])
    socket.enter()
    _announce(socket)
    if Connect in kinds:  # joins that waited for this one
        client.handle([happening for happening in answer if type(happening) is Connect])


def _announce(socket: "Socket") -> None:
    """A handler may put the client out again: those behind do not hear of it then."""
    namespace = socket.namespace
    events = ("clientConnect", "connection", "connect") if namespace is namespace.listener.sockets else ("connection", "connect")
    for event in events:
        if socket.connected:
            namespace._fire(event, socket)


def _refused(failure: Failure, socket: "Socket") -> None:
    client, listener = socket.client, socket.namespace.listener
    client.joining -= 1
    _put_out(socket)
    error, name = failure.value, socket.namespace.name
    if isinstance(error, ConnectionRefused):
        told = client.session.refused(name, error.message, _sendable(listener, name, error.data))
    else:
        listener.log.failure("middleware of {name!r} failed", failure, name=name)
        told = client.session.failed(name)
    if not client.over:
        client.handle(told)


def _sendable(listener: "Listener", name: str, data: Any) -> Any:
    """The data of a refusal; None when they can't be sent."""
    try:
        check((data,))
    except (TypeError, ValueError) as error:
        listener.log.error("refused from {name!r} without data: {why}", name=name, why=str(error))
        return None
    return data


def _put_out(socket: "Socket") -> None:
    socket.abandon()
    socket.namespace.forget(socket)


def _log(failure: Failure, listener: "Listener", name: str) -> Any:
    listener.log.failure("joining {name!r} failed", failure, name=name)
