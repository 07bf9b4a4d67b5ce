"""The handover from polling to WebSocket, by its table."""

import pytest

from protocols.upgrade import DONE, PROBED, PROBING, STEPS, UnexpectedPacket, Upgrade

RUNS = [
    (["2probe"], ["3probe"], PROBED),
    (["2probe", "5"], ["3probe", None], DONE),
    (["2probe", "2probe", "5"], ["3probe", "3probe", None], DONE),
    (["5"], [None], DONE),
    ([], [], PROBING),
]


@pytest.mark.parametrize("said, answers, step", RUNS)
def test_a_probe_is_answered_and_five_hands_over(said, answers, step):
    upgrade = Upgrade()
    assert [upgrade.receive(unit) for unit in said] == answers
    assert upgrade.step is step


@pytest.mark.parametrize("unit", ["", "2", "4hello", "3probe", "2probe2", b"5", b"\x02probe", "5x", "6"])
@pytest.mark.parametrize("before", [[], ["2probe"]])
def test_nothing_else_comes_before_the_handover(before, unit):
    upgrade = Upgrade()
    for said in before:
        upgrade.receive(said)
    with pytest.raises(UnexpectedPacket):
        upgrade.receive(unit)


def test_no_step_leads_out_of_the_end():
    assert all(step is not DONE for step, _ in STEPS)
