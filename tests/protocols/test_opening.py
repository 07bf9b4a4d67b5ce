"""RFC 6455: the opening."""

import pytest

from protocols.errors import ProtocolError
from protocols.opening import accept_key, check_opening, opening_answer, origin

OPENING = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    "origin": "http://example.com",
}


def opening(**changes):
    headers = OPENING | {name.replace("_", "-"): value for name, value in changes.items()}
    return lambda name: headers.get(name, "")


def test_the_accept_value_is_that_of_the_rfc():
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    "changes", [{}, {"upgrade": "WebSocket"}, {"connection": "keep-alive, Upgrade"}, {"upgrade": "h2c,\twebsocket"}], ids=str
)
def test_a_good_opening_is_taken(changes):
    assert check_opening(opening(**changes)) is None
    assert origin(opening(**changes)) == "http://example.com"


@pytest.mark.parametrize(
    "changes, status",
    [
        ({"upgrade": ""}, 400),
        ({"upgrade": "h2c"}, 400),
        ({"connection": "keep-alive"}, 400),
        ({"sec_websocket_key": ""}, 400),
        ({"sec_websocket_key": "dGhlIHNhbXBsZQ=="}, 400),
        ({"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ"}, 400),
        ({"sec_websocket_key": "\u20ac" * 24}, 400),
        ({"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="}, 400),
        ({"sec_websocket_version": ""}, 426),
        ({"sec_websocket_version": "8"}, 426),
        ({"sec_websocket_version": "13, 8"}, 426),
    ],
    ids=str,
)
def test_a_broken_opening_is_refused_with_a_status(changes, status):
    with pytest.raises(ProtocolError) as caught:
        check_opening(opening(**changes))
    assert caught.value.status == status


def test_the_answer_is_a_whole_head():
    assert opening_answer("dGhlIHNhbXBsZSBub25jZQ==", [("Sec-WebSocket-Protocol", "chat")]) == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
    )


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\n", "\0", "\u20ac"])
def test_no_header_line_can_be_smuggled_into_the_answer(value):
    with pytest.raises(ProtocolError):
        opening_answer("dGhlIHNhbXBsZSBub25jZQ==", [("X-Echo", value)])
