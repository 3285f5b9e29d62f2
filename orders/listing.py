"""The long list of orders: its sorts, its pages by key (never by offset) and the rows that a page shows.

A page costs the same wherever it lies: it begins behind a position, the sort key and id of the row before it. So rows
that come or go elsewhere neither repeat a row nor lose one. What has no key (no due date, no customer) comes last.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models import F, Func, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Upper

from factoryos.kernel.actors import Actor
from orders.models import ProductionOrder
from orders.selectors import COUNT_LIMIT
from orders.states import DONE, ENDED

Found = QuerySet[ProductionOrder]
Key = TypeVar("Key", str, int, datetime)


class Rank(Func):
    """Rush before standard before hold: word for word the expression of the index order_by_rank, or it is not used."""

    template = "(CASE WHEN %(expressions)s = 'rush' THEN 0 WHEN %(expressions)s = 'standard' THEN 1 ELSE 2 END)"
    output_field = models.SmallIntegerField()


class _Pair(Func):
    """Two columns, or two values, as one row."""

    template = "(%(expressions)s)"
    output_field = models.BooleanField()  # of no meaning; a row has no type that Django knows


class _Beyond(Func):
    """Whether one row lies after another one: a single comparison, so that an index is entered just there."""

    template = "%(expressions)s"
    output_field = models.BooleanField()


@dataclass(frozen=True, slots=True)
class Sort(Generic[Key]):
    """One order of the list. `key`: what it goes by, the id alone when None; `kind`: the Python type of its values."""

    key: Combinable | None
    kind: type[Key]
    falling: bool = False
    has_nulls: bool = False


class Position(NamedTuple):
    """Where a row stands in a sort. `key` is None where the row has none."""

    key: Any
    id: int


SORTS: dict[str, Sort[Any]] = {
    "newest": Sort(None, int, falling=True),
    "oldest": Sort(None, int),
    "reference": Sort(F("reference"), str),
    "-reference": Sort(F("reference"), str, falling=True),
    "customer": Sort(Upper("customer_name"), str, has_nulls=True),
    "-customer": Sort(Upper("customer_name"), str, falling=True, has_nulls=True),
    "priority": Sort(Rank("priority"), int),
    "-priority": Sort(Rank("priority"), int, falling=True),
    "due": Sort(F("planned_end"), datetime, has_nulls=True),
    "-due": Sort(F("planned_end"), datetime, falling=True, has_nulls=True),
    "changed": Sort(F("updated_at"), datetime),
    "-changed": Sort(F("updated_at"), datetime, falling=True),
}
NEWEST = "newest"


@contextmanager
def planned_afresh() -> Iterator[None]:
    """Statements in here are planned for their values: a filter fits five orders or half of them, and no plan serves both.

    psycopg else prepares what it has seen twice, and PostgreSQL then may settle for one plan for all values.
    """
    connection.ensure_connection()
    session = connection.connection
    usual, session.prepare_threshold = session.prepare_threshold, None
    try:
        yield
    finally:
        session.prepare_threshold = usual


def walk(
    found: Found, *, sort: Sort[Any], start: Position | None = None, backwards: bool = False, limit: int
) -> list[Position]:
    """Up to `limit` positions from behind `start`, or from the end one walks away from, in the direction of the walk."""
    parts = [False, True] if sort.has_nulls else [False]  # whether the key is missing
    if backwards:
        parts.reverse()
    if start is not None:
        parts = parts[parts.index(sort.has_nulls and start.key is None) :]
    positions: list[Position] = []
    for missing in parts:
        if len(positions) < limit:
            part = _part(found, sort, missing=missing, start=start, falling=sort.falling != backwards)
            positions += [Position(*pair) for pair in part[: limit - len(positions)]]
        start = None
    return positions


def _part(found: Found, sort: Sort[Any], *, missing: bool, start: Position | None, falling: bool) -> QuerySet[Any, Any]:
    """(key, id) of the orders that have a key, or of those that have none."""
    operator = " < " if falling else " > "
    if sort.key is None or missing:
        if missing:
            found = found.alias(_key=sort.key).filter(_key__isnull=True)
        if start is not None:
            found = found.filter(**{f"id__{'lt' if falling else 'gt'}": start.id})
        return found.order_by("-id" if falling else "id").values_list(Value(None, models.IntegerField()), "id")
    found = found.annotate(_key=sort.key)
    if sort.has_nulls:
        found = found.filter(_key__isnull=False)
    if start is not None:
        found = found.filter(
            _Beyond(_Pair(sort.key, F("id")), _Pair(Value(start.key), Value(start.id)), arg_joiner=operator)
        )
    sign = "-" if falling else ""
    return found.order_by(f"{sign}_key", f"{sign}id").values_list("_key", "id")


def count(found: Found) -> int:
    """How many orders were found, at most COUNT_LIMIT + 1."""
    return found.order_by()[: COUNT_LIMIT + 1].count()


class ListedOrder(NamedTuple):
    """One order as a row of the list. Quantities are PostgreSQL's shortest text; `places` the codes of its machines or
    areas; `note` is the beginning of the last one, by `audience`; `changed_by` who did the last verb (a machine by its code)."""

    id: int
    uuid: UUID
    reference: str
    version: int
    state: str
    open_holds: int
    priority: str
    customer_name: str | None
    batch_number: str | None
    item_sku: str | None
    item_name: str | None
    unit: str | None
    target: str
    good: str
    rejected: str
    planned_start: datetime | None
    planned_end: datetime | None
    actual_start: datetime | None
    actual_end: datetime | None
    created_at: datetime
    updated_at: datetime
    places: str | None
    audience: str | None
    note: str | None
    changed_by: str | None

    @property
    def ended(self) -> bool:
        """Whether a due date can no longer be missed."""
        return self.state in (*DONE, *ENDED)

    @property
    def note_line(self) -> str:
        """The note's beginning as one line."""
        return " ".join((self.note or "").split())


_ROWS = """
SELECT o.id, o.uuid, o.reference, o.version, o.state, o.open_holds, o.priority, o.customer_name, o.batch_number,
    item.sku, item.name, item.unit, trim_scale(o.quantity_target)::text, trim_scale(o.quantity_good)::text,
    trim_scale(o.quantity_rejected)::text, o.planned_start, o.planned_end, o.actual_start, o.actual_end, o.created_at,
    o.updated_at,
    (SELECT string_agg(coalesce(machine.code, area.code), ', ' ORDER BY share.sort, share.id)
        FROM orders_assignment AS share
        LEFT JOIN manufacturing_machine AS machine ON machine.id = share.machine_id
        LEFT JOIN manufacturing_workarea AS area ON area.id = share.work_area_id
        WHERE share.order_id = o.id),
    note.audience, note.text, CASE event.actor_kind WHEN 'device' THEN event.actor_id ELSE event.actor_name END
FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted (id, place)
JOIN orders_productionorder AS o ON o.id = wanted.id AND o.factory_id = %s
LEFT JOIN manufacturing_item AS item ON item.id = o.item_id
LEFT JOIN orders_orderevent AS event ON event.order_id = o.id AND event.seq = o.version
LEFT JOIN LATERAL (SELECT audience, left(text, 200) AS text FROM orders_note AS said
    WHERE said.order_id = o.id ORDER BY said.id DESC LIMIT 1) AS note ON true
ORDER BY wanted.place
"""


def listed(ids: Sequence[int], *, by: Actor) -> list[ListedOrder]:
    """The rows of these orders of the actor's factory, in this order."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(ids), by.factory.id])
        return [ListedOrder._make(row) for row in cursor.fetchall()]
