"""The command line of ``twistd -n socketio`` and its file: what is wrong is named in one line."""

import sys
from pathlib import Path

import pytest
from twisted.python.usage import UsageError

from gateway import logs
from gateway.service import Options

APP = """
from gateway import Listener

io = Listener()
number = 7

def wrong():
    return 7
"""

WRONG = [
    ([], "--app is missing"),
    (["--app", "sample"], "--app sample: package.module:name is wanted"),
    (["--app", "nowhere:io"], "--app nowhere:io: there is no module nowhere"),
    (["--app", "sample:nothing"], "--app sample:nothing: sample has no nothing"),
    (["--app", "sample:number"], "not int"),
    (["--app", "sample:wrong"], "not int"),
    (["--app", "sample:io", "--listen", "tcp:http:alt"], "tcp:http:alt: not an endpoint to listen on"),
    (["--app", "sample:io", "--listen", "pigeon:1"], "pigeon:1: not an endpoint to listen on"),
    (["--app", "sample:io", "--flash-policy", "tcp"], "tcp: not an endpoint to listen on"),
    (["--app", "sample:io", "--ping-interval", "soon"], "--ping-interval: a number of seconds is wanted, not 'soon'"),
    (["--app", "sample:io", "--ping-interval", "-1"], "option ping_interval: a number of seconds is wanted, not -1"),
    (["--app", "sample:io", "--eras", "0.9,1.7"], "option eras: "),
    (["--app", "sample:io", "--max-payload", "many"], "--max-payload: a whole number above 0 is wanted, not 'many'"),
    (["--app", "sample:io", "--config", "missing.toml"], "--config missing.toml: No such file or directory"),
    (["--app", "sample:io", "--pings", "1"], "option --pings not recognized"),
    (["--app", "sample:io", "--log-level", "loud"], "log level of socketio: debug, info, "),
    (["--app", "sample:io", "--log-level", "twisted=info"], "log level: 'twisted' is no scope: "),
]


@pytest.mark.parametrize("arguments, complaint", WRONG)
def test_a_wrong_word_is_named_in_one_line(
    arguments: list[str], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert complaint in usage_error(arguments, tmp_path, monkeypatch)


WRONG_FILES = [
    ("listen = 8080", "listen in the file: text or a list of it is wanted"),
    ("log_level = 3", "log-level in the file: text or a list of it is wanted"),
    ("log_level = 'socketio=loud'", "log level of socketio: debug, info, "),
    ("port = 8080", "unknown key in the file: port"),
    ("[listener]\npings = 1", "unknown option in the file: pings"),
    ("[listener]\nping_interval = true", "option ping_interval: a number of seconds is wanted, not True"),
    ("[listener]\nping_interval = 'soon'", "ping_interval: a number of seconds is wanted, not 'soon'"),
    ("listener = 1", "listener in the file: a table is wanted"),
    ("listen =", "Invalid value"),
]


@pytest.mark.parametrize("text, complaint", WRONG_FILES)
def test_a_wrong_word_in_the_file_is_named_in_one_line(
    text: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wrong.toml").write_text(text, "utf-8")
    assert complaint in usage_error(["--app", "sample:io", "--config", "wrong.toml"], tmp_path, monkeypatch)


def test_flags_win_over_the_file_and_both_over_the_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gateway.toml").write_text('app = "sample:io"\n[listener]\nping_interval = 7\nping-timeout = 5\n', "utf-8")
    options = parsed(["--config", "gateway.toml", "--ping-interval", "9"], tmp_path, monkeypatch)
    listener = options.front.mounts[0]
    assert (listener.options.ping_interval, listener.options.ping_timeout) == (9, 5)


def test_the_port_is_8080_unless_another_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert parsed(["--app", "sample:io"], tmp_path, monkeypatch).endpoints == ["tcp:8080"]


@pytest.mark.parametrize(
    "file", ["log_level = 'socketio.sockets=debug'", "log-level = ['socketio=warn', 'socketio.sockets=debug']"]
)
def test_levels_of_the_log_come_from_the_file_and_flags_win(file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gateway.toml").write_text(file, "utf-8")
    parsed(["--app", "sample:io", "--config", "gateway.toml"], tmp_path, monkeypatch)
    assert (logs.debugs("sockets"), logs.debugs("clients")) == (True, False)
    arguments = ["--log-level", "socketio.sockets=info", "--log-level", "socketio.clients=debug"]
    parsed(["--app", "sample:io", "--config", "gateway.toml", *arguments], tmp_path, monkeypatch)
    assert (logs.debugs("sockets"), logs.debugs("clients")) == (False, True)
    logs.forget_levels()


def parsed(arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """Read a command line in a folder with an application."""
    (folder / "sample.py").write_text(APP, "utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "sample", raising=False)
    options = Options()
    options.parseOptions(arguments)
    return options


def usage_error(arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command line is refused with."""
    with pytest.raises(UsageError) as refused:
        parsed(arguments, folder, monkeypatch)
    message = str(refused.value)
    assert "\n" not in message
    return message
