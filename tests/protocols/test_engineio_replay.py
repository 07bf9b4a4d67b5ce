"""
Recorded traffic of real clients, fed to doors, wires and sessions by a small owner without any input or output.

Recorded servers are of many ages, so what they said is compared by its meaning: parsed JSON, no layers
of UTF-8, packets of polls without regard to how they were grouped.
"""

import json
import re
from base64 import b64decode
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from protocols import payload
from protocols.engineio import message
from protocols.engineio_door import door, open_session
from protocols.errors import PayloadTooLarge, ProtocolError
from protocols.model import (
    ACK,
    EVENT,
    Outgoing,
    Post,
    Reply,
    Resume,
    Settings,
    Start,
)
from protocols.socketio import encode3
from protocols.upgrade import DONE, Upgrade

WIRE = Path(__file__).parents[2] / "gateway" / "conformance" / "wire" / "engineio"
RECORDINGS = (
    "browser-1.3.7-xhr-binary", "browser-1.7.4-xhr-unicode", "browser-2.5.1-jsonp", "browser-3.1.3-jsonp-eio4",
    "browser-4.8.4-xhr-binary", "eio-1.0.6-polling-messages", "eio-1.0.6-websocket-messages", "eio-2.5.1-polling-messages",
    "eio-2.5.1-websocket-b64", "eio-2.5.1-websocket-messages", "eio-4.8.4-polling-b64", "eio-4.8.4-polling-messages",
    "eio-4.8.4-websocket-b64", "eio-4.8.4-websocket-messages", "errors-4.8.4-allowEIO3-http", "errors-4.8.4-allowEIO3-payload",
    "errors-4.8.4-allowEIO3-sio-packets", "errors-4.8.4-allowEIO3-websocket", "errors-4.8.4-http", "errors-4.8.4-payload",
    "errors-4.8.4-sio-packets", "errors-4.8.4-websocket", "multiera-1.0.6-browser-jsonp", "multiera-1.0.6-browser-polling",
    "multiera-1.0.6-browser-upgrade", "multiera-1.0.6-browser-websocket", "multiera-1.0.6-node-polling",
    "multiera-1.3.7-browser-polling", "multiera-1.7.4-browser-jsonp", "multiera-1.7.4-browser-polling",
    "multiera-1.7.4-node-polling", "multiera-2.5.0-browser-polling", "multiera-2.5.0-node-polling",
    "sio-1.0.6-polling-unicode", "sio-1.0.6-upgrade", "sio-1.0.6-websocket-binary", "sio-1.0.6-websocket-events",
    "sio-1.0.6-websocket-unicode", "sio-1.7.4-polling-unicode", "sio-1.7.4-websocket-unicode", "sio-2.5.1-polling-binary",
    "sio-2.5.1-polling-events", "sio-2.5.1-polling-namespaces", "sio-2.5.1-polling-server-disconnect-nsp",
    "sio-2.5.1-polling-unicode", "sio-2.5.1-upgrade", "sio-2.5.1-websocket-binary", "sio-2.5.1-websocket-events",
    "sio-2.5.1-websocket-namespaces", "sio-2.5.1-websocket-server-disconnect-all", "sio-2.5.1-websocket-server-disconnect-nsp",
    "sio-2.5.1-websocket-unicode", "sio-4.8.4-polling-binary", "sio-4.8.4-polling-events", "sio-4.8.4-polling-namespaces",
    "sio-4.8.4-polling-server-disconnect-all", "sio-4.8.4-polling-server-disconnect-nsp", "sio-4.8.4-polling-unicode",
    "sio-4.8.4-upgrade", "sio-4.8.4-websocket-binary", "sio-4.8.4-websocket-events", "sio-4.8.4-websocket-namespaces",
    "sio-4.8.4-websocket-server-disconnect-all", "sio-4.8.4-websocket-server-disconnect-nsp", "sio-4.8.4-websocket-unicode",
)  # fmt: skip
"""What needs neither timers nor an application of its own; tests/conformance replays all of them over TCP."""
SAMPLES = {"t": "N8hyd6w", "t_ms": "1400000000000-0"}
CLOSED = "closed"

#: Passages where we differ on purpose: as 2.5 does, stricter than both, or the business of the connection.
OTHERWISE = {
    "event for a namespace not joined": "eio3",
    "pong from the client (wrong direction)": "eio3",
    "pong from the client": "eio3",
    "huge ack id": "refused",
    "message over maxHttpBufferSize (100)": "frames are bounded below the session",
    "polling transport with an upgrade request": "refused before the 101",
    "no payload": "an event without a name closes",
}


