"""
A chat in which clients of every Socket.IO era share a room.

    twistd -n socketio --listen tcp:8080 --app examples.chat:make
    python examples/chat.py [tcp:8080]

What travels, for every era alike (0.3 to 0.6 carry the same events in JSON messages):

    join   "Ann", "lobby", "<key>", "<page>"  ->  {"ok": true, "name": "Ann", "room": "lobby", "people": [...], "history": [...]}
    say    "hello"                  ->  {"ok": true, "id": 12}              refusals: {"ok": false, "error": "..."}
    look                            ->  (asks to compare the list of people with what they use now)
    line   <-  {"id": 12, "who": "Ann", "text": "hello", "era": "0.9", "transport": "xhr-polling", "time": 1300000000000}
    came, left  <-  {"name": "Ann", "era": "0.9", "transport": "xhr-polling", "time": 1300000000000}
    people      <-  [{"name": "Ann", "era": "0.9", "transport": "xhr-polling"}, ...]
    replaced    <-  "<page>"  (which took the nickname over, with the same key: a page after its reload, or a second tab)
"""

from __future__ import annotations

import sys
import time
import unicodedata
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

if not __package__:  # started as a file: imports are looked up beside this folder, not in it
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.logger import Logger, globalLogBeginner, textFileLogObserver

from examples.chat_page import MODULES, installed, page
from gateway import Listener, Socket
from gateway.front import Front

LOBBY = "lobby"
MAX_NAME, MAX_ROOM, MAX_TEXT, MAX_KEY, HISTORY = 24, 40, 2000, 64, 30

Answer = dict[str, Any]


class RefusedError(ValueError):
    """A visitor asked for something that can't be done; the text is meant for them."""


@dataclass(eq=False, slots=True)
class Person:
    """Somebody in a room.

    :ivar key: what their page made up for itself: whoever shows it again may have the nickname back.
    """

    socket: Socket
    name: str
    room: Room
    key: str = ""

    def card(self) -> dict[str, str]:
        """Tell who this is and by what they are connected at this moment."""
        client = self.socket.client
        return {"name": self.name, "era": client.era, "transport": client.transport_name}


@dataclass(eq=False, slots=True)
class Room:
    """People who hear each other.

    :ivar people: by folded nickname, in order of arrival.
    :ivar shown: the list of people as it was last told to the room.
    """

    name: str
    people: dict[str, Person] = field(default_factory=dict)
    history: deque[Answer] = field(default_factory=lambda: deque(maxlen=HISTORY))
    shown: list[dict[str, str]] = field(default_factory=list)

    @property
    def channel(self) -> str:
        """The gateway's room; the prefix keeps visitors out of the rooms that are named like a socket's id."""
        return f"chat:{self.name}"

    def cards(self) -> list[dict[str, str]]:
        """List everybody in the room."""
        return [person.card() for person in self.people.values()]


