"""The files of the order list over HTTP."""

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from factoryos.kernel import clock
from factoryos.kernel.problems import Invalid, NotFound
from factoryos.ops.access import ConsoleRequest, console
from factoryos.ops.order_list.export import WORKBOOK_MOST, as_csv, as_workbook, orders_of
from factoryos.ops.order_list.filters import matching
from orders.listing import Found

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@console
@require_safe
def orders_export(request: ConsoleRequest, fmt: str) -> HttpResponseBase:
    """`/ops/orders/export.csv` and `.xlsx`, with the filter of the list's address."""
    found = matching(request.GET, by=request.actor)
    if fmt == "csv":
        return _csv(request, found)
    if fmt == "xlsx":
        return _xlsx(request, found)
    raise NotFound(thing="File format")


def _csv(request: ConsoleRequest, found: Found) -> HttpResponseBase:
    by = request.actor
    pieces = as_csv(orders_of(found, by=by), zone=by.factory.zone)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    return _named(response, request, "csv")


def _xlsx(request: ConsoleRequest, found: Found) -> HttpResponseBase:
    by = request.actor
    if found.order_by()[: WORKBOOK_MOST + 1].count() > WORKBOOK_MOST:
        raise Invalid(
            messages=[
                f"More than {WORKBOOK_MOST:,} orders do not fit into a workbook. Export CSV, or narrow the filter"
            ],
            field="fmt",
        )
    file = as_workbook(orders_of(found, by=by), zone=by.factory.zone)
    return _named(FileResponse(file, content_type=XLSX), request, "xlsx")


def _named(response: HttpResponseBase, request: ConsoleRequest, ending: str) -> HttpResponseBase:
    day = clock.now().astimezone(request.actor.factory.zone)
    response["Content-Disposition"] = (
        f'attachment; filename="orders-{request.actor.factory.slug}-{day:%Y-%m-%d}.{ending}"'
    )
    return response
