"""A real Redis on a free port of this machine, without files, that can be killed, stalled and started again."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twisted.logger import globalLogPublisher

HERE = "127.0.0.1"
PROGRAM = shutil.which("redis-server")
MISSING = "redis-server is not installed (Debian: apt-get install redis-server)"


class RedisServer:
    """
    One server; it listens when the constructor returns.

    :ivar url: of its first database.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.arguments = arguments
        with socket.create_server((HERE, 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://{HERE}:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert PROGRAM is not None
        options = ["--port", str(self.port), "--bind", HERE, "--dir", str(self.folder), "--save", "", *self.arguments]
        self.process = subprocess.Popen([PROGRAM, *options], stdout=subprocess.DEVNULL)
        ends = time.monotonic() + 10
        while not self._answers():
            assert self.process.poll() is None, "redis-server ended at once"
            assert time.monotonic() < ends, "redis-server does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self.process.kill()
        self.process.wait()

    def stall(self) -> None:
        """It keeps its connections and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """The stall is over."""
        self.process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((HERE, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64) != b""
        except OSError:
            return False


@contextmanager
def store_log() -> Iterator[list[tuple[Any, str]]]:
    """What stores log meanwhile, as level and text."""
    lines: list[tuple[Any, str]] = []

    def observer(event: Any) -> None:
        if event.get("log_namespace") == "socketio.stores":
            lines.append((event["log_level"], event["log_format"].format(**event)))

    globalLogPublisher.addObserver(observer)
    try:
        yield lines
    finally:
        globalLogPublisher.removeObserver(observer)
