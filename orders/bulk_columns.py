"""Rows of many orders as PostgreSQL's arrays, and their events' documents, at a few microseconds each.

The same texts as `factoryos.kernel.rows.as_columns` and `orders.chain.event_hash` give. Those look at each value's type and
build an encoder for each document, which for thousands of events costs more than anything else.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from orders.chain import HASHED, event_hash

_SORTED = orjson.OPT_SORT_KEYS


def arrays(rows: Iterable[Sequence[Any]], kinds: Iterable[str]) -> list[str]:
    """The columns of these rows, each as the text of an array of its kind (a type's name)."""
    return [
        f"{{{','.join(_WRITE.get(kind, _plain)(column))}}}"
        for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)
    ]


def _plain(column: Sequence[Any]) -> list[str]:
    """Numbers and truths, which need no quotes."""
    return ["NULL" if value is None else str(value) for value in column]


def _uuids(column: Sequence[UUID]) -> list[str]:
    return [f"{value.int:032x}" for value in column]


def _texts(column: Sequence[str | None]) -> list[str]:
    """Most texts of a column are the same few."""
    known: dict[str | None, str] = {None: "NULL"}
    return [known.get(value) or known.setdefault(value, _quoted(value)) for value in column]


def _documents(column: Sequence[str]) -> list[str]:
    return [_quoted(value) for value in column]


def _instants(column: Sequence[datetime | None]) -> list[str]:
    known: dict[datetime | None, str] = {None: "NULL"}
    return [known.get(value) or known.setdefault(value, f'"{value.isoformat()}"') for value in column]  # type: ignore[union-attr]


def _quoted(value: str | None) -> str:
    assert value is not None
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_WRITE: Mapping[str, Callable[[Sequence[Any]], list[str]]] = {
    "text": _texts, "uuid": _uuids, "jsonb": _documents, "timestamptz": _instants,
}  # fmt: skip


def json_of(value: Mapping[str, Any]) -> str:
    """As jsonb takes it."""
    return orjson.dumps(value).decode()


def hash_of(fields: dict[str, Any], *, at: str, previous: str | None) -> str:
    """`event_hash`, of an event at the instant whose canonical text is `at`."""
    document: list[list[Any]] = [[name, fields[name]] for name in HASHED]
    document[-1][1] = at
    document.append(["previous", previous])
    try:
        return hashlib.sha256(orjson.dumps(document, option=_SORTED)).hexdigest()
    except (TypeError, ValueError):  # what only the slower encoder can write, such as numbers beyond 64 bits
        return event_hash(fields=fields, previous=previous)
