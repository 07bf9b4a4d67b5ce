"""Peers that stall, vanish, do not read or come in thousands; a process that was held up; a clock that jumps."""

import time

import pytest
import pytest_twisted
from twisted.internet.task import Clock

from gateway.reactors import steady
from tests.conformance.raw import dial, fetch, get, upgrade
from tests.gateway.era_peers import Poller, peer_of
from tests.gateway.front_driver import Peer, make_front
from tests.safety.wire import MB, SOCKETS, Modern, close_code, frame, memory, message, opened, pause, polling, read_frames

await_it = pytest_twisted.ensureDeferred
black_box = pytest.mark.usefixtures("unharmed")


# Slow consumers (R6)


@black_box
@await_it
async def test_slow_consumers_are_closed_at_max_buffer_and_the_others_hear_everything(service):
    pid = service.process.transport.pid
    idle = [await Modern.connect(service.url) for _ in range(5)]
    sender = await Modern.connect(service.url)
    for client in (sender, *idle):
        client.say("40/chat,")
        assert await message(client.line)
    for client in idle:
        client.line.transport.pauseProducing()
    before = memory(pid)
    for number in range(60):
        sender.say('42/chat,["others",' + '"' + "x" * 500_000 + '"]')
        assert await sender.echo(number) == number
    assert memory(pid) - before < 5 * 16 * MB + 60 * MB
    assert "slow client" in service.log
    for client in idle:
        client.line.dataReceived = lambda data: None
        client.line.transport.resumeProducing()
        await client.line.end()
    await sender.line.hang_up()


@pytest.mark.parametrize("era", ["old", "0.9", "eio3", "eio4"])
def test_slow_consumers_are_told_apart_by_reason(make_gate, era):
    gate, reasons, heard = make_gate(max_buffer=5000, max_payload=5000), [], []
    gate.io.on("connection", lambda socket: socket.on("disconnect", reasons.append))
    slow, other = peer_of(gate, era), peer_of(gate, era)
    slow.client.transport.pause()
    for number in range(100):
        gate.io.emit("e", number, "x" * 100)
        heard += other.events()
    assert reasons == ["transport error"]
    assert [event[2][0] for event in heard] == list(range(100))


def test_slow_consumers_get_no_volatile_event_late(gate):
    peer = peer_of(gate, "eio4")
    peer.client.transport.pause()
    for _ in range(100):
        gate.io.volatile.emit("v")
    peer.client.transport.resume()
    assert peer.events() == []


def test_slow_consumers_pay_for_tiny_messages_too(make_gate):
    gate = make_gate(max_buffer=100_000)
    peer = peer_of(gate, "eio3")
    peer.client.transport.pause()
    for _ in range(1000):
        peer.raw("2")  # answered by one character each
    assert gate.io.clients_count == 0


# Broadcast to a closing client


def test_a_broadcast_to_1000_members_of_which_100_reset_reaches_the_900(gate):
    peers = [peer_of(gate, "eio4") for _ in range(1000)]

    for peer in peers[::10]:
        peer.connection.send = lambda data, peer=peer: peer.connection.reader.connectionLost(None)
    gate.io.emit("all", 1)
    gate.turn(0.1)
    assert sum(len(peer.events()) for at, peer in enumerate(peers) if at % 10) == 900
    assert gate.io.clients_count == 900


def test_a_handler_may_put_its_own_client_out_and_speak_while_it_goes(gate, logged_failures):
    said = []
    gate.io.on("leave", lambda socket: socket.disconnect(True))

    def gone(socket, reason):
        for room in list(socket.rooms):
            socket.leave(room)
        gate.io.emit("gone", reason)
        said.append(reason)

    gate.io.on("disconnect", gone)
    peer, other = peer_of(gate, "eio4"), peer_of(gate, "0.9")
    peer.emit("leave")
    assert said == ["server namespace disconnect"]
    assert other.names() == ["gone"]
    assert logged_failures == []


# Half-open connections (R10): ping_interval 25, ping_timeout 20


@pytest.mark.parametrize("era, limit", [("eio4", 45), ("eio3", 45), ("0.9", 45), ("old", 30)])
def test_a_half_open_websocket_is_noticed_in_time(gate, era, limit):
    reasons = []
    gate.io.on("disconnect", lambda socket, reason: reasons.append(reason))
    peer_of(gate, era)
    gate.turn(limit + 1)
    assert reasons == ["ping timeout"]
    assert gate.io.clients_count == 0


