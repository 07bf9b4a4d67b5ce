"""examples/conformance.py word for word: every row of its contract, in every era, without sockets."""

import hashlib
from base64 import b64encode

import pytest

from examples import conformance
from examples.conformance import NAMESPACES
from gateway.testing import Clock, NotAnswered, connect

KINDS = [("old", "xhr-multipart"), ("0.9", "websocket"), ("eio3", "upgrade"), ("eio4", "websocket")]
PLACES = [(era, transport, name) for era, transport in KINDS for name in ("/", "/chat", "/auth") if era != "old" or name == "/"]
every_kind = pytest.mark.parametrize(("era", "transport"), KINDS)
every_place = pytest.mark.parametrize(("era", "transport", "namespace"), PLACES)

TEXT = 'é😀\u2028\u2029</script>\ufffd"\\'
VALUES = [1, TEXT, True, None, [1, [None]], {"a": {"b": [b"\x00\xff", 1.5]}}, b"\x00\x01", ""]


ODD_NAMES = ("toString", "__init__", "constructor", "*", "", "new_namespace", "é")


@pytest.fixture
def io(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(conformance, "reactor", clock)
    return conformance.make(reactor=clock, origins="*")


def as_page_sees(era, value):
    """What a page of an era has for ``value``: before 1.0 there is no binary but by a convention."""
    if era in ("eio3", "eio4"):
        return value
    if isinstance(value, bytes):
        return {"_binary": b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: as_page_sees(era, one) for key, one in value.items()}
    return [as_page_sees(era, one) for one in value] if isinstance(value, list) else value


def member(io, era, transport, namespace="/"):
    """A client in a namespace, which has heard nothing but its welcome."""
    client = connect(io, era=era, transport=transport)
    return client if namespace == "/" else client.join(namespace, query="token=secret", auth={"token": "secret"})


def heard(client, *names):
    """Events that came, but for the welcome, and for others than ``names`` if there are some."""
    return [(name, args) for name, args in client.received if name != "auth" and (not names or name in names)]


ACKED = [
    ("echo", VALUES, VALUES),
    ("echo", [], []),
    ("echo", [None], [None]),
    ("message-with-ack", VALUES, VALUES),
    ("message-with-ack", [], []),
    ("join", ["a"], ["a"]),
    ("join", [], [None]),
    ("leave", ["never"], ["never"]),
    ("leave", [], [None]),
    ("rooms", [], [[]]),
    ("set", ["__proto__", {"a": b"\x01"}], [True]),
    ("set", ["", None], [True]),
    ("set", [], [True]),
    ("get", ["nothing"], [None]),
    ("get", [], [None]),
    ("has", ["__proto__"], [False]),
    ("del", ["__proto__"], [True]),
    ("large", [12], ["012345678901"]),
    ("large", [0], [""]),
    ("large", [], [""]),
    ("bytes", [300], [(bytes(range(256)) * 2)[:300]]),
    ("bytes", [0], [b""]),
    *(("large", [wrong], [""]) for wrong in ("x", -1, [1], {"a": 1}, -1e308)),
    ("bytes", ["x"], [b""]),
    ("sleep", ["x"], ["x"]),
    ("sleep", [], [None]),
    ("sleep", [-5], [-5]),
    ("size", [TEXT], [len(TEXT.encode())]),
    ("size", ["\ud800"], [3]),
    ("size", [b"123"], [3]),
    ("size", [[1]], [None]),
    ("size", [], [None]),
    ("digest", [TEXT], [hashlib.sha1(TEXT.encode()).hexdigest()]),
    ("digest", [b"\xff"], [hashlib.sha1(b"\xff").hexdigest()]),
    ("counted", [], [{"received": 0, "ordered": True}]),
    ("watch", [], [True]),
    *((name, [1, "x"], ["any", name, [1, "x"]]) for name in ODD_NAMES),
    ("nobody", [], ["any", "nobody", []]),
]  # fmt: skip


@every_place
@pytest.mark.parametrize(("event", "args", "answer"), ACKED)
def test_what_is_acknowledged(io, era, transport, namespace, event, args, answer):
    client = member(io, era, transport, namespace)
    assert client.call(event, *as_page_sees(era, args)) == as_page_sees(era, answer)
    assert heard(client) == []


EMITTED = [
    ("echo", VALUES, [("echo", VALUES)]),
    ("echo", [], [("echo", [])]),
    ("say", ["text"], [("message", ["text"])]),
    ("say", [{"a": 1}], [("message", [{"a": 1}])]),
    ("all", VALUES, [("all", VALUES)]),
    ("others", VALUES, []),
    ("in", ["nowhere", 1], []),
    ("to", ["nowhere", 1], []),
    ("except", ["nowhere", *VALUES], [("except", ["nowhere", *VALUES])]),
    ("volatile", VALUES, [("volatile", VALUES)]),
    ("burst", [3], [("burst", [0]), ("burst", [1]), ("burst", [2]), ("burst-end", [3])]),
    ("burst", [0], [("burst-end", [0])]),
    ("burst", ["x"], [("burst-end", ["x"])]),
    ("forbidden", [1], [("event-error", ["forbidden", "not allowed"])]),
    ("toString", [1, None], [("any", ["toString", [1, None]])]),
    ("count", [0], []),
    ("error", ["x"], []),
    ("connection", [1], []),
]


@every_place
@pytest.mark.parametrize(("event", "args", "answers"), EMITTED)
def test_what_is_emitted_to_the_sender(io, era, transport, namespace, event, args, answers):
    client = member(io, era, transport, namespace)
    client.emit(event, *as_page_sees(era, args))
    assert heard(client) == [(name, as_page_sees(era, values)) for name, values in answers]
    assert client.connected


@every_kind
@pytest.mark.parametrize("event", ["connect", "disconnect"])
def test_names_of_the_lifecycle_do_nothing_or_close(io, era, transport, event):
    client, neighbour = member(io, era, transport), member(io, era, transport)
    client.emit(event, "x")
    assert heard(client) == heard(neighbour) == []
    assert client.connected == (era in ("old", "0.9"))
    assert neighbour.connected


@pytest.mark.parametrize(("era", "transport"), KINDS[1:])
def test_a_message_comes_back_as_an_event(io, era, transport):
    client = member(io, era, transport)
    client.send(TEXT)
    client.send({"a": 1})
    assert heard(client) == [("message-back", [TEXT]), ("message-back", [{"a": 1}])]


@pytest.mark.parametrize("value", ["text", TEXT, {"a": [1, None]}, {"event": "x", "more": 1}, [1]])
def test_a_message_of_the_oldest_comes_back_as_it_was(io, value):
    client = member(io, *KINDS[0])
    client.send(value)
    assert heard(client) == [("message", [value])]


@every_kind
def test_a_question_is_answered_by_what_the_client_answers(io, era, transport):
    client = member(io, era, transport)
    values = as_page_sees(era, VALUES)
    client.emit("ask", *values)
    assert heard(client) == [("question", values)]
    client.reply(*values)
    assert heard(client, "answer") == [("answer", values)]


@every_kind
def test_rooms_reach_whom_they_should_in_every_era(io, era, transport):
    sender = member(io, era, transport)
    others = [member(io, *kind) for kind in KINDS]
    for client in others[:2]:
        client.call("join", "r")
    assert (others[0].call("rooms"), sender.call("rooms")) == ([["r"]], [[]])
    for event in ("to", "in", "except"):
        sender.emit(event, "r", 7)
    inside, outside = [("to", ["r", 7]), ("in", ["r", 7])], [("except", ["r", 7])]
    assert [heard(client) for client in others] == [inside, inside, outside, outside]
    assert heard(sender) == outside
    sender.call("join", "r")
    sender.emit("to", "r")
    sender.emit("in", "r")
    assert heard(sender) == [*outside, ("in", ["r"])]
    sender.emit("others", 1)
    assert heard(sender, "others") == [] and all(heard(client, "others") == [("others", [1])] for client in others)


@every_kind
def test_storage_belongs_to_the_connection(io, era, transport):
    client, other = member(io, era, transport), member(io, era, transport)
    data = as_page_sees(era, b"\x01")
    for key in ("__proto__", "", "é", "constructor"):
        assert client.call("set", key, {key: data}) == [True]
        assert (client.call("get", key), client.call("has", key)) == ([{key: data}], [True])
        assert (other.call("get", key), other.call("has", key)) == ([None], [False])
    if era != "old":
        chat = client.join("/chat")
        assert chat.call("get", "__proto__") == [{"__proto__": data}]
        assert chat.call("del", "__proto__") == [True]
    else:
        client.call("del", "__proto__")
    assert client.call("has", "__proto__") == [False]


@every_kind
def test_kicks_and_who_is_told(io, era, transport):
    watcher, leaver = member(io, "eio4", "polling"), member(io, era, transport)
    watcher.call("watch")
    (who,) = leaver.call("whoami")
    assert who == {"id": who["id"], "transport": who["transport"], "era": era, "namespace": "/"} and len(who["id"]) >= 8
    assert who["transport"] == {"upgrade": "websocket"}.get(transport, transport)
    chat = None if era == "old" else leaver.join("/chat")
    leaver.emit("kick")
    leaver.clock.turn(1)
    assert not leaver.connected
    assert chat is None or chat.connected == (era in ("eio3", "eio4"))
    assert heard(watcher) == [("left", [who["id"]])]


@pytest.mark.parametrize(("era", "transport"), KINDS[1:])
def test_kick_all_ends_the_whole_connection(io, era, transport):
    client = member(io, era, transport)
    chat = client.join("/chat")
    chat.emit("kick-all")
    client.clock.turn(1)
    assert not client.connected and not chat.connected
    assert io.clients_count == 0


@every_kind
def test_a_handler_that_raises_sends_nothing(io, era, transport, logged_failures):
    client = member(io, era, transport)
    with pytest.raises(NotAnswered):
        client.call("boom")
    assert [str(failure.value) for failure in logged_failures] == ["boom"]
    logged_failures.clear()
    assert heard(client) == [] and client.call("echo", 1) == [1]


@every_kind
def test_sleep_holds_nothing_up(io, era, transport):
    client = member(io, era, transport)
    number = client.emit("sleep", 1500, ack=True)
    assert client.call("echo", 1) == [1]
    client.clock.turn(1.4)
    assert number not in client.acks
    client.clock.turn(0.3)
    assert client.acks[number] == [1500]


@every_kind
def test_counting(io, era, transport):
    client = member(io, era, transport)
    for i in (0, 1, 2):
        client.emit("count", i)
    assert client.call("counted") == [{"received": 3, "ordered": True}]
    client.emit("count", 0)
    client.emit("count", 2)
    assert client.call("counted") == [{"received": 2, "ordered": False}]


@pytest.mark.parametrize(("era", "transport"), KINDS[1:])
@pytest.mark.parametrize("namespace", NAMESPACES)
def test_the_welcome_is_the_first_event_of_every_namespace(io, era, transport, namespace):
    client = connect(io, era=era, transport=transport)
    here = client if namespace == "/" else client.join(namespace, query="token=secret", auth={"token": "secret"})
    payload = {"token": "secret"} if era == "eio4" and namespace != "/" else {}
    assert here.received == [("auth", [payload])]
    here.emit("all", 1)
    assert here.received == [("auth", [payload]), ("all", [1])]
    assert namespace == "/" or client.received == [("auth", [{}])]


TOKENS = [
    ("", None, "not authorized", None),
    ("token=wrong", None, "not authorized", None),
    ("token=expired", None, "expired", {"code": 419}),
    ("token=secret", {"token": "expired"}, "expired", {"code": 419}),
    ("token=secret", {"token": None}, "not authorized", None),
    ("token=secret", {"other": 1}, "", None),
    ("token=wrong", {"token": "secret"}, "", None),
]


DOORS = [(*kind, *token) for kind in KINDS[1:] for token in TOKENS if token[1] is None or kind[0] == "eio4"]


@pytest.mark.parametrize(("era", "transport", "query", "auth", "message", "data"), DOORS)
def test_the_door_of_auth(io, era, transport, query, auth, message, data):
    client = connect(io, era=era, transport=transport)
    here = client.join("/auth", query=query, auth=auth) if era != "eio4" else door4(io, query, auth)
    said = {"message": message, **({} if data is None else {"data": data})}
    wanted = {"eio4": said, "eio3": data or message, "0.9": "unauthorized"}[era] if message else None
    assert here.refusal == wanted
    assert here.connected is not bool(message)
    assert client.connected


def door4(io, query, auth):
    """A client of Engine.IO 4 says its token in the query of the handshake."""
    return connect(io, query=query).join("/auth", auth=auth)


@pytest.mark.parametrize(("era", "transport"), KINDS[1:])
def test_there_is_no_other_namespace(io, era, transport):
    client = connect(io, era=era, transport=transport)
    here = client.join("/nowhere")
    assert here.refusal == {"eio4": {"message": "Invalid namespace"}, "eio3": "Invalid namespace", "0.9": None}[era]
    assert not here.connected and client.connected
