"""msgpack as text that can be compared: ``{"bin": ...}`` for bytes, ``{"ext": [type, ...]}`` for extensions."""

import json
from base64 import b64encode
from typing import Any

import msgpack


def shown(expected: Any, packed: bytes) -> tuple[str, str]:
    """``expected`` (as a recording has it) and ``packed`` as two texts."""
    return json.dumps(expected), json.dumps(_plain(msgpack.unpackb(packed, strict_map_key=False)))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bin": b64encode(value).decode()}
    if isinstance(value, msgpack.ExtType):
        return {"ext": [value.code, b64encode(value.data).decode()]}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