class Request:
    """What doors and wires read of a request."""

    def __init__(self, target, method="GET", headers=(), body=b"", upgrade=False):
        self.method, self.target, self.body, self.upgrade = method, target, body, upgrade
        self.path, _, self.raw_query = target.partition("?")
        self.headers = dict(headers)
        self.query = {}
        for key, value in parse_qsl(self.raw_query, keep_blank_values=True):
            self.query[key] = [self.query[key], value] if key in self.query else value

    def header(self, name):
        return self.headers.get(name, "")


class Client:
    """One session, what waits for it, and the application."""

    def __init__(self, session, bare):
        self.session, self.bare = session, bare
        self.transport_name, self.wire = "", None
        self.queue, self.sockets, self.over = [], {}, False
        self.held = self.say = self.upgrade = None
        self.asks = 0

    def handle(self, happenings):
        for happening in happenings:
            getattr(self, "on_" + type(happening).__name__.lower())(happening)

    def receive(self, units):
        for unit in units:
            if self.over:
                return
            try:
                self.handle(self.session.receive(unit, 0.0))
            except ProtocolError:
                self.close()

    def send(self, *messages):
        encode = self.wire.encode if self.wire else encode3
        for outgoing in messages:
            self.queue += outgoing.to(encode)

    def close(self, *units):
        self.over = True
        self.queue += units

    def on_control(self, control):
        self.send(control)

    def on_ended(self, ended):
        self.close("6" if ended.reason == "transport close" else "1")

    def on_data(self, data):
        replies = {"bin": [b"\0\1\2\xff"], "utf8": ["é☃💩"], "mixed": ["a", b"\0\1\2\xff", "é☃💩"], "burst": ["a", "b", "c"]}
        self.send(*map(message, replies.get(data.data, [data.data]) if isinstance(data.data, str) else [data.data]))

    def on_connect(self, connect):
        name, session = connect.namespace, self.session
        refusals = {"/deny": ("nope", {"code": 7}), "/deny-plain": ("nope", None)}
        if name not in ("/", "/nsp"):
            self.handle(session.refused(name, *refusals.get(name, ("Invalid namespace", None))))
            return
        bare = session.era == "eio3" and name == "/"
        self.sockets[name] = (
            session.id if bare else f"{name}#{session.id}" if session.era == "eio3" else f"id-of-{len(self.sockets)}-12345678901"
        )
        self.auths = {**getattr(self, "auths", {}), name: connect.auth}
        self.handle(session.accepted(name, self.sockets[name]))
        if name == "/nsp":
            self.send(Outgoing(name, EVENT, "welcome", ["nsp"]))

    def on_leave(self, leave):
        del self.sockets[leave.namespace]

    def on_ack(self, ack):
        if ack.id < self.asks:
            self.send(Outgoing(ack.namespace, EVENT, "answer", ack.args, None, binary(ack.args)))

    def on_event(self, event):
        getattr(self, "take_" + event.name, lambda event: None)(event)

    def emit(self, event, name, args, id=None):
        self.send(Outgoing(event.namespace, EVENT, name, args, id, binary(args)))

    def answer(self, event, args):
        self.send(Outgoing(event.namespace, ACK, "", args, event.ack_id, binary(args)))

    def take_echo(self, event):
        self.emit(event, "echo", event.args)

    def take_all(self, event):
        self.emit(event, "all", event.args)

    def take_ack(self, event):
        self.answer(event, event.args)

    def take_ask(self, event):
        self.asks += 1
        self.emit(event, "question", event.args, self.asks - 1)

    def take_burst(self, event):
        for number in range(event.args[0]):
            self.emit(event, "n", [number])

    def take_id(self, event):
        self.answer(event, [self.sockets[event.namespace]])

    def take_hs(self, event):
        query = {key: value for key, value in self.query.items() if key not in ("t", "sid")}
        self.answer(event, [{"query": query, "auth": self.auths[event.namespace]}])

    def take_bye(self, event):
        del self.sockets[event.namespace]
        self.handle(self.session.dismiss(event.namespace))

    def take_byeall(self, event):
        for name in sorted(self.sockets, reverse=True):
            self.handle(self.session.dismiss(name))
        self.close("1")


def binary(value):
    """Whether bytes occur in ``value``."""
    if isinstance(value, (list, dict)):
        return any(map(binary, value.values() if isinstance(value, dict) else value))
    return isinstance(value, bytes)


