"""What a type checker sees of handlers: decorators keep the types of what they decorate."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SNIPPET = """
import re
from gateway import EngineListener, EngineSocket, Listener, Namespace, Socket

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

    @socket.on("said")
    def said(text: str) -> int: return 1

    @socket.once("said", ack=True)
    async def said_once(text: str, ack: object) -> None: ...

    @socket.use
    def screen(event: str, args: list[object]) -> None: ...

    @socket.on_any
    def heard(event: str, *args: object) -> None: ...

    @socket.on_any_outgoing
    async def told(event: str, *args: object) -> None: ...

    reveal_type(said)
    reveal_type(said_once)
    reveal_type(screen)
    reveal_type(heard)
    reveal_type(told)
    reveal_type(socket.volatile.compress(False).timeout(1))
    reveal_type(socket.request)
    reveal_type(socket.data)

async def asks(socket: Socket) -> None:
    reveal_type(await socket.has("key"))
    reveal_type(await socket.all())
    reveal_type(await io.fetch_sockets())
    reveal_type(await io.server_side_call("count"))
    reveal_type(await socket.set("key", 1))

@io.use
async def admitted(socket: Socket) -> bool: return True

@io.of("/chat").use
def admitted_too(socket: Socket) -> None: ...

@io.of(re.compile("x")).on("e")
def dynamic(socket: Socket) -> None: ...

@io.server_side.on("count")
def counted(number: int) -> int: return number

@io.of("/chat").prepend_any
def first(socket: Socket, event: str, *args: object) -> None: ...

@io.engine.use
def seen(request: object) -> None: ...

engine = EngineListener()

@engine.on("connection")
def opened(socket: EngineSocket) -> None:
    @socket.on("message")
    def echo(data: str | bytes) -> None: socket.send(data)
    reveal_type(echo)

reveal_type(admitted)
reveal_type(admitted_too)
reveal_type(dynamic)
reveal_type(counted)
reveal_type(first)
reveal_type(seen)
reveal_type(opened)
reveal_type(io.set("heartbeat interval", 20))

@io.configure("production")
def production() -> None: ...

@io.configure
def everywhere() -> int: return 1

reveal_type(production)
reveal_type(everywhere)
reveal_type(io.configure("production", production))
"""

WRONG = [
    ("io.on(5, plain)", 'No overload variant of "on"'),
    ("io.emit(5)", 'Argument 1 to "emit"'),
    ("io.to(5)", 'Argument 1 to "to"'),
    ("io.nothing", '"Listener" has no attribute "nothing"'),
    ("socket.joined", '"Socket" has no attribute "joined"'),
    ("socket.timeout('5')", 'Argument 1 to "timeout"'),
    ("io.on('e', 5)", 'No overload variant of "on"'),
]

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
    "def (text: str) -> int",
    "def (text: str, ack: object) -> Coroutine[Any, Any, None]",
    "def (event: str, args: list[object])",
    "def (event: str, *args: object)",
    "def (event: str, *args: object) -> Coroutine[Any, Any, None]",
    "gateway.broadcast.Broadcast",
    "gateway.handshake.Handshake",
    "dict[str, Any]",
    "bool",
    "dict[str, Any]",
    "list[gateway.sockets.Socket]",
    "list[Any]",
    "None",
    "def (data: str | bytes)",
    "def (socket: gateway.sockets.Socket) -> Coroutine[Any, Any, bool]",
    "def (socket: gateway.sockets.Socket)",
    "def (socket: gateway.sockets.Socket)",
    "def (number: int) -> int",
    "def (socket: gateway.sockets.Socket, event: str, *args: object)",
    "def (request: object)",
    "def (socket: gateway.engine.EngineSocket)",
    "gateway.listener.Listener",
    "def ()",
    "def () -> int",
    "gateway.listener.Listener",
]


CONFIGURATION = """[mypy]
strict = True
follow_imports = silent
ignore_missing_imports = True
disallow_untyped_calls = False
plugins = mypy_zope:plugin
"""


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """``checked(name, source)``: the lines that mypy has about a program."""
    api = pytest.importorskip("mypy.api")
    folder = tmp_path_factory.mktemp("typing")
    config = folder / "mypy.ini"
    pytest.importorskip("mypy_zope")
    config.write_text(CONFIGURATION)

    def check(name, source):
        program = folder / name
        program.write_text(source)
        options = ["--config-file", str(config), "--cache-dir", str(ROOT / ".mypy_cache" / "snippets")]
        out, _, _ = api.run([*options, str(program)])
        return [line for line in out.splitlines() if name in line]

    return check


def test_decorators_and_flags_keep_their_types(checked, monkeypatch):
    monkeypatch.chdir(ROOT)
    lines = checked("snippet.py", SNIPPET)
    kinds = [found[1] for line in lines if (found := re.search(r'Revealed type is "(.*)"', line))]
    assert [line for line in lines if ": error:" in line] == []
    assert [kind.replace("builtins.", "").replace("typing.", "") for kind in kinds] == REVEALED


def test_mistakes_are_found_before_the_program_runs(checked, monkeypatch):
    monkeypatch.chdir(ROOT)
    head = "from gateway import Listener, Socket\nio = Listener()\ndef plain(socket: Socket) -> None: ...\n"
    body = "".join(f"    {code}\n" for code, _ in WRONG)
    lines = [line for line in checked("wrong.py", f"{head}def handler(socket: Socket) -> None:\n{body}") if ": error:" in line]
    first = head.count("\n") + 2
    for number, (code, complaint) in enumerate(WRONG, first):
        assert any(f"wrong.py:{number}: " in line and complaint in line for line in lines), code


@pytest.mark.parametrize("name", ["conformance.py", "chat.py"])
def test_the_examples_are_typed(checked, monkeypatch, name):
    monkeypatch.chdir(ROOT)
    assert [line for line in checked(name, (ROOT / "examples" / name).read_text("utf-8")) if ": error:" in line] == []
