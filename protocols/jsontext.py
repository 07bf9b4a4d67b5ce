"""
JSON as JavaScript writes and reads it.

    ["echo","\\u20ac",1,null]      no blanks; NaN and infinities become null, as JSON.stringify does

Reading is strict where Python is not: no NaN, no number that overflows a double, at most 500 levels.
The standard library does all of it; a faster library may be put in front by :func:`accelerate`, with the
same results but for integers above 64 bits, which it may read as floats.
"""

import gc
import json
import re
from array import array
from collections.abc import Callable, Iterable
from itertools import accumulate
from json import encoder as json_encoder
from math import inf, isfinite
from typing import Any

from protocols.errors import ProtocolError

MAX_DEPTH = 500
"""Most levels of arrays and objects, read or written."""

MAX_DIGITS = 308
"""An integer with at most that many digits cannot overflow a double."""

LARGE = 65_536
"""Characters, or bytes, from which on a value is read without the collector of cycles, see :func:`undisturbed`."""

_BLANKS = " \t\n\r"
_SCALARS = frozenset((str, bool, int, float, type(None)))


def accelerate(loads: Callable[[str], Any], dumps: Callable[[Any], bytes]) -> None:
    """
    Try ``loads`` and ``dumps`` first (orjson's); what they refuse is decided by the standard library.

    :param loads: text -> value; raises ValueError.
    :param dumps: value -> UTF-8; raises TypeError.
    """
    global _fast_loads, _fast_dumps
    _fast_loads, _fast_dumps = loads, dumps


def plain() -> None:
    """Undo :func:`accelerate`: the standard library alone."""
    global _fast_loads, _fast_dumps
    _fast_loads = _fast_dumps = None


_fast_loads: Callable[[str], Any] | None = None
_fast_dumps: Callable[[Any], bytes] | None = None

# Reading ----------------------------------------------------------------------------


def loads(text: str) -> Any:
    """
    Read one JSON value.

    :raises ProtocolError: not JSON, a number that overflows a double, or more than 500 levels.
    """
    if len(text) > MAX_DEPTH:
        if len(text) > LARGE and gc.isenabled():
            return undisturbed(loads, text)
        if _is_too_deep(text):
            raise ProtocolError("JSON nested too deeply", text)
    if _fast_loads is not None:
        try:
            return _fast_loads(text)
        except ValueError:
            pass  # it also refuses lone surrogates, which JavaScript sends
    try:
        value, end = (_scan if len(text) <= MAX_DIGITS else _scan_long)(text, 0)
    except (ValueError, StopIteration, OverflowError, RecursionError) as error:
        if text[:1] in _BLANKS and text.strip(_BLANKS):
            return loads(text.lstrip(_BLANKS))
        raise ProtocolError("not JSON", text) from error
    if end != len(text) and text[end:].strip(_BLANKS):
        raise ProtocolError("data after the JSON value", text)
    return value


def undisturbed(read: Callable[[Any], Any], data: Any) -> Any:
    """
    ``read(data)`` while the collector of cycles rests.

    It would walk again and again through the values that are being made, none of which is garbage yet: a list of 300,000
    empty lists takes three times as long with it.
    """
    gc.disable()
    try:
        return read(data)
    finally:
        gc.enable()


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (inf, -inf):
        raise ValueError("number overflows a double")
    return value


def _bounded(text: str) -> int:
    value = int(text)
    if len(text) > MAX_DIGITS:
        float(value)
    return value


def _scanner(**hooks: Any) -> Callable[[str, int], tuple[Any, int]]:
    """The C routine behind ``json.loads``, without its passes over the blanks around a value."""
    decoder: Any = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite, **hooks)
    scan: Callable[[str, int], tuple[Any, int]] = decoder.scan_once
    return scan


_scan = _scanner()
_scan_long = _scanner(parse_int=_bounded)

_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def _is_too_deep(text: str) -> bool:
    """Whether ``text`` opens more than 500 levels; counts brackets outside of strings, in compiled loops."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    brackets = _STRING.sub("", text).encode("ascii", "ignore").translate(_STEPS, _NO_BRACKETS)
    return max(accumulate(array("b", brackets)), default=0) > MAX_DEPTH


# Writing ----------------------------------------------------------------------------


def dumps(value: Any) -> str:
    """Write ``value`` as text that UTF-8 can carry: characters as they are, or escaped when a lone surrogate is among them."""
    if _fast_dumps is not None:
        try:
            return _fast_dumps(value).decode()
        except TypeError:
            pass  # lone surrogates and large integers are left to the standard library
    text = _write(_chunks, value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return _write(_ascii_chunks, value)
    return text


def dumps_ascii(value: Any) -> str:
    """Write ``value`` in ASCII alone, all other characters as ``\\uXXXX``."""
    if _fast_dumps is not None:
        try:
            data = _fast_dumps(value)
            if data.isascii():
                return data.decode("ascii")
        except TypeError:
            pass
    return _write(_ascii_chunks, value)


def dumps_script(text: str) -> str:
    """Write ``text`` as a string literal that is safe inside a script: ASCII, "<" escaped, "/" kept."""
    return _quote_ascii(text).replace("<", "\\u003c")


_Chunks = Callable[[Any, int], Iterable[str]]


def _write(chunks: _Chunks, value: Any) -> str:
    try:
        return "".join(chunks(value, 0))
    except ValueError:
        return "".join(chunks(_sayable(value), 0))


def _refuse_type(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} can't be sent")


def _sayable(value: Any) -> Any:
    """A copy with null for what JSON has no word for: NaN, infinities, integers too long for Python to write."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, int):
        return value if value.bit_length() <= 1024 else None
    if isinstance(value, (list, tuple)):
        return list(map(_sayable, value))
    if isinstance(value, dict):
        return dict(zip(value, map(_sayable, value.values()), strict=True))
    return value


def _encoder(quote: Callable[[str], str]) -> _Chunks:
    """One prepared C encoder: ``JSONEncoder.encode`` makes a new one at each call, for half of its time."""
    module: Any = json_encoder
    chunks: _Chunks = module.c_make_encoder(None, _refuse_type, quote, None, ":", ",", False, False, False)
    return chunks


_quote_ascii: Callable[[str], str] = json_encoder.encode_basestring_ascii
_quote: Callable[[str], str] = json_encoder.encode_basestring
_ascii_chunks = _encoder(_quote_ascii)
_chunks = _encoder(_quote)


# What may be sent -------------------------------------------------------------------


def check(args: Iterable[Any]) -> bool:
    """
    Tell at the call whether ``args`` can be sent.

    :returns: whether bytes occur in them, at any depth.
    :raises TypeError: other types than str, bool, None, int, float, list, tuple, dict (with str keys) and bytes.
    :raises ValueError: more than 500 levels, or a container that holds itself.
    """
    for value in args:
        if type(value) not in _SCALARS:
            return _check_all(args)
    return False


def _check_all(args: Iterable[Any]) -> bool:
    binary = False
    todo = [(value, 1) for value in args]
    while todo:
        value, depth = todo.pop()
        if type(value) in _SCALARS:
            continue
        if isinstance(value, bytes):
            binary = True
        elif isinstance(value, (list, tuple, dict)):
            if depth >= MAX_DEPTH:
                raise ValueError("nested too deeply to be sent")
            todo.extend((child, depth + 1) for child in _children(value))
        elif not isinstance(value, (str, int, float)):
            _refuse_type(value)
    return binary


def _children(value: Any) -> Iterable[Any]:
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    for key in value:
        if not isinstance(key, str):
            raise TypeError(f"a key must be a str to be sent, not {type(key).__name__}")
    return value.values()
