"""The calls on downtime, and on what it costs, as the published description tells them: one row a route and method."""

from factoryos.dialects.base.json_schema import ID, NUMBER, TEXT, TIME, an_object, one_of, or_null
from factoryos.dialects.base.operations import Json, Operation, Reply, ref
from factoryos.dialects.factory import downtime_requests as take
from factoryos.dialects.factory.examples import named, page
from factoryos.dialects.factory.oee_requests import OeeQuery
from factoryos.dialects.factory.schemas import page_of

_FACTORY = "/api/factories/{slug}"
_EVENTS, _PLANS = f"{_FACTORY}/downtime/events", f"{_FACTORY}/planned-downtime"
_TAG = "Machine time"
_LOG, _PLAN = ("log_downtime",), ("plan_downtime",)

_MACHINE: Json = {"machineId": "0196e222-90d4-7e08-a1b3-0c8f52d7e694", "machineCode": "PRESS-01"}
_DOWNTIME: Json = {
    "id": "0196ff10-5d2e-7a41-9c03-7e8f9a0b1c2d",
    **_MACHINE,
    "startedAt": "2026-04-20T09:12:00.000Z",
    "endedAt": "2026-04-20T09:40:00.000Z",
    "category": "tooling",
    "notes": "Punch broke",
    "raisedBy": {"id": "0196d002-7f3e-7b12-9c64-1a2b3c4d5e6f", "name": "Tan Technician"},
    "createdAt": "2026-04-20T09:14:30.120Z",
    "updatedAt": "2026-04-20T09:41:02.400Z",
}
_PLANNED: Json = {
    "id": "0196ff20-6e3f-7b52-8d14-8f9a0b1c2d3e",
    "kind": "holiday",
    "startsAt": "2026-05-01T00:00:00.000Z",
    "endsAt": "2026-05-02T00:00:00.000Z",
    "machineId": None,
    "machineCode": None,
    "createdBy": {"id": "0196d001-7f3e-7b12-9c64-1a2b3c4d5e6f", "name": "Pia Planner"},
    "createdAt": "2026-04-17T02:10:00.000Z",
}
_OEE: Json = {
    "machineCode": "PRESS-01",
    "from": "2026-04-20T00:00:00.000Z",
    "to": "2026-04-20T08:00:00.000Z",
    "plannedSeconds": 27000,
    "runSeconds": 18000,
    "downSeconds": 1800,
    "noDataSeconds": 3600,
    "totalCount": 8192,
    "goodCount": 8092,
    "rejectedCount": 100,
    "idealCycleSeconds": 2,
    "availability": 0.6667,
    "performance": 0.9102,
    "quality": 0.9878,
    "oee": 0.5994,
}

