r"""
Plays a recorded scenario of Socket.IO 0.7 to 0.9 against any server, and tells in which steps it answers otherwise.

    {"n": 3, "ms": 120, "conn": "c2", "dir": "c>s", "type": "http-request", "raw": "GET /socket.io/1/xhr-polling/${SID1}?..."}
    {"n": 4, "ms": 120, "conn": "c2", "dir": "s>c", "type": "http-response", "match": {"status": 200, ..., "body": "1::"}}

How packets are grouped into polls depends on timing. So the packets of a session are compared as one sequence; answers and
their heads one by one.
"""

import base64
import gzip
import hashlib
import re
from typing import Any

from gateway.conformance.barewire import HIXIE, RFC6455, Answer, Wire
from gateway.conformance.clientsteps09 import Client09, Poll, Step
from gateway.conformance.differences import Difference, Flow, agree
from gateway.conformance.packets09 import Packet, bare, control_packet, literal, packets_of, shown
from gateway.conformance.turning import Pace, awaited

LONG = 10_000
"""Bytes of a body that is told by its digest."""

GRACE = 0.5
"""Seconds after the recorded time in which an answer still counts."""

_STRANGER = re.compile(r"[A-Za-z0-9_-]{20}(?=:\d+:\d+:)")
_NAME = re.compile(r"\\\$\\\{(SID\d+)\\\}")
_DOMAIN = re.compile(r'domain="([^"]*)" to-ports="([^"]*)"')


