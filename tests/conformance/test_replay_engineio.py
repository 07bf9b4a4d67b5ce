"""
What clients of Engine.IO 2 to 4 and Socket.IO 1.x to 4.x said to their servers, said again to this one over TCP.

    python -m pytest tests/conformance/test_replay_engineio.py                       a fresh server for each recording
    python -m pytest tests/conformance/... --fixture-url http://127.0.0.1:8080       one that is running

Eight recordings run at a time, all of them before the first test looks at its own: nearly all of the time is waiting.
"""

import json
from copy import deepcopy
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults

from gateway.conformance import fixtures
from gateway.conformance.allowances import RULINGS, steps_of
from gateway.conformance.recordings import load
from gateway.conformance.replay_engineio import MismatchError, replay

WIRE = Path(__file__).parents[2] / "gateway/conformance/wire/engineio"
FILES = {
    path.stem: path
    for folder in (WIRE, WIRE / "deflate")
    for path in sorted(folder.glob("*.json"))
    if path.stem not in ("codec-eio", "codec-sio", "era-rules")
}
AT_ONCE = 8

SKIPPED = {
    "http-4.8.4-compression": "sockets of bare Engine.IO can't leave a single message uncompressed",
    "sio-4.8.4-admin-ui": "the admin UI is not there",
}
"""Recordings of features that are not there."""


ALONE = (
    "cross-2.5.0-on-4.8.4-refused-polling",
    "cross-2.5.0-on-4.8.4-refused-websocket",
    "http-2.5.1-serve-client",
    "http-4.8.4-path",
    "http-4.8.4-serve-client",
)
"""Recordings of servers that spoke Engine.IO 4 only, or served client files."""


@pytest.fixture(autouse=True)
def _log():
    """There is no service of its own here whose log could be looked at."""


async def outcome(path, reactor, url):
    """None, or the difference."""
    try:
        await replay(load(path), reactor, url)
    except MismatchError as difference:
        return difference
    return None


@pytest.fixture(scope="module")
def outcomes(request):
    """What came of the recordings that were selected."""
    from twisted.internet import reactor

    url = request.config.getoption("--fixture-url", None) or ""
    ours = [item for item in request.session.items if item.path == request.path and "outcomes" in item.fixturenames]
    names = [item.callspec.params["name"] for item in ours]
    names = [name for name in dict.fromkeys(names) if not reason_to_skip(name, url)]
    slots = DeferredSemaphore(1 if url else AT_ONCE)  # on one server they would hear each other's broadcasts
    runs = [slots.run(lambda name=name: Deferred.fromCoroutine(outcome(FILES[name], reactor, url))) for name in names]
    return dict(zip(names, pytest_twisted.blockon(gatherResults(runs, consumeErrors=True)), strict=True))


def reason_to_skip(name, url):
    """Why a recording can't be replayed, "" when it can."""
    if name in SKIPPED:
        return SKIPPED[name]
    if name.endswith("serve-client") and not fixtures.NODE_MODULES.is_dir():
        return "the published clients are not there (make clients)"
    recording = load(FILES[name])
    if url and (recording.options or recording.app == "custom" or name in ALONE):
        return "needs options or an application of its own"
    if url and '"question' in json.dumps(recording.steps).replace("\\", ""):
        return "needs a fresh server, which numbers its events from 0"
    return ""


@pytest.mark.parametrize("name", [*FILES, *(name for name in SKIPPED if name not in FILES)])
def test_a_recorded_client_gets_what_it_got(name, outcomes, request):
    reason = reason_to_skip(name, request.config.getoption("--fixture-url", None))
    if reason:
        pytest.skip(reason)
    if outcomes[name] is not None:
        raise outcomes[name]


# The replayer itself ------------------------------------------------------------------


def recorded_text(recording, text):
    """The first step of the server with ``text`` in it."""
    return next(step for step in recording.steps if step["dir"] == "s2c" and text in step.get("text", ""))


def other_word(recording):
    step = recorded_text(recording, "echo")
    step["text"] = step["text"].replace("echo", "ecco", 1)


def other_status(recording):
    next(step for step in recording.steps if step.get("status") == 200)["status"] = 201


def other_header(recording):
    next(step for step in recording.steps if "cache-control" in step.get("headers", {}))["headers"]["cache-control"] = "public"


def one_packet_less(recording):
    recording.steps.remove(recorded_text(recording, '42["echo"'))


def one_packet_more(recording):
    step = recorded_text(recording, '42["echo"')
    recording.steps.insert(recording.steps.index(step), deepcopy(step))


def other_order(recording):
    steps = [step for step in recording.steps if step["dir"] == "s2c" and step.get("text", "").startswith('42["n"')]
    steps[0]["text"], steps[1]["text"] = steps[1]["text"], steps[0]["text"]


def closed_by_the_server(recording):
    recording.steps.append({"dir": "s2c", "kind": "ws", "id": recording.steps[-1]["id"], "op": "text", "text": "more"})


def other_close_code(recording):
    step = next(step for step in recording.steps if step["dir"] == "s2c" and step.get("op") == "close")
    step["code"] = 1000


CHANGES = [
    ("sio-4.8.4-polling-events", other_word),
    ("sio-4.8.4-polling-events", other_status),
    ("sio-4.8.4-polling-events", other_header),
    ("sio-4.8.4-websocket-events", other_word),
    ("sio-4.8.4-websocket-events", one_packet_less),
    ("sio-4.8.4-websocket-events", one_packet_more),
    ("sio-4.8.4-websocket-events", other_order),
    ("sio-4.8.4-websocket-events", closed_by_the_server),
    ("sio-4.8.4-websocket-events", other_close_code),
    ("sio-2.5.1-websocket-events", other_word),
    ("browser-1.0.6-xhr-unicode", other_status),
]


@pytest.mark.parametrize("name, change", CHANGES, ids=lambda value: getattr(value, "__name__", value))
@pytest_twisted.ensureDeferred
async def test_a_difference_is_noticed(name, change, monkeypatch):
    from twisted.internet import reactor

    monkeypatch.setattr("gateway.conformance.walking.PATIENCE", 0.3)
    recording = load(FILES[name])
    change(recording)
    with pytest.raises(MismatchError):
        await replay(recording, reactor)


def test_every_ruling_belongs_to_passages_that_exist_and_changes_them():
    for ruling in RULINGS:
        changed = [
            note
            for note in ruling.notes
            for path in FILES.values()
            if (recording := load(path)).name and touched(ruling, recording, note)
        ]
        assert set(changed) == set(ruling.notes), ruling
        assert ruling.why


def touched(ruling, recording, note):
    """Whether ``ruling`` changes the passage ``note`` of ``recording``."""
    from fnmatch import fnmatchcase

    if not fnmatchcase(recording.name, ruling.files):
        return False
    named = not note or any(step.get("note") == note for step in recording.steps)
    plain = [step for step in recording.steps if step["dir"] != "note"]
    return named and [step for step in steps_of(recording) if step["dir"] != "note"] != plain


def test_recordings_name_what_they_are():
    assert len(FILES) > 200
    for path in FILES.values():
        assert json.loads(path.read_text())["name"] == path.stem
