"""One client of each era, over WebSocket or polling, on a listener without sockets."""

import json

ERAS = ("old", "0.9", "eio3", "eio4")
WITH_NAMESPACES = ("0.9", "eio3", "eio4")


def masked(data, opcode=1):
    """A frame as clients send it."""
    data = data.encode() if isinstance(data, str) else data
    size = bytes((0x80 | len(data),)) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
    return bytes((0x80 | opcode,)) + size + b"\0\0\0\0" + data


def frames(data):
    """What is in the frames of a server: text as str, binary as bytes, a close frame as ("close", code)."""
    found = []
    while data:
        size, at = data[1], 2
        if size == 126:
            size, at = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, at = int.from_bytes(data[2:10], "big"), 10
        body, kind, data = data[at : at + size], data[0] & 15, data[at + size :]
        found.append(body.decode() if kind == 1 else body if kind == 2 else ("close", int.from_bytes(body[:2], "big") or None))
    return found


class Peer:
    """A client on a WebSocket; its era's grammar is in the subclasses."""

    target = ""

    def __init__(self, gate):
        self.gate = gate
        self.ended = None
        request = gate.get(self.address(), upgrade=True)
        self.connection = request.connection
        head, _, rest = self.connection.take().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101")
        self.read = frames(rest)

    def address(self):
        return self.target

    def raw(self, text):
        """Send one message as it stands."""
        self.connection.reader.dataReceived(masked(text))

    def binary(self, data):
        self.connection.reader.dataReceived(masked(data, 2))

    def heard(self):
        """What came since the last call, as it stands."""
        self.gate.clock.advance(0)
        read, self.read = self.read + frames(self.connection.take()), []
        return read

    def events(self):
        """The events that came since the last call: (namespace, name, args, id)."""
        return [event for event in map(self.event_in, self.heard()) if event is not None]

    def names(self):
        return [event[1] for event in self.events()]

    def drop(self):
        """The TCP connection goes away."""
        self.connection.reader.connectionLost(None)

    @property
    def client(self):
        return self.gate.io.find(self.sid)


class OldPeer(Peer):
    era = "old"
    target = "/socket.io/websocket"

    def __init__(self, gate):
        super().__init__(gate)
        self.sid = self.read[0].split("~m~")[2]
        del self.read[0]
        self.raw("~h~0")  # shows that it speaks frames

    def raw(self, text):
        super().raw(f"~m~{len(text)}~m~{text}")

    def emit(self, name, *args, id=None, namespace="/"):
        number = {} if id is None else {"id": id}
        self.raw("~j~" + json.dumps({"event": name, "args": args} | number))

    def send(self, text):
        self.raw(text)

    def ack(self, id, *args, namespace="/"):
        self.raw("~j~" + json.dumps({"ack": id, "args": args}))

    def join(self, namespace="/"):
        assert namespace == "/"

    def leave(self, namespace="/"):
        self.drop()

    @staticmethod
    def event_in(item):
        text = item.split("~m~", 2)[2] if isinstance(item, str) else ""
        if not text.startswith("~j~"):
            return ("/", "message", [text], None) if text and not text.startswith("~h~") else None
        value = json.loads(text[3:])
        if "event" in value:
            return ("/", value["event"], value["args"], value.get("id"))
        return ("/", "message", [value], None)

    @staticmethod
    def ack_text(id, *args, namespace="/"):
        text = "~j~" + json.dumps({"ack": id, "args": args}, separators=(",", ":"))
        return f"~m~{len(text)}~m~{text}"


