"""The fixtures that the package gives to the tests of applications, in a project of their own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/testing.md"

CONFTEST = 'pytest_plugins = ["gateway.testing.fixtures"]\n'

TESTS = """
import pytest
import pytest_twisted
import treq
from gateway import Front, Listener
from gateway.testing import Clock

left = []


@pytest.fixture
def io(clock):
    io = Listener(reactor=clock)
    io.on("disconnect", lambda socket, reason: left.append(reason))
    io.on("add", lambda socket, a, b: a + b)
    return io


@pytest.mark.parametrize("era", ["old", "0.9", "eio3", "eio4"])
def test_clients_of_all_eras(io, clock, connect, era):
    client = connect(io, era=era)
    assert isinstance(clock, Clock) and client.clock is clock
    assert client.call("add", 1, 2) == [3]
    assert left == ["transport close"] * ["old", "0.9", "eio3", "eio4"].index(era)


def test_a_second_test_finds_the_clients_of_the_first_gone(io, connect):
    assert left[:1] == ["transport close"]


@pytest_twisted.ensureDeferred
async def test_over_tcp(serve):
    url = await serve(Listener())
    answer = await treq.get(f"{url}/socket.io/?EIO=4&transport=polling")
    assert (await answer.text())[0] == "0"
    other = await serve(Front(Listener(path="/io")))
    assert (await treq.get(f"{other}/socket.io/")).code == 404
    assert (await treq.get(f"{other}/io/?EIO=4&transport=polling")).code == 200
"""


def run(folder, *arguments):
    """pytest in ``folder``: its exit status and last line."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}


def test_the_fixtures_serve_every_era_and_tcp(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_app.py").write_text(TESTS)
    status, text = run(tmp_path)
    assert status == 0 and "6 passed" in text, text


def test_the_examples_of_the_page_are_a_project_that_passes(tmp_path):
    for name, source in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        (tmp_path / name).write_text(source)
    status, text = run(tmp_path)
    assert status == 0 and "5 passed" in text, text


@pytest.mark.parametrize("missing", ["pytest_twisted"])
def test_without_pytest_twisted_only_serve_is_missing(tmp_path, missing):
    (tmp_path / "conftest.py").write_text(f"import sys\nsys.modules[{missing!r}] = None\n{CONFTEST}")
    (tmp_path / "test_app.py").write_text(
        "from gateway import Listener\n\n"
        "def test_memory(connect, clock):\n    assert connect(Listener(reactor=clock)).connected\n"
    )
    status, text = run(tmp_path, "-p", "no:pytest_twisted", "-p", "no:twisted")
    assert status == 0 and "1 passed" in text, text
