"""The ERP API's own account of itself: its calls, its codes and what each means."""

from factoryos.dialects.base.operations import Description, Json
from factoryos.dialects.erp.bom_docs import BOM_OPERATIONS
from factoryos.dialects.erp.errors import STATUS_OF_CODE
from factoryos.dialects.erp.inventory_docs import INVENTORY_OPERATIONS
from factoryos.dialects.erp.order_docs import ORDER_OPERATIONS
from factoryos.dialects.erp.order_schemas import ORDER_SCHEMAS
from factoryos.dialects.erp.schemas import SCHEMAS

MEANING_OF_CODE = {
    "insufficient_stock": "Stock does not cover the order; `details.missing` says what is short. Nothing is reserved.",
    "malformed_json": "The body is no JSON object.",
    "factory_required": "You belong to several factories: send `X-Factory` with one of `details.factories`.",
    "unauthenticated": "No token, or one that is not believed.",
    "role_missing": "You are none of `details.anyOf`.",
    "not_found": "There is no such thing, or it is not yours; the two look the same.",
    "method_not_allowed": "The path exists, the method does not; see `Allow`.",
    "terminal_state": "The order is done or cancelled.",
    "illegal_state": "`details.status` does not allow it now.",
    "machine_busy": "A machine runs another order; `details.machines` says which.",
    "machine_unavailable": "The machine is retired.",
    "order_on_hold": "Quality holds the order; see `details.holds`.",
    "lot_on_hold": "Quality holds the lot.",
    "bom_in_use": "Orders that are not done use the BOM; `details.orders` names up to ten.",
    "stock_short": "What shall be taken from stock is not there any more.",
    "duplicate": "It is known already; `details.field` says what.",
    "idempotency_in_progress": "The first call with this key still runs; ask again after `Retry-After`.",
    "stale": "It was changed meanwhile: `If-Match` names an older version.",
    "too_large": "The body is larger than 1 MB.",
    "unsupported_media_type": "Send the body as `application/json`.",
    "over_production": "More would be produced than was ordered. Nothing is counted.",
    "validation_failed": "Fields or parameters are wrong; `message` lists all of them.",
    "idempotency_key_reused": "The key was used with another body.",
    "rate_limited": "Too many calls; wait `Retry-After` seconds.",
    "internal": "Our own fault. `X-Request-Id` finds it in the log.",
    "busy": "A lock was not had in time; nothing happened, try again.",
}

_BEARER: Json = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key (`fos_erp_…`), which belongs to one factory, or the access token of a Supabase session.",
}


def _id(text: str, example: str) -> Json:
    return {"description": text, "schema": {"type": "string", "format": "uuid"}, "example": example}


ERP_DESCRIPTION = Description(
    operations=BOM_OPERATIONS | ORDER_OPERATIONS | INVENTORY_OPERATIONS,
    schemas=SCHEMAS | ORDER_SCHEMAS,
    path_parameters={
        "bom_id": _id("The BOM's id.", "018eeeee-abcd-7000-8000-000000000001"),
        "order_id": _id("The order's id.", "018effff-abcd-7000-8000-000000000001"),
        "work_order_id": {
            "description": "The work order's id, unique in its order.",
            "schema": {"type": "string"},
            "example": "wo_001",
        },
        "product_id": _id("The product's id.", "018e5678-abcd-7000-8000-000000000001"),
    },
    security=("erp", _BEARER),
    envelope="ErpError",
    status_of_code=STATUS_OF_CODE,
    meaning_of_code=MEANING_OF_CODE,
    any_call_refuses=(
        "validation_failed",
        "factory_required",
        "unauthenticated",
        "role_missing",
        "not_found",
        "rate_limited",
        "internal",
        "busy",
    ),
    any_change_refuses=(
        "malformed_json",
        "too_large",
        "unsupported_media_type",
        "idempotency_in_progress",
        "idempotency_key_reused",
    ),
    header_parameters=("XFactory",),
    prefix="Erp",
)
