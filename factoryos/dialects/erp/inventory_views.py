"""The calls on the inventory: what lies in stock, and what comes in."""

from typing import Any

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse, json_answer
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.requests import fit, invalid
from factoryos.dialects.erp import inventory_requests as take
from factoryos.dialects.erp import inventory_responses as show
from factoryos.dialects.erp import naming
from factoryos.dialects.erp.auth import ErpView
from factoryos.dialects.erp.paging import list_answer, order_of, page_of, slice_of
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.transactions import Answer
from manufacturing.models import Item
from manufacturing.selectors import find_items
from manufacturing.stock import figures
from manufacturing.stock.receipts import Delivery, receive

_COLUMNS = {"createdAt": "id", "updatedAt": "updated_at", "name": "name", "sku": "sku"}


class Products(ErpView):
    def get(self, request: HttpRequest) -> FaceResponse:
        values = self.query(take.StockQuery)
        found = find_items(self.actor.factory.id, text=values.get("search", ""))
        page, order = page_of(values), order_of(values, columns=_COLUMNS)
        rows = figures.stock_of(slice_of(found.order_by(*order), page=page)).order_by(*order)
        return self.read(list_answer([show.product(row) for row in rows], page=page, total=found.count()))


class Stock(ErpView):
    def get(self, request: HttpRequest, product_id: str) -> FaceResponse:
        item = naming.product(parse_uuid(product_id), by=self.actor)
        self.no_query()
        rows = figures.balances_of(self.actor.factory.id).filter(item_id=item.pk)
        rows = rows.order_by("location__name", "lot__code", "id")
        return self.read(json_answer([show.balance(row) for row in rows]))


class Receipts(ErpView):
    def post(self, request: HttpRequest) -> FaceResponse:
        return self.change(request, verbs="receive", work=self._receive)

    def _receive(self, body: JsonObject) -> Answer:
        values = self.fields(take.Receipt, body)
        item = naming.product(values["product_id"], by=self.actor)
        location = values.get("location_id")
        serial_numbers = tuple(values.get("serial_numbers", ()))
        fit({"quantity": values["quantity"]}, decimals=item.unit_decimals)
        _refuse_the_wrong_number(values, item=item)
        delivery = Delivery(
            item,
            values["quantity"],
            lot_number=values.get("lot_number"),
            serial_numbers=serial_numbers,
            location=naming.location(location, by=self.actor) if location else None,
            reference=values.get("reference"),
        )
        moves = receive(delivery, by=self.actor)
        return json_answer(show.receipt(moves, serial_numbers=serial_numbers), status=201)


def _refuse_the_wrong_number(values: dict[str, Any], *, item: Item) -> None:
    """A number that the product is not tracked by would vanish. Problem: Invalid."""
    if item.tracking == Item.Tracking.SERIAL:
        if values.get("lot_number"):
            raise invalid([Fault("lotNumber", "lotNumber should not exist: the product is tracked by serial number")])
    elif values.get("serial_numbers"):
        raise invalid([Fault("serialNumbers", "serialNumbers should not exist: the product has none")])
