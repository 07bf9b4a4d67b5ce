"""
The checks that the official protocol suites make, each with a counterpart of ours.

    SUITES["Engine.IO 3"]["message over polling: several text packets"]      a coroutine function of a Server

Engine.IO 3 has 24, Engine.IO 4 has 25 and Socket.IO 5 has 32 of them (docs/engine.io-protocol and
docs/socket.io-protocol of socketio/socket.io, v3-, v4- and v5-test-suite); one of the 24 is skipped there and made here.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from gateway.conformance.rawclient import Answer, Exchange, Peer, WebSocket
from tests.conformance.processes import soon

MEMBERS = ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"]


class Talk:
    """One WebSocket: what it was told, and what it says."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket

    async def opened(self) -> bool:
        """Whether it was accepted."""
        await soon(self.socket.until(lambda: self.socket.ended or self.socket.accepted), "an answer to an opening")
        return self.socket.accepted

    async def heard(self) -> str | bytes:
        """The next message that is no ping; ConnectionError when there is none before the end."""
        while True:
            await soon(self.socket.until(lambda: bool(self.socket.messages) or self.socket.ended), "a message")
            if not self.socket.messages or self.socket.messages[0].op == "close":
                raise ConnectionError("closed")
            message = self.socket.messages.pop(0)
            if message.op == "binary":
                return message.body
            if message.body != b"2":
                return message.body.decode()

    async def ping(self) -> None:
        """Wait for a ping."""
        await soon(self.socket.until(lambda: any(one.body == b"2" for one in self.socket.messages)), "a ping")
        self.socket.messages = [one for one in self.socket.messages if one.body != b"2"]

    def say(self, *messages: str | bytes) -> None:
        """Send them."""
        for one in messages:
            self.socket.send("text" if isinstance(one, str) else "binary", one.encode() if isinstance(one, str) else one)

    async def closed(self) -> None:
        """Wait for the server to close; what it says before does not matter."""
        socket = self.socket
        await soon(socket.until(lambda: socket.ended or any(one.op == "close" for one in socket.messages)), "the end")


class Server:
    """
    Where the checks of one suite go.

    :param path: "/engine.io" or "/socket.io"; ``revision`` of Engine.IO.
    """

    def __init__(self, reactor: Any, host: str, port: int, path: str, revision: int) -> None:
        self.place = reactor, host, port
        self.path = path
        self.revision = revision
        self.peers: list[Peer] = []

    async def fetch(self, query: str, method: str = "GET", body: str = "") -> Answer:
        """One request."""
        return await self.answer_of(self.ask(query, method, body))

    def ask(self, query: str, method: str = "GET", body: str = "") -> Exchange:
        """Begin a request."""
        exchange = Exchange(method, f"{self.path}/?{query}", {"Content-Type": "text/plain"}, body.encode())
        self._begin(exchange)
        return exchange

    async def answer_of(self, exchange: Exchange) -> Answer:
        """Wait for the answer."""
        await soon(exchange.until(lambda: exchange.ended), f"an answer to {exchange.method} {exchange.target}")
        assert exchange.answer is not None, exchange.target
        return exchange.answer

    def dial(self, query: str) -> Talk:
        """Begin a WebSocket."""
        socket = WebSocket(f"{self.path}/?{query}", {"Sec-WebSocket-Version": "13"})
        self._begin(socket)
        return Talk(socket)

    def _begin(self, peer: Peer) -> None:
        self.peers.append(peer)
        peer.connect(*self.place)

    def query(self, transport: str = "polling", sid: str = "") -> str:
        """The query of a request."""
        return f"EIO={self.revision}&transport={transport}" + (f"&sid={sid}" if sid else "")

    def framed(self, *packets: str) -> str:
        """A body of these packets."""
        return "\x1e".join(packets) if self.revision == 4 else "".join(f"{len(one)}:{one}" for one in packets)

    def packets(self, body: bytes) -> list[str]:
        """The packets of a body, which must be well framed."""
        text, found = body.decode(), []
        if self.revision == 4:
            return text.split("\x1e")
        while text:
            size, _, text = text.partition(":")
            found.append(text[: int(size)])
            assert len(found[-1]) == int(size)
            text = text[int(size) :]
        return found

    async def session(self, more: str = "") -> str:
        """The id of a new session that polls."""
        (opening, *_) = self.packets((await self.fetch(self.query() + more)).body)
        sid: str = json.loads(opening[1:])["sid"]
        return sid

    async def polled(self, sid: str, many: int) -> list[str]:
        """So many packets of the next polls."""
        found: list[str] = []
        while len(found) < many:
            answer = await self.fetch(self.query(sid=sid))
            assert answer.status == 200
            found += [one for one in self.packets(answer.body) if one != "2"]
        return found

    async def post(self, sid: str, *packets: str) -> None:
        """Send packets."""
        answer = await self.fetch(self.query(sid=sid), "POST", self.framed(*packets))
        assert (answer.status, answer.body) == (200, b"ok")

    async def greeted(self) -> Talk:
        """A WebSocket that has had its open packet."""
        talk = self.dial(self.query("websocket"))
        opening = await talk.heard()
        assert str(opening).startswith("0")
        return talk


