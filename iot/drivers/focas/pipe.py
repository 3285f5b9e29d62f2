"""What goes through the pipes between driver and host: a length of four bytes, big end first, and that much JSON."""

import json
from typing import IO, Any

_HEAD = 4


def packed(message: dict[str, Any]) -> bytes:
    """The message as its bytes on the pipe."""
    body = json.dumps(message).encode()
    return len(body).to_bytes(_HEAD, "big") + body


def receive(file: IO[bytes]) -> dict[str, Any] | None:
    """The next message; None at the end of the pipe, also where it ends inside a message. `file` is buffered."""
    head = file.read(_HEAD)
    if len(head) < _HEAD:
        return None
    length = int.from_bytes(head, "big")
    body = file.read(length)
    if len(body) < length:
        return None
    message: dict[str, Any] = json.loads(body)
    return message
