"""Who is behind a proxy: only proxies that are listed are believed."""

import pytest

from gateway.proxies import Proxies, acceptable


class Request:
    secure = False

    def __init__(self, address, **headers):
        self.address = address
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def header(self, name):
        return self.headers.get(name, "")


TRUSTED = ["10.0.0.0/8", "::1"]
SEEN = [
    ({}, ("10.0.0.1", False)),
    ({"x_forwarded_for": "192.0.2.7"}, ("192.0.2.7", False)),
    ({"x_forwarded_for": "192.0.2.7, 10.2.3.4"}, ("192.0.2.7", False)),
    ({"x_forwarded_for": "6.6.6.6, 192.0.2.7"}, ("192.0.2.7", False)),
    ({"x_forwarded_for": "192.0.2.7:4711", "x_forwarded_proto": "https"}, ("192.0.2.7", True)),
    ({"x_forwarded_proto": "HTTPS"}, ("10.0.0.1", True)),
    ({"x_forwarded_for": "<script>"}, ("10.0.0.1", False)),
    ({"forwarded": "for=192.0.2.7;proto=https"}, ("192.0.2.7", True)),
    ({"forwarded": 'for="[2001:db8::7]:4711";proto=http, for=10.9.9.9'}, ("2001:db8::7", False)),
    ({"forwarded": 'for=_hidden;by="a,b";proto=https'}, ("10.0.0.1", True)),
    ({"forwarded": "for=192.0.2.7", "x_forwarded_for": "6.6.6.6"}, ("192.0.2.7", False)),
]


@pytest.mark.parametrize(("headers", "seen"), SEEN)
def test_a_listed_proxy_is_believed(headers, seen):
    assert Proxies(TRUSTED).seen_through(Request("10.0.0.1", **headers)) == seen


def test_anybody_else_is_not():
    proxies = Proxies(TRUSTED)
    assert proxies.seen_through(Request("192.0.2.1", x_forwarded_for="6.6.6.6")) is None
    assert proxies.seen_through(Request("", x_forwarded_for="6.6.6.6")) is None
    assert proxies.seen_through(Request("nonsense")) is None


def test_a_unix_socket_and_a_mapped_address_count_as_what_they_are():
    assert Proxies(["unix"]).seen_through(Request("", x_forwarded_for="192.0.2.7")) == ("192.0.2.7", False)
    assert Proxies(TRUSTED).trusts("::ffff:10.0.0.1")


@pytest.mark.parametrize(
    ("value", "good"), [(None, True), (["10.0.0.1"], True), (["unix"], True), ("10.0.0.1", False), (["x"], False)]
)
def test_only_addresses_and_networks_can_be_listed(value, good):
    assert acceptable(value) is good
