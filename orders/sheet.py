"""One order with everything around it that a person decides by, read in one statement through an actor."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound


@dataclass(frozen=True, slots=True)
class SheetLine:
    """What the order makes of one item or variant."""

    id: int
    uuid: UUID
    sku: str
    name: str
    unit: str
    decimals: int
    tracking: str
    variant: str | None
    target: Decimal
    good: Decimal
    rejected: Decimal

    @property
    def label(self) -> str:
        return f"{self.sku} {self.variant}" if self.variant else self.sku


@dataclass(frozen=True, slots=True)
class SheetShare:
    """The part given to one machine or work area. `runs` is another order that runs on the machine now."""

    machine_id: int | None
    code: str
    name: str
    in_use: bool  # a retired machine takes no order; a work area is always in use
    counted: bool  # the machine's own counter is read
    quantity: Decimal
    produced: Decimal
    active: bool
    runs: str | None
    runs_uuid: UUID | None


@dataclass(frozen=True, slots=True)
class SheetHold:
    """An open hold."""

    uuid: UUID
    reason: str
    by_id: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SheetWork:
    """One operation on the floor."""

    sequence: int
    name: str
    workcenter: str
    status: str
    planned_minutes: Decimal
    duration_minutes: Decimal | None


@dataclass(frozen=True, slots=True)
class SheetSign:
    """The sign-off that counts."""

    final: Decimal
    good: Decimal
    rejected: Decimal
    difference_good: Decimal
    difference_rejected: Decimal
    notes: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """An order as it is now. The item is the first line's; quantities are the cached totals."""

    id: int
    uuid: UUID
    reference: str
    origin: str
    state: str
    version: int
    priority: str
    batch_number: str | None
    customer_name: str | None
    made_for: str | None  # the customer's order that it is made for, by its number and name
    notes: str | None
    over_production: str
    tolerance_percent: Decimal | None
    target: Decimal
    good: Decimal
    rejected: Decimal
    final: Decimal | None
    planned_start: datetime | None
    planned_end: datetime | None
    actual_start: datetime | None
    actual_end: datetime | None
    pause_reason: str | None
    pause_label: str | None
    pause_text: str | None
    shipment: dict[str, Any] | None
    created_by_name: str
    created_at: datetime
    updated_at: datetime
    item_id: int | None
    method_id: int | None
    method_code: str | None
    method_name: str | None
    lines: tuple[SheetLine, ...]
    shares: tuple[SheetShare, ...]
    holds: tuple[SheetHold, ...]
    work_orders: tuple[SheetWork, ...]
    sign: SheetSign | None

    @property
    def unit(self) -> str:
        """The unit in which the totals are counted; none where the lines differ."""
        units = {line.unit for line in self.lines}
        return units.pop() if len(units) == 1 else ""

    @property
    def machines(self) -> tuple[SheetShare, ...]:
        return tuple(share for share in self.shares if share.machine_id is not None)

    @property
    def counters(self) -> tuple[str, ...]:
        """The codes of its machines that count by themselves."""
        return tuple(share.code for share in self.shares if share.counted)


_SHEET = """
SELECT o.id, o.uuid, o.reference, o.origin, o.state, o.version, o.priority, o.batch_number, o.customer_name,
    (SELECT concat_ws(' ', coalesce(wish.external_id, wish.id::text), nullif(wish.name, ''))
        FROM orders_customerorder AS wish WHERE wish.id = o.customer_order_id),
    o.notes, o.over_production, o.tolerance_percent, o.quantity_target, o.quantity_good, o.quantity_rejected, o.quantity_final,
    o.planned_start, o.planned_end, o.actual_start, o.actual_end, o.pause_reason,
    (SELECT reason.label FROM orders_pausereason AS reason WHERE reason.code = o.pause_reason
        AND (reason.factory_id IS NULL OR reason.factory_id = o.factory_id) ORDER BY reason.factory_id LIMIT 1),
    o.pause_text, o.shipment::json, o.created_by_name, o.created_at, o.updated_at, o.item_id,
    method.id, method.code, method.name,
    (SELECT json_agg(json_build_array(line.id, line.uuid, item.sku, item.name, item.unit, item.unit_decimals,
            item.tracking, line.variant, line.target::text, line.good::text, line.rejected::text) ORDER BY line.sort)
        FROM orders_orderline AS line JOIN manufacturing_item AS item ON item.id = line.item_id
        WHERE line.order_id = o.id),
    (SELECT json_agg(json_build_array(machine.id, coalesce(machine.code, area.code), coalesce(machine.name, area.name),
            coalesce(machine.active, true), coalesce(machine.counted, false), share.quantity::text,
            share.produced::text, share.active, other.reference, other.uuid) ORDER BY share.sort)
        FROM orders_assignment AS share
        LEFT JOIN manufacturing_machine AS machine ON machine.id = share.machine_id
        LEFT JOIN manufacturing_workarea AS area ON area.id = share.work_area_id
        LEFT JOIN orders_assignment AS taken
            ON taken.machine_id = share.machine_id AND taken.active AND taken.order_id <> o.id
        LEFT JOIN orders_productionorder AS other ON other.id = taken.order_id
        WHERE share.order_id = o.id),
    (SELECT json_agg(json_build_array(hold.uuid, hold.reason, hold.placed_by_id, hold.placed_by_name, hold.placed_at)
            ORDER BY hold.id)
        FROM quality_hold AS hold WHERE hold.order_id = o.id AND hold.released_at IS NULL),
    (SELECT json_agg(json_build_array(work.sequence, work.name, work.workcenter, work.status,
            work.planned_minutes::text, work.duration_minutes::text) ORDER BY work.sequence)
        FROM orders_workorder AS work WHERE work.order_id = o.id),
    (SELECT json_build_array(sign.quantity_final::text, sign.quantity_good::text, sign.quantity_rejected::text,
            sign.difference_good::text, sign.difference_rejected::text, sign.notes, sign.verified_by_name,
            sign.verified_at)
        FROM quality_verification AS sign WHERE sign.order_id = o.id ORDER BY sign.id DESC LIMIT 1)
FROM orders_productionorder AS o LEFT JOIN manufacturing_method AS method ON method.id = o.method_id
WHERE o.id = %s AND o.factory_id = %s
"""

_READ: dict[Any, Callable[[Any], Any]] = {Decimal: Decimal, UUID: UUID, datetime: datetime.fromisoformat}


def _made(kind: Any, values: list[Any]) -> Any:
    """JSON knows no decimals, uuids or instants: each value as the field says it is."""
    readers = [next((read for of, read in _READ.items() if of in _kinds(field.type)), None) for field in fields(kind)]
    return kind(*(
        read(value) if read and value is not None else value for read, value in zip(readers, values, strict=True)
    ))  # fmt: skip


def _kinds(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__args__", (annotation,))


def _all(kind: Any, rows: Iterable[list[Any]] | None) -> tuple[Any, ...]:
    return tuple(_made(kind, row) for row in rows or ())


def sheet_of(order_id: int, *, by: Actor) -> Sheet:
    """The actor's order. Problem: NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(_SHEET, [order_id, by.factory.id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(thing="Production order")
    *facts, lines, shares, holds, works, sign = row
    facts += [_all(SheetLine, lines), _all(SheetShare, shares), _all(SheetHold, holds), _all(SheetWork, works)]
    facts.append(_made(SheetSign, sign) if sign else None)
    return Sheet(*facts)
