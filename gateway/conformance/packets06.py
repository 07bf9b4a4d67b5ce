"""What is in the payloads and steps of recordings of Socket.IO 0.3 to 0.6, in forms that can be compared."""

import json
import re
from typing import Any

Step = dict[str, Any]

CALL = re.compile(r"io\.JSONP\[(\d+)\]\._\((.*)\);", re.DOTALL)


def comparable(event: Any) -> Any:
    """An event without what only the fixtures of the time knew."""
    if isinstance(event, list):
        return {"event": event[0]}
    if event["event"] == "app-request":
        return {"event": "app-request"}
    return event


def http_of(data: bytes) -> Step:
    """The ``http`` of a step that has only bytes."""
    head, _, body = data.decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    headers = [line.split(": ", 1) for line in lines]
    return {"status": int(status.split(" ")[1]), "headers": headers, "body": body}


def unwrapped(recorded: str, body: str) -> str:
    """The payload of an answer: what the call of JSONP has between its brackets, else the body."""
    call = CALL.fullmatch(body)
    return str(json.loads(call[2])) if call else body


def call_index(body: str) -> str:
    """The number of the callback, "" without one."""
    call = CALL.fullmatch(body)
    return call[1] if call else ""


def messages_of(payload: str) -> list[str]:
    """The messages of one payload of either generation."""
    if payload.startswith('{"heartbeat"') or payload == "\x06":
        return [payload]
    if payload.startswith("{"):
        return [as_text(message) for message in json.loads(payload)["messages"]]
    units = payload.encode("utf-16-le", "surrogatepass")
    messages = []
    while found := re.match(rb"~\0m\0~\0((?:\d\0)+)~\0m\0~\0", units):
        end = found.end() + 2 * int(found[1][::2])
        messages.append(units[found.end() : end].decode("utf-16-le", "surrogatepass"))
        units = units[end:]
    return messages


def as_text(message: Any) -> Any:
    """A message of an envelope: JSON values as JSON."""
    return message if isinstance(message, str) else json.dumps(message, sort_keys=True)


def plain(message: Any) -> Any:
    """JSON by its value: how it is spelt is free."""
    if not isinstance(message, str):
        return json.dumps(message, sort_keys=True)
    return "~j~" + json.dumps(json.loads(message[3:]), sort_keys=True) if message.startswith("~j~") else message
