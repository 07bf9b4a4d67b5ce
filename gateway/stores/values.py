r"""
Values: how they are copied, and how a store outside of this process writes them down.

    {"name": "Ada"}                     {"name":"Ada"}             JSON, in ASCII
    b"\x00\xff"                         {"$bytes":"AP8="}
    inf                                 {"$float":"inf"}
    an integer above 1024 bits          {"$int":"0x1f..."}         Python refuses to read long decimals
    {"$bytes": 1}                       {"$$bytes":1}              a key that begins with $ gets one more
    "\ud83d" + "\ude00"                 {"$text":"7aC97biA"}       JSON would join two halves into one character
    {"\ud83d" + "\ude00": 1}            {"$text:7aC97biA":1}

What is read equals what was written, for every value that may be set.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from itertools import repeat
from math import isfinite
from typing import Any

MAX_DEPTH = 500
"""Most levels of lists and dicts; no event that a client may send has more."""

MAX_BITS = 1024
"""Longest integer that is written as a decimal."""

_PLAIN = (str, int, float, bool, bytes, type(None))
_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def named(key: Any) -> str:
    """
    ``key``, if it can be one.

    :raises TypeError: it is no text.
    """
    if not isinstance(key, str):
        raise TypeError(f"keys are text, not {type(key).__name__}")
    return key


# Copying ----------------------------------------------------------------------------


def copy_value(value: Any, levels: int = MAX_DEPTH) -> Any:
    """
    A copy of ``value`` that shares nothing with it; tuples become lists.

    :raises TypeError: it is neither JSON nor bytes.
    :raises ValueError: it has more than ``levels`` levels, or holds itself.
    """
    if isinstance(value, _PLAIN):
        return value
    inner = _below(value, levels)
    if isinstance(value, dict):
        return dict(zip(map(named, value), map(copy_value, value.values(), inner), strict=True))
    return list(map(copy_value, value, inner))


def _below(value: Any, levels: int) -> "repeat[int]":
    """How many levels each part of ``value`` may have. (Recursion by ``map`` takes one Python frame for each level.)"""
    if not isinstance(value, list | tuple | dict):
        raise TypeError(f"a store keeps what JSON can say, and bytes, not {type(value).__name__}")
    if levels == 0:
        raise ValueError("nested too deeply to be kept")
    return repeat(levels - 1)


# Writing ----------------------------------------------------------------------------


def encode(value: Any) -> str:
    """
    Write ``value`` as JSON in ASCII.

    :raises TypeError: as :func:`copy_value`; so for ValueError.
    """
    return _to_json(_sayable(value, MAX_DEPTH))


_to_json = json.JSONEncoder(separators=(",", ":")).encode


def _sayable(value: Any, levels: int) -> Any:
    """A copy of ``value`` in which everything is what JSON can say."""
    if isinstance(value, _PLAIN):
        return _sayable_plain(value)
    inner = _below(value, levels)
    if isinstance(value, dict):
        return dict(zip(map(_sayable_key, value), map(_sayable, value.values(), inner), strict=True))
    return list(map(_sayable, value, inner))


def _sayable_plain(value: Any) -> Any:
    if isinstance(value, str):
        return {"$text": _text_to_base64(value)} if _has_halves(value) else value
    if isinstance(value, bytes):
        return {"$bytes": b64encode(value).decode("ascii")}
    if isinstance(value, float):
        return value if isfinite(value) else {"$float": repr(value)}
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return {"$int": hex(value)}
    return value


def _sayable_key(key: Any) -> str:
    if _has_halves(named(key)):
        return f"$text:{_text_to_base64(key)}"
    return f"${key}" if key[:1] == "$" else key


def _has_halves(text: str) -> bool:
    return not text.isascii() and _HALVES.search(text) is not None


def _text_to_base64(text: str) -> str:
    return b64encode(to_bytes(text)).decode("ascii")


# Reading ----------------------------------------------------------------------------


def decode(written: bytes | str) -> Any:
    """
    The value that :func:`encode` has written.

    :raises ValueError: somebody else wrote it.
    """
    try:
        return _from_json(written if isinstance(written, str) else written.decode("ascii"))
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"what the store holds is not a value that was set: {error}") from error


def _read(table: dict[str, Any]) -> Any:
    """One JSON object, whose parts have been read."""
    for key in table:
        if key[:1] == "$":
            return _read_marked(key, table)
    return table


def _read_marked(key: str, table: dict[str, Any]) -> Any:
    reader = _READERS.get(key)
    if reader is not None and len(table) == 1:
        return reader(table[key])
    return {_read_key(key): value for key, value in table.items()}


def _read_key(key: str) -> str:
    if key.startswith("$text:"):
        return _text_of_base64(key[6:])
    if key[:1] == "$" and key[1:2] != "$":
        raise ValueError(f"unknown mark {key!r}")
    return key.removeprefix("$")


def _bytes_of_base64(text: str) -> bytes:
    return b64decode(text, validate=True)


def _text_of_base64(text: str) -> str:
    return from_bytes(_bytes_of_base64(text))


def _int_of_hex(text: str) -> int:
    return int(text, 16)


_READERS: dict[str, Callable[[str], Any]] = {
    "$bytes": _bytes_of_base64,
    "$float": float,
    "$int": _int_of_hex,
    "$text": _text_of_base64,
}

_from_json = json.JSONDecoder(object_hook=_read).decode


# Keys -------------------------------------------------------------------------------


def to_bytes(text: str) -> bytes:
    """Any text as bytes, lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


def from_bytes(data: bytes) -> str:
    """
    The text that :func:`to_bytes` got.

    :raises ValueError: it was never text.
    """
    return data.decode("utf-8", "surrogatepass")
