"""Answers that are computed from the arguments."""

from hashlib import sha1

from gateway.conformance.cases import MODERN, Case, scenario
from gateway.conformance.clients.kinds import ERAS, KINDS

LARGE = 150_000


@scenario("5", "large answers with a text of that length")
async def large(case: Case) -> None:
    client = await case.client()
    assert await case.ask(client, "large", 0) == ""
    assert await case.ask(client, "large", 13) == "0123456789012"
    assert await case.ask(client, "large", LARGE) == "0123456789" * (LARGE // 10)


@scenario("5", "bytes answers with binary of that size", MODERN)
async def binary(case: Case) -> None:
    client = await case.client()
    for size in (0, 3, 300, LARGE):
        assert await case.ask(client, "bytes", size) == (bytes(range(256)) * (size // 256 + 1))[:size]


@scenario("5", "a large text reaches the server")
async def large_in(case: Case) -> None:
    client = await case.client()
    text = "0123456789" * (min(LARGE, case.server.max_payload // 4) // 10)
    assert await case.ask(client, "digest", text) == sha1(text.encode(), usedforsecurity=False).hexdigest()


@scenario("5", "size counts UTF-8 bytes of text")
async def size(case: Case) -> None:
    client = await case.client()
    for value, expected in (("", 0), ("abc", 3), ("é€😀", 9), (5, None), (None, None), ([], None), ({"a": "b"}, None)):
        assert await case.ask(client, "size", value) == expected
    assert await case.ask(client, "size") is None


@scenario("5", "size and digest of binary", MODERN)
async def of_binary(case: Case) -> None:
    client = await case.client()
    data = bytes(range(256)) * 3
    assert await case.ask(client, "size", data) == 768
    assert await case.ask(client, "digest", data) == sha1(data, usedforsecurity=False).hexdigest()


@scenario("5", "sleep answers later and holds up nothing")
async def sleep(case: Case) -> None:
    client = await case.client()
    started = case.server.reactor.seconds()
    sleeping = client.call("sleep", 2000)
    await case.settled(client)
    assert not sleeping.called, "the answer to sleep came before that to echo"
    assert await case.soon(sleeping, "the answer to sleep") == [2000]
    assert case.server.reactor.seconds() - started >= 1.9


@scenario("5", "whoami tells id, transport, era and namespace")
async def whoami(case: Case) -> None:
    client, another = await case.client(), await case.client()
    me = await case.ask(client, "whoami")
    assert (me["transport"], me["era"], me["namespace"]) == (case.kind.name, case.kind.era, "/")
    assert me.keys() == {"id", "transport", "era", "namespace"}
    assert isinstance(me["id"], str)
    assert len(me["id"]) >= 8
    if case.kind.era in ERAS[:2]:
        assert me["id"] == client.sid
    assert (await case.ask(another, "whoami"))["id"] != me["id"]


@scenario("5", "whoami tells the transport before the upgrade", MODERN, only=lambda kind: kind.transport == "upgrade")
async def before_upgrade(case: Case) -> None:
    client = await case.client(kind=KINDS[case.kind.era, "polling"])
    assert (await case.ask(client, "whoami"))["transport"] == "polling"
