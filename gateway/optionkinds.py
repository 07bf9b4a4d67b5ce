"""
Kinds of options: which values they take, and how the text of a flag gives one.

    --ping-interval 20                        a number
    --eras old,0.9                            a list
    --poll-duration '{old = 5, "0.9" = 20}'   a table or a list of lists, as TOML writes it
    --authorization package.module:allowed    a function
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from gateway.errors import OptionError
from gateway.naming import NotFound, function

Test = Callable[[Any], bool]
Parse = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Option:
    """
    One option of a Listener.

    :ivar wants: says in words which values :attr:`test` accepts.
    :ivar parse: turns the text of a flag into the value.
    """

    name: str
    default: Any
    wants: str
    test: Test
    parse: Parse
    help: str


class Named:
    """
    A function that is looked up when it is called: it may lie in the very module that makes the Listener.

    :ivar name: ``package.module:name``.
    """

    __slots__ = ("_found", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._found: Any = None

    def __call__(self, *args: Any) -> Any:
        return self.found()(*args)

    def found(self) -> Any:
        """
        The function.

        :raises OptionError: there is none of that name.
        """
        if self._found is None:
            try:
                self._found = function(self.name)
            except NotFound as error:
                raise OptionError(str(error)) from error
        return self._found


# Values ----------------------------------------------------------------------------------


def is_number(value: Any) -> bool:
    """An int or float, but True is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def positive(value: Any) -> bool:
    """A finite number above 0."""
    return is_number(value) and 0 < value < inf


def not_negative(value: Any) -> bool:
    """A finite number, 0 or more."""
    return is_number(value) and 0 <= value < inf


def count(value: Any) -> bool:
    """A whole number above 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_flag(value: Any) -> bool:
    """True or False."""
    return isinstance(value, bool)


def texts(value: Any) -> bool:
    """A list, tuple or set of texts."""
    return isinstance(value, list | tuple | set | frozenset) and all(isinstance(item, str) for item in value)


def optional(test: Test) -> Test:
    """None, or what ``test`` accepts."""
    return lambda value: value is None or test(value)


# Texts -----------------------------------------------------------------------------------


def split(text: str) -> tuple[str, ...]:
    """``a, b`` is two texts."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def number(text: str) -> float:
    """An int where it looks like one."""
    return float(text) if "." in text or "e" in text else int(text)


def boolean(text: str) -> bool:
    """``yes`` or ``no``, and other words for them."""
    known = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
    if text.lower() not in known:
        raise ValueError(f"yes or no, not {text!r}")
    return known[text.lower()]


def table(text: str) -> Any:
    """A value as TOML writes it."""
    found = tomllib.loads(f"value = {text}")
    if found.keys() != {"value"}:
        raise ValueError("more than one value")
    return found["value"]


def or_table(parse: Parse) -> Parse:
    """As ``parse``, but a text that begins with a bracket is TOML."""
    return lambda text: table(text) if text[:1] in ("{", "[") else parse(text)


def imported(text: str) -> "Named":
    """The function that ``package.module:name`` names."""
    module, _, name = text.partition(":")
    if not module or not name:
        raise OptionError(f"{text}: package.module:name is wanted")
    return Named(text)


# Options of one kind ---------------------------------------------------------------------


def seconds(name: str, default: float, help: str, test: Test = positive) -> Option:
    """A time."""
    return Option(name, default, "a number of seconds", test, number, help)


def size(name: str, default: int, help: str) -> Option:
    """A limit."""
    return Option(name, default, "a whole number above 0", count, int, help)


def flag(name: str, default: bool, help: str) -> Option:
    """On or off."""
    return Option(name, default, "True or False", is_flag, boolean, help)


def one_of(name: str, default: str, values: tuple[str, ...], help: str) -> Option:
    """One word out of some."""
    wants = f"{', '.join(values[:-1])} or {values[-1]}"
    return Option(name, default, wants, lambda value: isinstance(value, str) and value in values, str, help)


def functional(name: str, wants: str, help: str) -> Option:
    """A function, or None; a flag names it as ``package.module:name``."""
    return Option(name, None, wants, optional(callable), imported, help)


def by_era(name: str, eras: tuple[str, ...], help: str) -> Option:
    """A time that may differ by era."""

    def test(value: Any) -> bool:
        if isinstance(value, Mapping):
            return all(era in eras and positive(seconds) for era, seconds in value.items())
        return value is None or positive(value)

    return Option(name, None, "a number of seconds, or {era: seconds}", test, or_table(number), help)
