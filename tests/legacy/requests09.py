"""A request as doors and wires see it, made from its recorded bytes or from its parts."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs


@dataclass
class Request:
    """
    A plain ``RequestView``.

    :ivar headers: names in lower case.
    """

    method: str
    target: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, raw: bytes) -> "Request":
        """Read head and body as they were recorded."""
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return cls(method, target, body, headers)

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def raw_query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def query(self) -> dict[str, Any]:
        parsed = parse_qs(self.raw_query, keep_blank_values=True)
        return {key: values[0] if len(values) == 1 else values for key, values in parsed.items()}

    @property
    def upgrade(self) -> bool:
        return self.header("upgrade").lower() == "websocket"

    @property
    def segments(self) -> list[str]:
        """The path below /socket.io/."""
        return self.path.removeprefix("/socket.io/").split("/")

    def header(self, name: str) -> str:
        return self.headers.get(name, "")
