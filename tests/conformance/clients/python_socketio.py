"""
Runs python-socketio's client: release 5 (Socket.IO 5 over Engine.IO 4) and 4 (Socket.IO 4 over Engine.IO 3).

Started by tests/conformance/peers.py; the protocol is in lines.js. Each message that this client gets is handled in a
thread of its own, so the order of its reports says nothing.
"""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from lines import EVENTS, Replies, Report, acknowledged, from_wire, package, serve, to_wire

socketio = package()


class Client:
    """One connection in one namespace."""

    def __init__(self, command: dict[str, Any], report: Report) -> None:
        self.command = command
        self.report = report
        self.namespace = command["namespace"]
        self.replies = Replies()
        self.client = socketio.Client(reconnection=False)
        for name in EVENTS:
            self.client.on(name, partial(self.heard, name), self.namespace)
        self.client.on("connect", self.connected, self.namespace)
        self.client.on("disconnect", self.disconnected, self.namespace)
        self.client.on("connect_error", self.refused, self.namespace)

    def start(self) -> None:
        """Connect; may block."""
        given = self.command
        url = given["url"] + ("?" + urlencode(given["query"]) if given.get("query") else "")
        more = {"auth": given["auth"]} if given.get("auth") else {}
        try:
            self.client.connect(url, transports=given["transports"], namespaces=[self.namespace], **more)
        except socketio.exceptions.ConnectionError as error:
            self.report("error", message=str(error))

    def connected(self) -> None:
        """The server has let us in."""
        self.report("connected", id=None, transport=self.client.transport())

    def disconnected(self, *reason: str) -> None:
        """The end of the namespace."""
        self.report("disconnected", reason=reason[0] if reason else None)

    def refused(self, data: Any = None) -> None:
        """The server has not."""
        self.report("refused", data=data)

    def heard(self, name: str, *args: Any) -> Any:
        """An event; the value returned is the acknowledgement of one that wants an answer."""
        if name == "question":
            return tuple(self.replies.ask(self.report, name, args))
        return self.report("event", name=name, args=to_wire(args))

    def emit(self, given: dict[str, Any]) -> None:
        """An event of ours."""
        callback = acknowledged(self.report, given["ack"]) if "ack" in given else None
        self.client.emit(given["name"], tuple(from_wire(given["args"])), self.namespace, callback)

    def send(self, given: dict[str, Any]) -> None:
        """A message."""
        self.client.send(from_wire(given["value"]), self.namespace)

    def reply(self, given: dict[str, Any]) -> None:
        """The answer to a question."""
        self.replies.give(given)

    def transport(self, given: dict[str, Any]) -> None:
        """What it travels on by now."""
        self.report("transport", name=self.client.transport())

    def disconnect(self, given: dict[str, Any] | None = None) -> None:
        """Leave."""
        if self.client.connected:
            self.client.disconnect()

    close = disconnect


if __name__ == "__main__":
    serve(Client)
