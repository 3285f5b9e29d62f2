"""The calls on production orders as the published description tells them: one row a route and method."""

from factoryos.dialects.base.operations import Operation, Reply
from factoryos.dialects.factory import examples as shown
from factoryos.dialects.factory import order_requests as take
from factoryos.dialects.factory.examples import named

_ORDERS = "/api/factories/{slug}/production-orders"
_ORDER = f"{_ORDERS}/{{order_id}}"
_TAG = "Production orders"
_LIFE = "The life of an order"
_TRACE = "Trace"
_ETAG = ("ETag",)

READS: dict[str, Operation] = {
    f"GET {_ORDERS}": Operation(
        id="listOrders",
        tag=_TAG,
        summary="List orders, newest first",
        text="The deepest page by `cursor` costs what the first one does.",
        query=take.OrderQuery,
        reply=Reply(
            text="A page. Rows are the order without `workOrders`.",
            schema="Orders",
            examples=named("One order", shown.page(shown.LISTED)),
        ),
    ),
    f"GET {_ORDER}": Operation(
        id="getOrder",
        tag=_TAG,
        summary="Read one order",
        reply=Reply(
            text="The order.", schema="Order", headers=_ETAG, examples=named("A scheduled order", shown.SCHEDULED)
        ),
    ),
    f"GET {_ORDER}/adjust-quantity/preview": Operation(
        id="previewQuantity",
        tag=_LIFE,
        summary="See what another target would mean",
        text="Changes and reserves nothing. Warnings refuse nothing; `material_short` names what free stock would lack.",
        query=take.PreviewQuery,
        reply=Reply(
            text="Shares and warnings.", schema="AdjustmentPreview", examples=named("Half as much again", shown.PREVIEW)
        ),
    ),
    f"GET {_ORDER}/transitions": Operation(
        id="listTransitions",
        tag=_TRACE,
        summary="List every move of an order, oldest first",
        text=(
            "A page holds 100 unless `limit` says less. Each event names the hash of the one before it. What was counted or "
            "verified says in `data` which lots were `consumed` (negative: given back) and what was `short`."
        ),
        query=take.TransitionsQuery,
        reply=Reply(text="A page.", schema="Transitions", examples=named("A start", shown.page(shown.MOVE, limit=100))),
    ),
    f"GET {_ORDER}/quantity-entries": Operation(
        id="listQuantityEntries",
        tag=_TRACE,
        summary="List the quantity ledger of an order, newest first",
        query=take.EntriesQuery,
        reply=Reply(text="A page.", schema="QuantityEntries", examples=named("One count", shown.page(shown.ENTRY))),
    ),
    f"GET {_ORDER}/record": Operation(
        id="getRecord",
        tag=_TRACE,
        summary="Get the record that ships with the goods",
        text="JSON, or a PDF for `Accept: application/pdf` or `?format=pdf`. Equal for equal data but for `generatedAt`.",
        query=take.RecordQuery,
        refuses=("not_acceptable",),
        reply=Reply(text="The record.", schema="Record", media=("application/pdf",)),
    ),
}