class Chat:
    """
    The application: handlers on a Listener, and who sits where.

    :param clock: seconds since 1970.
    """

    log = Logger()

    def __init__(self, io: Listener, clock: Callable[[], float] = time.time) -> None:
        self._io = io
        self._clock = clock
        self._ids = count(1)
        self._rooms: dict[str, Room] = {}
        self._seats: dict[Socket, Person] = {}
        io.on("join", self.join)
        io.on("say", self.say, serial=True)
        io.on("message", self.say, serial=True)  # a client that knows only send() can speak too
        io.on("look", self.look)
        io.on("disconnect", self.gone)

    async def join(self, socket: Socket, *args: Any) -> Answer:
        """Event ``join(nickname, room, key, page)``: take a seat, or change it."""
        try:
            name = _label(_text(args, 0), "nickname", MAX_NAME)
            room = self._room(_label(_text(args, 1) or LOBBY, "room", MAX_ROOM))
            person = Person(socket, name, room, _text(args, 2)[:MAX_KEY])
            holder = self._holder(person)
        except RefusedError as refusal:
            return {"ok": False, "error": str(refusal)}
        if holder:
            self._vacate(holder)
            holder.socket.emit("replaced", _text(args, 3)[:MAX_KEY])
        self._sit(person, quietly=holder is not None)
        await socket.set("nickname", name)
        return {"ok": True, "name": name, "room": room.name, "people": room.cards(), "history": list(room.history)}

    async def say(self, socket: Socket, *args: Any) -> Answer:
        """Event ``say(text)``: one line to everybody in the room, the speaker included."""
        text = _text(args, 0)
        name = await socket.get("nickname")
        person = self._seats.get(socket)
        if person is None or name is None:
            return {"ok": False, "error": "Join a room first."}
        if not 0 < len(text.strip()) <= len(text) <= MAX_TEXT:
            return {"ok": False, "error": f"A message has 1 to {MAX_TEXT} characters."}
        line = {"id": next(self._ids), "who": name, "text": text, **self._mark(person)}
        person.room.history.append(line)
        self._to(person.room).emit("line", line)
        self._show(person.room)
        return {"ok": True, "id": line["id"]}

    def look(self, socket: Socket, *_: Any) -> None:
        """Event ``look``: a client has changed its transport, so the list may be out of date."""
        if person := self._seats.get(socket):
            self._show(person.room)

    def gone(self, socket: Socket, *_: Any) -> None:
        """A connection ended, for whatever reason."""
        if person := self._seats.get(socket):
            self._leave(person)

    def _holder(self, person: Person) -> Person | None:
        """Who has that nickname in that room already and may be asked to give it back."""
        holder = person.room.people.get(_folded(person.name))
        if holder is None or holder.socket is person.socket:
            return None
        if not person.key or person.key != holder.key:
            raise RefusedError(f"The nickname {holder.name} is taken in this room.")
        return holder

    def _sit(self, person: Person, quietly: bool) -> None:
        if before := self._seats.get(person.socket):
            self._leave(before)
        self._rooms[person.room.name] = person.room
        person.room.people[_folded(person.name)] = person
        self._seats[person.socket] = person
        person.socket.join(person.room.channel)
        if not quietly:
            self._announce("came", person)
        self._show(person.room)

    def _leave(self, person: Person) -> None:
        self._vacate(person)
        self._announce("left", person)
        self._show(person.room)
        if not person.room.people and person.room.name != LOBBY:
            self._rooms.pop(person.room.name, None)

    def _vacate(self, person: Person) -> None:
        del self._seats[person.socket]
        del person.room.people[_folded(person.name)]
        person.socket.leave(person.room.channel)

    def _announce(self, event: str, person: Person) -> None:
        """Tell the room (but for the person) and the log who came or left."""
        mark = self._mark(person)
        room = person.room
        person.socket.broadcast.to(room.channel).emit(event, {"name": person.name, **mark})
        self.log.info(
            "{name} {event}: {era} over {transport}; {count} in {room}",
            name=person.name, event=event, room=room.name, count=len(room.people), **mark,
        )  # fmt: skip

    def _show(self, room: Room) -> None:
        """Send the list of people when it is not the one the room knows."""
        cards = room.cards()
        if cards != room.shown:
            room.shown = cards
            self._to(room).emit("people", cards)

    def _room(self, name: str) -> Room:
        return self._rooms.get(name) or Room(name)

    def _to(self, room: Room) -> Any:
        return self._io.to(room.channel)

    def _mark(self, person: Person) -> Answer:
        """By what they are connected at this moment, in milliseconds since 1970."""
        client = person.socket.client
        return {"era": client.era, "transport": client.transport_name, "time": int(self._clock() * 1000)}


def _text(args: tuple[Any, ...], index: int) -> str:
    """Argument number ``index`` if there is one and it is text, else ""."""
    value = args[index] if index < len(args) else ""
    return value if isinstance(value, str) else ""


def _label(text: str, what: str, limit: int) -> str:
    """A name fit to be shown: trimmed, of bounded length, without invisible or direction-changing characters.

    :raises RefusedError: when it is not.
    """
    label = unicodedata.normalize("NFC", text[: 4 * limit]).strip()
    if not 0 < len(label) <= limit:
        raise RefusedError(f"A {what} has 1 to {limit} characters.")
    if not label.isprintable():
        raise RefusedError(f"A {what} may hold visible characters only.")
    return label


def _folded(name: str) -> str:
    """What two nicknames have in common that people would confuse."""
    return unicodedata.normalize("NFKC", name).casefold()


def make() -> Front:
    """What twistd's ``--app`` calls: the chat at /socket.io, and everything else is the page."""
    io = Listener(path="/socket.io", serve_client=str(MODULES) if installed(MODULES) else None)
    Chat(io)
    front: Front = io.factory(page())
    return front


async def serve(reactor: Any, endpoint: str = "tcp:8080", *_: str) -> None:
    """Listen until the process is told to stop, then send every client off in its own era's way."""
    front = make()
    await front.listen(endpoint)
    reactor.addSystemEventTrigger("before", "shutdown", lambda: Deferred.fromCoroutine(front.close()))
    Chat.log.info("The chat is open on {endpoint}; stop it with Ctrl-C.", endpoint=endpoint)
    await Deferred()


def main() -> None:
    """``python examples/chat.py [endpoint]``: the same without twistd."""
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stdout)])
    react(lambda reactor, *arguments: Deferred.fromCoroutine(serve(reactor, *arguments)), sys.argv[1:])


if __name__ == "__main__":
    main()