class Server:
    """Routes requests of one recording to their clients."""

    def __init__(self, recording):
        self.bare = recording["app"] == "eio-fixture"
        options = recording["server"]["options"]
        self.settings = Settings(max_payload=options.get("maxHttpBufferSize", 1_000_000))
        self.clients, self.sockets = {}, {}
        self.said = {}  # exchange -> what we said on it

    def request(self, id, request):
        step = door(request, self.settings, self.clients.get)
        if isinstance(step, Start):
            client = self.start(request)
            step = Resume(client, step.wire)
        if isinstance(step, Reply):
            self.said[id] = [step.answer]
        elif isinstance(step, Post):
            self.post(id, step, request)
        elif request.upgrade:
            self.open_socket(id, step)
        else:
            step.client.held = (id, step.wire, request)
            step.client.wire, step.client.transport_name = step.wire, step.wire.name
            step.client.handle(step.client.session.attached(step.wire, 0.0))
            self.flush(step.client)

    def start(self, request):
        sid = f"sid{len(self.clients):017}"
        client = self.clients[sid] = Client(open_session(sid, self.settings, 0.0, request, self.bare), self.bare)
        client.query = request.query
        client.handle(client.session.open(0.0))
        return client

    def post(self, id, step, request):
        client, status = step.client, 200
        try:
            units = step.wire.read(request, self.settings.max_payload)
        except PayloadTooLarge as error:
            self.said[id] = [error.status]
            return
        except ProtocolError as error:
            units, status = getattr(error, "units", []), error.status
            units = [*units, ""]  # nothing may be said after the break
        client.receive(units)
        self.flush(client)
        self.said[id] = [step.wire.posted(request) if status == 200 else status]

    def open_socket(self, id, step):
        client = step.client
        self.sockets[id] = (client, step.wire)
        self.said[id] = []
        if client.transport_name:
            client.upgrade = Upgrade()
        else:
            self.attach(id)

    def attach(self, id):
        client, wire = self.sockets[id]
        client.held, client.upgrade, client.socket = None, None, id
        client.wire, client.transport_name = wire, wire.name
        client.handle(client.session.attached(wire, 0.0))
        self.flush(client)

    def frame(self, id, frame):
        client, wire = self.sockets[id]
        if client.upgrade is not None:
            answer = client.upgrade.receive(frame)
            self.said[id] += [answer] if answer else []
            if client.upgrade.step is DONE:
                self.attach(id)
            return
        client.receive([frame] if wire.uncarry is None else wire.uncarry(frame))
        self.flush(client)

    def flush(self, client):
        if client.transport_name == "websocket":
            said = self.said[client.socket]
            said += [unit for unit in client.wire.carry(client.queue) if unit not in ("1", "6") or not client.over]
            client.queue = []
            if client.over and CLOSED not in said:
                said.append(CLOSED)
        elif client.held and client.queue:
            exchange, wire, request = client.held
            self.said.setdefault(exchange, []).append(wire.answer(client.queue, request))
            client.held, client.queue = None, []
        if client.over:
            self.clients.pop(client.session.id, None)


class Binding:
    """What the placeholders of a recording stand for."""

    def __init__(self, recording):
        self.values = {}
        self.patterns = {name: var["pattern"] for name, var in recording["vars"].items()}

    def fill(self, text):
        return re.sub(r"\{\{(\w+)\}\}", lambda match: self.values.get(match[1]) or SAMPLES[match[1]], text)

    def known(self, body):
        """``body`` with the session ids put in: lengths belong to the real values."""
        return re.sub(rb"\{\{(sid\d*)\}\}", lambda match: self.values[match[1].decode()].encode(), body)

    def matches(self, template, text):
        """Whether ``text`` is ``template``; binds what is not bound yet."""
        if isinstance(template, bytes) or isinstance(text, bytes):
            return template == text
        pattern = ""
        for index, part in enumerate(re.split(r"\{\{(\w+)\}\}", template)):
            if index % 2 == 0:
                pattern += re.escape(part)
            elif part in self.values:
                pattern += re.escape(self.values[part])
            else:
                pattern += f"(?P<{part}>.+?)" if f"(?P<{part}>" not in pattern else f"(?P={part})"
        match = re.fullmatch(pattern, text, re.DOTALL)
        if match:
            self.values |= match.groupdict()
        return match is not None


def body_of(step):
    """The bytes of a step of the recording."""
    if "parts" in step:
        return b"".join(part["text"].encode() if "text" in part else b64decode(part["b64"]) for part in step["parts"])
    return step["text"].encode() if "text" in step else b64decode(step.get("b64", ""))


def units_of(body, content_type, revision, script):
    """The packets in the answer to a poll."""
    if script:
        body = json.loads(re.fullmatch(r"___eio\[\d+\]\((.*)\);", body.decode())[1]).encode("utf-8", "surrogatepass")
    if content_type == "application/octet-stream":
        return payload.split3_binary(body)
    text = body.decode()
    return payload.split4(text) if revision == 4 else payload.split3(text)