class Replay09(Client09):
    """
    One scenario, to be run once.

    :param scenario: as in the files of recordings.
    :param address: host and port of the server; ``policy_port`` its port for Flash policies.
    :param pace: how time passes.
    :ivar differences: found by :meth:`run`.
    """

    def __init__(self, scenario: Step, reactor: Any, address: tuple[str, int], pace: Pace, policy_port: int = 0) -> None:
        super().__init__(scenario, reactor, address, pace, policy_port)
        # The old server is at fault here: what counts is that ours lives on: is_served.
        self._client_only = scenario.get("match") == "client-only"
        self._flows: dict[str, Flow] = {}
        self.differences: list[Difference] = []

    async def run(self) -> list[Difference]:
        """Play all steps; give what differs."""
        for step in self.steps:
            if not step.get("after_client_closed"):
                await self._play(step)
        await self._drain()
        late = self._not_awaited()
        for flow in self._flows.values():
            self.differences += [one for one in flow.differences() if one.wanted != "nothing" or one.got not in late]
        for wire in self._all:
            wire.close()
        await self._pace.settle(lambda: all(wire.ended for wire in self._all))
        return [] if self._client_only else sorted(self.differences, key=lambda difference: difference.step)

    async def _play(self, step: Step) -> None:
        if step.get("dir") == "c>s":
            await self._until(step)
            await self._say(step)
        elif step.get("dir") == "s>c" and (step["conn"] in self._wires):
            await getattr(self, "_hear_" + step["type"].replace("-", "_"))(step)

    # What the server says -------------------------------------------------------------------

    def _differs(self, step: Step, wanted: Any, got: Any) -> None:
        self.differences.append(Difference(step["n"], str(wanted), str(got)))

    async def _arrived(self, step: Step, done: Any) -> bool:
        return await awaited(self._pace, done, max(0.0, self._left(step)) + GRACE * self._pace.slack)

    async def _hear_http_response(self, step: Step) -> None:
        wire = self._wires[step["conn"]]
        polls = [poll for poll in self._polls if poll.name == step["conn"] and poll.wire is wire and not poll.settled]
        if polls:
            await self._hear_poll(step, polls[-1])
            return
        await self._arrived(step, lambda: wire.has_answer or wire.ended)
        answer = wire.answer()
        if answer is None:
            self._differs(step, self._summary(step["match"]), "closed" if wire.ended else "nothing")
            return
        if answer.status == 101:
            wire.mode = HIXIE if answer.headers.get("upgrade") == "WebSocket" else RFC6455
        self._compare(step, answer)

    async def _hear_poll(self, step: Step, poll: Poll) -> None:
        """An answer to a poll; its packets may have come before, or come later."""
        flow = self._flow(poll.sid)
        wanted = packets_of(self._filled(step["match"].get("body", "")))
        flow.wanted += [(step["n"], packet) for packet in wanted]
        await self._arrived(step, lambda: self._collected(flow) or poll.answer is not None or poll.wire.ended)
        poll.settled = True
        if poll.answer is not None:
            self._compare(step, poll.answer, packets=True)
        elif not wanted:
            self._differs(step, self._summary(step["match"]), "closed" if poll.wire.ended else "nothing")

    def _collected(self, flow: Flow) -> bool:
        """Take the answers to all polls; whether ``flow`` has what is due."""
        for poll in self._polls:
            if poll.answer is None and poll.wire.has_answer:
                poll.answer = poll.wire.answer()
                self._keep(poll)
        return len(flow.got) >= len(flow.wanted)

    def _keep(self, poll: Poll) -> None:
        """Add the packets of an answer to its session's."""
        assert poll.answer is not None
        if poll.answer.status != 200:
            return
        packets = packets_of(poll.answer.body.decode())
        # A poll whose packets came with an earlier one is in the way of the next poll of the recording.
        if not (poll.settled and [packet.kind for packet in packets] == ["8"]):
            self._flow(poll.sid).got += packets

    def _flow(self, name: str) -> Flow:
        return self._flows.setdefault(name, Flow())

    def _compare(self, step: Step, answer: Answer, packets: bool = False) -> None:
        """Status, the headers that matter, and the body."""
        match = step["match"]
        self._learn(match, answer)
        wanted = self._summary(match)
        got = f"{answer.status} {self._named(answer.body)}"
        if "body_sha1" in match or len(answer.body) > LONG:
            # What a compressor makes of a file is its own affair.
            body = gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body
            got = f"{answer.status} sha1 {hashlib.sha1(body, usedforsecurity=False).hexdigest()}"
        if match["status"] != answer.status or (not packets and literal(wanted) != literal(got)):
            self._differs(step, wanted, got)
        if match["status"] != answer.status:
            return
        if packets and bare(self._filled(match["body"])) != bare(answer.body.decode()):
            self._differs(step, wanted, got)
        for name, value in match.get("headers", {}).items():
            given = answer.headers.get(name.lower(), "")
            if not agree(name, self._filled(value), given):
                self._differs(step, f"{name}: {value}", f"{name}: {given}")

    def _learn(self, match: Step, answer: Answer) -> None:
        """Take session ids from where the recording shows them first."""
        pattern = re.escape(match.get("body") or "")
        names = [name for name in _NAME.findall(pattern) if name not in self.values]
        for name in names:
            pattern = pattern.replace(rf"\$\{{{name}\}}", f"(?P<{name}>[A-Za-z0-9_-]+)", 1)
        # Numbers and transports behind the id are compared, not needed to find it.
        found = re.match(pattern.partition(":")[0] + ":", answer.body.decode("utf-8", "replace")) if names else None
        if found:
            self.values |= found.groupdict()

    def _summary(self, match: Step) -> str:
        body = f"sha1 {match['body_sha1']}" if "body_sha1" in match else match.get("body") or ""
        return f"{match['status']} {body}"

    def _named(self, body: bytes) -> str:
        """``body`` with placeholders for what only this run has."""
        text = body.decode("utf-8", "replace")
        for name, value in self.values.items():
            if name.startswith("SID") or name == "HOST":
                text = text.replace(value, f"${{{name}}}")
        return _STRANGER.sub("${SID}", text)

    async def _hear_http_response_head(self, step: Step) -> None:
        wire = self._wires[step["conn"]]
        await self._arrived(step, lambda: b"\r\n\r\n" in wire.data or wire.ended)
        answer = wire.head()
        if answer is None:
            self._differs(step, self._summary(step["match"]), "closed" if wire.ended else "nothing")
            return
        if "content-length" in answer.headers:
            answer.body, wire.data = wire.data, b""
        self._compare(step, answer)

    async def _hear_http_chunk(self, step: Step) -> None:
        """A piece of an htmlfile; what stands before its script element is padding."""
        wire, flow = self._wires[step["conn"]], self._flow(step["conn"])
        wire.streams = True
        text = self._filled(step["match"]["text"])
        wanted = packets_of(text) if "_(" in text and "function" not in text else [Packet(kind=text)]
        flow.wanted += [(step["n"], packet) for packet in wanted]
        await self._arrived(step, lambda: self._pieces(wire, flow) or wire.ended)

    def _pieces(self, wire: Wire, flow: Flow) -> bool:
        chunks, last = wire.chunks()
        wire.complete = wire.complete or last
        for chunk in chunks:
            scripts = re.findall(r"<script>_\(.*?\);</script>", chunk.decode(), re.DOTALL)
            units = [packet for script in scripts for packet in packets_of(script)]
            flow.got += units or [Packet(kind=chunk.decode())]
        return len(flow.got) >= len(flow.wanted)

    async def _hear_http_response_end(self, step: Step) -> None:
        wire = self._wires[step["conn"]]
        flow = self._flow(step["conn"])
        if not await self._arrived(step, lambda: bool(self._pieces(wire, flow) and wire.complete) or wire.ended):
            self._differs(step, "the end of the answer", "open")

    async def _hear_ws_frame(self, step: Step) -> None:
        frame = step["frame"]
        if "payload_sha1" in frame:
            wanted = Packet(kind=f"{frame['payload_len']} sha1 {frame['payload_sha1']}")
        else:
            wanted = packets_of(self._filled(frame.get("payload", "")))[0] if frame["opcode"] == 1 else control_packet(frame)
        await self._hear_frame(step, wanted)

    async def _hear_hixie_frame(self, step: Step) -> None:
        await self._hear_frame(step, packets_of(self._filled(step["payload"]))[0])

    async def _hear_frame(self, step: Step, wanted: Packet) -> None:
        wire, flow = self._wires[step["conn"]], self._flow(step["conn"])
        flow.wanted.append((step["n"], wanted))
        await self._arrived(step, lambda: self._frames(wire, flow) or wire.ended)

    def _frames(self, wire: Wire, flow: Flow) -> bool:
        long = any("sha1" in packet.kind for _, packet in flow.wanted)
        for kind, data in wire.frames():
            if kind == "text" and long and len(data) > 1000:
                flow.got.append(Packet(kind=f"{len(data)} sha1 {hashlib.sha1(data, usedforsecurity=False).hexdigest()}"))
            elif kind == "text":
                flow.got.append(packets_of(data.decode())[0])
            elif kind == "close":
                wire.close()
            else:
                flow.got.append(Packet(kind=kind, text=data.decode("latin-1")))
        return len(flow.got) >= len(flow.wanted)

    async def _hear_hixie76_digest(self, step: Step) -> None:
        wire = self._wires[step["conn"]]
        await self._arrived(step, lambda: len(wire.data) >= 16 or wire.ended)
        digest, wire.data = wire.data[:16], wire.data[16:]
        if digest != base64.b64decode(step["raw_b64"]):
            self._differs(step, step["raw_b64"], base64.b64encode(digest).decode())

    async def _hear_bytes(self, step: Step) -> None:
        """A Flash policy, or a frame that could not be read."""
        wire = self._wires[step["conn"]]
        if "raw" not in step:
            flow = self._flow(step["conn"])
            flow.wanted.append((step["n"], Packet(kind=step["raw_b64"])))
            await self._arrived(step, lambda: self._frames(wire, flow) or wire.ended)
            return
        await self._arrived(step, lambda: b"</cross-domain-policy>" in wire.data or wire.ended)
        wanted, got = _DOMAIN.findall(step["raw"]), _DOMAIN.findall(wire.data.decode("latin-1"))
        wire.data = b""
        if wanted != got:
            self._differs(step, wanted, self._ports_named(got))

    def _ports_named(self, entries: list[tuple[str, str]]) -> str:
        return str([(domain, ports.replace(str(self._address[1]), "${PORT}")) for domain, ports in entries])

    async def _hear_fin(self, step: Step) -> None:
        """The server closes; a WebSocket says so by a close frame and waits for ours."""
        wire, flow = self._wires[step["conn"]], self._flow(step["conn"])

        def closed() -> bool:
            if wire.mode != "http":
                self._frames(wire, flow)
            return wire.ended or wire.closing

        await self._arrived(step, closed)
        if wire.mode == "http" and wire.has_answer:
            answer = wire.answer()
            assert answer is not None
            self._differs(step, "closed", f"{answer.status} {self._named(answer.body)}")
        elif not closed():
            self._differs(step, "closed", "open")

    async def _hear_reset(self, step: Step) -> None:
        await self._hear_fin(step)

    # The end --------------------------------------------------------------------------------

    async def _drain(self) -> None:
        """What was grouped otherwise, and what was said without being expected."""
        await self._pace.settle(lambda: False)
        for name, wire in self._wires.items():
            if wire.mode != "http":
                self._frames(wire, self._flow(name))
            elif wire.streams:
                self._pieces(wire, self._flow(name))
        self._collected(Flow())
        for sid, request in self._last_poll.items():
            flow = self._flow(sid)
            while len(flow.got) < len(flow.wanted) and await self._poll_again(flow, request):
                pass

    def _not_awaited(self) -> set[str]:
        """Packets that the client of the recording did not wait for; here they may come in time."""
        late: set[str] = set()
        for step in self.steps:
            text = step.get("match", step.get("frame", step))
            if step.get("after_client_closed") and isinstance(text, dict):
                late |= set(map(shown, packets_of(text.get("body") or text.get("text") or text.get("payload") or "")))
        return late

    async def _poll_again(self, flow: Flow, request: str) -> bool:
        wire = Wire().connect(self._reactor, *self._address)
        self._all.append(wire)
        wire.send(request.encode("latin-1"))
        if not await awaited(self._pace, lambda: wire.has_answer or wire.ended, GRACE * self._pace.slack):
            return False
        answer = wire.answer()
        came = packets_of(answer.body.decode()) if answer is not None and answer.status == 200 else []
        flow.got += came
        return bool(came) and came[0].kind not in "78"
