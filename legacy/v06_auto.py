r"""
One mount for 0.3 to 0.6: finding out whether a peer speaks frames or the envelope.

    to a new socket or stream    ~m~20~m~VdV1pK0iUtxqHnRYyVzb
                                 {"messages":["{\"sessionid\":\"VdV1pK0iUtxqHnRYyVzb\"}"]}
    from it                      ~m~2~m~hi   (0.5, 0.6)      or      ["hi"]   (0.3, 0.4)

Nothing in a request tells, and the server has to speak first. Sockets and streams are
told everything twice, each client passing over what it cannot read (tried with the
code of clients 0.2.4 and 0.6.3), until the peer has said something. A poll has room for one greeting only: a peer that finds no
session id in it comes back at once without one, which :class:`GreetingMemory` notices.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from legacy.v06_envelope import encode_envelope, split_envelope
from legacy.v06_frames import encode, split_frames
from legacy.v06_wires import ENVELOPE as ENVELOPE_WIRES
from legacy.v06_wires import FRAMES as FRAMES_WIRES
from legacy.v06_wires import form_text, html_envelope_as_text
from protocols.model import Answer, AnyWire, Control, Outgoing, PollWire, RequestView, SocketWire, StreamWire, Unit

FRAMES, ENVELOPE = "frames", "envelope"
"""The two generations: ``~m~`` frames (0.5, 0.6) and the JSON envelope (0.3, 0.4)."""

_FRAMES_MARK, _ENVELOPE_MARK = "f", "e"

_HTML: Any = ENVELOPE_WIRES["htmlfile"]
_HARMLESS_WIRES: dict[str, Any] = {**ENVELOPE_WIRES, "htmlfile": replace(_HTML, pack=html_envelope_as_text)}
"""The envelope in forms that clients of 0.5 and 0.6 pass over."""


def encode_both(message: Outgoing | Control) -> list[Unit]:
    """Say ``message`` in both grammars; a first letter tells which unit is which."""
    frames = [f"{_FRAMES_MARK}{unit}" for unit in message.to(encode)]
    return [*frames, *(f"{_ENVELOPE_MARK}{unit}" for unit in message.to(encode_envelope))]


class Tongue:
    """
    What one peer was found to speak, and the wire functions that go by it.

    :ivar generation: :data:`FRAMES`, :data:`ENVELOPE`, or None while both are possible.
    """

    __slots__ = ("_envelope", "_frames", "generation")

    def __init__(self, name: str, generation: str | None = None) -> None:
        self._frames: Any = FRAMES_WIRES[name]
        self._envelope: Any = _HARMLESS_WIRES[name]
        self.generation = generation

    def hear(self, text: str) -> list[Unit]:
        """Take the units out of a payload of either kind, and remember which kind it was."""
        if text.startswith("~m~"):
            self.generation = FRAMES
        elif text.startswith("["):
            self.generation = ENVELOPE
        return split_envelope(text) if self.generation == ENVELOPE else split_frames(text)

    def uncarry(self, message: Unit) -> list[Unit]:
        return self.hear(message) if isinstance(message, str) else [message]

    def read(self, request: RequestView, limit: int) -> list[Unit]:
        return self.hear(form_text(request, limit))

    def settled(self) -> Any:
        """The wire of every session that speaks like this one; None while that is not known."""
        if self.generation is None:
            return None
        return self._frames if self.generation == FRAMES else self._envelope

    def carry(self, units: list[Unit]) -> list[Unit]:
        frames, envelope = self._sort(units)
        return [*self._frames.carry(frames), *self._envelope.carry(envelope)]

    def pack(self, units: list[Unit]) -> bytes:
        frames, envelope = self._sort(units)
        return b"".join((self._frames.pack(frames), self._envelope.pack(envelope)))

    def answer(self, units: list[Unit], request: RequestView) -> Answer:
        frames, envelope = self._sort(units)
        if self.generation == ENVELOPE:
            return self._envelope.answer(envelope, request)  # type: ignore[no-any-return]
        return self._frames.answer(frames, request)  # type: ignore[no-any-return]

    def _sort(self, units: list[Any]) -> tuple[list[Unit], list[Unit]]:
        generation = self.generation
        frames = [] if generation == ENVELOPE else [unit[1:] for unit in units if unit[0] == _FRAMES_MARK]
        return frames, [] if generation == FRAMES else [unit[1:] for unit in units if unit[0] == _ENVELOPE_MARK]


# Wires that learn: made anew for every session ----------------------------------------------


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class LearningPoll(PollWire):
    """A poll whose session has not chosen a generation before it is attached."""

    tongue: Tongue


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class LearningStream(StreamWire):
    """A stream that says everything twice until the peer has spoken."""

    tongue: Tongue


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class LearningSocket(SocketWire):
    """A WebSocket that says everything twice until the peer has spoken."""

    tongue: Tongue


_UNSETTLED = {name: SocketWire(name, encode_both, Tongue(name).carry) for name in ("websocket", "flashsocket")}
"""How all speak to peers that have not said anything yet."""


def wire_for(name: str, old_payload: str) -> AnyWire:
    """
    Return the wire on which a new session of transport ``name`` begins.

    :param old_payload: the listener's option: "frames", "envelope" or "auto".
    """
    frames, envelope = FRAMES_WIRES[name], ENVELOPE_WIRES[name]
    if old_payload == ENVELOPE:
        return envelope
    if old_payload == FRAMES or envelope is frames:
        return frames
    return _learning(frames, Tongue(name))


def _learning(base: AnyWire, tongue: Tongue) -> AnyWire:
    if isinstance(base, PollWire):
        return LearningPoll(base.name, encode_both, tongue.answer, tongue.read, base.posted, silent_end=True, tongue=tongue)
    if isinstance(base, SocketWire):
        unsettled = _UNSETTLED[base.name]
        return LearningSocket(
            base.name, encode_both, tongue.carry, tongue.uncarry, settled=tongue.settled, unsettled=unsettled, tongue=tongue
        )
    return LearningStream(base.name, encode_both, base.head, tongue.pack, tongue.read, base.posted, base.chunked, tongue=tongue)


_SURE_OF_FRAMES = Tongue("xhr-polling", FRAMES)
_SURE_OF_ENVELOPE = Tongue("xhr-polling", ENVELOPE)


def tongue_of(wire: AnyWire) -> Tongue:
    """Return what is known of the peer behind ``wire``."""
    if isinstance(wire, LearningPoll | LearningStream | LearningSocket):
        return wire.tongue
    return _SURE_OF_ENVELOPE if wire.encode is encode_envelope else _SURE_OF_FRAMES


# Polls: one guess, and what became of it ---------------------------------------------------------

_OTHER = {FRAMES: ENVELOPE, ENVELOPE: FRAMES}

Peer = tuple[str, ...]
"""What a peer is known by, the surest first: its TCP connection, where nobody shares it, and its address."""


@dataclass(slots=True)
class _Greeting:
    """
    What one connection or address was greeted with.

    :ivar generation: the one that was understood last, or was tried first.
    :ivar tried: how many greetings there were since then.
    """

    generation: str
    at: float
    tried: int = 0

    def next(self) -> str:
        """
        Say which generation is to be tried next, in the order of Thue and Morse: f e e f e f f e.

        Peers that take turns all get both, whoever begins: in that order no steps of equal length stay on one letter for long.
        """
        return _OTHER[self.generation] if self.tried.bit_count() & 1 else self.generation


@dataclass(slots=True)
class GreetingMemory:
    """
    How the polling peers of a listener were greeted: keep one, and hand it to every session.

    A peer that asks again on the connection of its last greeting gets the other one at once, whoever else
    is behind its address.

    :ivar at_once: seconds within which a peer that could not read its greeting is back.
    :ivar size: most connections and addresses that are kept; the oldest goes first.
    """

    at_once: float = 5.0
    size: int = 20_000
    _known: dict[str, _Greeting] = field(default_factory=dict)

    def choose(self, peer: Peer, now: float) -> str:
        """Say how to greet a new session of ``peer``: the other way if it was not understood just now."""
        known = [self._lately(key, now) for key in peer]
        surest = next((one for one in known if one is not None), None)
        generation = FRAMES if surest is None else surest.next()
        for key, one in zip(peer, known, strict=True):
            self._note(key, _Greeting(generation, now, 1) if one is None else replace(one, at=now, tried=one.tried + 1))
        return generation

    def _lately(self, key: str, now: float) -> _Greeting | None:
        """Return what is known of ``key``, without greetings that are too old to say anything."""
        known = self._known.get(key)
        if known is not None and now - known.at > self.at_once:
            known.tried = 0
        return known

    def confirm(self, peer: Peer, generation: str, now: float) -> None:
        """Note that a session of ``peer`` came back with its id: it had been greeted rightly."""
        for key in peer:
            self._note(key, _Greeting(generation, now))

    def _note(self, key: str, greeting: _Greeting) -> None:
        self._known.pop(key, None)
        self._known[key] = greeting
        if len(self._known) > self.size:
            del self._known[next(iter(self._known))]
