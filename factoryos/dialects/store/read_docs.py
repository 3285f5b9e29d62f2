"""The calls that change nothing, as the published description tells them: one row a route and method."""

from factoryos.dialects.base.operations import Operation, Reply
from factoryos.dialects.store import examples as shown
from factoryos.dialects.store import list_requests as take
from factoryos.dialects.store import picking_requests
from factoryos.dialects.store.examples import named, page

ORDERS = "/v1/production_orders"
ORDER = f"{ORDERS}/{{order_id}}"
CUSTOMER_ORDERS = "/v1/customer_orders"
TAG, MATERIAL, CUSTOMERS = "Store: production orders", "Store: material", "Store: customer orders"
_PAGE = Reply(text="A page.", schema="StoreOrders", examples=named("One order", page(shown.RUNNING)))
_SORTED = "Pages are counted from 0. An order without the day that is sorted by comes last, either way."

READS: dict[str, Operation] = {
    f"GET {ORDERS}": Operation(
        id="listStoreOrders", tag=TAG, summary="List production orders", query=take.BetweenStatesQuery, reply=_PAGE,
        text="The same as `production_orders_state`, fifty a page.",
    ),
    f"GET {ORDERS}/pr_ref/next_id": Operation(
        id="nextStoreReference", tag=TAG, summary="Ask for the next reference",
        text="Reserves nothing: of two who use it the second is refused.",
        reply=Reply(text="The reference.", schema="StoreReference", examples=named("The next one", shown.REFERENCE)),
    ),
    f"GET {ORDERS}/production_orders_state": Operation(
        id="listStoreOrdersBetweenStates", tag=TAG, summary="List production orders between two states",
        query=take.BetweenStatesQuery, reply=_PAGE, text="Both states included; by start date, the latest first.",
    ),
    f"GET {ORDERS}/state/{{state}}": Operation(
        id="listStoreOrdersInState", tag=TAG, summary="List production orders in a state", query=take.StateQuery,
        reply=_PAGE, text=_SORTED,
    ),
    f"GET {ORDERS}/article/{{article_id}}": Operation(
        id="listStoreOrdersWithArticle", tag=TAG, summary="List production orders with a line of an article",
        query=take.ArticleQuery, reply=_PAGE,
        text=f"{_SORTED} Parts do not count as lines. An article that nobody knows has an empty page.",
    ),
    f"GET {ORDERS}/customer_order/{{customer_order_id}}": Operation(
        id="listStoreOrdersOfCustomerOrder", tag=TAG, summary="List production orders of a customer order",
        query=take.PageQuery, reply=_PAGE, refuses=("customer_order_not_found",), text="The newest first.",
    ),
    f"GET {ORDER}": Operation(
        id="getStoreOrder", tag=TAG, summary="Read a production order",
        reply=Reply(
            text="The order.", schema="StoreOrder", headers=("ETag",), examples=named("Running", shown.RUNNING)
        ),
    ),
    f"GET {ORDER}/pickinglist/print": Operation(
        id="printStorePickingList", tag=MATERIAL, summary="Print the picking list", query=picking_requests.PickingQuery,
        reply=Reply(
            text="A PDF with a row for each article to be picked: where it lies, how much, which lots.",
            schema={"type": "string", "format": "binary"}, kind="application/pdf",
        ),
    ),
    f"GET {ORDER}/batch": Operation(
        id="listStoreBatches", tag=MATERIAL, summary="List the batches and serial numbers that an order made",
        query=take.BatchQuery, refuses=("line_not_found",),
        reply=Reply(
            text="All of the order, and line by line.", schema="StoreBatches",
            examples=named("One batch", shown.BATCHES),
        ),
    ),
    f"GET {ORDER}/products/flat": Operation(
        id="listStoreFlatProducts", tag=MATERIAL, summary="List the bought articles that an order is made of",
        query=take.FlatQuery, text="Every line taken apart to its leaves, one row an article.",
        reply=Reply(text="The articles.", schema="StoreFlatArticles", examples=named("Resin", shown.FLAT)),
    ),
    f"GET {CUSTOMER_ORDERS}": Operation(
        id="listStoreCustomerOrders", tag=CUSTOMERS, summary="List customer orders", query=take.PageQuery,
        text="The newest first.",
        reply=Reply(
            text="A page.", schema="StoreCustomerOrders", examples=named("One order", page(shown.CUSTOMER_ORDER))
        ),
    ),
    f"GET {CUSTOMER_ORDERS}/{{customer_order_id}}": Operation(
        id="getStoreCustomerOrder", tag=CUSTOMERS, summary="Read a customer order",
        refuses=("customer_order_not_found",),
        reply=Reply(
            text="The order.", schema="StoreCustomerOrder", examples=named("Blue caps", shown.CUSTOMER_ORDER)
        ),
    ),
    f"GET {CUSTOMER_ORDERS}/external/{{external_id}}": Operation(
        id="findStoreCustomerOrder", tag=CUSTOMERS, summary="Find a customer order by the name that its sender gave it",
        refuses=("customer_order_not_found",),
        reply=Reply(
            text="The order.", schema="StoreCustomerOrder", examples=named("By its name", shown.CUSTOMER_ORDER)
        ),
    ),
}  # fmt: skip
