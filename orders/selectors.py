"""Reading orders: rows for faces and console, always through an actor, so that an unscoped read cannot be written.

Rows, not instances: a page of fifty orders with lines and assignments is one statement and no model objects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound
from factoryos.kernel.text import pattern_within

COUNT_LIMIT = 10_000  # a total is exact up to here


class OrderRow(NamedTuple):
    """One order as read. Quantities are decimals as PostgreSQL's shortest text, instants are aware datetimes.

    `lines`: [[uuid, item uuid, variant, target, good, rejected]]; `assignments`: [[machine uuid, machine code,
    work area uuid, quantity, produced, active]]; `work_orders`: [[sequence, name, workcenter, status]];
    `holds`: [[uuid, reason, placed at]] (open ones), each null when there is none.
    """

    id: int
    uuid: UUID
    reference: str
    origin: str
    state: str
    version: int
    chain_head: str
    priority: str
    batch_number: str | None
    notes: str | None
    over_production: str
    tolerance_percent: str | None
    target: str
    good: str
    rejected: str
    produced: str
    final: str | None
    over_target: bool
    planned_start: datetime | None
    planned_end: datetime | None
    actual_start: datetime | None
    actual_end: datetime | None
    pause_reason: str | None
    pause_text: str | None
    created_by_id: str
    created_by_name: str
    created_at: datetime
    updated_at: datetime
    item_uuid: UUID | None
    item_sku: str | None
    item_name: str | None
    item_unit: str | None
    method_uuid: UUID | None
    method_code: str | None
    method_name: str | None
    lines: list[list[Any]] | None
    assignments: list[list[Any]] | None
    holds: list[list[Any]] | None
    work_orders: list[list[Any]] | None


_COLUMNS = """
    o.id, o.uuid, o.reference, o.origin, o.state, o.version, o.chain_head, o.priority, o.batch_number, o.notes,
    o.over_production, trim_scale(o.tolerance_percent)::text,
    trim_scale(o.quantity_target)::text, trim_scale(o.quantity_good)::text, trim_scale(o.quantity_rejected)::text,
    trim_scale(o.quantity_good + o.quantity_rejected)::text, trim_scale(o.quantity_final)::text,
    o.quantity_good > o.quantity_target,
    o.planned_start, o.planned_end, o.actual_start, o.actual_end, o.pause_reason, o.pause_text,
    o.created_by_id, o.created_by_name, o.created_at, o.updated_at,
    item.uuid, item.sku, item.name, item.unit, method.uuid, method.code, method.name,
    (SELECT json_agg(json_build_array(line.uuid, line_item.uuid, line.variant, trim_scale(line.target)::text,
                trim_scale(line.good)::text, trim_scale(line.rejected)::text) ORDER BY line.sort)
        FROM orders_orderline AS line JOIN manufacturing_item AS line_item ON line_item.id = line.item_id
        WHERE line.order_id = o.id),
    (SELECT json_agg(json_build_array(machine.uuid, machine.code, area.uuid, trim_scale(share.quantity)::text,
                trim_scale(share.produced)::text, share.active) ORDER BY share.sort)
        FROM orders_assignment AS share
        LEFT JOIN manufacturing_machine AS machine ON machine.id = share.machine_id
        LEFT JOIN manufacturing_workarea AS area ON area.id = share.work_area_id
        WHERE share.order_id = o.id),
    CASE WHEN o.open_holds > 0 THEN
        (SELECT json_agg(json_build_array(hold.uuid, hold.reason, hold.placed_at) ORDER BY hold.id)
            FROM quality_hold AS hold WHERE hold.order_id = o.id AND hold.released_at IS NULL) END
"""
_WORK_ORDERS = """
    (SELECT json_agg(json_build_array(work.sequence, work.name, work.workcenter, work.status) ORDER BY work.sequence)
        FROM orders_workorder AS work WHERE work.order_id = o.id)
"""
_FROM = """
    FROM orders_productionorder AS o
    LEFT JOIN manufacturing_item AS item ON item.id = o.item_id
    LEFT JOIN manufacturing_method AS method ON method.id = o.method_id
"""
_ONE = f"SELECT {_COLUMNS}, {_WORK_ORDERS} {_FROM} WHERE o.factory_id = %s AND o.id = %s"
_MANY = f"SELECT {_COLUMNS}, NULL {_FROM} WHERE o.factory_id = %s"


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What to list. `since` is inclusive, `until` exclusive; both judge the planned start, else the creation."""

    states: Sequence[str] = ()
    item_id: int | None = None
    machine_id: int | None = None
    batch_number: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    @property
    def counts_by_state(self) -> bool:
        """Whether the tally knows the total without counting."""
        return not (self.item_id or self.machine_id or self.batch_number or self.since or self.until or self.text)


