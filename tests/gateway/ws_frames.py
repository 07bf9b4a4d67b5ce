"""Frames of a WebSocket as a client writes and reads them, with and without permessage-deflate."""

import zlib

TAIL = b"\x00\x00\xff\xff"

OPENING = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def offering(extensions):
    """Headers of an opening that offers ``extensions``."""
    return OPENING | {"sec-websocket-extensions": extensions}


def masked(first, payload):
    """A client's frame; the key is zero, so that the payload stays readable."""
    size = len(payload)
    if size < 126:
        length = bytes((128 | size,))
    elif size < 65536:
        length = b"\xfe" + size.to_bytes(2, "big")
    else:
        length = b"\xff" + size.to_bytes(8, "big")
    return bytes((first,)) + length + b"\0\0\0\0" + payload


def text(message):
    """A client's text message."""
    return masked(0x81, message.encode())


def squeezed(payload):
    """What a client sends in place of ``payload`` under RSV1."""
    codec = zlib.compressobj(wbits=-15)
    return (codec.compress(payload) + codec.flush(zlib.Z_SYNC_FLUSH))[:-4]


def unsqueezed(payload):
    """What the server meant."""
    return zlib.decompressobj(-15).decompress(payload + TAIL)


def frames(data):
    """Pairs of first byte and payload; a 101 head in front is left out."""
    if data.startswith(b"HTTP/"):
        data = data.partition(b"\r\n\r\n")[2]
    found = []
    while data:
        size, at = data[1], 2
        if size > 125:
            at = 4 if size == 126 else 10
            size = int.from_bytes(data[2:at], "big")
        found.append((data[0], data[at : at + size]))
        data = data[at + size :]
    return found


def said(data):
    """The messages in ``data``, inflated where they are compressed."""
    plain = [(first, unsqueezed(payload) if first & 0x40 else payload) for first, payload in frames(data)]
    return [payload.decode() if first & 15 == 1 else payload for first, payload in plain if first & 8 == 0]


def head_of(data):
    """Headers of the 101."""
    lines = data.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)
