"""The client's half of a recorded scenario of Socket.IO 0.7 to 0.9: its requests and frames, each at its time."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from gateway.conformance.barewire import Answer, Wire, masked_frame
from gateway.conformance.turning import Pace, awaited

Step = dict[str, Any]

_POLL = re.compile(r"GET (?!\S*[?&]disconnect)\S*/1/(?:xhr|jsonp)-polling/([^/? ]+)")
_REQUEST = re.compile(r"([A-Z]+) ")


@dataclass(slots=True)
class Poll:
    """
    A GET that is held, or was.

    :ivar name: the recording's name of its connection.
    :ivar settled: the recorded answer has been dealt with: its packets had come before.
    """

    sid: str
    name: str
    wire: Wire
    answer: Answer | None = None
    settled: bool = False


def path_of(scenario: Step) -> str:
    """Where the client of a scenario finds the server."""
    path = scenario["settings"].get("resource", "/socket.io")
    return path if isinstance(path, str) else "/socket.io"


async def is_served(reactor: Any, address: tuple[str, int], pace: Pace, path: str) -> bool:
    """Whether a fresh client shakes hands: what counts where the recorded server was at fault."""
    wire = Wire().connect(reactor, *address)
    wire.send(f"GET {path}/1/?t=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    await awaited(pace, lambda: wire.ended, 1.0)
    answer = wire.answer()
    return answer is not None and answer.status == 200


class Client09:
    """
    Says what the recorded client said.

    :ivar values: what stands for the placeholders of the recording.
    """

    def __init__(self, scenario: Step, reactor: Any, address: tuple[str, int], pace: Pace, policy_port: int) -> None:
        self.steps: list[Step] = scenario["steps"]
        self._reactor = reactor
        self._address = address
        self._policy_port = policy_port
        self._pace = pace
        self._wires: dict[str, Wire] = {}
        self._all: list[Wire] = []
        self._polls: list[Poll] = []
        self._last_poll: dict[str, str] = {}  # session id -> its request
        self.values = {"T": "1395000000000", "HOST": "{}:{}".format(*address), "PAGEHOST": "page.example:80"}
        self.values["HOST_ENC"] = self.values["HOST"].replace(":", "%3A")
        self._late = 0.0

    async def _until(self, step: Step) -> None:
        """Wait as long as the recording did; what came late moves all that follows."""
        await self._pace.settle(lambda: False)
        left = self._left(step)
        if left > 0.005:
            await self._pace.sleep(left)
        elif self._pace.slack > 1:
            self._late -= min(left, 0.0)

    def _left(self, step: Step) -> float:
        """Seconds until the recorded time of a step."""
        return float(step["ms"]) / 1000 + self._late - self._pace.now

    async def _say(self, step: Step) -> None:
        kind = step["type"]
        if kind == "fin":
            if step["conn"] in self._wires:
                self._wires[step["conn"]].close()
            return
        wire = self._wire(step)
        if kind == "open":
            return
        data = self._bytes(step)
        if kind == "http-request":
            self._asked(step, wire, data)
        wire.send(data)

    def _wire(self, step: Step) -> Wire:
        """The connection; a new one where the old one is closed, or still owes what the recording got."""
        name = step["conn"]
        wire = self._wires.get(name)
        if wire is None or (step["type"] == "http-request" and (wire.ended or wire.closing or wire.owed)):
            host, port = self._address
            wire = Wire().connect(self._reactor, host, self._policy_port if step.get("to") == "policy" else port)
            self._wires[name] = wire
            self._all.append(wire)
        return wire

    def _asked(self, step: Step, wire: Wire, data: bytes) -> None:
        request = data.decode("latin-1")
        method = _REQUEST.match(request)
        wire.owed.append(method[1] if method else "GET")
        poll = _POLL.match(request)
        if poll:
            self._polls.append(Poll(poll[1], step["conn"], wire))
            self._last_poll[poll[1]] = request

    def _bytes(self, step: Step) -> bytes:
        if step["type"] == "ws-frame" and "raw_b64" not in step:
            return masked_frame(step["frame"])
        if step["type"] == "ws-frame" and "${" in str(step["frame"].get("payload", "")):
            return masked_frame({**step["frame"], "payload": self._filled(step["frame"]["payload"])})
        if "raw" in step:
            head, mark, body = step["raw"].partition("\r\n\r\n")
            if "${" in body:
                body = self._filled(body)
                head = re.sub(r"(?i)(content-length: )\d+", rf"\g<1>{len(body.encode())}", head)
            whole: str = self._filled(head) + mark + body
            return whole.encode()
        return base64.b64decode(step["raw_b64"])

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda found: self.values.get(found[1], found[0]), text)
