"""
Every member that the documents of Socket.IO 0.6, 0.9, 2.x and 4.x name, under its PEP 8 name here.

Each has a docstring and type hints. Those that have no counterpart stand in docs/coming-from*.md with what to write instead.
"""

import inspect
import time

import pytest

import gateway
from gateway import Broadcast, Client, EngineListener, EngineSocket, Handshake, Listener, MemoryAdapter, Namespace, Socket
from gateway.dynamic import ParentNamespace
from gateway.layer import EngineLayer
from gateway.testing import Clock, connect

FLAGS = "to in_ except_ volatile local json compress binary timeout"
ENDS = "emit send write call fetch_sockets sockets_join sockets_leave disconnect_sockets server_side_emit server_side_call"
HANDLERS = "on once off remove_listener remove_all_listeners event_names listeners on_any prepend_any off_any listeners_any"
OUTGOING = "on_any_outgoing prepend_any_outgoing off_any_outgoing listeners_any_outgoing"
STORAGE = "set get has delete all clear"

MEMBERS = {
    Listener: (
        f"{FLAGS} {ENDS} {HANDLERS} sockets of path namespaces adapter store engine use listen factory close clients "
        "clients_index clients_count broadcast set get enable disable enabled disabled configure options ports server_side"
    ),
    Namespace: f"{FLAGS} {ENDS} {HANDLERS} name sockets adapter use listener server_side",
    ParentNamespace: f"{FLAGS} {ENDS} {HANDLERS} name use children",
    Broadcast: f"{FLAGS} {ENDS} broadcast __call__",
    Socket: (
        f"{HANDLERS} {OUTGOING} {STORAGE} id session_id client conn request handshake namespace query data rooms recovered "
        "connected disconnected connections emit send write call broadcast to in_ except_ volatile json local compress binary "
        "timeout join leave leave_all disconnect use"
    ),
    Client: "id conn request handshake sockets session transport transport_name era attached ended listener",
    Handshake: "headers query auth address secure xdomain url time issued era transport data",
    MemoryAdapter: "rooms add remove members broadcast elsewhere",
    EngineLayer: "use generate_id clients_count on once off",
    EngineListener: f"{HANDLERS} path clients clients_count engine listen factory close",
    EngineSocket: "on once off id client handshake transport_name connected send write close",
}

INSTANCE_ONLY = {
    Listener: {"sockets", "path", "namespaces", "options"},
    EngineListener: {"path"},
}
"""What is set in ``__init__`` of a class without slots."""


def members():
    return [(kind, name) for kind, names in MEMBERS.items() for name in dict.fromkeys(names.split())]


@pytest.mark.parametrize(("kind", "name"), members(), ids=lambda item: getattr(item, "__name__", item))
def test_the_member_exists_and_says_what_it_is(kind, name):
    if name in INSTANCE_ONLY.get(kind, ()):
        assert hasattr(kind(reactor=Clock()), name)
        return
    member = inspect.getattr_static(kind, name)
    if inspect.ismemberdescriptor(member):  # a slot: its class says what it is
        assert any(f":ivar {name}:" in (one.__doc__ or "") or f", {name}" in (one.__doc__ or "") for one in kind.__mro__), name
        return
    member = member.fget if isinstance(member, property) else member
    assert any(inspect.getdoc(getattr(one, name, None)) for one in kind.__mro__), name
    hints = member.__annotations__
    given = [one for one in inspect.signature(member).parameters if one not in ("self", "cls")]
    assert "return" in hints and set(given) <= hints.keys(), name


@pytest.mark.parametrize("name", [name for name in gateway.__all__ if inspect.isclass(getattr(gateway, name))])
def test_every_public_class_and_method_is_described_and_typed(name):
    kind = getattr(gateway, name)
    assert inspect.getdoc(kind)
    for attribute, member in vars(kind).items():
        if attribute.startswith("_") or not inspect.isfunction(member) or attribute[0].islower() is False:
            continue
        described = any((getattr(one, attribute, None) and getattr(one, attribute).__doc__) for one in kind.__mro__)
        assert described, f"{name}.{attribute}"
        assert "return" in member.__annotations__, f"{name}.{attribute}"


def test_flags_are_on_everything_that_names_recipients_and_each_gives_a_broadcast():
    io = Listener(reactor=Clock())
    connect(io)
    (socket,) = io.clients.values()
    for start in (io, io.of("/"), io.to("room"), socket):
        for flag in FLAGS.split():
            made = getattr(start, flag)
            made = made("x") if flag in ("to", "in_", "except_") else made(True) if flag in ("compress", "binary") else made
            made = made(1) if flag == "timeout" else made
            assert isinstance(made, Broadcast), flag


@pytest.mark.parametrize(
    ("seconds", "error"), [("5", TypeError), (None, TypeError), (True, TypeError), (0, ValueError), (-1, ValueError)]
)
def test_a_timeout_that_is_none_is_named_at_the_call(seconds, error):
    io = Listener(reactor=Clock())
    client = connect(io)
    (socket,) = io.clients.values()
    for wait in (io.timeout, io.to("room").timeout, socket.timeout, lambda limit: socket.call("x", timeout=limit)):
        if seconds is not None or wait in (io.timeout, socket.timeout):
            with pytest.raises(error, match=r"^timeout: a number of seconds"):
                wait(seconds)
    assert client.received == []


HANDSHAKE = {
    "address": str,
    "secure": bool,
    "xdomain": bool,
    "url": str,
    "time": str,
    "issued": int,
    "era": str,
    "transport": str,
}


@pytest.mark.parametrize(
    ("era", "transport"), [("old", "xhr-polling"), ("0.9", "htmlfile"), ("eio3", "polling"), ("eio4", "websocket")]
)
def test_the_handshake_has_all_fields_in_every_era(era, transport):
    io = Listener(reactor=Clock())
    connect(io, era=era, transport=transport, query={"a": "b"}, headers={"X-Y": "z"})
    (socket,) = io.clients.values()
    handshake = socket.handshake
    assert {name: type(getattr(handshake, name)) for name in HANDSHAKE} == HANDSHAKE
    assert (handshake.headers["x-y"], handshake.query["a"], handshake.auth) == ("z", "b", {})
    assert socket.request is socket.client.request
    assert abs(handshake.issued / 1000 - time.time()) < 60
