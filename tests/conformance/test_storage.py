"""Values of one connection: kept for it, shared by its namespaces, nobody else's."""

import pytest
import pytest_twisted

from tests.conformance.peers import ALL, NAMED, Peers

KEYS = ["nickname", "", "é😀", "__proto__", "constructor", "hasOwnProperty"]
VALUE = {"list": [1, "é\u2028", None, True], "name": "😀"}


@pytest.mark.parametrize("build, transport", ALL)
@pytest_twisted.ensureDeferred
async def test_a_value_is_kept_until_it_is_deleted(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    for key in KEYS:
        assert (await client.ask("has", key), await client.ask("get", key)) == (False, None)
        assert await client.ask("set", key, VALUE) is True
    for key in KEYS:
        assert (await client.ask("has", key), await client.ask("get", key)) == (True, VALUE)
        assert await client.ask("del", key) is True
        assert (await client.ask("has", key), await client.ask("get", key)) == (False, None)
        assert await client.ask("del", key) is True


@pytest.mark.parametrize("build, transport", ALL)
@pytest_twisted.ensureDeferred
async def test_nobody_else_sees_it(peers: Peers, build: str, transport: str) -> None:
    client, other = await peers.connect(build, transport), await peers.connect(build, transport)
    assert await client.ask("set", "key", 1) is True
    assert (await other.ask("has", "key"), await other.ask("get", "key")) == (False, None)


@pytest.mark.parametrize("build, transport", NAMED)
@pytest_twisted.ensureDeferred
async def test_all_namespaces_of_the_connection_see_it(peers: Peers, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    chat = peers.also(client, "/chat")
    await chat.report("connected")
    assert await client.ask("set", "key", VALUE) is True
    assert await chat.ask("get", "key") == VALUE
