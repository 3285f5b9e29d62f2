"""The worked exchanges of the factory API, as its published description shows them."""

from factoryos.dialects.base.operations import Json

_ORDER_ID = "0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10"
_PRODUCT_ID = "0196e000-1c5b-7a90-8f2d-5d1b6c3f7a21"
_MACHINE_ID = "0196e222-90d4-7e08-a1b3-0c8f52d7e694"
_METHOD_ID = "0196e111-2b7f-7d46-b8c5-9e0a41f3d582"
_PLANNER: Json = {"id": "0196d001-7f3e-7b12-9c64-1a2b3c4d5e6f", "name": "Pia Planner"}
_TECHNICIAN: Json = {"id": "0196d002-7f3e-7b12-9c64-1a2b3c4d5e6f", "name": "Tan Technician"}
_QA: Json = {"id": "0196d003-7f3e-7b12-9c64-1a2b3c4d5e6f", "name": "Quy Quality"}

LISTED: Json = {
    "id": _ORDER_ID,
    "reference": "PO-2026-000123",
    "factory": "penang-plant",
    "origin": "factory",
    "state": "scheduled",
    "status": "scheduled",
    "allowedTransitions": ["in_production", "cancelled"],
    "productId": _PRODUCT_ID,
    "product": {"id": _PRODUCT_ID, "sku": "CAP-28", "name": "Bottle Cap 28mm", "unit": "pcs"},
    "batchNumber": "M062026-UBH",
    "priority": "standard",
    "notes": None,
    "quantityTarget": 1000,
    "quantityProduced": 0,
    "quantityGood": 0,
    "quantityRejected": 0,
    "quantityFinal": None,
    "overTarget": False,
    "overProduction": {"policy": "unlimited", "tolerancePercent": None},
    "plannedStart": "2026-04-20T08:00:00.000Z",
    "plannedEnd": "2026-04-20T16:00:00.000Z",
    "actualStart": None,
    "actualEnd": None,
    "methodId": _METHOD_ID,
    "method": {"id": _METHOD_ID, "code": "CAP-STD", "name": "Press and inspect"},
    "assignments": [
        {
            "machineId": _MACHINE_ID,
            "machineCode": "PRESS-01",
            "workAreaId": None,
            "quantity": 1000,
            "quantityProduced": 0,
            "active": False,
        }
    ],
    "lines": [
        {
            "id": "0196f0c2-6d1b-7f20-8a3e-4b5c6d7e8f90",
            "productId": _PRODUCT_ID,
            "variant": None,
            "quantityTarget": 1000,
            "quantityGood": 0,
            "quantityRejected": 0,
        }
    ],
    "onHold": False,
    "holds": [],
    "pauseReason": None,
    "createdBy": _PLANNER,
    "createdAt": "2026-04-17T02:10:00.000Z",
    "updatedAt": "2026-04-17T02:12:09.120Z",
    "version": 2,
}
SCHEDULED: Json = {
    **LISTED,
    "workOrders": [{"id": "wo_001", "name": "Press", "workcenter": "Press hall", "sequence": 1, "status": "pending"}],
}
STARTED: Json = {
    **SCHEDULED,
    "state": "in_production",
    "status": "in_production",
    "allowedTransitions": ["paused", "completed", "cancelled"],
    "actualStart": "2026-04-20T08:02:11.000Z",
    "assignments": [{**LISTED["assignments"][0], "active": True}],
    "workOrders": [{**SCHEDULED["workOrders"][0], "status": "in_progress"}],
    "updatedAt": "2026-04-20T08:02:11.000Z",
    "version": 3,
}
MOVE: Json = {
    "id": "0196ff10-4c21-7d83-a7e5-6f7081920a3b",
    "at": "2026-04-20T08:02:11.000Z",
    "fromState": "scheduled",
    "toState": "in_production",
    "verb": "start",
    "by": {**_TECHNICIAN, "kind": "user"},
    "reason": None,
    "notes": None,
    "face": "factory",
    "data": {},
    "hash": "5f2b0c0f2b9c4f3f8f2d8e7c6b5a4938271605f4e3d2c1b0a99887766554433a",
    "previousHash": "1d4e7a0b3c6f9e2d5a8b1c4f7e0d3a6b9c2f5e8d1a4b7c0f3e6d9a2b5c8f1e4d",
}
ENTRY: Json = {
    "id": "0196ff3a-0b52-7e94-b8f6-7081920a3b4c",
    "at": "2026-04-20T09:00:00.000Z",
    "quantityProduced": 250,
    "quantityGood": 248,
    "quantityRejected": 2,
    "lotNumber": "M062026-UBH",
    "machineCode": "PRESS-01",
    "workOrderId": None,
    "source": "manual",
    "reason": None,
    "by": _TECHNICIAN,
    "face": "factory",
    "occurredAt": "2026-04-20T09:00:00.000Z",
    "serialNumbers": [],
    "consumedLots": [],
    "shortConsumption": [],
}
COUNTED: Json = {
    **STARTED,
    "quantityProduced": 250,
    "quantityGood": 248,
    "quantityRejected": 2,
    "assignments": [{**STARTED["assignments"][0], "quantityProduced": 250}],
    "lines": [{**LISTED["lines"][0], "quantityGood": 248, "quantityRejected": 2}],
    "updatedAt": "2026-04-20T09:00:00.000Z",
    "version": 4,
}
VERIFICATION: Json = {
    "id": "01970142-3d63-7fa5-89a7-81920a3b4c5d",
    "quantityFinal": 1000,
    "quantityGood": 988,
    "quantityRejected": 12,
    "notes": "Visual inspection passed",
    "difference": {"good": 740, "rejected": 10},
    "verifiedBy": _QA,
    "verifiedAt": "2026-04-20T17:00:00.000Z",
}
VERIFIED: Json = {
    **COUNTED,
    "state": "verified",
    "status": "verified",
    "allowedTransitions": ["closed"],
    "quantityProduced": 1000,
    "quantityGood": 988,
    "quantityRejected": 12,
    "quantityFinal": 1000,
    "actualEnd": "2026-04-20T16:10:00.000Z",
    "assignments": [{**COUNTED["assignments"][0], "active": False}],
    "lines": [{**LISTED["lines"][0], "quantityGood": 988, "quantityRejected": 12}],
    "workOrders": [{**SCHEDULED["workOrders"][0], "status": "completed"}],
    "updatedAt": "2026-04-20T17:00:00.000Z",
    "version": 6,
}
CREATED: Json = {
    **SCHEDULED,
    "state": "draft",
    "status": "draft",
    "allowedTransitions": ["cancelled"],
    "methodId": None,
    "method": None,
    "assignments": [],
    "workOrders": [],
    "updatedAt": "2026-04-17T02:10:00.000Z",
    "version": 1,
}
PREVIEW: Json = {
    "quantityTarget": 1500,
    "current": 1000,
    "perMachine": [{"machineCode": "PRESS-01", "current": 1000, "proposed": 1500, "produced": 250}],
    "needsAllocation": False,
    "warnings": [],
}

