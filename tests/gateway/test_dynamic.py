"""Namespaces that are made when a client first asks for them."""

import re

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import deferLater

from gateway import ConnectionRefused
from tests.gateway.era_peers import WITH_NAMESPACES, peer_of, taken


def names(gate):
    return sorted(gate.io.namespaces)


@pytest.mark.parametrize("era", WITH_NAMESPACES)
def test_a_pattern_makes_namespaces_for_names_it_is_found_in(gate, era):
    said = []
    rooms = gate.io.of(re.compile(r"^/room-\d+$"))
    rooms.on("connection", lambda socket: said.append(socket.namespace.name))
    rooms.on("e", lambda socket, value: [socket.namespace.name, value])
    peer = peer_of(gate, era, "/room-7")
    peer.emit("e", 5, id=1, namespace="/room-7")
    assert said == ["/room-7"]
    assert peer.heard() == [peer.ack_text(1, ["/room-7", 5], namespace="/room-7")]
    peer.join("/other")
    assert "/other" not in names(gate)


RULES = [
    ("a function", lambda clock: lambda name, handshake: name == "/yes"),
    ("a coroutine", lambda clock: coroutine(clock)),
    ("a fired Deferred", lambda clock: lambda name, handshake: succeed(name == "/yes")),
    ("a late Deferred", lambda clock: lambda name, handshake: deferLater(clock, 1, lambda: name == "/yes")),
]


def coroutine(clock):
    async def rule(name, handshake):
        await deferLater(clock, 1, lambda: None)
        return name == "/yes"

    return rule


@pytest.mark.parametrize("rule", [row[1] for row in RULES], ids=[row[0] for row in RULES])
def test_a_predicate_may_take_its_time(gate, rule):
    gate.io.of(rule(gate.clock))
    peer = peer_of(gate, "eio4")
    peer.join("/yes")
    peer.join("/no")
    gate.turn(2)
    read = sorted(peer.heard())
    assert [item[:7] for item in read] == ["40/yes,", "44/no,{"]
    assert names(gate) == ["/", "/yes"]


def test_a_predicate_sees_the_name_and_the_handshake_with_auth(gate):
    seen = []
    gate.io.of(lambda name, handshake: seen.append((name, handshake.auth, handshake.era, handshake.query["EIO"])))
    peer = peer_of(gate, "eio4")
    peer.join("/x", {"token": 1})
    assert seen == [("/x", {"token": 1}, "eio4", "4")]


@pytest.mark.parametrize(("error", "logged"), [(ConnectionRefused("no"), []), (RuntimeError("boom"), ["boom"])])
def test_a_predicate_that_raises_wants_nothing_and_the_next_is_asked(gate, logged_failures, error, logged):
    def rule(name, handshake):
        raise error

    gate.io.of(rule)
    gate.io.of(re.compile("x"))
    peer = peer_of(gate, "eio4", "/x")
    assert "/x" in peer.client.sockets
    assert [str(e) for e in taken(logged_failures)] == logged


def test_the_first_match_wins_and_those_that_exist_come_first(gate):
    said = []
    for name, rule in (("first", re.compile("a")), ("second", lambda name, handshake: True)):
        gate.io.of(rule).on("connection", lambda socket, name=name: said.append((name, socket.namespace.name)))
    gate.io.of("/a-static").on("connection", lambda socket: said.append(("static", socket.namespace.name)))
    peer = peer_of(gate, "eio4")
    for name in ("/a", "/b", "/a-static"):
        peer.join(name)
    assert said == [("first", "/a"), ("second", "/b"), ("static", "/a-static")]


def test_a_predicate_asked_twice_at_once_makes_one_namespace(gate):
    made = []
    gate.io.on("new_namespace", made.append)
    gate.io.of(lambda name, handshake: deferLater(gate.clock, 1, lambda: True))
    peers = [peer_of(gate, "eio4", "/x") for _ in range(3)]
    peers[2].drop()
    gate.turn(2)
    assert [namespace.name for namespace in made] == ["/x"]
    assert len(gate.io.of("/x").sockets) == 2


