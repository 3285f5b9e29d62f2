"""The shippable record of an order: who, what, how many, and a history that can be checked."""

from decimal import Decimal
from typing import Any

from factoryos.dialects.factory import order_responses as show
from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import shortest
from orders import trail
from orders.selectors import OrderRow
from orders.states import State

RECORD_VERSION = 1
_RATE = Decimal("0.0001")


def record(row: OrderRow, *, by: Actor) -> dict[str, Any]:
    """The record as data; equal for equal data but for `generatedAt`."""
    signed = trail.last_verification(row.id)
    good, produced = Decimal(row.good), Decimal(row.produced)
    rate = (good / produced).quantize(_RATE) if produced else None
    history = [show.transition(event) for event in trail.events_of(row.id, moves_only=True)]
    order = show.whole_order(row, tenant=by.factory)
    return {
        "recordVersion": RECORD_VERSION,
        "generatedAt": show.instant(clock.now()),
        "final": row.state == State.CLOSED,
        "factory": {"slug": by.factory.slug, "name": by.factory.name, "timeZone": by.factory.time_zone},
        "order": order,
        "quantities": {
            "target": order["quantityTarget"],
            "produced": order["quantityProduced"],
            "good": order["quantityGood"],
            "rejected": order["quantityRejected"],
            "final": order["quantityFinal"],
            "qualityRate": show.number(shortest(rate)) if rate is not None else None,
        },
        "verification": show.verification(signed) if signed and row.state in {State.VERIFIED, State.CLOSED} else None,
        "shipment": _shipment(history),
        "lots": {
            "produced": [{"lotNumber": lot["lot"], "quantity": lot["amount"]} for lot in trail.lots_produced(row.id)],
            "consumed": [
                {"productId": lot["item_uuid"], "sku": lot["sku"], "lotNumber": lot["lot"], "quantity": lot["amount"]}
                for lot in trail.lots_consumed(row.id)
            ],
        },
        "quality": {"checks": [], "defects": [], "ncrs": [], "holds": [_hold(hold) for hold in trail.holds_of(row.id)]},
        "history": history,
        "seal": _seal(row),
    }


def _shipment(history: list[dict[str, Any]]) -> Any:
    closing = [event for event in history if event["verb"] == "close"]
    facts = closing[-1]["data"].get("shipment") if closing else None
    if not facts:
        return None
    return {**facts, "quantity": show.number(facts.get("quantity"))}


def _hold(hold: Any) -> dict[str, Any]:
    return {
        "id": hold.uuid,
        "reason": hold.reason,
        "placedBy": {"id": hold.placed_by_id, "name": hold.placed_by_name},
        "placedAt": show.instant(hold.placed_at),
        "releasedBy": {"id": hold.released_by_id, "name": hold.released_by_name} if hold.released_at else None,
        "releasedAt": show.instant(hold.released_at),
    }


def _seal(row: OrderRow) -> dict[str, Any]:
    sealing = trail.sealing_of(row.id, order_uuid=row.uuid)
    return {
        "chainHead": sealing.chain_head,
        "events": sealing.events,
        "intact": sealing.intact,
        "merkleRoot": sealing.merkle_root,
        "sealedAt": show.instant(sealing.sealed_at),
    }
