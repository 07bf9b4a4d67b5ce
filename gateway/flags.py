"""
The words of ``twistd -n socketio`` and of its TOML file: ports, the application, and one flag for each option of a Listener.

    --listen tcp:8080 --listen tls:/etc/certificates:port=443
    --app package.module:io              a Listener, a Front, or a function that makes one
    --flash-policy tcp:843               one more port, for Flash clients
    --log-level socketio.transports=debug
    --config gateway.toml
    --ping-interval 20 --eras old,0.9    options of the Listener
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import serverFromString
from twisted.python import usage

from gateway.apps import AppError, front_of, load
from gateway.errors import OptionError
from gateway.logs import set_levels
from gateway.optionkinds import Named
from gateway.options import OPTIONS, ListenerOptions, Option
from gateway.overrides import overriding
from gateway.reactors import default_reactor

DEFAULT_ENDPOINT = "tcp:8080"

LISTENER = "listener"
"""The table of the TOML file that holds options of the Listener."""


OTHERWISE = {"flash_policy": "flash-policy-allow"}
"""Options whose flags are not called like them: ``--flash-policy`` is a port."""


def flag_of(option: Option) -> str:
    """``ping_interval`` is ``--ping-interval`` on the command line."""
    return OTHERWISE.get(option.name, option.name.replace("_", "-"))


def _rows() -> Iterator[list[Any]]:
    for option in OPTIONS.values():
        yield [flag_of(option), None, None, _help(option)]


def _help(option: Option) -> str:
    if option.default in (None, (), {}):
        return option.help
    default = ",".join(option.default) if isinstance(option.default, tuple) else option.default
    return f"{option.help} [default: {default}]"


class Options(usage.Options):
    """
    What the command line and the file say, checked.

    :ivar endpoints: where to listen.
    :ivar front: what serves the application that ``--app`` names.
    :ivar listener: options that win over those of the application's Listeners, by their Python names.
    """

    synopsis = "[options]"
    longdesc = "Serves every Socket.IO client from 0.3 to 4.x on one port."
    optParameters: list[list[Any]] = [
        ["app", "a", None, "package.module:name of a Listener, a Front, or a function that makes one"],
        ["flash-policy", None, None, "Endpoint of the Flash policy port, such as tcp:843 [default: none]"],
        ["config", "c", None, "TOML file with the same words; flags win over it"],
    ]

    def __init__(self) -> None:
        self.endpoints: list[str] = []
        self.front: Any = None
        self.levels: list[str] = []
        self.listener: dict[str, Any] = {}
        super().__init__()

    def opt_listen(self, endpoint: str) -> None:
        """Endpoint to listen on, such as tcp:8080 or tls:/etc/certificates:port=443; may be repeated [default: tcp:8080]"""
        self.endpoints.append(endpoint)

    opt_l = opt_listen

    def opt_log_level(self, text: str) -> None:
        """LEVEL or SCOPE=LEVEL, such as socketio.transports=debug; may be repeated"""
        self.levels.append(text)

    def postOptions(self) -> None:
        """
        Join file and flags, and check them all.

        :raises UsageError: one line that names the word that is wrong.
        """
        try:
            self._join(read(self["config"]) if self["config"] else {})
            for endpoint in filter(None, [*self.endpoints, self["flash-policy"]]):
                check_endpoint(endpoint)
            ListenerOptions.checked(self.listener)
            with overriding(self.listener):
                self.front = front_of(load(self["app"]))
            self._find_functions()
        except (AppError, OptionError) as error:
            raise usage.UsageError(str(error)) from error

    def _join(self, file: dict[str, Any]) -> None:
        for levels in [*_listed(file.pop("log-level", [])), *self.levels]:
            set_levels(levels)
        self.listener = from_file(file.pop(LISTENER, {}))
        self.listener |= {name: parsed(OPTIONS[name], self[flag], f"--{flag}") for name, flag in self._given()}
        self.endpoints = self.endpoints or _listed(file.pop("listen", DEFAULT_ENDPOINT))
        file.pop("listen", None)
        for name in ("app", "flash-policy"):
            self[name] = self[name] or file.pop(name, None)
            file.pop(name, None)
        if file:
            raise usage.UsageError(f"unknown key in the file: {next(iter(file))}")
        if not self["app"]:
            raise usage.UsageError("--app is missing: the package.module:name of your Listener")

    def _find_functions(self) -> None:
        """Now that the application is loaded, the functions that options name must be there."""
        for name, value in self.listener.items():
            if isinstance(value, Named):
                try:
                    value.found()
                except OptionError as error:
                    raise OptionError(f"option {name}: {error}") from error

    def _given(self) -> Iterator[tuple[str, str]]:
        """Name and flag of every Listener option on the command line."""
        for option in OPTIONS.values():
            if self.get(flag_of(option)) is not None:
                yield option.name, flag_of(option)


Options.optParameters += _rows()


def parsed(option: Option, text: str, word: str) -> Any:
    """
    The value that ``text`` gives ``option``.

    :param word: how the user wrote it, for the error.
    :raises UsageError: no such value.
    """
    try:
        return option.parse(text)
    except OptionError as error:
        raise usage.UsageError(f"{word}: {error}") from None
    except ValueError:
        raise usage.UsageError(f"{word}: {option.wants} is wanted, not {text!r}") from None


def from_file(table: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the Listener as the TOML file gives them: values of TOML's own types, or the text of a flag."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        option = OPTIONS.get(key.replace("-", "_"))
        if option is None:
            raise usage.UsageError(f"unknown option in the file: {key}")
        values[option.name] = parsed(option, value, key) if isinstance(value, str) else value
    return values


def read(path: str) -> dict[str, Any]:
    """
    The TOML file, its words spelled as flags.

    :raises UsageError: it can't be read, is no TOML, or has a value of the wrong type.
    """
    try:
        found = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise usage.UsageError(f"--config {path}: {getattr(error, 'strerror', None) or error}") from error
    file = {key.replace("_", "-"): value for key, value in found.items()}
    _check_types(file)
    return file


def _check_types(file: Mapping[str, Any]) -> None:
    tests = (
        ("app", _is_text, "text"),
        ("flash-policy", _is_text, "text"),
        ("listen", _is_text_or_list, "text or a list of it"),
        ("log-level", _is_text_or_list, "text or a list of it"),
        (LISTENER, lambda value: isinstance(value, dict), "a table"),
    )
    for key, test, wanted in tests:
        if key in file and not test(file[key]):
            raise usage.UsageError(f"{key} in the file: {wanted} is wanted")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text_or_list(value: Any) -> bool:
    return all(map(_is_text, _listed(value)))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def check_endpoint(endpoint: str) -> None:
    """
    Find out early that an endpoint string is wrong.

    :raises UsageError: its type is unknown, or its parts are.
    """
    try:
        serverFromString(default_reactor(), endpoint)
    except (ValueError, TypeError, LookupError, OSError) as error:
        raise usage.UsageError(f"{endpoint}: not an endpoint to listen on ({error})") from error
