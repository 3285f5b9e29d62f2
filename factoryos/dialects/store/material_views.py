"""What an order made, and what it is made of."""

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.store import list_requests as take
from factoryos.dialects.store.auth import StoreView, id_in_path
from factoryos.dialects.store.batches import BATCHES, batches_dto
from factoryos.dialects.store.flat import FLAT, flat_dto, flat_rows
from orders.selectors import state_of


class MaterialView(StoreView):
    """A look into one order."""

    def order_id(self, name: str) -> int:
        """The id in the path, of an order that is there. Problem: NotFound, which is told before any fault of the query."""
        number = id_in_path(name, thing="Production order")
        state_of(number, by=self.actor)
        return number


class Batches(MaterialView):
    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        found = self.order_id(order_id)
        values = self.query(take.BatchQuery)
        return self.show(batches_dto(found, by=self.actor, article_id=values.get("article_id")), root=BATCHES)


class FlatProducts(MaterialView):
    def get(self, request: HttpRequest, order_id: str) -> FaceResponse:
        found = self.order_id(order_id)
        values = self.query(take.FlatQuery)
        rows = flat_rows(
            found,
            by=self.actor,
            sort=values.get("sort_column", "art"),
            falling=values.get("order") == "desc",
            text=values.get("query", ""),
            supplier=values.get("supplier", ""),
        )
        return self.show(flat_dto(rows), root=FLAT)
