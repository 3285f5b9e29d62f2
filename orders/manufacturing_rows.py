"""Orders as an ERP reads them: what was ordered by which BOM, what that takes and has taken, and the lots that came of it.

Rows, not instances: one order whole is one statement, and a page of orders costs the same however many lines they have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound
from factoryos.kernel.text import pattern_within
from orders.materials import amounts
from orders.models import QuantityEntry, WorkOrder
from orders.selectors import count_in_states


class ManufacturingRow(NamedTuple):
    """One order. Quantities are decimals as PostgreSQL's shortest text, instants are aware datetimes.

    `lines`: [[uuid, item uuid, variant, target, good, BOM uuid, BOM version]], by place; None where there are none.
    `components`: [[item uuid, name, uom, unit decimals, numerator, denominator, what is to be made here, reserved,
    used]] and
    `lots`: [[code, quantity]], both None in a list.
    """

    uuid: UUID
    reference: str
    origin: str
    state: str
    version: int
    priority: str
    notes: str | None
    target: str
    good: str
    rejected: str
    remaining: str
    on_hold: bool
    planned_start: datetime | None
    actual_start: datetime | None
    actual_end: datetime | None
    created_at: datetime
    updated_at: datetime
    item_uuid: UUID | None
    item_name: str | None
    lines: list[list[Any]] | None
    components: list[list[Any]] | None
    lots: list[list[Any]] | None


@dataclass(slots=True)
class Need:
    """What an order takes of one product over all its lines, for what is made of it here.

    `used` counts what was recorded beyond the BOM, too.
    """

    item_uuid: str
    name: str
    uom: str
    required: Decimal
    reserved: Decimal
    used: Decimal


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list. `since` and `until` are both inclusive and judge the planned start; what has none drops out."""

    states: Sequence[str] = ()
    item_uuid: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


_COLUMNS = """
    o.uuid, o.reference, o.origin, o.state, o.version, o.priority, o.notes,
    trim_scale(o.quantity_target)::text, trim_scale(o.quantity_good)::text, trim_scale(o.quantity_rejected)::text,
    trim_scale(greatest(o.quantity_target - o.quantity_good, 0))::text, o.open_holds > 0,
    o.planned_start, o.actual_start, o.actual_end, o.created_at, o.updated_at, item.uuid, item.name,
    (SELECT json_agg(json_build_array(line.uuid, line_item.uuid, line.variant, trim_scale(line.target)::text,
                trim_scale(line.good)::text, bom.uuid, version.number) ORDER BY line.sort)
        FROM orders_orderline AS line JOIN manufacturing_item AS line_item ON line_item.id = line.item_id
        LEFT JOIN manufacturing_bomversion AS version ON version.id = line.bom_version_id
        LEFT JOIN manufacturing_bom AS bom ON bom.id = version.bom_id
        WHERE line.order_id = o.id)
"""
_DETAILS = """
    (SELECT json_agg(json_build_array(part.uuid, part.name, coalesce(nullif(component.uom, ''), part.unit),
                part.unit_decimals, component.numerator::text, component.denominator::text,
                greatest(line.target - line.imported_good - line.imported_rejected, 0)::text,
                coalesce((SELECT sum(reservation.quantity) FROM manufacturing_reservation AS reservation
                    WHERE reservation.component_id = component.id), 0)::text,
                (component.consumed + component.over_consumed)::text) ORDER BY component.position)
        FROM orders_ordercomponent AS component JOIN orders_orderline AS line ON line.id = component.line_id
        JOIN manufacturing_item AS part ON part.id = component.item_id
        WHERE component.order_id = o.id),
    (SELECT json_agg(json_build_array(made.code, trim_scale(made.quantity)::text) ORDER BY made.code)
        FROM (SELECT lot.code, sum(output.quantity) AS quantity FROM quality_output AS output
            JOIN manufacturing_lot AS lot ON lot.id = output.lot_id
            WHERE output.order_id = o.id GROUP BY lot.code HAVING sum(output.quantity) > 0) AS made)
"""
_ITEM = "LEFT JOIN manufacturing_item AS item ON item.id = o.item_id"
_ONE = f"SELECT {_COLUMNS}, {_DETAILS} FROM orders_productionorder AS o {_ITEM} WHERE o.factory_id = %s AND o.id = %s"
_MANY = f"""
SELECT {_COLUMNS}, NULL, NULL FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted (id, place)
JOIN orders_productionorder AS o ON o.id = wanted.id AND o.factory_id = %s {_ITEM} ORDER BY wanted.place
"""

# Ids grow as orders are made. What has no planned start comes last, whichever way one reads.
_SORTS = {
    "created": "o.id {way}",
    "updated": "o.updated_at {way}, o.id {way}",
    "reference": "o.reference {way}, o.id {way}",
    "planned": "o.planned_start {way} NULLS LAST, o.id {way}",
}


