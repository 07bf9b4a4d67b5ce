"""The chat example, as clients of all four eras see it: their own WebSocket bytes through a Listener without sockets."""

import json
import re
from itertools import count

import pytest

from examples.chat import Chat

NOW = 1300000000.0
ERAS = ("old", "0.9", "eio3", "eio4")


def masked(text):
    """The one frame in which a browser would send ``text``."""
    data = text.encode()
    size = bytes((0x80 | len(data),)) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
    return b"\x81" + size + b"\0\0\0\0" + data


def texts(data):
    """Texts of the server's frames, behind the head of the opening if there is one."""
    if data.startswith(b"HTTP/"):
        data = data.partition(b"\r\n\r\n")[2]
    while data:
        size, at = data[1], 2
        if size == 126:
            size, at = int.from_bytes(data[2:4], "big"), 4
        yield data[at : at + size].decode()
        data = data[at + size :]


class Engine:
    """``420["say","hello"]`` and ``430[{"ok":true}]``"""

    def __init__(self, gate, revision):
        self.opening = gate.get(f"/socket.io/?EIO={revision}&transport=websocket", upgrade=True)
        if revision == 4:
            self.opening.connection.reader.dataReceived(masked("40"))

    def event(self, name, args, number):
        return f"42{number}{json.dumps([name, *args])}"

    def read(self, text):
        if answer := re.fullmatch(r"43(\d+)(.*)", text):
            return int(answer[1]), json.loads(answer[2])
        return tuple_of(*json.loads(text[2:])) if text.startswith("42") else None


class Nine:
    """``5:1+::{"name":"say","args":["hello"]}`` and ``6:::1+[{"ok":true}]``"""

    def __init__(self, gate):
        sid = gate.get("/socket.io/1/").text.split(":")[0]
        self.opening = gate.get(f"/socket.io/1/websocket/{sid}", upgrade=True)

    def event(self, name, args, number):
        return f"5:{number}+::{json.dumps({'name': name, 'args': args})}"

    def read(self, text):
        if answer := re.fullmatch(r"6:::(\d+)\+(.*)", text):
            return int(answer[1]), json.loads(answer[2])
        event = json.loads(text.removeprefix("5:::")) if text.startswith("5:::") else None
        return event and tuple_of(event["name"], *event.get("args", ()))


class Old:
    """``~m~47~m~~j~{"event":"say","args":["hello"],"id":1}`` and ``~j~{"ack":1,"args":[{"ok":true}]}``"""

    def __init__(self, gate):
        self.opening = gate.get("/socket.io/websocket", upgrade=True)

    def event(self, name, args, number):
        message = "~j~" + json.dumps({"event": name, "args": args, "id": number})
        return f"~m~{len(message)}~m~{message}"

    def read(self, text):
        _, _, json_text = text.partition("~j~")
        message = json.loads(json_text) if json_text else {}
        if "ack" in message:
            return message["ack"], message.get("args", [])
        return tuple_of(message["event"], *message.get("args", ())) if "event" in message else None


def tuple_of(name, *args):
    return name, list(args)


DIALECTS = {"old": Old, "0.9": Nine, "eio3": lambda gate: Engine(gate, 3), "eio4": lambda gate: Engine(gate, 4)}


class Visitor:
    """One browser: it asks and is answered, and keeps what it hears."""

    def __init__(self, gate, era):
        self.gate = gate
        self.dialect = DIALECTS[era](gate)
        self.connection = self.dialect.opening.connection
        self.numbers = count(1)
        self.heard = []
        self.answers = {}

    def listen(self):
        self.gate.clock.advance(0)
        for text in texts(self.connection.take()):
            said = self.dialect.read(text)
            if said and isinstance(said[0], int):
                self.answers[said[0]] = said[1]
            elif said:
                self.heard.append(said)

    def ask(self, name, *args):
        number = next(self.numbers)
        self.connection.reader.dataReceived(masked(self.dialect.event(name, args, number)))
        self.listen()
        (answer,) = self.answers.pop(number) or [None]
        return answer

    def hears(self, *names):
        """What came since the last call, of these events."""
        self.listen()
        heard, self.heard = self.heard, []
        return [args[0] if args else None for name, args in heard if name in names]

    def leaves(self):
        self.connection.reader.connectionLost(None)
        self.gate.clock.advance(0)