_WIRE: Json = {"sku": "WIRE-2", "name": "Wire 2 mm"}
_WIRE_ID = "0196e000-7a10-7c55-9e3b-2f4a6c8e0d1f"
SHORTAGE: Json = {"productId": _WIRE_ID, **_WIRE, "required": 250, "reserved": 240, "short": 10}
SHORT: Json = {
    "code": "material_short",
    "message": "Wire 2 mm is short by 10 m",
    "productId": _WIRE_ID,
    "sku": "WIRE-2",
    "required": 250,
    "short": 10,
}
BUILDABLE: Json = {
    "productId": _PRODUCT_ID,
    "quantity": 120,
    "limiting": [{"productId": _WIRE_ID, "sku": "WIRE-2", "available": 30, "perUnit": 0.25}],
}
BOM_VERSION: Json = {
    "bomId": "0196e001-3c2d-7b1a-8f9e-0d1c2b3a4f5e",
    "productId": _PRODUCT_ID,
    "version": 2,
    "current": True,
    "name": "Bottle Cap 28mm",
    "type": "manufacture",
    "quantity": 1,
    "components": [{"productId": _WIRE_ID, **_WIRE, "quantity": 0.25, "unit": "m"}],
    "changeReason": "Thinner wire",
    "createdBy": {"id": "0196d004-7f3e-7b12-9c64-1a2b3c4d5e6f", "name": "Eng Engineer"},
    "createdAt": "2026-04-16T03:00:00.000Z",
}
RECEIPT: Json = {
    "id": "0196fe00-2b1c-7d3e-8a4f-5b6c7d8e9f01",
    "kind": "receipt",
    "productId": _WIRE_ID,
    "sku": "WIRE-2",
    "quantity": 30,
    "lotNumber": "W-0417",
    "serialNumbers": [],
    "location": "main",
    "bestBefore": "2027-04-29T16:00:00.000Z",
    "reference": "DN 88",
    "by": _PLANNER,
    "face": "factory",
    "at": "2026-04-17T01:30:00.000Z",
}
BALANCE: Json = {
    "product": {"id": _WIRE_ID, **_WIRE, "unit": "m"},
    "lotNumber": "W-0417",
    "location": "main",
    "onHand": 30,
    "reserved": 10,
    "available": 20,
}


def page(*rows: Json, limit: int = 50) -> Json:
    meta: Json = {"total": len(rows), "limit": limit, "offset": 0, "nextCursor": None}
    return {"data": list(rows), "meta": meta}


def named(summary: str, value: Json) -> dict[str, Json]:
    """One example, under a name made of its summary."""
    return {"-".join(summary.lower().split()): {"summary": summary, "value": value}}
