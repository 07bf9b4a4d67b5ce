"""Each option of a Listener as a flag of ``twistd socketio``, as an entry of its TOML file, and as the text of a flag there."""

import sys

import pytest
from twisted.python.usage import UsageError

from gateway import MemoryStore
from gateway.flags import flag_of
from gateway.optionkinds import Named
from gateway.options import OPTIONS
from gateway.service import Options

APP = """
from gateway import Listener

io = Listener()
number = 7

def function(*arguments):
    return None
"""

PARTS = """
from gateway import MemoryAdapter

def adapter(namespace):
    return MemoryAdapter(namespace.sockets)

def nothing(namespace):
    return None
"""

FUNCTION = "sample:function"

GIVEN = {
    "path": ("/io", '"/io"', "/io"),
    "eras": ("0.9, eio4", '["0.9", "eio4"]', ("0.9", "eio4")),
    "transports": ("websocket,polling,xhr-polling", '["websocket", "polling", "xhr-polling"]', None),
    "assume_eio": ("none", '"none"', None),
    "poll_framing": (FUNCTION, f'"{FUNCTION}"', "function"),
    "counted_acks": (FUNCTION, f'"{FUNCTION}"', "function"),
    "old_payload": ("envelope", '"envelope"', "envelope"),
    "old_events": ("no", "false", False),
    "blacklist": ("secret, audit", '["secret", "audit"]', ("secret", "audit")),
    "ping_interval": ("2.5", "2.5", 2.5),
    "ping_timeout": ("7", "7", 7),
    "upgrade_timeout": ("7", "7", 7),
    "connect_timeout": ("7", "7", 7),
    "poll_duration": ('{old = 5, "0.9" = 2.5}', '{old = 5, "0.9" = 2.5}', {"old": 5, "0.9": 2.5}),
    "close_timeout": ("50", "50", 50),
    "heartbeat_interval": ("{old = 5}", "{old = 5}", {"old": 5}),
    "heartbeat_timeout": ("70", "70", 70),
    "transport_options": (
        "{xhr-polling = {poll_duration = 5}}", "{xhr-polling = {poll_duration = 5}}", {"xhr-polling": {"poll_duration": 5}},
    ),
    "max_payload": ("1000", "1000", 1000),
    "max_buffer": ("1000", "1000", 1000),
    "max_attachments": ("7", "7", 7),
    "max_namespaces": ("7", "7", 7),
    "max_dynamic": ("7", "7", 7),
    "max_rooms": ("7", "7", 7),
    "max_acks": ("7", "7", 7),
    "max_head": ("4096", "4096", 4096),
    "max_head_lines": ("50", "50", 50),
    "max_pipelined": ("7", "7", 7),
    "request_timeout": ("7", "7", 7),
    "keepalive": ("7", "7", 7),
    "drain": ("7", "7", 7),
    "max_sessions": ("7", "7", 7),
    "max_connections": ("7", "7", 7),
    "origins": ("http://a.example, http://b.example", '["http://a.example", "http://b.example"]',
        ("http://a.example", "http://b.example")),
    "cookie": ('{name = "io", secure = true}', '{name = "io", secure = true}', {"name": "io", "secure": True}),
    "compression": ("http,websocket", '["http", "websocket"]', ("http", "websocket")),
    "parser": ("msgpack", '"msgpack"', "msgpack"),
    "serve_client": ('{folder = ".", version = "4.8"}', '{folder = ".", version = "4.8"}', {"folder": ".", "version": "4.8"}),
    "store": ("memory", '"memory"', MemoryStore),
    "store_expiration": ("15", "15", 15),
    "adapter": ("parts:adapter", '"parts:adapter"', "adapter"),
    "authorization": (FUNCTION, f'"{FUNCTION}"', "function"),
    "generate_id": (FUNCTION, f'"{FUNCTION}"', "function"),
    "public_ids": ("random", '"random"', "random"),
    "recovery": ("120", "120", 120),
    "recovery_buffer": ("1000", "1000", 1000),
    "cleanup_empty_namespaces": ("yes", "true", True),
    "flash_policy": ('[["a.example", [80]], ["b.example", "*"]]', '[["a.example", [80]], ["b.example", "*"]]',
        [["a.example", [80]], ["b.example", "*"]]),
    "trust_proxy": ("10.0.0.0/8, unix", '["10.0.0.0/8", "unix"]', ("10.0.0.0/8", "unix")),
    "match_origin_protocol": ("on", "true", True),
    "hixie": ("no", "false", False),
    "hosts": ("a.example, b.example:8080", '["a.example", "b.example:8080"]', ("a.example", "b.example:8080")),
    "handshake_delay": ("0", "0", 0),
    "on_client_connect": (FUNCTION, f'"{FUNCTION}"', "function"),
    "on_client_message": (FUNCTION, f'"{FUNCTION}"', "function"),
    "on_client_disconnect": (FUNCTION, f'"{FUNCTION}"', "function"),
}  # fmt: skip
"""Option -> the text of its flag, what stands in the file, the value."""

