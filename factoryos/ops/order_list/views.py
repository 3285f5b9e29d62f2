"""The order list over HTTP: the whole page, or its region for htmx and for the poll of a browser without a stream."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from factoryos.kernel.permissions import VERB_ROLES, allows
from factoryos.ops.access import ConsoleRequest, console
from factoryos.ops.changes import Done
from factoryos.ops.models import SavedView
from factoryos.ops.order_list.export import WORKBOOK_MOST
from factoryos.ops.order_list.filters import list_url
from factoryos.ops.order_list.listing import Listing
from factoryos.ops.order_list.saved_views import SHARING, Owner, ViewForm
from factoryos.ops.refusals import is_fragment
from factoryos.ops.shell.etag import etag_of
from orders.models import ProductionOrder
from orders.states import State


@console
@require_safe
def orders(request: ConsoleRequest) -> HttpResponseBase:
    """`/ops/orders`; without any filter the reader's default view, if they have one."""
    views = None
    if not is_fragment(request):
        views = list(Owner(request.user, request.actor).visible.select_related("owner"))
        if not request.GET.keys() - {"factory"} and (default := _default_of(request, views)):
            return HttpResponseRedirect(list_url(default.query, keep_of(request)))
    listing = Listing(request.GET, by=request.actor, several=len(request.places) > 1)
    return shown(request, listing, views=views)


def shown(
    request: ConsoleRequest,
    listing: Listing,
    *,
    views: list[SavedView] | None = None,
    view_form: ViewForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The list as a page or as its region; 422 where a filter is wrong."""
    fragment = is_fragment(request)
    if fragment and (same := _as_known(request, listing)):
        return same
    context = _of_region(request, listing)
    if not fragment:
        context |= _of_page(request, listing, views=views, view_form=view_form)
    template = "ops/orders/region.html" if fragment else "ops/orders/list.html"
    response = render(request, template, context, status=status if listing.valid else 422)
    if fragment and listing.valid:
        response["ETag"] = _tag(request, listing)
        if request.headers.get("HX-Trigger") == "filter":
            response["HX-Push-Url"] = listing.url  # the form's own address would carry its empty fields
    return response


def _as_known(request: ConsoleRequest, listing: Listing) -> HttpResponse | None:
    """304 for a region that the browser has as it is; told from the rows, before anything is rendered."""
    if not listing.valid:
        return None
    tag = _tag(request, listing)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return HttpResponseNotModified(headers={"ETag": tag}) if tag in known else None


def _tag(request: ConsoleRequest, listing: Listing) -> str:
    return etag_of(listing.looks() + repr(sorted(request.actor.roles)).encode())


def after(request: ConsoleRequest, done: Done) -> HttpResponse:
    """On to where a change leads, with a word about it there."""
    messages.success(request, done.message)
    return HttpResponseRedirect(done.url, status=303)


def keep_of(request: ConsoleRequest) -> dict[str, str]:
    """What links of somebody with several factories say beside the filter: which one."""
    return {"factory": request.actor.factory.slug} if len(request.places) > 1 else {}


def _of_region(request: ConsoleRequest, listing: Listing) -> dict[str, Any]:
    return {
        "screen": "ops:orders",
        "listing": listing,
        "rows": listing.rows,
        "orders_path": reverse("ops:orders"),
        "may_act": any(allows(actor=request.actor, verb=verb) for verb in VERB_ROLES),
        "workbook_most": WORKBOOK_MOST,
    }


def _of_page(
    request: ConsoleRequest, listing: Listing, *, views: list[SavedView] | None, view_form: ViewForm | None
) -> dict[str, Any]:
    if views is None:
        views = list(Owner(request.user, request.actor).visible.select_related("owner"))
    mine = [view for view in views if view.owner_id == request.user.pk]
    return {
        "states": State.choices,
        "priorities": ProductionOrder.Priority.choices,
        "views": [
            (view, list_url(view.query, keep_of(request)), view.query == listing.saved_query, view in mine)
            for view in sorted(views, key=lambda view: (view not in mine, view.name))
        ],
        "current_view": next((view for view in mine if view.query == listing.saved_query), None),
        "view_form": view_form or ViewForm(),
        "may_share": allows(actor=request.actor, verb=SHARING),
        "all_url": list_url("", keep_of(request)),
    }


def _default_of(request: ConsoleRequest, views: list[SavedView]) -> SavedView | None:
    return next((view for view in views if view.is_default and view.owner_id == request.user.pk), None)
