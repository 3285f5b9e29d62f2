"""What actions on chosen rows share: a page that asks before anything is done, then one row after the other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from factoryos.kernel.problems import Problem
from factoryos.supervision.one_transaction import in_one_transaction

MOST = 200  # rows at once


@dataclass(frozen=True, slots=True)
class Asking:
    """The page: what it is called, what it warns of, and its table. `cells` may hold fields of the form."""

    action: str
    title: str
    note: str
    headings: Sequence[str]
    cells: Callable[[Any], Sequence[object]]


def rows_of(request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
    """The chosen rows by id, at most MOST; none, with a message, if there is nothing to do."""
    rows = list(queryset.order_by("pk")[: MOST + 1])
    if not rows:
        messages.warning(request, "None of the chosen rows was found. Nothing was changed.")
    elif len(rows) > MOST:
        messages.error(request, f"At most {MOST} at once here. Nothing was changed; choose fewer.")
        return []
    return rows


def ask(page: Any, request: HttpRequest, asking: Asking, *, rows: Sequence[Model], form: Form) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "title": asking.title,
        "asking": asking,
        "rows": [(row.pk, asking.cells(row)) for row in rows],
        "form": form,
        "opts": page.opts,
        "list_address": list_address(page, request),
        "list_query": request.POST.get("list_query", request.GET.urlencode()),
    }
    return TemplateResponse(request, "supervision/chosen.html", context, status=422 if form.errors else 200)


def list_address(page: Any, request: HttpRequest) -> str:
    """The list as it was filtered when the rows were chosen there."""
    query = QueryDict(request.POST.get("list_query", request.GET.urlencode())[:2000]).urlencode()
    options = page.opts
    return reverse(f"admin:{options.app_label}_{options.model_name}_changelist") + (f"?{query}" if query else "")


def each(
    page: Any,
    request: HttpRequest,
    rows: Iterable[Any],
    *,
    do: Callable[[Any], str],
    name: Callable[[Any], str] = str,
    said: Callable[[Problem], str] = lambda problem: f"{problem.text}.",
) -> HttpResponse:
    """Do every row in a transaction of its own and tell what came of it; `do` gives the sentence for the history."""
    for row in rows:
        try:
            told = in_one_transaction(lambda row=row: _one(page, request, row, do=do))  # type: ignore[misc]
            messages.success(request, f"{name(row)}: {told}")
        except Problem as problem:
            messages.error(request, f"{name(row)}: {said(problem)} Nothing was changed.")
    return HttpResponseRedirect(list_address(page, request))


def _one(page: Any, request: HttpRequest, row: Any, *, do: Callable[[Any], str]) -> str:
    told = do(row)
    page.log_change(request, row, told)
    return told
