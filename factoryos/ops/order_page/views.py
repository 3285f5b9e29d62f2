"""The page of one order, whole or one of its parts: the header, the quantities, the timeline."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from factoryos.ops.access import ConsoleRequest, console_of_order
from factoryos.ops.order_page import page
from factoryos.ops.refusals import is_fragment
from factoryos.ops.shell.etag import unless_known
from orders.sheet import Sheet, sheet_of


@require_safe
@console_of_order
def order_page(request: ConsoleRequest, *, order_id: int) -> HttpResponse:
    """`?part=` names the only part wanted (for live pages); `?notes=1` shows notes alone, `?all=1` the whole ledger."""
    order = sheet_of(order_id, by=request.actor)
    asked = request.GET.get("part", "")
    part = asked if asked in page.PARTS and is_fragment(request) else ""
    context = {
        **(page.head(order, by=request.actor) if part in ("", "head") else {}),
        **(page.quantities(order, everything="all" in request.GET) if part in ("", "quantities") else {}),
        **(_story(request, order) if part in ("", "timeline") else {}),
        "order": order,
    }
    template = f"ops/order/_{part}.html" if part else "ops/order/page.html"
    return unless_known(request, render(request, template, context))


def _story(request: ConsoleRequest, order: Sheet) -> dict[str, Any]:
    before = request.GET.get("before", "")[:40]
    return page.story(order, by=request.actor, notes_only="notes" in request.GET, before=before)
