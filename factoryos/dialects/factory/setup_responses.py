"""What a factory has set up, as the factory API shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from factoryos.kernel.actors import Tenant
from orders.models import PauseReason

Json = dict[str, Any]
Row = Mapping[str, Any]


def factory(tenant: Tenant, *, roles: frozenset[str]) -> Json:
    return {
        "slug": tenant.slug,
        "name": tenant.name,
        "timeZone": tenant.time_zone,
        "requiresVerification": tenant.requires_verification,
        "materialPolicy": tenant.material_policy,
        "roles": sorted(roles),
    }


def product(row: Row) -> Json:
    return {
        "id": row["uuid"],
        "sku": row["sku"],
        "name": row["name"],
        "unit": row["unit"],
        "unitDecimals": row["unit_decimals"],
        "tracking": row["tracking"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def work_area(row: Row) -> Json:
    return {"id": row["uuid"], "code": row["code"], "name": row["name"], "createdAt": row["created_at"]}


def machine(row: Row, *, active_order: Json | None) -> Json:
    """`active_order` is the {id, reference} of what runs on it."""
    return {
        "id": row["uuid"],
        "code": row["code"],
        "name": row["name"],
        "workAreaId": row["work_area_uuid"],
        "idealCycleSeconds": row["ideal_cycle_s"],
        "active": row["active"],
        "state": row["state"],
        "activeOrder": active_order,
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def method(row: Row, *, operations: Sequence[Row]) -> Json:
    return {
        "id": row["uuid"],
        "code": row["code"],
        "name": row["name"],
        "productId": row["item_uuid"],
        "default": row["default"],
        "operations": [_operation(step) for step in operations],
        "createdAt": row["created_at"],
    }


def _operation(row: Row) -> Json:
    return {
        "sequence": row["sequence"],
        "name": row["name"],
        "workcenter": row["workcenter"] or None,
        "workAreaId": row["work_area_uuid"],
        "machineId": row["machine_uuid"],
        "durationMinutes": row["duration_minutes"],
    }


def pause_reason(reason: PauseReason) -> Json:
    return {"code": reason.code, "label": reason.label}
