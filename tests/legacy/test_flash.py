"""The Flash policy: who asks for it, and what is answered."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from legacy.flash import ANY, POLICY_REQUEST, is_policy_request, policy

SCENARIOS = json.loads((Path(__file__).parents[2] / "gateway/conformance/wire/socketio-0.6/flash-policy.json").read_text())[
    "scenarios"
]


def recorded_answer(scenario):
    [step] = [step for step in scenario["steps"] if step["step"] == "recv"]
    return "".join(part["text"] for part in step["data"]).encode()


def recorded_entries(scenario):
    pairs = [entry.split(":") for entry in scenario.get("server_options", {}).get("origins", ["*:*"])]
    return [(domain, ANY if ports == ANY else [int(ports)]) for domain, ports in pairs]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_the_policy_is_byte_for_byte_that_of_the_old_server(scenario):
    assert policy(recorded_entries(scenario)) == recorded_answer(scenario)


@pytest.mark.parametrize(
    "data, verdict",
    [
        (POLICY_REQUEST, True),
        (b"<policy-file-request/>", None),
        (b"<", None),
        (b"", None),
        (b"<p", None),
        (b"<policy-file-request/>\n", False),
        (b"<policy-file-request/>\0\0", False),
        (b"<policy-file-request />\0", False),
        (b"<html>", False),
        (b"GET / HTTP/1.1\r\n", False),
        (b"\0<policy-file-request/>", False),
    ],
)
def test_only_the_exact_request_asks_for_a_policy(data, verdict):
    assert is_policy_request(data) is verdict


def test_a_request_in_many_segments_is_awaited():
    verdicts = [is_policy_request(POLICY_REQUEST[:size]) for size in range(1, 24)]
    assert verdicts == [None] * 22 + [True]


def test_several_ports_stand_in_one_line():
    assert b'<allow-access-from domain="a.example" to-ports="80,8080"/>\n' in policy([("a.example", (80, 8080))])


def test_a_domain_cannot_break_out_of_its_attribute():
    domain = 'a"/><allow-access-from domain="*'
    parsed = ElementTree.fromstring(policy([(domain, [80])]))
    assert [line.attrib for line in parsed] == [{"domain": domain, "to-ports": "80"}]


def test_a_domain_beyond_ascii_survives():
    parsed = ElementTree.fromstring(policy([("b\u00fccher.example", [80])]))
    assert parsed[0].get("domain") == "b\u00fccher.example"


def test_no_entry_allows_nothing():
    assert len(ElementTree.fromstring(policy([]))) == 0


@pytest.mark.parametrize(
    "domain, ports", [("", [80]), ("a\nb", [80]), ("*", []), ("*", [0]), ("*", [65536]), ("*", "80"), ("*", "")]
)
def test_nonsense_is_a_mistake_of_the_caller(domain, ports):
    with pytest.raises(ValueError):
        policy([(domain, ports)])
