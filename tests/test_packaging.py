"""
The distribution and its command: ``twistd -n socketio`` from a wheel, an editable install and a bare checkout.

Each case gets a virtual environment of its own, which sees the libraries of this one by a path entry: path entries of
*their* ``.pth`` files do not count there, so an editable install of the checkout under test stays out of it.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = {f"twisted/plugins/{path.name}" for path in (ROOT / "twisted/plugins").glob("socketio_*.py")}
TREE = ("gateway", "protocols", "legacy", "twisted", "setup.cfg", "pyproject.toml", "LICENSE", "README.md")
TWISTD = "import sys; sys.path.pop(0); from twisted.scripts.twistd import run; run()"
HERE = "127.0.0.1"
LISTEN = f"tcp:0:interface={HERE}"

APP = """
from twisted.web.resource import NoResource
from twisted.web.server import Site

from gateway import Listener
from gateway.front import Front

io = Listener()
front = Front(io)

def make():
    return Listener()

def pair():
    return Listener(), Site(NoResource())
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """One environment that has the command.

    :ivar folder: an empty directory beside the application's module ``sample``.
    :ivar path: PYTHONPATH of every run.
    """

    python: Path
    folder: Path
    path: str = ""

    def command(self, *arguments: str) -> list[str]:
        return [str(self.python), "-c", TWISTD, *arguments]

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV_"))}
        return kept | {"PYTHONPATH": self.path, "PYTHONUNBUFFERED": "1"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run twistd to its end."""
        command = self.command(*arguments)
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=60, check=False
        )

    def socketio(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``twistd -n socketio`` to its end."""
        return self.run("-n", "--pidfile=", "socketio", *arguments)

    @contextmanager
    def serving(self, *arguments: str) -> Iterator["Serving"]:
        """A server, stopped by SIGTERM at the end."""
        command = self.command("-n", "--pidfile=", "socketio", *arguments)
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, cwd=self.folder, env=self.environment(), stdout=pipe, stderr=subprocess.STDOUT, text=True
        ) as process:
            server = Serving(process, [])
            try:
                yield server
            finally:
                process.terminate()
                server.lines.extend(process.communicate(timeout=20)[0].splitlines())


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs, and what it has logged so far."""

    process: subprocess.Popen[str]
    lines: list[str]

    def until(self, pattern: str) -> re.Match[str]:
        """Read the log up to a line that fits."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"{pattern} was never logged:\n{''.join(self.lines)}")

    def stopped_well(self) -> bool:
        """Whether it shut down in order (twistd then ends by the signal that it got)."""
        return self.process.returncode == -signal.SIGTERM and "Server Shut Down." in self.lines[-1]

    def address(self) -> str:
        return self.until(r"listening on (http://\S+)").group(1)


def handshake(address: str) -> dict[str, object]:
    """Open an Engine.IO 4 session."""
    with urllib.request.urlopen(f"{address}/socket.io/?EIO=4&transport=polling", timeout=10) as answer:
        body = answer.read()
    assert body[:1] == b"0"
    opened: dict[str, object] = json.loads(body[1:])
    return opened


def copy_tree(target: Path) -> Path:
    """The files of the distribution, so that building leaves nothing in the checkout."""
    target.mkdir()
    ignore = shutil.ignore_patterns("__pycache__", "dropin.cache")
    for name in TREE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=ignore)
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, target / name)
    return target