def settled(unit):
    """A unit as it is compared: one layer of UTF-8, JSON in one form, the open packet without its numbers."""
    if isinstance(unit, bytes):
        return unit
    unit = payload.undouble(str(unit)) or str(unit)
    if unit[:2] in ("b4", "bA"):
        return unit
    match = re.match(r"(\d+-?(?:/[^,]*,)?\d*)([\[{\"].*)", unit, re.DOTALL)
    if not match:
        return unit.rstrip(",")
    value = json.loads(match[2])
    if unit[0] == "0":
        value = {"sid": value["sid"], "upgrades": value["upgrades"]}
    return match[1] + json.dumps(value)


def replay(name):
    """Feed the recording; return pairs of what was recorded and what we said."""
    recording = json.loads((WIRE / f"{name}.json").read_text())
    server, bound = Server(recording), Binding(recording)
    expected, requests = {}, {}
    for step in passages(recording):
        kind, exchange = step.get("kind"), step.get("id")
        if step["dir"] == "c2s" and kind in ("http", "ws-open"):
            body = bound.fill(body_of(step).decode("latin-1")).encode("latin-1") if kind == "http" else b""
            target, headers = bound.fill(step["target"]), step.get("headers", {})
            requests[exchange] = Request(target, step.get("method", "GET"), headers, body, kind == "ws-open")
            server.request(exchange, requests[exchange])
        elif step["dir"] == "c2s" and kind == "ws" and step["op"] != "close":
            body = body_of(step)
            server.frame(exchange, body if step["op"] == "binary" else bound.fill(body.decode()))
        elif step["dir"] == "s2c" and kind in ("http", "ws", "ws-reject"):
            expected.setdefault(exchange, []).append(step)
            bind_early(server, bound, step, recording["eio"])
    return recording, server, bound, expected, requests


def passages(recording):
    """The steps, without the passages that stand in ``OTHERWISE``."""
    told = True
    for step in recording["steps"]:
        if step["dir"] == "note":
            reason = OTHERWISE.get(step["note"], "")
            told = not reason or (reason == "eio3" and recording["eio"] == 4)
        if told:
            yield step


def bind_early(server, bound, step, revision):
    """Bind the session ids as soon as the server has said them: later requests hold them."""
    for name in re.findall(r"\{\{(sid\d*)\}\}", json.dumps(step)):
        if name not in bound.values:
            bound.values[name] = list(server.clients)[-1] if server.clients else "gone"


def poll_stream(server, bound, expected, requests, revision, theirs):
    """All packets of all polls, in order, but for noops and goodbyes; theirs from the recording, or ours."""
    units = []
    for exchange in expected if theirs else requests:
        request = requests[exchange]
        if request.upgrade or request.method != "GET":
            continue
        script = "j" in request.query
        if theirs and expected[exchange][0]["status"] == 200:
            step = expected[exchange][0]
            units += units_of(bound.known(body_of(step)), step["headers"]["content-type"], revision, script)
        elif not theirs:
            for answer in server.said.get(exchange, []):
                if answer.status == 200:
                    units += units_of(answer.body, answer.content_type, revision, script)
    return [settled(unit) for unit in units if unit not in ("1", "6")]


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recorded_client_hears_what_it_heard(name):
    recording, server, bound, expected, requests = replay(name)
    theirs = poll_stream(server, bound, expected, requests, recording["eio"], True)
    ours = poll_stream(server, bound, expected, requests, recording["eio"], False)
    compare(bound, theirs, ours)
    for exchange, steps in expected.items():
        if steps[0]["kind"] == "ws":
            frames = [CLOSED if step["op"] == "close" else body_of(step) for step in steps]
            frames = [frame if frame is CLOSED or step["op"] == "binary" else frame.decode()
                      for frame, step in zip(frames, steps, strict=True)]  # fmt: skip
            compare_frames(bound, frames, server.said[exchange])
        elif requests[exchange].method != "GET" or steps[0]["status"] != 200:
            compare_answer(steps[0], server.said[exchange][0], requests[exchange])


def compare_frames(bound, theirs, ours):
    """A close that answers the client's own is the connection's business."""
    if CLOSED in theirs and CLOSED not in ours:
        theirs = theirs[: theirs.index(CLOSED)]
    theirs = [settled(frame) for frame in theirs]
    compare(bound, theirs, [settled(frame) for frame in ours])


def compare(bound, theirs, ours):
    assert len(theirs) == len(ours), (theirs, ours)
    for unit, said in zip(theirs, ours, strict=True):
        assert bound.matches(unit, said), (unit, said)


def compare_answer(step, answer, request):
    if isinstance(answer, int):
        assert (answer, b"") == (step["status"], body_of(step))
        return
    status = 400 if step["status"] == 500 else step["status"]
    assert answer.status == status
    if step["status"] != 500:
        assert answer.body == body_of(step)
        assert answer.content_type == step["headers"]["content-type"]
