"""Everything that a peer can make grow has a bound: those that no other test has, each with the option that sets it."""

import re

import pytest

from gateway.crowding import MOST, WINDOW, Crowd
from gateway.handlers import Handlers
from legacy.v06_auto import GreetingMemory
from tests.gateway.era_peers import ERAS, WITH_NAMESPACES, Poller, peer_of

WEBSOCKET = {"eio4": "/socket.io/?EIO=4&transport=websocket", "eio3": "/socket.io/?EIO=3&transport=websocket"}
DOORS = [
    ("/socket.io/?EIO=4&transport=polling", 403, '{"code":4,"message":"too many sessions"}'),
    ("/socket.io/?EIO=3&transport=polling", 403, '{"code":4,"message":"too many sessions"}'),
    ("/socket.io/1/", 500, "handshake error"),
]


@pytest.mark.parametrize("target, status, text", DOORS)
def test_max_sessions_refuses_in_the_words_of_the_era(make_gate, target, status, text):
    gate = make_gate(max_sessions=3)
    peers = [peer_of(gate, era) for era in ("old", "eio3", "eio4")]
    refused = gate.get(target)
    assert (refused.answer[0], refused.text) == (status, text)
    assert gate.io.clients_count == 3
    peers[2].drop()
    assert gate.get(target).answer[0] == 200


@pytest.mark.parametrize("target", [*WEBSOCKET.values(), "/socket.io/websocket"])
def test_max_sessions_opens_no_websocket_beyond(make_gate, target):
    gate = make_gate(max_sessions=1)
    peer_of(gate, "eio4")
    request = gate.get(target, upgrade=True)
    assert request.connection.sent == b""
    assert gate.io.clients_count == 1


@pytest.mark.parametrize("era", WITH_NAMESPACES)
def test_max_dynamic_bounds_what_a_client_can_have_made_by_joining_and_leaving(make_gate, era):
    gate, made = make_gate(max_dynamic=5), []
    gate.io.of(re.compile("^/room-"))
    gate.io.on("new_namespace", lambda namespace: made.append(namespace.name))
    peer = peer_of(gate, era)
    for number in range(20):
        peer.join(f"/room-{number}")
        peer.leave(f"/room-{number}")
    assert len(made) == 20
    assert sorted(gate.io.namespaces) == ["/", *(f"/room-{number}" for number in range(15, 20))]
    assert peer.client is not None


@pytest.mark.parametrize("era", WITH_NAMESPACES)
def test_max_dynamic_refuses_like_an_unknown_name_while_all_are_in_use(make_gate, era):
    gate = make_gate(max_dynamic=2)
    gate.io.of(lambda name, handshake: True)
    peer = peer_of(gate, era)
    for name in ("/a", "/b", "/c"):
        peer.join(name)
    peer.join("/a")  # which is there already
    assert sorted(gate.io.namespaces) == ["/", "/a", "/b"]
    assert sorted(peer.client.sockets if peer.client else ()) in (["/", "/a", "/b"], [])  # 4.x closes for joining twice


@pytest.mark.parametrize("era", WITH_NAMESPACES)
def test_max_namespaces_counts_those_that_are_asked_for_too(make_gate, era):
    from twisted.internet.defer import Deferred

    gate = make_gate(max_namespaces=5)
    gate.io.of(re.compile("^/slow")).use(lambda socket: Deferred())
    peer = peer_of(gate, era)
    for number in range(20):
        peer.join(f"/slow{number}")
    assert peer.client.joining + len(peer.client.sockets) == 5


@pytest.mark.parametrize("era", ERAS)
def test_max_rooms_bounds_joining_on_request(make_gate, era, logged_failures):
    gate, sockets = make_gate(max_rooms=5), []
    gate.io.on("connection", sockets.append)
    gate.io.on("join", lambda socket, room: socket.join(room))
    peer = peer_of(gate, era)
    for number in range(20):
        peer.emit("join", f"room {number}")
    assert len(sockets[0].rooms) == 6  # its own with them
    assert len(gate.io.sockets.adapter.rooms) == 5
    assert logged_failures == []


