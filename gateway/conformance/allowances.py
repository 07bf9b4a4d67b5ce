"""
What a server of all eras may do differently from the server of the time, and nothing else.

Three kinds: of whole answers (:func:`same_status`, :func:`same_header`, :func:`same_code`), of single packets
(:func:`instead`), and of passages in which the specification decided for another version (:data:`RULINGS`).
Each row says where it is allowed by: the README of the recordings, or a page of the specification.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gateway.conformance.recordings import Recording, Step

Steps = list[Step]

# Answers ------------------------------------------------------------------------------


def same_status(recording: Recording, method: str, expected: int, actual: int) -> bool:
    """Whether a status will do."""
    if expected == actual:
        return True
    if method == "OPTIONS":
        return actual in (204, 400, 403)  # rulings §5
    if expected == 500:
        return actual == 400  # rulings §5: unknown methods; README: the second of two polls at once
    return "allowRequest" in recording.options and (expected, actual) == (400, 403)  # rulings §3.10, also before a 101


def same_header(recording: Recording, name: str, expected: str, actual: str) -> bool:
    """Whether a header will do that is not the same."""
    if name == "sec-websocket-extensions":
        return actual.startswith(expected)  # rulings §2.2: without context takeover
    if name == "content-type" and expected == "text/plain; charset=UTF-8":
        return actual == "text/javascript; charset=UTF-8" and recording.transport == "jsonp"  # conformance-app §8
    elsewhere = name in ("set-cookie", "cache-control") or name.startswith("access-control-")
    return recording.older and elsewhere  # README: the recordings of headers test these


def same_body(status: int, expected: bytes, actual: bytes) -> bool:
    """Whether a body will do that is not the same."""
    return status in (404, 413) and not expected and len(actual) < 100  # conformance-app §2: empty or short plain text


def same_code(recording: Recording, expected: int | None, actual: int | None) -> bool:
    """Whether the code of a close frame will do (README: 1000 or none)."""
    return expected == actual or (recording.older and {expected, actual} <= {None, 1000})


# Packets ------------------------------------------------------------------------------

_CREATED = re.compile(r"40(/(?!nsp\Z)[\w-]+)")
_OBJECT = re.compile(r'44(/[\w-]+),\{"message":("Invalid namespace")\}')
_OWN_ID = re.compile(r'(43(/nsp),\d+\[")(\{\{sid\}\}"\])')


def instead(recording: Recording, packet: str) -> Iterator[str]:
    """What may come instead of ``packet``."""
    if recording.server < (1, 1):
        yield _CREATED.sub(r'44\1,"Invalid namespace"', packet)  # README: namespaces that clients create
    if recording.server < (1, 4):
        yield _OWN_ID.sub(r"\1\2#\3", packet)  # spec Engine.IO §3.6: the ids of 2.x
    if recording.eio < 4 and not recording.older:
        yield _OBJECT.sub(r"44\1,\2", packet)  # spec Engine.IO §8.2: text, as 1.x and 2.x had it


# Passages -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ruling:
    """
    A passage that was decided otherwise.

    :ivar files: names of recordings, with wildcards; ``notes``: of their passages.
    :ivar change: (steps of the passage, revision of Engine.IO) -> steps to be replayed.
    """

    files: str
    notes: tuple[str, ...]
    change: Callable[[Steps, int], Steps]
    why: str


def _odd(steps: Steps, eio: int) -> int:
    """Where the packet stands that the passage is about: behind the CONNECT that clients of Engine.IO 4 send."""
    sent = [at for at, step in enumerate(steps) if step["dir"] == "c2s" and step.get("kind") == "ws"]
    return sent[1 if eio == 4 else 0]


def closes(steps: Steps, eio: int) -> Steps:
    """The server closes the WebSocket when it sees the odd packet."""
    odd = _odd(steps, eio)
    name = steps[odd]["id"]
    said = [step for step in steps[odd + 1 :] if step["dir"] == "c2s" and step["kind"] == "ws" and step["op"] != "close"]
    close = {"kind": "ws", "id": name, "op": "close"}
    return [*steps[: odd + 1], *said, {"dir": "s2c", **close}, {"dir": "c2s", **close}, _end(name)]


def ignores(steps: Steps, eio: int) -> Steps:
    """The odd packet has no effect; an echo that is asked for behind it comes."""
    odd = _odd(steps, eio)
    name = steps[odd]["id"]
    echoes = [step for step in steps[odd + 1 :] if step["dir"] == "c2s" and "text" in step]
    answered = [part for step in echoes for part in (step, {**step, "dir": "s2c"})]
    return [*steps[: odd + 1], *answered, _end(name)]


def times_out(steps: Steps, eio: int) -> Steps:
    """The WebSocket that does not go on is closed."""
    name = next(step["id"] for step in steps if step["kind"] == "ws-open")
    close = {"kind": "ws", "id": name, "op": "close"}
    return [*steps, {"dir": "s2c", **close}, {"dir": "c2s", **close}, _end(name)]


def _end(name: str) -> Step:
    return {"dir": "c2s", "kind": "ws-end", "id": name}


def refused(steps: Steps, eio: int) -> Steps:
    """Before the 101, where the server of the time wrote its refusal behind it."""
    raw = next(step for step in steps if step["kind"] == "tcp-raw")
    text = raw["text"].rpartition("\r\n\r\n")[2]
    return [steps[0], {"dir": "s2c", "kind": "ws-reject", "id": raw["id"], "status": 400, "text": text}]


def too_big(steps: Steps, eio: int) -> Steps:
    """The WebSocket is closed for the size of the message."""
    changed = closes(steps, eio)
    return [{**step, "code": 1009} if step["dir"] == "s2c" and step.get("op") == "close" else step for step in changed]


def survives(steps: Steps, eio: int) -> Steps:
    """The session lives on: its next poll, which the server of the time refused, is not made; a dropped request is 413."""
    answered = [{**step, "kind": "http", "status": 413} if step["kind"] == "http-abort" else step for step in steps]
    return answered[:-2]


def bad_callback(steps: Steps, eio: int) -> Steps:
    """A JSONP callback that is no number is refused."""
    body = '{"code":3,"message":"Bad request"}'
    answer = {"dir": "s2c", "kind": "http", "id": steps[-1]["id"], "status": 400, "text": body}
    return [*steps[:-1], answer]


def its_own(steps: Steps, eio: int) -> Steps:
    """A client of Engine.IO 4 is answered in Engine.IO 4, which the server did not know."""
    packet = '0{"sid":"{{sid}}","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
    return [steps[0], {**steps[1], "text": packet}, *steps[2:]]


SPEC_3_7 = "spec Engine.IO §3.7 recommends what 4.8.4 does for every era"
OWN_ERA = "spec Engine.IO §2.9: the servers of 1.x and 2.x, whose clients these are, ignore it"

RULINGS = (
    Ruling(
        "errors-1.7.4-sio-packets",
        (
            "second CONNECT for the same namespace", "unknown packet type", "empty message packet", "bad JSON",
            "payload is not an array", "empty array", "event name is null", "ack without array", "DISCONNECT with payload",
            "binary event without attachments count", "binary event with 0 attachments", "binary event with negative count",
            "11 attachments", "text while an attachment is expected", "binary without a header", "placeholder index out of range",
        ),
        closes,
        f"README; {SPEC_3_7}",
    ),
    Ruling("errors-2.5.1-sio-packets", ("second CONNECT for the same namespace", "unknown packet type"), closes, SPEC_3_7),
    Ruling("errors-[12].*-sio-packets", ("ERROR packet from the client", "event name is an object"), closes, SPEC_3_7),
    Ruling(
        "errors-[12].*-sio-packets",
        tuple(f"reserved event name {name}" for name in ("connect", "disconnect", "disconnecting", "newListener")),
        closes,
        "rulings §1.7",
    ),
    Ruling("errors-*-sio-packets", ("huge ack id",), closes, "spec Engine.IO §3.1: ids above 2^53 are refused"),
    Ruling("errors-*-sio-packets", ("no payload",), closes, "conformance-app §7: an event that is no list"),
    Ruling("errors-4.8.4-allowEIO3-sio-packets", ("event for a namespace not joined",), ignores, "spec Engine.IO §3.7"),
    Ruling("errors-4.8.4-allowEIO3-websocket", ("pong from the client",), ignores, OWN_ERA),
    Ruling("errors-4.8.4-allowEIO3-payload", ("pong from the client (wrong direction)",), survives, OWN_ERA),
    Ruling("errors-[12].*-payload", ("body over maxHttpBufferSize (100)",), survives, "rulings §3.4; README: 413"),
    Ruling(
        "errors-1.0.6-upgrade",
        ("probe answered, then no upgrade packet within upgradeTimeout (200 ms): only the websocket is closed",),
        times_out,
        "spec Engine.IO §2.8: all but the oldest close it",
    ),
    Ruling("errors-1.0.6-websocket", ("message over maxHttpBufferSize (100)",), too_big, "conformance-app §7"),
    Ruling("http-4.8.4-path", ("",), bad_callback, "conformance-app §8: a callback is a number"),
    Ruling("cross-4.8.4-on-2.5.1", ("",), its_own, "spec Engine.IO §1.2: a revision is answered in itself"),
    Ruling("cross-2.5.0-on-4.8.4-refused-websocket", ("",), refused, "spec Engine.IO §2.7: not to be copied"),
)  # fmt: skip


def steps_of(recording: Recording) -> Steps:
    """The steps, with those passages changed that were decided otherwise."""
    steps: Steps = []
    for note, passage in _passages(recording.steps):
        for ruling in RULINGS:
            if note in ruling.notes and fnmatchcase(recording.name, ruling.files):
                passage = ruling.change(passage, recording.eio)
        steps += [{"dir": "note", "note": note}, *passage]
    return steps


def _passages(steps: Steps) -> Iterator[tuple[str, Steps]]:
    note, passage = "", list[Step]()
    for step in steps:
        if step["dir"] != "note":
            passage.append(step)
            continue
        if passage:
            yield note, passage
        note, passage = step["note"], []
    yield note, passage
