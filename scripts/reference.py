"""
Writes docs/reference.md from the docstrings and the table of options.

    python scripts/reference.py           write it
    python scripts/reference.py --check   exit with 1 if it is not what would be written
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "reference.md"

sys.path.insert(0, str(ROOT))

import gateway  # noqa: E402
from gateway.broadcast import Broadcast  # noqa: E402
from gateway.client import Client  # noqa: E402
from gateway.handshake import Handshake  # noqa: E402
from gateway.options import OPTIONS  # noqa: E402

HEAD = """# Reference

Made by `make docs` from the docstrings; do not edit.
"""


def public() -> list[type]:
    """The classes an application meets."""
    exported = [getattr(gateway, name) for name in gateway.__all__]
    classes = [item for item in exported if inspect.isclass(item)]
    return [*classes, *(extra for extra in (Broadcast, Client, Handshake) if extra not in classes)]


def prose(item: Any) -> str:
    """A docstring, its roles and fields as plain Markdown."""
    text = inspect.cleandoc(item.__doc__ or "").replace("``", "`")
    for role in (":meth:", ":class:", ":func:", ":data:"):
        text = text.replace(role, "")
    lines = []
    for line in text.split("\n"):
        for field in (":param ", ":ivar ", ":cvar ", ":raises "):
            if line.startswith(field):
                name, _, rest = line[len(field) :].partition(":")
                line = f"* {'raises ' if field == ':raises ' else ''}`{name}`:{rest}"
        lines.append(line.replace(":returns:", "Returns"))
    return "\n".join(lines)


def members(cls: type) -> Iterator[tuple[str, str]]:
    """Heading and text of every public method and property."""
    for name, member in inspect.getmembers_static(cls):
        if name.startswith("_") or name[0].isupper():
            continue
        if isinstance(member, property):
            yield f"`.{name}`", prose(member.fget)
        elif inspect.isfunction(member):
            signature = str(inspect.signature(member)).replace("(self, ", "(").replace("(self)", "()")
            yield f"`.{name}{signature.split(' -> ')[0]}`", prose(member)


def described(cls: type) -> Iterator[str]:
    """One class."""
    yield f"## {cls.__name__}\n"
    yield prose(cls) + "\n"
    for heading, text in members(cls):
        if text:
            yield f"### {heading}\n"
            yield text + "\n"


def options() -> Iterator[str]:
    """The table of options."""
    yield "## Options\n"
    yield "Times are seconds, sizes are bytes. A flag of `twistd socketio` has dashes in place of underscores.\n"
    yield "| option | default | value | meaning |\n| --- | --- | --- | --- |"
    for option in OPTIONS.values():
        cells = (f"`{option.name}`", f"`{option.default!r}`", option.wants, option.help)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def written() -> str:
    """The whole page."""
    parts = [HEAD, *options()]
    for cls in public():
        parts.extend(described(cls))
    return "\n".join(parts)


def main() -> int:
    """Write or check; the exit status."""
    text = written()
    if "--check" in sys.argv:
        return 0 if TARGET.exists() and TARGET.read_text() == text else 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
