"""The calls on the inventory, as the published description tells them: one row a route and method."""

from factoryos.dialects.base.operations import Operation, Reply
from factoryos.dialects.erp import examples as shown
from factoryos.dialects.erp import inventory_requests as take
from factoryos.dialects.erp.examples import named

_INVENTORY = "/api/inventory"
_TAG = "Inventory"

INVENTORY_OPERATIONS: dict[str, Operation] = {
    f"GET {_INVENTORY}/products": Operation(
        id="listStock",
        tag=_TAG,
        summary="List products with what of them is in stock",
        text="`search` looks into sku and name.",
        query=take.StockQuery,
        reply=Reply(text="A page.", schema="StockedProducts", examples=named("One product", shown.page(shown.STOCKED))),
    ),
    f"GET {_INVENTORY}/products/{{product_id}}/stock": Operation(
        id="getStock",
        tag=_TAG,
        summary="Read where a product lies, lot by lot",
        reply=Reply(text="All of it, as a bare list.", schema="StockedLots", examples=named("One lot", [shown.LOT])),
    ),
    f"POST {_INVENTORY}/receipts": Operation(
        id="bookReceipt",
        tag=_TAG,
        summary="Book stock that came in",
        text="`lotNumber` is required for a product tracked by lot, `serialNumbers` for one tracked by serial number. Orders "
        "that wait for the product are served afterwards.",
        verbs=("receive",),
        takes=take.Receipt,
        refuses=("duplicate",),
        examples=named("A delivery", shown.RECEIVED),
        reply=Reply(text="The receipt.", schema="ReceivedStock", status=201, examples=named("Booked", shown.RECEIPT)),
    ),
}
