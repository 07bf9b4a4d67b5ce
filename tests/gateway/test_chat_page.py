"""The chat example's page: its table of files, and what it says about clients that npm did not bring."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from twisted.web.resource import getChildForRequest
from twisted.web.server import NOT_DONE_YET, Site
from twisted.web.test.requesthelper import DummyRequest

from examples.chat_page import BUILDS, FILES, page
from gateway.clientfiles import ClientFiles


@dataclass
class Answer:
    """What the page said: a status, headers by name, a body."""

    code: int
    headers: dict[str, str]
    body: bytes


def get(modules: Path, path: str) -> Answer:
    """Ask the page for ``path``, in memory."""
    return ask(page(modules), path)


def ask(site: Site, path: str) -> Answer:
    request = DummyRequest([unquote(part).encode() for part in path.split("/")[1:]])
    resource = getChildForRequest(site.resource, request)
    body = resource.render(request)
    if body is not NOT_DONE_YET:
        request.write(body)
    headers = {name.decode().lower(): values[0].decode() for name, values in request.responseHeaders.getAllRawHeaders()}
    return Answer(request.responseCode or 200, headers, b"".join(request.written))


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A node_modules in which only the oldest client is installed."""
    build = BUILDS["0.6"]
    file = tmp_path / build.package / build.path
    file.parent.mkdir(parents=True)
    file.write_text("io = {};")
    (tmp_path / build.package / "package.json").write_text('{"name": "socket.io", "version": "0.6.18"}')
    return tmp_path


@pytest.mark.parametrize("path", FILES)
def test_every_file_of_the_table_is_served_with_its_type(modules, path):
    name, kind = FILES[path]
    answer = get(modules, f"/{path}")
    assert (answer.code, answer.headers["content-type"]) == (200, kind)
    assert answer.body == (Path(__file__).parents[2] / "examples" / "chat" / name).read_bytes()


@pytest.mark.parametrize("path", FILES)
def test_no_file_may_be_framed_or_sniffed_or_load_from_elsewhere(modules, path):
    headers = get(modules, f"/{path}").headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_the_list_of_clients_tells_which_are_installed(modules):
    answer = get(modules, "/clients.json")
    said = json.loads(answer.body)
    assert answer.headers["content-type"] == "application/json"
    assert {client["name"]: client["release"] for client in said["clients"]} == {
        "0.6": "0.6.18", "0.9": None, "2.5": None, "4.8": None,
    }  # fmt: skip
    assert "npm ci" in said["help"]


def test_the_addresses_of_the_clients_are_those_that_the_gateway_serves(modules):
    named = {client["name"]: client["url"] for client in json.loads(get(modules, "/clients.json").body)["clients"]}
    served = ClientFiles(str(modules), "/socket.io")
    assert named["0.6"] in served.paths
    assert named["4.8"] not in served.paths


@pytest.mark.parametrize(
    "path",
    [
        "/chat.py",
        "/index.html",
        "/clients/",
        "/clients/0.6",
        "/clients/../chat.py",
        "/clients/%2e%2e%2fchat.py",
        "/chat.css/x",
        "/%00",
    ],
)
def test_nothing_but_the_table_is_served(modules, path):
    assert get(modules, path).code == 404


@pytest.mark.parametrize("name", [name for name, _ in FILES.values()])
def test_no_file_names_an_address_on_another_server(name):
    text = (Path(__file__).parents[2] / "examples" / "chat" / name).read_text("utf-8")
    assert re.findall(r"https?://[^\s\"']+", text.replace('xmlns="http://www.w3.org/2000/svg"', "")) == []


def test_every_local_address_in_the_pages_is_served(modules):
    folder = Path(__file__).parents[2] / "examples" / "chat"
    texts = [(folder / name).read_text("utf-8") for name, _ in FILES.values()]
    addresses = {address for text in texts for address in re.findall(r"""(?:href=|src=|from )"(/[^"]*)""", text)}
    assert {"/", "/four", "/chat.css", "/chat.js", "/clients.js", "/four.js", "/icon.svg"} == addresses
    assert [address for address in addresses if get(modules, address).code != 200] == []
