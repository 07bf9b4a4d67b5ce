"""Joining, middleware, refusals, the lifecycle and its reasons, in every era."""

import pytest
from twisted.internet.task import deferLater

from gateway import ConnectionRefused
from tests.gateway.era_peers import ERAS, PEERS, WITH_NAMESPACES, Poller, peer_of, taken


@pytest.fixture
def gate(make_gate):
    """Here the payload of 0.3 to 0.6 is not in question."""
    return make_gate(old_payload="frames")


class Diary:
    """The lifecycle of every socket of a namespace, as an application hears it."""

    def __init__(self, io):
        self.said = []
        io.on("connection", self.connected)
        io.on("connect", lambda socket: self.said.append("connect"))
        io.on("disconnecting", lambda socket, reason: self.said.append(f"disconnecting {reason}"))
        io.on("disconnect", lambda socket, reason: self.said.append(f"disconnect {reason}"))
        for event in ("clientConnect", "clientDisconnect"):
            io.on(event, lambda client, event=event: self.said.append(event))
        io.on("clientMessage", lambda message, client: self.said.append(f"clientMessage {message}"))

    def connected(self, socket):
        self.said.append("connection")
        socket.on("disconnecting", lambda reason: self.said.append("socket disconnecting"))
        socket.on("disconnect", lambda reason: self.said.append("socket disconnect"))

    def take(self):
        said, self.said = self.said, []
        return said


def farewell(reason, client=True):
    lines = [f"disconnecting {reason}", "socket disconnecting", f"disconnect {reason}", "socket disconnect"]
    return [*lines, "clientDisconnect"] if client else lines


# Lifecycle -------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ERAS)
def test_the_lifecycle_is_told_once_in_every_era(gate, era):
    diary = Diary(gate.io)
    peer = peer_of(gate, era)
    assert diary.take() == ["clientConnect", "connection", "connect"]
    peer.send("hi")
    assert diary.take() == ["clientMessage hi"]
    peer.emit("no message", "x")
    assert diary.take() == []
    peer.drop()
    assert diary.take() == farewell("transport close")
    gate.turn(100)
    assert diary.take() == []
    assert gate.io.clients == {} and gate.io.sockets.sockets == {}


def test_the_events_of_0_6_are_also_options(make_gate):
    said = []
    gate = make_gate(
        on_client_connect=lambda client: said.append("connect"),
        on_client_message=lambda message, client: said.append(message),
        on_client_disconnect=lambda client: said.append("disconnect"),
    )
    peer = peer_of(gate, "0.9")
    peer.send("hi")
    peer.drop()
    assert said == ["connect", "hi", "disconnect"]


@pytest.mark.parametrize("era", WITH_NAMESPACES)
def test_a_client_that_goes_leaves_every_namespace(gate, era):
    root, chat = Diary(gate.io), Diary(gate.io.of("chat"))
    peer = peer_of(gate, era, "/chat")
    assert chat.take() == ["connection", "connect"]
    peer.drop()
    assert chat.take() == farewell("transport close", client=False)
    assert root.take()[3:] == farewell("transport close")


@pytest.mark.parametrize("era", WITH_NAMESPACES)
def test_a_client_may_leave_one_namespace_and_join_it_again(gate, era):
    root, chat = Diary(gate.io), Diary(gate.io.of("/chat"))
    peer = peer_of(gate, era, "/chat")
    root.take(), chat.take()
    peer.leave("/chat")
    assert chat.take() == farewell("client namespace disconnect", client=False)
    assert root.take() == []
    peer.join("/chat")
    assert chat.take() == ["connection", "connect"]


@pytest.mark.parametrize("era", ["0.9", "eio3", "eio4"])
def test_leaving_the_default_namespace_is_the_client_s_doing(gate, era):
    diary = Diary(gate.io)
    peer = peer_of(gate, era)
    diary.take()
    peer.leave("/")
    assert diary.take() == farewell("client namespace disconnect")


# Reasons (rulings §3.6) ----------------------------------------------------------------------------


def missed_heartbeat(gate, peer):
    gate.turn(60)


