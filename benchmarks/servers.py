"""
The servers that can be measured: the gateway in its two builds, and the peers.

``{port}`` in a command is replaced by the port. The first of a server's eras is spoken to it where a suite asks for
one that it does not know.
"""

import os
import random
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

HERE = Path(__file__).resolve().parent
BUILD = HERE / "build"
PEER_PYTHON = HERE / ".venv-peers" / "bin" / "python"
START_WITHIN = 15.0
STOP_WITHIN = 5.0


@dataclass(frozen=True)
class Server:
    """How to start one server, and which eras it speaks."""

    command: tuple[str, ...]
    eras: tuple[str, ...] = ("eio4",)
    environment: dict[str, str] = field(default_factory=dict)

    def era_for(self, wanted: str) -> str:
        """Return the era to speak to this server in a suite that wants ``wanted``."""
        return wanted if set(wanted.split(",")) <= set(self.eras) else self.eras[0]


def _node(script: str, *eras: str) -> Server:
    return Server(("node", "--expose-gc", str(HERE / "peers" / script), "{port}"), eras)


def _python_socketio(framework: str) -> Server:
    return Server((str(PEER_PYTHON), str(HERE / "peers" / "pysocketio.py"), "{port}", framework))


def _gateway(reactor: str, **environment: str) -> Server:
    eras = ("eio4", "eio3", "sio09", "old", "old76")
    return Server((sys.executable, str(HERE / "app.py"), "{port}", reactor), eras, environment)


SERVERS = {
    "gateway-base": _gateway("epoll", SOCKETIO_GATEWAY_PLAIN="1"),
    "gateway-fast": _gateway("lean"),
    "node4": _node("socketio4.js", "eio4", "eio3"),
    "node2": _node("socketio2.js", "eio3"),
    "node09": _node("socketio09.js", "sio09"),
    "node06": _node("socketio06.js", "old76"),
    "python-uvicorn": _python_socketio("uvicorn"),
    "python-aiohttp": _python_socketio("aiohttp"),
}


def add_server(text: str) -> str:
    """Register ``NAME=COMMAND`` (with ``{port}`` in it) from the command line and return its name."""
    name, _, command = text.partition("=")
    SERVERS[name] = Server(tuple(shlex.split(command)))
    return name


def free_port() -> int:
    """Return a port of the loopback below the range that clients are given."""
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Running:
    """One started server."""

    def __init__(self, name: str) -> None:
        """:raises RuntimeError: it did not open its port in time; its output is in ``build/NAME.log``."""
        self.name = name
        self.server = SERVERS[name]
        self.port = free_port()
        self._log: IO[bytes] = open(BUILD / f"{name}.log", "wb")  # noqa: SIM115 - closed by stop()
        command = [part.replace("{port}", str(self.port)) for part in self.server.command]
        environment = {**os.environ, **self.server.environment}
        self.process = subprocess.Popen(command, stdout=self._log, stderr=self._log, env=environment, cwd=HERE.parent)
        self._wait_until_open()

    def _wait_until_open(self) -> None:
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"{self.name} did not start, see {BUILD / self.name}.log")

    def stop(self) -> None:
        """End the process and wait for it."""
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()


@contextmanager
def running(name: str) -> Iterator[Running]:
    """Run a server for the length of a ``with`` block."""
    server = Running(name)
    try:
        yield server
    finally:
        server.stop()
