"""
The black-box suite as a tool: run against the conformance app, against one that lies, and against nobody.

    python -m gateway.conformance http://127.0.0.1:8080 --html conformance.html
"""

import re
import shutil
import sys
from html import unescape

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from gateway.conformance.catalog import FAMILIES, FOLDER, MODERN, NINE, OLD, entries
from gateway.conformance.clients.kinds import KINDS
from gateway.conformance.scenarios import SCENARIOS
from tests.conformance.processes import soon, start
from tests.conformance.service import start_program, start_service

WHOLE_RUN = 300
"""Seconds that the whole suite may take at most."""

RECORDINGS = sum(len(entries(family)) for family in FAMILIES)

READY = re.compile(r"^ready (\S+)$")

LIAR = """
from examples import conformance
conformance.encoded = lambda value: b"something else"
conformance.refuse = lambda event, args: None
conformance.main()
"""
"""The same application with two faults."""


@pytest.fixture(autouse=True)
def _log():
    """Scenarios provoke what the other tests take for faults; this module looks at the log by itself."""


async def tool(*arguments, seconds=WHOLE_RUN):
    """Run the tool: its exit status, what it printed, what it complained of."""
    lines = []
    child = start(lines.append, sys.executable, "-m", "gateway.conformance", *arguments)
    status = await soon(child.ended, "the end of the tool", seconds)
    return status, lines, child.errors


def wait(coroutine):
    return pytest_twisted.blockon(Deferred.fromCoroutine(coroutine))


@pytest.fixture
def app():
    """The conformance app with times that are worth waiting for."""
    service = wait(start_service("--ping-interval", "2", "--ping-timeout", "8", "--connect-timeout", "6"))
    yield service
    wait(service.process.stop())


@pytest.fixture
def liar():
    """The same with two faults."""
    service = wait(start_program([sys.executable, "-c", LIAR, "--port", "0"], READY))
    yield service
    wait(service.process.stop())


def cells(lines, name):
    """The words in the row of a scenario, all eras together."""
    return [word for line in lines if f"  {name} " in line for word in line.partition(f"  {name} ")[2].split()]


@pytest_twisted.ensureDeferred
async def test_the_conformance_app_passes_every_scenario_of_every_era_and_transport(app, tmp_path):
    page = tmp_path / "conformance.html"
    status, lines, errors = await tool(app.url, "--html", str(page))
    assert status == 0, "\n".join(line for line in lines if line.startswith("FAIL")) + errors
    assert cells(lines, "echo acknowledges with the same arguments") == ["pass"] * len(KINDS)
    assert cells(lines, "/ws echoes text, binary and fragments") == ["pass"]
    assert {"pass"} <= {word for scenario in SCENARIOS for word in cells(lines, scenario.name)} <= {"pass", "skip"}
    wanted = sum(scenario.fits(kind) for scenario in SCENARIOS for kind in KINDS.values())
    passed, failed, skipped = map(int, re.findall(r"\d+", lines[-1]))
    assert passed > wanted - 10
    assert failed == 0
    assert 0 <= skipped - RECORDINGS < 10
    assert any(line.startswith(f"skip {RECORDINGS} x: recorded traffic needs a server") for line in lines)
    assert not any("silent" in line or "heartbeat" in line for line in lines if line.startswith("skip"))
    html = page.read_text("utf-8")
    assert html.count('<td class="pass" title') == passed
    shown = unescape(html)
    assert all(scenario.name in shown for scenario in SCENARIOS)
    assert all(f"{entry.name}: recorded traffic needs" in shown for family in FAMILIES for entry in entries(family))


@pytest_twisted.ensureDeferred
async def test_a_server_that_lies_fails_where_it_lies_and_nowhere_else(liar):
    status, lines, _ = await tool(
        liar.url, "--era", "0.9", "--scenario", "size counts", "--scenario", "forbidden", "--scenario", "kick"
    )
    nine = [kind for era, kind in KINDS if era == "0.9"]
    assert status == 1
    assert cells(lines, "size counts UTF-8 bytes of text") == ["FAIL"] * len(nine)
    assert cells(lines, "forbidden is refused before any handler") == ["FAIL"] * len(nine)
    assert set(cells(lines, "kick ends the connection in /")) == {"pass"}
    assert any(line.startswith("FAIL 0.9 htmlfile: size counts UTF-8 bytes of text (5): ") for line in lines)