class NinePeer(Peer):
    era = "0.9"

    def address(self):
        self.sid = self.gate.get("/socket.io/1/").text.split(":")[0]
        return f"/socket.io/1/websocket/{self.sid}"

    def emit(self, name, *args, id=None, namespace="/"):
        mark = "" if id is None else f"{id}+"
        self.raw(f"5:{mark}:{self.endpoint(namespace)}:" + json.dumps({"name": name, "args": args}))

    def send(self, text):
        self.raw(f"3:::{text}")

    def ack(self, id, *args, namespace="/"):
        self.raw(f"6::{self.endpoint(namespace)}:{id}+" + json.dumps(args))

    def join(self, namespace="/"):
        if namespace != "/":
            self.raw(f"1::{namespace}")

    def leave(self, namespace="/"):
        self.raw(f"0::{self.endpoint(namespace)}")

    @staticmethod
    def endpoint(namespace):
        return "" if namespace == "/" else namespace

    @staticmethod
    def event_in(item):
        if isinstance(item, str) and item[0] == "5":
            _, number, endpoint, data = item.split(":", 3)
            value = json.loads(data)
            return endpoint or "/", value["name"], value.get("args", []), int(number.rstrip("+")) if number else None
        return ("/", "message", [item[4:]], None) if isinstance(item, str) and item.startswith("3:::") else None

    @staticmethod
    def ack_text(id, *args, namespace="/"):
        values = "+" + json.dumps(args, separators=(",", ":")) if args else ""
        return f"6::{NinePeer.endpoint(namespace)}:{id}{values}"


class EnginePeer(Peer):
    def __init__(self, gate):
        super().__init__(gate)
        self.sid = json.loads(self.read.pop(0)[1:])["sid"]

    def emit(self, name, *args, id=None, namespace="/"):
        self.raw(f"42{self.prefix(namespace)}{'' if id is None else id}" + json.dumps([name, *args]))

    def send(self, text):
        self.emit("message", text)

    def ack(self, id, *args, namespace="/"):
        self.raw(f"43{self.prefix(namespace)}{id}" + json.dumps(args))

    def leave(self, namespace="/"):
        self.raw("41" + ("" if namespace == "/" else f"{namespace},"))

    @staticmethod
    def prefix(namespace):
        return "" if namespace == "/" else f"{namespace},"

    @staticmethod
    def event_in(item):
        if not isinstance(item, str) or item[:2] not in ("42", "45"):
            return None
        head, bracket, tail = item[2:].partition("[")
        namespace, comma, number = head.rpartition(",")
        name, *args = json.loads(bracket + tail)
        return (namespace if comma else "/"), name, args, int(number) if number.isdigit() else None

    @staticmethod
    def ack_text(id, *args, namespace="/"):
        return f"43{EnginePeer.prefix(namespace)}{id}" + json.dumps(args, separators=(",", ":"))


class Peer3(EnginePeer):
    era = "eio3"
    target = "/socket.io/?EIO=3&transport=websocket"

    def join(self, namespace="/"):
        if namespace != "/":
            self.raw(f"40{namespace},")


class Peer4(EnginePeer):
    era = "eio4"
    target = "/socket.io/?EIO=4&transport=websocket"

    def join(self, namespace="/", auth=None):
        self.raw("40" + self.prefix(namespace) + ("" if auth is None else json.dumps(auth)))


PEERS = {peer.era: peer for peer in (OldPeer, NinePeer, Peer3, Peer4)}


def peer_of(gate, era, namespace="/"):
    """A client of ``era`` that is in ``namespace``."""
    peer = PEERS[era](gate)
    peer.join("/")
    if namespace != "/":
        peer.join(namespace)
    peer.heard()
    return peer


class Poller:
    """An Engine.IO 4 client on polling."""

    def __init__(self, gate, join=True):
        self.gate = gate
        self.url = "/socket.io/?EIO=4&transport=polling"
        self.sid = json.loads(gate.get(self.url).text[1:])["sid"]
        self.url += f"&sid={self.sid}"
        if join:
            self.post("40")
            self.poll()

    def post(self, text):
        return self.gate.post(self.url, text)

    def poll(self):
        return self.gate.get(self.url)


def taken(logged_failures):
    """The exceptions that were logged and expected; the log is clean afterwards."""
    errors = [failure.value for failure in logged_failures]
    logged_failures.clear()
    return errors