GIVEN["transports"] = (*GIVEN["transports"][:2], ("websocket", "polling", "xhr-polling"))


def test_every_option_is_in_the_table():
    assert GIVEN.keys() == OPTIONS.keys()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with an application."""
    (tmp_path / "sample.py").write_text(APP, "utf-8")
    (tmp_path / "parts.py").write_text(PARTS, "utf-8")
    (tmp_path / "socket.io.js").write_text("/*! Socket.IO v4.8.1 */", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for module in ("sample", "parts"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    return tmp_path


def value_of(arguments, name):
    """What the application's listener has for an option."""
    options = Options()
    options.parseOptions(["--app", "sample:io", *arguments])
    value = getattr(options.front.mounts[0].options, name)
    if name == "store":
        return type(value)
    value = value.found().__name__ if isinstance(value, Named) else value
    return tuple(value) if isinstance(value, list) and name != "flash_policy" else value


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_has_a_flag(folder, name):
    text, _, value = GIVEN[name]
    assert value_of([f"--{flag_of(OPTIONS[name])}", text], name) == value


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_has_an_entry_in_the_file(folder, name):
    _, written, value = GIVEN[name]
    (folder / "gateway.toml").write_text(f"[listener]\n{name} = {written}\n", "utf-8")
    assert value_of(["--config", "gateway.toml"], name) == value


@pytest.mark.parametrize("name", OPTIONS)
def test_the_file_takes_the_text_of_a_flag_too_and_dashes(folder, name):
    text, _, value = GIVEN[name]
    (folder / "gateway.toml").write_text(f"[listener]\n{name.replace('_', '-')} = '{text}'\n", "utf-8")
    assert value_of(["--config", "gateway.toml"], name) == value


WRONG = [
    ("authorization", "sample:nothing", "option authorization: sample:nothing: sample has no nothing"),
    ("authorization", "sample:number", "option authorization: sample:number: a function is wanted, not int"),
    ("generate_id", "nowhere:id", "option generate_id: nowhere:id: there is no module nowhere"),
    ("adapter", "sample", "--adapter: sample: package.module:name is wanted"),
    ("transport_options", "{xhr-polling", "--transport-options: {transport: {one of its four times: seconds}} is wanted"),
    ("transport_options", "{}\nb = 1", "--transport-options: {transport: {one of its four times: seconds}} is wanted"),
    ("poll_duration", "{soon = 1}", "option poll_duration: a number of seconds, or {era: seconds} is wanted"),
    ("flash_policy", "a.example:80", "--flash-policy-allow: a list of (domain, ports)"),
    ("adapter", "parts:nothing", "option adapter: what it made for / has no method add, remove, members, broadcast, elsewhere"),
]


@pytest.mark.parametrize(("name", "text", "complaint"), WRONG)
def test_a_text_that_gives_no_value_is_named_in_one_line(folder, name, text, complaint):
    with pytest.raises(UsageError) as refused:
        value_of([f"--{flag_of(OPTIONS[name])}", text], name)
    assert str(refused.value).startswith(complaint)
    assert text == "{}\nb = 1" or "\n" not in str(refused.value)
