"""JSON as JavaScript has it, the same with and without a faster library in front."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols import jsontext
from protocols.errors import ProtocolError


@pytest.fixture(params=["json", "orjson"], autouse=True)
def library(request):
    if request.param == "orjson":
        orjson = pytest.importorskip("orjson")
        jsontext.accelerate(orjson.loads, orjson.dumps)
    yield request.param
    jsontext.plain()


READ = [
    ("1", 1),
    (' ["a", null] \n', ["a", None]),
    ('{"a":{"b":[true,false]}}', {"a": {"b": [True, False]}}),
    ('"\\ud83d\\udca9"', "💩"),
    ('"\\ud800"', "\ud800"),
    ('"\u2028"', "\u2028"),
    ("1e308", 1e308),
    ("-0.5", -0.5),
    ("9007199254740993", 9007199254740993),
    ("[" * 500 + "]" * 500, None),
    ('["' + "[" * 2000 + '\\"{"]', ["[" * 2000 + '"{']),
    ("[" + "[]," * 2000 + "1]", [[]] * 2000 + [1]),
]

REFUSED = [
    "",
    " ",
    "NaN",
    "[Infinity]",
    "-Infinity",
    "1e400",
    '{"a":-1e999}',
    "1" * 400,
    "1" * 6000,
    "[1,]",
    "[1]x",
    "{1:2}",
    "'a'",
    '"a\x01"',
    '"\\x"',
    "\ufeff[]",
    "[" * 501 + "]" * 501,
    "[" * 100_000,
    '{"a":' * 100_000,
    '"' + "[" * 1000,
]

WRITTEN = [
    (["a", 1, None, True, {"b": []}], '["a",1,null,true,{"b":[]}]'),
    ((1, (2.5,)), "[1,[2.5]]"),
    ([float("nan"), float("inf"), {"a": [float("-inf")]}], '[null,null,{"a":[null]}]'),
    (["hé☃💩"], '["hé☃💩"]'),
    (["\ud800é"], '["\\ud800\\u00e9"]'),
    (["</script>\u2028\x1e"], '["</script>\u2028\\u001e"]'),
    ([2**70], "[1180591620717411303424]"),
    ([10**5000], "[null]"),
]


@pytest.mark.parametrize("text, value", READ)
def test_json_is_read(text, value):
    read = jsontext.loads(text)
    assert read == value or (value is None and read == json.loads(text))


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:12])
def test_what_is_no_json_is_a_protocol_error(text):
    with pytest.raises(ProtocolError):
        jsontext.loads(text)


def test_an_integer_above_64_bits_keeps_its_size():
    assert float(jsontext.loads("123456789012345678901234567890")) == 123456789012345678901234567890.0


@pytest.mark.parametrize("value, text", WRITTEN, ids=range(len(WRITTEN)))
def test_values_are_written_without_blanks(value, text):
    assert jsontext.dumps(value) == text


@pytest.mark.parametrize("value, text", WRITTEN, ids=range(len(WRITTEN)))
def test_ascii_says_the_same_values(value, text):
    written = jsontext.dumps_ascii(value)
    assert written.isascii()
    assert json.loads(written) == json.loads(text)


def test_a_script_cannot_be_left_from_within_its_literal():
    assert jsontext.dumps_script('</a>"\\\u2028é') == '"\\u003c/a>\\"\\\\\\u2028\\u00e9"'


@pytest.mark.parametrize(
    "args, binary",
    [([], False), (["a", 1, None, True, 1.5], False), ([{"a": ["b", (1,)]}], False), ([b"x"], True), ([{"a": [(b"",)]}], True)],
)
def test_what_can_be_sent_is_told_from_what_holds_bytes(args, binary):
    assert jsontext.check(args) is binary


@pytest.mark.parametrize("value", [object(), {1: 2}, [{"a": {1}}], bytearray(b"x"), lambda: None, ({None: 1},)])
def test_other_types_are_a_type_error_at_the_call(value):
    with pytest.raises(TypeError):
        jsontext.check(["name", value])


def test_a_list_that_holds_itself_is_refused_and_not_walked_for_ever():
    loop: list = []
    loop += [loop, loop]
    with pytest.raises(ValueError, match="deeply"):
        jsontext.check([loop])


def test_what_check_lets_through_can_be_written_and_read():
    value: list = []
    for _ in range(498):
        value = [value]
    assert not jsontext.check([value])
    assert jsontext.loads(jsontext.dumps([value])) == [value]


@pytest.mark.parametrize(
    "text", ['[{"a":1}' + ',{"a":1}' * 124_000 + "]", "[" * 1_000_000, "[" + "1," * 499_000 + "1]", '"' * 999_999]
)
def test_a_megabyte_is_judged_in_linear_time(text):
    """In a fraction of a second; what is not linear takes minutes of the processor."""
    started = time.process_time()
    with suppress(ProtocolError):
        jsontext.loads(text)
    assert time.process_time() - started < 10


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


# Both libraries within one test: hypothesis does not set fixtures up again for each example.


@pytest.mark.parametrize("library", ["json"], indirect=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=json_values)
def test_what_is_written_is_read_again(library, value):
    for written in (
        jsontext.dumps(value),
        jsontext.dumps_ascii(value),
        *accelerated(jsontext.dumps, jsontext.dumps_ascii, argument=value),
    ):
        assert jsontext.loads(written) == value
        assert next(accelerated(jsontext.loads, argument=written)) == value


@pytest.mark.parametrize("library", ["json"], indirect=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet='[]{}",:\\0123eE.-+ntrufalse\ud800 é', max_size=18))
def test_garbage_raises_nothing_but_protocol_errors(library, text):
    assert outcome(text) == next(accelerated(outcome, argument=text))


def accelerated(*functions, argument):
    """What ``functions`` give with orjson in front."""
    orjson = pytest.importorskip("orjson")
    jsontext.accelerate(orjson.loads, orjson.dumps)
    results = [function(argument) for function in functions]
    jsontext.plain()
    yield from results


def outcome(text):
    """The value, or "refused"."""
    try:
        value = jsontext.loads(text)
    except ProtocolError:
        return "refused"
    return repr(value)
