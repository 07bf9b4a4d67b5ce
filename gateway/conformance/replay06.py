r"""
Plays a recorded scenario of Socket.IO 0.3 to 0.6 against any server, and tells in which steps it answers otherwise.

    {"step": "send", "conn": "A", "data": [{"text": "GET /socket.io/xhr-polling//1303000000001 HTTP/1.1\r\n..."}]}
    {"step": "recv", "conn": "A", "http": {"status": 200, ...}, "messages": ["{{sid:a}}"], ...}

Compared are status, the headers that matter, bodies, and the messages behind framing and envelopes; how messages share a
payload on a stream is free.
"""

import base64
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from gateway.conformance.barewire import HIXIE, RFC6455, Answer, Wire
from gateway.conformance.differences import Difference
from gateway.conformance.packets06 import CALL, call_index, comparable, http_of, messages_of, plain, unwrapped
from gateway.conformance.turning import Pace, awaited

Step = dict[str, Any]

GRACE = 1.5
"""Seconds in which an answer counts, more than any timer of the recordings."""

LATE = 2.0
"""Seconds in which a server that gives up on a client closes."""

_SHOWN = 40
"""Characters of a wrong body."""

_COMPARED = re.compile(r"content-type|etag|access-control-.*|upgrade|(sec-)?websocket-.*")
_SID = re.compile(r"\{\{sid:(\w)\}\}")
_STRANGER = re.compile(r"(?<![\w-])[\w-]{20}(?![\w-])")
_SCRIPT = re.compile(r"<script>parent\.s\._\((.*?), document\);</script>", re.DOTALL)
_PART = re.compile(r"Content-Type: [^\n]*\n\n(.*?)\n--socketio\n", re.DOTALL)
_DOMAIN = re.compile(r'domain="([^"]*)" to-ports="([^"]*)"')
HTML, MULTIPART = "htmlfile", "multipart"


