"""The calls on production orders and work orders, as the published description tells them: one row a route and method."""

from factoryos.dialects.base.operations import Operation, Reply
from factoryos.dialects.erp import order_examples as shown
from factoryos.dialects.erp import order_requests as take
from factoryos.dialects.erp.examples import named, page

_ORDERS = "/api/manufacturing/orders"
_ORDER = f"{_ORDERS}/{{order_id}}"
_WORK_ORDERS = f"{_ORDER}/work-orders"
_WORK_ORDER = f"{_WORK_ORDERS}/{{work_order_id}}"
_TAG = "Manufacturing orders"
_FLOOR = "Work orders"
_ETAG = ("ETag",)
_WRONG_MOMENT = ("illegal_state", "terminal_state")
_STARTS = (*_WRONG_MOMENT, "order_on_hold", "machine_busy", "machine_unavailable")

READS: dict[str, Operation] = {
    f"GET {_ORDERS}": Operation(
        id="listManufacturingOrders",
        tag=_TAG,
        summary="List production orders",
        text="Those of every API. A page past the end is empty.",
        query=take.OrderQuery,
        reply=Reply(
            text="A page. Rows are the order without `components` and `lots`.",
            schema="ManufacturingOrders",
            examples=named("One order", page(shown.LISTED)),
        ),
    ),
    f"GET {_ORDER}": Operation(
        id="getManufacturingOrder",
        tag=_TAG,
        summary="Read a production order",
        reply=Reply(
            text="The order.", schema="ManufacturingOrder", headers=_ETAG, examples=named("Running", shown.RUNNING)
        ),
    ),
    f"GET {_ORDER}/productions": Operation(
        id="listProductions",
        tag=_TAG,
        summary="List what was produced, oldest first",
        text="The quantities add up to `producedQty`: what was taken back through another API is negative.",
        query=take.ProductionsQuery,
        reply=Reply(text="A page.", schema="Productions", examples=named("One production", page(shown.PRODUCTION))),
    ),
    f"GET {_WORK_ORDERS}": Operation(
        id="listWorkOrders",
        tag=_FLOOR,
        summary="List the work orders of a production order by their sequence",
        text="One for each operation of the BOM; none for a `subcontract`. A page holds 100 unless `limit` says less.",
        query=take.WorkOrdersQuery,
        reply=Reply(
            text="A page.",
            schema="ManufacturingWorkOrders",
            examples=named("One work order", page(shown.WORK_ORDER, limit=100)),
        ),
    ),
}

CHANGES: dict[str, Operation] = {
    f"POST {_ORDERS}": Operation(
        id="createManufacturingOrder",
        tag=_TAG,
        summary="Create a production order",
        text=(
            "Components and work orders are fixed now, as the BOM's present version says. Without `bomId` the product must "
            "have exactly one BOM that can be ordered; a `phantom` cannot. Numbers of references have no gaps."
        ),
        verbs=("create",),
        takes=take.NewProductionOrder,
        examples=named("Fifty widgets", shown.NEW_ORDER),
        reply=Reply(
            status=201,
            text="The order, a draft.",
            schema="ManufacturingOrder",
            headers=("Location", *_ETAG),
            examples=named("A draft", shown.DRAFT),
        ),
    ),
    f"POST {_ORDER}/confirm": Operation(
        id="confirmManufacturingOrder",
        tag=_TAG,
        summary="Reserve the components and confirm the order",
        text="All of them or none: what expires first is taken first. If stock does not cover it, the order stays a draft.",
        verbs=("approve",),
        takes=take.ConfirmOrder,
        versioned=True,
        refuses=(*_WRONG_MOMENT, "insufficient_stock"),
        reply=Reply(
            text="The order.", schema="ManufacturingOrder", headers=_ETAG, examples=named("Confirmed", shown.CONFIRMED)
        ),
    ),
    f"POST {_ORDER}/produce": Operation(
        id="recordProduction",
        tag=_TAG,
        summary="Record production",
        text=(
            "Adds to `producedQty`; call it until production is complete. On a confirmed order it starts production. Units "
            "are received into `lotNumber`, and components are consumed; missing ones refuse nothing. More than was "
            "ordered is refused, whatever the order's own policy, and then nothing is changed. Reaching the quantity does "
            "not finish the order."
        ),
        verbs=("report",),
        takes=take.ProduceOrder,
        versioned=True,
        refuses=(*_STARTS, "over_production", "insufficient_stock", "duplicate"),
        examples=named("Into a lot", shown.PRODUCED),
        reply=Reply(
            text="The order and its production.",
            schema="ProducedOrder",
            headers=_ETAG,
            examples=named("Produced", {**shown.RUNNING, "production": shown.PRODUCTION}),
        ),
    ),
    f"POST {_ORDER}/close": Operation(
        id="closeManufacturingOrder",
        tag=_TAG,
        summary="End production",
        text="Whatever was made. Frees the machine and what is still reserved; work orders that run are ended.",
        verbs=("complete",),
        takes=take.CloseOrder,
        versioned=True,
        refuses=(*_WRONG_MOMENT, "order_on_hold"),
        reply=Reply(text="The order.", schema="ManufacturingOrder", headers=_ETAG),
    ),
    f"POST {_ORDER}/cancel": Operation(
        id="cancelManufacturingOrder",
        tag=_TAG,
        summary="Give an order up",
        text="Frees the machine and what is reserved; what was produced stays in stock. Possible under a hold.",
        verbs=("cancel",),
        takes=take.CancelOrder,
        versioned=True,
        refuses=_WRONG_MOMENT,
        examples=named("Why", {"reason": "The customer withdrew"}),
        reply=Reply(text="The order.", schema="ManufacturingOrder", headers=_ETAG),
    ),
    f"POST {_WORK_ORDER}/start": Operation(
        id="startWorkOrder",
        tag=_FLOOR,
        summary="Start a work order",
        text="The first one of a confirmed order starts its production. Earlier work orders need not be done.",
        verbs=("begin_work",),
        takes=take.StartWorkOrder,
        versioned=True,
        refuses=(*_STARTS, "insufficient_stock"),
        reply=Reply(
            text="The work order.", schema="ManufacturingWorkOrder", examples=named("Started", shown.WORK_ORDER)
        ),
    ),
    f"POST {_WORK_ORDER}/done": Operation(
        id="finishWorkOrder",
        tag=_FLOOR,
        summary="Complete a work order",
        text="Also under a hold. Does not move the production order, not even the last one.",
        verbs=("finish_work",),
        takes=take.FinishWorkOrder,
        versioned=True,
        refuses=_WRONG_MOMENT,
        examples=named("As it went", shown.FINISHED),
        reply=Reply(text="The work order.", schema="ManufacturingWorkOrder", examples=named("Done", shown.WORK_DONE)),
    ),
}

ORDER_OPERATIONS = READS | CHANGES