Check = Callable[[Server], Awaitable[None]]

# Handshake --------------------------------------------------------------------------------


async def polling_opens(server: Server) -> None:
    answer = await server.fetch(server.query())
    assert answer.status == 200
    check_opening(server.packets(answer.body)[0], ["websocket"])


def check_opening(packet: str, upgrades: list[str]) -> None:
    """The members of an open packet."""
    value = json.loads(packet.removeprefix("0"))
    assert sorted(value) == MEMBERS
    assert (value["upgrades"], value["maxPayload"], type(value["sid"])) == (upgrades, 1_000_000, str)
    assert value["pingInterval"] > 0 < value["pingTimeout"]


async def statuses(server: Server, *queries: str, method: str = "GET") -> None:
    """All of these are refused with 400."""
    for query in queries:
        assert (await server.fetch(query, method)).status == 400, query


async def polling_bad_revision(server: Server) -> None:
    await statuses(server, "transport=polling", "EIO=abc&transport=polling")


async def polling_bad_transport(server: Server) -> None:
    await statuses(server, f"EIO={server.revision}", f"EIO={server.revision}&transport=abc")


async def polling_bad_method(server: Server) -> None:
    for method in ("POST", "PUT"):
        await statuses(server, server.query(), method=method)


async def socket_opens(server: Server) -> None:
    talk = server.dial(server.query("websocket"))
    check_opening(str(await talk.heard()), [])


async def not_opened(server: Server, *queries: str) -> None:
    """All of these are closed before anything is said."""
    for query in queries:
        assert not await server.dial(query).opened(), query


async def socket_bad_revision(server: Server) -> None:
    await not_opened(server, "transport=websocket", "EIO=abc&transport=websocket")


async def socket_bad_transport(server: Server) -> None:
    await not_opened(server, f"EIO={server.revision}", f"EIO={server.revision}&transport=abc")


# Message ----------------------------------------------------------------------------------


async def polling_echo(server: Server, *packets: str) -> None:
    sid = await server.session()
    await server.post(sid, *packets)
    assert await server.polled(sid, len(packets)) == list(packets)


async def polling_base64(server: Server) -> None:
    """The session asks for base64 when it begins, and not again."""
    packets = "4hello", "b4AQIDBA=="
    sid = await server.session("&b64=1")
    await server.post(sid, *packets)
    assert await server.polled(sid, 2) == list(packets)


async def polling_binary(server: Server) -> None:
    sid = await server.session()
    await server.post(sid, "4hello", "b4AQIDBA==")
    answer = await server.fetch(server.query(sid=sid))
    assert (answer.status, answer.body) == (200, b"\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04")


async def gone(server: Server, sid: str) -> None:
    """The session is not known any more."""
    assert (await server.fetch(server.query(sid=sid))).status == 400


async def polling_bad_packet(server: Server) -> None:
    sid = await server.session()
    await server.fetch(server.query(sid=sid), "POST", "abc")
    await gone(server, sid)


async def polling_twice(server: Server) -> None:
    sid = await server.session()
    polls = [server.ask(server.query(sid=sid)) for _ in range(2)]
    answers = [await server.answer_of(poll) for poll in polls]
    held, refused = sorted(answers, key=lambda answer: answer.status)
    assert (held.status, server.packets(held.body), refused.status) == (200, ["1"], 400)
    await gone(server, sid)


async def polling_cancelled(server: Server) -> None:
    sid = await server.session()
    poll = server.ask(server.query(sid=sid))
    await soon(poll.until(lambda: poll.made), "a connection")
    poll.abort()
    while (await server.fetch(server.query(sid=sid), "POST", server.framed("6"))).status != 400:
        pass
    await gone(server, sid)


async def socket_echo(server: Server) -> None:
    talk = await server.greeted()
    talk.say("4hello")
    assert await talk.heard() == "4hello"


async def socket_binary(server: Server) -> None:
    talk = await server.greeted()
    data = b"\x01\x02\x03\x04" if server.revision == 4 else b"\x04\x01\x02\x03\x04"
    talk.say(data)
    assert await talk.heard() == data


