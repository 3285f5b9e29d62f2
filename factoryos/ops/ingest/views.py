"""What planning systems state, over HTTP: the list of what its orders do not follow, one statement, and another attempt."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import allows, authorise
from factoryos.kernel.problems import Invalid, NotFound
from factoryos.ops.access import ConsoleRequest, actor_at, console
from factoryos.ops.bulk.words import orders
from factoryos.ops.changes import Done, change
from factoryos.ops.ingest import versions
from factoryos.ops.ingest.heads import HeadRow, rows_of
from factoryos.ops.ingest.listing import Listing
from factoryos.ops.order_list.paging import PAGE
from factoryos.ops.refusals import is_fragment
from factoryos.ops.shell.etag import unless_known
from orders.ingest import heads as queue
from orders.models import IngestHead

RETRYING = "create"  # the verb whose roles may have a statement looked at again: those that may send one
_LARGEST_ID = 2**63 - 1


@console
@require_safe
def imports(request: ConsoleRequest) -> HttpResponseBase:
    """`/ops/ingest`: what somebody has to look at, or `?state=` or `?q=`; the page or its region."""
    listing = Listing(request.GET, by=request.actor, several=len(request.places) > 1)
    context = {
        "screen": "ops:ingest", "listing": listing, "rows": listing.rows, "may_retry": _may_retry(request),
    }  # fmt: skip
    template = "ops/ingest/region.html" if is_fragment(request) else "ops/ingest/list.html"
    return unless_known(request, render(request, template, context, status=200 if listing.valid else 422))


@console
@require_safe
def statement(request: ConsoleRequest, head_id: int) -> HttpResponseBase:
    """`/ops/ingest/<id>`: the newest version of one order, those before it, and what became of them."""
    head = _found(request, head_id)
    known = versions.versions_of(head, by=request.actor)
    context = {
        "screen": "ops:ingest", "head": head, "may_retry": _may_retry(request) and head.retried,
        "newest": next((version for version in known if version.updated_at == head.updated_at), None),
        "versions": versions.told(known, zone=request.actor.factory.zone), "more": len(known) > versions.SHOWN,
        "shown": versions.SHOWN,
    }  # fmt: skip
    template = "ops/ingest/statement_region.html" if is_fragment(request) else "ops/ingest/statement.html"
    return unless_known(request, render(request, template, context))


@console
@require_POST
def retry(request: ConsoleRequest) -> HttpResponseBase:
    """`POST /ops/ingest/retry`: what is ticked, or the one statement of a page, is looked at once more."""
    authorise(request.actor, RETRYING)
    ids = _ids(request.POST)
    found = rows_of(ids, by=request.actor)
    if not found:
        raise NotFound(thing="Statement")
    back = _back(request, found)
    done = change(request, lambda: _retried(found, asked=len(ids), back=back, by=request.actor))
    messages.success(request, done.message)
    return HttpResponseRedirect(done.url, status=303)


def _retried(found: Sequence[HeadRow], *, asked: int, back: str, by: Actor) -> Done:
    woken = queue.retry([row.id for row in found], by=by)
    left = asked - woken
    if not woken:
        return Done(back, "Nothing there has to be tried again.")
    told = f"{orders(woken)} will be looked at again in a moment."
    return Done(back, f"{told} {orders(left)} needed no other attempt." if left else told)


def _back(request: ConsoleRequest, found: Sequence[HeadRow]) -> str:
    """To the page that the form stood on."""
    if request.POST.get("page") == "statement":
        return reverse("ops:ingest-statement", args=[found[0].id])
    query = QueryDict(mutable=True)
    query.update({name: request.POST.get(name, "") for name in ("state", "q", "after", "before")})
    listing = Listing(query, by=request.actor, several=len(request.places) > 1)
    return listing.page_url if listing.valid else reverse("ops:ingest")


def _ids(form: QueryDict) -> list[int]:
    """Problem: Invalid (none, too many for one page, or no numbers)."""
    asked = list(dict.fromkeys(form.getlist("ids")))
    if not asked:
        raise Invalid(messages=["Nothing was selected"], field="ids")
    if len(asked) > PAGE or not all(each.isascii() and each.isdecimal() and len(each) < 20 for each in asked):
        raise Invalid(messages=["That selection cannot be read; load the page again"], field="ids")
    return [number for number in map(int, asked) if number <= _LARGEST_ID]


def _found(request: ConsoleRequest, head_id: int) -> HeadRow:
    """The statement, in whichever of one's factories it is. Problem: NotFound, for a stranger's as for none."""
    places = {place.tenant.id: place for place in request.places}
    factory_id = None
    if head_id <= _LARGEST_ID:
        heads = IngestHead.objects.filter(pk=head_id, factory_id__in=list(places))
        factory_id = heads.values_list("factory_id", flat=True).first()
    if factory_id is None:
        raise NotFound(thing="Statement")
    request.actor = actor_at(request, places[factory_id])
    return rows_of([head_id], by=request.actor)[0]


def _may_retry(request: ConsoleRequest) -> bool:
    return allows(actor=request.actor, verb=RETRYING)