def test_a_half_open_poller_is_noticed_in_time(gate):
    Poller(gate).poll()
    gate.turn(46)
    assert [client for client in gate.io._sessions.values() if not client.over] == []
    gate.turn(40)
    assert gate.io.clients_count == 0


# A stall of the process, clock jumps


def test_heartbeat_storm_nobody_who_answered_is_dropped_for_our_own_lateness(gate):
    peers = [peer_of(gate, "eio4") for _ in range(1000)]
    gate.turn(26)
    for peer in peers:
        assert "2" in peer.heard()
    clock = gate.clock
    clock.rightNow += 60  # held up; the answers lie in the sockets
    for call in list(clock.getDelayedCalls()):
        if call.getTime() <= clock.seconds():
            clock.calls.remove(call)
            call.called = 1
            call.func(*call.args, **call.kw)
    for peer in peers:
        peer.raw("3")
    clock.advance(0)
    gate.turn(1)
    assert gate.io.clients_count == 1000
    assert len(clock.getDelayedCalls()) == 1


def test_a_stall_is_no_fault_of_a_client_of_09_that_was_not_asked(gate):
    reasons = []
    gate.io.on("disconnect", lambda socket, reason: reasons.append(reason))
    peer, silent = peer_of(gate, "0.9"), peer_of(gate, "0.9")
    gate.turn(5)
    gate.clock.advance(60)  # in one step: nothing was done meanwhile
    assert "2::" in peer.heard() and reasons == []
    peer.raw("2::")
    gate.turn(21)
    assert reasons == ["ping timeout"]
    assert silent.client is None and peer.client is not None


class WallClock(Clock):
    """A stock reactor: its seconds are those of the wall."""

    def __init__(self):
        super().__init__()
        self.jump = 0.0

    def seconds(self):
        return time.time() + self.jump


@pytest.mark.parametrize("day", [86400.0, -86400.0])
def test_clock_jumps_of_a_day_move_no_timer(day):
    reactor, called = WallClock(), []
    waiting = reactor.callLater(30, called.append, 1)
    steady(reactor)
    reactor.jump = day
    assert 29 < waiting.getTime() - reactor.seconds() < 31
    assert 9 < reactor.callLater(10, called.append, 2).getTime() - reactor.seconds() < 11
    assert called == []


def test_clock_jumps_a_reactor_with_another_clock_stays_as_it_is():
    clock = Clock()
    steady(clock)
    assert clock.seconds() == 0.0


JUMPS = """
import sys, time
from twisted.internet import reactor
from gateway import Front, Listener
io = Listener(ping_interval=0.3, ping_timeout=0.3)
front = Front(io)
real, began = time.time, time.monotonic()
woken = []
class Item:
    slotted = 0
    deadline = front.wheel.now() + 0.4
    def wake(self, now):
        woken.append(now - began)
        self.deadline = float("inf")
front.wheel.add(Item())
def jump():
    import twisted.internet.base as base, twisted.python.runtime as runtime
    time.time = runtime.Platform.seconds = base.runtimeSeconds = lambda: real() + float(sys.argv[1])
    reactor.callLater(2.5, reactor.stop)
reactor.callWhenRunning(jump)
reactor.run()
print(len(woken), 0.3 < woken[0] < 2.4)
"""


@pytest.mark.parametrize("jump", ["86400", "-86400"])
def test_clock_jumps_on_the_stock_reactor_the_wheel_goes_on(jump):
    import subprocess
    import sys
    from pathlib import Path

    run = [sys.executable, "-c", JUMPS, jump]
    found = subprocess.run(run, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=20, check=True)
    assert found.stdout.split() == ["1", "True"]


# Floods


@black_box
@pytest.mark.parametrize("target", ["/ws", SOCKETS["eio4"]])
@await_it
async def test_30_000_pings_unread_are_not_kept(service, target):
    pid = service.process.transport.pid
    line = await opened(service.url, target)
    line.transport.pauseProducing()
    before = memory(pid)
    line.write(frame(b"p" * 125, 0x89) * 30_000)
    await pause(0.3)
    assert memory(pid) - before < 15 * MB
    line.transport.resumeProducing()
    assert line.closed.called is False
    await line.hang_up()


def test_pings_of_a_peer_that_does_not_read_are_answered_once_when_it_does(gate):
    peer = peer_of(gate, "eio4")
    connection = peer.connection
    connection.writer.pause()
    for number in range(1000):
        connection.reader.dataReceived(frame(b"%d" % number, 0x89))
    assert connection.take() == b""
    connection.writer.resume()
    assert read_frames(connection.take()) == ([(10, b"999")], b"")


