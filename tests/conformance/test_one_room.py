"""The point of it all: one client of every kind in one room, and each hears all others."""

import pytest
import pytest_twisted

from tests.conformance.peers import ALL, BUILDS, NAMED, Peers

EVERYBODY = [
    *((build, transport) for build in ("4.8", "2.5") for transport in ("polling", "websocket", "upgrade")),
    ("0.9", "websocket"),
    ("0.9", "xhr-polling"),
    *(("0.6", transport) for transport in BUILDS["0.6"].transports),
    ("0.4", "websocket"),
    ("0.3", "hixie-75"),
]
TEXTS = ["é € 😀", "\u2028 \u2029 \ufffd", "\ud800 alone", "</script>~m~3~m~", "Ã©", "\x00\x1e\r\n"]


@pytest.mark.parametrize("who", [EVERYBODY, ALL], ids=["all eras", "every build"])
@pytest_twisted.ensureDeferred
async def test_each_message_reaches_all_others_once_with_the_same_characters(
    peers: Peers, room: str, who: list[tuple[str, str]]
) -> None:
    members = [await peers.connect(*one) for one in who]
    for member in members:
        assert await member.ask("join", room) == room
    for number, member in enumerate(members):
        member.emit("to", room, number, *TEXTS)
    for member in members:
        await member.settled()  # its own words have been passed on
    for number, member in enumerate(members):
        await member.settled()  # and those of the others have come
        expected = [[room, other, *TEXTS] for other in range(len(members)) if other != number]
        assert sorted(member.heard_so_far("to")) == expected, member.name


@pytest.mark.parametrize("build, transport", NAMED)
@pytest_twisted.ensureDeferred
async def test_binary_reaches_those_who_know_it_and_base64_others(peers: Peers, room: str, build: str, transport: str) -> None:
    client = await peers.connect(build, transport)
    data = b"\0\1\2\3"
    members = [await peers.connect(name, "websocket") for name in ("4.8", "1.7", "0.9", "0.6")]
    for member in members:
        assert await member.ask("join", room) == room
    client.emit("to", room, {"file": {"_binary": "AAECAw=="} if client.era == "0.9" else data})
    for member in members:
        assert await member.event("to") == [room, {"file": {"_binary": "AAECAw=="} if member.era == "0.9" else data}]
