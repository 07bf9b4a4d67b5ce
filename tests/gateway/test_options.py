"""Options of a Listener: every mistake is named at construction."""

import datetime

import pytest

from gateway import EngineListener, Listener
from gateway.errors import OptionError
from gateway.options import ENGINE_OPTIONS, OPTIONS, ListenerOptions

SECONDS = [0, -1, "25", True, float("inf"), float("nan"), None, [25]]
SECONDS_OR_ZERO = SECONDS[1:]
SIZES = [0, -1, 1.5, "1000", True, None]
FLAGS = ["yes", 1, None]
FUNCTIONS = ["yes", True, 5, ["module:name"]]
BY_ERA = [0, -1, "8", True, {"1.x": 3}, {"old": 0}, {"old": "3"}, [3]]

WRONG = {
    "path": ["socket.io", "/socket.io/", "/", "", "/a?b", None, 5, b"/socket.io"],
    "eras": [[], ["0.9", "1.x"], "eio4", None, [4], {"eio4": True}],
    "transports": [
        ["carrier-pigeon"], "websocket", 5, {"eio4": ["xhr-polling"]}, {"1.x": ["websocket"]}, {"old": "websocket"}, [None],
    ],
    "assume_eio": [5, True, "3", 3.0, [3]],
    "poll_framing": ["text", *FUNCTIONS],
    "counted_acks": FUNCTIONS,
    "old_payload": ["both", None, 1, ["frames"]],
    "old_events": FLAGS,
    "blacklist": ["secret", 5, [5], None, {"secret": True}],
    "ping_interval": SECONDS,
    "ping_timeout": SECONDS,
    "upgrade_timeout": SECONDS,
    "connect_timeout": SECONDS,
    "poll_duration": BY_ERA,
    "close_timeout": BY_ERA,
    "heartbeat_interval": BY_ERA,
    "heartbeat_timeout": BY_ERA,
    "transport_options": [
        None, [], {"polling": {}}, {"xhr-polling": 5}, {"xhr-polling": {"timeout": 5}}, {"xhr-polling": {"poll_duration": 0}},
        {"xhr-polling": {"close_timeout": -1}},
    ],
    "max_payload": SIZES,
    "max_buffer": SIZES,
    "max_attachments": SIZES,
    "max_namespaces": SIZES,
    "max_dynamic": SIZES,
    "max_rooms": SIZES,
    "max_acks": SIZES,
    "max_head": SIZES,
    "max_head_lines": SIZES,
    "max_pipelined": SIZES,
    "request_timeout": SECONDS,
    "keepalive": SECONDS,
    "drain": SECONDS_OR_ZERO,
    "max_sessions": SIZES,
    "max_connections": SIZES[:-1],
    "origins": [5, True, [5], {"a": "b"}, b"*"],
    "cookie": [
        5, "a b", "", ["io"], {"colour": "red"}, {"name": "a;b"}, {"path": "/;x"}, {"same_site": "sometimes"},
        {"max_age": "60"}, {"expires": "tomorrow"}, {"domain": "a b"}, {"secure": "yes"},
    ],
    "compression": [True, None, "websocket", ["brotli"], 1],
    "parser": ["bson", None, 5, ["json"]],
    "serve_client": [5, True, [], {"version": "4.8"}, {"folder": 5}, {"folder": "x", "colour": "red"}],
    "store": [object(), "memory", dict, 5, {}],
    "store_expiration": SECONDS_OR_ZERO,
    "adapter": FUNCTIONS,
    "authorization": FUNCTIONS,
    "generate_id": FUNCTIONS,
    "public_ids": ["both", None, True],
    "recovery": [0, -1, "120", True],
    "recovery_buffer": SIZES,
    "cleanup_empty_namespaces": FLAGS,
    "flash_policy": [
        "*", 5, {}, ["a.example"], [("a.example",)], [("a.example", 80)], [("a.example", [])], [("", "*")], [("a\nb", "*")],
        [("a.example", [0])], [("a.example", [65536])], [("a.example", ["80"])],
    ],
    "trust_proxy": ["10.0.0.1", 5, ["nowhere"], ["10.0.0.0/99"]],
    "match_origin_protocol": FLAGS,
    "hixie": FLAGS,
    "hosts": ["a.example", 5, [5], {"a.example": 80}],
    "handshake_delay": SECONDS_OR_ZERO,
    "on_client_connect": FUNCTIONS,
    "on_client_message": FUNCTIONS,
    "on_client_disconnect": FUNCTIONS,
}  # fmt: skip


def test_every_option_is_in_the_table_of_wrong_values():
    assert WRONG.keys() == OPTIONS.keys()


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_raises_with_the_options_name_and_what_is_wanted(name, value):
    with pytest.raises(OptionError, match=f"^option {name}: .+ is wanted, not ") as raised:
        Listener(**{name: value})
    assert isinstance(raised.value, ValueError)


