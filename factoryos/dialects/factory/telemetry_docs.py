"""The call that sends telemetry, as the published description tells it."""

from factoryos.dialects.base.operations import Json, Operation, Reply
from factoryos.dialects.factory import telemetry_requests as take
from factoryos.dialects.factory.examples import named
from factoryos.dialects.factory.schemas import COUNT, TEXT, an_object, list_of

TELEMETRY_SCHEMAS: dict[str, Json] = {
    "TelemetryStored": an_object(
        accepted={**COUNT, "description": "Samples that were new."},
        duplicates={**COUNT, "description": "Samples of an instant that was known."},
        rejected={
            **list_of(an_object(index={**COUNT, "description": "Its place in `samples`."}, reason=TEXT)),
            "description": "Samples that were not kept.",
        },
    ),
}

TELEMETRY_OPERATIONS: dict[str, Operation] = {
    "POST /api/monitoring/telemetry": Operation(
        id="sendTelemetry",
        tag="Machines",
        summary="Send what a machine measures",
        text="A sample is refused by itself: the others are kept. One may be 90 days old and 5 minutes ahead. The same machine "
        "and `ts` again is a duplicate. `metrics.state` is what the machine does; nothing here counts parts.",
        verbs=("send_telemetry",),
        takes=take.NewTelemetry,
        refuses=("ambiguous_machine",),
        examples=named(
            "Two samples",
            {
                "machineCode": "PRESS-01",
                "samples": [
                    {
                        "ts": "2026-04-20T08:00:00Z",
                        "metrics": {"state": "running", "oil °C": 61.5, "guard open": False},
                    },
                    {"ts": "2025-04-20T08:00:00Z", "metrics": {"oil °C": 60}},
                ],
            },
        ),
        reply=Reply(
            text="What became of them.",
            schema="TelemetryStored",
            status=202,
            examples=named(
                "One too old",
                {"accepted": 1, "duplicates": 0, "rejected": [{"index": 1, "reason": "older than 90 days"}]},
            ),
        ),
    ),
}
