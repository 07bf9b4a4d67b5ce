"""
How eras without binary packets carry bytes: base64 inside the JSON, at any depth.

    [b"abc", {"n": b""}]   <->   [{"_binary":"YWJj"},{"n":{"_binary":""}}]

A convention of this gateway (0.3 to 0.9 define none), used in the arguments of
events and of their answers, never in messages: a message is the application's own JSON.
"""

from binascii import Error, a2b_base64, b2a_base64
from typing import Any

MARK = "_binary"
"""The only key of an object that stands for bytes."""


def wrap(value: Any) -> Any:
    """Return a copy of ``value`` that JSON can say: every bytes object in it became a marked object."""
    box = [value]
    pending: list[Any] = [box]
    while pending:  # a loop, so that no depth is too deep
        holder = pending.pop()
        for key, item in list(holder.items() if type(holder) is dict else enumerate(holder)):
            if isinstance(item, (bytes, bytearray, memoryview)):
                holder[key] = {MARK: b2a_base64(item, newline=False).decode("ascii")}
            elif isinstance(item, (dict, list, tuple)):
                holder[key] = copy = dict(item) if isinstance(item, dict) else list(item)
                pending.append(copy)
    return box[0]


def unwrap(value: Any) -> Any:
    """
    Turn every marked object of ``value``, which was just read from JSON, into bytes; it is changed where it stands.

    An object with further keys, or whose text is not strict base64, is data and stays.
    """
    box = [value]
    pending: list[Any] = [box]
    while pending:
        holder = pending.pop()
        for key, item in holder.items() if type(holder) is dict else enumerate(holder):
            if type(item) is dict and len(item) == 1 and type(item.get(MARK)) is str:
                holder[key] = _to_bytes(item)
            elif item and (type(item) is dict or type(item) is list):
                pending.append(item)
    return box[0]


def _to_bytes(item: dict[str, Any]) -> Any:
    try:
        return a2b_base64(item[MARK], strict_mode=True)
    except (Error, ValueError):
        return item
