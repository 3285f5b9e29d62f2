"""What keeping statements is measured beside: the same rows copied and merged into a bare version table by hand.

The text of COPY is ready, hashes included; there are no heads, nobody is told what became of a row, nothing is woken.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from orders.ingest.rows import StatedRow
from orders.ingest.staging import fold

TABLE = "bench_version"
_COLUMNS = (
    "factory_id, order_number, product_id, updated_at, source_id, ordered_at, ordered_units, expected_start_date,"
    " expected_end_date, actual_start_date, actual_end_date, produced_units, status, content"
)
_NOT_KEY = (*_COLUMNS.split(", ")[4:], "received_at", "request_id")
MERGE = f"""
    INSERT INTO {TABLE} AS version ({_COLUMNS}, received_at, request_id)
    SELECT {_COLUMNS}, now(), '0194a1c2-77aa-7d10-9c55-3f0e8a1b2c3d' FROM bench_staged
    ORDER BY factory_id, order_number, product_id, updated_at
    ON CONFLICT (factory_id, order_number, product_id, updated_at)
    DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _NOT_KEY)}
    WHERE version.content <> excluded.content
"""


def make_table(connection: "psycopg.Connection[Any]") -> None:
    """A version table just like ours, and where this connection copies to."""
    connection.execute(f"CREATE TABLE {TABLE} (LIKE orders_manufacturingorderversion INCLUDING ALL)")
    connection.execute(
        f"CREATE TEMP TABLE bench_staged ON COMMIT DELETE ROWS AS SELECT 0 AS n, {_COLUMNS} FROM {TABLE} WITH NO DATA"
    )


def text_of(rows: Sequence[StatedRow]) -> str:
    """These rows as COPY takes them, in the order of keys."""
    return fold(rows, append=False).text


def keep(connection: "psycopg.Connection[Any]", text: str) -> None:
    with connection.transaction():
        with connection.cursor().copy(f"COPY bench_staged (n, {_COLUMNS}) FROM STDIN") as copy:
            copy.write(text)
        connection.execute(MERGE)
