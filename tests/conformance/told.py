"""A story told call by call, every byte of it but ids and hashes, to be held against a reviewed file.

After a change that is meant: FACTORYOS_WRITE_GOLDEN=1 pytest the test; review the diff.
"""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from factoryos.kernel import clock
from tests.calls import Reply

WRITE = "FACTORYOS_WRITE_GOLDEN"
_NAMED_ANEW = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{64}\b")
_SHOWN_HEADERS = ("Content-Type", "ETag", "Location")


class Sender(Protocol):
    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply: ...


class Told:
    """What was sent and answered so far, with ids and hashes called by the order in which they first appeared.

    Ten minutes pass between two steps, and none within one. Whoever uses it gives the clock back: clock.use(None).
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.steps: list[dict[str, Any]] = []
        self.now = datetime(2026, 4, 17, 2, 10, tzinfo=UTC)
        clock.use(lambda: self.now)

    def step(self, person: Sender, title: str, method: str, path: str, body: Any = None) -> Reply:
        self.now += timedelta(minutes=10)
        reply = person.send(method, path, body)
        headers = {name: reply.headers[name] for name in _SHOWN_HEADERS if name in reply.headers}
        told = {
            "step": title,
            "request": f"{method} {path}",
            "body": body,
            "status": reply.status,
            "headers": headers,
            "answer": json.loads(reply.content) if reply.content else None,
        }
        self.steps.append(json.loads(_NAMED_ANEW.sub(self._named, json.dumps(told))))
        return reply

    def _named(self, found: re.Match[str]) -> str:
        kind = "hash" if len(found[0]) == 64 else "id"
        known = sum(name.startswith(kind) for name in self.names.values())
        return "<" + self.names.setdefault(found[0], f"{kind} {known + 1}") + ">"


def hold_against(file: Path, told: list[dict[str, Any]]) -> None:
    """Fail where what was told differs from what was reviewed, in values or in the order of fields."""
    if os.environ.get(WRITE):
        file.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    reviewed = json.loads(file.read_text())
    assert [step["step"] for step in told] == [step["step"] for step in reviewed]
    for step, expected in zip(told, reviewed, strict=True):
        assert step == expected, step["step"]
        assert json.dumps(step["answer"]) == json.dumps(expected["answer"]), "the fields come in another order"
