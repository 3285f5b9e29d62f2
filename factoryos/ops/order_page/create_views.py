"""Making an order from a form."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Kind, Problem
from factoryos.ops.access import ConsoleRequest, console
from factoryos.ops.changes import Done, change
from factoryos.ops.order_page import refusal_words
from factoryos.ops.order_page.forms.create import NewOrder
from factoryos.ops.order_page.verb_views import went


@require_http_methods(["GET", "HEAD", "POST"])
@console
def order_new(request: ConsoleRequest) -> HttpResponseBase:
    """The empty form; with `more` or `find` the same one a row longer or with products to pick from; else the order."""
    authorise(request.actor, "create")
    form = NewOrder(request.POST if request.method == "POST" else None, by=request.actor)
    if request.method != "POST":
        return _shown(request, form)
    if "more" in request.POST or "find" in request.POST:
        return _looked_up(request, form)
    if not form.is_valid():
        return _shown(request, form, status=422)
    try:
        return went(request, change(request, lambda: _made(form)))
    except Problem as problem:
        if problem.kind is Kind.BUSY:
            raise
        form.tell(problem)
        return _shown(request, form, status=refusal_words.status(problem))


def _made(form: NewOrder) -> Done:
    order = form.run()
    return Done(url=reverse("ops:order", args=[order.uuid]), message=f"{order.reference} is made, as a draft.")


def _looked_up(request: ConsoleRequest, form: NewOrder) -> HttpResponse:
    """Not meant yet: what is still missing is no error; what was looked for and not found is."""
    form.is_valid()
    for name in list(form.errors):
        if not (name.startswith("product_") and form.data.get(name, "").strip()):
            del form.errors[name]
    return _shown(request, form)


def _shown(request: ConsoleRequest, form: NewOrder, *, status: int = 200) -> HttpResponse:
    return render(request, "ops/order/new.html", {"form": form, "screen": "ops:orders"}, status=status)