def environment(folder: Path) -> Path:
    """The interpreter of a new virtual environment that sees the libraries of this one."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    libraries = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (Path(packages) / "libraries.pth").write_text("\n".join(libraries) + "\n", "utf-8")
    return python


def pip(*arguments: str | Path) -> None:
    """Run pip without a network."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def program(installed: Installed, *arguments: str) -> Iterator[str]:
    """A module of the package that runs, and the address it says it is ready at."""
    command = [installed.python, "-P", "-m", *arguments]
    with subprocess.Popen(
        command, cwd=installed.folder, env=installed.environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[1]
        finally:
            process.terminate()


OFFLINE = ("--no-index", "--no-deps", "--no-build-isolation")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_tree(tmp_path_factory.mktemp("packaging") / "tree")


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", *OFFLINE, "--wheel-dir", folder, copy_tree(folder / "tree"))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module", params=["wheel", "editable", "checkout"])
def installed(request: pytest.FixtureRequest, tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The command, brought in each of the three ways."""
    folder = tmp_path_factory.mktemp(request.param)
    python = environment(folder / "env")
    work = folder / "work"
    work.mkdir()
    (work / "sample.py").write_text(APP, "utf-8")
    if request.param == "wheel":
        pip("--python", python, "install", *OFFLINE, request.getfixturevalue("wheel"))
    elif request.param == "editable":
        pip("--python", python, "install", *OFFLINE, "--editable", tree)
    return Installed(python, work, str(tree) if request.param == "checkout" else "")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The command of this very checkout, for what does not depend on how it came in."""
    work = tmp_path_factory.mktemp("here")
    (work / "sample.py").write_text(APP, "utf-8")
    return Installed(Path(sys.executable), work, str(ROOT))


@pytest.fixture
def conformance_app() -> Iterator[str]:
    """The address of the application that the conformance tool talks to; it runs in the checkout."""
    installed = Installed(Path(sys.executable), ROOT, str(ROOT))
    with program(installed, "examples.conformance", "--port", "0") as url:
        yield url


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server((HERE, 0)) as server:
        yield server.getsockname()[1]


def test_twistd_lists_the_command(installed: Installed) -> None:
    assert re.search(r"^ +socketio +Every Socket\.IO client", installed.run("--help").stdout, re.MULTILINE)


def test_the_service_starts_answers_and_stops(installed: Installed) -> None:
    with installed.serving("--listen", LISTEN, "--app", "sample:io") as server:
        assert handshake(server.address())["pingInterval"] == 25000
    assert server.stopped_well()


def test_the_command_does_not_need_the_working_directory_to_be_the_checkout(installed: Installed) -> None:
    code = "import gateway, legacy, protocols; print(gateway.__file__)"
    found = subprocess.run(
        [installed.python, "-P", "-c", code],
        cwd=installed.folder, env=installed.environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not found.stdout.startswith(str(ROOT))


def test_the_wheel_holds_the_packages_and_the_plugin_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {
        "gateway",
        "protocols",
        "legacy",
        "twisted",
    }
    assert {name for name in names if name.startswith("twisted/")} == PLUGINS
    assert {f"{package}/py.typed" for package in ("gateway", "protocols", "legacy")} <= set(names)
    modules = {
        str(path.relative_to(ROOT)) for package in ("gateway", "protocols", "legacy") for path in (ROOT / package).rglob("*.py")
    }
    assert modules <= set(names)
    data = {str(path.relative_to(ROOT)) for path in (ROOT / "gateway/conformance/wire").rglob("*") if path.is_file()}
    assert len(data) > 200
    assert data | {"gateway/conformance/page.css"} <= set(names)


def test_the_conformance_tool_works_from_a_wheel_far_from_the_checkout(wheel: Path, tmp_path: Path, conformance_app: str) -> None:
    python = environment(tmp_path / "env")
    pip("--python", python, "install", *OFFLINE, wheel)
    work = tmp_path / "work"
    work.mkdir()
    installed = Installed(python, work)
    with program(installed, "gateway.conformance.fixtures", "--port", "0") as desk:
        script = python.parent / "socketio-conformance"
        chosen = ("--scenario", "message comes back", "--scenario", "batches", "--html", "page.html")
        done = subprocess.run(
            [python, "-P", script, conformance_app, "--fixture-url", desk, *chosen],
            cwd=work, env=installed.environment(), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    passed, failed, skipped = map(int, re.findall(r"\d+", done.stdout.splitlines()[-1]))
    assert passed > 20
    assert (failed, skipped) == (0, 0)
    assert done.stdout.count("socketio-0.6") > 3
    assert "message comes back" in (work / "page.html").read_text("utf-8")


@pytest.mark.parametrize("app", ["io", "front", "make", "pair"])
def test_an_application_is_a_listener_a_front_or_a_function(here: Installed, app: str) -> None:
    with here.serving("--listen", LISTEN, "--app", f"sample:{app}", "--ping-interval", "7") as server:
        assert handshake(server.address())["pingInterval"] == 7000
    assert server.stopped_well()


def test_every_port_is_announced(here: Installed) -> None:
    arguments = ("--listen", LISTEN, "--listen", LISTEN, "--flash-policy", LISTEN, "--app", "sample:io")
    with here.serving(*arguments) as server:
        addresses = {server.address() for _ in range(3)}
    assert len(addresses) == 3


def test_the_flash_policy_port_gives_the_policy(here: Installed) -> None:
    with here.serving("--listen", LISTEN, "--flash-policy", LISTEN, "--app", "sample:io") as server:
        server.address()
        port = int(server.address().rpartition(":")[2])
        with socket.create_connection((HERE, port), timeout=10) as connection:
            connection.sendall(b"<policy-file-request/>\0")
            assert connection.recv(4096).startswith(b"<?xml")


def test_a_file_gives_what_flags_give_and_flags_win(here: Installed) -> None:
    file = here.folder / "gateway.toml"
    text = f'listen = "{LISTEN}"\napp = "sample:io"\n[listener]\nping_interval = 7\nping-timeout = 5\norigins = "*"\n'
    file.write_text(text, "utf-8")
    with here.serving("--config", str(file), "--ping-interval", "9") as server:
        opened = handshake(server.address())
    assert (opened["pingInterval"], opened["pingTimeout"]) == (9000, 5000)


def test_a_port_in_use_ends_the_process_with_one_line(here: Installed, taken: int) -> None:
    endpoint = f"tcp:{taken}:interface={HERE}"
    done = here.socketio("--listen", endpoint, "--app", "sample:io")
    assert done.returncode == 1
    assert done.stdout.endswith(f" socketio-gateway cannot listen on {endpoint}: port in use\n")
    assert "Traceback" not in done.stdout + done.stderr


def test_a_daemon_that_finds_its_port_in_use_ends_and_says_why(here: Installed, taken: int) -> None:
    pid = here.folder / "pid"
    arguments = ("--listen", f"tcp:{taken}:interface={HERE}", "--app", "sample:io")
    done = here.run(f"--pidfile={pid}", "--logfile=log", "socketio", *arguments)
    assert done.returncode == 1
    assert f"socketio-gateway cannot listen on tcp:{taken}" in done.stderr
    assert gone(pid)


def gone(path: Path, seconds: float = 10) -> bool:
    """Whether a process that is ending removes ``path`` in time (nobody can wait for a daemon)."""
    ends = time.monotonic() + seconds
    while path.exists() and time.monotonic() < ends:
        time.sleep(0.02)
    return not path.exists()


def test_a_flash_policy_port_in_use_is_a_warning(here: Installed, taken: int) -> None:
    arguments = ("--listen", LISTEN, "--flash-policy", f"tcp:{taken}:interface={HERE}", "--app", "sample:io")
    with here.serving(*arguments) as server:
        address = server.address()
        server.until(rf"No Flash policy port on tcp:{taken}.*port in use.*--uid")
        assert handshake(address)
    assert server.stopped_well()


def test_every_option_of_a_listener_that_text_can_give_has_a_flag(here: Installed) -> None:
    from gateway.options import OPTIONS

    words = here.run("socketio", "--help").stdout
    flags = {"--" + name.replace("_", "-") for name, option in OPTIONS.items() if option.parse is not None}
    assert flags <= set(re.findall(r"--[a-z-]+", words))


def test_looking_for_the_service_installs_no_reactor() -> None:
    code = "import gateway, gateway.service, sys; sys.exit('twisted.internet.reactor' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_sigterm_lets_clients_go(here: Installed) -> None:
    with here.serving("--listen", LISTEN, "--app", "sample:io") as server:
        address = server.address()
        sid = handshake(address)["sid"]
        port = int(address.rpartition(":")[2])
        with socket.create_connection((HERE, port), timeout=10) as poll:
            poll.sendall(f"GET /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: {HERE}\r\n\r\n".encode())
            handshake(address)  # answered, so the poll before it has been read
            server.process.send_signal(signal.SIGTERM)
            assert poll.makefile("rb").read().endswith(b"\r\n\r\n1")
        server.process.wait(10)  # a second signal would cut its end short
    assert server.stopped_well()


def test_the_lock_file_of_the_clients_names_no_address() -> None:
    assert "://" not in (ROOT / "package-lock.json").read_text("utf-8")
