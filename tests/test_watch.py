"""The watch of ``conftest.py``: what a test leaves behind fails it."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")

LEAVES_A_TIMER = """
def test_it():
    from twisted.internet import reactor
    reactor.callLater(3600, print)
"""
LEAVES_A_PORT = """
def test_it():
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory
    reactor.listenTCP(0, Factory(), interface="127.0.0.1")
"""
LOGS_A_FAILURE = """
def test_it():
    from twisted.logger import Logger
    from twisted.python.failure import Failure
    Logger().failure("it broke", Failure(ValueError("no")))
"""
NEVER_ENDS = """
import pytest_twisted
from twisted.internet.defer import Deferred

@pytest_twisted.ensureDeferred
async def test_it(timeout):
    await timeout(Deferred(), seconds=0.01)
"""
EXPECTS_A_FAILURE = LOGS_A_FAILURE.replace("test_it()", "test_it(logged_failures)") + "    logged_failures.clear()\n"
CLEANS_UP = LEAVES_A_TIMER + "    reactor.getDelayedCalls()[0].cancel()\n"


def outcome(folder: Path, source: str) -> str:
    """Run one test in a process of its own; its report."""
    (folder / "conftest.py").write_text(CONFTEST.read_text("utf-8"), "utf-8")
    (folder / "test_sample.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False).stdout


@pytest.mark.parametrize(
    "source, complaint",
    [
        pytest.param(LEAVES_A_TIMER, "left behind in the reactor: [('timer'", id="timer"),
        pytest.param(LEAVES_A_PORT, "left behind in the reactor: [('reader'", id="port"),
        pytest.param(LOGS_A_FAILURE, "failures in the log: ", id="logged failure"),
        pytest.param(NEVER_ENDS, "TimeoutError", id="Deferred that never fires"),
    ],
)
def test_what_a_test_leaves_behind_fails_it(tmp_path: Path, source: str, complaint: str) -> None:
    assert complaint in outcome(tmp_path, source)


@pytest.mark.parametrize("source", [EXPECTS_A_FAILURE, CLEANS_UP])
def test_a_test_that_cleans_up_passes(tmp_path: Path, source: str) -> None:
    assert "1 passed" in outcome(tmp_path, source)
