"""The calls that change something, as the published description tells them: one row a route and method."""

from factoryos.dialects.base.operations import Operation, Reply
from factoryos.dialects.store import examples as shown
from factoryos.dialects.store import requests as take
from factoryos.dialects.store import sign_in_requests
from factoryos.dialects.store.examples import named
from factoryos.dialects.store.read_docs import CUSTOMER_ORDERS, CUSTOMERS, ORDER, ORDERS, TAG

LINES, DOOR = "Store: articles of an order", "Store: signing in"
_ARTICLE = f"{ORDER}/article/{{article_id}}"
_MAKES = ("create_refused", "create_conflict", "customer_order_unknown")
_CHANGES = ("update_refused", "update_conflict")


def _order(example: str, value: dict[str, object]) -> Reply:
    return Reply(
        text="The order as it is now.", schema="StoreOrder", headers=("ETag",), examples=named(example, value)
    )  # fmt: skip


CHANGES: dict[str, Operation] = {
    f"POST {ORDERS}": Operation(
        id="createStoreOrder", tag=TAG, summary="Add a production order", verbs=("create",), takes=take.NewOrder,
        examples=named("For a customer order", shown.NEW_ORDER), refuses=_MAKES,
        text="`state` 1, 2 or 3 starts, finishes or cancels it at once. Without `prReference` the next one is taken.",
        reply=_order("Without lines yet", shown.EMPTY),
    ),
    f"POST {ORDERS}/customer_order/{{customer_order_id}}": Operation(
        id="createStoreOrderFromCustomerOrder", tag=TAG, summary="Make a production order from a customer order",
        verbs=("create",), changes_by_itself=True, refuses=("create_refused", "customer_order_not_found"),
        text="A line for each article that has a bill of materials. Called twice, it makes two: send `Idempotency-Key`.",
        reply=_order("A new one", shown.NEW),
    ),
    f"PUT {ORDER}": Operation(
        id="updateStoreOrder", tag=TAG, summary="Update a production order", verbs=("amend",), takes=take.ChangedOrder,
        query=take.StartQuery, examples=named("A later end", shown.CHANGED_ORDER), versioned=True, may_be_empty=True,
        refuses=(*_CHANGES, "customer_order_unknown"),
        text="What is left out stays, null empties. `startProduction=true` begins production when it is saved.",
        reply=_order("Started", shown.RUNNING),
    ),
    f"PUT {ORDER}/cancel": Operation(
        id="cancelStoreOrder", tag=TAG, summary="Cancel a production order", verbs=("cancel",), changes_by_itself=True,
        versioned=True, refuses=_CHANGES, text="What was produced stays booked.",
        reply=_order("Cancelled", shown.CANCELLED),
    ),
    f"PUT {ORDER}/finish": Operation(
        id="finishStoreOrder", tag=TAG, summary="Finish a production order", verbs=("complete",), changes_by_itself=True,
        versioned=True, refuses=_CHANGES, text="What is still reserved is freed.",
        reply=_order("Finished", shown.FINISHED),
    ),
    f"POST {ORDER}/article": Operation(
        id="addStoreArticle", tag=LINES, summary="Add an article", verbs=("add_line",), takes=take.NewArticle,
        examples=named("Five hundred caps", shown.NEW_ARTICLE), versioned=True, refuses=_CHANGES,
        text="Until production is over, each article once. It is made by its bill of materials as that is now. With "
        "`finished` or `waste` it is booked at once, which starts production.",
        reply=Reply(
            text="All lines, and the parts of all.", schema="StoreArticles", examples=named("One line", shown.ARTICLES),
        ),
    ),
    f"PUT {ORDER}/article": Operation(
        id="updateStoreArticle", tag=LINES, summary="Update an article", verbs=("adjust_quantity", "report"),
        takes=take.ChangedArticle, examples=named("As it stands", shown.CHANGED_ARTICLE), versioned=True,
        refuses=(*_CHANGES, "line_not_found"),
        text="Absolute figures: sent twice they change nothing the second time. Fewer than before is a correction, which "
        "takes pieces out of stock and gives their parts back.",
        reply=_order("Updated", shown.RUNNING),
    ),
    f"PUT {_ARTICLE}": Operation(
        id="produceStoreArticle", tag=LINES, summary="Book a run, with traceability", verbs=("report",),
        takes=take.TracedRun, query=take.RunQuery, examples=named("Into a batch", shown.RUN), versioned=True,
        refuses=(*_CHANGES, "line_not_found"),
        text="One run on top of what is booked: sent twice it counts twice, but for an `Idempotency-Key`. Batches and "
        "serial numbers that are named are used exactly; the rest is taken by what expires first.",
        reply=_order("Counted", shown.RUNNING),
    ),
    f"DELETE {_ARTICLE}": Operation(
        id="removeStoreArticle", tag=LINES, summary="Remove an article", verbs=("remove_line",), changes_by_itself=True,
        versioned=True, refuses=(*_CHANGES, "line_not_found"), text="Only where nothing was produced of it.",
        reply=_order("Without lines", shown.EMPTY),
    ),
    f"POST {CUSTOMER_ORDERS}": Operation(
        id="createStoreCustomerOrder", tag=CUSTOMERS, summary="Tell of a customer order", verbs=("create",),
        takes=take.NewCustomerOrder, examples=named("Blue caps", shown.NEW_CUSTOMER_ORDER),
        refuses=("customer_order_refused", "customer_order_conflict"),
        reply=Reply(text="It.", schema="StoreCustomerOrder", examples=named("Its id", shown.CUSTOMER_ORDER)),
    ),
}  # fmt: skip

_TOKEN = Reply(
    text="The token, good for thirty days.", schema="StoreSignIn", examples=named("A token", shown.SIGNED_IN)
)
_SIGNS_IN = "Needs no credential. Five wrong passwords of one name and address are enough for a quarter of an hour."
SIGN_IN: dict[str, Operation] = {
    "POST /v1/login": Operation(
        id="signInToStore", tag=DOOR, summary="Sign in", takes=sign_in_requests.LoginDto, reply=_TOKEN, who="everybody",
        examples=named("A planner", shown.SIGN_IN), text=_SIGNS_IN,
    ),
    "POST /v1/mobile/login": Operation(
        id="signInToStoreByMobile", tag=DOOR, summary="Sign in from a mobile device", takes=sign_in_requests.LoginDto,
        reply=_TOKEN, who="everybody", examples=named("On a phone", shown.SIGN_IN), text=_SIGNS_IN,
    ),
    "POST /v1/logout": Operation(
        id="signOutOfStore", tag=DOOR, summary="Sign out", changes_by_itself=True, who="whoever signed in",
        text="The token is good for nothing from now on.",
        reply=Reply(text="Nothing more to say.", schema={"type": "object", "additionalProperties": False}),
    ),
}  # fmt: skip
