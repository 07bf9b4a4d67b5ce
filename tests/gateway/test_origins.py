"""Which origins may connect: one rule for every transport."""

import pytest

from gateway.origins import Origins, cors_headers, preflight_headers


class Request:
    target, raw_query = "/socket.io/1/", ""

    def __init__(self, origin="", host="gate.example:8080", **headers):
        self.headers = {"origin": origin, "host": host, **{k.replace("_", "-"): v for k, v in headers.items()}}

    def header(self, name):
        return self.headers.get(name, "")


SAME = [
    ("", "gate.example", True),
    ("http://gate.example:8080", "gate.example:8080", True),
    ("ws://gate.example:8080", "gate.example:8080", True),
    ("gate.example:8080", "gate.example:8080", True),
    ("http://GATE.example:8080", "gate.example:8080", True),
    ("https://gate.example", "gate.example", True),
    ("http://gate.example", "gate.example:80", True),
    ("http://gate.example:8081", "gate.example:8080", False),
    ("http://evil.example:8080", "gate.example:8080", False),
    ("http://gate.example.evil:8080", "gate.example:8080", False),
    ("null", "gate.example:8080", False),
    ("http://gate.example:port", "gate.example:8080", False),
    ("http://[::1]:8080", "[::1]:8080", True),
]


@pytest.mark.parametrize(("origin", "host", "allowed"), SAME)
def test_by_default_only_the_own_host_and_port_may(origin, host, allowed):
    assert Origins(None).allows(Request(origin, host)) is allowed


LISTED = [
    ("https://app.example", "https://app.example", True),
    ("https://app.example", "https://app.example:443", True),
    ("https://app.example", "wss://app.example", True),
    ("https://app.example", "http://app.example", False),
    ("https://app.example", "https://app.example:8443", False),
    ("https://app.example", "https://ple.example", False),
    ("good.example:80", "http://good.example", True),
    ("good.example:80", "http://d.example", False),
    ("good.example:*", "http://good.example:9000", True),
    ("good.example", "https://good.example:9000", True),
    ("*:8080", "http://any.example:8080", True),
    ("*:8080", "http://any.example:8081", False),
]


@pytest.mark.parametrize(("entry", "origin", "allowed"), LISTED)
def test_a_listed_origin_is_compared_in_all_its_parts(entry, origin, allowed):
    assert Origins([entry]).allows(Request(origin)) is allowed


@pytest.mark.parametrize("allowed", ["*", ["*"], "*:*", ["*:*"]])
def test_everybody_may_where_everybody_is_listed(allowed):
    assert Origins(allowed).allows(Request("http://any.example")) is True


def test_a_function_decides():
    asked = []
    rule = Origins(lambda origin, request: asked.append((origin, request.header("host"))))
    rule.allows(Request("http://a.example"))
    assert asked == [("http://a.example", "gate.example:8080")]


def test_drafts_7_and_8_name_their_origin_in_a_header_of_their_own():
    assert Origins(["http://a.example"]).allows(Request(sec_websocket_origin="http://b.example")) is False


def test_an_echoed_origin_comes_with_vary_and_credentials():
    headers = dict(cors_headers(Request("http://a.example")))
    assert headers == {
        "Access-Control-Allow-Origin": "http://a.example",
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }
    assert cors_headers(Request()) == ()


def test_a_preflight_allows_what_was_asked_for():
    headers = dict(preflight_headers(Request("http://a.example", access_control_request_headers="x-token")))
    assert headers["Access-Control-Allow-Headers"] == "x-token"
    assert "POST" in headers["Access-Control-Allow-Methods"]
