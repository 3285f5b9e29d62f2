"""The traveler of an order as a PDF, to be printed and to travel with it through the plant."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from factoryos.kernel import clock
from factoryos.ops.access import ConsoleRequest, console_of_order
from orders.sheet import sheet_of


@require_safe
@console_of_order
def traveler(request: ConsoleRequest, *, order_id: int) -> HttpResponse:
    from factoryos.ops.order_page.traveler import render  # the PDF library is large, and most processes never need it

    order = sheet_of(order_id, by=request.actor)
    address = request.build_absolute_uri(reverse("ops:order", args=[order.uuid]))
    made = render(order, factory=request.actor.factory, address=address, now=clock.now())
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="traveler-{order.uuid}.pdf"'
    return response
