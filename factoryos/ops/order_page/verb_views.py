"""One verb on one order: its questions, what came of it, and what to do when somebody else was quicker."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from factoryos.kernel.permissions import allows
from factoryos.kernel.problems import Kind, NotFound, Problem, Stale
from factoryos.ops.access import ConsoleRequest, console_of_order
from factoryos.ops.changes import Done, change
from factoryos.ops.order_page import refusal_words
from factoryos.ops.order_page.forms import FORMS, VerbForm
from factoryos.ops.order_page.forms.planning import AdjustQuantity
from factoryos.ops.order_page.happenings import happenings
from factoryos.ops.order_page.steps import why_not
from factoryos.ops.refusals import is_fragment
from orders.sheet import Sheet, sheet_of


@require_http_methods(["GET", "HEAD", "POST"])
@console_of_order
def order_verb(request: ConsoleRequest, *, order_id: int, verb: str) -> HttpResponseBase:
    if verb not in FORMS:
        raise NotFound(thing="Page")
    order = sheet_of(order_id, by=request.actor)
    if request.method != "POST":
        return _asked(request, order, verb)
    form = FORMS[verb](request.POST, order=order, by=request.actor)
    if "more" in request.POST or "preview" in request.POST:
        return _shown(request, form, **_previewed(request, form))
    if not form.is_valid():
        return _shown(request, form, status=422)
    return _done(request, form)


def _asked(request: ConsoleRequest, order: Sheet, verb: str) -> HttpResponse:
    """The form; or, where the step cannot be taken, why not."""
    form = FORMS[verb](order=order, by=request.actor)
    if hold := request.GET.get("hold"):
        form.initial["hold"] = hold[:40]
    refused = why_not(order, verb, by=request.actor)
    status = 200 if not refused else 409 if allows(actor=request.actor, verb=verb) else 403
    return _shown(request, form, refused=refused, status=status)


def _done(request: ConsoleRequest, form: VerbForm) -> HttpResponseBase:
    try:
        done = change(request, lambda: _worked(form))
    except Stale:
        return _overtaken(request, form)
    except Problem as problem:
        if problem.kind in (Kind.BUSY, Kind.MISSING):
            raise
        form.tell(problem)
        return _shown(request, form, status=refusal_words.status(problem))
    return went(request, done)


def _worked(form: VerbForm) -> Done:
    form.require_unchanged()
    form.run()
    return Done(url=reverse("ops:order", args=[form.order.uuid]), message=form.done())


def went(request: ConsoleRequest, done: Done) -> HttpResponse:
    """To the page that shows what came of it; by a whole page also from a dialog."""
    messages.success(request, done.message)
    if is_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = done.url
        return response
    response = HttpResponseRedirect(done.url)
    response.status_code = 303
    return response


def _overtaken(request: ConsoleRequest, form: VerbForm) -> HttpResponse:
    """What others did since, in words, beside what was about to be done; it may be sent again on top of that."""
    order = sheet_of(form.order.id, by=request.actor)
    meanwhile = happenings(form.meanwhile(limit=5), by=request.actor)
    again = form.on_top_of(order)
    again.is_valid()
    refused = why_not(order, form.verb, by=request.actor)
    return _shown(request, again, status=409, refused=refused, meanwhile=meanwhile, overtaken=True)


def _previewed(request: ConsoleRequest, form: VerbForm) -> dict[str, Any]:
    """A form that was not meant yet: without errors for what is still empty, with what the numbers would mean."""
    form.is_valid()
    wanted = {"target", "line"} if isinstance(form, AdjustQuantity) and "preview" in request.POST else set()
    planned = None
    if wanted and not wanted & form.errors.keys():
        try:
            planned = cast(AdjustQuantity, form).preview()
            cast(AdjustQuantity, form).propose(planned)
        except Problem as problem:
            form.tell(problem)
    for name in [name for name in form.errors if name not in wanted]:
        del form.errors[name]
    return {"planned": planned, "status": 422 if form.errors else 200}


def _shown(request: ConsoleRequest, form: VerbForm, *, status: int = 200, **more: Any) -> HttpResponse:
    template = "ops/order/_verb.html" if is_fragment(request) else "ops/order/verb.html"
    context = {"form": form, "order": form.order, "title": form.title, "in_dialog": is_fragment(request), **more}
    return render(request, template, context, status=status)
