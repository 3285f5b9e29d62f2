"""The sheet of everything the pages are made of, in every state: for the eye, and for tests that compare pictures."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from factoryos.kernel import clock
from factoryos.kernel.permissions import ROLES
from factoryos.ops.access import ConsoleRequest, console
from factoryos.ops.shell.icons import names
from orders.models import ProductionOrder
from orders.states import State


@require_safe
@console
def components(request: ConsoleRequest) -> HttpResponse:
    now = clock.now()
    return render(
        request,
        "ops/components.html",
        {
            "states": [state.value for state in State],
            "priorities": ProductionOrder.Priority.values,
            "icons": names(),
            "roles": ROLES,
            "now": now,
            "before": now - timedelta(days=2, hours=3),
            "after": now + timedelta(days=3),
        },
    )


@require_safe
@console
def help_sheet(request: ConsoleRequest) -> HttpResponse:
    """The keys as a page, for whoever has no script to open them as a dialog."""
    return render(request, "ops/help_page.html")
