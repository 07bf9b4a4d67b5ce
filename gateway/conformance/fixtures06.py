"""
The application that the recordings of Socket.IO 0.3 to 0.6 were made against.

    echo:X   twice:X   array:A,B,C   later:MS:X   broadcast:X   json   {"an": "object"}
"""

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.task import deferLater

from gateway import Listener, Socket


class Application06:
    """
    What the recordings of 0.3 to 0.6 were made against.

    :ivar seen: ``{"event": "message", "sid": ..., "data": ...}`` and so on.
    """

    def __init__(self, io: Listener) -> None:
        self.io = io
        self.seen: list[Any] = []
        io.on("clientConnect", lambda client: self._note("connection", client))
        io.on("clientDisconnect", lambda client: self._note("disconnect", client))
        io.on("message", self._message)

    def _note(self, event: str, client: Socket, **more: Any) -> None:
        self.seen.append({"event": event, "sid": client.session_id, **more})

    def _message(self, client: Socket, data: Any) -> None:
        self._note("message", client, data=data)
        if not isinstance(data, str):
            client.send({"echo": data})
            return
        word, mark, rest = data.partition(":")
        act = _WORDS.get(word) if mark else None
        if act is not None:
            act(self, client, rest)
        elif data == "json":
            client.send({"hello": "wörld", "n": 1})

    def _later(self, client: Socket, rest: str) -> None:
        delay, _, text = rest.partition(":")
        deferLater(self.io.clock, int(delay) / 1000, client.send, text)

    def _twice(self, client: Socket, rest: str) -> None:
        client.send(f"{rest}1")
        client.send(f"{rest}2")


_WORDS: dict[str, Callable[[Application06, Socket, str], Any]] = {
    "echo": lambda app, client, rest: client.send(rest),
    "twice": Application06._twice,
    "array": lambda app, client, rest: client.send(*rest.split(",")),
    "later": Application06._later,
    "broadcast": lambda app, client, rest: client.broadcast.send(rest),
}

_TIMES = {
    "duration": "poll_duration",
    "closeTimeout": "close_timeout",
    "heartbeatInterval": "heartbeat_interval",
    "timeout": "heartbeat_timeout",
}


def options06(server_options: Mapping[str, Any], envelope: bool) -> dict[str, Any]:
    """Our options for those that the recorded server had."""
    options: dict[str, Any] = {"origins": "*", "eras": ["old"], "old_payload": "envelope" if envelope else "frames"}
    if "origins" in server_options:
        options["origins"] = server_options["origins"]
    options["transport_options"] = {
        transport: {_TIMES[name]: value / 1000 for name, value in times.items() if value is not None}
        for transport, times in server_options.get("transportOptions", {}).items()
    }
    return options
