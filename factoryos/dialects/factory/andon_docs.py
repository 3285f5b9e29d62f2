"""The calls on andon, as the published description tells them: rows, schemas and worked exchanges."""

from factoryos.dialects.base.operations import Json, Operation, Reply
from factoryos.dialects.factory import andon_requests as take
from factoryos.dialects.factory.examples import named, page
from factoryos.dialects.factory.schemas import COUNT, ID, TEXT, TIME, an_object, one_of, or_null, page_of, ref

_ANDON = "/api/factories/{slug}/andon"
_CALL = f"{_ANDON}/{{andon_id}}"
_TAG = "Machines"
_VERBS = ("andon",)

CALL: Json = {
    "id": "0196ff10-4c2d-7e5f-9a6b-7c8d9e0f1a2b",
    "machineId": "0196e222-90d4-7e08-a1b3-0c8f52d7e694",
    "machineCode": "PRESS-01",
    "reason": "tooling_change",
    "priority": "high",
    "notes": "Die 7 is worn",
    "state": "open",
    "escalation": 0,
    "raisedBy": {"id": "0196d002-7f3e-7b12-9c64-1a2b3c4d5e6f", "name": "Tan Technician"},
    "raisedAt": "2026-04-20T09:15:00.000Z",
    "acknowledgedBy": None,
    "acknowledgedAt": None,
    "resolvedBy": None,
    "resolvedAt": None,
}
_COMING: Json = {
    **CALL, "state": "acknowledged", "acknowledgedBy": "Eva Engineer", "acknowledgedAt": "2026-04-20T09:17:00.000Z"
}  # fmt: skip
_GONE: Json = {**_COMING, "state": "resolved", "resolvedBy": "Eva Engineer", "resolvedAt": "2026-04-20T09:41:00.000Z"}

ANDON_SCHEMAS: dict[str, Json] = {
    "AndonCall": an_object(
        id=ID,
        machineId=ID,
        machineCode=TEXT,
        reason=TEXT,
        priority=one_of(*take.PRIORITIES),
        notes=or_null(TEXT),
        state=one_of(*take.STATES),
        escalation={**COUNT, "description": "How often nobody had answered in time."},
        raisedBy=ref("Person"),
        raisedAt=TIME,
        acknowledgedBy={**or_null(TEXT), "description": "A name."},
        acknowledgedAt=or_null(TIME),
        resolvedBy={**or_null(TEXT), "description": "A name."},
        resolvedAt=or_null(TIME),
    ),
    "AndonCalls": page_of("AndonCall"),
}

ANDON_OPERATIONS: dict[str, Operation] = {
    f"GET {_ANDON}": Operation(
        id="listAndonCalls",
        tag=_TAG,
        summary="List calls for help, newest first",
        query=take.AndonQuery,
        reply=Reply(text="A page.", schema="AndonCalls", examples=named("One open", page(CALL))),
    ),
    f"POST {_ANDON}": Operation(
        id="raiseAndonCall",
        tag=_TAG,
        summary="Call for help at a machine",
        text="Where the machine has a call for the same reason (ignoring case) that is not resolved, that one is answered, with "
        "200. What nobody acknowledges is announced again: after 2 minutes if it is critical, 5 if high, 15 if "
        "medium, 60 if low, and so on.",
        verbs=_VERBS,
        takes=take.NewAndonCall,
        examples=named(
            "A worn die",
            {"machineCode": "PRESS-01", "reason": "tooling_change", "priority": "high", "notes": "Die 7 is worn"},
        ),
        reply=Reply(text="The new call.", schema="AndonCall", status=201, examples=named("Open", CALL)),
        also=(Reply(text="The call that is open already.", schema="AndonCall", examples=named("Open", CALL)),),
    ),
    f"POST {_CALL}/acknowledge": Operation(
        id="acknowledgeAndonCall",
        tag=_TAG,
        summary="Say that somebody is coming",
        text="An open call only; again: 409.",
        verbs=_VERBS,
        takes=take.AndonAnswer,
        refuses=("already_done",),
        reply=Reply(text="The call.", schema="AndonCall", examples=named("Acknowledged", _COMING)),
    ),
    f"POST {_CALL}/resolve": Operation(
        id="resolveAndonCall",
        tag=_TAG,
        summary="Say that the cause is gone",
        text="An open or acknowledged call; again: 409.",
        verbs=_VERBS,
        takes=take.AndonAnswer,
        refuses=("already_done",),
        reply=Reply(text="The call.", schema="AndonCall", examples=named("Resolved", _GONE)),
    ),
}