@pytest.fixture
def chat(gate):
    Chat(gate.io, clock=lambda: NOW)
    return lambda era: Visitor(gate, era)


def joined(chat, era, name, room="lobby", key=""):
    visitor = chat(era)
    assert visitor.ask("join", name, room, key)["ok"]
    visitor.hears()
    return visitor


def person(name, era):
    return {"name": name, "era": era, "transport": "websocket"}


@pytest.mark.parametrize("era", ERAS)
def test_whoever_joins_is_told_who_is_there(chat, era):
    joined(chat, "eio4", "Dana")
    answer = chat(era).ask("join", " Ann ", "lobby", "key")
    assert answer == {
        "ok": True, "name": "Ann", "room": "lobby", "people": [person("Dana", "eio4"), person("Ann", era)], "history": [],
    }  # fmt: skip


@pytest.mark.parametrize("era", ERAS)
def test_whoever_is_there_is_told_who_comes_and_goes(chat, era):
    ann = joined(chat, "eio4", "Ann")
    ben = joined(chat, era, "Ben")
    assert ann.hears("came", "people") == [
        {**person("Ben", era), "time": 1300000000000},
        [person("Ann", "eio4"), person("Ben", era)],
    ]
    ben.leaves()
    assert ann.hears("left", "people") == [{**person("Ben", era), "time": 1300000000000}, [person("Ann", "eio4")]]


@pytest.mark.parametrize("speaker", ERAS)
def test_a_line_reaches_every_era_with_the_badge_of_its_speaker(chat, speaker):
    visitors = {era: joined(chat, era, f"Person {era}") for era in ERAS}
    text = "é \u2028 𝄞 </script>\nsecond"
    assert visitors[speaker].ask("say", text) == {"ok": True, "id": 1}
    line = {"id": 1, "who": f"Person {speaker}", "text": text, "era": speaker, "transport": "websocket", "time": 1300000000000}
    assert {era: visitor.hears("line") for era, visitor in visitors.items()} == {era: [line] for era in ERAS}


@pytest.mark.parametrize("era", ERAS)
def test_a_nickname_in_use_is_refused_in_the_acknowledgement(chat, era):
    ann = joined(chat, "eio4", "Ann", key="mine")
    other = chat(era)
    assert other.ask("join", "ＡＮＮ", "lobby", "another") == {"ok": False, "error": "The nickname Ann is taken in this room."}
    assert other.ask("say", "I am not here") == {"ok": False, "error": "Join a room first."}
    assert ann.hears("came", "people", "line") == []


def test_the_same_nickname_is_free_in_another_room(chat):
    joined(chat, "eio4", "Ann", "lobby")
    assert chat("old").ask("join", "Ann", "attic")["people"] == [person("Ann", "old")]


@pytest.mark.parametrize("era", ERAS)
def test_the_right_key_takes_a_nickname_back_without_a_word_to_the_others(chat, era):
    ben = joined(chat, "0.9", "Ben")
    lost = joined(chat, era, "Ann", key="secret")
    ben.hears()
    assert chat(era).ask("join", "Ann", "lobby", "secret", "second page")["ok"]
    assert lost.hears("replaced") == ["second page"]
    assert ben.hears("came", "left", "people") == []
    lost.leaves()
    assert ben.hears("left", "people") == []


def test_no_key_takes_nothing_back(chat):
    joined(chat, "eio4", "Ann")
    assert not chat("eio4").ask("join", "Ann", "lobby", "")["ok"]


def test_joining_again_moves_to_the_other_room(chat):
    ann, ben, cleo = joined(chat, "eio4", "Ann"), joined(chat, "old", "Ben"), joined(chat, "eio3", "Cleo", "attic")
    ann.hears()
    assert ben.ask("join", "Benny", "attic")["people"] == [person("Cleo", "eio3"), person("Benny", "old")]
    assert [gone["name"] for gone in ann.hears("left")] == ["Ben"]
    assert [new["name"] for new in cleo.hears("came")] == ["Benny"]
    ben.ask("say", "upstairs")
    assert [line["who"] for line in cleo.hears("line")] == ["Benny"]
    assert ann.hears("line") == []


