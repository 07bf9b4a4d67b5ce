"""The option ``parser``: the msgpack library is put in, and a listener speaks either JSON or msgpack."""

from base64 import b64decode, b64encode

import msgpack
import pytest

from gateway import Listener, OptionError
from gateway.conformance.fixtures.modern import sio_fixture
from gateway.speedups import enable_msgpack
from protocols import msgpack_parser
from protocols.errors import ProtocolError


@pytest.fixture
def gate(make_gate):
    """A listener for clients with the msgpack parser, with the fixture application."""
    gate = make_gate(parser="msgpack")
    sio_fixture(gate.io)
    return gate


@pytest.mark.parametrize("value", ["MSGPACK", "", None, 1])
def test_the_option_is_json_or_msgpack(value):
    with pytest.raises(OptionError, match="parser"):
        Listener(parser=value)


@pytest.mark.parametrize("value", ["\ud800 alone", "é☃💩", 2**53, [b"\0", {"a": b""}]])
def test_a_value_comes_back_as_it_went(value):
    enable_msgpack()
    packet = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1a" + msgpack_parser.packed(value)
    assert msgpack_parser.read_packet(packet).data == ["a", value]


def test_the_library_s_own_refusals_are_protocol_errors():
    enable_msgpack()
    for data in (b"\xc1", b"\x81\xc0\xc0", b"\x81\x90\xc0", b"\xd4\x05\x00"):
        with pytest.raises(ProtocolError):
            msgpack_parser.read_packet(data)


def test_an_event_over_polling_is_answered_in_msgpack(gate):
    mount = "/socket.io/?EIO=4&transport=polling"
    sid = gate.get(mount).text.partition('"sid":"')[2][:20]

    def ask(packet):
        poll = gate.get(f"{mount}&sid={sid}")
        gate.post(f"{mount}&sid={sid}", b"b" + b64encode(msgpack.packb(packet)))
        return msgpack.unpackb(b64decode(poll.text[1:]))

    connected = ask({"type": 0, "nsp": "/"})
    assert connected["data"]["pid"] == msgpack.ExtType(0, b"\0")
    assert connected["data"]["sid"] != sid
    assert ask({"type": 2, "nsp": "/", "data": ["echo", b"\1"]}) == {"type": 2, "data": ["echo", b"\1"], "nsp": "/"}
    assert ask({"type": 2, "nsp": "/", "data": ["ack", 1], "id": 0}) == {"id": 0, "type": 3, "data": [1], "nsp": "/"}
