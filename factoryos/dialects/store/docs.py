"""The store API's own account of itself: its calls, its codes and what each means."""

from collections.abc import Sequence

from factoryos.dialects.base.operations import Description, Json
from factoryos.dialects.store.change_docs import CHANGES, SIGN_IN
from factoryos.dialects.store.negotiation import DOCUMENTS
from factoryos.dialects.store.read_docs import READS
from factoryos.dialects.store.schemas import SCHEMAS

# name → (status, the published numbers, meaning). One number has several statuses here, so it is not the name.
_REFUSALS: dict[str, tuple[int, tuple[int, ...], str]] = {
    "unauthenticated": (401, (900001,), "The credentials do not match; which part of them is not said."),
    "role_missing": (403, (900001,), "The credentials are good, and lack the role."),
    "malformed_json": (400, (900101,), "The body cannot be read."),
    "path_not_found": (404, (900101,), "There is no such path."),
    "method_not_allowed": (405, (900101,), "The path exists, the method does not; see `Allow`."),
    "not_acceptable": (406, (900101,), "The answer is to be had as JSON or XML (the picking list as PDF)."),
    "too_large": (413, (900101,), "The body is larger than 1 MB."),
    "unsupported_media_type": (415, (900101,), "Send the body as `application/json` or `application/xml`, in UTF-8."),
    "idempotency_key_reused": (422, (900101,), "The key was used with another body."),
    "idempotency_in_progress": (409, (900101,), "The first call with this key still runs."),
    "internal": (500, (900101,), "Our own fault. `X-Request-Id` finds it in the log."),
    "busy": (503, (900101,), "A lock was not had in time; nothing happened, try again."),
    "rate_limited": (429, (900429,), "More than 200 calls in a minute; wait `Retry-After` seconds."),
    "not_found": (404, (903001,), "There is no such production order, or it is another store's."),
    "validation_failed": (
        400, (900101, 903001, 903002, 903003, 903004), "A parameter or field is wrong; `errorField` names it."
    ),
    "create_refused": (400, (903002,), "A field of the new production order is wrong."),
    "create_conflict": (409, (903002,), "The reference is taken, or production cannot begin."),
    "update_refused": (400, (903003,), "A field is wrong."),
    "line_not_found": (404, (903003,), "The order has no such article."),
    "update_conflict": (409, (903003,), "State, hold, stock or amounts do not allow it; see `errorData`."),
    "stale": (412, (903003,), "It was changed meanwhile: `If-Match` names an older version."),
    "customer_order_not_found": (404, (903004,), "There is no such customer order."),
    "customer_order_unknown": (400, (903004,), "The body names a customer order that there is not."),
    "customer_order_refused": (400, (903004,), "A field of the customer order is wrong."),
    "customer_order_conflict": (409, (903004,), "The `externalId` is taken."),
}  # fmt: skip
STATUS_OF_CODE = {name: status for name, (status, _, _) in _REFUSALS.items()}


def _refusal(status: int, names: Sequence[str]) -> Json:
    return {"errorCode": {"enum": sorted({number for name in names for number in _REFUSALS[name][1]})}}


_KEY: Json = {
    "type": "apiKey",
    "in": "header",
    "name": "api_key",
    "description": "A store's key, together with `store`; or instead of it `user_id` and `user_token` from signing in. "
    "Names with hyphens are taken as well.",
}


def _id(text: str, example: int) -> Json:
    return {"description": text, "schema": {"type": "integer", "minimum": 1}, "example": example}


def _rest(text: str, example: str) -> Json:
    return {"description": f"{text} The rest of the path: slashes may be in it.", "schema": {"type": "string"},
            "example": example}  # fmt: skip


STORE_DESCRIPTION = Description(
    operations=READS | CHANGES | SIGN_IN,
    schemas=SCHEMAS,
    path_parameters={
        "order_id": _id("The production order's id.", 1042),
        "customer_order_id": _id("The customer order's id.", 77),
        "article_id": _rest("The article's id.", "CAP-28/BLUE"),
        "external_id": _rest("The name that its sender gave it.", "WEB-5512"),
        "state": {"description": "0 to 3.", "schema": {"type": "integer", "enum": [0, 1, 2, 3]}, "example": 0},
    },
    security=("store", _KEY),
    envelope="StoreError",
    status_of_code=STATUS_OF_CODE,
    meaning_of_code={name: meaning for name, (_, _, meaning) in _REFUSALS.items()},
    shown_code={name: ", ".join(map(str, numbers)) for name, (_, numbers, _) in _REFUSALS.items()},
    refusal=_refusal,
    forms=DOCUMENTS,
    any_call_refuses=(
        "validation_failed",
        "unauthenticated",
        "not_found",
        "not_acceptable",
        "rate_limited",
        "internal",
        "busy",
    ),
    any_change_refuses=(
        "malformed_json",
        "role_missing",
        "too_large",
        "unsupported_media_type",
        "idempotency_in_progress",
        "idempotency_key_reused",
    ),
    header_parameters=("Store",),
    prefix="Store",
)
