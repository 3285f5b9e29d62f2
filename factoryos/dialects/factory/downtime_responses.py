"""Downtime, logged and planned, as the factory API shows it."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
Row = Mapping[str, Any]


def downtime(row: Row) -> Json:
    return {
        "id": row["uuid"],
        "machineId": row["machine_uuid"],
        "machineCode": row["machine_code"],
        "startedAt": row["started_at"],
        "endedAt": row["ended_at"],
        "category": row["category"],
        "notes": row["notes"] or None,
        "raisedBy": {"id": row["raised_by_id"], "name": row["raised_by_name"]},
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def planned(row: Row) -> Json:
    """A machine of null is the whole factory."""
    return {
        "id": row["uuid"],
        "kind": row["kind"],
        "startsAt": row["starts_at"],
        "endsAt": row["ends_at"],
        "machineId": row["machine_uuid"],
        "machineCode": row["machine_code"],
        "createdBy": {"id": row["created_by_id"], "name": row["created_by_name"]},
        "createdAt": row["created_at"],
    }
