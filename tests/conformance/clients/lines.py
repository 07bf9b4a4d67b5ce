"""
What the runners written in Python share: the commands and reports of ``lines.js``.

A runner is started as ``.venv-clients/bin/python clients/<runner>.py <folder of packages> <module>``. It gives
:func:`serve` a function that makes a client, an object with a method for each command but ``connect``.
"""

import base64
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from itertools import count
from queue import SimpleQueue
from typing import Any

Report = Callable[..., None]

EVENTS = (
    "all", "answer", "any", "auth", "burst", "burst-end", "echo", "event-error", "except", "in", "left", "message",
    "message-back", "others", "question", "to", "volatile",
)  # fmt: skip
"""Every event that the application under test emits."""

_writing = threading.Lock()


def package() -> Any:
    """The module that the command line names, from the folder that it names."""
    sys.path.insert(0, sys.argv[1])
    return import_module(sys.argv[2])


def to_wire(value: Any) -> Any:
    """A client's value as JSON can say it."""
    if isinstance(value, bytes | bytearray):
        return {"$b64": base64.b64encode(value).decode()}
    if isinstance(value, list | tuple):
        return [to_wire(one) for one in value]
    return {key: to_wire(one) for key, one in value.items()} if isinstance(value, dict) else value


def from_wire(value: Any) -> Any:
    """The value that a command means."""
    if isinstance(value, list):
        return [from_wire(one) for one in value]
    if not isinstance(value, dict):
        return value
    return base64.b64decode(value["$b64"]) if "$b64" in value else {key: from_wire(one) for key, one in value.items()}


def _reporter(number: int) -> Report:
    def report(kind: str, **more: Any) -> None:
        line = json.dumps({"client": number, "is": kind, **more})
        with _writing:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    return report


class Replies:
    """Questions of the server: a handler's thread waits until the command ``reply`` brings its answer."""

    def __init__(self) -> None:
        self._numbers = count()
        self._waiting: dict[int, SimpleQueue[list[Any]]] = {}

    def ask(self, report: Report, name: str, args: tuple[Any, ...]) -> list[Any]:
        """Report an event that wants an answer; gives the answer."""
        number = next(self._numbers)
        queue = self._waiting[number] = SimpleQueue()
        report("event", name=name, args=to_wire(args), ack=number)
        return queue.get(timeout=30)

    def give(self, command: dict[str, Any]) -> None:
        """The command ``reply``."""
        self._waiting.pop(command["ack"]).put(from_wire(command["args"]))


def acknowledged(report: Report, number: int) -> Callable[..., None]:
    """A callback that reports the answer to an event of the client."""
    return lambda *args: report("ack", ack=number, args=to_wire(args))


def serve(connect: Callable[[dict[str, Any], Report], Any]) -> None:
    """
    Obey until standard input ends. Each client connects and leaves in a thread of its own, since that may block.

    :param connect: (command, report) -> the client, whose ``start`` connects it.
    """
    clients: dict[int, Any] = {}
    for line in sys.stdin:
        command = json.loads(line)
        number, what = command["client"], command["do"]
        report = _reporter(number)
        try:
            if what == "connect":
                clients[number] = connect(command, report)
                threading.Thread(target=clients[number].start, daemon=True).start()
            elif what in ("disconnect", "close"):  # may wait for a poll that is held
                threading.Thread(target=getattr(clients[number], what), args=(command,), daemon=True).start()
            else:
                getattr(clients[number], what)(command)
        except Exception:  # noqa: BLE001 # the test that gave the command is told
            report("failed", message=traceback.format_exc())
    os._exit(0)
