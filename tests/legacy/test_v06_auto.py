"""Clients of 0.3/0.4 and of 0.5/0.6 on one mount."""

import json
from itertools import product
from typing import Any

import pytest

from legacy.v06_auto import GreetingMemory, Tongue, encode_both, tongue_of, wire_for
from legacy.v06_wires import ENVELOPE, FRAMES
from protocols.model import Control, Settings
from tests.legacy.driver06 import Connection, Server, message

AUTO = Settings(old_payload="auto")
UPGRADE = b"GET /socket.io/websocket HTTP/1.1\r\nUpgrade: WebSocket\r\n\r\n"


def get(server: Server, path: str) -> Connection:
    connection = Connection(server)
    connection.receive(f"GET /socket.io/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


def post(server: Server, path: str, body: bytes) -> None:
    head = f"POST /socket.io/{path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    Connection(server).receive(head.encode() + body)


def socket() -> tuple[Server, Connection, str]:
    server = Server(AUTO)
    connection = Connection(server)
    connection.receive(UPGRADE)
    return server, connection, next(iter(server.peers))


def test_new_socket_is_greeted_both_ways() -> None:
    """Quirk 2 holds for either client: the first payload it can read is its session id."""
    _, connection, sid = socket()
    frame, envelope = connection.pieces
    assert frame == f"~m~{len(sid)}~m~{sid}"
    assert envelope == f'{{"messages":["{{\\"sessionid\\":\\"{sid}\\"}}"]}}'


@pytest.mark.parametrize(
    ("said", "heard"),
    [(b"\x00~m~6~m~echo:a\xff", "~m~1~m~a"), (b'\x00["echo:a"]\xff', '{"messages":["a"]}')],
)
def test_socket_is_answered_in_its_own_way(said: bytes, heard: str) -> None:
    _, connection, _ = socket()
    connection.pieces.clear()
    connection.receive(said)
    assert list(connection.pieces) == [heard]


def test_socket_that_has_said_nothing_is_told_everything_twice() -> None:
    server, connection, sid = socket()
    connection.pieces.clear()
    server.peers[sid].send(message({"a": 1}))
    assert list(connection.pieces) == ['~m~10~m~~j~{"a":1}', '{"messages":[{"a":1}]}']


def test_echo_shows_a_client_of_frames() -> None:
    server, connection, sid = socket()
    server.advance(10.0)
    assert list(connection.pieces)[2:] == ["~m~4~m~~h~1", '{"heartbeat":"1"}']
    connection.receive(b"\x00~m~4~m~~h~1\xff")
    assert server.peers[sid].session.generation == "frames"
    server.advance(10.0)
    assert list(connection.pieces)[4:] == ["~m~4~m~~h~2"]
    server.advance(8.0)
    assert [ended.reason for ended in server.ended] == ["ping timeout"]


def test_silence_shows_a_client_of_the_envelope() -> None:
    server, connection, sid = socket()
    server.advance(60.0)
    assert server.peers[sid].session.generation == "envelope"
    assert list(connection.pieces)[-1] == '{"heartbeat":"1"}'
    assert not server.ended


def test_late_echo_corrects_a_wrong_guess() -> None:
    server, connection, sid = socket()
    server.advance(20.0)
    connection.receive(b"\x00~m~4~m~~h~1\xff")
    assert server.peers[sid].session.generation == "frames"


def test_htmlfile_is_greeted_both_ways_and_learns_from_a_post() -> None:
    server = Server(AUTO)
    stream = get(server, "htmlfile//1")
    sid = next(iter(server.peers))
    text = json.dumps(f'{{"messages":["{{\\"sessionid\\":\\"{sid}\\"}}"]}}')
    greeting = stream.pieces.popleft().decode()
    assert greeting.split("</script>")[:2] == [
        f'<script>parent.s._("~m~{len(sid)}~m~{sid}", document);',
        f"<script>parent.s._({text}, document);",
    ]
    post(server, f"htmlfile/{sid}/send", b"data=%5B%22echo%3Ahello%22%5D")
    assert list(stream.pieces) == [b'<script>parent.s._("{\\"messages\\":[\\"hello\\"]}", document);</script>']


def test_multipart_is_greeted_in_two_parts() -> None:
    wire: Any = wire_for("xhr-multipart", "auto")
    parts = wire.pack(Control("ID").to(wire.encode))
    assert parts == (
        b"Content-Type: text/plain\n\n~m~2~m~ID\n--socketio\n"
        b'Content-Type: text/plain\n\n{"messages":["{\\"sessionid\\":\\"ID\\"}"]}\n--socketio\n'
    )


# Polls -------------------------------------------------------------------------------------


def test_poll_is_greeted_with_frames_first() -> None:
    server = Server(AUTO)
    answer = get(server, "xhr-polling//1").answers[0]
    assert answer.body.startswith(b"~m~")


def test_peer_that_comes_back_at_once_without_id_is_greeted_the_other_way() -> None:
    server = Server(AUTO)
    get(server, "xhr-polling//1")
    server.advance(0.1)
    answer = get(server, "xhr-polling//2").answers[0]
    envelope = json.loads(answer.body)
    sid = json.loads(envelope["messages"][0])["sessionid"]
    assert answer.content_type == "text/plain"
    poll = get(server, f"xhr-polling/{sid}/3")
    post(server, f"xhr-polling/{sid}/send", b"data=%5B%22echo%3Ahello%22%5D")
    assert poll.answers[0].body == b'{"messages":["hello"]}'


def test_address_is_remembered_as_it_was_understood() -> None:
    server = Server(AUTO)
    get(server, "xhr-polling//1")
    get(server, "xhr-polling//2")
    sid = list(server.peers)[-1]
    get(server, f"xhr-polling/{sid}/3")
    assert get(server, "xhr-polling//4").answers[0].body.startswith(b"{")


def test_jsonp_needs_no_guess() -> None:
    """It came with 0.6."""
    server = Server(AUTO)
    for _ in range(3):
        assert b"~m~" in get(server, "jsonp-polling//1/0").answers[0].body


def test_sockets_leave_the_memory_alone() -> None:
    server = Server(AUTO)
    Connection(server).receive(UPGRADE)
    assert get(server, "xhr-polling//1").answers[0].body.startswith(b"~m~")


STORIES = [
    ("a stranger", [("choose", 0.0, "frames")]),
    ("back at once", [("choose", 0.0, "frames"), ("choose", 0.1, "envelope")]),
    (
        "a third time",
        [("choose", 0.0, "frames"), ("choose", 0.1, "envelope"), ("choose", 0.2, "envelope"), ("choose", 0.3, "frames")],
    ),
    ("back later", [("choose", 0.0, "frames"), ("choose", 5.1, "frames")]),
    ("understood", [("choose", 0.0, "frames"), ("confirm", 0.1, "frames"), ("choose", 0.2, "frames")]),
    ("another behind the address", [("confirm", 0.0, "frames"), ("choose", 1.0, "frames"), ("choose", 1.1, "envelope")]),
    ("envelope, next day", [("confirm", 0.0, "envelope"), ("choose", 86400.0, "envelope")]),
]


@pytest.mark.parametrize("steps", [pytest.param(steps, id=name) for name, steps in STORIES])
def test_greeting_goes_by_what_was_understood(steps: list[tuple[str, float, str]]) -> None:
    memory = GreetingMemory()
    for call, now, generation in steps:
        if call == "choose":
            assert memory.choose(("192.0.2.1",), now) == generation
        else:
            memory.confirm(("192.0.2.1",), generation, now)


def test_addresses_are_apart() -> None:
    memory = GreetingMemory()
    memory.choose(("192.0.2.1",), 0.0)
    assert memory.choose(("192.0.2.2",), 0.1) == "frames"


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    memory = GreetingMemory(size=2)
    for peer in ("a", "b", "a", "c"):
        memory.confirm((peer,), "envelope", 0.0)
    assert [memory.choose((peer,), 1.0) for peer in ("a", "c", "b")] == ["envelope", "envelope", "frames"]


def greetings_needed(peers: tuple[str, ...], apart: bool) -> list[int]:
    """How many greetings each of ``peers`` behind one address needs that ask in turns; ``apart``: on connections of their own."""
    memory, now = GreetingMemory(), 0.0
    asked, waiting, greeted = [0] * len(peers), dict(enumerate(peers)), dict[int, str]()
    while waiting:
        assert now < 10.0, (peers, asked)
        for number, generation in list(waiting.items()):
            now += 0.01
            peer = (f"192.0.2.1 {number}", "192.0.2.1") if apart else ("192.0.2.1",)
            if greeted.get(number) == generation:
                memory.confirm(peer, generation, now)
                del waiting[number]
            else:
                greeted[number] = memory.choose(peer, now)
                asked[number] += 1
    return asked


CROWDS = [peers for size in range(1, 7) for peers in product(("frames", "envelope"), repeat=size)]


def test_a_peer_on_a_connection_of_its_own_needs_two_greetings_whoever_else_is_there() -> None:
    assert max(max(greetings_needed(peers, apart=True)) for peers in CROWDS) == 2


def test_peers_that_share_connections_and_take_turns_are_all_understood_soon() -> None:
    for peers in CROWDS:
        assert max(greetings_needed(peers, apart=False)) <= len(peers) + 3, peers


# Parts ---------------------------------------------------------------------------------------


def test_both_forms_of_a_message_are_shared() -> None:
    said = message("a")
    assert said.to(encode_both) == ["fa", 'e"a"']
    assert said.to(encode_both) is said.to(encode_both)


def test_binary_message_teaches_nothing() -> None:
    tongue = Tongue("websocket")
    assert tongue.uncarry(b"[1]") == [b"[1]"]
    assert tongue.generation is None


def test_fixed_wires_are_sure() -> None:
    assert tongue_of(FRAMES["websocket"]).generation == "frames"
    assert tongue_of(ENVELOPE["htmlfile"]).generation == "envelope"
