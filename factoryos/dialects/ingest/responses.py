"""The answers as this API shows them, field by field in the published order."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from factoryos.dialects.base.answers import json_answer
from factoryos.dialects.ingest.batches import Taken
from factoryos.dialects.ingest.envelope import SOLUTION_NAME
from factoryos.kernel.transactions import Answer
from orders.ingest.reading import CurrentVersion, KeptRow

OBJECT_NAME = "INV_MANUFACTURING_ORDERS_OOTB"


def taken_answer(taken: Taken) -> Answer:
    """What became of a batch. Always 200: also where every row failed, the request itself was sound."""
    answer = {
        "solutionName": SOLUTION_NAME,
        "objectName": OBJECT_NAME,
        "operationType": taken.operation_type,
        "dryRun": taken.dry_run,
        "totalRows": taken.total,
        "successRows": taken.total - len(taken.failed),
        "failedRows": len(taken.failed),
        "failed": taken.failed,
        "warnings": taken.warnings,
    }
    return json_answer(answer)


def versions_answer(found: Sequence[CurrentVersion]) -> Answer:
    """The newest version of each order that was found, and how far the production order follows it."""
    return json_answer({"objectName": OBJECT_NAME, "data": [_version(version) for version in found]})


def failed_rows_answer(rows: Sequence[KeptRow], *, cursor: str | None) -> Answer:
    """A page of failed rows. They are kept as JSON, and stand in the answer as they are."""
    shown = [
        {
            "requestId": row.request_id,
            "receivedAt": _time(row.received_at),
            "operationType": row.operation_type,
            "index": row.place,
            "row": None if row.row is None else orjson.Fragment(row.row),
            "errors": orjson.Fragment(row.errors),
        }
        for row in rows
    ]
    return json_answer({"objectName": OBJECT_NAME, "rows": shown, "nextCursor": cursor})


def _version(version: CurrentVersion) -> dict[str, Any]:
    return {
        "record": {
            "product_id": version.product_id,
            "location_id": version.location_id,
            "order_number": version.order_number,
            "updated_at": _time(version.updated_at),
            "source_id": version.source_id,
            "ordered_at": _time(version.ordered_at),
            "ordered_units": version.ordered_units,
            "expected_start_date": _time(version.expected_start_date),
            "expected_end_date": _time(version.expected_end_date),
            "actual_start_date": _time(version.actual_start_date),
            "actual_end_date": _time(version.actual_end_date),
            "produced_units": version.produced_units,
            "status": version.status,
        },
        "versions": version.versions,
        "receivedAt": _time(version.received_at),
        "requestId": version.request_id,
        "projection": {
            "state": version.projection,
            "reason": version.reason,
            "projectedAt": _time(version.projected_at),
            "orderId": version.order_uuid,
            "reference": version.reference,
            "orderState": version.order_state,
            "goodUnits": version.good,
        },
    }


def _time(instant: datetime | None) -> str | None:
    """`YYYY-MM-DD HH:MM:SS` in UTC, the year always with four digits."""
    return None if instant is None else instant.astimezone(UTC).isoformat(" ", "seconds")[:19]
