"""
Runs socketIO-client: 0.7 (Engine.IO 3, in the dialect of Socket.IO 1.x) and 0.5 (Socket.IO 0.9).

It reads the binary framing of polls only, whatever their type says. Started by tests/conformance/peers.py; the protocol
is in lines.js.
"""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from lines import EVENTS, Replies, Report, acknowledged, from_wire, package, serve, to_wire

library = package()


class Client:
    """One connection in one namespace."""

    def __init__(self, command: dict[str, Any], report: Report) -> None:
        self.command = command
        self.report = report
        self.replies = Replies()
        self.io: Any = None
        self.space: Any = None

    def start(self) -> None:
        """Connect, and listen until the end."""
        given = self.command
        parts = urlsplit(given["url"])
        options = {"params": given.get("query") or {}, "transports": given["transports"], "wait_for_connection": False}
        path = given["namespace"] if given["namespace"] != "/" else ""
        try:
            self.io = library.SocketIO(parts.hostname, parts.port, partial(self._define, path), **options)
            if path:
                self.io.define(partial(self._define, path), path)
            self.io.wait()
        except library.exceptions.ConnectionError as error:
            self.report("error", message=str(error))

    def _define(self, path: str, io: Any, own: str = "") -> Any:
        """A namespace; ours has handlers."""
        space = library.BaseNamespace(io, own)
        if own != path:
            return space
        self.space = space
        for name in EVENTS:
            space.on(name, partial(self.heard, name))
        space.on("connect", self.connected)
        space.on("disconnect", lambda: self.report("disconnected", reason=None))
        space.on("error", lambda *data: self.report("refused", data=to_wire(data)))
        return space

    def connected(self) -> None:
        """The server has let us in."""
        name = self.io.transport_name if hasattr(self.io, "transport_name") else self.io._transport_name
        self.report("connected", id=None, transport=name)

    def heard(self, name: str, *args: Any) -> None:
        """An event; with a function as its last argument it wants an answer."""
        if args and callable(args[-1]):
            args[-1](*self.replies.ask(self.report, name, args[:-1]))
        else:
            self.report("event", name=name, args=to_wire(args))

    def emit(self, given: dict[str, Any]) -> None:
        """An event of ours."""
        more = {"callback": acknowledged(self.report, given["ack"])} if "ack" in given else {}
        self.space.emit(given["name"], *from_wire(given["args"]), **more)

    def reply(self, given: dict[str, Any]) -> None:
        """The answer to a question."""
        self.replies.give(given)

    def disconnect(self, given: dict[str, Any] | None = None) -> None:
        """Leave."""
        if self.io is not None:
            self.io.disconnect()

    close = disconnect


if __name__ == "__main__":
    serve(Client)
