"""Connection state recovery: who is cut off comes back to the same rooms, and hears what was said meanwhile."""

import json
import re
from pathlib import Path

import pytest

from tests.gateway.era_peers import ERAS, PEERS, Peer, Poller, peer_of

WIRE = Path(__file__).parents[2] / "gateway" / "conformance" / "wire" / "engineio"
OFFSET = re.compile(r',"([0-9A-Za-z_.-]+)"\]$')


@pytest.fixture
def gate(make_gate):
    """A listener that recovers for two minutes."""
    return make_gate(recovery=120, ping_interval=5, ping_timeout=5, old_payload="frames")


class Recovering:
    """A 4.6+ client: it keeps its pid, and the last text it got as its offset."""

    def __init__(self, gate, namespace="/"):
        self.gate = gate
        self.namespace = namespace
        self.pid = self.offset = self.sid = None
        self.events = []
        self.recovered = False
        self.connect()

    def connect(self, **auth):
        self.peer = PEERS["eio4"](self.gate)
        if self.pid is not None:
            auth["pid"] = self.pid
        if self.offset is not None:
            auth["offset"] = self.offset
        self.peer.join(self.namespace, auth or None)
        return self.take()

    def take(self):
        """Events since the last call, without their offsets."""
        fresh = []
        for item in self.peer.heard():
            if item[:2] == "40":
                answer = json.loads(item[item.index("{") :])
                self.recovered = answer["pid"] == self.pid
                self.pid, self.sid = answer["pid"], answer["sid"]
            elif isinstance(item, str):
                _, name, args, _ = self.peer.event_in(item)
                if args and isinstance(args[-1], str) and OFFSET.search(item):
                    self.offset = args.pop()
                fresh.append((name, *args))
        return fresh

    @property
    def socket(self):
        return self.gate.io.of(self.namespace).sockets[self.sid]

    def cut(self):
        self.take()
        self.peer.drop()


def test_a_client_comes_back_to_its_rooms_its_data_and_what_it_missed(gate):
    joined = []
    gate.io.on("connection", joined.append)
    client = Recovering(gate)
    client.socket.join("room")
    client.socket.data["name"] = "ada"
    client.socket.set("key", "stored")
    gate.io.emit("before")
    assert client.take() == [("before",)]
    sid, pid = client.sid, client.pid
    client.cut()
    gate.io.emit("all", 1)
    gate.io.to("room").emit("room", {"two": 2})
    gate.io.to("elsewhere").emit("not for us")
    gate.io.except_("room").emit("nor this")
    gate.io.volatile.emit("nor a volatile one")
    gate.io.to(sid).emit("own", b"bytes")
    gate.turn(100)
    assert client.connect() == [("all", 1), ("room", {"two": 2}), ("own", {"_placeholder": True, "num": 0})]
    assert client.recovered and (client.sid, client.pid) == (sid, pid)
    assert joined[1].recovered and not joined[0].recovered
    assert joined[1].rooms == {sid, "room"} and joined[1].data == {"name": "ada"}
    assert joined[1].get("key").result == "stored"
    gate.io.to("room").emit("after")
    assert client.take() == [("after",)]


@pytest.fixture(autouse=True)
def _bytes_are_heard(monkeypatch):
    """The attachments of events are not what these tests look at."""
    heard = PEERS["eio4"].heard
    monkeypatch.setattr(PEERS["eio4"], "heard", lambda self: [item for item in heard(self) if not isinstance(item, bytes)])


def test_what_was_missed_comes_before_the_answer_to_connect(gate):
    client = Recovering(gate)
    gate.io.emit("first")
    client.take()
    client.cut()
    gate.io.emit("missed")
    peer = PEERS["eio4"](gate)
    peer.join("/", {"pid": client.pid, "offset": client.offset, "token": "t"})
    event, answer = peer.heard()
    assert event.startswith('42["missed","') and answer == f'40{{"sid":"{client.sid}","pid":"{client.pid}"}}'
    assert client.socket.handshake.auth["token"] == "t"


def test_what_was_lost_on_the_way_before_the_end_was_noticed_is_said_again(gate):
    client = Recovering(gate)
    for name in ("heard", "lost"):
        gate.io.emit(name)
    heard, lost = client.peer.heard()[-2:]
    client.offset = OFFSET.search(heard)[1]
    client.peer.drop()
    assert lost.startswith('42["lost"')
    assert client.connect() == [("lost",)]


