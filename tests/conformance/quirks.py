"""
Which test shows each quirk and weakness of the old servers' tables: a test's name, or recordings that are replayed.

    "Q7"  -> tests/gateway/test_legacy_sessions.py::test_the_end_is_kept_for_the_next_poll_for_the_close_timeout
    "Q21" -> the replayed scenario "xhr-polling/basic"
"""

SESSIONS = "tests/gateway/test_legacy_sessions.py::"
V09 = "tests/legacy/test_v09.py::"
DOOR09 = "tests/legacy/test_v09_door.py::"
PACKETS09 = "tests/legacy/test_v09_packets.py::"
PAYLOAD09 = "tests/legacy/test_v09_payload.py::"
WIRES09 = "tests/legacy/test_v09_wires.py::"
LIFE09 = "tests/legacy/test_v09_life.py::"
