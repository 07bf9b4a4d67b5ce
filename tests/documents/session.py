"""
A reader who does what a page says, in an empty folder: saves the files, runs the Python, types the commands.

Ports are replaced by free ones, and what would install from a registry is looked up instead of downloaded.
"""

import configparser
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.conformance.__main__ import arguments as conformance_arguments
from gateway.flags import from_file, read
from gateway.options import ListenerOptions
from tests.documents.snippets import ROOT, Snippet
from tests.documents.transcripts import play

LIMIT = 60
"""Seconds that anything may take."""

TWISTD = "import sys; sys.path.pop(0); from twisted.scripts.twistd import run; run()"


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Session:
    """
    One page's worth of doing.

    :param folder: empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports: dict[str, int] = {}
        self._settings: dict[str, str] = {}
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def run(self, snippet: Snippet) -> None:
        """
        Do what one snippet says.

        :raises AssertionError: it does not work.
        """
        code = re.sub(r"\b(8080|8081|8443)\b", lambda found: str(self._port(found[1])), snippet.code)
        getattr(self, f"_{snippet.language}")(snippet, code)

    def _port(self, name: str) -> int:
        if name not in self._ports:
            with socket.create_server(("127.0.0.1", 0)) as free:
                self._ports[name] = free.getsockname()[1]
        return self._ports[name]

    def close(self) -> None:
        """End what still runs, as before the next server: servers by a signal; programs have to end by themselves."""
        try:
            for command, process in self._running:
                if command.startswith("node"):
                    self._ended(command, process)
        finally:
            for _, process in self._running:
                process.send_signal(signal.SIGTERM)
            for _, process in self._running:
                process.wait(LIMIT)
            self._running.clear()

    def _ended(self, command: str, process: subprocess.Popen[bytes]) -> None:
        try:
            status = process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{command} has not ended") from None
        assert status == 0, (command, self._output(command).read_text())

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(ROOT),
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "PYTHONUNBUFFERED": "1",
        } | self._settings

    # By language

    def _text(self, snippet: Snippet, code: str) -> None:
        """Nothing is claimed to run."""

    def _python(self, snippet: Snippet, code: str) -> None:
        path = self._folder / (snippet.file or f"line{snippet.line}.py")
        path.write_text(code, "utf-8")
        module = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if path.name.startswith("test_") else []
        self._done([sys.executable, *module, path.name])

    def _js(self, snippet: Snippet, code: str) -> None:
        path = self._folder / (snippet.file or f"line{snippet.line}.js")
        path.write_text(code, "utf-8")
        if shutil.which("node"):
            self._done(["node", "--check", path.name])

    def _toml(self, snippet: Snippet, code: str) -> None:
        path = self._folder / (snippet.file or "gateway.toml")
        path.write_text(code, "utf-8")
        ListenerOptions.checked(from_file(read(str(path)).get("listener", {})))

    def _ini(self, snippet: Snippet, code: str) -> None:
        """A unit of systemd; what it executes has to be one of the commands that are checked."""
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(code)
        assert {"Unit", "Socket", "Service", "Install"} >= set(unit.sections())
        command = unit.get("Service", "ExecStart", fallback="")
        if command:
            words = shlex.split(command)
            assert Path(words[0]).name == "twistd"
            self._parsed_twistd(words[1:])

    def _wire(self, snippet: Snippet, code: str) -> None:
        play(snippet.code)

    def _sh(self, snippet: Snippet, code: str) -> None:
        for line in code.replace("\\\n", " ").splitlines():
            command = line.partition("  #")[0].strip()
            if command and not command.startswith("#"):
                self._command(command)

    # Commands

    def _command(self, command: str) -> None:
        words = shlex.split(command)
        self._settings.clear()
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            self._settings[name] = value
        for begins, handle in self._HANDLERS:
            if words[: len(begins.split())] == begins.split():
                handle(self, words[len(begins.split()) :])
                return
        raise AssertionError(f"nobody knows how to check: {command}")

    def _done(self, command: list[str]) -> str:
        ran = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        assert ran.returncode == 0, (command, ran.stdout[-2000:], ran.stderr[-2000:])
        return ran.stdout

    def _make(self, words: list[str]) -> None:
        targets = [word for word in words if "=" not in word]
        database = subprocess.run(["make", "-pnq"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
        for target in targets:
            assert re.search(rf"^{re.escape(target)}:", database, re.M), f"make {target}"

    def _twistd(self, words: list[str]) -> None:
        self._parsed_twistd(words)
        self.close()
        if not any(re.search(r"tls|ssl|systemd|unix|:443|:80\b|843", word) for word in words):
            if "--listen" not in words and "--config" not in words:
                words = [*words, "--listen", f"tcp:{self._port('8080')}"]
            named = [int(port) for port in re.findall(r"\b\d{4,5}\b", " ".join(words))]
            port = next(port for port in [*named, *reversed(self._ports.values())] if port in self._ports.values())
            self._start("twistd", [sys.executable, "-c", TWISTD, *words], port)

    def _parsed_twistd(self, words: list[str]) -> None:
        """The options are those of twistd and of ours, with applications that are there."""
        code = (
            "import sys; from twisted.scripts.twistd import ServerOptions; from gateway.flags import Options\n"
            "i = sys.argv.index('socketio')\n"
            "from twisted.python import usage\n"
            "o = ServerOptions(); usage.Options.parseOptions(o, [*sys.argv[1:i], 'ftp'])\n"
            "Options().parseOptions(sys.argv[i + 1:])\n"
        )
        words = [re.sub(r"^systemd:.*", "tcp:0", word) for word in words]
        before, ours = words[: words.index("socketio")], words[words.index("socketio") + 1 :]
        (self._folder / "package").mkdir(exist_ok=True)
        (self._folder / "package" / "module.py").write_text("from gateway import Listener\n\nio = Listener()\n")
        for name in ("certificates", "live"):
            (self._folder / name).mkdir(exist_ok=True)
        self._done([sys.executable, "-c", code, *before, "socketio", *ours])

    def _node(self, words: list[str]) -> None:
        if not (self._folder / "node_modules").is_dir():
            pytest.skip("Node.js or the published clients are not there (make clients)")
        self._start(f"node {words[0]}", ["node", *words])

    def _example(self, words: list[str]) -> None:
        self._done([sys.executable, str(ROOT / words[0]), "--help"])

    def _pip(self, words: list[str]) -> None:
        config = configparser.ConfigParser()
        config.read(ROOT / "setup.cfg")
        for word in words:
            if word.startswith("-"):
                continue
            name, _, extras = word.rstrip("]").partition("[")
            assert name in (config["metadata"]["name"], "pytest", "."), word
            for extra in filter(None, extras.split(",")):
                assert config["options.extras_require"].get(extra), word

    def _npm(self, words: list[str]) -> None:
        """The versions are among those of package.json; they are linked, not fetched."""
        packages = json.loads((ROOT / "package.json").read_text())["dependencies"]
        target = self._folder / "node_modules"
        for word in words:
            alias, _, wanted = word.partition("@npm:") if "@npm:" in word else (word.rpartition("@")[0], "", word)
            (found,) = [name for name, version in packages.items() if version == f"npm:{wanted}"]
            if (ROOT / "node_modules" / found).is_dir():
                target.mkdir(exist_ok=True)
                (target / alias).symlink_to(ROOT / "node_modules" / found)

    def _conformance(self, words: list[str]) -> None:
        conformance_arguments([word for word in words if word != "URL"] + ["http://x"] * ("URL" in words))

    def _fixtures(self, words: list[str]) -> None:
        self._done([sys.executable, "-m", "gateway.conformance.fixtures", "--help"])
        assert words[:1] in ([], ["--port"])

    def _pytest(self, words: list[str]) -> None:
        paths = [word for word in words if word.endswith(".py") or "/" in word]
        assert all((ROOT / path).exists() or (self._folder / path).exists() for path in paths if "://" not in path), words
        for path in paths:
            if (self._folder / path).exists():
                self._done([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path])

    def _script(self, words: list[str]) -> None:
        assert (ROOT / words[0]).exists(), words

    def _module(self, words: list[str]) -> None:
        """``python -m venv`` and the like: the standard library's own."""
        assert words

    def _start(self, name: str, command: list[str], port: int = 0) -> None:
        """
        Start something that goes on.

        :param port: it is there when somebody listens on this one; 0 for none.
        """
        with self._output(name).open("a") as output:
            process = subprocess.Popen(command, cwd=self._folder, env=self._environment, stdout=output, stderr=output)
        self._running.append((name, process))
        ends = time.monotonic() + LIMIT
        while port and not _listens(port):
            assert process.poll() is None, self._output(name).read_text()
            assert time.monotonic() < ends, f"{name} did not start: {self._output(name).read_text()}"
            time.sleep(0.05)

    def _output(self, name: str) -> Path:
        return self._folder / f"{name.replace(' ', '-')}.log"

    _HANDLERS: tuple[tuple[str, Callable[["Session", list[str]], None]], ...] = (
        ("make", _make),
        ("twistd", _twistd),
        ("node", _node),
        ("npm install", _npm),
        ("pip install", _pip),
        ("python examples/conformance.py", lambda self, words: self._example(["examples/conformance.py"])),
        ("python -m gateway.conformance.fixtures", _fixtures),
        ("python -m gateway.conformance", _conformance),
        ("socketio-conformance", _conformance),
        ("python -m pytest", _pytest),
        ("python -m venv", _module),
        (". ", _module),
        ("python", _script),
        ("node_modules", _module),
        ("git clone", _module),
    )
