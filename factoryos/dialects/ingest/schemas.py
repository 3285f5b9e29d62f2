"""What the ingest API answers, as schema components: all fields always there."""

from factoryos.dialects.base.json_schema import COUNT, FLAG, ID, NUMBER, TEXT, an_object, list_of, one_of, or_null
from factoryos.dialects.base.operations import Json, ref
from factoryos.dialects.ingest.envelope import APPEND, UPSERT
from factoryos.dialects.ingest.states import WORDS
from orders.models import IngestHead

_TIME: Json = {**TEXT, "description": "`YYYY-MM-DD HH:MM:SS`, UTC."}
_MAYBE_TIME = or_null(_TIME)
_OPERATION = one_of(UPSERT, APPEND)
_ROW: Json = {
    "description": "The row as it was sent: strings over 1,000 characters cut, null where it is larger than 8 KB."
}
_CATEGORIES = ("REQUEST", "AUTH", "LIMIT", "INTERNAL", "SCHEMA", "TYPE", "VALUE", "CONFLICT", "REFERENCE")

_RECORD = an_object(
    product_id=TEXT,
    location_id=or_null(TEXT),
    order_number=TEXT,
    updated_at=_TIME,
    source_id=TEXT,
    ordered_at=_TIME,
    ordered_units=COUNT,
    expected_start_date=_TIME,
    expected_end_date=_TIME,
    actual_start_date=_MAYBE_TIME,
    actual_end_date=_MAYBE_TIME,
    produced_units=or_null(COUNT),
    status=or_null(TEXT),
)
_PROJECTION = an_object(
    state={**one_of(*map(str, IngestHead.State.values)), "description": "How far the order follows this version."},
    reason={**or_null(TEXT), "description": "Why it does not."},
    projectedAt=_MAYBE_TIME,
    orderId={**or_null(ID), "description": "The production order that follows; null while there is none."},
    reference=or_null(TEXT),
    orderState={"anyOf": [one_of(*WORDS.values()), {"type": "null"}]},
    goodUnits={**or_null(NUMBER), "description": "Good units of the order, whoever made them."},
)

SCHEMAS: dict[str, Json] = {
    "IngestFault": an_object(
        code={
            **TEXT,
            "description": "`DI_E_` and five digits: 1… the request, 2… a value, 3… a conflict, 4… a reference.",
        },
        category=one_of(*_CATEGORIES),
        message=TEXT,
        field={**or_null(TEXT), "description": "The column, envelope field or query parameter that it is about."},
    ),
    "IngestErrors": an_object(errors=list_of(ref("IngestFault"))),
    "IngestAnswer": an_object(
        solutionName=TEXT,
        objectName=TEXT,
        operationType=_OPERATION,
        dryRun=FLAG,
        totalRows=COUNT,
        successRows=COUNT,
        failedRows=COUNT,
        failed=list_of(
            an_object(
                index={**COUNT, "description": "Its place in `data`, from 0."},
                row=_ROW,
                errors=list_of(ref("IngestFault")),
            )
        ),
        warnings=list_of(
            an_object(
                ("count",),
                index={
                    **or_null(COUNT),
                    "description": "null in the last entry, which counts those that are not shown.",
                },
                code={**TEXT, "description": "`DI_W_` and five digits."},
                category=one_of("WARNING"),
                message=TEXT,
                field=or_null(TEXT),
                count={**COUNT, "description": "How many further warnings there were."},
            )
        ),
    ),
    "IngestVersions": an_object(
        objectName=TEXT,
        data=list_of(
            an_object(
                record=_RECORD,
                versions={**COUNT, "description": "How many versions of this order are kept."},
                receivedAt=_TIME,
                requestId={**ID, "description": "The `X-Request-Id` of the request that brought it."},
                projection=_PROJECTION,
            )
        ),
    ),
    "IngestFailedRows": an_object(
        objectName=TEXT,
        rows=list_of(
            an_object(
                requestId=ID,
                receivedAt=_TIME,
                operationType=_OPERATION,
                index=COUNT,
                row=_ROW,
                errors=list_of(ref("IngestFault")),
            )
        ),
        nextCursor={**or_null(TEXT), "description": "`cursor` of the next page; null on the last."},
    ),
}
