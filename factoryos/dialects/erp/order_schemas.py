"""What the ERP API answers about production orders and work orders, as schema components."""

from factoryos.dialects.base.json_schema import COUNT, FLAG, ID, NUMBER, TEXT, TIME, an_object, list_of, one_of, or_null
from factoryos.dialects.base.operations import Json, ref
from factoryos.dialects.erp.order_requests import PRIORITIES
from factoryos.dialects.erp.schemas import PRODUCT, page_of
from factoryos.dialects.erp.states import STATUSES

_LINE = an_object(
    id=ID,
    productId=ID,
    variant={**or_null(TEXT), "description": "Such as a size."},
    quantity=NUMBER,
    producedQty=NUMBER,
)

_ORDER = an_object(
    ["lines"],
    id=ID,
    reference={**TEXT, "description": "`MO/<year>/<number>` for orders made here."},
    product={**or_null(PRODUCT), "description": "The first line's, where there are several."},
    bomId={**or_null(ID), "description": "Null for an order that was made without a BOM."},
    quantity=NUMBER,
    producedQty={**NUMBER, "description": "Good units, received into stock."},
    status=one_of(*STATUSES),
    scheduledDate=or_null(TIME),
    bomVersion={**or_null(COUNT), "description": "The version that the order was made with, and keeps."},
    rejectedQty=NUMBER,
    remainingQty={**NUMBER, "description": "Never below 0."},
    onHold={**FLAG, "description": "Whether quality holds it."},
    origin={**TEXT, "description": "The API through which the order was made."},
    priority=one_of(*PRIORITIES),
    notes=or_null(TEXT),
    startedAt=or_null(TIME),
    finishedAt={**or_null(TIME), "description": "When production ended."},
    createdAt=TIME,
    updatedAt=TIME,
    lines={**list_of(ref("ManufacturingLine")), "description": "Only where there are several; the rest are sums."},
)

_DETAILS = an_object(
    components=list_of(
        an_object(
            productId=ID,
            name=TEXT,
            uom=TEXT,
            requiredQty={**NUMBER, "description": "For the whole order, rounded up to what the unit allows."},
            reservedQty=NUMBER,
            consumedQty={**NUMBER, "description": "Taken from stock, what was recorded beyond the BOM included."},
        )
    ),
    lots={
        **list_of(an_object(lotNumber=TEXT, quantity=NUMBER)),
        "description": "What good units went into: lots, or serial numbers.",
    },
)

ORDER_SCHEMAS: dict[str, Json] = {
    "ManufacturingLine": _LINE,
    "ListedManufacturingOrder": _ORDER,
    "ManufacturingOrder": {"allOf": [ref("ListedManufacturingOrder"), _DETAILS]},
    "ManufacturingOrders": page_of("ListedManufacturingOrder"),
    "Production": an_object(
        id=ID,
        qty={**NUMBER, "description": "Negative where units were taken back through another API."},
        lotNumber=or_null(TEXT),
        recordedAt=TIME,
        by=an_object(id=TEXT, name=TEXT),
    ),
    "Productions": page_of("Production"),
    "ProducedOrder": {"allOf": [ref("ManufacturingOrder"), an_object(production=ref("Production"))]},
    "ManufacturingWorkOrder": an_object(
        id={**TEXT, "description": "`wo_001`; unique in its order."},
        name=TEXT,
        workcenter=or_null(TEXT),
        sequence=COUNT,
        status=one_of("pending", "in_progress", "done"),
        plannedMinutes={**NUMBER, "description": "The operation's, whatever the quantity."},
        durationMinutes=or_null(NUMBER),
        startedAt=or_null(TIME),
        finishedAt=or_null(TIME),
        notes=or_null(TEXT),
    ),
    "ManufacturingWorkOrders": page_of("ManufacturingWorkOrder"),
}
