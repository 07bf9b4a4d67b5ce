"""Namespaces: who may join, what is heard where."""

from typing import Any

from gateway.conformance.cases import MODERN, NAMED, Case, scenario
from gateway.conformance.clients.peers import Peer

PAYLOADS = {"expired": ("expired", {"code": 419}), "wrong": ("not authorized", None), "": ("not authorized", None)}


async def auth_of(case: Case, client: Peer, namespace: str) -> list[Any]:
    """The arguments of the first event in ``namespace``, which must be ``auth``."""
    await case.settled(client, namespace)
    events = [one for one in client.reports if one.kind == "event" and one.namespace == namespace]
    assert events, f"no event in {namespace}"
    assert events[0].name == "auth", f"the first event in {namespace} is {events[0].name}"
    return events[0].args


@scenario("4", "every event works in every namespace", NAMED)
async def alike(case: Case) -> None:
    client = await case.client()
    for namespace in ("/chat", "/custom"):
        client.join(namespace)
        await case.joined(client, namespace)
        assert await case.call(client, "echo", 1, "a", namespace=namespace) == [1, "a"]
        assert (await case.ask(client, "whoami", namespace=namespace))["namespace"] == namespace
        client.emit("ask", "q", namespace=namespace)
        question = await case.soon(client.next("event", "question", namespace), "the question")
        client.answer(question, "a")
        assert await case.event(client, "answer", namespace=namespace) == ["a"]


@scenario("4", "none leaks into another", NAMED)
async def apart(case: Case) -> None:
    client, other = await case.client("/chat"), await case.other("/custom")
    other.join("/chat")
    await case.joined(other, "/chat")
    token = case.token()
    client.emit("all", token, namespace="/chat")
    assert await case.event(other, "all", token, namespace="/chat") == [token]
    for peer, namespace in ((client, "/"), (other, "/"), (other, "/custom")):
        await case.settled(peer, namespace)
        assert [token] not in peer.heard("all", namespace), f"heard in {namespace}"


@scenario("4", "rooms of one name in two namespaces are two", NAMED)
async def rooms_apart(case: Case) -> None:
    client, other = await case.client("/chat"), await case.other()
    room, token = case.token(), case.token()
    await case.ask(client, "join", room, namespace="/chat")
    other.emit("to", room, token)
    await case.settled(other)
    await case.settled(client, "/chat")
    assert not client.heard("to", "/chat")
    assert not client.heard("to")


@scenario("4", "acknowledgements of two namespaces are not mixed up", NAMED)
async def acks_apart(case: Case) -> None:
    client = await case.client("/chat")
    slow = client.call("sleep", 30, namespace="/chat")
    assert await case.ask(client, "echo", "fast") == "fast"
    assert await case.soon(slow, "the answer in /chat") == [30]


@scenario("4", "on joining, auth comes first", NAMED)
async def auth_event(case: Case) -> None:
    client = await case.client("/chat")
    assert await auth_of(case, client, "/") == [{}]
    assert await auth_of(case, client, "/chat") == [{}]


@scenario("4", "the connect payload comes with auth", ("eio4",))
async def auth_payload(case: Case) -> None:
    payload = {"token": "é", "more": [1, {"a": None}]}
    client = await case.client()
    client.join("/chat", auth=payload)
    await case.joined(client, "/chat")
    assert await auth_of(case, client, "/chat") == [payload]


@scenario("4", "no auth event in era old", ("old",))
async def no_auth(case: Case) -> None:
    client = await case.client()
    await case.settled(client)
    assert not client.heard("auth")


@scenario("4", "/auth admits the token of the connect payload", ("eio4",))
async def by_payload(case: Case) -> None:
    client = await case.client()
    client.join("/auth", auth={"token": "secret"})
    await case.joined(client, "/auth")
    assert await case.ask(client, "echo", 1, namespace="/auth") == 1


@scenario("4", "/auth admits the token of the namespace's query", ("0.9", "eio3"))
async def by_namespace_query(case: Case) -> None:
    client = await case.client()
    client.join("/auth", query="token=secret")
    await case.joined(client, "/auth")
    assert await case.ask(client, "echo", 1, namespace="/auth") == 1


@scenario("4", "/auth admits the token of the handshake's query", NAMED)
async def by_handshake_query(case: Case) -> None:
    client = await case.client(query="token=secret")
    client.join("/auth")
    await case.joined(client, "/auth")
    assert await case.ask(client, "echo", 1, namespace="/auth") == 1


@scenario("4", "the token of the namespace comes before that of the handshake", ("0.9", "eio3"))
async def order_of_tokens(case: Case) -> None:
    client = await case.client(query="token=secret")
    client.join("/auth", query="token=wrong")
    await case.refused(client, "/auth")


@scenario("4", "/auth refuses other tokens in the words of 1.x to 4.x, and the rest goes on", MODERN)
async def refusals(case: Case) -> None:
    for token, (message, data) in PAYLOADS.items():
        client = await case.client(query=f"token={token}" if token else "")
        client.join("/auth")
        report = await case.refused(client, "/auth")
        if case.kind.era == "eio4":
            expected: Any = {"message": message} if data is None else {"message": message, "data": data}
        else:
            expected = message if data is None else data
        assert report.args == [expected]
        assert await case.ask(client, "echo", token) == token


@scenario("4", "/auth refuses other tokens of 0.9 as unauthorized, without advice, and the rest goes on", ("0.9",))
async def refusals09(case: Case) -> None:
    for token in PAYLOADS:
        client = await case.client()
        client.join("/auth", query=f"token={token}" if token else "")
        report = await case.refused(client, "/auth")
        assert report.args == ["unauthorized", ""]
        assert await case.ask(client, "echo", token) == token


@scenario("4", "an unknown namespace is refused as invalid", MODERN)
async def unknown(case: Case) -> None:
    client = await case.client()
    client.join("/nowhere")
    report = await case.refused(client, "/nowhere")
    assert report.args == [{"message": "Invalid namespace"} if case.kind.era == "eio4" else "Invalid namespace"]
    await case.settled(client)


@scenario("4", "an unknown namespace of 0.9 is not answered", ("0.9",))
async def unknown09(case: Case) -> None:
    client = await case.client()
    client.join("/nowhere")
    client.emit("echo", 1, namespace="/nowhere")
    await case.settled(client)
    assert not [one for one in client.reports if one.namespace == "/nowhere"]


@scenario("4", "a namespace that was left is heard no more, and can be joined again", NAMED)
async def left(case: Case) -> None:
    client, other = await case.client("/chat"), await case.other("/chat")
    client.leave("/chat")
    await case.settled(client)
    token = case.token()
    other.emit("all", token, namespace="/chat")
    await case.settled(other, "/chat")
    await case.settled(client)
    assert [token] not in client.heard("all", "/chat")
    client.join("/chat")
    await case.joined(client, "/chat")
    assert await case.ask(client, "echo", "back", namespace="/chat") == "back"
