"""What the factory API answers, as schema components: the envelopes, and the order with all that hangs on it."""

from factoryos.dialects.base.json_schema import (
    ANY,
    COUNT,
    FLAG,
    ID,
    NUMBER,
    TEXT,
    TIME,
    an_object,
    list_of,
    one_of,
    or_null,
)
from factoryos.dialects.base.operations import Json, ref
from factoryos.dialects.factory.errors import STATUS_OF_CODE
from factoryos.dialects.factory.order_requests import PRIORITIES
from factoryos.dialects.factory.states import MOVE_WORDS, WORDS

STATES = list(dict.fromkeys(WORDS.values()))

HASH: Json = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def page_of(name: str) -> Json:
    """A page of a list."""
    return an_object(data=list_of(ref(name)), meta=ref("PageMeta"))


def order_and(**extra: Json) -> Json:
    """The order, and the one key (or two) that an action adds."""
    return {"allOf": [ref("Order"), an_object(**extra)]}


_ORDER = an_object(
    id=ID,
    reference={**TEXT, "description": "`PO-<year>-<number>` for orders made here."},
    factory={**TEXT, "description": "The factory's slug."},
    origin={**TEXT, "description": "The API through which the order was made."},
    state=ref("OrderState"),
    status={**ref("OrderState"), "description": "Always the same as `state`."},
    allowedTransitions={
        **list_of(one_of(*MOVE_WORDS)),
        "description": "What `/transition` would take now; holds, roles and busy machines aside.",
    },
    productId=ID,
    product=an_object(id=ID, sku=TEXT, name=TEXT, unit=TEXT),
    batchNumber=or_null(TEXT),
    priority=one_of(*PRIORITIES),
    notes=or_null(TEXT),
    quantityTarget=NUMBER,
    quantityProduced={**NUMBER, "description": "Good and rejected together."},
    quantityGood=NUMBER,
    quantityRejected=NUMBER,
    quantityFinal={**or_null(NUMBER), "description": "Null until verified."},
    overTarget=FLAG,
    overProduction=an_object(policy=one_of("strict", "tolerance", "unlimited"), tolerancePercent=or_null(NUMBER)),
    plannedStart=or_null(TIME),
    plannedEnd=or_null(TIME),
    actualStart=or_null(TIME),
    actualEnd=or_null(TIME),
    methodId=or_null(ID),
    method=or_null(an_object(id=ID, code=TEXT, name=TEXT)),
    assignments=list_of(ref("Assignment")),
    lines=list_of(ref("OrderLine")),
    onHold=FLAG,
    holds=list_of(an_object(id=ID, reason=TEXT, placedAt=TIME)),
    pauseReason=or_null(an_object(code=TEXT, text=or_null(TEXT))),
    createdBy=ref("Person"),
    createdAt=TIME,
    updatedAt=TIME,
    version=COUNT,
)

_VERIFICATION = an_object(
    id=ID,
    quantityFinal=NUMBER,
    quantityGood=NUMBER,
    quantityRejected=NUMBER,
    notes=or_null(TEXT),
    difference={
        **an_object(good=NUMBER, rejected=NUMBER),
        "description": "What the verified numbers added to the logged ones.",
    },
    verifiedBy=ref("Person"),
    verifiedAt=TIME,
)

_ADJUSTMENT = an_object(
    quantityTarget=NUMBER,
    current={**NUMBER, "description": "The target before."},
    perMachine=list_of(an_object(machineCode=or_null(TEXT), current=NUMBER, proposed=NUMBER, produced=NUMBER)),
    needsAllocation={**FLAG, "description": "Whether `splits` must say the shares."},
    warnings=list_of(
        an_object(code=one_of("below_produced", "material_short", "window_too_short"), message=TEXT, data=ANY)
    ),
)

_TRANSITION = an_object(
    id=ID,
    at=TIME,
    fromState={**or_null(ref("OrderState")), "description": "Null for the first event."},
    toState=ref("OrderState"),
    verb=TEXT,
    by=an_object(id=TEXT, name=TEXT, kind=one_of("user", "api_key", "device", "system")),
    reason=or_null(TEXT),
    notes=or_null(TEXT),
    face={**TEXT, "description": "The API or page it came through."},
    data=ANY,
    hash=HASH,
    previousHash=or_null(HASH),
)

_ENTRY = an_object(
    id=ID,
    at=TIME,
    quantityProduced=NUMBER,
    quantityGood=NUMBER,
    quantityRejected=NUMBER,
    lotNumber=or_null(TEXT),
    machineCode=or_null(TEXT),
    workOrderId=or_null(TEXT),
    source={
        **one_of("manual", "machine", "verification", "ingest"),
        "description": "By hand, by the machine's own counter, a difference found at verification, or stated by a "
        "planning system: pieces that were made elsewhere and never are in stock.",
    },
    reason=or_null(TEXT),
    by=ref("Person"),
    face=TEXT,
    occurredAt=TIME,
    serialNumbers=list_of(TEXT),
    consumedLots={
        **list_of(an_object(productId=ID, sku=TEXT, lotNumber=TEXT, quantity=NUMBER)),
        "description": "The component lots that the caller named.",
    },
    shortConsumption={
        **list_of(an_object(productId=ID, sku=TEXT, required=NUMBER, short=NUMBER)),
        "description": "Components that should have been used but were not in stock.",
    },
)

