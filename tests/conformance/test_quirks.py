"""Every quirk and weakness of the old eras has a test that shows what is done about it."""

import re
from itertools import chain
from pathlib import Path

import pytest

from tests.conformance.quirks import V06, V09
from tests.conformance.test_replay_socketio06 import SCENARIOS as RECORDED06
from tests.conformance.test_replay_socketio09 import SCENARIOS as RECORDED09

TESTS = Path(__file__).parents[1]
NAMES = {
    name
    for folder in ("legacy", "gateway", "protocols", "conformance")
    for path in (TESTS / folder).glob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
}
QUIRKS = [f"Q{number}" for number in range(1, 36)] + [f"S{number}" for number in range(1, 19)]


@pytest.fixture(autouse=True)
def _log():
    """No server is started here."""


@pytest.mark.parametrize(("table", "recorded"), [(V09, RECORDED09), (V06, RECORDED06)], ids=["0.9", "0.6"])
def test_what_is_named_exists(table, recorded):
    named = set(chain.from_iterable(places.split() for places in table.values()))
    assert sorted(named - NAMES - set(recorded)) == []


def test_no_quirk_and_no_weakness_is_missing():
    assert list(V09) == QUIRKS
    assert [key for key in V06 if key.isdigit()] == [str(number) for number in range(1, 28)]
    assert len(V06) == 27 + 19
