"""The published page of this API: its requests sent as they are printed, but for ids, and its answers' fields and types."""

from decimal import Decimal
from typing import Any

import pytest

from tests.calls import Reply
from tests.conformance.store.shop import Shop, as_xml, in_path, of_xml

pytestmark = pytest.mark.django_db

# As printed, but for the order of the fields. `<id>` stands for what must be a real id.
NEW_ORDER: dict[str, Any] = {
    "finishedAmount": 3533.3880076364176, "orderId": 4676, "endDate": 1766443826230, "prReference": "prReference",
    "customerOrderId": "<customer order>", "workHours": 7466.689195339744, "internalReference": "internalReference",
    "customerOrderExternalId": "customerOrderExternalId", "totalAmount": 4641.942941769685, "name": "name",
    "comment": "comment", "finishDate": 1766443826230, "storeState": 2597, "state": "0", "startDate": 1766443826230,
    "reserveInDepth": "false",
}  # fmt: skip
NEW_ARTICLE: dict[str, Any] = {
    "waste": "0", "amount": 1260.1215330281102, "articleName": "articleName", "productionOrderId": "<order>",
    "articleId": "<article>", "finished": 9362.552100624975, "time": 4011.884485124132, "status": 1770,
}  # fmt: skip
CHANGED_ORDER: dict[str, Any] = {
    "finishedAmount": 4408.284149567499, "orderId": "<order>", "endDate": 1766443826231, "prReference": "prReference",
    "customerOrderId": "<customer order>", "workHours": 3303.9806727280275, "internalReference": "internalReference",
    "singleArticles": [{"articleId": "articleId", "singleArticles": [{
        "totalAmount": 9409.75704873803, "hasStockValue": True, "unit": "unit", "singleArticleId": "singleArticleId",
        "singleArticleName": "singleArticleName", "articleId": "articleId", "purchasePrice": 5421.428176266374,
        "partAmount": 9847.811477966925, "totalReserved": 8441.06023139805}]}],
    "customerOrderExternalId": "customerOrderExternalId", "totalAmount": 7971.851936076445, "name": "name",
    "comment": "comment", "finishDate": 1766443826231, "storeState": 2829, "state": "0",
    "articles": [{
        "waste": "0", "amount": 483.4614717561025, "articleName": "articleName", "productionOrderId": 2115,
        "articleId": "articleId", "accuracy": 5473.047372183918, "finished": 1681.9897195584977,
        "time": 7172.840441439945, "status": 5734}],
    "startDate": 1766443826231, "reserveInDepth": "false",
}  # fmt: skip
CHANGED_ARTICLE: dict[str, Any] = {
    "waste": "0", "amount": 5262.655973433428, "articleName": "articleName", "productionOrderId": "<order>",
    "articleId": "<article>", "accuracy": 6444.006367825945, "finished": 3382.0131106162053, "time": 4493.836443211248,
    "status": 1147,
}  # fmt: skip
RUN: dict[str, Any] = {
    "amount": 8142.373445120068,
    "partTraceability": [{
        "batches": [{"amount": 8495.939784311757, "batchId": "<batch>"}], "amount": 6506.19751490119, "serial": [{}],
        "articleId": "<part>"}],
    "limitPartAmounts": "false", "serial": "serial", "bestBefore": 4422, "articleId": "<article>", "batch": "batch",
    "barcode": "barcode",
}  # fmt: skip

NUMBER, TEXT, FLAG, LIST = (int, Decimal), (str,), (bool,), (list,)
ORDER_TYPES = {
    "orderId": (int,), "prReference": TEXT, "customerOrderId": (int,), "customerOrderExternalId": TEXT,
    "internalReference": TEXT, "name": TEXT, "comment": TEXT, "startDate": (int,), "endDate": (int,),
    "finishDate": (int,), "workHours": NUMBER, "state": (int,), "reserveInDepth": FLAG, "storeState": (int,),
    "totalAmount": NUMBER, "finishedAmount": NUMBER, "articles": LIST, "singleArticles": LIST,
}  # fmt: skip
ARTICLE_TYPES = {
    "productionOrderId": (int,), "articleId": TEXT, "articleName": TEXT, "time": NUMBER, "amount": NUMBER,
    "finished": NUMBER, "waste": NUMBER, "status": (int,), "accuracy": NUMBER,
}  # fmt: skip
SINGLE_TYPES = {
    "articleId": TEXT, "singleArticleId": TEXT, "singleArticleName": TEXT, "unit": TEXT, "totalReserved": NUMBER,
    "totalAmount": NUMBER, "partAmount": NUMBER, "purchasePrice": NUMBER, "hasStockValue": FLAG,
}  # fmt: skip
FLAT_TYPES = {
    "articleId": TEXT, "articleName": TEXT, "reserved": NUMBER, "amount": NUMBER, "partAmount": NUMBER,
    "purchasePrice": NUMBER, "purchasePriceMisc": NUMBER, "purchasePriceShipment": NUMBER, "supplierId": (int,),
    "supplierName": TEXT, "supplierArticleId": TEXT, "unit": TEXT, "stockplace": TEXT, "purchaseOrders": LIST,
}  # fmt: skip
PAGE_TYPES = {"page": (int,), "pages": (int,), "pageSize": (int,), "ordersCount": (int,), "orders": LIST}