async def socket_bad_packet(server: Server) -> None:
    talk = await server.greeted()
    talk.say("abc")
    await talk.closed()


# Heartbeat --------------------------------------------------------------------------------


async def polling_beats(server: Server) -> None:
    sid = await server.session()
    for _ in range(3):
        if server.revision == 3:
            await server.post(sid, "2")
            assert await server.polled(sid, 1) == ["3"]
        else:
            assert server.packets((await server.fetch(server.query(sid=sid))).body) == ["2"]
            await server.post(sid, "3")


async def polling_dies(server: Server) -> None:
    """What it hears before is the ping it does not answer, and the end of the poll that is held."""
    sid, heard = await server.session(), []
    while (answer := await server.fetch(server.query(sid=sid))).status == 200:
        heard += server.packets(answer.body)
    assert answer.status == 400
    assert set(heard) <= {"1", "2", "40"}


async def socket_beats(server: Server) -> None:
    talk = await server.greeted()
    for _ in range(3):
        if server.revision == 3:
            talk.say("2")
            assert await talk.heard() == "3"
        else:
            await talk.ping()
            talk.say("3")


async def socket_dies(server: Server) -> None:
    await (await server.greeted()).closed()


# Close ------------------------------------------------------------------------------------


async def polling_closed(server: Server) -> None:
    sid = await server.session()
    poll = server.ask(server.query(sid=sid))
    await soon(poll.until(lambda: poll.made), "a connection")
    await server.post(sid, "1")
    answer = await server.answer_of(poll)
    assert (answer.status, server.packets(answer.body)) in ((200, ["6"]), (400, ['{"code":1,"message":"Session ID unknown"}']))
    await gone(server, sid)


async def socket_closed(server: Server) -> None:
    talk = await server.greeted()
    talk.say("1")
    await talk.closed()


# Upgrade ----------------------------------------------------------------------------------


async def probed(server: Server) -> tuple[str, Talk]:
    """A session whose WebSocket has been probed."""
    sid = await server.session()
    talk = server.dial(server.query("websocket", sid))
    assert await talk.opened()
    talk.say("2probe")
    assert await talk.heard() == "3probe"
    return sid, talk


async def upgrade(server: Server) -> None:
    sid, talk = await probed(server)
    assert await server.polled(sid, 1) == ["6"]
    talk.say("5", "4hello")
    if server.path == "/engine.io":
        assert await talk.heard() == "4hello"


async def upgrade_then_poll(server: Server) -> None:
    sid, talk = await probed(server)
    talk.say("5")
    if server.path == "/engine.io":
        talk.say("4there")
        assert await talk.heard() == "4there"
    while (await server.fetch(server.query(sid=sid), "POST", server.framed("6"))).status != 400:
        pass
    await gone(server, sid)
    if server.path == "/engine.io":
        talk.say("4hello")
        assert await talk.heard() == "4hello"


async def upgrade_then_another(server: Server) -> None:
    sid, talk = await probed(server)
    talk.say("5")
    other = server.dial(server.query("websocket", sid))
    await other.closed()
    if server.path == "/engine.io":
        talk.say("4hello")
        assert await talk.heard() == "4hello"


# Socket.IO --------------------------------------------------------------------------------


async def connects(server: Server, namespace: str = "", auth: str = "") -> None:
    talk = await server.greeted()
    talk.say(f"40{namespace}{auth}")
    answer = str(await talk.heard())
    assert answer.startswith(f"40{namespace}")
    value = json.loads(answer.removeprefix(f"40{namespace}"))
    assert list(value) == ["sid"]
    assert isinstance(value["sid"], str)
    assert await talk.heard() == f'42{namespace}["auth",{auth or "{}"}]'


async def unknown_namespace(server: Server) -> None:
    talk = await server.greeted()
    talk.say("40/random")
    assert await talk.heard() == '44/random,{"message":"Invalid namespace"}'


async def closes(server: Server, *messages: str, join: bool = True) -> None:
    """Such messages end the connection."""
    talk = await (joined if join else Server.greeted)(server)
    talk.say(*messages)
    await talk.closed()


async def joined(server: Server) -> Talk:
    """A WebSocket in the main namespace."""
    talk = await server.greeted()
    talk.say("40")
    assert str(await talk.heard()).startswith("40{")
    assert await talk.heard() == '42["auth",{}]'
    return talk


async def leaves_custom(server: Server) -> None:
    talk = await joined(server)
    talk.say("40/custom")
    assert str(await talk.heard()).startswith("40/custom,")
    assert await talk.heard() == '42/custom,["auth",{}]'
    talk.say("41/custom", '42["message","message to main namespace"]')
    assert await talk.heard() == '42["message-back","message to main namespace"]'


