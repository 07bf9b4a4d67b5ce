"""Configuration in the manner of 0.9: every setting either means an option, or says what to do instead."""

import pytest

from gateway import Listener
from gateway.errors import OptionError
from gateway.oldnames import SETTINGS
from gateway.options import OPTIONS

MEANT = [
    ("heartbeat interval", 20, "heartbeat_interval", {"0.9": 20}),
    ("heartbeat timeout", 70, "heartbeat_timeout", {"0.9": 70}),
    ("close timeout", 65, "close_timeout", {"0.9": 65}),
    ("polling duration", 15, "poll_duration", {"0.9": 15}),
    ("origins", "*:*", "origins", "*"),
    ("origins", "a.example:80 b.example:*", "origins", ["a.example:80", "b.example:*"]),
    ("match origin protocol", True, "match_origin_protocol", True),
    ("client store expiration", 15, "store_expiration", 15),
    ("resource", "/io", "path", "/io"),
    ("blacklist", ["disconnect", "secret"], "blacklist", ("secret",)),
    ("destroy buffer size", 5000, "max_payload", 5000),
    ("ping_interval", 30, "ping_interval", 30),
]


@pytest.mark.parametrize(("name", "value", "option", "wanted"), MEANT)
def test_a_setting_of_09_means_an_option(name, value, option, wanted):
    io = Listener().set(name, value)
    assert getattr(io.options, option) == wanted


def test_transports_of_09_are_those_of_its_era_only():
    io = Listener().set("transports", ["websocket", "xhr-polling"])
    assert io.options.transports_of("0.9") == ("websocket", "xhr-polling")
    assert io.options.transports_of("eio4") == ("polling", "websocket")
    assert io.get("transports") == ["websocket", "xhr-polling"]
    assert io.settings.transports["0.9"] == ("websocket", "xhr-polling")


def test_a_number_for_all_eras_stays_that_of_the_others():
    io = Listener(poll_duration=10).set("polling duration", 5)
    assert io.settings.poll_duration["old"] == 10
    assert io.settings.poll_duration["0.9"] == io.get("polling duration") == 5


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.change is None])
def test_a_setting_without_meaning_says_what_to_do_instead(name):
    io = Listener()
    with pytest.raises(OptionError, match=f"'{name}' has no meaning here: .{{20}}"):
        io.set(name, 1)
    with pytest.raises(OptionError, match=name):
        io.get(name)


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.option])
def test_every_other_setting_means_an_option_that_exists_and_can_be_read(name):
    assert SETTINGS[name].option in OPTIONS
    Listener().get(name)


REFUSED = [
    ("nonsense", 1, "unknown setting 'nonsense'.*'heartbeat interval'"),
    ("transportOptions", {}, "called 'transport_options'"),
    ("heartbeats", False, "clients since 0.9.1"),
    ("destroy upgrade", False, "fallback"),
    ("blacklist", "secret", "'secret' is no value"),
    ("heartbeat timeout", 0, "'heartbeat timeout' means the option heartbeat_timeout"),
    ("heartbeat timeout", 5, "heartbeat_interval and heartbeat_timeout contradict"),
    ("resource", r"^/tenant", "mount several Listeners"),
    ("transports", 5, "5 is no value"),
]


@pytest.mark.parametrize(("name", "value", "text"), REFUSED)
def test_what_is_refused_changes_nothing_and_says_why(name, value, text):
    io = Listener()
    before = io.options
    with pytest.raises(OptionError, match=text):
        io.set(name, value)
    assert io.options is before


def test_switches_go_on_and_off():
    io = Listener()
    assert io.disabled("match origin protocol")
    assert io.enable("match origin protocol") is io
    assert io.enabled("match origin protocol")
    assert io.disable("match origin protocol").disabled("match origin protocol")
    assert io.enabled("heartbeats")


def test_configure_runs_for_its_environment_only(monkeypatch):
    io, ran = Listener(), []
    monkeypatch.delenv("NODE_ENV", raising=False)
    io.configure(lambda: ran.append("all"))
    io.configure("development", lambda: ran.append("development")).configure("production", lambda: ran.append("never"))
    monkeypatch.setenv("NODE_ENV", "production")

    @io.configure("production")
    def production():
        ran.append("production")

    assert ran == ["all", "development", "production"]
    with pytest.raises(TypeError):
        io.configure("production", 5)


def refusing(data, callback):
    callback(None, False)


def failing(data, callback):
    callback("boom", False)


def admitting(data, callback):
    callback(None, True, {"user": "ann"})


@pytest.mark.parametrize(
    ("fn", "status", "text"),
    [(refusing, 403, "handshake unauthorized"), (failing, 500, "handshake error"), (lambda handshake: False, 403, "handshake")],
)
def test_authorization_with_a_callback_decides(make_gate, fn, status, text, logged_failures):
    gate = make_gate()
    gate.io.set("authorization", fn)
    answer = gate.get("/socket.io/1/")
    assert answer.answer[0] == status
    assert answer.text.startswith(text)
    logged_failures.clear()


def test_the_third_argument_of_authorization_is_the_handshakes_data(make_gate):
    """Q26"""
    gate, seen = make_gate(), []
    gate.io.set("authorization", admitting)
    gate.io.on("connection", lambda socket: seen.append(socket.handshake.data))
    sid = gate.get("/socket.io/1/").text.split(":")[0]
    gate.get(f"/socket.io/1/xhr-polling/{sid}")
    assert seen == [{"user": "ann"}]


def test_events_on_the_blacklist_reach_nobody(make_gate):
    gate, seen = make_gate(), []
    gate.io.set("blacklist", ["disconnect", "secret"])
    gate.io.on("secret", lambda socket: seen.append("secret"))
    gate.io.on("*", lambda socket, event, *args: seen.append(event))
    assert gate.io.get("blacklist") == ["disconnect", "secret"]
    target = f"/socket.io/1/xhr-polling/{gate.get('/socket.io/1/').text.split(':')[0]}"
    gate.get(target)
    for name in ("secret", "disconnect", "other"):
        gate.post(target, f'5:::{{"name":"{name}"}}'.encode())
    assert seen == ["other"]


def test_clients_that_come_later_see_the_change(make_gate):
    gate = make_gate()
    gate.io.set("origins", ["https://good.example"]).set("heartbeat timeout", 100)
    assert gate.get("/socket.io/1/", headers={"origin": "https://evil.example"}).answer[0] == 403
    assert gate.get("/socket.io/1/", headers={"origin": "https://good.example"}).text.split(":")[1] == "100"
