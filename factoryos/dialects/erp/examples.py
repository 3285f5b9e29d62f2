"""Worked exchanges of the ERP API on bills of materials and stock, as its published description shows them."""

from factoryos.dialects.base.operations import Json

WIDGET_ID = "018e5678-abcd-7000-8000-000000000001"
BOM_ID = "018eeeee-abcd-7000-8000-000000000001"
FRAME_ID = "018e5678-abcd-7000-8000-0000000000c1"
BOARD_ID = "018e5678-abcd-7000-8000-0000000000c2"
_LOCATION_ID = "018e9999-abcd-7000-8000-000000000001"


def named(summary: str, value: Json | list[Json]) -> dict[str, Json]:
    """One example, under a name made of its summary."""
    return {"-".join(summary.lower().split()): {"summary": summary, "value": value}}


def page(*rows: Json, limit: int = 20) -> Json:
    """A page that holds all there is."""
    return {"data": list(rows), "meta": {"total": len(rows), "page": 1, "limit": limit, "totalPages": 1}}


BOM: Json = {
    "id": BOM_ID,
    "name": "Widget Pro v2 — Standard BOM",
    "product": {"id": WIDGET_ID, "name": "Widget Pro"},
    "quantity": 1,
    "uom": "units",
    "type": "manufacture",
    "components": [
        {"productId": FRAME_ID, "name": "Frame", "quantity": 1, "uom": "units"},
        {"productId": BOARD_ID, "name": "Circuit Board", "quantity": 2, "uom": "units"},
    ],
    "operations": [{"name": "Assembly", "workcenter": "Line A", "durationMinutes": 30}],
    "version": 1,
    "createdAt": "2026-03-01T02:00:00Z",
    "updatedAt": "2026-03-01T02:00:00Z",
}
NEW_BOM: Json = {
    "name": "Widget Pro v3 — Standard BOM",
    "productId": WIDGET_ID,
    "quantity": 1,
    "uom": "units",
    "type": "manufacture",
    "components": [
        {"productId": FRAME_ID, "quantity": 1, "uom": "units"},
        {"productId": BOARD_ID, "quantity": 2, "uom": "units"},
    ],
    "operations": [{"name": "Assembly", "workcenter": "Line A", "durationMinutes": 35}],
}
BOM_CHANGES: Json = {"operations": [{"name": "Assembly", "workcenter": "Line B", "durationMinutes": 25}]}

STOCKED: Json = {
    "productId": BOARD_ID,
    "productName": "Circuit Board",
    "sku": "PCB-7",
    "onHand": 150,
    "reserved": 0,
    "available": 150,
    "uom": "pcs",
}
LOT: Json = {
    "locationId": _LOCATION_ID,
    "locationName": "Main store",
    "lotNumber": "PCB-2026-11",
    "quantity": 150,
    "reserved": 0,
}
RECEIVED: Json = {
    "productId": BOARD_ID,
    "quantity": 50,
    "lotNumber": "PCB-2026-12",
    "reference": "Delivery note 4711",
}
RECEIPT: Json = {
    "id": "018eaaaa-abcd-7000-8000-000000000001",
    "productId": BOARD_ID,
    "quantity": 50,
    "lotNumber": "PCB-2026-12",
    "locationId": _LOCATION_ID,
    "createdAt": "2026-03-20T05:10:00Z",
}
