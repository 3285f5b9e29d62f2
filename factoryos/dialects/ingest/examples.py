"""Worked exchanges of the ingest API, as its published description shows them."""

from factoryos.dialects.base.operations import Json
from factoryos.dialects.ingest.responses import OBJECT_NAME


def named(summary: str, value: Json) -> dict[str, Json]:
    """One example, under a name made of its summary."""
    return {"-".join(summary.lower().split()): {"summary": summary, "value": value}}


ROW: Json = {
    "order_number": "MO-2025-001", "product_id": "PROD-001", "location_id": "LOC-001", "source_id": "LINE-001",
    "ordered_at": "2025-01-05 08:00:00", "ordered_units": 500, "expected_start_date": "2025-01-10 06:00:00",
    "actual_start_date": "2025-01-10 06:30:00", "expected_end_date": "2025-01-12 18:00:00",
    "actual_end_date": "2025-01-12 17:45:00", "produced_units": 498, "status": "completed",
    "updated_at": "2025-01-12 18:00:00",
}  # fmt: skip
BATCH: Json = {"solutionName": "INV_OOTB", "data": [ROW], "operationType": "UPSERT"}
_ERRORS: list[Json] = [
    {"code": "DI_E_20002", "category": "SCHEMA", "message": "product_id is required", "field": "product_id"}
]
_BAD_ROW: Json = {name: value for name, value in ROW.items() if name != "product_id"}
TAKEN: Json = {
    "solutionName": "INV_OOTB", "objectName": OBJECT_NAME, "operationType": "UPSERT", "dryRun": False, "totalRows": 3,
    "successRows": 2, "failedRows": 1, "failed": [{"index": 1, "row": _BAD_ROW, "errors": _ERRORS}],
    "warnings": [{"index": 2, "code": "DI_W_00002", "category": "WARNING", "message": "identical to what is stored",
                  "field": None}],
}  # fmt: skip
_REQUEST_ID = "0194a1c2-6f00-7c31-8d21-0c6f1e3b5a77"
VERSIONS: Json = {
    "objectName": OBJECT_NAME,
    "data": [{
        "record": ROW, "versions": 3, "receivedAt": "2025-01-12 18:00:07", "requestId": _REQUEST_ID,
        "projection": {
            "state": "done", "reason": None, "projectedAt": "2025-01-12 18:00:09",
            "orderId": "0194a1c2-77aa-7d10-9c55-3f0e8a1b2c3d", "reference": "MO-2025-001", "orderState": "completed",
            "goodUnits": 498,
        },
    }],
}  # fmt: skip
FAILED_ROWS: Json = {
    "objectName": OBJECT_NAME,
    "rows": [{
        "requestId": _REQUEST_ID, "receivedAt": "2025-01-12 18:00:07", "operationType": "UPSERT", "index": 1,
        "row": _BAD_ROW, "errors": _ERRORS,
    }],
    "nextCursor": None,
}  # fmt: skip