def test_children_share_middleware_and_handlers_also_those_added_later(gate):
    said = []
    parent = gate.io.of(re.compile("^/c"))
    parent.use(lambda socket: said.append("parent middleware"))
    parent.on("e", lambda socket: said.append("parent"))
    parent.once("e", lambda socket: said.append("once"))
    parent.on_any(lambda socket, name: said.append("any"))
    peer = peer_of(gate, "eio4", "/c1")
    child = gate.io.of("/c1")
    child.on("e", lambda socket: said.append("child"))
    child.use(lambda socket: said.append("child middleware"))
    parent.on("e", lambda socket: said.append("later"))
    parent.on_any(lambda socket, name: said.append("any later"))
    parent.prepend_any(lambda socket, name: said.append("any before"))
    assert said == ["parent middleware"]
    said.clear()
    peer.emit("e", namespace="/c1")
    assert said == ["any before", "any", "any later", "parent", "once", "later", "child"]
    parent.off_any()
    said.clear()
    peer.emit("e", namespace="/c1")
    assert said == ["parent", "later", "child"]
    said.clear()
    second = peer_of(gate, "eio4", "/c1")
    assert said == ["parent middleware", "child middleware"]
    said.clear()
    second.join("/c2")
    second.emit("e", namespace="/c2")
    assert said == ["parent middleware", "parent", "later"]


def test_children_have_rooms_and_sockets_of_their_own_and_a_parent_reaches_them_all(gate):
    parent = gate.io.of(re.compile("^/c"))
    one, two, out = peer_of(gate, "eio4", "/c1"), peer_of(gate, "0.9", "/c2"), peer_of(gate, "eio4")
    gate.io.of("/c1").emit("one")
    parent.emit("all")
    for name in ("/c1", "/c2"):
        next(iter(gate.io.of(name).sockets.values())).join("r")
    parent.to("r").volatile.emit("room")
    assert one.events() == [("/c1", name, [], None) for name in ("one", "all", "room")]
    assert two.events() == [("/c2", name, [], None) for name in ("all", "room")]
    assert out.events() == []
    assert Deferred.fromCoroutine(parent.fetch_sockets()).result == [
        *gate.io.of("/c1").sockets.values(),
        *gate.io.of("/c2").sockets.values(),
    ]


def test_a_parent_gathers_the_answers_of_all_children(gate):
    parent = gate.io.of(re.compile("^/c"))
    one, two = peer_of(gate, "eio4", "/c1"), peer_of(gate, "eio3", "/c2")
    got = []
    parent.timeout(1).call("q").addCallback(got.append)
    for peer, namespace in ((one, "/c1"), (two, "/c2")):
        ((where, name, _, number),) = peer.events()
        assert (where, name) == (namespace, "q")
        peer.ack(number, namespace, namespace=namespace)
    assert got == [["/c1", "/c2"]]


def test_new_namespace_tells_of_children(gate):
    made = []
    gate.io.on("new_namespace")(made.append)
    gate.io.of(re.compile("x"))
    peer_of(gate, "eio4", "/x")
    assert made == [gate.io.of("/x")]


@pytest.mark.parametrize(("cleanup", "left"), [(False, ["/", "/a", "/b"]), (True, ["/"])])
def test_empty_children_are_kept_or_forgotten(make_gate, cleanup, left):
    gate = make_gate(cleanup_empty_namespaces=cleanup)
    parent = gate.io.of(re.compile("^/"))
    parent.use(refuse_b)
    peer = peer_of(gate, "eio4", "/a")
    peer.join("/b")
    peer.leave("/a")
    assert names(gate) == left
    assert sorted(parent.children) == left[1:]
    peer.join("/a")
    assert "/a" in names(gate)


def refuse_b(socket):
    if socket.namespace.name == "/b":
        raise ConnectionRefused("no")


def test_a_child_that_somebody_is_about_to_join_is_not_forgotten(make_gate):
    gate = make_gate(cleanup_empty_namespaces=True)
    parent = gate.io.of(re.compile("^/a"))
    first = peer_of(gate, "eio4", "/a")
    parent.use(lambda socket: deferLater(gate.clock, 1, lambda: None))
    second = peer_of(gate, "eio4", "/a")
    first.drop()
    gate.turn(2)
    assert gate.io.of("/a").sockets == {socket.id: socket for socket in [second.client.sockets["/a"]]}


def test_searches_count_as_namespaces_of_their_client(make_gate):
    gate = make_gate(max_namespaces=2)
    gate.io.of(lambda name, handshake: deferLater(gate.clock, 1, lambda: True))
    peer = peer_of(gate, "eio4")
    for name in ("/a", "/b", "/c"):
        peer.join(name)
    assert len(peer.heard()) == 2
    gate.turn(2)
    assert [item[:5] for item in peer.heard()] == ["40/a,"]
