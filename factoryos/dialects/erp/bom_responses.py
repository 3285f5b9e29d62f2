"""Bills of materials as the ERP API shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

from factoryos.dialects.erp.times import moment

Json = dict[str, Any]
Row = Mapping[str, Any]


def bom(row: Row, *, components: Sequence[Row], operations: Sequence[Row]) -> Json:
    """`row` is one of manufacturing.boms.selectors: a BOM as one of its versions says."""
    is_current = row["number"] == row["version"]
    return {
        "id": row["uuid"],
        "name": row["shown_name"],
        "product": {"id": row["item_uuid"], "name": row["item_name"]},
        "quantity": row["quantity"],
        "uom": row["uom"] or row["item_unit"],
        "type": row["shown_type"],
        "components": [_component(part) for part in components],
        "operations": [_operation(step) for step in operations],
        "version": row["number"],
        "createdAt": moment(row["created_at"]),
        "updatedAt": moment(row["updated_at"] if is_current else row["made_at"]),
    }


def _component(row: Row) -> Json:
    return {
        "productId": row["item_uuid"],
        "name": row["item_name"],
        "quantity": row["quantity"],
        "uom": row["uom"] or row["item_unit"],
    }


def _operation(row: Row) -> Json:
    return {
        "name": row["name"],
        "workcenter": row["workcenter"] or None,
        "durationMinutes": row["duration_minutes"],
    }
