"""The order list over HTTP: the whole page, or its region for htmx and for the poll of a browser without a stream."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from factoryos.kernel.permissions import VERB_ROLES, allows
from factoryos.ops.access import ConsoleRequest, console
from factoryos.ops.order_list.listing import Listing
from factoryos.ops.refusals import is_fragment
from orders.models import ProductionOrder
from orders.states import State

# The form around the table comes with the bulk bar; where there is none yet, nothing is shown in its place.
BULK_BAR = ["ops/bulk/bar.html", "ops/orders/no_bulk_bar.html"]


@console
@require_safe
def orders(request: ConsoleRequest) -> HttpResponseBase:
    """`/ops/orders`."""
    listing = Listing(request.GET, by=request.actor, several=len(request.places) > 1)
    return shown(request, listing)


def shown(request: ConsoleRequest, listing: Listing, **more: Any) -> HttpResponse:
    fragment = is_fragment(request)
    status = 200 if listing.valid else 422
    template = "ops/orders/region.html" if fragment else "ops/orders/list.html"
    response = render(request, template, {**context_of(request, listing), **more}, status=status)
    if fragment and request.headers.get("HX-Trigger") == "filter" and listing.valid:
        response["HX-Push-Url"] = listing.url  # the form's own address would carry its empty fields
    return response


def context_of(request: ConsoleRequest, listing: Listing) -> dict[str, Any]:
    return {
        "may_act": any(allows(actor=request.actor, verb=verb) for verb in VERB_ROLES),
        "orders_path": reverse("ops:orders"),
        "screen": "ops:orders",
        "listing": listing,
        "rows": listing.rows,
        "states": State.choices,
        "priorities": ProductionOrder.Priority.choices,
        "bulk_bar": BULK_BAR,
    }