async def says(server: Server, *pairs: tuple[str | bytes, str | bytes]) -> None:
    """Each message is answered by the one beside it."""
    talk = await joined(server)
    for message, _ in pairs:
        talk.say(message)
    for _, answer in pairs:
        assert await talk.heard() == answer


TWO = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
PARTS = ((b"\x01\x02\x03", b"\x01\x02\x03"), (b"\x04\x05\x06", b"\x04\x05\x06"))
PLAIN = '1,"2",{"3":[true]}]'

OPENING: dict[str, Check] = {
    "handshake over polling: a session": polling_opens,
    "handshake over polling: a wrong transport": polling_bad_transport,
    "handshake over polling: a wrong method": polling_bad_method,
    "handshake over WebSocket: a session": socket_opens,
    "handshake over WebSocket: a wrong EIO": socket_bad_revision,
    "handshake over WebSocket: a wrong transport": socket_bad_transport,
}
OPENING4: dict[str, Check] = {**OPENING, "handshake over polling: a wrong EIO": polling_bad_revision}
MESSAGES: dict[str, Check] = {
    "message over polling: one text packet": lambda server: polling_echo(server, "4hello"),
    "message over polling: several text packets": lambda server: polling_echo(server, "4test1", "4test2", "4test3"),
    "message over polling: a wrong packet": polling_bad_packet,
    "message over polling: two polls at once": polling_twice,
    "message over WebSocket: a text packet": socket_echo,
    "message over WebSocket: a binary packet": socket_binary,
    "message over WebSocket: a wrong packet": socket_bad_packet,
}
MESSAGES3: dict[str, Check] = {
    **MESSAGES,
    "message over polling: text and binary packets, in base64": polling_base64,
    "message over polling: text and binary packets, in binary": polling_binary,
}
MESSAGES4: dict[str, Check] = {
    **MESSAGES,
    "message over polling: text and binary packets": lambda server: polling_echo(server, "4hello", "bAQIDBA=="),
    "message over polling: a poll that is cancelled": polling_cancelled,
}
LIFE: dict[str, Check] = {
    "heartbeat over polling: pings and pongs": polling_beats,
    "heartbeat over polling: silence": polling_dies,
    "heartbeat over WebSocket: pings and pongs": socket_beats,
    "heartbeat over WebSocket: silence": socket_dies,
    "close over polling": polling_closed,
    "close over WebSocket": socket_closed,
    "upgrade: done": upgrade,
    "upgrade: polls are refused after it": upgrade_then_poll,
    "upgrade: another WebSocket is refused after it": upgrade_then_another,
}
SOCKETIO: dict[str, Check] = {
    "connect: the main namespace": connects,
    "connect: the main namespace, with a payload": lambda server: connects(server, "", '{"token":"123"}'),
    "connect: a custom namespace": lambda server: connects(server, "/custom,"),
    "connect: a custom namespace, with a payload": lambda server: connects(server, "/custom,", '{"token":"abc"}'),
    "connect: an unknown namespace": unknown_namespace,
    "connect: a wrong handshake": lambda server: closes(server, "4abc", join=False),
    "connect: no handshake": lambda server: closes(server, join=False),
    "disconnect: the main namespace": lambda server: closes(server, "41"),
    "disconnect: a custom namespace": leaves_custom,
    "message: text": lambda server: says(server, (f'42["message",{PLAIN}', f'42["message-back",{PLAIN}')),
    "message: binary": lambda server: says(server, (f'452-["message",{TWO}', f'452-["message-back",{TWO}'), *PARTS),
    "message: text with an answer": lambda server: says(server, (f'42456["message-with-ack",{PLAIN}', f"43456[{PLAIN}")),
    "message: binary with an answer": lambda server: says(
        server, (f'452-789["message-with-ack",{TWO}', f"462-789[{TWO}"), *PARTS
    ),
    "message: an unknown type": lambda server: closes(server, "4abc"),
    "message: a wrong payload": lambda server: closes(server, "42{}"),
    "message: a wrong number of an answer": lambda server: closes(server, f'42abc["message",{PLAIN}'),
}

SUITES: dict[str, dict[str, Check]] = {
    "Engine.IO 3": OPENING | MESSAGES3 | LIFE,
    "Engine.IO 4": OPENING4 | MESSAGES4 | LIFE,
    "Socket.IO 5": OPENING4 | LIFE | SOCKETIO,
}
PLACES = {"Engine.IO 3": ("/engine.io", 3), "Engine.IO 4": ("/engine.io", 4), "Socket.IO 5": ("/socket.io", 4)}
