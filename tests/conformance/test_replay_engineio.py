"""
What clients of Engine.IO 2 to 4 and Socket.IO 1.x to 4.x said to their servers, said again to this one over TCP.

Each recording has a fresh server. Eight run at a time, all of them before the first test looks at its own: nearly all of the
time is waiting.
"""

from copy import deepcopy

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults

from gateway.conformance.allowances import RULINGS, steps_of
from gateway.conformance.catalog import MODERN, UNPLAYABLE, entries
from gateway.conformance.fixtures.serving import NotOfferedError, serve
from gateway.conformance.recordings import of
from gateway.conformance.replay_engineio import Replay
from gateway.conformance.walking import MismatchError

ENTRIES = {entry.name: entry for entry in entries(MODERN)}
AT_ONCE = 8


@pytest.fixture(autouse=True)
def _log():
    """There is no service of its own here whose log could be looked at."""


def load(name):
    """A copy of the recording ``name``, which a test may change."""
    return of(deepcopy(ENTRIES[name].content), name)


async def replay(recording, reactor):
    """Against a fresh server."""
    served = await serve(reactor, ENTRIES[recording.name])
    try:
        await Replay(recording, reactor, "127.0.0.1", served.port).run()
    finally:
        await served.close()


async def outcome(name, reactor):
    """None, the difference, or why there is no server for it."""
    try:
        await replay(load(name), reactor)
    except (MismatchError, NotOfferedError) as difference:
        return difference
    return None


@pytest.fixture(scope="module")
def outcomes(request):
    """What came of the recordings that were selected; the times of some are short, so what differs is played again, alone."""
    from twisted.internet import reactor

    ours = [item for item in request.session.items if item.path == request.path and "outcomes" in item.fixturenames]
    names = [name for name in dict.fromkeys(item.callspec.params["name"] for item in ours) if name not in UNPLAYABLE]
    slots = DeferredSemaphore(AT_ONCE)
    runs = [slots.run(lambda name=name: Deferred.fromCoroutine(outcome(name, reactor))) for name in names]
    results = dict(zip(names, pytest_twisted.blockon(gatherResults(runs, consumeErrors=True)), strict=True))
    for name in [name for name, result in results.items() if isinstance(result, MismatchError)]:
        results[name] = pytest_twisted.blockon(Deferred.fromCoroutine(outcome(name, reactor)))
    return results


@pytest.mark.parametrize("name", ENTRIES)
def test_a_recorded_client_gets_what_it_got(name, outcomes):
    if name in UNPLAYABLE:
        pytest.skip(UNPLAYABLE[name])
    if isinstance(outcomes[name], NotOfferedError):
        pytest.skip(str(outcomes[name]))
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
    recording = load(name)
    change(recording)
    with pytest.raises(MismatchError):
        await replay(recording, reactor)


def test_every_ruling_belongs_to_passages_that_exist_and_changes_them():
    for ruling in RULINGS:
        changed = [note for note in ruling.notes for recording in map(load, ENTRIES) if touched(ruling, recording, note)]
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
    assert len(ENTRIES) > 200
    assert all(entry.content["name"] == entry.name for entry in ENTRIES.values())