def test_without_an_offset_all_since_its_connect_is_missed(gate):
    early = Recovering(gate)
    gate.io.emit("before it came")
    client = Recovering(gate)
    client.cut()
    gate.io.emit("missed")
    assert client.offset is None
    assert client.connect() == [("missed",)]
    assert early.take() == [("before it came",), ("missed",)]


def test_an_offset_of_an_earlier_life_does_not_bring_what_was_before_connect(gate):
    client = Recovering(gate)
    gate.io.emit("one")
    client.take()
    client.peer.leave()
    client.peer.drop()
    gate.io.emit("two")
    client.pid = None
    assert client.connect() == []
    client.cut()
    gate.io.emit("three")
    assert client.connect() == [("three",)]


def test_a_quiet_client_comes_back_however_long_ago_it_heard_anything(gate):
    client = Recovering(gate)
    gate.io.to(client.sid).emit("long ago")
    client.take()
    for _ in range(400):
        gate.turn(2)
        client.peer.raw("3")
        gate.io.to("others").emit("chatter")
    client.take()
    client.cut()
    gate.io.emit("missed")
    assert client.connect() == [("missed",)]


def test_middleware_is_not_asked_again(gate):
    asked = []
    gate.io.use(asked.append)
    client = Recovering(gate)
    client.cut()
    client.connect()
    assert client.recovered and len(asked) == 1


NOT_RECOVERED = [
    ("an unknown pid", lambda c: setattr(c, "pid", "x" * 20)),
    ("a pid that is no text", lambda c: setattr(c, "pid", 5)),
    ("an unknown offset", lambda c: setattr(c, "offset", "text of an event")),
    ("an offset of somebody else's", lambda c: setattr(c, "offset", "abcdef.1")),
    ("an offset that is to come", lambda c: setattr(c, "offset", c.offset.split(".")[0] + ".99")),
    ("an offset with an odd number", lambda c: setattr(c, "offset", c.offset.split(".")[0] + ".²")),
    ("an offset that is no text", lambda c: setattr(c, "offset", [1])),
    ("another namespace", lambda c: setattr(c, "namespace", "/chat")),
    ("too late", lambda c: c.gate.turn(122)),
]


@pytest.mark.parametrize("spoil", [row[1] for row in NOT_RECOVERED], ids=[row[0] for row in NOT_RECOVERED])
def test_what_is_not_found_is_a_plain_connect(gate, spoil):
    gate.io.of("/chat")
    client = Recovering(gate)
    gate.io.emit("one")
    sid, pid = client.take() and client.sid, client.pid
    client.cut()
    gate.io.emit("missed")
    spoil(client)
    assert client.connect() == []
    assert not client.recovered and client.sid != sid and client.pid != pid
    assert len(client.pid) == 20


REASONS = [
    ("transport close", True, lambda gate, client: client.peer.drop()),
    ("ping timeout", True, lambda gate, client: gate.turn(12)),
    ("forced close", True, lambda gate, client: client.peer.raw("42{}")),
    ("transport error", True, lambda gate, client: client.peer.raw("2")),
    ("parse error", False, lambda gate, client: client.peer.raw("9")),
    ("client namespace disconnect", False, lambda gate, client: client.peer.raw("41")),
    ("server namespace disconnect", False, lambda gate, client: client.socket.disconnect()),
    ("server namespace disconnect", False, lambda gate, client: client.socket.disconnect(True)),
]


@pytest.mark.parametrize(("reason", "recovers", "end"), REASONS)
def test_only_after_an_outage_one_comes_back(gate, reason, recovers, end):
    reasons = []
    gate.io.on("disconnect", lambda socket, why: reasons.append(why))
    client = Recovering(gate)
    end(gate, client)
    gate.io.emit("missed")
    assert reasons == [reason]
    assert client.connect() == ([("missed",)] if recovers else [])
    assert client.recovered is recovers


def test_a_client_whose_end_was_not_noticed_yet_comes_back_all_the_same(gate):
    reasons = []
    gate.io.on("disconnect", lambda socket, why: reasons.append(why))
    client = Recovering(gate)
    gate.io.emit("heard")
    client.take()
    gate.io.emit("lost with the connection")
    assert client.connect() == [("lost with the connection",)]
    assert client.recovered and reasons == ["transport close"]
    assert len(gate.io.sockets.sockets) == 1


