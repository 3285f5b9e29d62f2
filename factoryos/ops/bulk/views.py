"""From the list to a confirmed operation: choose, preview, apply. Each is a plain form."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from factoryos.ops.access import ConsoleRequest, console
from factoryos.ops.bulk import confirm, words
from factoryos.ops.bulk.actions import Action, find, require_any
from factoryos.ops.bulk.forecast import forecast, forecasts
from factoryos.ops.bulk.forms import ActionForm
from factoryos.ops.bulk.selection import Selection, posted
from factoryos.ops.bulk.token import read_seen, sign_seen
from factoryos.ops.changes import key_of
from factoryos.ops.models import BulkOperation
from orders.models import ProductionOrder

SEE_OTHER = 303
_ASKED_FIRST = {"status": "Change the status of {}", "priority": "Change the priority of {}"}


@console
@require_http_methods(["GET", "POST"])
def preview(request: ConsoleRequest) -> HttpResponseBase:
    """`POST /ops/bulk/preview`: what would happen. A reload of the address alone leads back to the list."""
    if request.method == "GET":
        return redirect("ops:orders")
    selection = _selection(request)
    name = request.POST.get("action", "")
    if name == "status" or (name == "priority" and "priority" not in request.POST):
        return _choose(request, selection, group=name)
    return _shown(request, find(name, by=request.actor), selection)


@console
@require_http_methods(["GET", "POST"])
def apply(request: ConsoleRequest) -> HttpResponseBase:
    """`POST /ops/bulk/apply`: do it, once for each key of the form, and show the operation's own page."""
    if request.method == "GET":
        return redirect("ops:orders")
    by = request.actor
    action = find(request.POST.get("action", ""), by=by)
    seen = read_seen(request.POST.get("seen", ""), by=by)
    form = ActionForm(action, by=by, total=len(seen.ids), data=request.POST)
    if not form.is_valid():
        return _shown(request, action, Selection(seen), form=form)
    operation = confirm.begin(
        BulkOperation(
            factory_id=by.factory.id, user=request.user, action=action.name, parameters=form.parameters,
            note=form.cleaned_data.get("note", ""), all_or_nothing=form.cleaned_data.get("all_or_nothing", False),
            key=key_of(request), query=seen.query, selected=0,
        ),
        seen, by=by,
    )  # fmt: skip
    return seen_there(operation)


def seen_there(operation: BulkOperation) -> HttpResponse:
    """To the operation's page, by GET."""
    response = HttpResponseRedirect(reverse("ops:operation", args=[operation.uuid]))
    response.status_code = SEE_OTHER
    return response


def _selection(request: ConsoleRequest) -> Selection:
    """From the list, or from a page of ours that goes on with what it has shown."""
    if token := request.POST.get("seen"):
        return Selection(read_seen(token, by=request.actor))
    return posted(request.POST, by=request.actor)


def _choose(request: ConsoleRequest, selection: Selection, *, group: str) -> HttpResponse:
    """Which of several: each with how many of the orders it is possible for."""
    actions, total = require_any(request.actor, group=group), len(selection.seen.ids)
    context = {
        **_told(request, selection),
        "group": group,
        "title": _ASKED_FIRST[group].format(words.orders(total)),
        "choices": forecasts(actions, selection.seen.ids, by=request.actor) if group == "status" else [],
        "priorities": ProductionOrder.Priority.choices,
    }
    return render(request, "ops/bulk/choose.html", context)


def _shown(
    request: ConsoleRequest, action: Action, selection: Selection, *, form: ActionForm | None = None
) -> HttpResponse:
    ids = selection.seen.ids
    given: dict[str, Any] = {name: request.POST[name] for name in action.fields if name in request.POST}
    found = forecast(action, ids, by=request.actor, parameters=given)
    context = {
        **_told(request, selection),
        "action": action,
        "forecast": found,
        "title": action.title.format(orders=words.orders(len(ids))),
        "button": action.button.format(orders=words.orders(found.can)),
        "form": form or ActionForm(action, by=request.actor, total=len(ids), data=None).starting_with(given),
    }
    return render(request, "ops/bulk/preview.html", context, status=422 if form else 200)


def _told(request: ConsoleRequest, selection: Selection) -> dict[str, Any]:
    for sentence in selection.remarks():
        messages.warning(request, sentence)
    return {
        "screen": "ops:orders",
        "seen": sign_seen(selection.seen, by=request.actor),
        "query": selection.seen.query,
        "total": len(selection.seen.ids),
    }
