"""
The eras as one kind of object each, and which of them a request belongs to.

The only module that knows the sessions, doors and wires of all eras; everybody else asks the object.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.drafts import Draft, draft_of, rfc6455_only, socket_form
from gateway.errors import OptionError
from gateway.options import ERAS, ListenerOptions
from gateway.speedups import enable_msgpack
from legacy import flash, v06, v06_door, v09, v09_door
from legacy.v06_auto import GreetingMemory
from protocols import engineio, engineio_door
from protocols.engineio_door import BAD_REQUEST, FORBIDDEN
from protocols.jsontext import check
from protocols.model import RESERVED_NAMES, Answer, AnyWire, Drop, Find, PollWire, Session, Settings, SocketWire, Step

REFUSALS = engineio_door.MESSAGES
"""What Engine.IO says to each kind of refusal, by its number; :data:`BAD_REQUEST` and :data:`FORBIDDEN` are two of them."""

engine_message = engineio.message


@dataclass(frozen=True, eq=False, slots=True)
class Era:
    """
    One era.

    :ivar door: (request, segments of the path below the mount, settings, find) -> what is asked for.
    :ivar open_session: (id, settings, now, request, memory of greetings) -> a new session.
    :ivar refusal: (request, kind, message) -> the answer to a client that is turned away; kinds are "origin",
        "unauthorized", "error" (the application failed to decide) and "failed" (so did its middleware).
    :ivar draft: the draft of WebSocket that a request speaks.
    :ivar reframed: (request, new session, "text" or "binary") -> how to answer its poll, None when it knows one way only;
        where an era has no such choice, None itself.
    :ivar counted: (new session, its wire) -> the wire for a client that wants acknowledgements to count their attachments.
    """

    name: str
    door: Callable[[Any, list[str], Settings, Find], Step]
    open_session: Callable[[str, Settings, float, Any, GreetingMemory], Session]
    refusal: Callable[[Any, str, str], Answer | Drop]
    draft: Callable[[Any], Draft]
    reframed: Callable[[Any, Any, str], PollWire | SocketWire | None] | None = None
    counted: Callable[[Any, Any], AnyWire] | None = None


def _engine_door(request: Any, segments: list[str], settings: Settings, find: Find) -> Step:
    return engineio_door.door(request, settings, find)


def _open_engine(id: str, settings: Settings, now: float, request: Any, memory: GreetingMemory) -> Session:
    return engineio_door.open_session(id, settings, now, request)


def _open_09(id: str, settings: Settings, now: float, request: Any, memory: GreetingMemory) -> Session:
    return v09.open_session(id, settings, now, request)


def _open_old(id: str, settings: Settings, now: float, request: Any, memory: GreetingMemory) -> Session:
    address = request.address
    shared = request.forwarded is not None or not request.port  # a proxy's connections carry everybody
    peer = (address,) if shared else (f"{address} {request.port}", address)
    return v06.open_session(id, settings, now, request, memory, peer)


def _open_bare(id: str, settings: Settings, now: float, request: Any, memory: GreetingMemory) -> Session:
    return engineio_door.open_session(id, settings, now, request, bare=True)


def _engine_refusal(request: Any, kind: str, message: str) -> Answer:
    code = BAD_REQUEST if kind == "failed" else FORBIDDEN
    return engineio_door.refusal(code, request, "", message).answer


def _kind09(kind: str) -> str:
    return "error" if kind == "failed" else kind


ENGINE = Era(
    "engine.io", _engine_door, _open_engine, _engine_refusal, rfc6455_only, engineio_door.reframed, engineio_door.counted
)
BARE = Era("engine.io", _engine_door, _open_bare, _engine_refusal, rfc6455_only, engineio_door.reframed)
ERA_09 = Era("0.9", v09_door.door, _open_09, lambda request, kind, _: v09_door.refusal(request, _kind09(kind)), draft_of)
OLD = Era("old", v06_door.door, _open_old, lambda request, kind, _: v06_door.refusal(request, kind), draft_of)

_OLD_TRANSPORTS = frozenset(v06_door.TRANSPORTS)


def era_of(segments: list[str], request: Any) -> Era | None:
    """
    The era whose door a request goes through; None: it is nobody's, the fallback may have it.

    :param segments: the path below the mount, split at slashes.
    """
    first = segments[0]
    if first.isascii() and first.isdigit():
        return ERA_09
    query = request.raw_query
    if "EIO=" in query or "transport=" in query:
        return ENGINE
    if first in _OLD_TRANSPORTS:
        return OLD
    return None


def _with_transports(options: ListenerOptions, name: str, defaults: Mapping[str, float]) -> dict[str, float]:
    """The times of option ``name`` by era, and by transport (``old:xhr-polling``) where ``transport_options`` has one."""
    times = {era: options.seconds(name, era, default) for era, default in defaults.items()}
    for transport, table in options.transport_options.items():
        if name in table:
            times |= {f"{era}:{transport}": table[name] for era in defaults}
    return times


def _agree(settings: Settings) -> None:
    """
    Heartbeats of 0.7 to 0.9 must come before the times are over that the handshake announces.

    :raises OptionError: naming the options.
    """
    interval = settings.heartbeat_interval["0.9"]
    for name in ("heartbeat_timeout", "close_timeout"):
        if "0.9" in settings.eras and interval > getattr(settings, name)["0.9"]:
            raise OptionError(
                f"options heartbeat_interval and {name} contradict each other: clients of 0.7 to 0.9 that hear nothing for "
                f"{name} ({getattr(settings, name)['0.9']:g} s) go, and are asked every {interval:g} s only"
            )


def settings_of(options: ListenerOptions) -> Settings:
    """What sessions and doors need of the options; times that depend on others are derived here (seconds)."""
    if options.parser == "msgpack":
        enable_msgpack()
    interval, timeout = options.ping_interval, options.ping_timeout
    beats = {"old": min(interval, 10.0), "0.9": interval}
    waits = {"old": timeout, "0.9": interval + timeout}
    waits["0.9"] = options.seconds("heartbeat_timeout", "0.9", waits["0.9"])
    closes = {"old": 8.0, "0.9": waits["0.9"]}
    own = partial(_with_transports, options)
    settings = Settings(
        eras=frozenset(options.eras),
        transports={era: options.transports_of(era) if era in options.eras else () for era in ERAS},
        assume_eio=options.assume_eio,
        ping_interval=interval,
        ping_timeout=timeout,
        upgrade_timeout=options.upgrade_timeout,
        connect_timeout=options.connect_timeout,
        heartbeat_interval=own("heartbeat_interval", beats),
        heartbeat_timeout=own("heartbeat_timeout", waits),
        close_timeout=own("close_timeout", closes),
        poll_duration=own("poll_duration", dict.fromkeys(beats, 20.0)),
        max_payload=options.max_payload,
        max_attachments=options.max_attachments,
        old_payload=options.old_payload,
        old_events=options.old_events,
        ignored=RESERVED_NAMES.union(options.blacklist),
        parser=options.parser,
    )
    _agree(settings)
    return settings


def tick_of(settings: Settings) -> float:
    """Seconds between two looks at the deadlines: a tenth of the shortest time there is, 10 ms to 0.5 s."""
    tables = (settings.heartbeat_interval, settings.heartbeat_timeout, settings.close_timeout, settings.poll_duration)
    times = [settings.ping_interval, settings.ping_timeout, *(time for table in tables for time in table.values() if time)]
    return min(0.5, max(0.01, min(times) / 10))


def flash_policy(given: Iterable[Any] | None, origins: Iterable[str] | None, ports: list[int]) -> bytes:
    """
    The Flash policy: what the option says, else the hosts of the listed origins, else every domain; our own ports only.

    The Origin check of the opening decides all the same (it is made for flashsocket as for everything).
    """
    if given is not None:
        return flash.policy(given)
    domains = [origin.split("://")[-1].split(":")[0].split("/")[0] for origin in origins or ()]
    return flash.policy([(domain, ports) for domain in domains or [flash.ANY]] if ports else [])


__all__ = [
    "BAD_REQUEST",
    "BARE",
    "ENGINE",
    "ERA_09",
    "FORBIDDEN",
    "OLD",
    "REFUSALS",
    "Draft",
    "Era",
    "GreetingMemory",
    "check",
    "engine_message",
    "era_of",
    "flash_policy",
    "settings_of",
    "socket_form",
    "tick_of",
]
