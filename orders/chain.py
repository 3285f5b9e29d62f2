"""The hash chain of an order's history: what is hashed, how, and how a chain is checked."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

# What an event's hash covers, besides the previous hash. The order of names is part of the format.
HASHED = (
    "uuid", "order", "factory", "seq", "verb", "moved", "from_state", "to_state", "actor_kind", "actor_id", "actor_name",
    "credential", "face", "reason", "notes", "data", "at",
)  # fmt: skip


# One for all: making one costs as much as using it.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    return value


def event_hash(*, fields: dict[str, Any], previous: str | None) -> str:
    """SHA-256 (hex) over the canonical JSON of an event's fields and the hash of the event before it.

    `data` must hold JSON values that survive a round trip through jsonb: texts, integers, booleans, null, lists and
    objects of them. Decimals and floats go in as texts, for jsonb keeps no trailing zeros and JSON no decimals.
    """
    document = [[name, _plain(fields[name])] for name in HASHED] + [["previous", previous]]
    return hashlib.sha256(_canonical(document).encode()).hexdigest()


def merkle_root(leaves: Sequence[str]) -> str:
    """The Merkle root (hex) over hex leaves; a lone node of a level moves up as it is, leaf and inner hashes differ."""
    level = [hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0].hex() if level else hashlib.sha256(b"").hexdigest()


def seal_hash(*, previous: str | None, root: str, leaves: int, sealed_at: datetime) -> str:
    """What chains one seal to the seal before it."""
    return hashlib.sha256(f"{previous or ''}|{root}|{leaves}|{_plain(sealed_at)}".encode()).hexdigest()
