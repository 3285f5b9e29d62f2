"""Products for whoever types a few letters of one: the list under a search field."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from factoryos.kernel.text import is_safe
from factoryos.ops.access import ConsoleRequest, console
from factoryos.ops.order_page.forms.create import MOST_FOUND
from manufacturing.selectors import search_items


@require_safe
@console
def products(request: ConsoleRequest) -> HttpResponse:
    """Up to a dozen options for `?q=`; none for nothing. Their ids begin with `?for=`, the field's own id."""
    text = request.GET.get("q", "").strip()[:255]
    usable = text and is_safe(text)
    found = search_items(text, factory_id=request.actor.factory.id, limit=MOST_FOUND) if usable else []
    return render(request, "ops/order/_products.html", {"found": found, "text": text})