def typed(value: dict[str, Any], types: dict[str, tuple[type, ...]]) -> None:
    """Every documented field and no other, each null or of its own type."""
    assert set(value) == set(types)
    for name, content in value.items():
        assert content is None or type(content) in types[name], (name, content)


def is_an_order(value: dict[str, Any]) -> None:
    typed(value, ORDER_TYPES)
    for article in value["articles"]:
        typed(article, ARTICLE_TYPES)
    for group in value["singleArticles"]:
        assert set(group) == {"articleId", "singleArticles"}
        for single in group["singleArticles"]:
            typed(single, SINGLE_TYPES)


class Printed:
    """The requests of the page in one form, for one shop."""

    root: str

    def __init__(self, shop: Shop, form: str) -> None:
        self.shop, self.form = shop, form
        self.ids: dict[str, Any] = {
            "<customer order>": shop.customer_order, "<article>": "CAP-28/BLUE", "<part>": "LINER-28", "<batch>": "LN-77",
        }  # fmt: skip

    def send(self, method: str, path: str, body: dict[str, Any] | None = None, *, root: str = "") -> Reply:
        data = self._real(body)
        if self.form == "xml" and data is not None:
            sent: Any = as_xml(root, data)
            reply = self.shop.admin.send(method, path, sent, content_type="application/xml")
        else:
            reply = self.shop.admin.send(method, path, data)
        assert reply.status == 200, reply.content
        return reply

    def _real(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._real(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._real(inner) for inner in value]
        return self.ids.get(value, value) if isinstance(value, str) else value

    def order(self) -> int:
        self.ids["<order>"] = self.send("POST", "", NEW_ORDER, root="productionOrderDto")["orderId"]
        return int(self.ids["<order>"])


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture(params=["json", "xml"])
def printed(request: pytest.FixtureRequest, shop: Shop) -> Printed:
    return Printed(shop, request.param)


def test_a_new_order_is_made_as_it_is_printed(printed: Printed) -> None:
    made = printed.send("POST", "", NEW_ORDER, root="productionOrderDto").json
    is_an_order(made)
    sent = {**NEW_ORDER, "customerOrderId": printed.shop.customer_order, "state": 0, "reserveInDepth": False}
    shown = {name: made[name] for name in sent if name != "orderId"}
    assert shown == {
        name: Decimal(str(value)) if isinstance(value, float) else value
        for name, value in sent.items()
        if name != "orderId"
    }
    assert made["articles"] == made["singleArticles"] == []
    assert made["orderId"] == printed.shop.core(made["orderId"]).pk


def test_an_article_with_counts_is_added_as_it_is_printed(printed: Printed) -> None:
    order_id = printed.order()
    added = printed.send("POST", f"{order_id}/article", NEW_ARTICLE, root="productionOrderArticleDto").json
    assert set(added) == {"articles", "parts"}
    (article,) = added["articles"]
    typed(article, ARTICLE_TYPES)
    assert article["amount"] == Decimal("1260.1215330281102")
    assert article["finished"] == Decimal("9362.552100624975")
    assert article["accuracy"] == Decimal("642.988026")
    assert (article["waste"], article["status"], article["time"]) == (0, 1770, Decimal("4011.884485124132"))
    (group,) = added["parts"]
    assert {single["singleArticleId"] for single in group["singleArticles"]} == {"LINER-28", "SHELL-28"}
    assert printed.send("GET", str(order_id))["state"] == 1, "counted pieces begin production"


def test_order_and_article_are_changed_as_they_are_printed(printed: Printed) -> None:
    order_id = printed.order()
    printed.shop.admin.post(f"{order_id}/article", {"articleId": "CAP-28/BLUE", "amount": 500})
    changed = printed.send("PUT", f"{order_id}?startProduction=false", CHANGED_ORDER, root="productionOrderDto").json
    is_an_order(changed)
    assert (changed["storeState"], changed["state"], changed["totalAmount"]) == (2829, 0, 500)
    changed = printed.send("PUT", f"{order_id}/article", CHANGED_ARTICLE, root="productionOrderArticleDto").json
    is_an_order(changed)
    (article,) = changed["articles"]
    assert (article["amount"], article["finished"]) == (Decimal("5262.655973433428"), Decimal("3382.0131106162053"))
    again = printed.send("PUT", f"{order_id}/article", CHANGED_ARTICLE, root="productionOrderArticleDto").json
    assert again == changed


def test_a_traced_run_is_booked_as_it_is_printed(printed: Printed) -> None:
    order_id = printed.order()
    printed.shop.admin.post(f"{order_id}/article", {"articleId": "CAP-28/BLUE", "amount": 9000})
    path = f"{order_id}/article/{in_path('CAP-28/BLUE')}?waste=0"
    made = printed.send("PUT", path, RUN, root="productionOrderArticleTraceabilityDto").json
    is_an_order(made)
    assert made["articles"][0]["finished"] == Decimal("8142.373445120068")
    batches = printed.send("GET", f"{order_id}/batch").json
    assert {"countBatch", "batches", "articleId", "countSerial"} <= set(batches)
    (row,) = batches["batches"]
    assert {"deliveredAmount", "serialNr", "bestBefore", "batchId", "orderedAmount"} <= set(row)
    assert (row["batchId"], row["bestBefore"], row["orderedAmount"]) == ("batch", 4422, 9000)
    assert row["deliveredAmount"] == Decimal("8142.373445120068")


def test_every_list_answers_a_page_of_orders(shop: Shop) -> None:
    order_id = shop.with_caps()
    for path in (
        f"customer_order/{shop.customer_order}",
        "state/0?from=0&to=0&page=0&limit=50&sort_column=start_date&order=desc",
        "article/CAP-28/BLUE?page=0&limit=50&sort_column=end_date&order=asc&max_state=3",
        "production_orders_state?state_from=0&state_to=3&page=0&limit=20&query=",
        "",
    ):
        page = shop.admin.get(path)
        assert page.status == 200, page.content
        typed(page.json, PAGE_TYPES)
        assert (page["page"], page["pages"], page["ordersCount"]) == (0, 1, 1), path
        assert [order["orderId"] for order in page["orders"]] == [order_id]
        is_an_order(page["orders"][0])


def test_the_flat_products_and_the_next_reference_have_their_fields(shop: Shop) -> None:
    order_id = shop.with_caps()
    flat = shop.admin.get(f"{order_id}/products/flat?query=&order=asc&sort_column=art").json
    assert set(flat) == {"articles"}
    for article in flat["articles"]:
        typed(article, FLAT_TYPES)
    assert {article["articleId"]: article["amount"] for article in flat["articles"]} == {"LINER-28": 500, "RESIN-PP": 1}
    following = shop.admin.get("pr_ref/next_id").json
    assert set(following) == {"prReference"}


def test_the_life_of_an_order_in_the_pages_calls(shop: Shop) -> None:
    made = shop.admin.post(f"customer_order/{shop.customer_order}")
    assert made.status == 200, made.content
    is_an_order(made.json)
    assert (made["state"], made["customerOrderExternalId"], made["endDate"]) == (0, "WEB-5512", 1766703026229)
    assert [article["articleId"] for article in made["articles"]] == ["CAP-28/BLUE"], "resin is not made here"
    order_id = made["orderId"]
    assert shop.admin.put(f"{order_id}?startProduction=true")["state"] == 1
    finished = shop.admin.put(f"{order_id}/finish").json
    is_an_order(finished)
    assert finished["state"] == 2 and finished["finishDate"] is not None
    other = shop.with_caps()
    assert shop.admin.delete(f"{other}/article/{in_path('CAP-28/BLUE')}")["articles"] == []
    assert shop.admin.put(f"{other}/cancel")["state"] == 3
    printed = shop.admin.get(f"{order_id}/pickinglist/print", accept="application/pdf")
    assert (printed.status, printed.headers["Content-Type"]) == (200, "application/pdf")
    assert printed.content.startswith(b"%PDF-")


def test_every_answer_carries_the_same_data_as_xml(shop: Shop) -> None:
    order_id = shop.with_caps()
    run = {"amount": 120, "batch": "B-1", "bestBefore": 1797979826229, "articleId": "CAP-28/BLUE"}
    assert shop.admin.put(f"{order_id}/article/CAP-28/BLUE?waste=3", run).status == 200
    for path, root in {
        f"{order_id}": "productionOrderDto",
        f"{order_id}/batch": "productionOrderBatchResponseDto",
        f"{order_id}/products/flat": "flatBundledArticlesResponseDto",
        "state/1": "productionOrdersResponseDto",
        "pr_ref/next_id": "productionOrderRefDto",
        "999999999": "errorDto",
    }.items():
        as_json, as_document = shop.admin.get(path), shop.admin.get(path, accept="application/xml")
        assert as_json.status == as_document.status
        assert as_document.headers["Content-Type"].startswith("application/xml")
        assert as_document.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
        assert f"<{root}>".encode() in as_document.content[:120]
        assert of_xml(as_document.content, as_json.json) == as_json.json, path
