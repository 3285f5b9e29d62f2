"""Stock as the ERP API shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from factoryos.dialects.erp.times import moment
from manufacturing.models import StockMove

Json = dict[str, Any]
Row = Mapping[str, Any]


def product(row: Row) -> Json:
    return {
        "productId": row["uuid"],
        "productName": row["name"],
        "sku": row["sku"],
        "onHand": row["on_hand"],
        "reserved": row["reserved"],
        "available": row["on_hand"] - row["reserved"],
        "uom": row["unit"],
    }


def balance(row: Row) -> Json:
    return {
        "locationId": row["location__uuid"],
        "locationName": row["location__name"],
        "lotNumber": row["lot__code"],
        "quantity": row["on_hand"],
        "reserved": row["reserved"],
    }


def receipt(moves: Sequence[StockMove], *, serial_numbers: Sequence[str]) -> Json:
    """A delivery that was booked. Under serial numbers it is a move each; the first one lends it its id."""
    first = moves[0]
    lot = first.balance.lot
    shown = {
        "id": first.uuid,
        "productId": first.balance.item.uuid,
        "quantity": sum(move.quantity for move in moves),
        "lotNumber": lot.code if lot and not serial_numbers else None,
        "locationId": first.balance.location.uuid,
        "createdAt": moment(first.at),
    }
    return {**shown, "serialNumbers": list(serial_numbers)} if serial_numbers else shown
