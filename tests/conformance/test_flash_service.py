"""``twistd socketio --flash-policy``: the Flash policy on a port of its own, with and without the right to open it."""

import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.task import deferLater

from tests.conformance.processes import LIMIT
from tests.conformance.raw import dial
from tests.conformance.service import Service, start_program

TWISTD = str(Path(sys.executable).with_name("twistd"))
HERE = "127.0.0.1"


@pytest.fixture(autouse=True)
def _log() -> None:
    """Each service's own log is looked at when it ends."""


@asynccontextmanager
async def twistd(policy: str) -> AsyncIterator[Service]:
    """The chat example, with ``--flash-policy policy``."""
    arguments = ["--listen", f"tcp:0:interface={HERE}", "--flash-policy", policy, "--app", "examples.chat:make"]
    service = await start_program([TWISTD, "-n", "--pidfile=", "socketio", *arguments], re.compile(r"listening on (http://\S+)"))
    try:
        yield service
    finally:
        await service.stop(expected=None)


def port_of(url: str) -> int:
    """Its number."""
    return int(url.rpartition(":")[2])


async def logged(service: Service, words: str) -> None:
    """Wait for a line of its log: it opens its ports one by one."""
    ends = reactor.seconds() + LIMIT
    while not any(words in line for line in service.lines):
        assert reactor.seconds() < ends, service.log
        await deferLater(reactor, 0.02)


async def policy_at(url: str, question: bytes) -> list[tuple[bytes, bytes]]:
    """Which domains may speak to which ports, as told by whoever listens at ``url``."""
    line = await dial(url)
    line.write(question)
    return re.findall(rb'domain="([^"]*)" to-ports="([^"]*)"', await line.end())


@pytest_twisted.ensureDeferred
async def test_a_policy_port_that_is_taken_is_one_warning_and_the_main_port_gives_the_policy() -> None:
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
        async with twistd(f"tcp:{port}:interface={HERE}") as service:
            await logged(service, "--flash-policy")
            own = str(port_of(service.url)).encode()
            assert await policy_at(service.url, b"<policy-file-request/>\0") == [(b"*", own)]
    (warning,) = [line for line in service.lines if "--flash-policy" in line]
    for way in ("port in use", "inline", "socket activation", "redirect"):
        assert way in warning


@pytest_twisted.ensureDeferred
async def test_port_843_answers_at_once() -> None:
    try:
        socket.create_server((HERE, 843)).close()
    except OSError as error:
        pytest.skip(f"port 843 can't be opened here: {error}")
    async with twistd(f"tcp:843:interface={HERE}") as service:
        await logged(service, f"{HERE}:843")
        assert await policy_at(f"http://{HERE}:843", b"") == [(b"*", str(port_of(service.url)).encode())]
