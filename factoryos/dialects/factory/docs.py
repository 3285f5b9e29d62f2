"""The factory API's own account of itself: its calls, its codes and what each means."""

from factoryos.dialects.base.operations import Description, Json
from factoryos.dialects.factory.andon_docs import ANDON_OPERATIONS, ANDON_SCHEMAS
from factoryos.dialects.factory.downtime_docs import DOWNTIME_OPERATIONS, DOWNTIME_SCHEMAS
from factoryos.dialects.factory.errors import STATUS_OF_CODE
from factoryos.dialects.factory.material_docs import MATERIAL_OPERATIONS
from factoryos.dialects.factory.material_schemas import MATERIAL_SCHEMAS
from factoryos.dialects.factory.order_docs import ORDER_OPERATIONS
from factoryos.dialects.factory.schemas import ORDER_SCHEMAS
from factoryos.dialects.factory.setup_docs import SETUP_OPERATIONS
from factoryos.dialects.factory.setup_schemas import SETUP_SCHEMAS
from factoryos.dialects.factory.stream_docs import STREAM_OPERATIONS
from factoryos.dialects.factory.telemetry_docs import TELEMETRY_OPERATIONS, TELEMETRY_SCHEMAS

MEANING_OF_CODE = {
    "malformed_json": "The body is no JSON object.",
    "validation_failed": "Fields or parameters are wrong; `message` lists all of them.",
    "wrong_endpoint": "Right wish, wrong place; `details.endpoint` is the right one.",
    "quantity_mismatch": "Good and rejected do not add up.",
    "allocation_required": "The order runs on several machines: send `splits`, such as `details.proposed`.",
    "ambiguous_machine": "The machine code fits machines in several of your factories.",
    "unauthenticated": "No token, or one that is not believed.",
    "role_missing": "You are none of `details.anyOf`.",
    "not_found": "There is no such thing, or it is not yours; the two look the same.",
    "method_not_allowed": "The path exists, the method does not; see `Allow`.",
    "not_acceptable": "It is not to be had in any form that `Accept` names.",
    "illegal_transition": "The order's state does not allow it; `details.allowed` are the words that it does.",
    "machine_busy": "A machine runs another order; `details.machines` says which.",
    "machine_unavailable": "The machine is retired.",
    "order_on_hold": "Quality holds the order; see `details.holds`.",
    "lot_on_hold": "Quality holds the lot.",
    "second_person_required": "Whoever placed the hold may not release it.",
    "over_production": "More good pieces than the order's policy allows.",
    "total_below_zero": "The correction takes more than there is.",
    "material_short": "Components are missing, and the factory starts nothing without them.",
    "stock_short": "The goods are not in stock any more.",
    "not_open": "The order is closed or cancelled.",
    "duplicate": "The name is taken; `details.field` says which.",
    "overlap": "The times overlap.",
    "already_done": "It was done before.",
    "idempotency_in_progress": "The first call with this key still runs; ask again after `Retry-After`.",
    "stale": "It was changed meanwhile: `If-Match` names an older version.",
    "too_large": "The body is larger than 1 MB.",
    "unsupported_media_type": "Send the body as `application/json`.",
    "idempotency_key_reused": "The key was used with another body.",
    "rate_limited": "Too many calls; wait `Retry-After` seconds.",
    "internal": "Our own fault. `X-Request-Id` finds it in the log.",
    "busy": "A lock was not had in time; nothing happened, try again.",
}

_BEARER: Json = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The access token of a Supabase session.",
}


def _parameter(text: str, example: str, **schema: str) -> Json:
    return {"description": text, "schema": {"type": "string", **schema}, "example": example}


FACTORY_DESCRIPTION = Description(
    operations=ORDER_OPERATIONS
    | STREAM_OPERATIONS
    | SETUP_OPERATIONS
    | MATERIAL_OPERATIONS
    | ANDON_OPERATIONS
    | TELEMETRY_OPERATIONS
    | DOWNTIME_OPERATIONS,
    schemas=ORDER_SCHEMAS | SETUP_SCHEMAS | MATERIAL_SCHEMAS | ANDON_SCHEMAS | TELEMETRY_SCHEMAS | DOWNTIME_SCHEMAS,
    path_parameters={
        "slug": _parameter("The factory's slug.", "penang-plant"),
        "order_id": _parameter("The order's id.", "0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10", format="uuid"),
        "product_id": _parameter("The product's id.", "0196e000-1c5b-7a90-8f2d-5d1b6c3f7a21", format="uuid"),
        "method_id": _parameter("The method's id.", "0196e111-2b7f-7d46-b8c5-9e0a41f3d582", format="uuid"),
        "andon_id": _parameter("The call's id.", "0196ff10-4c2d-7e5f-9a6b-7c8d9e0f1a2b", format="uuid"),
        "downtime_id": _parameter("The downtime's id.", "0196ff10-5d2e-7a41-9c03-7e8f9a0b1c2d", format="uuid"),
        "planned_id": _parameter("The planned downtime's id.", "0196ff20-6e3f-7b52-8d14-8f9a0b1c2d3e", format="uuid"),
        "code_or_id": _parameter("The machine's code or id.", "PRESS-01"),
    },
    security=("supabase", _BEARER),
    envelope="Error",
    status_of_code=STATUS_OF_CODE,
    meaning_of_code=MEANING_OF_CODE,
    any_call_refuses=("validation_failed", "unauthenticated", "not_found", "rate_limited", "internal", "busy"),
    any_change_refuses=(
        "malformed_json",
        "too_large",
        "unsupported_media_type",
        "idempotency_in_progress",
        "idempotency_key_reused",
    ),
)
