"""
The chat's page: a fixed table of files, and which client builds npm brought.

    GET /                  examples/chat/index.html
    GET /clients.json      {"clients": [{"name": "0.6", "url": "/socket.io/client/0.6/socket.io.js", "release": "0.6.18"}, ...]}

The builds themselves are served by the gateway (option ``serve_client``), under its own mount.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.web.iweb import IRequest
from twisted.web.pages import notFound
from twisted.web.resource import IResource, Resource
from twisted.web.server import Site
from twisted.web.static import File

FOLDER = Path(__file__).resolve().parent / "chat"
MODULES = FOLDER.parents[1] / "node_modules"

HTML, CSS, SCRIPT, SVG = "text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8", "image/svg+xml"

FILES = {
    "": ("index.html", HTML),
    "four": ("four.html", HTML),
    "chat.css": ("chat.css", CSS),
    "chat.js": ("chat.js", SCRIPT),
    "clients.js": ("clients.js", SCRIPT),
    "four.js": ("four.js", SCRIPT),
    "icon.svg": ("icon.svg", SVG),
}
"""Path -> file in examples/chat, its type."""

HELP = "The original clients come from npm: run “npm ci” in the repository and start the chat again."

# 'unsafe-eval' is for the client of 0.6, which begins with "new Function()" and defines nothing without it.
POLICY = "default-src 'self'; script-src 'self' 'unsafe-eval'; frame-ancestors 'self'; object-src 'none'; base-uri 'none'"

HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # not "no-referrer": that makes the forms of JSONP say "Origin: null", which is refused
}


@dataclass(frozen=True, slots=True)
class Build:
    """One published client: the folder of its package below node_modules, its browser build in there, and its address."""

    package: str
    path: str
    url: str

    def release(self, modules: Path) -> str | None:
        """The installed version, None when npm was not run."""
        try:
            about = json.loads((modules / self.package / "package.json").read_text("utf-8"))
        except FileNotFoundError:
            return None
        return str(about["version"]) if (modules / self.package / self.path).is_file() else None


BUILDS = {
    "4.8": Build("socket.io-client-4.8", "dist/socket.io.min.js", "/socket.io/client/4.8/socket.io.min.js"),
    "2.5": Build("socket.io-client-2.5", "dist/socket.io.js", "/socket.io/client/2.5/socket.io.js"),
    "0.9": Build("socket.io-client-0.9", "dist/socket.io.js", "/socket.io/client/0.9/socket.io.js"),
    "0.6": Build("socket.io-0.6", "support/socket.io-client/socket.io.js", "/socket.io/client/0.6/socket.io.js"),
}
"""Name of a client in the page -> where npm puts it."""


class Fixed(File):
    """One file under one address; what :class:`~twisted.web.static.File` would guess is given."""

    def __init__(self, path: Path, kind: str) -> None:
        super().__init__(str(path))
        self.type = kind
        self.encoding = None
        self.childNotFound = notFound()

    def render(self, request: IRequest) -> Any:
        """Add the headers that keep the page to itself."""
        for name, value in HEADERS.items():
            request.setHeader(name, value)
        return super().render(request)


class Table(Resource):
    """A folder that holds what was put into it and nothing else."""

    def getChild(self, path: bytes, request: IRequest) -> IResource:
        """Whatever else is asked for."""
        return notFound()


class Clients(Resource):
    """``/clients.json``: which builds are here, and how to get the others."""

    isLeaf = True

    def __init__(self, modules: Path) -> None:
        super().__init__()
        self._modules = modules

    def render_GET(self, request: IRequest) -> bytes:
        """Say what npm has brought."""
        clients = [{"name": name, "url": build.url, "release": build.release(self._modules)} for name, build in BUILDS.items()]
        request.setHeader("Content-Type", "application/json")
        request.setHeader("Cache-Control", "no-cache")
        return json.dumps({"clients": clients, "help": HELP}).encode()


class Page(Site):
    """The site; the console belongs to those who come and leave, not to every file they load."""

    noisy = False

    def log(self, request: Any) -> None:
        """Write no line about ``request``."""


def installed(modules: Path) -> bool:
    """Whether npm has brought any of the clients."""
    return any(build.release(modules) for build in BUILDS.values())


def page(modules: Path = MODULES) -> Page:
    """The site that stands behind the gateway on the same port.

    :param modules: the folder npm installs into.
    """
    root = Table()
    for path, (file, kind) in FILES.items():
        root.putChild(path.encode(), Fixed(FOLDER / file, kind))
    root.putChild(b"clients.json", Clients(modules))
    return Page(root)
