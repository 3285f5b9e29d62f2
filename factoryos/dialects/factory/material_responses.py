"""Bills of materials and stock, as the factory API shows them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from factoryos.dialects.factory.order_responses import instant
from manufacturing.models import StockMove
from manufacturing.stock.figures import Buildable
from orders.materials import amounts

Json = dict[str, Any]
Row = Mapping[str, Any]


def buildable(found: Buildable, *, product_id: Any) -> Json:
    """`perUnit` is exact, or to the last of fifteen decimals: a third has none."""
    return {
        "productId": product_id,
        "quantity": found.quantity,
        "limiting": [
            {
                "productId": limit.item_id,
                "sku": limit.sku,
                "available": limit.available,
                "perUnit": amounts.as_used(limit.per_unit),
            }
            for limit in found.limiting
        ],
    }


def bom_version(row: Row, *, product_id: Any, components: Sequence[Row]) -> Json:
    return {
        "bomId": row["bom_uuid"],
        "productId": product_id,
        "version": row["number"],
        "current": row["number"] == row["current"],
        "name": row["name"],
        "type": row["type"],
        "quantity": row["quantity"],
        "components": [_component(part) for part in components],
        "changeReason": row["change_reason"] or None,
        "createdBy": {"id": row["made_by_id"], "name": row["made_by_name"]},
        "createdAt": row["made_at"],
    }


def _component(row: Row) -> Json:
    return {
        "productId": row["item_uuid"],
        "sku": row["item_sku"],
        "name": row["item_name"],
        "quantity": row["quantity"],
        "unit": row["uom"] or row["item_unit"],
    }


def receipt(moves: Sequence[StockMove]) -> Json:
    """One delivery; its serial numbers are a move each, of which the first one gives the id."""
    first = moves[0]
    balance = first.balance
    lot = balance.lot
    serials = [move.balance.lot.code for move in moves if move.balance.lot and move.balance.lot.serial]
    return {
        "id": first.uuid,
        "kind": first.kind,
        "productId": balance.item.uuid,
        "sku": balance.item.sku,
        "quantity": sum((move.quantity for move in moves), Decimal(0)),
        "lotNumber": lot.code if lot and not serials else None,
        "serialNumbers": serials,
        "location": balance.location.code,
        "bestBefore": instant(lot.best_before) if lot else None,
        "reference": first.reference,
        "by": {"id": first.actor_id, "name": first.actor_name},
        "face": first.face,
        "at": first.at,
    }


def balance(row: Row) -> Json:
    return {
        "product": {
            "id": row["item__uuid"],
            "sku": row["item__sku"],
            "name": row["item__name"],
            "unit": row["item__unit"],
        },
        "lotNumber": row["lot__code"],
        "location": row["location__code"],
        "onHand": row["on_hand"],
        "reserved": row["reserved"],
        "available": row["on_hand"] - row["reserved"],
    }
