"""The stream, as the published description tells it."""

from factoryos.dialects.base.operations import Operation, Reply
from factoryos.dialects.factory.stream_requests import EVENTS, StreamQuery

_TEXT = f"""\
Server-sent events, as they happen: {", ".join(f"`{name}`" for name in EVENTS)}. `data` is
`{{"type","at","orderId" or "machineCode","state"}}`, `id` its place in the order of events. A comment comes every 15 seconds.

After a broken connection, `Last-Event-ID` resumes where you were, up to 24 hours back, each event once and in order. If that is
not possible, or you read too slowly, `event: reset` says that events were left out: fetch anew what you show. The stream ends
when the token does, or within 15 seconds after you are no longer a member. A person may have 20 streams open."""
_EXAMPLE = (
    'retry: 2000\nid: 4710\n\nid: 4711\nevent: order.moved\ndata: {"type":"order.moved","at":"2026-04-20T08:00:00.000Z",'
    '"orderId":"0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10","state":"in_production"}\n\n: \n\n'
)

STREAM_OPERATIONS: dict[str, Operation] = {
    "GET /api/factories/{slug}/stream": Operation(
        id="streamEvents",
        tag="Live",
        summary="Be told what happens, as it happens",
        text=_TEXT,
        query=StreamQuery,
        resumes=True,
        reply=Reply(
            text="The stream, without an end.",
            schema={"type": "string"},
            kind="text/event-stream",
            examples={"An order was started": {"value": _EXAMPLE}},
        ),
    ),
}
