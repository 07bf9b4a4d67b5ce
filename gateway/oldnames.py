"""
The settings of Socket.IO 0.7 to 0.9 and the options of 0.3 to 0.6, by what they are called here.

    io.set("heartbeat interval", 20)      is the option  heartbeat_interval={"0.9": 20}
    io.set("transports", ["websocket"])                  transports={"0.9": ["websocket"]}
    io.set("log level", 1)                the level "warn" of the scope socketio, in the whole process
    io.set("log colors", True)            OptionError: ... Twisted's log is used: ...
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature
from re import split as split_at
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import LogLevel

from gateway.bundles import KEPT
from gateway.errors import OptionError
from gateway.logs import PREFIX, level_of, set_level
from gateway.options import ERAS, OPTIONS, ListenerOptions

ERA = "0.9"
"""Whom a setting of 0.7 to 0.9 concerns."""

Get = Callable[[ListenerOptions], Any]
Change = Callable[[Any, ListenerOptions], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Setting:
    """
    One setting of 0.9.

    :ivar option: the option it means, "" where there is none.
    :ivar change: (value, options so far) -> the options to change.
    :ivar get: what ``get`` gives.
    :ivar instead: what to do where the value, or the whole setting, has no meaning here.
    """

    option: str
    change: Change | None = None
    get: Get | None = None
    instead: str = ""


def _plain(option: str, instead: str = "") -> Setting:
    return Setting(option, lambda value, _: {option: value}, lambda options: getattr(options, option), instead)


def _for_era(option: str, default: float) -> Setting:
    """A number that each era may have for itself."""

    def change(value: Any, options: ListenerOptions) -> dict[str, Any]:
        before = getattr(options, option)
        table = dict(before) if isinstance(before, Mapping) else dict.fromkeys(ERAS, before)
        return {option: {era: number for era, number in {**table, ERA: value}.items() if number is not None}}

    return Setting(option, change, lambda options: options.seconds(option, ERA, default))


def _transports(value: Any, options: ListenerOptions) -> dict[str, Any]:
    """A list is that of 0.9; a table by era is what the option wants."""
    if isinstance(value, Mapping):
        return {"transports": value}
    return {"transports": {era: list(options.transports_of(era)) for era in ERAS if era != ERA} | {ERA: list(value)}}


def _origins(value: Any, _: ListenerOptions) -> dict[str, Any]:
    """``"*:*"``, ``"a.example:* b.example:80"``, or a list of such."""
    entries = [part for part in split_at(r"[\s,]+", value) if part] if isinstance(value, str) else value
    everybody = not callable(entries) and any(entry in ("*", "*:*") for entry in entries or ())
    return {"origins": "*" if everybody else entries}


def _authorization(value: Any, _: ListenerOptions) -> dict[str, Any]:
    return {"authorization": with_callback(value) if callable(value) else None}


def _buffer(value: Any, options: ListenerOptions) -> dict[str, Any]:
    return {"max_payload": value, "max_buffer": max(options.max_buffer, value)}


def _blacklist(value: Any, _: ListenerOptions) -> dict[str, Any]:
    if isinstance(value, str):
        raise TypeError(value)
    return {"blacklist": tuple(name for name in value if name != "disconnect")}


LOG_LEVELS = ("error", "warn", "info", "debug")
"""By 0.9's number."""


def _log_level(value: Any, _: ListenerOptions) -> dict[str, Any]:
    if isinstance(value, bool) or value not in range(len(LOG_LEVELS)):
        raise OptionError(f"setting 'log level': 0 (error) to 3 (debug) is wanted, not {value!r}")
    set_level(PREFIX, LOG_LEVELS[value])
    return {}


def _log_level_now(_: ListenerOptions) -> int:
    level = level_of(PREFIX).name
    return LOG_LEVELS.index(level) if level in LOG_LEVELS else 0


def _log(value: Any, _: ListenerOptions) -> dict[str, Any]:
    set_level(PREFIX, "info" if value else "critical")
    return {}


def _only(expected: Any, instead: str, name: str) -> Setting:
    """A setting with one meaningful value."""

    def change(value: Any, _: ListenerOptions) -> dict[str, Any]:
        if value != expected:
            raise OptionError(f"setting {name!r} is always {expected!r} here: {instead}")
        return {}

    return Setting("", change, lambda _: expected, instead)


def _browser_client(value: Any, options: ListenerOptions) -> dict[str, Any]:
    if value and options.serve_client is None:
        raise OptionError(f"setting 'browser client': {_FILES}")
    return {} if value else {"serve_client": None}


def _none(instead: str) -> Setting:
    return Setting("", instead=instead)


_LOG = "Twisted's log is used: add an observer with globalLogPublisher.addObserver(fn)"
_FILES = "client files come from the folder of the option serve_client"
_POLICY = "give twistd socketio --flash-policy tcp:PORT, or await front.listen_for_policy('tcp:PORT')"