@pytest.fixture(scope="module")
def desk():
    """Where servers for the recordings can be had."""
    service = wait(start_program([sys.executable, "-m", "gateway.conformance.fixtures", "--port", "0"], READY))
    yield service
    wait(service.process.stop())


@pytest_twisted.ensureDeferred
async def test_recordings_of_every_family_are_played_against_servers_of_their_own(desk):
    words = (
        "sio-4.8.4-polling-events",
        "sio-1.0.6-websocket",
        "denied",
        "xhr-multipart",
        "static",
        "flash-policy",
        "4.8.4-compression",
    )
    chosen = [argument for word in words for argument in ("--scenario", word)]
    status, lines, errors = await tool("--fixture-url", desk.url, *chosen)
    assert status == 0, "\n".join(line for line in lines if line.startswith("FAIL")) + errors
    told = [line.split() for line in lines if line.startswith("      ")]
    families = {family: [group for one, group, *_ in told if one == family] for family in FAMILIES}
    assert "sio-4.8.4" in families["engineio"]
    assert {"xhr-polling", "jsonp-polling", "htmlfile", "websocket", "version-0.7"} <= set(families["socketio-0.9"])
    assert {"xhr-multipart", "frames-0.5.3", "static"} <= set(families["socketio-0.6"])
    passed, failed, skipped = map(int, re.findall(r"\d+", lines[-1]))
    assert passed > 30
    assert (failed, skipped) == (0, 0)


@pytest_twisted.ensureDeferred
async def test_a_server_that_does_not_answer_as_recorded_fails(desk, tmp_path):
    recordings = tmp_path / "wire"
    shutil.copytree(FOLDER, recordings)
    for family, name in ((OLD, "frames-0.5.3"), (NINE, "xhr-polling"), (MODERN, "sio-4.8.4-polling-events")):
        path = recordings / family / f"{name}.json"
        path.write_text(path.read_text().replace("200", "201"))
    path.with_name("sio-4.8.4-made-up.json").write_text(path.read_text())
    names = ("made-up", "frames-0.5.3/htmlfile", "xhr-polling/basic", "sio-4.8.4-polling-events")
    chosen = [argument for name in names for argument in ("--scenario", name)]
    status, lines, _ = await tool("--fixture-url", desk.url, "--recordings", str(recordings), *chosen)
    assert status == 1
    failed = [line for line in lines if line.startswith("FAIL recorded ")]
    assert len(failed) == 3, lines
    assert "skip 1 x: there is no recording of that name" in lines
    assert any(": status 200" in line or "at step" in line for line in failed)
    assert any("200" in line and "instead of 201" in line for line in failed)


@pytest_twisted.ensureDeferred
async def test_what_cannot_be_run_is_said_at_once(tmp_path):
    nowhere = str(tmp_path / "nowhere" / "page.html")
    for arguments, told in (((), "nothing to do"), (("http://127.0.0.1:1", "--html", nowhere), "no folder")):
        status, lines, errors = await tool(*arguments, seconds=60)
        assert (status, lines) == (2, [])
        assert told in errors


@pytest_twisted.ensureDeferred
async def test_a_server_that_is_not_there_is_one_line_and_status_2():
    status, lines, errors = await tool("http://127.0.0.1:1", seconds=60)
    assert (status, lines) == (2, [])
    assert errors.startswith("socketio-conformance: ")
    assert "Traceback" not in errors


@pytest_twisted.ensureDeferred
async def test_the_scenarios_can_be_listed():
    status, lines, _ = await tool("--list", seconds=60)
    assert status == 0
    assert [line[6:] for line in lines] == [scenario.name for scenario in SCENARIOS]


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_no_two_scenarios_of_a_client_have_the_same_name(kind):
    names = [scenario.name for scenario in SCENARIOS if scenario.fits(kind)]
    assert len(names) >= 45
    assert len(set(names)) == len(names)