def broken_frame(gate, peer):
    peer.connection.reader.dataReceived(b"\x81\x01a")  # not masked


REASONS = [
    *((era, "transport close", lambda gate, peer: peer.drop()) for era in ERAS),
    *((era, "ping timeout", missed_heartbeat) for era in ERAS),
    *((era, "parse error", broken_frame) for era in ERAS),
    *((era, "server namespace disconnect", lambda gate, peer: peer.client.sockets["/"].disconnect()) for era in ERAS),
    *((era, "server namespace disconnect", lambda gate, peer: peer.client.sockets["/"].disconnect(True)) for era in ERAS),
    ("eio4", "forced close", lambda gate, peer: peer.raw("40")),
    ("eio4", "forced close", lambda gate, peer: peer.raw("42{}")),
    ("eio4", "transport error", lambda gate, peer: peer.raw("2")),
    ("eio3", "forced close", lambda gate, peer: peer.raw("42{}")),
    ("eio3", "parse error", lambda gate, peer: peer.raw("9")),
    ("eio4", "parse error", lambda gate, peer: peer.raw("9")),
    ("0.9", "client namespace disconnect", lambda gate, peer: peer.raw("0::")),
]


@pytest.mark.parametrize(("era", "reason", "act"), REASONS)
def test_the_reason_of_an_end_is_a_word_of_4_8(gate, era, reason, act):
    peer = peer_of(gate, era)
    diary, socket = Diary(gate.io), peer.client.sockets["/"]
    act(gate, peer)
    assert diary.take() == [f"disconnecting {reason}", f"disconnect {reason}", "clientDisconnect"]
    assert not socket.connected


@pytest.mark.parametrize("target", ["/socket.io/1/xhr-polling/{sid}?disconnect", "/socket.io/1/xhr-polling/{sid}?disconnect=1"])
def test_a_0_9_client_that_says_goodbye_by_a_request_of_its_own(gate, target):
    diary = Diary(gate.io)
    sid = gate.get("/socket.io/1/").text.split(":")[0]
    gate.get(f"/socket.io/1/xhr-polling/{sid}")
    diary.take()
    gate.get(target.format(sid=sid))
    assert diary.take()[0] == "disconnecting client namespace disconnect"


def test_a_polling_client_of_0_6_that_comes_no_more(gate):
    diary = Diary(gate.io)
    sid = gate.get("/socket.io/xhr-polling//1").text[-20:]
    poll = gate.get(f"/socket.io/xhr-polling/{sid}/2")
    poll.cut()
    diary.take()
    gate.turn(9)
    assert diary.take()[0] == "disconnecting transport close"


def test_a_polling_client_of_0_9_that_comes_no_more(gate):
    diary = Diary(gate.io)
    sid = gate.get("/socket.io/1/").text.split(":")[0]
    gate.get(f"/socket.io/1/xhr-polling/{sid}")
    diary.take()
    gate.turn(47)
    assert diary.take()[0] == "disconnecting ping timeout"


def test_a_cut_poll_ends_an_engine_io_client(gate):
    diary = Diary(gate.io)
    poller = Poller(gate)
    diary.take()
    poller.poll().cut()
    assert diary.take() == farewell("transport error")


# Putting out -------------------------------------------------------------------------------------------

PUT_OUT = [
    ("old", "/", False, [("close", None)]),
    ("0.9", "/", False, ["0::", ("close", None)]),
    ("0.9", "/chat", False, ["0::/chat"]),
    ("0.9", "/chat", True, ["0::/chat", "0::", ("close", None)]),
    ("eio3", "/", False, ["41"]),
    ("eio3", "/chat", False, ["41/chat"]),
    ("eio3", "/chat", True, ["41/chat", "41", ("close", None)]),
    ("eio4", "/", False, ["41"]),
    ("eio4", "/chat", False, ["41/chat,"]),
    ("eio4", "/chat", True, ["41/chat,", "41", ("close", None)]),
]


