"""Every quirk and weakness of the eras has a test that shows what is done about it."""

import re
from itertools import chain
from pathlib import Path

import pytest

from tests.conformance.facts09 import FACTS
from tests.conformance.quirks import MODERN, V06, V06_GONE, V09
from tests.conformance.test_replay_engineio import ENTRIES
from tests.conformance.test_replay_socketio06 import SCENARIOS as RECORDED06
from tests.conformance.test_replay_socketio09 import SCENARIOS as RECORDED09

TESTS = Path(__file__).parents[1]
NAMES = {
    name
    for folder in ("legacy", "gateway", "protocols", "conformance", "safety")
    for path in (TESTS / folder).glob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
}
QUIRKS = [f"Q{number}" for number in range(1, 36)] + [f"S{number}" for number in range(1, 19)]


@pytest.fixture(autouse=True)
def _log():
    """No server is started here."""


@pytest.mark.parametrize(
    ("table", "recorded"),
    [(MODERN, ENTRIES), (V09, RECORDED09), (FACTS, RECORDED09), (V06, RECORDED06), (V06_GONE, RECORDED06)],
    ids=["engine.io", "0.9", "facts of 0.9", "0.6", "gone from 0.6"],
)
def test_what_is_named_exists(table, recorded):
    named = set(chain.from_iterable(places.split() for places in table.values()))
    assert sorted(named - NAMES - set(recorded)) == []


def test_every_file_of_recordings_shows_a_fact_of_0_9():
    """There is a section for each of those that tell of this server; 8.5 lists options of clients, 9.2 to 9.4 names."""
    files = {name.partition("/")[0] for name in RECORDED09}
    assert files == {name.partition("/")[0] for places in FACTS.values() for name in places.split() if "/" in name}
    chapters = {key.split()[0] for key in FACTS}
    told = "2 3.1 3.2 3.3 3.4 3.5 4.1 4.2 4.3 4.4 5 6.1 6.2 6.3 6.4 6.5 6.6 6.7 6.8 6.9 6.10 7.1 7.2 7.3 7.4 8.1 8.2 8.3 8.4 8.6"
    assert chapters == {*told.split(), "9.1", "9.5", "9.6", "10", "11"}


def test_no_quirk_and_no_weakness_is_missing():
    assert [key for key in MODERN if key.isdigit()] == [str(number) for number in range(1, 21)]
    assert len(MODERN) == 20 + 9 + 28
    assert list(V09) == QUIRKS
    assert [key for key in V06 if key.isdigit()] == [str(number) for number in range(1, 28)]
    assert len(V06) == 27 + 19