ORDER_SCHEMAS: dict[str, Json] = {
    "Error": an_object(
        ["details"],
        statusCode={"type": "integer"},
        message={
            "anyOf": [TEXT, list_of(TEXT)],
            "description": "A list of sentences where fields are wrong, one sentence otherwise.",
        },
        error={**TEXT, "description": "The status in words."},
        code={"type": "string", "enum": list(STATUS_OF_CODE)},
        details={**ANY, "description": "Facts that a program can use, where there are any."},
    ),
    "PageMeta": an_object(
        ["totalCapped"],
        total={**or_null(COUNT), "description": "Exact up to 10,000; null where `cursor` was given."},
        limit=COUNT,
        offset=COUNT,
        nextCursor={**or_null(TEXT), "description": "Null on the last page."},
        totalCapped={**FLAG, "description": "There are more than `total`."},
    ),
    "OrderState": one_of(*STATES),
    "Person": an_object(id=TEXT, name=TEXT),
    "OrderLine": an_object(
        id=ID, productId=ID, variant=or_null(TEXT), quantityTarget=NUMBER, quantityGood=NUMBER, quantityRejected=NUMBER
    ),
    "Assignment": an_object(
        machineId=or_null(ID),
        machineCode=or_null(TEXT),
        workAreaId=or_null(ID),
        quantity=NUMBER,
        quantityProduced=NUMBER,
        active={**FLAG, "description": "Whether the order occupies the machine now."},
    ),
    "WorkOrder": an_object(id=TEXT, name=TEXT, workcenter=TEXT, sequence=COUNT, status=TEXT),
    "ListedOrder": _ORDER,
    "Order": {"allOf": [ref("ListedOrder"), an_object(workOrders=list_of(ref("WorkOrder")))]},
    "Orders": page_of("ListedOrder"),
    "Transition": _TRANSITION,
    "Transitions": page_of("Transition"),
    "QuantityEntry": _ENTRY,
    "QuantityEntries": page_of("QuantityEntry"),
    "Verification": _VERIFICATION,
    "AdjustmentPreview": _ADJUSTMENT,
    "Adjustment": {"allOf": [ref("AdjustmentPreview"), an_object(reason=TEXT)]},
    "Shortage": an_object(productId=ID, sku=TEXT, name=TEXT, required=NUMBER, reserved=NUMBER, short=NUMBER),
    "WindowOverlap": an_object(code=one_of("window_overlap"), message=TEXT, machineCode=TEXT, reference=TEXT),
    "MaterialShort": an_object(
        code=one_of("material_short"), message=TEXT, productId=ID, sku=TEXT, required=NUMBER, short=NUMBER
    ),
    "ScheduledOrder": order_and(
        shortages=list_of(ref("Shortage")),
        warnings=list_of({"anyOf": [ref("WindowOverlap"), ref("MaterialShort")]}),
    ),
    "MovedOrder": order_and(transition=ref("Transition")),
    "CountedOrder": order_and(entry=ref("QuantityEntry")),
    "VerifiedOrder": order_and(verification=ref("Verification")),
    "AdjustedOrder": order_and(adjustment=ref("Adjustment")),
    "Record": an_object(
        recordVersion=COUNT,
        generatedAt=TIME,
        final={**FLAG, "description": "Whether the order is closed."},
        factory=an_object(slug=TEXT, name=TEXT, timeZone=TEXT),
        order=ref("Order"),
        quantities=an_object(
            target=NUMBER,
            produced=NUMBER,
            good=NUMBER,
            rejected=NUMBER,
            final=or_null(NUMBER),
            qualityRate={**or_null(NUMBER), "description": "Good ÷ produced, 4 decimals."},
        ),
        verification=or_null(ref("Verification")),
        shipment=or_null(ref("Shipment")),
        lots=an_object(
            produced=list_of(an_object(lotNumber=TEXT, quantity=NUMBER)),
            consumed=list_of(
                an_object(
                    productId=ID,
                    sku=TEXT,
                    lotNumber={**or_null(TEXT), "description": "Null for what has no lots."},
                    quantity=NUMBER,
                )
            ),
        ),
        quality=an_object(
            checks=list_of(ANY), defects=list_of(ANY), ncrs=list_of(ANY), holds=list_of(ref("HoldOfRecord"))
        ),
        history=list_of(ref("Transition")),
        seal=ref("Seal"),
    ),
    "Shipment": an_object(
        carrier=or_null(TEXT), trackingNumber=or_null(TEXT), shippedAt=or_null(TIME), quantity=or_null(NUMBER)
    ),
    "HoldOfRecord": an_object(
        id=ID,
        reason=TEXT,
        placedBy=ref("Person"),
        placedAt=TIME,
        releasedBy=or_null(ref("Person")),
        releasedAt=or_null(TIME),
    ),
    "Seal": an_object(
        chainHead=HASH,
        events=COUNT,
        intact={**FLAG, "description": "Whether the hash chain of the history was recomputed without a difference."},
        merkleRoot=or_null(HASH),
        sealedAt=or_null(TIME),
    ),
}