CHANGES: dict[str, Operation] = {
    f"POST {_ORDERS}": Operation(
        id="createOrder",
        tag=_TAG,
        summary="Create an order",
        text="Posting twice without an `Idempotency-Key` makes two orders. A batch number may be used by several orders.",
        verbs=("create",),
        takes=take.Create,
        examples=named(
            "A thousand caps",
            {
                "productId": "CAP-28",
                "quantityTarget": 1000,
                "batchNumber": "M062026-UBH",
                "plannedStart": "2026-04-20T08:00:00Z",
                "plannedEnd": "2026-04-20T16:00:00Z",
            },
        ),
        reply=Reply(
            status=201,
            text="The order, a draft.",
            schema="Order",
            headers=("Location", "ETag"),
            examples=named("A draft", shown.CREATED),
        ),
    ),
    f"PATCH {_ORDER}": Operation(
        id="amendOrder",
        tag=_TAG,
        summary="Change facts of an order",
        text="Moves nothing: a state belongs to `/transition`, `quantityTarget` to `/adjust-quantity`. Null clears.",
        verbs=("amend",),
        takes=take.Amend,
        versioned=True,
        refuses=("wrong_endpoint", "not_open"),
        examples=named("A rush", {"priority": "rush"}),
        reply=Reply(text="The order.", schema="Order", headers=_ETAG),
    ),
    f"POST {_ORDER}/schedule": Operation(
        id="scheduleOrder",
        tag=_LIFE,
        summary="Schedule an order on machines or a work area",
        text=(
            "From draft, or again from scheduled. Mode `single` takes exactly one of `machineId`, `machineCode` and "
            "`workAreaId`; mode `split` takes `splits` on distinct machines that add up to the target. Without "
            "`methodId` the product's default method is used. Components are reserved as far as they are there: `shortages` "
            "tells the rest, each with a warning `material_short`. Where the factory's material policy is strict, a "
            "shortage is refused instead, and nothing changes."
        ),
        verbs=("schedule",),
        takes=take.Schedule,
        versioned=True,
        refuses=("illegal_transition", "order_on_hold", "machine_unavailable", "material_short"),
        examples={
            **named("One machine", {"mode": "single", "machineId": "PRESS-01"}),
            **named(
                "Two machines",
                {
                    "mode": "split",
                    "splits": [
                        {"machineCode": "CNC-001", "quantity": 600},
                        {"machineCode": "CNC-002", "quantity": 400},
                    ],
                },
            ),
        },
        reply=Reply(
            text="The order, with what could not be reserved and which windows overlap.",
            schema="ScheduledOrder",
            headers=_ETAG,
            examples={
                **named("One machine", {**shown.SCHEDULED, "shortages": [], "warnings": []}),
                **named(
                    "Wire is missing",
                    {**shown.SCHEDULED, "shortages": [shown.SHORTAGE], "warnings": [shown.SHORT]},
                ),
            },
        ),
    ),
    f"POST {_ORDER}/transition": Operation(
        id="moveOrder",
        tag=_LIFE,
        summary="Start, pause, resume, complete, close or cancel an order",
        text=(
            "`toState` says which: `in_production` starts, or resumes what is paused, and takes every assigned machine "
            "or none; `paused` needs a `reason` and frees the machines; `completed` frees them too; `closed` may bring "
            "a `shipment`, whose quantity leaves the stock; `cancelled` is possible until completion. `scheduled` and "
            "`verified` have endpoints of their own."
        ),
        verbs=("start", "pause", "resume", "complete", "close", "cancel"),
        who="planner, technician, operator or admin for in_production, paused and completed; "
        "planner, operator or admin for closed and cancelled",
        takes=take.Transition,
        versioned=True,
        refuses=(
            "wrong_endpoint",
            "illegal_transition",
            "machine_busy",
            "machine_unavailable",
            "order_on_hold",
            "stock_short",
        ),
        examples={
            **named("Start", {"toState": "in_production"}),
            **named("Pause", {"toState": "paused", "reason": "tool_change"}),
            **named("Complete", {"toState": "completed"}),
        },
        reply=Reply(
            text="The order and its transition.",
            schema="MovedOrder",
            headers=_ETAG,
            examples=named("Started", {**shown.STARTED, "transition": shown.MOVE}),
        ),
    ),
    f"POST {_ORDER}/log-quantity": Operation(
        id="logQuantity",
        tag=_LIFE,
        summary="Log what was made",
        text=(
            "While in production or paused. Two of the three numbers give the third; produced alone means all good, "
            "good or rejected alone is also produced. A negative number makes it a correction, which needs a `reason`. "
            "Entries are only ever added. `lineId` is required where the order has several lines.\n\n"
            "Good pieces are received into stock: into `lotNumber` (what is tracked by lot goes into the batch, else the "
            "order's reference, if none is named), or each under one of `serialNumbers`. Components are used for all "
            "pieces, good and rejected, first expired first out, or from `consumedLots`. What is not there refuses "
            "nothing and stands in `shortConsumption`. A correction gives back what it did not use."
        ),
        verbs=("report",),
        takes=take.LogQuantity,
        versioned=True,
        refuses=(
            "quantity_mismatch",
            "illegal_transition",
            "order_on_hold",
            "over_production",
            "total_below_zero",
            "stock_short",
            "duplicate",
        ),
        examples={
            **named("A count", {"quantityProduced": 250, "quantityGood": 248, "quantityRejected": 2}),
            **named(
                "A correction",
                {"quantityProduced": 0, "quantityGood": -2, "quantityRejected": 2, "reason": "regauged"},
            ),
        },
        reply=Reply(
            status=201,
            text="The order and its entry.",
            schema="CountedOrder",
            headers=_ETAG,
            examples=named("A count", {**shown.COUNTED, "entry": shown.ENTRY}),
        ),
    ),
    f"POST {_ORDER}/verify": Operation(
        id="verifyOrder",
        tag=_LIFE,
        summary="Sign the final numbers of a completed order",
        text=(
            "Good and rejected must add up to final. They may differ from what was logged: the difference is booked as "
            "entries of source `verification`, and stock follows. `lines` are required where several lines differ."
        ),
        verbs=("verify",),
        takes=take.Verify,
        versioned=True,
        refuses=("quantity_mismatch", "illegal_transition", "order_on_hold", "over_production", "stock_short"),
        examples=named("Signed", {"quantityFinal": 1000, "quantityGood": 988, "quantityRejected": 12}),
        reply=Reply(
            text="The order and its verification.",
            schema="VerifiedOrder",
            headers=_ETAG,
            examples=named("Signed", {**shown.VERIFIED, "verification": shown.VERIFICATION}),
        ),
    ),
    f"POST {_ORDER}/rework": Operation(
        id="reworkOrder",
        tag=_LIFE,
        summary="Send a completed order back to production",
        text="Takes the machines as a start does. Verifying again later adds a second verification; the last one counts.",
        verbs=("rework",),
        takes=take.Rework,
        versioned=True,
        refuses=("illegal_transition", "machine_busy", "machine_unavailable", "order_on_hold"),
        examples=named("Flash on the rim", {"reason": "Flash on the rim"}),
        reply=Reply(text="The order and its transition.", schema="MovedOrder", headers=_ETAG),
    ),
    f"POST {_ORDER}/adjust-quantity": Operation(
        id="adjustQuantity",
        tag=_LIFE,
        summary="Change the target of an open order",
        text="A single assignment follows the target; several need `splits`, each assigned machine once. Reservations follow, "
        "as far as stock goes.",
        verbs=("adjust_quantity",),
        takes=take.AdjustQuantity,
        versioned=True,
        refuses=("allocation_required", "illegal_transition", "not_open", "order_on_hold"),
        examples=named("Half as much again", {"quantityTarget": 1500, "reason": "Customer added a pallet"}),
        reply=Reply(text="The order and its adjustment.", schema="AdjustedOrder", headers=_ETAG),
    ),
}

ORDER_OPERATIONS = CHANGES | READS
