"""Bills of materials and stock: what a product is made of, what stock would make of it, what comes in, what is there."""

from typing import Any

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse, json_answer
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.paging import PagedQuery, window_of
from factoryos.dialects.base.requests import fit
from factoryos.dialects.base.times import instant_of
from factoryos.dialects.factory import material_requests as take
from factoryos.dialects.factory import material_responses as show
from factoryos.dialects.factory import naming
from factoryos.dialects.factory.auth import FactoryView
from factoryos.dialects.factory.paging import newest_first
from factoryos.kernel.problems import NotFound
from factoryos.kernel.transactions import Answer
from manufacturing.boms import selectors as boms
from manufacturing.boms.versions import revise, versions_of
from manufacturing.boms.writing import Part
from manufacturing.models import MAIN, Item, StockLocation
from manufacturing.naming import find_item_by_id
from manufacturing.stock import figures
from manufacturing.stock.receipts import Delivery, receive


class ProductView(FactoryView):
    """A call on one product, found by the uuid in the path."""

    def product(self, product_id: str) -> Item:
        """Problem: NotFound, for a stranger's product and for what is no uuid alike."""
        item = find_item_by_id(product_id, factory_id=self.actor.factory.id)
        if item is None:
            raise NotFound(thing="Product")
        return item


class Buildable(ProductView):
    def get(self, request: HttpRequest, product_id: str) -> FaceResponse:
        item = self.product(product_id)
        self.no_query()
        found = figures.buildable(item)
        if found is None:
            raise NotFound(thing="Bill of materials")
        return self.read(json_answer(show.buildable(found, product_id=item.uuid)))


class BomVersions(ProductView):
    def get(self, request: HttpRequest, product_id: str) -> FaceResponse:
        item = self.product(product_id)
        window = window_of(self.query(PagedQuery))
        return self.read(newest_first(versions_of(item.pk), window=window, show=lambda page: _shown(page, item=item)))

    def post(self, request: HttpRequest, product_id: str) -> FaceResponse:
        # Narrower than the verb: here BOMs are among what an engineer sets up.
        return self.change(request, verbs="set_up", work=lambda body: self._revise(product_id, body))

    def _revise(self, product_id: str, body: JsonObject) -> Answer:
        item = self.product(product_id)
        values = self.fields(take.NewBomVersion, body)
        given = values.get("components")
        parts = None if given is None else [self._part(part) for part in given]
        size = {"quantity": values["quantity"]} if "quantity" in values else {}
        revise(item, by=self.actor, reason=values["change_reason"], parts=parts, **size)
        newest = list(versions_of(item.pk)[:1])
        return json_answer(_shown(newest, item=item)[0], status=201)

    def _part(self, values: dict[str, Any]) -> Part:
        return Part(naming.product(values["item"], by=self.actor), values["quantity"])


def _shown(rows: list[boms.Row], *, item: Item) -> list[dict[str, Any]]:
    parts = boms.components_of(row["id"] for row in rows)
    return [show.bom_version(row, product_id=item.uuid, components=parts.get(row["id"], [])) for row in rows]


class Receipts(FactoryView):
    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs="receive", work=self._receive)

    def _receive(self, body: JsonObject) -> Answer:
        values = self.fields(take.NewReceipt, body)
        item = naming.product(values["item"], by=self.actor)
        fit({"quantity": values["quantity"]}, decimals=item.unit_decimals)
        best_before = values.get("best_before")
        delivery = Delivery(
            item=item,
            quantity=values["quantity"],
            lot_number=values.get("lot_number"),
            serial_numbers=tuple(values.get("serial_numbers", ())),
            best_before=instant_of(best_before, zone=self.actor.factory.zone) if best_before else None,
            location=self._location(values.get("location")),
            reference=values.get("reference"),
        )
        return json_answer(show.receipt(receive(delivery, by=self.actor)), status=201)

    def _location(self, name: str | None) -> StockLocation | None:
        """Problem: NotFound. The main one is made when it is first needed, so it is there whatever the table says."""
        return None if name is None or name.lower() == MAIN else naming.location(name, by=self.actor)


class Balances(FactoryView):
    def get(self, request: HttpRequest) -> FaceResponse:
        values = self.query(take.BalancesQuery)
        rows = figures.balances_of(self.actor.factory.id)
        if "product_id" in values:
            rows = rows.filter(item_id=naming.filter_id(naming.product, values["product_id"], by=self.actor))
        if "location" in values:
            rows = rows.filter(location_id=naming.filter_id(naming.location, values["location"], by=self.actor))
        if "lot_number" in values:
            rows = rows.filter(lot__code=values["lot_number"])
        shown = newest_first(rows, window=window_of(values), show=lambda page: [show.balance(row) for row in page])
        return self.read(shown)