@pytest.mark.parametrize(("era", "namespace", "close", "read"), PUT_OUT)
def test_the_server_puts_a_client_out_in_the_words_of_its_era(gate, era, namespace, close, read):
    gate.io.of("/chat")
    peer = peer_of(gate, era, namespace)
    socket = peer.client.sockets[namespace]
    assert socket.disconnect(close) is socket
    assert [item.rstrip(",") if isinstance(item, str) else item for item in peer.heard()] == [
        item.rstrip(",") if isinstance(item, str) else item for item in read
    ]
    socket.disconnect(close)
    assert peer.heard() == []


def test_what_disconnecting_sends_goes_out_before_the_goodbye_and_what_disconnect_sends_not_at_all(gate):
    peer = peer_of(gate, "eio4")
    socket = peer.client.sockets["/"]
    socket.on("disconnecting", lambda reason: socket.emit("last words"))
    socket.on("disconnect", lambda reason: socket.emit("too late"))
    socket.disconnect()
    assert peer.heard() == ['42["last words"]', "41"]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("event", ["connection", "e", "disconnecting", "disconnect"])
@pytest.mark.parametrize("close", [False, True])
def test_a_handler_may_put_its_own_client_out(gate, era, event, close):
    diary = Diary(gate.io)
    gate.io.on(event, lambda socket, *args: socket.disconnect(close))
    peer = peer_of(gate, era)
    peer.emit("e") if not peer.connection.closed and gate.io.find(peer.sid) else None
    peer.drop()
    said = diary.take()
    assert [line.split()[0] for line in said].count("disconnect") == 1
    assert [line.split()[0] for line in said].count("disconnecting") == 1
    assert said.count("clientDisconnect") == 1
    assert gate.io.sockets.sockets == {}


@pytest.mark.parametrize("era", ERAS)
def test_a_broadcast_in_disconnect_reaches_the_others(gate, era):
    gate.io.on("disconnect", lambda socket, reason: gate.io.emit("left", reason))
    peer, other = peer_of(gate, era), peer_of(gate, era)
    peer.drop()
    assert [event[1:3] for event in other.events()] == [("left", ["transport close"])]


# Middleware ---------------------------------------------------------------------------------------------

REFUSED = [
    ("old", "/", ConnectionRefused("no"), [("close", None)]),
    ("0.9", "/", ConnectionRefused("no"), ["7:::2", ("close", None)]),
    ("0.9", "/chat", ConnectionRefused("no", {"code": 7}), ["7::/chat:2"]),
    ("0.9", "/chat", RuntimeError("secret"), ["7::/chat"]),
    ("eio3", "/", ConnectionRefused("no"), ['44"no"']),
    ("eio3", "/chat", ConnectionRefused("no", {"code": 7}), ['44/chat,{"code":7}']),
    ("eio3", "/chat", RuntimeError("secret"), ['44/chat,"internal error"']),
    ("eio4", "/", ConnectionRefused("no"), ['44{"message":"no"}']),
    ("eio4", "/chat", ConnectionRefused("no", {"code": 7}), ['44/chat,{"message":"no","data":{"code":7}}']),
    ("eio4", "/chat", RuntimeError("secret"), ['44/chat,{"message":"internal error"}']),
    ("eio4", "/chat", ConnectionRefused(), ['44/chat,{"message":"not authorized"}']),
]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(("era", "namespace", "error", "read"), REFUSED)
def test_middleware_refuses_in_the_words_of_the_era(gate, logged_failures, era, namespace, error, read, late):
    diary = Diary(gate.io.of(namespace))

    @gate.io.of(namespace).use
    async def admit(socket):
        if late:
            await deferLater(gate.clock, 1, lambda: None)
        raise error

    target = PEERS[era].target or f"/socket.io/1/websocket/{gate.get('/socket.io/1/').text.split(':')[0]}"
    connection = gate.get(target, upgrade=True).connection
    peer = PEERS[era].__new__(PEERS[era])
    peer.gate, peer.connection, peer.read = gate, connection, []
    if namespace != "/" or era == "eio4":
        peer.raw("40") if era == "eio4" and namespace != "/" else None
        peer.join(namespace)
    gate.turn(2)
    heard = [item for item in peer_text(peer) if item not in ("1::", "40") and item[:2] not in ("0{", '40{"'[:2])]
    assert heard[-len(read) :] == read
    assert diary.take() == []
    assert [str(e) for e in taken(logged_failures)] == (["secret"] if isinstance(error, RuntimeError) else [])


