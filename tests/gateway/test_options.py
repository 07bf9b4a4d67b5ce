"""Options of a Listener: every mistake is named at construction."""

import pytest

from gateway.errors import OptionError
from gateway.options import OPTIONS, ListenerOptions

WRONG = [
    ("ping_interval", 0),
    ("ping_interval", "25"),
    ("ping_interval", True),
    ("ping_timeout", float("inf")),
    ("path", "socket.io"),
    ("path", "/socket.io/"),
    ("eras", []),
    ("eras", ["0.9", "1.x"]),
    ("transports", ["carrier-pigeon"]),
    ("transports", {"eio4": ["xhr-polling"]}),
    ("assume_eio", 5),
    ("assume_eio", True),
    ("old_payload", "both"),
    ("max_payload", 0),
    ("max_payload", 1.5),
    ("poll_duration", {"1.x": 3}),
    ("origins", 5),
    ("authorization", "yes"),
    ("store", object()),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_raises_with_the_options_name(name, value):
    with pytest.raises(OptionError, match=name):
        ListenerOptions.checked({name: value})


def test_an_unknown_option_raises_with_its_name():
    with pytest.raises(OptionError, match="pingInterval"):
        ListenerOptions.checked({"pingInterval": 5})


CONTRADICTIONS = [
    ({"eras": ["eio4"], "transports": ["xhr-polling"]}, "transports"),
]


@pytest.mark.parametrize(("options", "name"), CONTRADICTIONS)
def test_a_contradiction_raises_with_both_names(options, name):
    with pytest.raises(OptionError, match=name):
        ListenerOptions.checked(options)


def test_defaults_are_all_acceptable():
    options = ListenerOptions.checked({})
    for name, option in OPTIONS.items():
        assert option.test(getattr(options, name)) or getattr(options, name) is None, name


FLAGS = [
    ("ping_interval", "2.5", 2.5),
    ("max_payload", "1000", 1000),
    ("eras", "0.9, eio4", ("0.9", "eio4")),
    ("assume_eio", "none", None),
    ("old_events", "no", False),
    ("origins", "*", "*"),
    ("origins", "http://a.example,http://b.example", ("http://a.example", "http://b.example")),
]


@pytest.mark.parametrize(("name", "text", "value"), FLAGS)
def test_the_text_of_a_flag_becomes_the_value(name, text, value):
    assert OPTIONS[name].parse(text) == value
    ListenerOptions.checked({name: value})


def test_transports_may_differ_by_era_and_keep_their_order():
    options = ListenerOptions.checked({"transports": {"0.9": ["jsonp-polling", "websocket"]}})
    assert options.transports_of("0.9") == ("jsonp-polling", "websocket")
    assert options.transports_of("eio4") == ("polling", "websocket")


def test_times_may_differ_by_era():
    options = ListenerOptions.checked({"poll_duration": {"old": 5}})
    assert options.seconds("poll_duration", "old", 20) == 5
    assert options.seconds("poll_duration", "0.9", 20) == 20
