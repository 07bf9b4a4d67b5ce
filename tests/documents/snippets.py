"""The fenced pieces of the documentation, and what has to hold for each by its language."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "gateway/conformance/wire/README.md"])
LANGUAGES = ("python", "sh", "toml", "ini", "js", "wire", "text")
"""What a fence may say: all but ``text`` is run, or checked by what would read it."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
_NAME = re.compile(r"(?:#|//) ([\w-]+\.(?:py|toml|js|service|socket))$")


@dataclass(frozen=True)
class Snippet:
    """
    One fenced piece.

    :ivar line: where it begins.
    :ivar file: the name that its first line gives it, "" for none.
    """

    language: str
    code: str
    line: int
    file: str


def snippets(page: Path) -> list[Snippet]:
    """Those of a page, in order."""
    text = page.read_text("utf-8")
    return [_snippet(text, found) for found in _FENCE.finditer(text)]


def _snippet(text: str, found: re.Match[str]) -> Snippet:
    named = _NAME.match(found[2].partition("\n")[0])
    return Snippet(found[1], found[2], text.count("\n", 0, found.start()) + 1, named[1] if named else "")
