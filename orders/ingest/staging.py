"""A batch made ready for the database: one row a key, in the order of keys, hashed, and copied to a table of the session's own.

Everything that is judged or merged afterwards speaks of a row by its number `n` in that order, from 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from django.db import connection
from django.db.backends.utils import CursorWrapper

from orders.ingest.rows import StatedRow

TABLE = "pg_temp.ingest_staged"
KEY = "factory_id, order_number, product_id, updated_at"
FACTS = (
    "source_id, ordered_at, ordered_units, expected_start_date, expected_end_date, actual_start_date, actual_end_date,"
    " produced_units, status"
)
# Each time it is asked for: a transaction that is rolled back takes the table along, a new connection has none yet.
_CREATE = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS {TABLE.split(".")[1]} (
        n integer NOT NULL, factory_id bigint NOT NULL, order_number text COLLATE "C" NOT NULL,
        product_id text COLLATE "C" NOT NULL, updated_at timestamptz NOT NULL, source_id text NOT NULL,
        ordered_at timestamptz NOT NULL, ordered_units bigint NOT NULL, expected_start_date timestamptz NOT NULL,
        expected_end_date timestamptz NOT NULL, actual_start_date timestamptz, actual_end_date timestamptz,
        produced_units bigint, status text, content uuid NOT NULL
    ) ON COMMIT DELETE ROWS
"""
_EMPTY = f"DELETE FROM {TABLE}"  # of what the same transaction staged before
_COPY = f"COPY {TABLE} (n, {KEY}, {FACTS}, content) FROM STDIN"
_NULL = "\\N"
_TIME = len("\t2025-01-12 18:00:00+00")


@dataclass(slots=True)
class Batch:
    """The rows of a batch by their numbers, and those that do not get one."""

    places: list[int] = field(default_factory=list)  # of each row among those sent
    contents: list[str] = field(default_factory=list)  # the hash of each, 32 hexadecimal digits
    lasts: list[int] = field(default_factory=list)  # for each row the number of the newest of its order in this batch
    superseded: list[int] = field(default_factory=list)  # places
    again: list[tuple[int, int, str]] = field(default_factory=list)  # APPEND: place, number of the first, content
    text: str = ""  # as COPY takes it


def fold(rows: Sequence[StatedRow], *, append: bool) -> Batch:
    """One row a key: of an UPSERT the last one, of an APPEND the first. Sorted, so that no two writers lock crosswise."""
    kept: dict[str, tuple[int, str]] = {}
    batch = Batch()
    repeated: list[tuple[int, str, str]] = []
    for row in rows:
        key, facts = _texts(row)
        if key in kept:
            if append:
                repeated.append((row.place, key, facts))
                continue
            batch.superseded.append(kept[key][0])
        kept[key] = (row.place, facts)
    _number(batch, kept)
    if repeated:
        numbers = {key: n for n, key in enumerate(sorted(kept))}
        batch.again = [(place, numbers[key], _hash(facts)) for place, key, facts in repeated]
    return batch


def _number(batch: Batch, kept: dict[str, tuple[int, str]]) -> None:
    keys = sorted(kept)
    lines = []
    orders = [key[:-_TIME] for key in keys]
    for n, key in enumerate(keys):
        place, facts = kept[key]
        content = _hash(facts)
        batch.places.append(place)
        batch.contents.append(content)
        lines.append(f"{n}\t{key}\t{facts}\t{content}\n")
    batch.text = "".join(lines)
    batch.lasts = lasts = list(range(len(keys)))
    for n in range(len(keys) - 2, -1, -1):
        if orders[n] == orders[n + 1]:
            lasts[n] = lasts[n + 1]


def _texts(row: StatedRow) -> tuple[str, str]:
    """The key and all that is not key, in the text format of COPY. A tab sorts before whatever a text may hold."""
    _, factory, number, product, at, source, ordered, units, start, end, began, ended, produced, status = row
    if "\\" in number or "\\" in product or "\\" in source or (status and "\\" in status):
        number, product, source = (text.replace("\\", "\\\\") for text in (number, product, source))
        status = status and status.replace("\\", "\\\\")
    return f"{factory}\t{number}\t{product}\t{at}+00", (
        f"{source}\t{ordered}+00\t{units}\t{start}+00\t{end}+00\t"
        f"{_NULL if began is None else began + '+00'}\t{_NULL if ended is None else ended + '+00'}\t"
        f"{_NULL if produced is None else produced}\t{_NULL if status is None else status}"
    )


def _hash(facts: str) -> str:
    return blake2b(facts.encode(), digest_size=16).hexdigest()


def stage(cursor: CursorWrapper, batch: Batch) -> None:
    """Copy the rows to the session's table, which then holds them and no others."""
    cursor.execute(_CREATE)
    cursor.execute(_EMPTY)
    with connection.wrap_database_errors, cursor.copy(_COPY) as copy:
        copy.write(batch.text)
