"""Bytes inside JSON, as the eras without binary packets carry them."""

import pytest

from legacy.binary import unwrap, wrap

PAIRS = [
    (b"abc", {"_binary": "YWJj"}),
    (b"", {"_binary": ""}),
    ([b"\xff\x00"], [{"_binary": "/wA="}]),
    ({"a": [1, {"b": b"x"}], "c": None}, {"a": [1, {"b": {"_binary": "eA=="}}], "c": None}),
    (["plain", 1.5, True], ["plain", 1.5, True]),
]


@pytest.mark.parametrize("value, wrapped", PAIRS)
def test_bytes_travel_as_marked_base64_at_any_depth(value, wrapped):
    assert wrap(value) == wrapped
    assert unwrap(wrapped) == value


@pytest.mark.parametrize("data", [bytearray(b"abc"), memoryview(b"abc")])
def test_everything_like_bytes_is_wrapped(data):
    assert wrap([data]) == [{"_binary": "YWJj"}]


def test_tuples_become_lists_and_the_original_is_left_alone():
    value = {"a": (b"x", [b"y"])}
    assert wrap(value) == {"a": [{"_binary": "eA=="}, [{"_binary": "eQ=="}]]}
    assert value == {"a": (b"x", [b"y"])}


@pytest.mark.parametrize(
    "data",
    [
        {"_binary": "not base64!"},
        {"_binary": "YWJ"},
        {"_binary": "YW Jj"},
        {"_binary": "YWJj\n"},
        {"_binary": "YWJj=AAA"},
        {"_binary": "ü"},
        {"_binary": 5},
        {"_binary": None},
        {"_binary": "YWJj", "more": 1},
        {"_Binary": "YWJj"},
    ],
)
def test_what_is_not_strictly_the_convention_stays_data(data):
    assert unwrap([data]) == [data]


def test_no_depth_is_too_deep():
    value = leaf = []
    for _ in range(20_000):
        leaf.append([])
        leaf = leaf[0]
    leaf.append({"_binary": "eA=="})
    deep = unwrap(value)
    for _ in range(20_000):
        deep = deep[0]
    assert deep == [b"x"]
