"""The rows that were refused, over HTTP: the newest of a filter, and the same as a file."""

import csv
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from factoryos.kernel import clock
from factoryos.kernel.problems import Invalid
from factoryos.ops.access import ConsoleRequest, console
from factoryos.ops.ingest import refused as rows
from factoryos.ops.ingest.refused import EXPORT_MOST, RefusedRow
from factoryos.ops.ingest.refused_filter import Refused
from factoryos.ops.order_list.export import BYTE_ORDER_MARK, text

HEADINGS = ("Received", "Request", "Operation", "Index", "Location", "Codes", "Errors", "Sent by", "Row")
_CHUNK = 500  # lines sent at once


@console
@require_safe
def refused(request: ConsoleRequest) -> HttpResponseBase:
    """`/ops/ingest/failed-rows`: `?code=`, `?location=`, `?from=` and `?to=` (days of the plant)."""
    found = Refused(request.GET, by=request.actor, several=len(request.places) > 1)
    shown = [(row, [(fault, found.url_of_code(fault["code"])) for fault in row.faults]) for row in found.page.rows]
    context = {
        "screen": "ops:ingest", "found": found, "rows": shown, "export_most": EXPORT_MOST,
        "looked_at": rows.LOOKED_AT,
    }  # fmt: skip
    return render(request, "ops/ingest/refused.html", context, status=200 if found.valid else 422)


@console
@require_safe
def refused_csv(request: ConsoleRequest) -> HttpResponseBase:
    """`/ops/ingest/failed-rows.csv`, with the filter of the page's address. Problem: Invalid."""
    found = Refused(request.GET, by=request.actor)
    if not found.valid:
        field, errors = next(iter(found.form.errors.items()))
        raise Invalid(messages=[str(error) for error in errors], field=None if field == "__all__" else field)
    by = request.actor
    lines = as_csv(rows.export(found.wanted, by=by), zone=by.factory.zone)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    day = clock.in_zone(clock.now(), by.factory.zone)
    response["Content-Disposition"] = f'attachment; filename="refused-rows-{by.factory.slug}-{day:%Y-%m-%d}.csv"'
    return response


def cells(row: RefusedRow, *, zone: ZoneInfo) -> list[str | int]:
    """One row. The time as the plant's clocks have it (ISO 8601); nothing that a spreadsheet takes for a formula."""
    faults = row.faults
    return [
        clock.in_zone(row.received_at, zone).isoformat(timespec="seconds"), str(row.request_id), text(row.operation_type),
        row.place, text(row.location_id), text(" ".join(fault["code"] for fault in faults)),
        text("; ".join(fault["message"] for fault in faults)), text(row.sent_by), text(row.row),
    ]  # fmt: skip


class _Line:
    """What csv.writer writes to: it hands back what it was given."""

    def write(self, line: str) -> str:
        return line


def as_csv(found: Iterable[RefusedRow], *, zone: ZoneInfo) -> Iterator[bytes]:
    """The file, in pieces of a chunk each."""
    writer = csv.writer(_Line())
    piece = [BYTE_ORDER_MARK, str(writer.writerow(HEADINGS))]
    for row in found:
        piece.append(str(writer.writerow(cells(row, zone=zone))))
        if len(piece) > _CHUNK:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode()
