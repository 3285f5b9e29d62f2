"""The order object of the factory face and everything that hangs on it, as this API shows them."""

from datetime import datetime
from typing import Any

from orjson import Fragment

from factoryos.dialects.base.answers import moment
from factoryos.dialects.factory.states import WORDS, allowed_words
from factoryos.kernel.actors import Tenant
from factoryos.kernel.quantities import shortest
from orders.models import OrderEvent, QuantityEntry
from orders.selectors import OrderRow
from orders.states import State
from quality.models import Verification

Json = dict[str, Any]


def instant(at: datetime | None) -> str | None:
    """UTC, milliseconds, `Z`; null stays null."""
    return moment(at) if at is not None else None


def number(text: str | None) -> Fragment | None:
    """A decimal in shortest notation as a JSON number, untouched by floats."""
    return Fragment(text) if text is not None else None


def order(row: OrderRow, *, tenant: Tenant) -> Json:
    """The order object. A list row is the same without `workOrders`; a single order adds it (see `whole_order`)."""
    word = WORDS[State(row.state)]
    product = row.item_uuid and {"id": row.item_uuid, "sku": row.item_sku, "name": row.item_name, "unit": row.item_unit}
    return {
        "id": row.uuid,
        "reference": row.reference,
        "factory": tenant.slug,
        "origin": row.origin,
        "state": word,
        "status": word,
        "allowedTransitions": allowed_words(row.state, tenant.requires_verification),
        "productId": row.item_uuid,
        "product": product,
        "batchNumber": row.batch_number,
        "priority": row.priority,
        "notes": row.notes,
        "quantityTarget": number(row.target),
        "quantityProduced": number(row.produced),
        "quantityGood": number(row.good),
        "quantityRejected": number(row.rejected),
        "quantityFinal": number(row.final),
        "overTarget": row.over_target,
        "overProduction": {"policy": row.over_production, "tolerancePercent": number(row.tolerance_percent)},
        "plannedStart": instant(row.planned_start),
        "plannedEnd": instant(row.planned_end),
        "actualStart": instant(row.actual_start),
        "actualEnd": instant(row.actual_end),
        "methodId": row.method_uuid,
        "method": row.method_uuid and {"id": row.method_uuid, "code": row.method_code, "name": row.method_name},
        "assignments": [_assignment(share) for share in row.assignments or ()],
        "lines": [_line(line) for line in row.lines or ()],
        "onHold": row.holds is not None,
        "holds": [_hold(hold) for hold in row.holds or ()],
        "pauseReason": row.pause_reason and {"code": row.pause_reason, "text": row.pause_text},
        "createdBy": {"id": row.created_by_id, "name": row.created_by_name},
        "createdAt": instant(row.created_at),
        "updatedAt": instant(row.updated_at),
        "version": row.version,
    }


def whole_order(row: OrderRow, *, tenant: Tenant) -> Json:
    """A single order: the list row and its work orders."""
    return {**order(row, tenant=tenant), "workOrders": [_work_order(work) for work in row.work_orders or ()]}


def _line(line: list[Any]) -> Json:
    uuid, item, variant, target, good, rejected = line
    return {"id": uuid, "productId": item, "variant": variant, "quantityTarget": number(target),
            "quantityGood": number(good), "quantityRejected": number(rejected)}  # fmt: skip


def _assignment(share: list[Any]) -> Json:
    machine, code, area, quantity, produced, active = share
    return {"machineId": machine, "machineCode": code, "workAreaId": area, "quantity": number(quantity),
            "quantityProduced": number(produced), "active": active}  # fmt: skip


def _hold(hold: list[Any]) -> Json:
    uuid, reason, placed_at = hold
    return {"id": uuid, "reason": reason, "placedAt": instant(datetime.fromisoformat(placed_at))}


def _work_order(work: list[Any]) -> Json:
    sequence, name, workcenter, status = work
    return {"id": f"wo_{sequence:03d}", "name": name, "workcenter": workcenter, "sequence": sequence, "status": status}


def transition(event: OrderEvent | None) -> Json:
    """One event of the history, in this face's words."""
    assert event is not None, "a verb leaves its event on the order"
    before = WORDS[State(event.from_state)] if event.from_state else None
    return {
        "id": event.uuid,
        "at": instant(event.at),
        "fromState": before,
        "toState": WORDS[State(event.to_state)],
        "verb": event.verb,
        "by": {"id": event.actor_id, "name": event.actor_name, "kind": event.actor_kind},
        "reason": event.reason,
        "notes": event.notes,
        "face": event.face,
        "data": event.data,
        "hash": event.hash,
        "previousHash": event.previous_hash,
    }


def entry(booked: QuantityEntry) -> Json:
    """One entry of the quantity ledger. Needs `machine` and `work_order` at hand."""
    return {
        "id": booked.uuid,
        "at": instant(booked.at),
        "quantityProduced": number(shortest(booked.good + booked.rejected)),
        "quantityGood": number(shortest(booked.good)),
        "quantityRejected": number(shortest(booked.rejected)),
        "lotNumber": booked.lot_number,
        "machineCode": booked.machine.code if booked.machine else None,
        "workOrderId": booked.work_order.public_id if booked.work_order else None,
        "source": booked.source,
        "reason": booked.reason,
        "by": {"id": booked.actor_id, "name": booked.actor_name},
        "face": booked.face,
        "occurredAt": instant(booked.occurred_at),
        "serialNumbers": booked.serial_numbers,
        "consumedLots": [{**lot, "quantity": number(lot["quantity"])} for lot in booked.consumed_lots],
        "shortConsumption": [
            {**part, "required": number(part["required"]), "short": number(part["short"])}
            for part in booked.short_consumption
        ],
    }


def verification(signed: Verification) -> Json:
    """A sign-off. `difference` is what it added to the logged counts."""
    return {
        "id": signed.uuid,
        "quantityFinal": number(shortest(signed.quantity_final)),
        "quantityGood": number(shortest(signed.quantity_good)),
        "quantityRejected": number(shortest(signed.quantity_rejected)),
        "notes": signed.notes or None,
        "difference": {
            "good": number(shortest(signed.difference_good)),
            "rejected": number(shortest(signed.difference_rejected)),
        },
        "verifiedBy": {"id": signed.verified_by_id, "name": signed.verified_by_name},
        "verifiedAt": instant(signed.verified_at),
    }
