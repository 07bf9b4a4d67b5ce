"""Text as JavaScript has it: counted in units of UTF-16, half characters included."""

import json
import re
from typing import Any


def utf8(text: str) -> bytes:
    """As a browser encodes it: half a character becomes U+FFFD, two halves one character."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def length(text: str) -> int:
    """What ``text.length`` is in JavaScript."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, size: int) -> tuple[str, str]:
    """The first ``size`` units and the rest."""
    if text.isascii():
        return text[:size], text[size:]
    data = text.encode("utf-16-le", "surrogatepass")
    return data[: size * 2].decode("utf-16-le", "surrogatepass"), data[size * 2 :].decode("utf-16-le", "surrogatepass")


def framed(text: str, head: "re.Pattern[str]") -> tuple[list[tuple[str, int]], int]:
    """
    Pieces of a text behind heads that tell their length, each with the length that was told; and where they end.

    :param head: its first group is the number of units.
    """
    pieces, at = list[tuple[str, int]](), 0
    while (match := head.match(text, at)) is not None:
        size = int(match[1])
        piece = text[match.end() : match.end() + size]
        if piece and max(piece) > "\uffff":
            piece = cut(piece, size)[0]
        at = match.end() + len(piece)
        pieces.append((piece, size))
    return pieces, at


def stringify(value: Any) -> str:
    """As ``JSON.stringify``: no spaces, only half characters escaped (ECMAScript 2019)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if any("\ud800" <= one <= "\udfff" for one in text):
        text = "".join(f"\\u{ord(one):04x}" if "\ud800" <= one <= "\udfff" else one for one in text)
    return text


def parse(text: str) -> Any:
    """
    As ``JSON.parse``.

    :raises ValueError: it is no JSON; ``NaN`` is none either.
    """
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
