"""The end of the process, and the end of its descriptors."""

import re
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.error import ConnectionRefusedError as Refused

from gateway.conformance.cases import Case, Server
from gateway.conformance.clients.kinds import KINDS
from tests.conformance.processes import soon
from tests.conformance.raw import dial, fetch, get
from tests.conformance.service import faults, start_program, start_service
from tests.safety.wire import ENGINE4, SOCKETS, Modern, Nine, frame, memory, message, opened, pause, polling, read_frames

await_it = pytest_twisted.ensureDeferred
ROOT = Path(__file__).resolve().parents[2]


async def of_every_era(url, number):
    """The ``number``-th of many connections: polls that are held, WebSockets, streams."""
    kind = number % 6
    if kind == 0:
        return (await Modern.connect(url)).line
    if kind == 1:
        return (await Nine.connect(url)).line
    if kind == 2:
        return await opened(url, SOCKETS["old"])
    line = await dial(url)
    if kind == 3:
        line.write(get(await polling(url)))
    elif kind == 4:
        sid = (await fetch(url, "GET", "/socket.io/1/")).body.split(":")[0]
        line.write(get(f"/socket.io/1/xhr-polling/{sid}"))
        await line.until(b"1::")
        line.write(get(f"/socket.io/1/xhr-polling/{sid}"))
    else:
        line.write(get("/socket.io/htmlfile//1"))
        await line.until(b"~m~")
    return line


@await_it
async def test_sigterm_ends_connections_of_every_era_in_their_own_way():
    service = await start_service()
    lines = [await of_every_era(service.url, number) for number in range(60)]
    await pause(0.2)
    service.process.transport.signalProcess("TERM")  # at the latest DRAIN seconds later all are cut
    assert await soon(service.process.ended, "the end of the process", 30) == 0
    assert faults(service.log) == []
    assert all(line.closed.called for line in lines)
    for number, line in enumerate(lines):
        if number % 6 < 2:
            assert (8, b"\x03\xe9") in read_frames(line.data)[0]
        if number % 6 == 3:
            assert re.search(rb"HTTP/1.1 200 .*\r\n\r\n(42|1|.*\x1e1)", line.data, re.DOTALL)
        if number % 6 == 4:
            assert line.data.endswith(b"8::")


WORKERS = """
import signal
from twisted.internet import reactor
from twisted.internet.defer import Deferred
import examples.conformance as app

make, begun = app.make, []

def with_work(**options):
    io = make(drain=8, **options)

    @io.on("work")
    async def work(socket, number):
        socket.emit("begun", number)
        begun.append(Deferred())
        await begun[-1]
        socket.emit("worked", number)
        return number

    return io

def release():
    for one in begun:
        one.callback(None)

app.make = with_work
reactor.addSystemEventTrigger("before", "shutdown", lambda: reactor.callLater(0.3, release))
app.main()
"""
CONNECTIONS = 1000


@await_it
async def test_sigterm_under_1000_connections_of_every_kind_loses_nothing_of_a_started_handler():
    program = [sys.executable, "-c", WORKERS, "--port", "0"]
    service = await start_program(program, re.compile(r"^ready (\S+)$"))
    kinds = list(KINDS.values())
    cases = [Case(Server(reactor, service.url, 30.0), kinds[number % len(kinds)]) for number in range(CONNECTIONS)]
    waiting = iter(enumerate(cases))
    peers = []

    async def connect():
        for number, case in waiting:
            peer = case.begin()
            peers.append((number, peer, case))
            first = await soon(peer.take(lambda report: report.kind in ("connected", "ended")), f"{case.kind}", 30)
            assert first.kind == "connected", (case.kind, first)
            if case.kind.transport == "upgrade":
                await soon(peer.upgraded, "an upgrade", 30)
            answer = peer.call("work", number)
            await soon(peer.event("begun"), f"the beginning of {case.kind}", 30)
            answers.append((number, answer))

    answers = []
    await gatherResults([Deferred.fromCoroutine(connect()) for _ in range(20)], consumeErrors=True)
    service.process.transport.signalProcess("TERM")
    for number, answer in answers:
        assert await soon(answer, f"the answer to {number}", 30) == [number]
    assert await soon(service.process.ended, "the end of the process", 30) == 0
    assert faults(service.log) == []
    for number, peer, case in peers:
        assert peer.heard("worked") == [[number]], str(case.kind)
        if not peer.ended:
            await soon(peer.take(lambda report: report.kind == "ended"), f"the end of {case.kind}", 30)
    for case in cases:
        await case.close()


@await_it
async def test_sigterm_loses_no_answer_of_a_handler_that_had_run():
    service = await start_service()
    client = await Modern.connect(service.url)
    client.line.write(frame(b'42["burst",500]'))
    service.process.transport.signalProcess("TERM")
    got = []
    with suppress(AssertionError):
        while True:
            got.append(await message(client.line))
    await service.process.ended
    assert got == [] or got[-1] == '42["burst-end",500]'


async def no_longer_listening(url):
    """The first signal has come to the reactor."""
    with suppress(Refused):
        while True:
            await (await dial(url)).hang_up()
            await pause(0.02)


@await_it
async def test_a_second_sigterm_ends_the_process_at_once():
    service = await start_service()
    client = await opened(service.url, "/ws")
    client.transport.pauseProducing()
    client.write(frame(bytes(8_000_000), 0x82))  # its echo can't be sent: the end would have to wait
    await pause(0.3)
    service.process.transport.signalProcess("TERM")
    await no_longer_listening(service.url)
    assert service.process.running
    service.process.transport.signalProcess("TERM")
    await service.process.ended
    assert "Traceback" not in service.log
    await client.hang_up()


LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
sys.argv = ["conformance.py", "--port", "0"]
runpy.run_path("examples/conformance.py", run_name="__main__")
"""


def cpu(pid):
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@await_it
async def test_descriptor_exhaustion_costs_nobody_who_is_there(tmp_path):
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 600
    command = [sys.executable, "-c", LIMITED]
    service = await start_program(command, re.compile(r"^ready (\S+)$"))
    pid = service.process.transport.pid
    present = await Modern.connect(service.url)
    lines = [await dial(service.url) for _ in range(300)]
    await pause(0.2)
    assert await present.echo("on") == "on"
    before = cpu(pid)
    await pause(2)
    assert cpu(pid) - before < 0.4
    assert await present.echo("still") == "still"
    for line in lines:
        await line.hang_up()
    await pause(1.2)
    newcomer = await Modern.connect(service.url)
    assert await newcomer.echo("served") == "served"
    assert memory(pid) < 200 << 20
    for client in (present, newcomer):
        await client.line.hang_up()
    service.process.transport.signalProcess("TERM")
    await service.process.ended


def test_a_port_in_use_is_one_line_and_status_1():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = subprocess.run(
            [sys.executable, "examples/conformance.py", "--port", str(port)], cwd=ROOT,
            capture_output=True, text=True, timeout=20,
            env={"PYTHONPATH": str(ROOT), "PATH": ""}, check=False,
        )  # fmt: skip
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert run.stderr.strip().splitlines()[-1].startswith("conformance: ")


@await_it
async def test_a_poll_of_nobody_costs_nothing_after_the_descriptors_are_back():
    service = await start_service()
    for _ in range(50):
        assert (await fetch(service.url, "GET", ENGINE4 + "&sid=nobody")).status == 400
    await service.stop()
