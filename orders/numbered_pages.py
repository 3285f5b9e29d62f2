"""Pages of orders that are counted by number, with exact totals: by state, planned day, item, customer order or text.

A page by state alone walks an index: what has a date first, then what has none. Whatever else is asked for fits few
orders, or must be looked through anyway; it is found, counted and sorted in one statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.kernel.text import pattern_within
from orders.selectors import count_in_states

_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list. `since` and `until` are inclusive and judge what the list is sorted by; what has no date drops out.

    `text` is looked for in the reference, in the facts so named that the actor's face keeps (of the order or of a line),
    in the lines' items, and is compared with the id.
    """

    states: Sequence[str] = ()
    item_id: int | None = None
    customer_order_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    facts: Sequence[str] = ()

    @property
    def is_by_state_and_day(self) -> bool:
        return self.item_id is None and self.customer_order_id is None and not self.text


@dataclass(frozen=True, slots=True)
class Sort:
    """`by`: start, end (what has none comes last, whichever way one reads) or id. Ties are broken by id, the same way."""

    by: str = "start"
    falling: bool = True

    @property
    def column(self) -> str:
        return {"start": "o.planned_start", "end": "o.planned_end", "id": "o.id"}[self.by]

    @property
    def way(self) -> str:
        return "DESC" if self.falling else "ASC"


class Found(NamedTuple):
    """The ids of one page, and how many orders there are in all."""

    ids: list[int]
    total: int


def page(wanted: Wanted, *, by: Actor, sort: Sort, limit: int, offset: int) -> Found:
    """So many orders of the actor's factory from an offset. Past the end there are none, but the total is the same."""
    if wanted.is_by_state_and_day and sort.by != "id":
        total = count(wanted, by=by, sort=sort)
        return Found(_walk(wanted, by=by, sort=sort, limit=limit, offset=offset) if offset < total else [], total)
    where, values = _conditions(wanted, by=by, sort=sort)
    if offset > _LARGEST_ID:
        return Found([], count(wanted, by=by, sort=sort))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT o.id, count(*) OVER () FROM orders_productionorder AS o WHERE {where}"
            f" ORDER BY {sort.column} {sort.way} NULLS LAST, o.id {sort.way} LIMIT %s OFFSET %s",
            [*values, limit, offset],
        )
        rows = cursor.fetchall()
    if rows or not offset:
        return Found([row[0] for row in rows], rows[0][1] if rows else 0)
    return Found([], count(wanted, by=by, sort=sort))


def count(wanted: Wanted, *, by: Actor, sort: Sort) -> int:
    """How many orders there are of what is wanted, exactly. By state alone the tally knows it without counting."""
    if wanted == Wanted(states=wanted.states, facts=wanted.facts):
        return count_in_states(wanted.states, by=by)
    return _count(*_conditions(wanted, by=by, sort=sort))


def _walk(wanted: Wanted, *, by: Actor, sort: Sort, limit: int, offset: int) -> list[int]:
    where, values = _conditions(wanted, by=by, sort=sort)
    dated = f"{where} AND {sort.column} IS NOT NULL"
    ids = _ids(f"{dated} ORDER BY {sort.column} {sort.way}, o.id {sort.way}", values, limit=limit, offset=offset)
    if len(ids) == limit or wanted.since or wanted.until:
        return ids
    passed = offset + len(ids) if ids or not offset else _count(dated, values)
    undated = f"{where} AND {sort.column} IS NULL ORDER BY o.id {sort.way}"
    return ids + _ids(undated, values, limit=limit - len(ids), offset=max(offset - passed, 0))


def _ids(clauses: str, values: Sequence[Any], *, limit: int, offset: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT o.id FROM orders_productionorder AS o WHERE {clauses} LIMIT %s OFFSET %s", [*values, limit, offset]
        )
        return [row[0] for row in cursor.fetchall()]


def _count(where: str, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM orders_productionorder AS o WHERE {where}", values)
        return int(cursor.fetchone()[0])


def _conditions(wanted: Wanted, *, by: Actor, sort: Sort) -> tuple[str, list[Any]]:
    """The WHERE clause and its parameters."""
    clauses: list[tuple[str, list[Any]]] = [("o.factory_id = %s", [by.factory.id])]
    if wanted.states:
        clauses.append(("o.state = ANY(%s)", [list(wanted.states)]))
    if wanted.item_id is not None:
        lines = "SELECT line.order_id FROM orders_orderline AS line WHERE line.item_id = %s"
        clauses.append((f"o.id IN ({lines})", [wanted.item_id]))
    if wanted.customer_order_id is not None:
        clauses.append(("o.customer_order_id = %s", [wanted.customer_order_id]))
    for operator, bound in ((">=", wanted.since), ("<=", wanted.until)):
        if bound is not None:
            clauses.append((f"{sort.column} {operator} %s", [bound]))
    if wanted.text:
        clauses.append(_holds_text(wanted, by=by))
    return " AND ".join(clause for clause, _ in clauses), [value for _, values in clauses for value in values]


# The database's own collation, for one that compares bytes knows of no other case than a to z.
_SPOKEN = 'COLLATE "default"'


def _holds_text(wanted: Wanted, *, by: Actor) -> tuple[str, list[Any]]:
    """Each place is looked through by itself: one condition over all of them would look up the lines of every order."""
    pattern, factory = pattern_within(wanted.text), by.factory.id
    found = [
        f"SELECT one.id FROM orders_productionorder AS one WHERE one.factory_id = %s AND one.reference {_SPOKEN} ILIKE %s",
        "SELECT line.order_id FROM manufacturing_item AS item JOIN orders_orderline AS line ON line.item_id = item.id"
        f" WHERE item.factory_id = %s AND (item.sku {_SPOKEN} ILIKE %s OR item.name ILIKE %s)",
    ]
    values: list[Any] = [factory, pattern, factory, pattern, pattern]
    if wanted.facts:
        # One text with a break between each two: no pattern holds a break, so none is found across it.
        told = ", ".join(["kept.data->>%s"] * len(wanted.facts))
        found.append(
            "SELECT kept.order_id FROM orders_orderfacts AS kept"
            " JOIN orders_productionorder AS one ON one.id = kept.order_id AND one.factory_id = %s"
            f" WHERE kept.face = %s AND concat_ws(E'\\n', {told}) ILIKE %s"
        )
        values += [factory, by.face, *wanted.facts, pattern]
    if wanted.text.isdecimal() and wanted.text.isascii() and int(wanted.text) <= _LARGEST_ID:
        found.append("SELECT %s::bigint")
        values.append(int(wanted.text))
    return f"o.id IN ({' UNION ALL '.join(found)})", values
