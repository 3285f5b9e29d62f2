"""Answers remembered under an Idempotency-Key: found, compared by value and kept inside the caller's transaction."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from factoryos.kernel.models import RememberedAnswer
from factoryos.kernel.problems import KeyInProgress, KeyReused

KEPT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Memory:
    """Under what a call is remembered. `call` is method and path, `fingerprint` the SHA-256 of the body's value."""

    factory_id: int
    principal: str
    call: str
    key: str
    fingerprint: str

    @property
    def lock_number(self) -> int:
        """A signed 64-bit number for PostgreSQL's advisory locks."""
        name = "\0".join((str(self.factory_id), self.principal, self.call, self.key))
        return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


@dataclass(frozen=True, slots=True)
class Known:
    status: int
    body: bytes
    headers: dict[str, str]


def fingerprint(value: Any) -> str:
    """SHA-256 of a parsed JSON value, the same for spellings of the same value (key order, 1.0 and 1, white space)."""
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return {"number": _number(Decimal(value))}
    return {"": value} if isinstance(value, str) else value


def _number(value: Decimal) -> list[int | str]:
    """Sign, digits and exponent without trailing zeros. Exact, where Decimal.normalize() would round to 28 digits."""
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    return [sign if short else 0, short, int(exponent) + len(text) - len(short) if short else 0]


def recall(memory: Memory) -> Known | None:
    """The answer kept for this key, None for a first call. Holds the key until the transaction ends.

    A second caller is told KeyInProgress at once (a try-lock); waiting on the unique index would make it hang for as
    long as the first call runs. Another body under the same key: KeyReused.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [memory.lock_number])
        if not cursor.fetchone()[0]:
            raise KeyInProgress()
    row = (
        RememberedAnswer.objects.filter(
            factory_id=memory.factory_id, principal=memory.principal, call=memory.call, key=memory.key
        )
        .values_list("fingerprint", "status", "body", "headers")
        .first()
    )
    if row is None:
        return None
    if row[0] != memory.fingerprint:
        raise KeyReused()
    return Known(status=row[1], body=bytes(row[2]), headers=row[3])


def keep(memory: Memory, *, status: int, body: bytes, headers: dict[str, str]) -> None:
    """Store the answer; it becomes visible if and only if the effects it reports do."""
    RememberedAnswer.objects.create(
        factory_id=memory.factory_id,
        principal=memory.principal,
        call=memory.call,
        key=memory.key,
        fingerprint=memory.fingerprint,
        status=status,
        body=body,
        headers=headers,
    )
