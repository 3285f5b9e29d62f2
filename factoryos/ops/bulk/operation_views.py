"""The permanent page of an operation, the list of them, the result for programs and sheets, and doing it again or back."""

import csv as csv_format
import io
from uuid import UUID

from django.http import HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from factoryos.ops.access import ConsoleRequest, actor_at, console
from factoryos.ops.bulk import actions, confirm, results, words
from factoryos.ops.bulk.doing import UNDO
from factoryos.ops.bulk.views import seen_there
from factoryos.ops.changes import key_of
from factoryos.ops.models import BulkOperation
from factoryos.ops.order_list.filters import Chip, describe
from factoryos.ops.refusals import is_fragment

PAGE = 50
_TITLES = {action.name: action.title for action in actions.ACTIONS.values()}


@console
@require_safe
def operations(request: ConsoleRequest) -> HttpResponseBase:
    """`/ops/operations`: the factory's, newest first."""
    found = BulkOperation.objects.filter(factory_id=request.actor.factory.id).select_related("user", "undo_of")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    page = list(found.order_by("-pk")[: PAGE + 1])
    for each in page:
        each.title = words.title_of(each, _TITLES)  # type: ignore[attr-defined]
    more = page[PAGE - 1].pk if len(page) > PAGE else None
    return render(
        request, "ops/bulk/operations.html", {"operations": page[:PAGE], "more": more, "screen": "ops:operations"}
    )


@console
@require_safe
def operation(request: ConsoleRequest, uuid: UUID) -> HttpResponseBase:
    """`/ops/operations/<uuid>`: for people, or as JSON for whoever accepts that first."""
    found = _found(request, uuid)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(results.as_json(found))
    template = "ops/bulk/operation_region.html" if is_fragment(request) else "ops/bulk/operation.html"
    response = render(request, template, _context(request, found))
    response["Vary"] = "Accept"
    return response


@console
@require_safe
def csv(request: ConsoleRequest, uuid: UUID) -> HttpResponseBase:
    """`/ops/operations/<uuid>.csv`."""
    found = _found(request, uuid)
    sheet = io.StringIO()
    csv_format.writer(sheet).writerows(results.as_csv(found))
    headers = {"Content-Disposition": f'attachment; filename="operation-{found.uuid}.csv"'}
    return HttpResponse(sheet.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


@console
@require_POST
def retry(request: ConsoleRequest, uuid: UUID) -> HttpResponseBase:
    """`POST …/retry`: what failed, once more, as an operation of its own."""
    of = _found(request, uuid)
    if not results.counts_of(of).again:
        raise Invalid(messages=["Nothing failed"])
    if of.undo_of is not None:
        raise Invalid(messages=["An undo is not repeated; change the orders themselves"])
    actions.find(of.action, by=request.actor)
    again = _new(request, of, action=of.action)
    again.parameters, again.note, again.all_or_nothing = of.parameters, of.note, of.all_or_nothing
    return seen_there(confirm.retry(again, of))


@console
@require_POST
def undo(request: ConsoleRequest, uuid: UUID) -> HttpResponseBase:
    """`POST …/undo`: take it back where the order is as the operation left it."""
    of = _found(request, uuid)
    known = of.undos.first()
    if known is not None:
        return seen_there(known)
    action = actions.ACTIONS.get(of.action)
    if action is not None and action.undo is not None:
        authorise(request.actor, action.undo.verb)
    if why := results.why_no_undo(of, results.counts_of(of), by=request.actor):
        raise Invalid(messages=[why])
    return seen_there(confirm.undo(_new(request, of, action=UNDO), of))


def _new(request: ConsoleRequest, of: BulkOperation, *, action: str) -> BulkOperation:
    return BulkOperation(
        factory_id=of.factory_id, user=request.user, action=action, key=key_of(request), query=of.query, selected=0
    )


def _found(request: ConsoleRequest, uuid: UUID) -> BulkOperation:
    """The operation, in whichever of one's factories it is. Problem: NotFound, for a stranger's as for none."""
    places = {place.tenant.id: place for place in request.places}
    known = BulkOperation.objects.select_related("user", "undo_of", "retry_of").filter(uuid=uuid).first()
    if known is None or known.factory_id not in places:
        raise NotFound(thing="Operation")
    request.actor = actor_at(request, places[known.factory_id])
    return known


def _context(request: ConsoleRequest, found: BulkOperation) -> dict[str, object]:
    counts = results.counts_of(found)
    status = request.GET.get("status", "")
    statuses = (status,) if status in results.STATUSES else results.STATUSES
    number = request.GET.get("page", "1")
    page = min(int(number), 100_000) if number.isdecimal() and len(number) < 7 else 1
    rows = results.rows_of(found, statuses=statuses, offset=(max(page, 1) - 1) * results.PAGE, most=results.PAGE + 1)
    undone = found.undos.first()
    return {
        "screen": "ops:operations",
        "operation": found,
        "title": words.title_of(found, _TITLES),
        "reason": found.parameters.get("reason") or found.parameters.get("pause_reason"),
        "note": found.parameters.get("text") or found.note,
        "counts": counts,
        "cells": [
            (name, results.WORDS[name], getattr(counts, name)) for name in ("done", "skipped", "failed", "pending")
        ],
        "rows": rows[: results.PAGE],
        "status": status if len(statuses) == 1 else "",
        "selecting": status == "failed" and "select" in request.GET and found.finished_at is not None,
        "page": max(page, 1),
        "more": len(rows) > results.PAGE,
        "chips": _chips(request, found),
        "undone": undone,
        "why_no_undo": "" if undone else results.why_no_undo(found, counts, by=request.actor),
        "may_retry": _may_retry(request, found, counts),
        "groups": [group for group in actions.GROUPS if actions.offered(request.actor, group=group[0])],
    }


def _may_retry(request: ConsoleRequest, found: BulkOperation, counts: results.Counts) -> bool:
    action = actions.ACTIONS.get(found.action)
    return bool(counts.again and found.finished_at and action and actions.may(action, by=request.actor))


def _chips(request: ConsoleRequest, found: BulkOperation) -> list[Chip]:
    """The filter in words; a machine that it named may be gone since."""
    try:
        return describe(QueryDict(found.query), by=request.actor) if found.query else []
    except Invalid:
        return []
