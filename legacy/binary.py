"""
How eras without binary packets carry bytes: base64 inside the JSON, at any depth.

    [b"abc", {"n": b""}]   <->   [{"_binary":"YWJj"},{"n":{"_binary":""}}]

A convention of this gateway (0.3 to 0.9 define none), used in the arguments of
events and of their answers, never in messages: a message is the application's own JSON.
"""

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Callable
from typing import Any

MARK = "_binary"
"""The only key of an object that stands for bytes."""


def wrap(value: Any) -> Any:
    """Return a copy of ``value`` that JSON can say: every bytes object in it became a marked object."""
    return _rebuilt(value, _to_object)


def unwrap(value: Any) -> Any:
    """Return a copy of ``value`` in which every marked object became bytes.

    An object with further keys, or whose text is not strict base64, is data and stays.
    """
    return _rebuilt(value, _to_bytes)


def _rebuilt(value: Any, swap: Callable[[Any], Any]) -> Any:
    """Copy all containers of ``value``, each item through ``swap``; a loop, so that no depth is too deep."""
    box = [value]
    pending: list[Any] = [box]
    while pending:
        holder = pending.pop()
        for key, item in list(holder.items() if type(holder) is dict else enumerate(holder)):
            item = swap(item)
            if isinstance(item, (dict, list, tuple)):
                item = dict(item) if isinstance(item, dict) else list(item)
                pending.append(item)
            holder[key] = item
    return box[0]


def _to_object(item: Any) -> Any:
    if isinstance(item, (bytes, bytearray, memoryview)):
        return {MARK: b2a_base64(item, newline=False).decode("ascii")}
    return item


def _to_bytes(item: Any) -> Any:
    if type(item) is not dict or len(item) != 1 or type(item.get(MARK)) is not str:
        return item
    try:
        return a2b_base64(item[MARK], strict_mode=True)
    except (Error, ValueError):
        return item
