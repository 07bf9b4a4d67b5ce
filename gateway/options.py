"""The options of a Listener: one table for keyword arguments, command line flags and the TOML file."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from gateway import clientfiles, cookies, proxies
from gateway.errors import OptionError
from gateway.overrides import imposed
from gateway.stores import store_of

ERAS = ("old", "0.9", "eio3", "eio4")

TRANSPORTS: dict[str, tuple[str, ...]] = {
    "old": ("websocket", "flashsocket", "htmlfile", "xhr-multipart", "xhr-polling", "jsonp-polling", "server-events"),
    "0.9": ("websocket", "flashsocket", "htmlfile", "xhr-polling", "jsonp-polling"),
    "eio3": ("polling", "websocket"),
    "eio4": ("polling", "websocket"),
}
"""Every transport of each era, by the era's own names."""

TRANSPORT_TIMES = ("close_timeout", "heartbeat_interval", "heartbeat_timeout", "poll_duration")
"""What ``transport_options`` may hold."""

PARSERS = ("json", "msgpack")
"""How packets of 1.x to 4.x can be spelled."""

COMPRESSIONS = ("websocket", "http")
"""What can be compressed."""

Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Option:
    """
    One option.

    :ivar test: whether a value is acceptable; ``wants`` says in words what is.
    :ivar parse: turns the text of a flag into the value; None for options that no flag can give.
    """

    name: str
    default: Any
    wants: str
    test: Test
    parse: Callable[[str], Any] | None
    help: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _positive(value: Any) -> bool:
    return _is_number(value) and 0 < value < float("inf")


def _not_negative(value: Any) -> bool:
    return _is_number(value) and 0 <= value < float("inf")


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and all(isinstance(item, str) for item in value)


