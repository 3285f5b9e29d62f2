"""Calls for help, as the factory API shows them."""

from collections.abc import Mapping
from typing import Any

from factoryos.dialects.factory.order_responses import instant

Json = dict[str, Any]
Row = Mapping[str, Any]


def andon_call(row: Row) -> Json:
    """A row of `iot.andon.calls_of`."""
    return {
        "id": row["uuid"],
        "machineId": row["machine_uuid"],
        "machineCode": row["machine_code"],
        "reason": row["reason"],
        "priority": row["priority"],
        "notes": row["notes"] or None,
        "state": row["state"],
        "escalation": row["escalation"],
        "raisedBy": {"id": row["raised_by_id"], "name": row["raised_by_name"]},
        "raisedAt": row["raised_at"],
        "acknowledgedBy": row["acknowledged_by_name"],
        "acknowledgedAt": instant(row["acknowledged_at"]),
        "resolvedBy": row["resolved_by_name"],
        "resolvedAt": instant(row["resolved_at"]),
    }
