"""The ingest API's own account of itself: its calls under each of their spellings, its codes and what each means."""

from collections.abc import Iterator, Sequence

from factoryos.dialects.base.operations import Description, Json, Operation, Reply, ref
from factoryos.dialects.ingest import examples as shown
from factoryos.dialects.ingest import read_requests
from factoryos.dialects.ingest.examples import named
from factoryos.dialects.ingest.requests import Ingest
from factoryos.dialects.ingest.schemas import SCHEMAS
from factoryos.dialects.ingest.urls import SPELLINGS

TAG = "Ingest: manufacturing orders"
# The first spelling is the published one; what the others' operations are called besides.
_ALIASES = ("", "ByObject", "ByObjects", "Prefixed", "PrefixedByObject", "PrefixedByObjects")

_RULES = (
    "A row is insert or overwrite by `product_id`, `location_id`, `order_number` and `updated_at`; the newest version of an "
    "order is then followed by a production order. Rows are judged one by one: 200 says that the good ones are stored, "
    "`failed` names the others with everything that is wrong with them. Column names are taken in any case; a column that "
    "is not listed fails its row. Times are UTC, or have an offset (`+02:00`) behind them. Query parameters are ignored. "
    "At most 2,000 rows, 1,048,576 bytes, and fifty requests a second for all tokens of a factory."
)

# name → (status, code, meaning). One code may have several statuses, so it is not the name.
_REFUSALS: dict[str, tuple[int, str, str]] = {
    "malformed_json": (400, "DI_E_10001", "The body is no JSON object in UTF-8, or too deep."),
    "validation_failed": (
        400, "DI_E_10002, DI_E_10204", "A field of the envelope, the Idempotency-Key or a query parameter is wrong; "
        "`field` names it."
    ),
    "data_missing": (400, "DI_E_10003", "`data` is no array of rows, or empty."),
    "operation_unknown": (400, "DI_E_10004", "`operationType` is neither `UPSERT` nor `APPEND`."),
    "unauthenticated": (401, "DI_E_10101", "The token is missing, unknown, expired or revoked; which is not said."),
    "role_missing": (403, "DI_E_10102", "The token is good, and may write in no factory."),
    "not_found": (404, "DI_E_10201", "There is no such object; its name is matched exactly."),
    "solution_unknown": (404, "DI_E_10202", "There is no such solution."),
    "nothing_found": (404, "DI_E_10204", "No version of such an order, or it is another's."),
    "method_not_allowed": (405, "DI_E_10203", "The path exists, the method does not; see `Allow`."),
    "idempotency_in_progress": (409, "DI_E_10002", "The first request with this Idempotency-Key still runs."),
    "too_large": (413, "DI_E_10301", "The body is larger than 1,048,576 bytes."),
    "too_many_rows": (413, "DI_E_10302", "There are more than 2,000 rows; none was stored."),
    "unsupported_media_type": (415, "DI_E_10005", "Send `application/json` in UTF-8, without Content-Encoding."),
    "idempotency_key_reused": (422, "DI_E_10002", "The Idempotency-Key was used with another body."),
    "rate_limited": (429, "DI_E_10303", "More than fifty requests in a second; wait `Retry-After` seconds."),
    "internal": (500, "DI_E_10901", "Our own fault; nothing was stored. `X-Request-Id` finds it in the log."),
    "busy": (503, "DI_E_10304", "A lock was not had in time; nothing was stored, send it again."),
}  # fmt: skip


def _refusal(status: int, names: Sequence[str]) -> Json:
    codes = sorted({code for name in names for code in _REFUSALS[name][1].split(", ")})
    fault = {"allOf": [ref("IngestFault")], "properties": {"code": {"enum": codes}}}
    return {"errors": {"type": "array", "minItems": 1, "items": fault}}


def _operations() -> Iterator[tuple[str, Operation]]:
    for spelling, alias in zip(SPELLINGS, _ALIASES, strict=True):
        also = f" (another spelling of `/{SPELLINGS[0]}`)" if alias else ""
        yield (
            f"POST /{spelling}",
            Operation(
                id=f"ingestManufacturingOrders{alias}", tag=TAG, summary=f"State manufacturing orders{also}",
                text=_RULES, verbs=("create",), takes=Ingest, examples=named("One order", shown.BATCH),
                refuses=("data_missing", "operation_unknown", "solution_unknown", "too_many_rows"),
                reply=Reply(
                    text="What became of the rows.", schema="IngestAnswer", examples=named("Two of three", shown.TAKEN)
                ),
            ),
        )  # fmt: skip
        yield (
            f"GET /{spelling}/failed-rows",
            Operation(
                id=f"listFailedRows{alias}", tag=TAG, summary=f"List rows that failed{also}",
                text="Those that the token's factories sent, the newest first; kept for thirty days.",
                query=read_requests.FailedRowsQuery,
                reply=Reply(
                    text="A page.", schema="IngestFailedRows", examples=named("One row", shown.FAILED_ROWS)
                ),
            ),
        )  # fmt: skip
        yield (
            f"GET /{spelling}/{{order_number}}",
            Operation(
                id=f"readManufacturingOrder{alias}", tag=TAG, summary=f"Read an order's newest version{also}",
                text="By product, at most 100; with the production order that follows it.",
                query=read_requests.VersionsQuery, refuses=("nothing_found",),
                reply=Reply(
                    text="The newest version of each order of this number.", schema="IngestVersions",
                    examples=named("Completed", shown.VERSIONS),
                ),
            ),
        )  # fmt: skip


_TOKEN: Json = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "A personal access token as it is, without a scheme word; `Bearer` before it is taken as well.",
}

INGEST_DESCRIPTION = Description(
    operations=dict(_operations()),
    schemas=SCHEMAS,
    path_parameters={
        "order_number": {
            "description": "The sender's name of the order. The rest of the path: slashes may be in it.",
            "schema": {"type": "string"},
            "example": "MO-2025-001",
        }
    },
    security=("ingest", _TOKEN),
    envelope="IngestErrors",
    status_of_code={name: status for name, (status, _, _) in _REFUSALS.items()},
    meaning_of_code={name: meaning for name, (_, _, meaning) in _REFUSALS.items()},
    shown_code={name: code for name, (_, code, _) in _REFUSALS.items()},
    refusal=_refusal,
    any_call_refuses=("validation_failed", "unauthenticated", "not_found", "rate_limited", "internal", "busy"),
    any_change_refuses=(
        "malformed_json",
        "role_missing",
        "too_large",
        "unsupported_media_type",
        "idempotency_in_progress",
        "idempotency_key_reused",
    ),
    prefix="Ingest",
)