def test_a_newcomer_reads_the_last_thirty_lines(chat):
    ann = joined(chat, "0.9", "Ann")
    for number in range(35):
        ann.ask("say", f"line {number}")
    history = chat("old").ask("join", "Ben")["history"]
    assert [line["text"] for line in history] == [f"line {number}" for number in range(5, 35)]


def test_a_room_is_forgotten_with_its_last_visitor_but_the_lobby_is_not(chat):
    for room, lines in (("attic", 0), ("lobby", 1)):
        ann = joined(chat, "eio4", "Ann", room)
        ann.ask("say", "hello")
        ann.leaves()
        assert len(chat("eio4").ask("join", "Ben", room)["history"]) == lines


def test_the_list_is_sent_again_when_somebody_changed_the_transport(gate, chat):
    ben = joined(chat, "0.9", "Ben")
    url = "/socket.io/?EIO=4&transport=polling"
    sid = json.loads(gate.get(url).text[1:])["sid"]
    gate.post(f"{url}&sid={sid}", "40")
    gate.get(f"{url}&sid={sid}")
    gate.post(f"{url}&sid={sid}", '42["join","Ann"]')
    assert ben.hears("people") == [[person("Ben", "0.9"), {**person("Ann", "eio4"), "transport": "polling"}]]
    upgrade = gate.get(f"/socket.io/?EIO=4&transport=websocket&sid={sid}", upgrade=True).connection.reader
    upgrade.dataReceived(masked("2probe"))
    gate.get(f"{url}&sid={sid}")
    upgrade.dataReceived(masked("5"))
    upgrade.dataReceived(masked('42["look"]'))
    assert ben.hears("people") == [[person("Ben", "0.9"), person("Ann", "eio4")]]


def test_a_plain_message_is_a_line_too(chat):
    ben, ann = joined(chat, "eio4", "Ben"), joined(chat, "old", "Ann")
    ann.connection.reader.dataReceived(masked("~m~5~m~hello"))
    assert [(line["who"], line["text"]) for line in ben.hears("line")] == [("Ann", "hello")]


BAD_JOINS = [
    ([], "A nickname has 1 to 24 characters."),
    (["   "], "A nickname has 1 to 24 characters."),
    ([None, "lobby"], "A nickname has 1 to 24 characters."),
    ([{"name": "Ann"}], "A nickname has 1 to 24 characters."),
    (["x" * 25], "A nickname has 1 to 24 characters."),
    (["An\u202en"], "A nickname may hold visible characters only."),
    (["An\x00n"], "A nickname may hold visible characters only."),
    (["Ann", "r" * 41], "A room has 1 to 40 characters."),
    (["Ann", "one\ntwo"], "A room may hold visible characters only."),
]


@pytest.mark.parametrize("args, error", BAD_JOINS, ids=range(len(BAD_JOINS)))
def test_names_out_of_bounds_are_refused(chat, args, error):
    assert chat("eio4").ask("join", *args) == {"ok": False, "error": error}


@pytest.mark.parametrize("args", [[], [""], [" \n "], ["x" * 2001], [17], [["x"]], [None]], ids=repr)
def test_texts_out_of_bounds_are_refused(chat, args):
    ann = joined(chat, "eio4", "Ann")
    assert ann.ask("say", *args) == {"ok": False, "error": "A message has 1 to 2000 characters."}
    assert ann.hears("line") == []


def test_arguments_that_nobody_asked_for_are_ignored(chat):
    ann = joined(chat, "eio4", "Ann")
    assert ann.ask("say", "hello", "and", {"more": 1})["ok"]


def test_a_room_named_like_a_session_is_not_that_session(gate, chat):
    ann = joined(chat, "eio4", "Ann")
    (sid,) = gate.io.clients
    joined(chat, "eio4", "Eve", gate.io.clients[sid].id)
    gate.io.to(gate.io.clients[sid].id).emit("line", {"text": "for Ann alone"})
    assert ann.hears("line") == [{"text": "for Ann alone"}]