RIGHT = {
    "transports": [["websocket"], {"old": ("xhr-polling",)}, None],
    "assume_eio": [2, 4, None],
    "poll_framing": [lambda handshake: None, None],
    "poll_duration": [5, {"old": 5, "0.9": 2.5}, None],
    "transport_options": [{"xhr-polling": {"close_timeout": 0, "poll_duration": 1}}],
    "max_connections": [1, None],
    "origins": ["*", "http://a.example", ["http://a.example"], lambda origin, request: True, None],
    "cookie": [
        None, False, True, "io",
        {"name": "io", "httpOnly": False, "same_site": "none", "max_age": 60, "secure": True, "domain": ".a.example"},
        {"expires": datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC), "path": None},
    ],
    "compression": [False, {"websocket"}, ["http", "websocket"], ()],
    "flash_policy": [None, [], [("*", "*")], [["a.example", [80, 443]]]],
    "trust_proxy": [None, ["unix"], ["10.0.0.0/8", "::1"]],
    "recovery": [120, 0.5, None],
    "store_expiration": [0, 15],
    "handshake_delay": [0],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in RIGHT.items() for value in values])
def test_a_right_value_is_taken_as_it_is(name, value):
    assert getattr(Listener(**{name: value}).options, name) == value


@pytest.mark.parametrize("name", ["pingInterval", "", "cors", "sockets", "__class__"])
def test_an_unknown_option_raises_with_its_name(name):
    with pytest.raises(OptionError, match=f"unknown option '{name}'"):
        Listener(**{name: 5})


CONTRADICTIONS = [
    ({"eras": ["eio4"], "transports": ["xhr-polling"]}, ("eras", "transports")),
    ({"eras": ["0.9", "eio4"], "transports": {"0.9": []}}, ("eras", "transports")),
    ({"eras": ["old", "0.9", "eio3"], "recovery": 60}, ("eras", "recovery")),
    ({"eras": ["old"], "parser": "msgpack"}, ("eras", "parser")),
    ({"eras": ["eio3"], "assume_eio": 4}, ("eras", "assume_eio")),
    ({"eras": ["eio4"], "assume_eio": 2}, ("eras", "assume_eio")),
    ({"ping_interval": 60, "heartbeat_timeout": 30}, ("heartbeat_interval", "heartbeat_timeout")),
    ({"heartbeat_interval": {"0.9": 50}}, ("heartbeat_interval", "heartbeat_timeout")),
    ({"heartbeat_interval": 20, "close_timeout": {"0.9": 15}}, ("heartbeat_interval", "close_timeout")),
]


@pytest.mark.parametrize(("options", "names"), CONTRADICTIONS)
def test_a_contradiction_raises_with_both_names(options, names):
    with pytest.raises(OptionError, match=f"^options {names[0]} and {names[1]} contradict each other: "):
        Listener(**options)


AGREEMENTS = [
    {"eras": ["eio4"]},  # what is assumed of a request without revision is then refused as such
    {"eras": ["eio4"], "assume_eio": None},
    {"eras": ["old"], "ping_interval": 60, "heartbeat_timeout": 30},
    {"eras": ["eio3"], "parser": "msgpack"},
]


@pytest.mark.parametrize("options", AGREEMENTS)
def test_what_only_looks_like_a_contradiction_is_none(options):
    assert Listener(**options)


def test_the_options_of_bare_engine_io_are_options():
    assert OPTIONS.keys() >= ENGINE_OPTIONS


@pytest.mark.parametrize("name", [name for name in OPTIONS if name not in ENGINE_OPTIONS])
def test_an_option_that_means_nothing_without_socket_io_is_refused_there(name):
    with pytest.raises(OptionError, match=f"option '{name}' is unknown, or means nothing without Socket.IO"):
        EngineListener(**{name: OPTIONS[name].default})


def test_defaults_are_all_acceptable():
    options = ListenerOptions.checked({})
    for name, option in OPTIONS.items():
        assert option.test(getattr(options, name)), name


def test_transports_may_differ_by_era_and_keep_their_order():
    options = ListenerOptions.checked({"transports": {"0.9": ["jsonp-polling", "websocket"]}})
    assert options.transports_of("0.9") == ("jsonp-polling", "websocket")
    assert options.transports_of("eio4") == ("polling", "websocket")


def test_times_may_differ_by_era():
    options = ListenerOptions.checked({"poll_duration": {"old": 5}})
    assert options.seconds("poll_duration", "old", 20) == 5
    assert options.seconds("poll_duration", "0.9", 20) == 20
