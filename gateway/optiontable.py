"""Every option of a Listener: one table for keyword arguments, command line flags and the TOML file."""

from collections.abc import Mapping
from typing import Any

from gateway import clientfiles, cookies, proxies
from gateway.optionkinds import (
    Option,
    by_era,
    count,
    flag,
    functional,
    not_negative,
    number,
    one_of,
    optional,
    or_table,
    positive,
    seconds,
    size,
    split,
    table,
    texts,
)
from gateway.stores import store_of

ERAS = ("old", "0.9", "eio3", "eio4")

ENGINE_ERAS = ("eio3", "eio4")
"""Those of Engine.IO."""

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

ANY = "*"


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/") and not value.endswith("/") and len(value) > 1 and "?" not in value


def _eras(value: Any) -> bool:
    return texts(value) and set(value) <= set(ERAS) and bool(value)


def _transports(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(era in ERAS and texts(names) and set(names) <= set(TRANSPORTS[era]) for era, names in value.items())
    known = {name for names in TRANSPORTS.values() for name in names}
    return value is None or (texts(value) and set(value) <= known)


def _revision(value: Any) -> bool:
    return value is None or (type(value) is int and value in (2, 3, 4))


def _revision_of(text: str) -> int | None:
    return None if text == "none" else int(text)


def _transport_options(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        name in TRANSPORTS["old"] and isinstance(times, Mapping) and all(map(_transport_time, times, times.values()))
        for name, times in value.items()
    )


def _transport_time(name: Any, value: Any) -> bool:
    return not_negative(value) if name == "close_timeout" else name in TRANSPORT_TIMES and positive(value)


def _origins(value: Any) -> bool:
    return value is None or callable(value) or isinstance(value, str) or texts(value)


def _origins_of(text: str) -> Any:
    return ANY if text == ANY else split(text)


def _compression(value: Any) -> bool:
    return value is False or (texts(value) and set(value) <= set(COMPRESSIONS))


def _compressions_of(text: str) -> Any:
    return False if text == "no" else split(text)


def _is_store(value: Any) -> bool:
    methods = ("set", "get", "has", "delete", "all", "clear", "end")
    return value is None or (not isinstance(value, type) and all(callable(getattr(value, name, None)) for name in methods))


def _policy(value: Any) -> bool:
    return value is None or (isinstance(value, list | tuple) and all(map(_policy_entry, value)))


def _policy_entry(entry: Any) -> bool:
    if not isinstance(entry, list | tuple) or len(entry) != 2:
        return False
    domain, ports = entry
    named = isinstance(domain, str) and domain.isprintable() and domain != ""
    return named and (ports == ANY or (isinstance(ports, list | tuple) and bool(ports) and all(map(_port, ports))))


def _port(value: Any) -> bool:
    return count(value) and value < 65536


_TABLE = (
    Option("path", "/socket.io", "a path that begins with a slash and does not end in one", _is_path, str, "mount of every era"),
    Option("eras", ERAS, f"a list out of {', '.join(ERAS)}", _eras, split, "eras that are served"),
    Option(
        "transports", None, "a list of transport names, or {era: list}", _transports, or_table(split),
        "transports that are enabled (default: all)",
    ),
    Option(
        "assume_eio", 3, "2, 3, 4 or None", _revision, _revision_of,
        "Engine.IO revision of a request that names none; none refuses it",
    ),
    functional(
        "poll_framing", "a function of the handshake",
        'framing of polls of 1.x and 2.x clients that can\'t be told apart: "text", "binary", or None for the rules',
    ),
    functional(
        "counted_acks", "a function of the handshake",
        "whether a client of 1.x is one of 1.0.0 to 1.0.2, which acknowledgements in the form of later ones send into a loop",
    ),
    one_of("old_payload", "auto", ("frames", "envelope", "auto"), "payload of 0.3-0.6 clients"),
    flag("old_events", True, "read {event, args} objects of 0.3-0.6 clients as events"),
    Option("blacklist", (), "a list of event names", texts, split, "events of 0.7-0.9 clients that are ignored"),
    seconds("ping_interval", 25, "heartbeat of Engine.IO"),
    seconds("ping_timeout", 20, "how long a heartbeat may stay unanswered"),
    seconds("upgrade_timeout", 10, "how long an upgrade may take"),
    seconds("connect_timeout", 45, "how long an Engine.IO 4 client may stay outside every namespace"),
    by_era("poll_duration", ERAS, "how long a poll of 0.3-0.9 is held (20)"),
    by_era("close_timeout", ERAS, "how long a session of 0.3-0.9 lives without transport"),
    by_era("heartbeat_interval", ERAS, "heartbeat of 0.3-0.9"),
    by_era("heartbeat_timeout", ERAS, "how long a heartbeat of 0.3-0.9 may stay unanswered"),
    Option(
        "transport_options", {}, "{transport: {one of its four times: seconds}}", _transport_options, table,
        "for one transport of 0.3-0.9",
    ),
    size("max_payload", 1_000_000, "bytes of one message or polling body"),
    size("max_buffer", 16 * 1024 * 1024, "bytes held for a client that does not read, or sends faster than handlers work"),
    size("max_attachments", 10, "binary attachments of one packet"),
    size("max_namespaces", 1000, "namespaces one client may join"),
    size("max_dynamic", 10_000, "namespaces that clients may have made out of one pattern or function"),
    size("max_rooms", 10_000, "rooms one socket may join"),
    size("max_acks", 10_000, "acknowledgements awaited from one socket"),
    size("max_head", 16_384, "bytes of a request head"),
    size("max_head_lines", 500, "lines of a request head"),
    size("max_pipelined", 16, "requests of one connection that may wait for their answer"),
    seconds("request_timeout", 60, "how long a request may take to arrive"),
    seconds("keepalive", 60, "how long an idle HTTP connection is kept"),
    seconds("drain", 1.5, "how long handlers that are at work are waited for when the server stops", not_negative),
    Option(
        "max_connections", None, "a whole number above 0, or None", optional(count), int, "TCP connections (default: no limit)"
    ),
    size("max_sessions", 100_000, "sessions at a time"),
    Option(
        "origins", None, 'None (same origin), "*", a list, or a function', _origins, _origins_of,
        'origins that may connect: "*" or a comma-separated list (default: same origin)',
    ),
    Option(
        "cookie", None, cookies.WANTED, cookies.acceptable, or_table(str), "name of the cookie that the polling handshake sets"
    ),
    Option(
        "compression", False, f"False, or a set out of {', '.join(COMPRESSIONS)}", _compression, _compressions_of,
        "what is compressed: websocket (permessage-deflate), http (polling answers), or no",
    ),
    one_of(
        "parser", "json", PARSERS,
        "how packets of 1.x to 4.x are spelled: json, or msgpack for clients with socket.io-msgpack-parser",
    ),
    Option(
        "serve_client", None, clientfiles.WANTED, clientfiles.acceptable, or_table(str),
        "folder with the published clients to serve",
    ),
    Option(
        "store", None, "a store", _is_store, store_of,
        "where socket.set keeps values: memory, sqlite:///path or redis://host:port/0 (default: memory)",
    ),
    seconds("store_expiration", 0, "how long values outlive their client", not_negative),
    functional("adapter", "a function of the namespace that returns an adapter", "makes what keeps rooms and carries broadcasts"),
    functional("authorization", "a function of the handshake", "asked before a session is made"),
    functional("generate_id", "a function that returns an id", "makes session ids"),
    one_of("public_ids", "session", ("session", "random"), "what socket.id is for 0.3-2.x: random ones are safe to publish"),
    Option(
        "recovery", None, "seconds, or None", optional(positive), number, "how long a 4.6+ client that was cut off may return"
    ),
    size("recovery_buffer", 16 * 1024 * 1024, "bytes of events kept for clients that may come back"),
    flag("cleanup_empty_namespaces", False, "forget a dynamic namespace with its last socket"),
    Option(
        "flash_policy", None, 'a list of (domain, ports), ports being "*" or a list of numbers', _policy, table,
        "what the Flash policy allows",
    ),
    Option("trust_proxy", None, "a list of addresses and networks", proxies.acceptable, split, "proxies that are believed"),
    flag("match_origin_protocol", False, "wss: in drafts 75 and 76 for a page of https:"),
    flag("hixie", True, "take drafts 75 and 76 of WebSocket: browsers of 2010 and every flashsocket"),
    Option("hosts", None, "a list of hosts, with or without port", optional(texts), split, "what a request may call its Host"),
    seconds("handshake_delay", 1, "what a polling handshake waits whose address has 20 unused ones; 0 for never", not_negative),
    functional("on_client_connect", "a function", "0.6: handler of clientConnect"),
    functional("on_client_message", "a function", "0.6: handler of clientMessage"),
    functional("on_client_disconnect", "a function", "0.6: handler of clientDisconnect"),
)  # fmt: skip

OPTIONS: dict[str, Option] = {option.name: option for option in _TABLE}
"""Every option by name."""

ENGINE_OPTIONS = frozenset((
    "assume_eio", "authorization", "compression", "cookie", "drain", "eras", "generate_id", "handshake_delay", "hosts",
    "keepalive", "max_buffer", "max_connections", "max_head", "max_head_lines", "max_payload", "max_pipelined", "max_sessions",
    "origins", "path", "ping_interval", "ping_timeout", "poll_framing", "request_timeout", "transports", "trust_proxy",
    "upgrade_timeout",
))  # fmt: skip
"""Those that mean something to Engine.IO without Socket.IO."""
