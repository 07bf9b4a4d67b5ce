"""What comes back to the sender: echo, messages, questions, bursts, names that nobody handles."""

from typing import Any

from gateway.conformance.cases import MODERN, NAMED, Case, scenario
from gateway.conformance.clients.kinds import Kind

VALUES: tuple[Any, ...] = (
    0, -1, 1.5, 1e21, 2**53 - 1, True, False, None, "", "text", [], {}, [1, [2, [3, {}]]], {"a": {"b": [None, ""]}},
    {"": 0, "__proto__": 1, "constructor": {"toString": []}},
)  # fmt: skip
BINARY: tuple[Any, ...] = (b"", b"\0\1\xff", {"a": [b"one", {"b": b"two"}], "c": b""}, [b"x" * 70000])
ODD_NAMES = ("toString", "__init__", "constructor", "__proto__", "hasOwnProperty", "*", "any", "a b:c/d", "")


@scenario("5", "echo without acknowledgement is emitted back")
async def echo(case: Case) -> None:
    client = await case.client()
    client.emit("echo", *VALUES)
    assert await case.event(client, "echo") == list(VALUES)
    client.emit("echo")
    assert await case.event(client, "echo") == []


@scenario("5", "echo acknowledges with the same arguments")
async def echo_acknowledged(case: Case) -> None:
    client = await case.client()
    assert await case.call(client, "echo", *VALUES) == list(VALUES)
    assert await case.call(client, "echo") == []


@scenario("5", "binary comes back as it went, at any depth", MODERN)
async def echo_binary(case: Case) -> None:
    client = await case.client()
    assert await case.call(client, "echo", *BINARY) == list(BINARY)
    client.emit("echo", *BINARY)
    assert await case.event(client, "echo") == list(BINARY)


@scenario("5", "up to 10 binary attachments in one packet", MODERN)
async def ten_attachments(case: Case) -> None:
    client = await case.client()
    ten = [bytes((number,)) * number for number in range(10)]
    assert await case.call(client, "echo", ten) == [ten]


@scenario("5", "message comes back as message-back", NAMED)
async def message(case: Case) -> None:
    client = await case.client()
    messages: tuple[Any, ...] = ("text", "", {"a": [1, None]}, [1, 2], 5, None)
    for value in messages:
        client.send(value)
        assert await case.event(client, "message-back") == [value]


@scenario("3.1", "a message that is no event comes back as it came", ("old",))
async def old_messages(case: Case) -> None:
    client = await case.client()
    messages: tuple[Any, ...] = ("text", "", "~ no frame", {"a": [None]}, {"event": 5}, {"event": "x", "more": 1}, {"args": []})
    for value in messages:
        client.send(value)
        assert await case.event(client, "message") == [value]


@scenario("3.1", "an event without args has none", ("old",))
async def old_without_args(case: Case) -> None:
    client = await case.client()
    client.send({"event": "echo", "id": 5})
    report = await case.soon(client.take(lambda one: one.kind == "ack"), "the answer")
    assert (report.ack, report.args) == (5, [])


@scenario("5", "message-with-ack acknowledges with its arguments")
async def message_with_ack(case: Case) -> None:
    client = await case.client()
    assert await case.call(client, "message-with-ack", "a", {"b": 1}) == ["a", {"b": 1}]


@scenario("5", "say sends a message")
async def say(case: Case) -> None:
    client = await case.client()
    for value in ("text", {"a": 1}):
        client.emit("say", value)
        assert await case.event(client, "message") == [value]


@scenario("5", "ask: the server asks, the client answers, the server tells the answer")
async def ask(case: Case) -> None:
    client = await case.client()
    for answer in ([], ["one"], ["one", {"two": 2}, None]):
        client.emit("ask", "why", 1)
        question = await case.soon(client.next("event", "question"), "the question")
        assert question.args == ["why", 1]
        assert question.ack is not None, "the question wants no answer"
        client.answer(question, *answer)
        assert await case.event(client, "answer") == answer


@scenario("5", "ask with binary both ways", MODERN)
async def ask_binary(case: Case) -> None:
    client = await case.client()
    client.emit("ask", b"\0\xff")
    question = await case.soon(client.next("event", "question"), "the question")
    client.answer(question, {"a": b"\1"}, b"")
    assert (question.args, await case.event(client, "answer")) == ([b"\0\xff"], [{"a": b"\1"}, b""])


@scenario("5", "any other name reaches the catch-all")
async def any_name(case: Case) -> None:
    client = await case.client()
    for name in ODD_NAMES:
        client.emit(name, 1, {"a": None})
        assert await case.event(client, "any") == [name, [1, {"a": None}]]
        assert await case.call(client, name, 2) == ["any", name, [2]]


@scenario("5", "burst arrives complete and in order")
async def burst(case: Case) -> None:
    client = await case.client()
    client.emit("burst", 200)
    assert await case.event(client, "burst-end") == [200]
    assert client.heard("burst") == [[number] for number in range(200)]


@scenario("5", "what a client sends arrives complete and in order")
async def counted(case: Case) -> None:
    client = await case.client()
    for number in range(200):
        client.emit("count", number)
    assert await case.ask(client, "counted") == {"received": 200, "ordered": True}
    assert await case.ask(client, "counted") == {"received": 0, "ordered": True}
    client.emit("count", 1)
    assert await case.ask(client, "counted") == {"received": 1, "ordered": False}


@scenario("5", "binary and text keep their order among themselves", MODERN)
async def mixed_order(case: Case) -> None:
    client = await case.client()
    sent = [[number, bytes((number,)) if number % 3 else "text"] for number in range(60)]
    for args in sent:
        client.emit("echo", *args)
    await case.event(client, "echo", 59)
    assert client.heard("echo") == sent


def _upgrades(kind: Kind) -> bool:
    return kind.transport == "upgrade"


@scenario("5", "order holds across the upgrade", MODERN, only=_upgrades)
async def order_across_upgrade(case: Case) -> None:
    client = case.begin()
    await case.joined(client, "/")
    for start in range(0, 300, 20):
        client.emit("burst", 5)
        for number in range(start, start + 20):
            client.emit("count", number)
        await case.pause(0.002)
    assert await case.ask(client, "counted") == {"received": 300, "ordered": True}
    for _ in range(15):
        await case.event(client, "burst-end")
    assert client.heard("burst") == [[number] for number in range(5)] * 15
    assert (await case.ask(client, "whoami"))["transport"] == "websocket"


@scenario("5", "volatile reaches an idle client, once")
async def volatile(case: Case) -> None:
    client = await case.client()
    for attempt in range(20):
        await case.settled(client)
        await case.pause(0.02 * attempt)  # until its poll is there
        client.emit("volatile", "v")
        await case.settled(client)
        heard = client.heard("volatile")
        assert len(heard) <= attempt + 1
        if heard:
            assert heard == [["v"]]
            return
    raise AssertionError("never heard it")