@dataclass(frozen=True, slots=True)
class Sort:
    """`by`: created, updated, reference or planned."""

    by: str = "created"
    falling: bool = True


def one(order_id: int, *, by: Actor) -> ManufacturingRow:
    """The order whole. Problem: NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE, [by.factory.id, order_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(thing="Production order")
    return ManufacturingRow._make(row)


def page(wanted: Wanted, *, by: Actor, sort: Sort, limit: int, offset: int) -> list[ManufacturingRow]:
    """Some orders without components and lots. An order that comes between two pages may move rows from one to the next."""
    where, values = _conditions(wanted)
    order = _SORTS[sort.by].format(way="DESC" if sort.falling else "ASC")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT o.id {_source(wanted)} WHERE o.factory_id = %s{where} ORDER BY {order} LIMIT %s OFFSET %s",
            [by.factory.id, *values, limit, offset],
        )
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return []
        cursor.execute(_MANY, [ids, by.factory.id])
        return [ManufacturingRow._make(row) for row in cursor.fetchall()]


def count(wanted: Wanted, *, by: Actor) -> int:
    """How many orders there are of what is wanted, exactly. By state alone the tally knows it without counting."""
    if wanted == Wanted(states=wanted.states):
        return count_in_states(wanted.states, by=by)
    where, values = _conditions(wanted)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_source(wanted)} WHERE o.factory_id = %s{where}", [by.factory.id, *values])
        return int(cursor.fetchone()[0])


def _source(wanted: Wanted) -> str:
    return f"FROM orders_productionorder AS o {_ITEM if wanted.text else ''}"


def _conditions(wanted: Wanted) -> tuple[str, list[Any]]:
    """The WHERE clauses and their parameters. Days are asked for by the expression that order_by_day is an index on."""
    clauses: list[tuple[str, list[Any]]] = []
    if wanted.states:
        clauses.append(("o.state = ANY(%s)", [list(wanted.states)]))
    if wanted.item_uuid is not None:
        clauses.append(
            (
                "EXISTS (SELECT 1 FROM orders_orderline AS l WHERE l.order_id = o.id"
                " AND l.item_id = (SELECT i.id FROM manufacturing_item AS i WHERE i.uuid = %s))",
                [wanted.item_uuid],
            )
        )
    for operator, bound in ((">=", wanted.since), ("<=", wanted.until)):
        if bound is not None:
            clauses.append(("o.planned_start IS NOT NULL", []))
            clauses.append((f"coalesce(o.planned_start, o.created_at) {operator} %s", [bound]))
    if wanted.text:
        pattern = pattern_within(wanted.text)
        clauses.append(("(o.reference ILIKE %s OR o.batch_number ILIKE %s OR item.name ILIKE %s)", [pattern] * 3))
    return "".join(f" AND {clause}" for clause, _ in clauses), [value for _, values in clauses for value in values]


def needs_of(row: ManufacturingRow) -> list[Need]:
    """What the order takes, product by product, in the order of the BOM. Rounded up once a line, as it is put aside."""
    found: dict[str, Need] = {}
    for uuid, name, uom, decimals, numerator, denominator, target, reserved, used in row.components or ():
        per_unit = Fraction(int(numerator), int(denominator))
        amount = amounts.at_any_size(per_unit=per_unit, units=Decimal(target))
        need = found.setdefault(uuid, Need(uuid, name, uom, Decimal(0), Decimal(0), Decimal(0)))
        need.required += amounts.as_reserved(amount, decimals=decimals)
        need.reserved += Decimal(reserved)
        need.used += Decimal(used)
    return list(found.values())


def productions_of(order_id: int) -> QuerySet[QuantityEntry, Any]:
    """The counts that changed how many good pieces there are, oldest first; what was corrected is negative."""
    entries = QuantityEntry.objects.filter(order_id=order_id).exclude(good=0).order_by("id")
    return entries.values("uuid", "good", "lot_number", "at", "actor_id", "actor_name")


def work_orders_of(order_id: int) -> QuerySet[WorkOrder]:
    """The operations of the order, by sequence."""
    return WorkOrder.objects.filter(order_id=order_id).order_by("sequence")


class Line(NamedTuple):
    """A line as a count is judged by it."""

    id: int
    uuid: UUID
    unit_decimals: int


def state_and_lines_of(order_id: int) -> tuple[str, list[Line]]:
    """The order's state, as nobody holds it, and its lines."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.state, line.id, line.uuid, item.unit_decimals FROM orders_productionorder AS o"
            " JOIN orders_orderline AS line ON line.order_id = o.id JOIN manufacturing_item AS item ON item.id = line.item_id"
            " WHERE o.id = %s ORDER BY line.sort",
            [order_id],
        )
        rows = cursor.fetchall()
    return str(rows[0][0]) if rows else "", [Line._make(row[1:]) for row in rows]
