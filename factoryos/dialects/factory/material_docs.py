"""The calls on bills of materials and stock, as the published description tells them: one row a route and method."""

from factoryos.dialects.base.operations import Operation, Reply
from factoryos.dialects.base.paging import PagedQuery
from factoryos.dialects.factory import examples as shown
from factoryos.dialects.factory import material_requests as take
from factoryos.dialects.factory.examples import named

_FACTORY = "/api/factories/{slug}"
_PRODUCT = f"{_FACTORY}/products/{{product_id}}"
_TAG = "Material"

MATERIAL_OPERATIONS: dict[str, Operation] = {
    f"GET {_PRODUCT}/buildable": Operation(
        id="getBuildable",
        tag=_TAG,
        summary="See how many the free stock would make",
        text="By the product's bill of materials. `limiting` are the components that allow no more. Without a bill of "
        "materials there is nothing to tell: 404.",
        reply=Reply(text="The quantity.", schema="Buildable", examples=named("Wire for 120", shown.BUILDABLE)),
    ),
    f"GET {_PRODUCT}/bom-versions": Operation(
        id="listBomVersions",
        tag=_TAG,
        summary="List the versions of a product's bill of materials, newest first",
        text="Of the one that orders are made by where none is named. A product without one has no versions.",
        query=PagedQuery,
        reply=Reply(text="A page.", schema="BomVersions", examples=named("One version", shown.page(shown.BOM_VERSION))),
    ),
    f"POST {_PRODUCT}/bom-versions": Operation(
        id="createBomVersion",
        tag=_TAG,
        summary="Give a product's bill of materials its next version",
        text=(
            "Without `components` the current version is written once more, under its own number and reason. A product "
            "without a bill of materials gets its first; then `components` are required. Orders keep the version they "
            "were made with. Nothing can be a component of itself, through however many levels."
        ),
        verbs=("set_up",),
        takes=take.NewBomVersion,
        examples={
            **named(
                "Thinner wire",
                {
                    "changeReason": "Thinner wire",
                    "components": [{"productId": "WIRE-2", "quantity": 0.25}],
                    "quantity": 1,
                },
            ),
            **named("As it is", {"changeReason": "Released for series"}),
        },
        reply=Reply(
            text="The version.", schema="BomVersion", status=201, examples=named("Version 2", shown.BOM_VERSION)
        ),
    ),
    f"POST {_FACTORY}/stock/receipts": Operation(
        id="receiveStock",
        tag=_TAG,
        summary="Receive a delivery into stock",
        text=(
            "`lotNumber` is required for what is tracked by lot, `serialNumbers` (as many as the quantity) for what is "
            "tracked by serial number. Orders that wait for the product are served at once, by priority, planned start "
            "and age. A lot known with another `bestBefore`, or a serial number that is known: 409."
        ),
        verbs=("receive",),
        takes=take.NewReceipt,
        refuses=("duplicate",),
        examples=named(
            "A lot of wire",
            {
                "productId": "WIRE-2",
                "quantity": 30,
                "lotNumber": "W-0417",
                "bestBefore": "2027-04-30",
                "reference": "DN 88",
            },
        ),
        reply=Reply(text="The move.", schema="StockReceipt", status=201, examples=named("Received", shown.RECEIPT)),
    ),
    f"GET {_FACTORY}/stock/balances": Operation(
        id="listStockBalances",
        tag=_TAG,
        summary="List what is in stock, by product, lot and location",
        text="Newest first; what is empty is left out.",
        query=take.BalancesQuery,
        reply=Reply(text="A page.", schema="StockBalances", examples=named("One lot", shown.page(shown.BALANCE))),
    ),
}