def test_crowd_forgets_what_is_older_than_its_window():
    crowd = Crowd()
    for number in range(1000):
        crowd.began(f"sid{number}", "192.0.2.1", number * WINDOW / 100)
    assert len(crowd.begun) <= 101
    assert crowd.delays("192.0.2.1", 999 * WINDOW / 100)
    assert not crowd.delays("192.0.2.1", 999 * WINDOW)
    assert not crowd.begun and not crowd._counts
    assert MOST < 100


def test_greetings_of_old_polls_are_remembered_for_a_bounded_number_of_addresses():
    memory = GreetingMemory()
    for number in range(memory.size + 500):
        memory.choose((f"connection {number}", f"address {number}"), 0.0)
    assert len(memory._known) == memory.size


def test_queries_of_engine_io_are_remembered_up_to_a_number(gate):
    from protocols import engineio_door

    poller = Poller(gate)
    for number in range(2 * engineio_door.KNOWN):
        gate.post(f"{poller.url}&x={number}", "3")
    assert len(engineio_door._known) <= engineio_door.KNOWN


def test_headers_are_remembered_up_to_a_number():
    from gateway import heads
    from gateway.http import RequestReader

    for number in range(2 * heads.KNOWN):
        reader = RequestReader(16384, 500)
        reader.feed(b"GET / HTTP/1.1\r\nHost: %d\r\n\r\n" % number)
        head = heads.Head(reader.head(), reader.fields)
        for name in range(50):
            head.header(f"x{name}")
        assert len(head.fields.asked) <= heads.ASKED
    assert len(heads._known) <= heads.KNOWN


def test_addresses_that_proxies_name_are_remembered_up_to_a_number():
    from gateway.proxies import Proxies

    proxies = Proxies(["10.0.0.0/8"])
    for number in range(3000):
        proxies.trusts(f"192.0.{number // 250}.{number % 250}")
    assert len(proxies._known) <= 1000


def test_complaints_are_few_whatever_is_done():
    from gateway.complaints import MOST as LINES
    from gateway.complaints import Complaints

    told, now = [], [0.0]

    class Log:
        def warn(self, *args, **fields):
            told.append(fields)

    complaints = Complaints(Log(), lambda: now[0])
    for _ in range(10_000):
        complaints.about("192.0.2.1", "offence")
    assert len(told) == LINES
    now[0] = 1.0
    complaints.about("192.0.2.1", "offence")
    assert told[LINES]["count"] == 10_000 - LINES


def test_namespaces_left_by_the_server_are_remembered_up_to_a_number(gate):
    from protocols.engineio import MAX_REMEMBERED

    gate.io.of(re.compile("^/n")).on("connection", lambda socket: socket.disconnect())
    peer = peer_of(gate, "eio4")
    for number in range(2 * MAX_REMEMBERED):
        peer.raw(f"40/n{number},")
    assert len(peer.client.session._namespaces) <= MAX_REMEMBERED + 1


def test_joins_that_wait_for_the_default_namespace_have_a_limit(gate):
    from twisted.internet.defer import Deferred

    from protocols.engineio3 import MAX_WAITING
    from tests.gateway.era_peers import Peer3

    gate.io.use(lambda socket: Deferred())
    peer = Peer3(gate)
    for number in range(MAX_WAITING + 1):
        if peer.client is not None:
            peer.raw(f"40/n{number},")
    assert peer.client is None


def test_no_handler_is_added_by_what_clients_say(gate):
    """The tables of handlers grow by the application alone."""
    assert isinstance(gate.io.sockets, Handlers)
    peer = peer_of(gate, "eio4")
    before = gate.io.sockets.event_names()
    for number in range(1000):
        peer.emit(f"event {number}")
    assert gate.io.sockets.event_names() == before
    assert len(peer.client.sockets["/"]._handlers("event 1")) == 0
