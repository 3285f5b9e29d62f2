"""Worked exchanges of the ERP API on production orders, as its published description shows them."""

from factoryos.dialects.base.operations import Json
from factoryos.dialects.erp.examples import BOARD_ID, BOM_ID, FRAME_ID, WIDGET_ID

_LOT = "LOT-2026-0042"

NEW_ORDER: Json = {
    "productId": WIDGET_ID,
    "bomId": BOM_ID,
    "quantity": 50,
    "scheduledDate": "2026-03-20T06:00:00Z",
}
LISTED: Json = {
    "id": "018effff-abcd-7000-8000-000000000001",
    "reference": "MO/2026/0007",
    "product": {"id": WIDGET_ID, "name": "Widget Pro"},
    "bomId": BOM_ID,
    "quantity": 50,
    "producedQty": 23,
    "status": "in_progress",
    "scheduledDate": "2026-03-20T06:00:00Z",
    "bomVersion": 1,
    "rejectedQty": 0,
    "remainingQty": 27,
    "onHold": False,
    "origin": "erp",
    "priority": "standard",
    "notes": None,
    "startedAt": "2026-03-20T06:04:11Z",
    "finishedAt": None,
    "createdAt": "2026-03-18T01:00:00Z",
    "updatedAt": "2026-03-20T09:30:00Z",
}


def _components(*, reserved: int, consumed: int) -> list[Json]:
    each = ((FRAME_ID, "Frame", 1), (BOARD_ID, "Circuit Board", 2))
    return [
        {
            "productId": product,
            "name": name,
            "uom": "units",
            "requiredQty": 50 * amount,
            "reservedQty": reserved * amount,
            "consumedQty": consumed * amount,
        }
        for product, name, amount in each
    ]


RUNNING: Json = {
    **LISTED,
    "components": _components(reserved=27, consumed=23),
    "lots": [{"lotNumber": _LOT, "quantity": 23}],
}
_NOTHING_MADE: Json = {**LISTED, "producedQty": 0, "remainingQty": 50, "startedAt": None, "lots": []}
DRAFT: Json = {**_NOTHING_MADE, "status": "draft", "components": _components(reserved=0, consumed=0)}
CONFIRMED: Json = {**_NOTHING_MADE, "status": "confirmed", "components": _components(reserved=50, consumed=0)}

PRODUCED: Json = {"qty": 23, "lotNumber": _LOT}
PRODUCTION: Json = {
    "id": "018f0001-abcd-7000-8000-000000000001",
    "qty": 23,
    "lotNumber": _LOT,
    "recordedAt": "2026-03-20T09:30:00Z",
    "by": {"id": "018e0001-abcd-7000-8000-000000000001", "name": "ERP key"},
}

FINISHED: Json = {"durationMinutes": 32, "notes": "Slight delay on alignment step."}
WORK_ORDER: Json = {
    "id": "wo_001",
    "name": "Assembly",
    "workcenter": "Line A",
    "sequence": 1,
    "status": "in_progress",
    "plannedMinutes": 35,
    "durationMinutes": None,
    "startedAt": "2026-04-01T06:05:00Z",
    "finishedAt": None,
    "notes": None,
}
WORK_DONE: Json = {**WORK_ORDER, **FINISHED, "status": "done", "finishedAt": "2026-04-01T06:37:00Z"}
