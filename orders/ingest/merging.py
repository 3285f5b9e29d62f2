"""What was staged, merged into versions and heads: each table by one statement, in the order of keys.

What a row was found to be is read off what the merge itself gives back, never off a look before it: another transaction may
write between the two. The few looks there are plan anew each time, as a plan made for small tables would stay with the
connection while they grow.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from orders.ingest.rows import Receipt
from orders.ingest.staging import FACTS, KEY, TABLE

ORDER = "factory_id, order_number, product_id"
_SAME_ORDER = " AND ".join(f"{{0}}.{name} = staged.{name}" for name in ORDER.split(", "))

REQUEST = """
    INSERT INTO orders_ingestrequest (id, actor_kind, actor_id, actor_name, credential, operation_type, received_at)
    SELECT %s::uuid, %s::text, %s::text, %s::text, %s::text, %s::text, %s::timestamptz
"""
_OVERWRITTEN = ", ".join(
    f"{name} = excluded.{name}" for name in f"{FACTS}, content, received_at, request_id".split(", ")
)
_OVERWRITE = f"DO UPDATE SET {_OVERWRITTEN} WHERE version.content <> excluded.content"

# The numbers of the rows that were not written are worked out only where some were and some were not. By grouping, as no
# guess at the number of rows can make that slow.
_VERSIONS = f"""
    WITH kept AS (
        INSERT INTO orders_manufacturingorderversion AS version ({KEY}, {FACTS}, content, received_at, request_id)
        SELECT {KEY}, {FACTS}, content, %s::timestamptz, %s::uuid FROM {TABLE} ORDER BY n
        ON CONFLICT ({KEY}) {{on_conflict}}
        RETURNING {KEY}
    ), request AS ({REQUEST} WHERE EXISTS (SELECT FROM kept) ON CONFLICT (id) DO NOTHING)
    SELECT count(*), CASE WHEN count(*) BETWEEN 1 AND %s::int - 1 THEN ARRAY(
        SELECT max(n) FROM (SELECT {KEY}, n FROM {TABLE} UNION ALL SELECT {KEY}, NULL FROM kept) AS both_of_them
        GROUP BY {KEY} HAVING count(*) = 1
    ) END FROM kept
"""
_UPSERT, _INSERT = (_VERSIONS.format(on_conflict=does) for does in (_OVERWRITE, "DO NOTHING"))

# One that waits for its turn keeps its place in the queue, and the time since when it waits. So no indexed column changes
# while history is taken in faster than orders follow, and the update can stay within its page.
_HEADS = f"""
    WITH moved AS (
        INSERT INTO orders_ingesthead AS head ({ORDER}, updated_at, content, due_at, changed_at)
        SELECT {ORDER}, updated_at, content, now(), now() FROM {TABLE} WHERE get_byte(%(mask)s::bytea, n) = 1 ORDER BY n
        ON CONFLICT ({ORDER}) DO UPDATE SET updated_at = excluded.updated_at, content = excluded.content,
            revision = head.revision + 1, state = 'pending', reason = NULL, attempts = 0,
            due_at = least(head.due_at, excluded.due_at), changed_at = CASE
                WHEN head.state = 'pending' AND head.due_at <= excluded.due_at THEN head.changed_at ELSE now() END
        WHERE head.updated_at < excluded.updated_at
            OR head.updated_at = excluded.updated_at AND head.content <> excluded.content
        RETURNING {ORDER}
    )
    SELECT count(*), CASE WHEN count(*) < %(offered)s::int THEN ARRAY(
        SELECT max(n) FROM (
            SELECT {ORDER}, n FROM {TABLE} WHERE get_byte(%(mask)s::bytea, n) = 1 UNION ALL SELECT {ORDER}, NULL FROM moved
        ) AS both_of_them GROUP BY {ORDER} HAVING count(*) = 1
    ) END FROM moved
"""
_CONTENTS = f"""
    SELECT n, (SELECT content FROM orders_manufacturingorderversion AS version WHERE {_SAME_ORDER.format("version")}
        AND version.updated_at = staged.updated_at)
    FROM {TABLE} AS staged WHERE get_byte(%s::bytea, n) = 1
"""
_OLDER = f"""
    SELECT n FROM {TABLE} AS staged WHERE get_byte(%s::bytea, n) = 1 AND updated_at < (
        SELECT updated_at FROM orders_ingesthead AS head WHERE {_SAME_ORDER.format("head")})
"""


def merge_versions(cursor: CursorWrapper, receipt: Receipt, count: int) -> set[int]:
    """Write the staged rows, `count` of them, and who sent them. The numbers of those that were stored already.

    Of an UPSERT these are stored just so; of an APPEND, under the same key.
    """
    values = [receipt.received_at, receipt.request_id, *as_request(receipt), count]
    cursor.execute(_INSERT if receipt.append else _UPSERT, values)
    written, others = cursor.fetchone()
    if others is None:
        return set() if written else set(range(count))
    return set(others)


def merge_heads(cursor: CursorWrapper, newest: set[int], count: int) -> set[int]:
    """Offer these rows, the newest of their orders, to the heads. The numbers of those that are behind their heads."""
    cursor.execute(_HEADS, {"mask": _mask(newest, count), "offered": len(newest)})
    _, behind = cursor.fetchone()
    return set(behind or ())


def stored_contents(cursor: CursorWrapper, of: set[int], count: int) -> dict[int, str | None]:
    """What is stored under the keys of these rows: a hash, or None."""
    return {n: content and content.hex for n, content in _look(cursor, _CONTENTS, of, count)}


def older_than_heads(cursor: CursorWrapper, of: set[int], count: int) -> set[int]:
    """Which of these rows are older than the newest version of their order."""
    return {n for (n,) in _look(cursor, _OLDER, of, count)}


def as_request(receipt: Receipt) -> list[Any]:
    """The values of REQUEST."""
    by = receipt.by
    return [receipt.request_id, by.kind, by.id, by.name, by.credential, receipt.operation_type, receipt.received_at]


def _look(cursor: CursorWrapper, statement: str, of: set[int], count: int) -> list[tuple[Any, ...]]:
    if not of:
        return []
    with _planned_anew():
        cursor.execute(statement, [_mask(of, count)])
        return list(cursor.fetchall())


def _mask(numbers: set[int], count: int) -> bytes:
    """A byte for each staged row: 1 for these."""
    mask = bytearray(count)
    for n in numbers:
        mask[n] = 1
    return bytes(mask)


@contextmanager
def _planned_anew() -> Iterator[None]:
    """What runs within is not prepared."""
    driver = connection.connection
    before, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = before