def peer_text(peer):
    from tests.gateway.era_peers import frames

    data = peer.connection.take()
    return frames(data.partition(b"\r\n\r\n")[2] if data.startswith(b"HTTP") else data)


def test_middleware_runs_in_order_and_stops_at_the_first_refusal(gate):
    said = []

    @gate.io.use
    def first(socket):
        said.append("first")

    @gate.io.use
    async def second(socket):
        await deferLater(gate.clock, 1, lambda: None)
        said.append("second")
        raise ConnectionRefused("no")

    gate.io.use(lambda socket: said.append("never"))
    peer = peer_of(gate, "eio4")
    gate.turn(2)
    assert said == ["first", "second"]
    assert peer.heard() == ['44{"message":"no"}']


def test_middleware_is_not_asked_on_when_the_client_has_gone(gate):
    said = []
    gate.io.use(lambda socket: deferLater(gate.clock, 1, lambda: None))
    gate.io.use(lambda socket: said.append("asked"))
    diary = Diary(gate.io)
    peer_of(gate, "eio4").drop()
    gate.turn(2)
    assert said == [] and diary.take() == [] and gate.io.sockets.sockets == {}


def test_what_middleware_sends_and_joins_counts_from_admission_on(gate):
    sockets = []

    @gate.io.use
    def admit(socket):
        sockets.append(socket)
        assert not socket.connected
        socket.join("room")
        value = ["early"]
        socket.emit("hello", value)
        value.append("changed")
        socket.volatile.emit("volatile")
        assert socket.rooms == {socket.id, "room"}
        gate.io.to("room").emit("not yet")
        return deferLater(gate.clock, 1, lambda: None)

    gate.io.on("connection", lambda socket: socket.emit("connected"))
    peer = peer_of(gate, "eio4")
    assert peer.heard() == []
    gate.turn(1)
    answer, *events = peer.heard()
    assert answer.startswith('40{"sid"') and events == ['42["hello",["early"]]', '42["connected"]']
    gate.io.to("room").emit("now")
    assert peer.names() == ["now"]


@pytest.mark.parametrize("era", ["old", "0.9", "eio3"])
def test_what_middleware_sends_comes_after_the_greeting_in_every_era(gate, era):
    gate.io.use(lambda socket: socket.emit("early"))
    peer = PEERS[era](gate)
    assert peer.names() == ["early"]


def test_what_a_refused_client_was_put_into_and_asked_is_undone(gate):
    got, sockets = [], []

    @gate.io.use
    def admit(socket):
        sockets.append(socket)
        socket.join("room")
        socket.call("q").addErrback(lambda failure: got.append(failure.type.__name__))
        raise ConnectionRefused("no")

    peer_of(gate, "eio4")
    assert got == ["SocketClosed"]
    assert gate.io.adapter.rooms == [] and sockets[0].rooms == set()


def test_joins_of_2_x_wait_for_the_default_namespace_and_come_after_its_handlers(gate):
    said = []
    gate.io.use(lambda socket: deferLater(gate.clock, 1, lambda: None))
    gate.io.on("connection", lambda socket: said.append("/"))
    gate.io.of("/chat").on("connection", lambda socket: said.append("/chat"))
    peer = PEERS["eio3"](gate)
    peer.join("/chat")
    assert said == []
    gate.turn(1)
    assert said == ["/", "/chat"]


def test_a_0_9_client_that_left_while_it_was_asked_about_was_never_there(gate):
    gate.io.of("/chat").use(lambda socket: deferLater(gate.clock, 1, lambda: None))
    diary = Diary(gate.io.of("/chat"))
    peer = peer_of(gate, "0.9", "/chat")
    peer.leave("/chat")
    gate.turn(2)
    assert diary.take() == []
    assert gate.io.of("/chat").sockets == {}


# Refusals without middleware ---------------------------------------------------------------------------------


