"""A verb on the orders that somebody chose: a page to confirm it on, then each order in a transaction of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import User
from factoryos.kernel.problems import Problem
from factoryos.supervision.acting import as_member
from factoryos.supervision.one_transaction import in_one_transaction
from factoryos.supervision.verbs.forms import form_for
from factoryos.supervision.verbs.table import VERBS, OfferedVerb
from orders.locks import require_version
from orders.models import ProductionOrder

MOST = 200  # orders at once; the console's bulk pages take more, as a job

Action = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]


def action_of(verb: OfferedVerb) -> Action:
    """The admin action for a verb."""

    def action(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        orders = list(queryset.select_related("factory", "item").order_by("pk")[: MOST + 1])
        if not orders:
            messages.warning(request, "None of the chosen orders was found. Nothing was changed.")
            return None
        if len(orders) > MOST:
            messages.error(request, f"At most {MOST} orders at once here. Nothing was changed; choose fewer.")
            return None
        confirmed = "confirmed" in request.POST
        factories = {order.factory_id for order in orders}
        form = form_for(verb, data=request.POST if confirmed else None, factory_ids=factories)
        if not confirmed or not form.is_valid():
            return _ask(page, request, verb=verb, orders=orders, form=form)
        _do(page, request, verb=verb, orders=orders, given=form.cleaned_data)
        return HttpResponseRedirect(_list_address(request))

    action.__name__ = verb.name
    action.short_description = f"{verb.imperative} the chosen orders"  # type: ignore[attr-defined]  # the admin reads it
    action.allowed_permissions = ("act",)  # type: ignore[attr-defined]
    return action


ACTIONS = [action_of(verb) for verb in VERBS.values()]


def _ask(page: Any, request: HttpRequest, *, verb: OfferedVerb, orders: Sequence[Any], form: Any) -> HttpResponse:
    noun = "order" if len(orders) == 1 else "orders"
    context = {
        "title": f"{verb.imperative} {len(orders)} {noun}",
        "verb": verb,
        "orders": orders,
        "form": form,
        "opts": page.opts,
        "list_address": _list_address(request),
        "list_query": request.POST.get("list_query", request.GET.urlencode()),
    }
    status = 422 if form.is_bound else 200
    context |= page.admin_site.each_context(request)
    return TemplateResponse(request, "supervision/verb.html", context, status=status)


def _list_address(request: HttpRequest) -> str:
    """The list as it was filtered when the orders were chosen there."""
    query = QueryDict(request.POST.get("list_query", request.GET.urlencode())[:2000]).urlencode()
    return reverse("admin:orders_productionorder_changelist") + (f"?{query}" if query else "")


def _do(
    page: Any, request: HttpRequest, *, verb: OfferedVerb, orders: Sequence[ProductionOrder], given: Mapping[str, Any]
) -> None:
    assert isinstance(request.user, User)
    actors: dict[int, Actor] = {}
    done: list[str] = []
    for order in orders:
        if order.factory_id not in actors:
            actors[order.factory_id] = as_member(request.user, order.factory)
        try:
            _one(page, request, verb=verb, order=order, by=actors[order.factory_id], given=given)
            done.append(order.reference)
        except Problem as problem:
            messages.error(request, f"{order.reference}: {problem.text}")
    if done:
        named = ", ".join(done[:5]) + (f" and {len(done) - 5} more" if len(done) > 5 else "")
        messages.success(request, f"{len(done)} of {len(orders)} {verb.past}: {named}.")
    elif orders:
        messages.warning(request, f"No order was {verb.past}.")


def _one(
    page: Any,
    request: HttpRequest,
    *,
    verb: OfferedVerb,
    order: ProductionOrder,
    by: Actor,
    given: Mapping[str, Any],
) -> None:
    """One order in one transaction, at the version that the confirming page showed: a form sent twice acts once.

    Problems: those of the verb; Stale when somebody changed the order since the page was shown; Busy.
    """
    seen = request.POST.get(f"seen_{order.pk}", "")

    def work() -> None:
        if seen.isdecimal() and len(seen) < 10:
            require_version(order.pk, by=by, seen=int(seen))
        verb.call(order.pk, by, given)
        page.log_change(request, order, f"{verb.imperative}: {order.reference}")

    in_one_transaction(work)
