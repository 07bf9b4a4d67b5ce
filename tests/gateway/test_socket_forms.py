"""Under which form a broadcast keeps its frames."""

import pytest

from gateway.drafts import HIXIE75, HIXIE76, RFC6455, socket_form
from legacy.v06_auto import Tongue, wire_for
from protocols.model import MESSAGE, Outgoing


def auto() -> tuple[Tongue, object]:
    wire = wire_for("websocket", "auto")
    return wire.tongue, wire


@pytest.mark.parametrize("draft", [HIXIE75, HIXIE76, RFC6455])
def test_all_peers_that_have_said_nothing_yet_share_one_form(draft) -> None:
    forms = {socket_form(wire, draft) for _, wire in (auto(), auto())}
    assert len(forms) == 1
    said = Outgoing("/", MESSAGE, "", ("a",))
    assert b"~m~1~m~a" in said.to(forms.pop()) and said.to(socket_form(auto()[1], draft)).endswith(
        b'{"messages":["a"]}' + _end(draft)
    )


def _end(draft) -> bytes:
    return b"" if draft is RFC6455 else b"\xff"


def test_what_one_of_them_says_changes_nothing_for_the_others() -> None:
    tongue, wire = auto()
    form = socket_form(wire, HIXIE76)
    tongue.hear("~m~1~m~a")
    assert wire.settled() is not wire and auto()[1].settled() is None
    assert form(Outgoing("/", MESSAGE, "", ("b",))) == b'\x00~m~1~m~b\xff\x00{"messages":["b"]}\xff'
    assert socket_form(wire.settled(), HIXIE76)(Outgoing("/", MESSAGE, "", ("b",))) == b"\x00~m~1~m~b\xff"
