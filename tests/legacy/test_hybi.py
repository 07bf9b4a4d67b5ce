"""Versions 7 and 8: what differs from RFC 6455."""

import pytest

from legacy import hybi
from protocols.errors import ProtocolError
from protocols.opening import opening_answer
from protocols.websocket import FrameReader

OPENING = {
    "upgrade": "websocket",
    "connection": "keep-alive, Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "8",
    "sec-websocket-origin": "http://good.example",
    "origin": "http://evil.example",
}


def opening(**changes):
    headers = OPENING | {name.replace("_", "-"): value for name, value in changes.items()}
    return lambda name: headers.get(name, "")


@pytest.mark.parametrize("version", ["7", "8"])
def test_versions_7_and_8_may_open(version):
    assert hybi.check_opening(opening(sec_websocket_version=version)) is None


@pytest.mark.parametrize("version, status", [("13", 426), ("6", 426), ("", 426), ("8, 7", 426)])
def test_other_versions_are_told_so(version, status):
    with pytest.raises(ProtocolError) as caught:
        hybi.check_opening(opening(sec_websocket_version=version))
    assert caught.value.status == status


@pytest.mark.parametrize("changes", [{"upgrade": "h2c"}, {"connection": "close"}, {"sec_websocket_key": "short"}])
def test_a_broken_opening_is_refused(changes):
    with pytest.raises(ProtocolError) as caught:
        hybi.check_opening(opening(**changes))
    assert caught.value.status == 400


def test_the_origin_stands_in_a_header_of_its_own():
    assert hybi.origin(opening()) == "http://good.example"


def test_the_answer_is_the_recorded_one_of_socketio_0_9():
    assert opening_answer(OPENING["sec-websocket-key"]) == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    )


@pytest.mark.parametrize(
    "wire", [b"\x81\x030::", bytes.fromhex("81 83 37 fa 21 3d 07 c0 1b")], ids=["unmasked", "masked, recorded"]
)
def test_frames_are_taken_with_and_without_mask(wire):
    assert FrameReader(100, require_mask=hybi.REQUIRE_MASK).feed(wire) == ["0::"]
