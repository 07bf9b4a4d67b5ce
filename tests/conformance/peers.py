"""
The published clients, driven through Node; those written in Python run in an environment of their own.

    ann = await connect("4.8", "polling")
    assert await ann.call("echo", "é") == ["é"]
    assert await ann.event("news") == ["hello"]

Which reports a runner writes is told in ``clients/lines.js``.
"""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from tests.conformance.processes import LIMIT, ROOT, Child, soon, start

CLIENTS = ROOT / "tests/conformance/clients"
ENVIRONMENT = ROOT / ".venv-clients"
"""Made by ``make python-clients``; below ``sets`` there is a folder for each file of ``clients/requirements``."""

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Build:
    """
    A published client.

    :ivar package: its folder in node_modules, or its set of Python packages.
    :ivar also: another folder that its runner needs.
    :ivar runner: the script that drives it.
    :ivar transports: name in the tests -> what its ``connect`` is given.
    :ivar module: of a client written in Python, the name it is imported by.
    :ivar browser: the browser that it runs in.
    """

    package: str
    runner: str
    era: str
    transports: dict[str, dict[str, Any]]
    also: str = ""
    module: str = ""
    browser: str | None = None

    @property
    def command(self) -> tuple[str, ...]:
        """The command that starts its runner."""
        if not self.module:
            return node(self.runner, *filter(None, [self.browser]))
        python = str(ENVIRONMENT / "bin/python")
        return (python, str(CLIENTS / f"{self.runner}.py"), str(ENVIRONMENT / "sets" / self.package), self.module)

    @property
    def can_run(self) -> bool:
        """Whether its runner can be started."""
        return not self.module or (ENVIRONMENT / "sets" / self.package / ".installed").exists()

    def need(self) -> None:
        """Skip the test where it is not installed."""
        if not self.can_run:
            pytest.skip(f"{self.package} is not installed: make python-clients")
        if not self.module:
            need_packages(self.package, self.also)