@black_box
@await_it
async def test_5000_stray_acknowledgements_are_ignored(url):
    client = await Modern.connect(url)
    for number in range(5000):
        client.say(f"43{number}[]")
    assert await client.echo("on") == "on"
    await client.line.hang_up()


@black_box
@await_it
async def test_namespaces_without_end_cost_next_to_nothing(service):
    pid = service.process.transport.pid
    client = await Modern.connect(service.url)
    before = memory(pid)
    for number in range(5000):
        client.say(f"40/nobody{number},")
    assert await client.echo("on") == "on"
    assert memory(pid) - before < 20 * MB
    await client.line.hang_up()


# The upgrade


@black_box
@pytest.mark.parametrize("time_of_upgrade", range(5))
@await_it
async def test_upgrade_under_load_keeps_the_order_of_300(url, time_of_upgrade):
    target = await polling(url)
    await fetch(url, "POST", target, b'42["burst",300]')
    for start in range(0, 100, 50):
        await fetch(url, "POST", target, "\x1e".join(f'42["count",{n}]' for n in range(start, start + 50)).encode())
    line = await opened(url, target.replace("polling", "websocket"))
    line.write(frame(b"2probe"))
    assert await message(line) == "3probe"
    got = (await fetch(url, "GET", target)).body.split("\x1e")
    line.write(frame(b"5"))
    line.write(b"".join(frame(f'42["count",{n}]'.encode()) for n in range(100, 300)) + frame(b'427["counted"]'))
    while not got[-1].startswith("437"):
        got.append(str(await message(line)))
    assert [text for text in got if text.startswith('42["burst"')] == [f'42["burst",{n}]' for n in range(300)]
    assert got[-1] == '437[{"received":300,"ordered":true}]'
    await line.hang_up()


def test_a_probe_that_stalls_is_given_up_and_polling_goes_on(gate):
    gate.io.on("echo", lambda socket, value: socket.emit("echo", value))
    poller = Poller(gate)
    opening = gate.get(poller.url.replace("polling", "websocket"), upgrade=True)
    opening.connection.reader.dataReceived(frame(b"2probe"))
    gate.turn(11)
    assert opening.connection.take().endswith(b"\x88\x00")
    held = poller.poll()
    poller.post('42["echo",1]')
    assert held.text == '42["echo",1]'


# Slow heads and bodies (R13)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        b"GET /io/now HTTP/1.1\r\nHost: x\r\n",
        b"POST /io/now HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n",
        b"\r\n",
        b"<policy",
    ],
)
@pytest.mark.parametrize("dribbles", [True, False])
def test_a_slow_head_or_body_is_cut_off_after_60_seconds_however_it_dribbles(sent, dribbles):
    front = make_front()
    peer = Peer(front)
    if sent:
        peer.send(sent)
    for _ in range(62):
        if dribbles and len(sent) > 7 and not peer.closed:
            peer.send(b"X" if b"POST" in sent else b"a")
        peer.wait(1)
    peer.wait(5)
    assert peer.closed or peer.aborted
    peer.wait(15)
    peer.lose()
    assert front.connections == set()


@black_box
@await_it
async def test_idle_connections_hold_nobody_up(url):
    lines = [await dial(url) for _ in range(100)]
    for at, line in enumerate(lines):
        line.write([b"", b"GET", get("/nothing")[:-2], upgrade(SOCKETS["eio4"])][at % 4])
    client = await Modern.connect(url)
    assert await client.echo("served") == "served"
    for line in (*lines, client.line):
        await line.hang_up()


@black_box
@await_it
async def test_resets_in_the_middle_of_everything(url):
    target = await polling(url)
    parts = [
        get(target),
        get(target)[:20],
        upgrade(SOCKETS["old"]),
        b"POST " + target.encode() + b" HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n42[",
        upgrade("/ws") + frame(b"x" * 70_000)[:60_000],
        b"<policy-file",
    ]
    for part in parts * 10:
        line = await dial(url)
        line.write(part)
        await line.hang_up()
    line = await opened(url, SOCKETS["eio4"])
    await message(line)
    line.write(frame(b'451-["x",{"_placeholder":true,"num":0}]'))
    await line.hang_up()
    again = await opened(url, "/ws")
    again.write(frame(b"x", 0x83))
    assert await close_code(again) == 1002
