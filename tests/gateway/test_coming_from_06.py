"""What docs/coming-from-0.6.md says in its tables, by clients of that era."""

import re
from pathlib import Path

import pytest

from gateway import Listener, Socket
from gateway.options import OPTIONS
from gateway.testing import connect

PAGE = (Path(__file__).parents[2] / "docs/coming-from-0.6.md").read_text("utf-8")


def rows(heading):
    """The cells of the tables below a heading, without their heads."""
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    (text,) = [part for part in section if part.startswith(heading)]
    lines = [line.strip("| ").split(" | ") for line in text.split("\n") if line.startswith("|")]
    return [cells for cells in lines if not cells[0].startswith(("---", "0.6", "option", "default,"))]


def words(cell):
    """The names in a cell: ``await io.listen("tcp:8080")`` is ``listen``."""
    found = (re.match(r"(?:await )?(?:io\.)?([A-Za-z]\w*)", code) for code in re.findall(r"`([^`]+)`", cell))
    return [match[1] for match in found if match]


def test_every_option_that_is_named_exists():
    named = {name for cells in rows("Options") for name in words(cells[1])} - {"ping_interval", "ping_timeout", "twistd", "True"}
    further = {name for cells in rows("Options") for name in words(cells[0])} & OPTIONS.keys()
    assert named <= OPTIONS.keys(), named - OPTIONS.keys()
    assert named >= {"path", "close_timeout", "transport_options", "on_client_message"}
    assert further >= {"old_payload", "old_events", "serve_client", "flash_policy", "hixie", "hosts"}


@pytest.mark.parametrize(("heading", "kind"), [("Listener", Listener), ("Client", Socket)])
def test_every_member_that_is_named_exists(heading, kind):
    named = [name for cells in rows(heading) if not cells[0].startswith("event") for name in words(cells[1])]
    assert len(named) > 5
    for name in named:
        assert name == "Listener" or hasattr(kind, name) or name in ("options",), name


def test_a_clients_own_handlers_come_before_those_of_the_listener(gate):
    said = []

    @gate.io.on("connection")
    def connected(client):
        client.on("message", lambda message: said.append(f"own {message}"))
        client.on("disconnect", lambda reason: said.append("own end"))

    gate.io.on("clientConnect", lambda client: said.append("clientConnect"))
    gate.io.on("clientMessage", lambda message, client: said.append(f"clientMessage {message}"))
    gate.io.on("clientDisconnect", lambda client: said.append("clientDisconnect"))
    page = connect(gate.io, era="old", transport="websocket")
    page.send("hi")
    page.cut()
    assert said == ["clientConnect", "own hi", "clientMessage hi", "own end", "clientDisconnect"]


@pytest.mark.parametrize("several", [False, True])
def test_a_broadcast_of_the_listener_leaves_out_session_ids(gate, several):
    pages = [connect(gate.io, era=era, transport="websocket") for era in ("old", "old", "eio4")]
    sid = next(iter(gate.io.clients))
    assert gate.io.broadcast("hi", [sid] if several else sid) is gate.io
    assert [page.received for page in pages] == [[], [("message", ["hi"])], [("message", ["hi"])]]


def test_clients_are_found_by_their_session_id(gate):
    connect(gate.io, era="old", transport="xhr-polling")
    connect(gate.io, era="0.9", transport="websocket")
    assert [client.session_id for client in gate.io.clients.values()] == list(gate.io.clients)
    assert gate.io.clients_index == gate.io.clients
    assert {client.handshake.era for client in gate.io.clients.values()} == {"old", "0.9"}


def test_a_batch_is_several_messages_and_a_list_is_one(gate):
    page = connect(gate.io, era="old", transport="websocket")
    (client,) = gate.io.clients.values()
    client.send("a", {"b": 1})
    client.send(["c", 2])
    assert page.received == [("message", ["a"]), ("message", [{"b": 1}]), ("message", [["c", 2]])]
