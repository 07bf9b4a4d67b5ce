"""Values of one connection."""

from gateway.conformance.cases import NAMED, Case, scenario

KEYS = ("key", "", "__proto__", "constructor", "a:b/c", "é😀")


@scenario("5", "set, get, has and del")
async def values(case: Case) -> None:
    client = await case.client()
    for number, key in enumerate(KEYS):
        assert await case.ask(client, "has", key) is False
        assert await case.ask(client, "get", key) is None
        assert await case.ask(client, "set", key, {"n": [number, None]}) is True
        assert await case.ask(client, "has", key) is True
        assert await case.ask(client, "get", key) == {"n": [number, None]}
    for key in KEYS:
        assert await case.ask(client, "del", key) is True
        assert await case.ask(client, "del", key) is True
        assert await case.ask(client, "get", key) is None


@scenario("5", "two connections never share a value")
async def apart(case: Case) -> None:
    client, other = await case.client(), await case.other()
    await case.ask(client, "set", "mine", 1)
    assert await case.ask(other, "has", "mine") is False
    await case.ask(other, "set", "mine", 2)
    assert await case.ask(client, "get", "mine") == 1


@scenario("5", "all namespaces of a connection see the same values", NAMED)
async def shared(case: Case) -> None:
    client = await case.client("/chat")
    assert await case.ask(client, "set", "key", "from chat", namespace="/chat") is True
    assert await case.ask(client, "get", "key") == "from chat"


@scenario("5", "values end with their connection")
async def ended(case: Case) -> None:
    client = await case.client()
    await case.ask(client, "set", "key", 1)
    client.close()
    again = await case.client()
    assert await case.ask(again, "has", "key") is False
