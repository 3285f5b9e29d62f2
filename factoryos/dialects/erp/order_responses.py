"""The order of the ERP API, and what hangs on it: productions and work orders, as this API shows them."""

from collections.abc import Mapping
from typing import Any

from orjson import Fragment

from factoryos.dialects.erp.states import WORDS
from factoryos.dialects.erp.times import moment, moment_or_none
from orders.manufacturing_rows import ManufacturingRow, needs_of
from orders.models import WorkOrder
from orders.states import State

Json = dict[str, Any]


def order(row: ManufacturingRow) -> Json:
    """An order as a list shows it. An order of several lines shows the first one's product and BOM, and sums."""
    lines = row.lines or []
    bom_id, bom_version = lines[0][5:7] if lines else (None, None)
    shown: Json = {
        "id": row.uuid,
        "reference": row.reference,
        "product": {"id": row.item_uuid, "name": row.item_name} if row.item_uuid else None,
        "bomId": bom_id,
        "quantity": Fragment(row.target),
        "producedQty": Fragment(row.good),
        "status": WORDS[State(row.state)],
        "scheduledDate": moment_or_none(row.planned_start),
        "bomVersion": bom_version,
        "rejectedQty": Fragment(row.rejected),
        "remainingQty": Fragment(row.remaining),
        "onHold": row.on_hold,
        "origin": row.origin,
        "priority": row.priority,
        "notes": row.notes,
        "startedAt": moment_or_none(row.actual_start),
        "finishedAt": moment_or_none(row.actual_end),
        "createdAt": moment(row.created_at),
        "updatedAt": moment(row.updated_at),
    }
    if len(lines) > 1:
        shown["lines"] = [_line(line) for line in lines]
    return shown


def whole_order(row: ManufacturingRow) -> Json:
    """An order by itself: with what it takes, and the lots (serial numbers among them) that came of it."""
    return {
        **order(row),
        "components": [
            {
                "productId": need.item_uuid,
                "name": need.name,
                "uom": need.uom,
                "requiredQty": need.required,
                "reservedQty": need.reserved,
                "consumedQty": need.used,
            }
            for need in needs_of(row)
        ],
        "lots": [{"lotNumber": code, "quantity": Fragment(quantity)} for code, quantity in row.lots or ()],
    }


def _line(line: list[Any]) -> Json:
    uuid, item, variant, target, good, _, _ = line
    return {
        "id": uuid,
        "productId": item,
        "variant": variant,
        "quantity": Fragment(target),
        "producedQty": Fragment(good),
    }


def production(row: Mapping[str, Any]) -> Json:
    """Good pieces that were counted, or (negative) taken back."""
    return {
        "id": row["uuid"],
        "qty": row["good"],
        "lotNumber": row["lot_number"],
        "recordedAt": moment(row["at"]),
        "by": {"id": row["actor_id"], "name": row["actor_name"]},
    }


def work_order(work: WorkOrder) -> Json:
    return {
        "id": work.public_id,
        "name": work.name,
        "workcenter": work.workcenter or None,
        "sequence": work.sequence,
        "status": work.status,
        "plannedMinutes": work.planned_minutes,
        "durationMinutes": work.duration_minutes,
        "startedAt": moment_or_none(work.started_at),
        "finishedAt": moment_or_none(work.finished_at),
        "notes": work.notes or None,
    }