def test_one_pid_brings_back_one_client(gate):
    client = Recovering(gate)
    client.cut()
    pid = client.pid
    client.connect()
    client.cut()
    client.connect()
    assert client.recovered and client.pid == pid
    thief = PEERS["eio4"](gate)
    thief.join("/chat", {"pid": pid})
    assert gate.io.find(client.peer.sid) is not None


def test_emits_to_the_socket_that_is_away_are_kept(gate):
    client = Recovering(gate)
    socket = client.socket
    client.cut()
    socket.emit("while away")
    socket.send("text")
    socket.emit("with answer", ack=print)
    socket.volatile.emit("volatile")
    assert client.connect() == [("while away",), ("message", "text")]


def test_events_with_an_answer_carry_no_offset_and_are_not_kept(gate):
    client = Recovering(gate)
    client.socket.emit("q", ack=print)
    client.socket.timeout(1).emit("q", ack=print)
    gate.io.timeout(1).call("all").addErrback(lambda failure: None)
    client.socket.volatile.emit("v")
    gate.io.volatile.emit("v")
    assert client.peer.heard() == ['420["q"]', '421["q"]', '422["all"]', '42["v"]', '42["v"]']
    client.peer.drop()
    assert client.connect() == []
    gate.turn(2)


@pytest.mark.parametrize("era", ERAS[:3])
def test_other_eras_hear_no_offsets(gate, era):
    client, other = Recovering(gate), peer_of(gate, era)
    gate.io.emit("e", 1)
    other.client.sockets["/"].emit("own", 2)
    assert other.events() == [("/", "e", [1], None), ("/", "own", [2], None)]
    assert client.offset is None and client.take() == [("e", 1)] and client.offset is not None


def test_nothing_is_added_while_the_option_is_off(make_gate):
    gate = make_gate()
    peer = peer_of(gate, "eio4")
    peer.leave()
    peer.join()
    gate.io.emit("e", 1)
    answer, event = peer.heard()
    assert "pid" not in answer and event == '42["e",1]'


def test_what_middleware_sends_can_be_missed_too(gate):
    gate.io.use(lambda socket: socket.emit("welcome"))
    client = Recovering(gate)
    gate.io.emit("x")
    assert client.take() == [("x",)]
    client.offset = None
    client.peer.drop()
    assert client.connect() == [("welcome",), ("x",)]


def test_what_changes_after_the_emit_is_not_seen(gate):
    client = Recovering(gate)
    client.cut()
    value = [1]
    gate.io.emit("e", value)
    value.append(2)
    assert client.connect() == [("e", [1])]


def test_namespaces_come_back_each_for_itself(gate):
    gate.io.of("/chat")
    client = Recovering(gate, "/chat")
    client.socket.set("k", 1)
    root = PEERS["eio4"](gate)
    root.join("/")
    client.cut()
    gate.io.emit("in /")
    gate.io.of("/chat").emit("in /chat")
    assert client.connect() == [("in /chat",)]
    assert client.socket.get("k").result == 1


def test_values_wait_for_the_client_and_end_when_it_does_not_come(gate):
    client = Recovering(gate)
    client.socket.set("k", 1)
    client.cut()
    gate.turn(119)
    assert gate.io.store._clients
    gate.turn(3)
    assert not gate.io.store._clients


def test_values_end_with_a_client_that_came_back(gate):
    client = Recovering(gate)
    client.socket.set("k", 1)
    client.cut()
    client.connect()
    gate.turn(1)
    client.peer.leave()
    client.peer.drop()
    assert not gate.io.store._clients


def test_polling_clients_come_back_too(gate):
    poller = Poller(gate, join=False)
    poller.post("40")
    answer = json.loads(poller.poll().text[2:])
    poller.poll().cut()
    gate.io.emit("missed")
    again = Poller(gate, join=False)
    again.post("40" + json.dumps({"pid": answer["pid"]}))
    missed, back = again.poll().text.split("\x1e")
    assert missed.startswith('42["missed","') and json.loads(back[2:]) == answer


# Bounds --------------------------------------------------------------------------------------------


def test_events_are_dropped_when_they_take_too_much_room_and_then_nobody_comes_back_who_missed_some(make_gate):
    gate = make_gate(recovery=120, recovery_buffer=5000)
    gone, late = Recovering(gate), Recovering(gate)
    gone.cut()
    for number in range(100):
        gate.io.emit("e", number, "x" * 100)
    late.take()
    late.cut()
    gate.io.emit("last")
    assert gate.io.recovery._size <= 5000
    assert gone.connect() == [] and not gone.recovered
    assert late.connect() == [("last",)] and late.recovered


