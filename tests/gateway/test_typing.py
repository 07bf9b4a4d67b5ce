"""What a type checker sees of handlers: decorators keep the types of what they decorate."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SNIPPET = """
import re
from gateway import Listener, Namespace, Socket

io = Listener()

@io.on("connection")
def connected(socket: Socket) -> None: ...

@io.of("/chat").on("say", serial=True)
async def say(socket: Socket, text: str) -> int: return len(text)

@io.once("x", ack=True)
def once(socket: Socket, ack: object) -> str: return ""

def plain(socket: Socket, number: int) -> bytes: return b""

class Bound:
    def method(self, socket: Socket) -> None: ...

reveal_type(connected)
reveal_type(say)
reveal_type(once)
reveal_type(io.on("e", plain))
reveal_type(io.of("/chat").once("e", plain))
reveal_type(io.on_any(plain))
reveal_type(io.on("e", Bound().method))
reveal_type(io.of("/chat"))
reveal_type(io.of(re.compile("x")))
reveal_type(io.of(lambda name, handshake: name == "/x"))
reveal_type(io.to("room").volatile.except_("other"))

def handler(socket: Socket) -> None:
    reveal_type(socket.on("e", plain))
    reveal_type(socket.rooms)
    reveal_type(socket.broadcast.to("room"))
    reveal_type(socket.client.era)
"""

REVEALED = [
    "def (socket: gateway.sockets.Socket)",
    "def (socket: gateway.sockets.Socket, text: str) -> Coroutine[Any, Any, int]",
    "def (socket: gateway.sockets.Socket, ack: object) -> str",
    "def (socket: gateway.sockets.Socket, number: int) -> bytes",
    "def (socket: gateway.sockets.Socket, number: int) -> bytes",
    "def (socket: gateway.sockets.Socket, number: int) -> bytes",
    "def (socket: gateway.sockets.Socket)",
    "gateway.namespace.Namespace",
    "gateway.dynamic.ParentNamespace",
    "gateway.dynamic.ParentNamespace",
    "gateway.broadcast.Broadcast",
    "def (socket: gateway.sockets.Socket, number: int) -> bytes",
    "set[str]",
    "gateway.broadcast.Broadcast",
    "str",
]


def test_decorators_and_flags_keep_their_types(tmp_path, monkeypatch):
    api = pytest.importorskip("mypy.api")
    monkeypatch.chdir(ROOT)
    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPET)
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\nstrict = True\nfollow_imports = silent\nignore_missing_imports = True\n")
    out, _, _ = api.run(["--config-file", str(config), "--cache-dir", str(ROOT / ".mypy_cache" / "snippets"), str(snippet)])
    errors = [line for line in out.splitlines() if str(snippet) in line and ": error:" in line]
    revealed = [kind.replace("builtins.", "").replace("typing.", "") for kind in re.findall(r'Revealed type is "(.*)"', out)]
    assert errors == []
    assert revealed == REVEALED
