"""Sessions of 0.7 to 0.9 in the states that tests begin with, and their happenings as plain values."""

from legacy.v09 import Session09
from legacy.v09_wires import WIRES
from protocols.model import Ack, Control, Dropped, Event, Settings

POLL, JSONP, PAGE, SOCKET = (WIRES[name] for name in ("xhr-polling", "jsonp-polling", "htmlfile", "websocket"))


def settings(beat=25.0, timeout=45.0, close=45.0, poll=20.0):
    return Settings(
        heartbeat_interval={"0.9": beat},
        heartbeat_timeout={"0.9": timeout},
        close_timeout={"0.9": close},
        poll_duration={"0.9": poll},
    )


def fresh(**times):
    session = Session09("sid", settings(**times), 0.0, "token=x")
    assert session.open(0.0) == []
    return session


def connected(wire=SOCKET, **times):
    """A session whose client is in ``/`` and ``/chat``."""
    session = fresh(**times)
    session.attached(wire, 0.0)
    session.accepted("/", "sid")
    session.receive("1::/chat", 0.0)
    session.accepted("/chat", "sid")
    return session


def told(happenings):
    """Happenings as plain values, which compare."""
    return [plain(happening) for happening in happenings]


def plain(happening):
    if isinstance(happening, Control):
        return happening.units
    if isinstance(happening, Event):
        return ("event", happening.namespace, happening.name, happening.args, happening.ack_id)
    if isinstance(happening, Ack):
        return ("ack", happening.namespace, happening.id, happening.args)
    return type(happening) if isinstance(happening, Dropped) else happening