def node(script: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a script of this folder in Node."""
    return ("node", str(CLIENTS / f"{script}.js"), *arguments)


MODERN = {
    "polling": {"transports": ["polling"]},
    "websocket": {"transports": ["websocket"]},
    "upgrade": {"transports": ["polling", "websocket"]},
}
NINE = {name: {"transports": [name]} for name in ("websocket", "xhr-polling")}
NINE_PAGE = {
    name: {"transports": [name], "inPage": True}
    for name in ("websocket", "htmlfile", "xhr-polling", "jsonp-polling", "flashsocket")
} | {name: {"transports": ["websocket"], "inPage": True, "draft": name} for name in ("hixie-75", "hixie-76")}
JSONP = {"jsonp-polling": {"transports": ["jsonp-polling"]}}
OLD = {
    "websocket": {"transports": ["websocket"]},
    "hixie-76": {"transports": ["websocket"], "draft": "hixie-76"},
    "flashsocket": {"transports": ["flashsocket"], "movie": True},
    **{name: {"transports": [name]} for name in ("htmlfile", "xhr-multipart", "xhr-polling", "jsonp-polling")},
}
OLDEST = {
    "websocket": {"transports": ["websocket"]},
    **{name: {"transports": ["websocket"], "draft": name} for name in ("hixie-75", "hixie-76")},
    **{name: {"transports": [name]} for name in ("htmlfile", "xhr-multipart", "xhr-polling")},
}

PYTHON = {
    "python 5": Build("python-socketio-5", "python_socketio", "eio4", MODERN, module="socketio"),
    "python 4": Build("python-socketio-4", "python_socketio", "eio3", MODERN, module="socketio_v4"),
    "socketIO-client 0.7": Build(
        "socketio-client-0.7",
        "socketio_client",
        "eio3",
        {"polling": {"transports": ["xhr-polling"]}, "upgrade": {"transports": ["xhr-polling", "websocket"]}},
        module="socketIO_client",
    ),
    "socketIO-client 0.5": Build("socketio-client-0.5", "socketio_client", "0.9", NINE | JSONP, module="socketIO_client"),
}
"""Clients written in Python."""

BASE64 = {f"{name} in base64": {**options, "forceBase64": True} for name, options in MODERN.items()}
ENGINE = {
    "engine 6.6": Build("engine.io-client-6.6", "engine", "eio4", MODERN | BASE64),
    "engine 3.5": Build("engine.io-client-3.5", "engine", "eio3", MODERN | BASE64),
    "engine 1.8": Build("engine.io-client-1.8", "engine", "eio3", MODERN | BASE64),
}
"""Clients of bare Engine.IO."""

BUILDS = {
    "4.8": Build("socket.io-client-4.8", "modern", "eio4", MODERN),
    "3.1": Build("socket.io-client-3.1", "modern", "eio4", MODERN),
    "2.5": Build("socket.io-client-2.5", "modern", "eio3", MODERN),
    "1.7": Build("socket.io-client-1.7", "modern", "eio3", MODERN),
    "0.9": Build("socket.io-client-0.9", "nine", "0.9", NINE),
    "0.8": Build("socket.io-client-0.8", "early", "0.9", NINE),
    "0.7": Build("socket.io-client-0.7", "early", "0.9", NINE),
    "0.6": Build("socket.io-0.6", "old", "old", OLD, also="ws"),
}


ALL = [(name, transport) for name, build in BUILDS.items() for transport in build.transports]
"""Every JavaScript client over every transport."""
NAMED = [(name, transport) for name, transport in ALL if name != "0.6"]
"""Those that know namespaces."""
BINARY = [(name, transport) for name, transport in NAMED if BUILDS[name].era != "0.9"]
"""Those that know binary."""

BUILDS |= {line: Build(f"socket.io-{line}", "old", "old", OLDEST, also="ws") for line in ("0.3", "0.4", "0.5")}
"""Messages are all they know: those of 0.3 and 0.4 any JSON, those of 0.5 text."""
BUILDS |= PYTHON | ENGINE

BUILDS |= {
    f"{line} page": Build(f"socket.io-client-{line}", "nine", "0.9", NINE_PAGE, also="ws") for line in ("0.7", "0.8", "0.9")
}
"""The files for browsers of 0.7 to 0.9, in a page that stands in for a browser's."""


def need_node() -> None:
    """Skip the test where Node.js is not installed."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")


def need_packages(*packages: str) -> None:
    """Skip the test where one of these npm packages is not installed."""
    for package in packages:
        if not (ROOT / "node_modules" / package).is_dir():
            pytest.skip(f"the npm package {package} is not installed: make clients")


def to_line(value: Any) -> Any:
    """``value`` as a runner reads it."""
    if isinstance(value, bytes):
        return {"$b64": base64.b64encode(value).decode()}
    if isinstance(value, list | tuple):
        return [to_line(one) for one in value]
    return {key: to_line(one) for key, one in value.items()} if isinstance(value, dict) else value


def from_line(value: Any) -> Any:
    """The value that a runner reported."""
    if isinstance(value, list):
        return [from_line(one) for one in value]
    if not isinstance(value, dict):
        return value
    return base64.b64decode(value["$b64"]) if "$b64" in value else {key: from_line(one) for key, one in value.items()}


class Runner:
    """
    One process, in which any number of clients live.

    :ivar clients: those that were added, by number.
    """

    def __init__(self, *command: str) -> None:
        self.clients: dict[int, Listening] = {}
        self._child: Child = start(self._heard, *command)

    def add(self, client: "Listening") -> None:
        """Hand the reports about ``client`` to it."""
        self.clients[client.number] = client

    def tell(self, command: Report) -> None:
        """Send one command."""
        assert self._child.running, f"the runner has ended: {self._child.errors}"
        self._child.transport.write(json.dumps(command).encode() + b"\n")

    async def stop(self) -> None:
        """End the process."""
        await self._child.stop("KILL")

    async def finish(self) -> None:
        """Let the process end by itself, and what it has started before."""
        self._child.transport.closeStdin()
        await soon(self._child.ended, "the end of a runner")

    def _heard(self, line: str) -> None:
        report = from_line(json.loads(line))
        self.clients[report["client"]].heard(report)


def in_chromium(script: str, *packages: str) -> Iterator[Runner]:
    """The runner ``script`` with a Chromium; its test is skipped where that, Node.js or one of the npm packages is missing."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    need_node()
    need_packages("playwright-core", *packages)
    runner = Runner(*node(script, chromium))
    yield runner
    pytest_twisted.blockon(Deferred.fromCoroutine(runner.finish()))


class Listening:
    """
    Something in a runner that gets commands and reports what happens to it.

    :ivar inbox: reports that nobody has taken yet, in order of arrival.
    """

    def __init__(self, runner: Runner, number: int, name: str) -> None:
        self.runner = runner
        self.number = number
        self.name = name
        self.inbox: list[Report] = []
        self._waiting: tuple[Callable[[Report], bool], Deferred[Report]] | None = None
        runner.add(self)

    def tell(self, do: str, **more: Any) -> None:
        """Send a command to the runner."""
        self.runner.tell({"client": self.number, "do": do, **to_line(more)})

    async def report(self, kind: str, seconds: float = LIMIT) -> Report:
        """The next report of this kind."""
        return await self.take(lambda one: one["is"] == kind, kind, seconds)

    def heard(self, report: Report) -> None:
        """A report from the runner."""
        waiting = self._waiting
        if waiting is not None and (waiting[0](report) or report["is"] == "failed"):
            self._waiting = None
            waiting[1].callback(report)
        else:
            self.inbox.append(report)

    async def take(self, fits: Callable[[Report], bool], what: str, seconds: float) -> Report:
        """The first report that ``fits``, now or when it comes."""
        for index, report in enumerate(self.inbox):
            if fits(report):
                return self.inbox.pop(index)
        report = await self._wait(fits, what, seconds)
        assert report["is"] != "failed", report["message"]
        return report

    def _wait(self, fits: Callable[[Report], bool], what: str, seconds: float) -> "Deferred[Report]":
        assert self._waiting is None, "one wait at a time"
        waited: Deferred[Report] = Deferred(lambda _: setattr(self, "_waiting", None))
        self._waiting = fits, waited
        return soon(waited, f"{what} at {self.name}, which has {self.inbox}", seconds)


class Client(Listening):
    """
    One client in one namespace.

    :ivar greeting: the report that it has connected.
    """

    def __init__(self, runner: Runner, number: int, build: str, transport: str) -> None:
        super().__init__(runner, number, f"{build} over {transport}")
        self.build = build
        self.transport = transport
        self.greeting: Report = {}
        self._acks = count(1)

    @property
    def era(self) -> str:
        """The gateway's word for what it speaks."""
        return BUILDS[self.build].era

    def emit(self, name: str, *args: Any) -> None:
        """Emit an event that wants no answer."""
        self.tell("emit", name=name, args=args)

    async def call(self, name: str, *args: Any, seconds: float = LIMIT) -> list[Any]:
        """Emit an event; gives the arguments of its acknowledgement."""
        number = next(self._acks)
        self.tell("emit", name=name, args=args, ack=number)
        answer = await self.take(lambda report: report["is"] == "ack" and report["ack"] == number, f"ack of {name}", seconds)
        return list(answer["args"])

    async def ask(self, name: str, *args: Any) -> Any:
        """The single value with which ``name`` is acknowledged."""
        (value,) = await self.call(name, *args)
        return value

    async def event(self, name: str, seconds: float = LIMIT) -> list[Any]:
        """The arguments of the next event ``name``."""
        report = await self.take(lambda one: one["is"] == "event" and one["name"] == name, f"event {name}", seconds)
        return list(report["args"])

    async def question(self) -> Report:
        """The next event that wants an answer: ``tell("reply", ack=question["ack"], args=[...])``."""
        return await self.take(lambda one: one["is"] == "event" and one.get("ack") is not None, "a question", LIMIT)

    def heard_so_far(self, name: str) -> list[Any]:
        """Take the arguments of all events ``name`` that have come."""
        found = [one["args"] for one in self.inbox if one["is"] == "event" and one["name"] == name]
        self.inbox = [one for one in self.inbox if one["is"] != "event" or one["name"] != name]
        return found

    async def settled(self) -> None:
        """Return when everything sent to this client so far has arrived: its order is kept, so an echo is the last."""
        assert await self.call("echo", "settled") == ["settled"]

    async def upgraded(self) -> None:
        """Return when the client is on the transport it is meant for."""
        if self.transport == "upgrade" and self.greeting["transport"] != "websocket":
            assert (await self.report("transport"))["name"] == "websocket"


ERAS = ("old", "0.9", "eio3", "eio4")
STAND_IN = ("2.5", "polling")
"""Who comes in place of a client whose era the service does not know."""


class Peers:
    """
    Makes clients for one service, and closes them after a test.

    :param builds: those whose runners are started.
    :param eras: what the service knows; in place of a client of another era one comes that is known.
    """

    def __init__(self, url: str, builds: dict[str, Build] = BUILDS, eras: tuple[str, ...] = ERAS) -> None:
        self.url = url
        self._eras = eras
        self._builds = builds
        self._numbers = count(1)
        self._runners: dict[tuple[str, ...], Runner] = {}
        self._open: list[Client] = []

    def start(self) -> None:
        """Start the runners."""
        commands = {build.command for build in self._builds.values() if build.can_run}
        self._runners = {command: Runner(*command) for command in commands}

    async def connect(self, build: str, transport: str, namespace: str = "/", **options: Any) -> Client:
        """
        A client that has joined ``namespace``.

        :param options: ``query`` of the handshake, ``namespaceQuery``, ``auth``; ``url`` of another server; what else the
            runner knows.
        """
        client = self.begin(build, transport, namespace, **options)
        client.greeting = await client.report("connected")
        return client

    def begin(self, build: str, transport: str, namespace: str = "/", **options: Any) -> Client:
        """A client that begins to join ``namespace``: await ``report("connected")`` or ``report("refused")``."""
        if self._builds[build].era not in self._eras:
            build, transport = STAND_IN
        about = self._builds[build]
        about.need()
        more = {"build": about.package, "url": self.url, "namespace": namespace, **about.transports[transport]}
        client = self._add(build, transport)
        client.tell("connect", **{**more, **options})
        return client

    def also(self, client: Client, namespace: str, **options: Any) -> Client:
        """The same connection in another namespace; await its report as after :meth:`begin`."""
        other = self._add(client.build, client.transport)
        other.tell("connect", share=client.number, namespace=namespace, **options)
        return other

    def close_all(self) -> None:
        """Close what the test has left open."""
        for client in self._open:
            client.tell("close")
        self._open.clear()

    async def finish(self) -> None:
        """Let the runners end by themselves, and what they have started before."""
        for runner in self._runners.values():
            await runner.finish()

    async def stop(self) -> None:
        """End the runners."""
        for runner in self._runners.values():
            await runner.stop()

    def _add(self, build: str, transport: str) -> Client:
        client = Client(self._runners[self._builds[build].command], next(self._numbers), build, transport)
        self._open.append(client)
        return client