DOWNTIME_OPERATIONS: dict[str, Operation] = {
    f"GET {_EVENTS}": Operation(
        id="listDowntime",
        tag=_TAG,
        summary="List downtime, newest first",
        query=take.DowntimeQuery,
        reply=Reply(text="A page.", schema="Downtimes", examples=named("A broken punch", page(_DOWNTIME))),
    ),
    f"POST {_EVENTS}": Operation(
        id="logDowntime",
        tag=_TAG,
        summary="Log that a machine is down, or was",
        text="Name the machine by `machineId` or `machineCode`. Two downtimes of one machine never overlap; one may begin "
        "in the instant in which another ends.",
        verbs=_LOG,
        takes=take.NewDowntime,
        refuses=("overlap",),
        examples={
            **named(
                "Down now", {"machineCode": "PRESS-01", "startedAt": "2026-04-20T09:12:00Z", "category": "tooling"}
            ),
            **named(
                "Over already",
                {
                    "machineId": "PRESS-01",
                    "startedAt": "2026-04-20T09:12:00Z",
                    "endedAt": "2026-04-20T09:40:00Z",
                    "notes": "Punch broke",
                },
            ),
        },
        reply=Reply(text="The downtime.", schema="Downtime", status=201, examples=named("Logged", _DOWNTIME)),
    ),
    f"PATCH {_EVENTS}/{{downtime_id}}": Operation(
        id="amendDowntime",
        tag=_TAG,
        summary="End a downtime, or correct it",
        text="It stays the machine's that it was logged for.",
        verbs=_LOG,
        takes=take.DowntimeChanges,
        refuses=("overlap",),
        examples=named("It runs again", {"endedAt": "2026-04-20T09:40:00Z"}),
        reply=Reply(text="The downtime.", schema="Downtime", examples=named("Ended", _DOWNTIME)),
    ),
    f"GET {_PLANS}": Operation(
        id="listPlannedDowntime",
        tag=_TAG,
        summary="List planned downtime, newest first",
        text="With `machineId` only what is planned for that machine alone.",
        query=take.DowntimeQuery,
        reply=Reply(text="A page.", schema="PlannedDowntimes", examples=named("A holiday", page(_PLANNED))),
    ),
    f"POST {_PLANS}": Operation(
        id="planDowntime",
        tag=_TAG,
        summary="Plan a time without production",
        text="Of one machine, or without one of the whole factory. It is no production time, so it does not lower OEE.",
        verbs=_PLAN,
        takes=take.NewPlannedDowntime,
        examples=named(
            "A holiday", {"kind": "holiday", "startsAt": "2026-05-01T00:00:00Z", "endsAt": "2026-05-02T00:00:00Z"}
        ),
        reply=Reply(text="The plan.", schema="PlannedDowntime", status=201, examples=named("Planned", _PLANNED)),
    ),
    f"DELETE {_PLANS}/{{planned_id}}": Operation(
        id="withdrawPlannedDowntime",
        tag=_TAG,
        summary="Take planned downtime back",
        text="Also one whose time is over: it was production time then.",
        verbs=_PLAN,
        reply=Reply(text="It is gone.", status=204),
    ),
    f"GET {_FACTORY}/machines/{{code_or_id}}/oee": Operation(
        id="getMachineOee",
        tag=_TAG,
        summary="See how well a machine was used",
        text=(
            "Of at most 31 days. Planned time is the factory's shifts (around the clock, where it has none) without "
            "planned downtime, as far as it is past. Within it each second is one thing: down, if somebody logged it or "
            "the machine said so; else running or idle; or no data, which is never taken for idle. Pieces count by when "
            "they were made. `availability` = run / planned; `performance` = ideal cycle x total / run, not capped; "
            "`quality` = good / total; `oee` is their product. A ratio that has nothing to be divided by is null, and so "
            "is `performance` (and with it `oee`) where the machine has no ideal cycle."
        ),
        query=OeeQuery,
        reply=Reply(text="The figures.", schema="Oee", examples=named("A shift", _OEE)),
    ),
}

_RATIO: Json = or_null({**NUMBER, "minimum": 0, "maximum": 1})

DOWNTIME_SCHEMAS: dict[str, Json] = {
    "Downtime": an_object(
        id=ID,
        machineId=ID,
        machineCode=TEXT,
        startedAt=TIME,
        endedAt={**or_null(TIME), "description": "Null while the machine is down."},
        category=one_of(*take.CATEGORIES),
        notes=or_null(TEXT),
        raisedBy=ref("Person"),
        createdAt=TIME,
        updatedAt=TIME,
    ),
    "Downtimes": page_of("Downtime"),
    "PlannedDowntime": an_object(
        id=ID,
        kind=one_of(*take.KINDS),
        startsAt=TIME,
        endsAt=TIME,
        machineId={**or_null(ID), "description": "Null: the whole factory."},
        machineCode=or_null(TEXT),
        createdBy=ref("Person"),
        createdAt=TIME,
    ),
    "PlannedDowntimes": page_of("PlannedDowntime"),
    "Oee": an_object(
        **{"machineCode": TEXT, "from": TIME, "to": TIME},
        plannedSeconds=NUMBER,
        runSeconds=NUMBER,
        downSeconds=NUMBER,
        noDataSeconds=NUMBER,
        totalCount=NUMBER,
        goodCount=NUMBER,
        rejectedCount=NUMBER,
        idealCycleSeconds=or_null(NUMBER),
        availability=_RATIO,
        performance={**or_null({**NUMBER, "minimum": 0}), "description": "May be above 1."},
        quality=_RATIO,
        oee=or_null({**NUMBER, "minimum": 0}),
    ),
}
