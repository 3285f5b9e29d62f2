"""The picking list: always a PDF, whatever is accepted of what it may be."""

from dataclasses import replace

from django.http import HttpRequest
from django.urls import reverse

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.store.auth import StoreView, id_in_path
from factoryos.dialects.store.negotiation import JSON, PDF
from factoryos.dialects.store.picking_requests import PickingQuery
from factoryos.kernel import clock
from factoryos.kernel.transactions import Answer


class PickingList(StoreView):
    offers = (PDF, JSON)  # of which JSON is what refusals are told in

    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        # The PDF library is large, and most processes never need it.
        from factoryos.dialects.store.picking_list import render
        from factoryos.dialects.store.picking_source import head_of, picking_order, picking_rows

        order = picking_order(id_in_path(order_id, thing="Production order"), by=self.actor)
        order = replace(order, address=request.build_absolute_uri(reverse("ops:order", args=[order.address])))
        values, factory, now = self.query(PickingQuery), self.actor.factory, clock.now()
        found = picking_rows(order, values, by=self.actor)
        made = render(
            head_of(order, found, values, factory=factory, now=now), found.rows, zone=factory.zone, now=now,
            still_open=order.open, said=found.said, images=values.get("article_images", False),
        )  # fmt: skip
        headers = {
            "Content-Type": PDF,
            "Content-Disposition": f'inline; filename="pickinglist-{order.id}.pdf"',
            "Cache-Control": "no-store",
        }
        return self.read(Answer(200, made, headers))