def find_order_id(order_uuid: UUID | None, *, by: Actor) -> int:
    """The primary key of the actor's order. Problem: NotFound for a stranger's and for none alike."""
    if order_uuid is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM orders_productionorder WHERE uuid = %s AND factory_id = %s", [order_uuid, by.factory.id]
            )
            if row := cursor.fetchone():
                return int(row[0])
    raise NotFound(thing="Production order")


def state_of(order_id: int, *, by: Actor) -> tuple[UUID, str]:
    """(uuid, state) of one order, for a face that must know which verb its word means. Problem: NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT uuid, state FROM orders_productionorder WHERE id = %s AND factory_id = %s",
            [order_id, by.factory.id],
        )
        if row := cursor.fetchone():
            return row[0], str(row[1])
    raise NotFound(thing="Production order")


def order_row(order_id: int, *, by: Actor) -> OrderRow:
    """One order whole. Problem: NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE, [by.factory.id, order_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(thing="Production order")
    return OrderRow._make(row)


def _conditions(wanted: OrderFilter) -> tuple[str, list[Any]]:
    """The WHERE clauses of a filter and their parameters."""
    clauses: list[tuple[str, Any]] = []
    if wanted.states:
        clauses.append(("o.state = ANY(%s)", list(wanted.states)))
    if wanted.item_id is not None:
        clauses.append(
            ("EXISTS (SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.item_id = %s)", wanted.item_id)
        )
    if wanted.machine_id is not None:
        clauses.append(
            (
                "EXISTS (SELECT 1 FROM orders_assignment a WHERE a.order_id = o.id AND a.machine_id = %s)",
                wanted.machine_id,
            )
        )
    if wanted.batch_number is not None:
        clauses.append(("o.batch_number = %s", wanted.batch_number))
    if wanted.since is not None:
        clauses.append(("coalesce(o.planned_start, o.created_at) >= %s", wanted.since))
    if wanted.until is not None:
        clauses.append(("coalesce(o.planned_start, o.created_at) < %s", wanted.until))
    parameters = [value for _, value in clauses]
    sql = "".join(f" AND {clause}" for clause, _ in clauses)
    if wanted.text:
        pattern = pattern_within(wanted.text)
        sql += " AND (o.reference ILIKE %s OR o.batch_number ILIKE %s OR item.name ILIKE %s OR item.sku ILIKE %s)"
        parameters += [pattern] * 4
    return sql, parameters


def page_keys(
    wanted: OrderFilter, *, by: Actor, limit: int, offset: int = 0, before_id: int | None = None
) -> list[tuple[int, str]]:
    """(id, hash of the last event) of up to `limit` orders, newest first, from an offset or (keyset) below `before_id`."""
    sql, parameters = _conditions(wanted)
    if before_id is not None:
        sql, parameters = f"{sql} AND o.id < %s", [*parameters, before_id]
    source = _FROM if wanted.text else "FROM orders_productionorder AS o"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT o.id, o.chain_head {source} WHERE o.factory_id = %s{sql} ORDER BY o.id DESC LIMIT %s OFFSET %s",
            [by.factory.id, *parameters, limit, offset],
        )
        return [(int(row[0]), str(row[1])) for row in cursor.fetchall()]


def order_rows(ids: Sequence[int], *, by: Actor) -> list[OrderRow]:
    """These orders whole but for their work orders, in no particular order."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_MANY} AND o.id = ANY(%s)", [by.factory.id, list(ids)])
        return [OrderRow._make(row) for row in cursor.fetchall()]


def count_orders(wanted: OrderFilter, *, by: Actor) -> int:
    """How many orders a filter matches, at most COUNT_LIMIT + 1. By state alone it is known from the tally."""
    if wanted.counts_by_state:
        return count_in_states(wanted.states, by=by)
    sql, parameters = _conditions(wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 {_FROM} WHERE o.factory_id = %s{sql} LIMIT {COUNT_LIMIT + 1}) AS found",
            [by.factory.id, *parameters],
        )
        return int(cursor.fetchone()[0])


def count_in_states(states: Sequence[str], *, by: Actor) -> int:
    """How many orders are in these states (none named: in any), from the tally; none is counted for it."""
    wanted = list(states) or None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(orders), 0) FROM orders_ordertally"
            " WHERE factory_id = %s AND (%s::text[] IS NULL OR state = ANY(%s))",
            [by.factory.id, wanted, wanted],
        )
        return int(cursor.fetchone()[0])