SETTINGS: dict[str, Setting] = {
    "heartbeat interval": _for_era("heartbeat_interval", 25),
    "heartbeat timeout": _for_era("heartbeat_timeout", 45),
    "close timeout": _for_era("close_timeout", 45),
    "polling duration": _for_era("poll_duration", 20),
    "transports": Setting("transports", _transports, lambda options: list(options.transports_of(ERA))),
    "origins": Setting("origins", _origins, lambda options: options.origins),
    "authorization": Setting("authorization", _authorization, lambda options: options.authorization),
    "match origin protocol": _plain("match_origin_protocol"),
    "client store expiration": _plain("store_expiration"),
    "resource": _plain("path", "for several paths mount several Listeners on one Front"),
    "store": _plain("store"),
    "destroy buffer size": Setting("max_payload", _buffer, lambda options: options.max_payload),
    "blacklist": Setting("blacklist", _blacklist, lambda options: ["disconnect", *options.blacklist]),
    "heartbeats": _only(True, "clients since 0.9.1 can't do without; raise 'heartbeat interval'", "heartbeats"),
    "destroy upgrade": _only(True, "what is not the gateway's goes to the fallback, upgrades too", "destroy upgrade"),
    "flash policy server": _none(_POLICY),
    "flash policy port": _none(_POLICY),
    "browser client": Setting("serve_client", _browser_client, lambda options: options.serve_client is not None),
    "browser client cache": _only(True, "a file is read once", "browser client cache"),
    "browser client etag": _only(True, "who has the file is told so", "browser client etag"),
    "browser client expires": _only(KEPT, "addresses with the full version may be kept so long", "browser client expires"),
    "browser client gzip": _only(True, "those who take it get it", "browser client gzip"),
    "browser client handler": _none("serve the file from a Site, as the fallback of the Front"),
    "browser client minification": _only(False, "the small build is socket.io.min.js", "browser client minification"),
    "static": _none(_FILES),
    "log": Setting("", _log, lambda _: level_of(PREFIX) is not LogLevel.critical),
    "log colors": _none(_LOG),
    "log level": Setting("", _log_level, _log_level_now),
    "logger": _none(_LOG),
}
"""Every setting of 0.9.19."""

OLDER: dict[str, str] = {
    "transportOptions": "transport_options",
    "flashPolicyServer": "flash policy port",
    "onClientConnect": "on_client_connect",
    "onClientMessage": "on_client_message",
    "onClientDisconnect": "on_client_disconnect",
    "timeout": "close timeout",
}
"""What 0.3 to 0.6 called otherwise than 0.9 -> the name to use."""


def changes(name: str, value: Any, options: ListenerOptions) -> dict[str, Any]:
    """
    The options that ``set(name, value)`` means.

    :raises OptionError: nothing is called so, or it has no meaning here; the text says what to use instead.
    """
    if name in OPTIONS and name not in SETTINGS:
        return {name: value}
    setting = _setting(name)
    if setting.change is None:
        raise OptionError(f"setting {name!r} has no meaning here: {setting.instead}")
    try:
        return setting.change(value, options)
    except TypeError as error:
        raise OptionError(f"setting {name!r}: {value!r} is no value for it") from error


def value_of(name: str, options: ListenerOptions) -> Any:
    """
    What ``get(name)`` gives.

    :raises OptionError: as for :func:`changes`.
    """
    if name in OPTIONS and name not in SETTINGS:
        return getattr(options, name)
    setting = _setting(name)
    if setting.get is None:
        raise OptionError(f"setting {name!r} has no meaning here: {setting.instead}")
    return setting.get(options)


def explained(name: str, error: OptionError) -> OptionError:
    """``error`` about an option, as one about the setting ``name`` that meant it."""
    setting = SETTINGS.get(name)
    if setting is None:
        return error
    instead = f"; {setting.instead}" if setting.instead else ""
    return OptionError(f"setting {name!r} means the option {setting.option}: {error}{instead}")


def _setting(name: str) -> Setting:
    if name in SETTINGS:
        return SETTINGS[name]
    known = OLDER.get(name)
    all_names = ", ".join(map(repr, SETTINGS))
    hint = f"here it is called {known!r}" if known else f"there are {all_names} and the options of a Listener"
    raise OptionError(f"unknown setting {name!r}: {hint}")


def with_callback(fn: Callable[..., Any]) -> Callable[[Any], Any]:
    """
    ``authorization`` in the manner of 0.9, ``fn(handshake, callback)``, for one that returns its verdict.

    ``callback(error, accepted, data)``: an error refuses with 500, ``data`` is found in ``handshake.data``.
    """
    if len(_positional(fn)) < 2:
        return fn

    def asked(handshake: Any) -> Deferred[bool]:
        verdict: Deferred[bool] = Deferred()

        def callback(error: Any = None, accepted: Any = False, data: Any = None) -> None:
            if verdict.called:
                return
            if error:
                verdict.errback(error if isinstance(error, Exception) else AuthorizationFailed(str(error)))
            else:
                if data is not None:
                    handshake.data = data
                verdict.callback(bool(accepted))

        fn(handshake, callback)
        return verdict

    return asked


class AuthorizationFailed(Exception):
    """The function ``authorization`` could not decide; its client gets the era's ``handshake error``."""


def _positional(fn: Callable[..., Any]) -> list[Parameter]:
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return [one for one in signature(fn).parameters.values() if one.kind in kinds and one.default is Parameter.empty]


__all__ = ["OLDER", "SETTINGS", "AuthorizationFailed", "changes", "explained", "value_of", "with_callback"]