def _number_by_era(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(era in ERAS and _positive(number) for era, number in value.items())
    return value is None or _positive(value)


def _transports(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(era in ERAS and _texts(names) and set(names) <= set(TRANSPORTS[era]) for era, names in value.items())
    known = {name for names in TRANSPORTS.values() for name in names}
    return value is None or (_texts(value) and set(value) <= known)


def _transport_options(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        name in TRANSPORTS["old"] and isinstance(table, Mapping) and all(map(_transport_time, table, table.values()))
        for name, table in value.items()
    )


def _transport_time(name: Any, value: Any) -> bool:
    return _not_negative(value) if name == "close_timeout" else name in TRANSPORT_TIMES and _positive(value)


def _origins(value: Any) -> bool:
    return value is None or callable(value) or isinstance(value, str) or _texts(value)


def _compression(value: Any) -> bool:
    return value is False or (_texts(value) and set(value) <= set(COMPRESSIONS))


def _split(text: str) -> Any:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _number(text: str) -> float:
    return float(text) if "." in text or "e" in text else int(text)


def _bool(text: str) -> bool:
    known = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
    if text.lower() not in known:
        raise ValueError(f"yes or no, not {text!r}")
    return known[text.lower()]


def _origins_of(text: str) -> Any:
    return "*" if text == "*" else _split(text)


def _compressions(text: str) -> Any:
    return False if text == "no" else _split(text)


def _eio(text: str) -> int | None:
    return None if text == "none" else int(text)


def _seconds(name: str, default: float, help: str, test: Test = _positive) -> Option:
    return Option(name, default, "a number of seconds", test, _number, help)


def _size(name: str, default: int, help: str) -> Option:
    return Option(name, default, "a whole number above 0", _count, int, help)


def _one_of(name: str, default: str, values: tuple[str, ...], help: str) -> Option:
    return Option(name, default, f"{', '.join(values[:-1])} or {values[-1]}", lambda value: value in values, str, help)


def _seconds_or_none(value: Any) -> bool:
    return value is None or _positive(value)


def _optional_function(value: Any) -> bool:
    return value is None or callable(value)


def _by_era(name: str, help: str) -> Option:
    return Option(name, None, "a number of seconds, or {era: seconds}", _number_by_era, _number, help)


def _is_store(value: Any) -> bool:
    methods = ("set", "get", "has", "delete", "all", "clear", "end")
    return value is None or (not isinstance(value, type) and all(callable(getattr(value, name, None)) for name in methods))


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/") and not value.endswith("/") and len(value) > 1 and "?" not in value


_TABLE = (
    Option("path", "/socket.io", "a path that begins with a slash and does not end in one", _is_path, str, "mount of every era"),
    Option(
        "eras",
        ERAS,
        f"a list out of {', '.join(ERAS)}",
        lambda v: _texts(v) and set(v) <= set(ERAS) and bool(v),
        _split,
        "eras that are served",
    ),
    Option(
        "transports",
        None,
        "a list of transport names, or {era: list}",
        _transports,
        _split,
        "transports that are enabled (default: all)",
    ),
    Option(
        "assume_eio",
        3,
        "2, 3, 4 or None",
        lambda v: v in (None, 2, 3, 4) and not isinstance(v, bool),
        _eio,
        "Engine.IO revision of a request that names none; none refuses it",
    ),
    _one_of("old_payload", "auto", ("frames", "envelope", "auto"), "payload of 0.3-0.6 clients"),
    Option("old_events", True, "True or False", _flag, _bool, "read {event, args} objects of 0.3-0.6 clients as events"),
    _seconds("ping_interval", 25, "heartbeat of Engine.IO"),
    _seconds("ping_timeout", 20, "how long a heartbeat may stay unanswered"),
    _seconds("upgrade_timeout", 10, "how long an upgrade may take"),
    _seconds("connect_timeout", 45, "how long an Engine.IO 4 client may stay outside every namespace"),
    _by_era("poll_duration", "how long a poll of 0.3-0.9 is held (20)"),
    _by_era("close_timeout", "how long a session of 0.3-0.9 lives without transport"),
    _by_era("heartbeat_interval", "heartbeat of 0.3-0.9"),
    _by_era("heartbeat_timeout", "how long a heartbeat of 0.3-0.9 may stay unanswered"),
    Option(
        "transport_options",
        {},
        "{transport: {one of its four times: seconds}}",
        _transport_options,
        None,
        "for one transport of 0.3-0.9",
    ),
    _size("max_payload", 1_000_000, "bytes of one message or polling body"),
    _size(
        "max_buffer",
        16 * 1024 * 1024,
        "bytes held for a client that does not read, or sends faster than handlers work",
    ),
    _size("max_attachments", 10, "binary attachments of one packet"),
    _size("max_namespaces", 1000, "namespaces one client may join"),
    _size("max_dynamic", 10_000, "namespaces that clients may have made out of one pattern or function"),
    _size("max_rooms", 10_000, "rooms one socket may join"),
    _size("max_acks", 10_000, "acknowledgements awaited from one socket"),
    _size("max_head", 16_384, "bytes of a request head"),
    _size("max_head_lines", 500, "lines of a request head"),
    _size("max_pipelined", 16, "requests of one connection that may wait for their answer"),
    _seconds("request_timeout", 60, "how long a request may take to arrive"),
    _seconds("keepalive", 60, "how long an idle HTTP connection is kept"),
    _seconds("drain", 1.5, "how long handlers that are at work are waited for when the server stops", _not_negative),
    Option(
        "max_connections",
        None,
        "a whole number above 0, or None",
        lambda v: v is None or _count(v),
        int,
        "TCP connections (default: no limit)",
    ),
    _size("max_sessions", 100_000, "sessions at a time"),
    Option(
        "origins",
        None,
        'None (same origin), "*", a list, or a function',
        _origins,
        _origins_of,
        'origins that may connect: "*" or a comma-separated list (default: same origin)',
    ),
    Option("cookie", None, cookies.WANTED, cookies.acceptable, str, "name of the cookie that the polling handshake sets"),
    Option(
        "compression",
        False,
        f"False, or a set out of {', '.join(COMPRESSIONS)}",
        _compression,
        _compressions,
        "what is compressed: websocket (permessage-deflate), http (polling answers), or no",
    ),
    Option(
        "parser",
        "json",
        "json or msgpack",
        lambda v: v in PARSERS,
        str,
        "how packets of 1.x to 4.x are spelled: json, or msgpack for clients with socket.io-msgpack-parser",
    ),
    Option("serve_client", None, clientfiles.WANTED, clientfiles.acceptable, str, "folder with the published clients to serve"),
    Option(
        "store",
        None,
        "a store",
        _is_store,
        store_of,
        "where socket.set keeps values: memory, sqlite:///path or redis://host:port/0 (default: memory)",
    ),
    _seconds("store_expiration", 0, "how long values outlive their client", _not_negative),
    Option("authorization", None, "a function of the handshake", _optional_function, None, "asked before a session is made"),
    Option("generate_id", None, "a function that returns an id", _optional_function, None, "makes session ids"),
    _one_of("public_ids", "session", ("session", "random"), "what socket.id is for 0.3-2.x: random ones are safe to publish"),
    Option("recovery", None, "seconds, or None", _seconds_or_none, _number, "how long a 4.6+ client that was cut off may return"),
    _size("recovery_buffer", 16 * 1024 * 1024, "bytes of events kept for clients that may come back"),
    Option("cleanup_empty_namespaces", False, "True or False", _flag, _bool, "forget a dynamic namespace with its last socket"),
    Option(
        "flash_policy",
        None,
        "a list of (domain, ports)",
        lambda v: v is None or isinstance(v, list | tuple),
        None,
        "what the Flash policy allows",
    ),
    Option("trust_proxy", None, "a list of addresses and networks", proxies.acceptable, _split, "proxies that are believed"),
    Option("match_origin_protocol", False, "True or False", _flag, _bool, "wss: in drafts 75 and 76 for a page of https:"),
    _seconds("handshake_delay", 1, "what a polling handshake waits whose address has 20 unused ones; 0 for never", _not_negative),
    Option("on_client_connect", None, "a function", _optional_function, None, "0.6: handler of clientConnect"),
    Option("on_client_message", None, "a function", _optional_function, None, "0.6: handler of clientMessage"),
    Option("on_client_disconnect", None, "a function", _optional_function, None, "0.6: handler of clientDisconnect"),
)

OPTIONS: dict[str, Option] = {option.name: option for option in _TABLE}
"""Every option by name."""

ENGINE_ERAS = ("eio3", "eio4")

ENGINE_OPTIONS = frozenset((
    "assume_eio", "authorization", "compression", "cookie", "drain", "eras", "generate_id", "handshake_delay", "keepalive",
    "max_buffer",
    "max_connections", "max_head", "max_head_lines", "max_payload", "max_pipelined", "max_sessions", "origins", "path",
    "ping_interval", "ping_timeout", "request_timeout", "transports", "trust_proxy", "upgrade_timeout",
))  # fmt: skip
"""Those that mean something to Engine.IO without Socket.IO."""


@dataclass(slots=True)
class ListenerOptions:
    """The options of one listener, checked."""

    path: str
    eras: tuple[str, ...]
    transports: Any
    assume_eio: int | None
    old_payload: str
    old_events: bool
    ping_interval: float
    ping_timeout: float
    upgrade_timeout: float
    connect_timeout: float
    poll_duration: Any
    close_timeout: Any
    heartbeat_interval: Any
    heartbeat_timeout: Any
    transport_options: Mapping[str, Any]
    max_payload: int
    max_buffer: int
    max_attachments: int
    max_namespaces: int
    max_dynamic: int
    max_rooms: int
    max_acks: int
    max_head: int
    max_head_lines: int
    max_pipelined: int
    request_timeout: float
    keepalive: float
    drain: float
    max_connections: int | None
    max_sessions: int
    origins: Any
    cookie: Any
    compression: Any
    parser: str
    serve_client: Any
    store: Any
    store_expiration: float
    authorization: Any
    generate_id: Any
    public_ids: str
    recovery: float | None
    recovery_buffer: int
    cleanup_empty_namespaces: bool
    flash_policy: Any
    trust_proxy: Any
    match_origin_protocol: bool
    handshake_delay: float
    on_client_connect: Any
    on_client_message: Any
    on_client_disconnect: Any

    @classmethod
    def checked(cls, given: Mapping[str, Any], fixed: Collection[str] = ()) -> "ListenerOptions":
        """
        The defaults and what was ``given``; what the command line imposes wins.

        :param fixed: options that can't be imposed.
        :raises OptionError: naming the option that is unknown, of the wrong type or in contradiction.
        """
        given = {**given, **{name: value for name, value in imposed().items() if name not in fixed}}
        for name, value in given.items():
            option = OPTIONS.get(name)
            if option is None:
                raise OptionError(f"unknown option {name!r}")
            if not option.test(value):
                raise OptionError(f"option {name}: {option.wants} is wanted, not {value!r}")
        options = cls(**{field.name: given.get(field.name, OPTIONS[field.name].default) for field in fields(cls)})
        options._agree()
        return options

    def transports_of(self, era: str) -> tuple[str, ...]:
        """Enabled transports of ``era``, in order."""
        chosen = self.transports
        if isinstance(chosen, Mapping):
            chosen = chosen.get(era)
        if chosen is None:
            return TRANSPORTS[era]
        return tuple(name for name in chosen if name in TRANSPORTS[era])

    def seconds(self, name: str, era: str, default: float) -> float:
        """An option that is a number, or a number by era."""
        value = getattr(self, name)
        if isinstance(value, Mapping):
            value = value.get(era)
        return default if value is None else value

    def _agree(self) -> None:
        self.eras = tuple(self.eras)
        for era in self.eras:
            if not self.transports_of(era):
                raise OptionError(f"options eras and transports contradict each other: no transport of {era} is left")