UNKNOWN = [("0.9", []), ("eio3", ['44/none,"Invalid namespace"']), ("eio4", ['44/none,{"message":"Invalid namespace"}'])]


@pytest.mark.parametrize(("era", "read"), UNKNOWN)
def test_an_unknown_namespace_is_refused_and_the_rest_goes_on(gate, era, read):
    peer = peer_of(gate, era)
    peer.join("/none")
    assert peer.heard() == read
    gate.io.emit("still here")
    assert peer.names() == ["still here"]


def test_a_second_connect_of_4_x_closes(gate):
    gate.io.use(lambda socket: deferLater(gate.clock, 1, lambda: None))
    diary = Diary(gate.io)
    peer = peer_of(gate, "eio4")
    peer.raw("40")
    gate.turn(2)
    assert peer.heard() == [("close", None)]
    assert diary.take() == []


def test_beyond_max_namespaces_they_are_unknown_also_those_still_asked_about(make_gate):
    gate = make_gate(max_namespaces=2)
    for name in ("/a", "/b"):
        gate.io.of(name).use(lambda socket: deferLater(gate.clock, 1, lambda: None))
    peer = peer_of(gate, "eio4")
    peer.join("/a")
    peer.join("/b")
    assert peer.heard() == ['44/b,{"message":"Invalid namespace"}']
    gate.turn(1)
    peer.leave("/a")
    peer.join("/b")
    gate.turn(1)
    assert [item[:5] for item in peer.heard()] == ["40/a,", "40/b,"]


def test_who_joins_nothing_in_time_is_closed(make_gate):
    gate = make_gate(connect_timeout=5)
    gate.io.of("/no").use(lambda socket: (_ for _ in ()).throw(ConnectionRefused("no")))
    idle, refused, joined = PEERS["eio4"](gate), PEERS["eio4"](gate), PEERS["eio4"](gate)
    refused.join("/no")
    joined.join("/")
    gate.turn(6)
    assert idle.heard() == [("close", None)]
    assert refused.heard() == ['44/no,{"message":"no"}', ("close", None)]
    assert gate.io.find(joined.sid) is not None and gate.io.find(idle.sid) is None


def test_events_for_a_namespace_that_was_not_joined(gate):
    gate.io.of("/chat").on("e", lambda socket: 1 / 0)
    two, four = peer_of(gate, "eio3"), peer_of(gate, "eio4")
    for peer in (two, four):
        peer.emit("e", namespace="/chat")
    assert gate.io.find(two.sid) is not None  # it may be sending while it is put out
    assert four.heard() == [("close", None)]


# What a Namespace offers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["connect", "connection", "new_namespace"])
def test_server_side_emit_has_reserved_names(gate, timeout, name):
    from twisted.internet.defer import Deferred

    failed = []
    Deferred.fromCoroutine(gate.io.server_side_emit(name)).addErrback(lambda failure: failed.append(failure.type))
    assert failed == [ValueError]


def test_server_side_emit_calls_nothing_in_its_own_process(gate):
    from twisted.internet.defer import Deferred

    said = []
    gate.io.on("hello", said.append)
    assert Deferred.fromCoroutine(gate.io.of("/").server_side_emit("hello", 1)).result is None
    assert said == []


def test_namespaces_are_made_on_first_use_with_or_without_slash(gate):
    said = []
    gate.io.on("new_namespace", lambda namespace: said.append(namespace.name))
    assert gate.io.of("chat") is gate.io.of("/chat")
    assert gate.io.of("/") is gate.io.sockets
    assert said == ["/chat"]


def test_new_namespace_is_nothing_a_client_can_trigger_but_a_name_like_others(gate):
    said = []
    gate.io.on("new_namespace", lambda *args: said.append("handler"))
    gate.io.on("*", lambda socket, name: said.append(name))
    peer_of(gate, "eio4").emit("new_namespace")
    assert said == ["new_namespace"]
    assert gate.io.event_names() == ["*", "new_namespace"]
    gate.io.off("new_namespace")
    assert gate.io.listeners("new_namespace") == []