def test_what_is_kept_is_forgotten_in_time(gate):
    client = Recovering(gate)
    client.socket.join("room")
    gate.io.to("room", "other").emit("e")
    gate.io.emit("e")
    client.take()
    client.cut()
    gate.turn(140)
    recovery = gate.io.recovery
    assert (recovery._size, len(recovery._events), recovery._places) == (0, 0, {})
    assert (recovery._absent, recovery._present) == ({}, {})
    gate.io.emit("nobody is to come back")
    assert recovery._size == 0


def test_so_many_are_kept_and_no_more(gate, monkeypatch):
    monkeypatch.setattr("gateway.recovery.MOST_ABSENT", 2)
    clients = [Recovering(gate) for _ in range(3)]
    for client in clients:
        client.cut()
    for client in clients:
        client.connect()
    assert [client.recovered for client in clients] == [False, True, True]


def test_a_listener_that_closes_forgets_everything(gate):
    from twisted.internet.defer import Deferred

    client = Recovering(gate)
    client.socket.set("k", 1)
    Deferred.fromCoroutine(gate.io.close())
    gate.clock.advance(0)
    assert not gate.io.store._clients and not gate.io.recovery._absent


# Recorded traffic ------------------------------------------------------------------------------------


def fixture(gate):
    """As much of the recorded application as its steps show."""
    gate.io.on("join", lambda socket, room: socket.join(room) or "joined")
    gate.io.on("echo", lambda socket, *args: socket.emit("echo", *args))


AWAY = {
    "sio-4.8.4-websocket-recovery": lambda io: (
        io.to("room1").emit("all", "missed-1"),
        io.emit("all", "missed-2"),
        io.to("room2").emit("all", "not for us"),
        io.volatile.emit("all", "volatile"),
    ),
    "sio-4.8.4-websocket-recovery-failed": lambda io: None,
}


@pytest.mark.parametrize("name", AWAY)
def test_the_recorded_client_is_answered_as_by_4_8(make_gate, name):
    gate = make_gate(recovery=120)
    fixture(gate)
    recording = json.loads((WIRE / f"{name}.json").read_text())
    replay = Replay(gate, recording["vars"])
    for step in recording["steps"]:
        if step["dir"] == "note":
            continue
        replay.step(step, AWAY[name])
    assert replay.compared >= 5


class Replay:
    """Says what the client said, compares what the server says; ``{{name}}`` is bound by the first server step with it."""

    def __init__(self, gate, variables):
        self.gate = gate
        self.patterns = {name: variable["pattern"] for name, variable in variables.items()}
        self.bound = {}
        self.connections = {}
        self.read = {}
        self.compared = 0

    def step(self, step, away):
        where, kind = step["id"], step["kind"]
        if step["dir"] == "c2s":
            self.client(step, where, kind, away)
        elif kind == "ws" and step["op"] == "text":
            self.compare(step["text"], self.next_text(where))

    def client(self, step, where, kind, away):
        if kind == "ws-open":
            self.connections[where] = Raw(self.gate, step["target"])
            self.read[where] = []
        elif kind == "ws-end" or step["op"] == "close":
            self.connections[where].drop()
            if where == "w1":
                away(self.gate.io)
        else:
            self.connections[where].raw(re.sub(r"{{(\w+)}}", lambda m: self.bound[m[1]], step["text"]))
            self.broadcasts(step["text"])

    def broadcasts(self, text):
        """The recorded application broadcast twice behind its first echo."""
        if '"one"' in text:
            self.gate.io.emit("all", "two")
            self.gate.io.emit("all", {"three": 3})

    def next_text(self, where):
        if not self.read[where]:
            self.read[where] = self.connections[where].heard()
        return self.read[where].pop(0)

    def compare(self, expected, text):
        pattern = re.sub(r"\\{\\{(\w+)\\}\\}", self.group, re.escape(expected))
        match = re.fullmatch(pattern, text)
        assert match, (expected, text)
        self.bound.update(match.groupdict())
        self.compared += 1

    def group(self, found):
        name = found[1]
        return re.escape(self.bound[name]) if name in self.bound else f"(?P<{name}>{self.patterns[name]})"


class Raw(Peer):
    """A WebSocket to a given target."""

    def __init__(self, gate, target):
        self.target = target
        super().__init__(gate)
