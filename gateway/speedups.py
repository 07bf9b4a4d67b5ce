"""
Compiled helpers, chosen once at import: orjson for JSON, a C routine for unmasking WebSocket frames.

The msgpack library is put in by :func:`enable_msgpack`, when a listener wants it.

Everything works, with the same results, when none of them is installed. The environment variable
``SOCKETIO_GATEWAY_PLAIN=1`` ignores them (to measure, or to rule them out).
"""

import os
from collections.abc import Callable
from functools import partial

from protocols import jsontext, msgpack_parser
from protocols.websocket import xor_unmask

_number = int.from_bytes

PLAIN = os.environ.get("SOCKETIO_GATEWAY_PLAIN", "") == "1"

JSON = "json"
"""Name of the JSON library in use: "json" or "orjson"."""

unmask: Callable[[bytes, bytes], bytes] = xor_unmask
"""``(payload, key) -> payload`` of one masked WebSocket frame."""


def _accelerate() -> None:
    global JSON, unmask
    try:
        import orjson
    except ImportError:
        pass
    else:
        jsontext.accelerate(orjson.loads, orjson.dumps)
        JSON = "orjson"
    try:
        from websockets.speedups import apply_mask
    except ImportError:
        unmask = _unmask_large
    else:
        unmask = apply_mask


def enable_msgpack() -> None:
    """Let ``protocols.msgpack_parser`` write and read by the msgpack library."""
    msgpack_parser.use(_msgpack_codec)


def _msgpack_codec(hooks: msgpack_parser.Hooks) -> tuple[msgpack_parser.Pack, msgpack_parser.Unpack]:
    import msgpack

    large, extension, table = hooks
    packer = msgpack.Packer(default=large)
    tolerant = msgpack.Packer(default=large, unicode_errors="surrogatepass")

    def pack(value: object) -> bytes:
        try:
            return bytes(packer.pack(value))
        except UnicodeEncodeError:
            return bytes(tolerant.pack(value))

    # The library reads timestamps by itself; here they are seconds.
    hooked = partial(msgpack.unpackb, ext_hook=extension, object_pairs_hook=table, timestamp=1)
    unpack = partial(hooked, unicode_errors="surrogatepass")
    return pack, unpack


def _unmask_large(payload: bytes, key: bytes) -> bytes:
    """Small frames by one big-integer xor; above 2 KiB Autobahn's SIMD masker pays (measured)."""
    size = len(payload)
    if size <= 2048:
        return (_number(payload, "little") ^ _number((key * (size // 4 + 1))[:size], "little")).to_bytes(size, "little")
    from autobahn.websocket.xormasker import create_xor_masker  # type: ignore[attr-defined]

    return bytes(create_xor_masker(key, len(payload)).process(payload))


if not PLAIN:
    _accelerate()
else:
    unmask = _unmask_large
