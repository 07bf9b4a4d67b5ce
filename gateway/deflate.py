"""
The codec of permessage-deflate (RFC 7692), the same for every connection.

    f2 48 cd c9 c9 07 00 [00 00 ff ff]      "Hello"; what stands in brackets is not sent
    f3 48 cd c9 c9 07 00 00                 the same, in a stream that says that it ends

No context is taken over from message to message, in neither direction: a context costs 95 kB for each connection, and
without one a single compressed frame serves all recipients of a broadcast.
"""

import zlib
from collections.abc import Iterator

from protocols.errors import PayloadTooLarge, ProtocolError

THRESHOLD = 1024
"""Bytes from which on a message is worth compressing (engine.io 6.6)."""

LARGEST_WINDOW = 15
"""Bits of the window when the peer asks for no smaller one."""

CAUTION = 16 * 1024 * 1024
"""Bytes from which on a message is measured before it is kept: it may be a bomb."""

_TAIL = b"\x00\x00\xff\xff"
_SLICE = 16384  # of the input: what is left of one is copied whenever a stream ends or the output is full
_PIECE = 262_144  # of the output
_STREAMS = 16  # that end within one message; no known peer sends more than one


class BadDeflateError(ProtocolError):
    """A compressed message that can't be inflated."""

    close_code = 1007


def deflate(payload: bytes, window: int = 0) -> bytes:
    """
    Compress one message.

    :param window: bits of the window, 9 to 15; 0 for the largest.
    """
    codec = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -(window or LARGEST_WINDOW))
    return (codec.compress(payload) + codec.flush(zlib.Z_SYNC_FLUSH))[: -len(_TAIL)]


def inflate(data: bytes, limit: int) -> bytes:
    """
    Expand one message; the work and the memory end soon after ``limit``, whatever it would expand to.

    :param limit: most bytes of the expanded message.
    :raises PayloadTooLarge: there are more.
    :raises BadDeflateError: it is no deflate stream.
    """
    data += _TAIL
    kept: list[bytes] = []
    size = 0
    try:
        for piece in _pieces(data):
            size += len(piece)
            if size > limit:
                raise PayloadTooLarge(f"message over {limit} bytes when inflated")
            if size <= CAUTION:
                kept.append(piece)
            else:
                kept.clear()
        return b"".join(kept if size <= CAUTION else _pieces(data))
    except zlib.error as error:
        raise BadDeflateError("compressed message", data) from error


def _pieces(data: bytes) -> Iterator[bytes]:
    """What ``data`` expands to, bit by bit; behind a stream that has ended another one begins (RFC 7692 §7.2.3.4)."""
    codec = zlib.decompressobj(-LARGEST_WINDOW)
    ended = 0
    for at in range(0, len(data), _SLICE):
        rest = data[at : at + _SLICE]
        while True:
            piece = codec.decompress(rest, _PIECE)
            yield piece
            if codec.eof:
                ended += 1
                if ended > _STREAMS:
                    raise BadDeflateError("compressed message of too many streams")
                rest, codec = codec.unused_data, zlib.decompressobj(-LARGEST_WINDOW)
            else:
                rest = codec.unconsumed_tail
            if not rest and len(piece) < _PIECE:
                break