class Replay06:
    """
    One scenario, to be run once.

    :param scenario: as in the files of recordings.
    :param address: host and port of the server; ``policy_port`` its port for Flash policies.
    :param seen: what the fixture application notes, None when it is elsewhere.
    """

    def __init__(
        self, scenario: Step, reactor: Any, address: tuple[str, int], pace: Pace, seen: list[Any] | None, policy_port: int = 0
    ) -> None:
        self.steps: list[Step] = scenario["steps"]
        self._reactor = reactor
        self._address = address
        self._policy_port = policy_port
        self._pace = pace
        self._seen = seen
        self._noted = 0
        self._wires: dict[str, Wire] = {}
        self._streams: dict[str, str] = {}
        self._heard: dict[str, list[Any]] = {}
        self._sids: dict[str, str] = {}
        self.differences: list[Difference] = []
        self._at = 0

    async def run(self) -> list[Difference]:
        """Play all steps; give what differs."""
        for number, step in enumerate(self.steps, 1):
            self._at = number
            await getattr(self, "_" + step["step"].replace("-", "_"))(step)
        for wire in self._wires.values():
            wire.close()
        await self._pace.settle(lambda: all(wire.ended for wire in self._wires.values()))
        return self.differences

    def _differs(self, wanted: Any, got: Any) -> None:
        self.differences.append(Difference(self._at, str(wanted), _STRANGER.sub("{{sid}}", self._named(str(got)))))

    # What the client does -------------------------------------------------------------------

    async def _open(self, step: Step) -> None:
        host, port = self._address
        policy = step["conn"] == "P"  # the recordings call it so
        self._wires[step["conn"]] = Wire().connect(self._reactor, host, self._policy_port if policy else port)
        self._heard[step["conn"]] = []

    async def _send(self, step: Step) -> None:
        wire = self._wires[step["conn"]]
        data = b"".join(self._part(part) for part in step["data"])
        method = re.match(rb"([A-Z]+) /", data)
        if method and wire.mode == "http":
            wire.owed.append(method[1].decode())
        await self._pace.settle(lambda: False)
        wire.send(data)

    def _part(self, part: Mapping[str, str]) -> bytes:
        return self._filled(part["text"]).encode() if "text" in part else base64.b64decode(part["base64"])

    def _filled(self, text: str) -> str:
        text = text.replace("{{host}}", "{}:{}".format(*self._address))
        return _SID.sub(lambda found: self._sids.get(found[1], found[0]), text)

    async def _close(self, step: Step) -> None:
        await self._pace.settle(lambda: False)
        self._wires[step["conn"]].close()
        await self._pace.settle(lambda: False)

    async def _wait(self, step: Step) -> None:
        await self._pace.sleep(step["ms"] / 1000)

    # What the server does -------------------------------------------------------------------

    async def _silence(self, step: Step) -> None:
        wire = self._wires[step["conn"]]
        await self._pace.sleep(step["ms"] / 1000)
        got = self._came(wire, step["conn"])
        if got:
            self._differs("nothing", got)

    def _came(self, wire: Wire, name: str) -> str:
        """What came that nobody expected, "" for nothing."""
        if wire.mode == "http" and name not in self._streams and wire.has_answer:
            answer = wire.answer()
            assert answer is not None
            if answer.status == 101:
                wire.mode = RFC6455
                return f"101 {self._messages(wire, name)}"
            return f"{answer.status} {answer.body.decode('utf-8', 'replace')}"
        messages = self._messages(wire, name)
        if messages:
            return str(messages)
        return "closing frame" if wire.closing else "closed" if wire.ended else ""

    async def _server_close(self, step: Step) -> None:
        wire = self._wires[step["conn"]]
        if not await awaited(self._pace, lambda: wire.ended or wire.has_answer, GRACE) or wire.has_answer:
            self._differs("closed", self._came(wire, step["conn"]) or "open")

    async def _recv(self, step: Step) -> None:
        wire, name = self._wires[step["conn"]], step["conn"]
        if "http" in step:
            await self._head_or_answer(step, wire, name)
        elif "answer_base64" in step or "messages" not in step:
            await self._raw(step, wire)
        if "messages" in step and ("http" not in step or name in self._streams or wire.mode != "http"):
            await self._compare_messages(step, wire, name)

    async def _raw(self, step: Step, wire: Wire) -> None:
        """Bytes as they are: the proof of draft 76, or a Flash policy."""
        wanted = b"".join(self._part(part) for part in step["data"])
        if b"HTTP/1.1" in wanted[:10]:
            step = {**step, "http": http_of(wanted)}
            await self._head_or_answer(step, wire, step["conn"])
        elif b"cross-domain" in wanted:
            await awaited(self._pace, lambda: b"</cross-domain-policy>" in wire.data or wire.ended, GRACE)
            then, now = _DOMAIN.findall(wanted.decode()), _DOMAIN.findall(wire.data.decode())
            wire.data = b""
            if then != now:
                self._differs(then, str(now).replace(str(self._address[1]), "${PORT}"))
        else:
            await self._proof(wire, wanted)

    async def _proof(self, wire: Wire, wanted: bytes) -> None:
        await awaited(self._pace, lambda: len(wire.data) >= len(wanted) or wire.ended, GRACE)
        got, wire.data = wire.data[: len(wanted)], wire.data[len(wanted) :]
        if got != wanted:
            self._differs(wanted.hex(), got.hex())

    async def _head_or_answer(self, step: Step, wire: Wire, name: str) -> None:
        http = step["http"]
        streams = http.get("framing") in ("chunked-open", "until-close")
        ready = (lambda: b"\r\n\r\n" in wire.data) if streams else (lambda: wire.has_answer)
        await awaited(self._pace, lambda: ready() or wire.ended, GRACE)
        answer = wire.head() if streams and b"HTTP/1.1 200" in wire.data[:12] else wire.answer()
        if answer is None:
            self._differs(f"{http['status']}", "closed" if wire.ended else "nothing")
            return
        if answer.status == 101:
            wire.mode = HIXIE
            if "answer_base64" in step:
                await self._proof(wire, base64.b64decode(step["answer_base64"]))
        elif streams and answer.open:
            self._streams[name] = HTML if http["framing"] == "chunked-open" else MULTIPART
        self._compare(step, answer)

    def _compare(self, step: Step, answer: Answer) -> None:
        http = step["http"]
        body = answer.body.decode("utf-8", "replace")
        if http["status"] != answer.status:
            self._differs(f"{http['status']} {http.get('body', '')}", f"{answer.status} {body[:_SHOWN]}")
            return
        if "messages" in step and not answer.open and answer.status == 200:
            self._say_differs(step["messages"], messages_of(unwrapped(http["body"], body)))
            if bool(CALL.fullmatch(http["body"])) != bool(CALL.fullmatch(body)) or call_index(http["body"]) != call_index(body):
                self._differs(http["body"], body)
        elif http.get("body", body) != body:
            self._differs(http["body"], body[:_SHOWN])
        elif http.get("body_sha256", digest := sha256(answer.body).hexdigest()) != digest:
            self._differs(http["body_sha256"], digest)
        self._compare_headers(http, answer)

    def _compare_headers(self, http: Step, answer: Answer) -> None:
        for name, value in http["headers"]:
            given = answer.headers.get(name.lower(), "")
            echoed = name.lower() == "access-control-allow-origin" and value == "*" and given
            if _COMPARED.fullmatch(name.lower()) and not echoed and self._filled(value) != given:
                self._differs(f"{name}: {value}", f"{name}: {given}")

    async def _compare_messages(self, step: Step, wire: Wire, name: str) -> None:
        heard, wanted = self._heard[name], step["messages"]

        def enough() -> bool:
            heard.extend(self._messages(wire, name))
            return len(heard) >= len(wanted)

        await awaited(self._pace, lambda: enough() or wire.ended, GRACE)
        self._say_differs(wanted, heard[: len(wanted)])
        del heard[: len(wanted)]

    def _say_differs(self, wanted: list[Any], got: list[str]) -> None:
        for then, now in zip(wanted, got, strict=False):
            self._learn(then, now)
        expected = [plain(self._filled(message)) for message in wanted]
        if expected != [plain(message) for message in got]:
            self._differs(expected, got)

    def _learn(self, then: str, now: str) -> None:
        found = _SID.search(then)
        if found and found[1] not in self._sids:
            named = re.search(r'[0-9A-Za-z_-]+(?="\}|$)', now)
            if named:
                self._sids[found[1]] = named[0]

    def _messages(self, wire: Wire, name: str) -> list[str]:
        """The messages that have come on a stream or socket."""
        if wire.mode != "http":
            texts = [data.decode() for kind, data in wire.frames() if kind == "text" or self._ends(wire, kind)]
        elif self._streams.get(name) == HTML:
            body = b"".join(wire.chunks()[0]).decode()
            texts = [found if found[0] == "{" else json.loads(found) for found in _SCRIPT.findall(body)]
        elif self._streams.get(name) == MULTIPART:
            text = wire.data.decode()
            texts = _PART.findall(text)
            end = text.rfind("\n--socketio\n") if texts else -1
            wire.data = text[end + len("\n--socketio\n") :].encode() if end >= 0 else wire.data
        else:
            return []
        return [message for text in texts for message in messages_of(text)]

    def _ends(self, wire: Wire, kind: str) -> bool:
        """The server's closing frame is answered by closing."""
        if kind == "close":
            wire.close()
        return False

    # What the application saw ---------------------------------------------------------------

    async def _app(self, step: Step) -> None:
        if self._seen is None:
            return
        await self._pace.settle(lambda: False)
        events, self._noted = self._seen[self._noted :], len(self._seen)
        wanted = [comparable(json.loads(self._filled(json.dumps(event)))) for event in step["events"]]
        got = [comparable(event) for event in events]
        if wanted != got:
            self._differs(wanted, json.dumps(got))

    def _named(self, text: str) -> str:
        for name, sid in self._sids.items():
            text = text.replace(sid, f"{{{{sid:{name}}}}}")
        return text
