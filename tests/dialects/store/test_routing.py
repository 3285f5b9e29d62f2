"""Which call a path is: literal routes before ids, article ids to the end of the path, one slash more or less."""

from typing import Any
from urllib.parse import quote

import pytest
from django.urls import resolve

from tests.conformance.store.shop import Seller, Shop
from tests.dialects.store.credentials import a_store, call, person, program
from tests.evidence import everything

pytestmark = pytest.mark.django_db

BASE = "/v1/production_orders"


@pytest.fixture
def shop() -> Shop:
    return Shop()


ROUTES: dict[str, tuple[str, dict[str, str]]] = {
    "": ("Orders", {}),
    "/pr_ref/next_id": ("NextReference", {}),
    "/production_orders_state": ("BetweenStates", {}),
    "/state/0": ("InState", {"state": "0"}),
    "/state/x": ("InState", {"state": "x"}),
    "/article/CAP": ("WithArticle", {"article_id": "CAP"}),
    "/article/a/b/c": ("WithArticle", {"article_id": "a/b/c"}),
    "/article/article/1": ("WithArticle", {"article_id": "article/1"}),
    "/article/a/": ("WithArticle", {"article_id": "a/"}),
    "/article//": ("WithArticle", {"article_id": "/"}),
    "/article/a\nb": ("WithArticle", {"article_id": "a\nb"}),
    "/article/a\n": ("WithArticle", {"article_id": "a\n"}),
    "/article/\x00": ("WithArticle", {"article_id": "\x00"}),
    "/article": ("Order", {"order_id": "article"}),
    "/state": ("Order", {"order_id": "state"}),
    "/customer_order/7": ("OfCustomerOrder", {"customer_order_id": "7"}),
    "/customer_order/article/x": ("Article", {"order_id": "customer_order", "article_id": "x"}),
    "/7": ("Order", {"order_id": "7"}),
    "/7/pickinglist/print": ("PickingList", {"order_id": "7"}),
    "/7/batch": ("Batches", {"order_id": "7"}),
    "/7/products/flat": ("FlatProducts", {"order_id": "7"}),
    "/7/article": ("Articles", {"order_id": "7"}),
    "/7/article/a": ("Article", {"order_id": "7", "article_id": "a"}),
    "/7/article/a/cancel": ("Article", {"order_id": "7", "article_id": "a/cancel"}),
    "/7/cancel": ("Cancel", {"order_id": "7"}),
    "/7/finish": ("Finish", {"order_id": "7"}),
    "/7/else": ("Nowhere", {"place": "production_orders/7/else"}),
    "//7": ("Nowhere", {"place": "production_orders//7"}),
    "/7/batch/1": ("Nowhere", {"place": "production_orders/7/batch/1"}),
    "/7\n/\n": ("Nowhere", {"place": "production_orders/7\n/\n"}),
}


@pytest.mark.parametrize("path", ROUTES)
def test_each_path_is_one_call(path: str) -> None:
    found: Any = resolve(BASE + path)
    assert (found.func.view_class.__name__, found.kwargs) == ROUTES[path]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/7/article/", False), ("/7/article/a/", True), ("/article/a/", True), ("/article/", False), ("/7/", False),
        ("/state/0/", False), ("/7/article//", True), ("/", False), ("/article/a\n/", True), ("/article/\n/", True),
    ],
)  # fmt: skip
def test_a_slash_at_the_end_stays_only_where_it_may_be_part_of_an_id(path: str, kept: bool) -> None:
    seen = call(BASE + quote(path)).wsgi_request.path
    assert seen == BASE + (path if kept else path[:-1])


@pytest.mark.parametrize("end", ["", "/"])
def test_every_route_answers_with_and_without_a_slash_and_never_redirects(shop: Shop, end: str) -> None:
    order_id = shop.with_caps()
    reads = [
        BASE, f"{BASE}/pr_ref/next_id", f"{BASE}/production_orders_state", f"{BASE}/state/0", f"{BASE}/{order_id}",
        f"{BASE}/article/CAP-28/BLUE", f"{BASE}/customer_order/{shop.customer_order}", f"{BASE}/{order_id}/batch",
        f"{BASE}/{order_id}/products/flat", "/v1/customer_orders", f"/v1/customer_orders/{shop.customer_order}",
        "/v1/customer_orders/external/WEB-5512",
    ]  # fmt: skip
    for path in reads:
        answer, head = shop.admin.get(path + end), shop.admin.send("HEAD", path + end)
        assert answer.status == 200, path
        assert answer.content == shop.admin.get(path).content, path
        assert (head.status, head.content, head.headers["Content-Length"]) == (200, b"", str(len(answer.content))), path
    printed = f"{BASE}/{order_id}/pickinglist/print{end}"
    for method in ("GET", "HEAD"):
        answer = shop.admin.send(method, printed)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    writes = [
        ("POST", f"{BASE}/customer_order/{shop.customer_order}", None),
        ("POST", BASE, {"customerOrderId": shop.customer_order}),
        ("PUT", f"{BASE}/{order_id}", {"name": "x"}),
        ("PUT", f"{BASE}/{order_id}/article", {"articleId": "CAP-28/BLUE", "amount": 400}),
        ("POST", f"{BASE}/{order_id}/article", {"articleId": "RESIN-PP", "amount": 1}),
        ("DELETE", f"{BASE}/{order_id}/article/RESIN-PP", None),
        ("PUT", f"{BASE}/{order_id}/article/CAP-28/BLUE", {"articleId": "CAP-28/BLUE", "amount": 1}),
        ("PUT", f"{BASE}/{order_id}/finish", None),
        ("PUT", f"{BASE}/{shop.order()}/cancel", None),
    ]
    for method, path, body in writes:
        answer = shop.admin.send(method, path + end, body)
        assert answer.status == 200, (method, path, answer.content)


NO_IDS = (
    "abc",
    "0",
    "00",
    "-1",
    "1.0",
    "1e3",
    "99999999999999999999",
    str(2**63),
    "%D9%A1",
    "%00",
    "%0A",
    "1%00",
    "1%20",
    "+1",
)


@pytest.mark.parametrize("name", NO_IDS)
def test_what_is_no_id_is_an_order_that_is_not_there(shop: Shop, name: str) -> None:
    unknown = shop.admin.get("9223372036854775807")
    assert (unknown.status, unknown["errorCode"]) == (404, 903001)
    for path in (name, f"{name}/batch", f"{name}/products/flat"):
        assert (shop.admin.get(path).status, shop.admin.get(path).content) == (404, unknown.content), path
    before = everything()
    for key in ({}, {"idempotency_key": "k"}):
        for path in (f"{name}/cancel", f"{name}/finish", name, f"{name}/article/CAP-28/BLUE"):
            answer = shop.admin.put(path, {}, **key)
            assert (answer.status, answer.content) == (404, unknown.content), path
        assert shop.admin.delete(f"{name}/article/x", **key).content == unknown.content
    assert everything() == before
    strange = shop.admin.get(f"customer_order/{name}")
    assert (strange.status, strange["errorCode"]) == (404, 903004)
    assert shop.admin.get(f"/v1/customer_orders/{name}").content == strange.content


# --- article ids

IDS = (
    "A/B", "A%2FB", "A%252FB", "Å 1", 'a"><b>', "x?y#z&a=b", "+", "a+b", "%", "%41", ".", "..", "a/../b", "//", "/", "a//b",
    "article", "7/article/7", "工場/一", "'; --", "end/", "end//", "é" * 255,
)  # fmt: skip


@pytest.mark.parametrize("sku", IDS)
def test_an_article_id_may_be_any_text(shop: Shop, sku: str) -> None:
    shop.item(sku, "Odd")
    order_id = shop.order()
    for spelled in {quote(sku, safe=""), quote(sku, safe="/")}:
        added = shop.admin.post(f"{order_id}/article", {"articleId": sku, "amount": 5})
        assert added.status == 200, added.content
        listed = shop.admin.get(f"article/{spelled}")
        assert listed.status == 200
        assert [order["orderId"] for order in listed["orders"]] == [order_id]
        assert listed["orders"][0]["articles"][0]["articleId"] == sku
        gone = shop.admin.delete(f"{order_id}/article/{spelled}")
        assert (gone.status, gone["articles"]) == (200, []), gone.content
        assert shop.admin.delete(f"{order_id}/article/{spelled}")["errorCode"] == 903003
    shop.admin.post(f"{order_id}/article", {"articleId": sku, "amount": 5})
    booked = shop.admin.put(f"{order_id}/article/{quote(sku, safe='')}", {"articleId": sku, "amount": 2})
    assert (booked.status, booked["articles"][0]["finished"]) == (200, 2), booked.content


def test_a_slash_at_the_end_is_first_taken_for_a_part_of_the_id(shop: Shop) -> None:
    shop.item("A", "Plain"), shop.item("A/", "With a slash")
    plain, slashed, both = shop.order(), shop.order(), shop.order()
    for order_id, sku in ((plain, "A"), (slashed, "A/"), (both, "A"), (both, "A/")):
        assert shop.admin.post(f"{order_id}/article", {"articleId": sku, "amount": 1}).status == 200
    assert {order["orderId"] for order in shop.admin.get("article/A")["orders"]} == {plain, both}
    assert {order["orderId"] for order in shop.admin.get("article/A/")["orders"]} == {slashed, both}
    left = shop.admin.delete(f"{both}/article/A/")
    assert [line["articleId"] for line in left["articles"]] == ["A"]
    assert shop.admin.delete(f"{both}/article/A/")["articles"] == [], "then there is only the other"
    assert shop.admin.put(f"{plain}/article/A/", {"articleId": "A", "amount": 1}).status == 200


@pytest.mark.parametrize("name", ["%00", "a%00b", "a%0Ab", "%0A", "a%0A/", "%1F", "%7F", "%C2%85", "a%0D%0AX: y"])
def test_what_nothing_can_be_called_is_unknown(shop: Shop, name: str) -> None:
    order_id = shop.with_caps()
    before = everything()
    for key in ({}, {"idempotency_key": "k"}):
        listed = shop.admin.get(f"article/{name}")
        assert (listed.status, listed["ordersCount"]) == (200, 0), "an article that nobody has is on no order"
        answers = [
            shop.admin.put(f"{order_id}/article/{name}", {"amount": 1}, **key),
            shop.admin.delete(f"{order_id}/article/{name}", **key),
            shop.admin.get(f"/v1/customer_orders/external/{name}"),
            shop.admin.get(f"/v1/{name}"),
        ]
        assert [answer.status for answer in answers] == [404] * len(answers), [answer.content for answer in answers]
    assert everything() == before


def test_an_article_nobody_has_is_on_no_order(shop: Shop) -> None:
    shop.with_caps()
    for name in ("CAP-28", "cap-28/blue", "CAP-28%252FBLUE", "LINER-28", "%FF", "x" * 3000):
        answer = shop.admin.get(f"article/{name}")
        assert (answer.status, answer["ordersCount"], answer["orders"]) == (200, 0, []), name


# --- methods and unknown paths

ALLOWED = {
    "": "GET, POST",
    "/pr_ref/next_id": "GET",
    "/production_orders_state": "GET",
    "/state/0": "GET",
    "/article/x": "GET",
    "/customer_order/1": "GET, POST",
    "/1": "GET, PUT",
    "/1/pickinglist/print": "GET",
    "/1/batch": "GET",
    "/1/products/flat": "GET",
    "/1/article": "POST, PUT",
    "/1/article/x": "PUT, DELETE",
    "/1/cancel": "PUT",
    "/1/finish": "PUT",
    "/../customer_orders": "GET, POST",
    "/../customer_orders/1": "GET",
    "/../customer_orders/external/x": "GET",
    "/../login": "POST",
    "/../mobile/login": "POST",
    "/../logout": "POST",
}


@pytest.mark.parametrize("path", ALLOWED)
def test_a_method_that_is_not_there_is_told_which_are(path: str) -> None:
    store = a_store()
    headers = person(store) if path == "/../logout" else program(store)
    url = (BASE + path).replace("/production_orders/..", "")
    allowed = ALLOWED[path].split(", ")
    for method in {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"} - {*allowed}:
        if method == "HEAD" and "GET" in allowed:
            continue
        answer = call(url, method=method, **headers)
        assert (answer.status_code, answer.headers["Allow"]) == (405, ALLOWED[path]), method
        assert method == "HEAD" or answer.json()["errorCode"] == 900101


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/x", "/v1/production_order", f"{BASE}/1/x", f"{BASE}//", "/v1/x/y/z"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_path_that_leads_nowhere_is_told_to_whoever_is_believed(path: str, method: str) -> None:
    headers = program(a_store())
    answer = call(path, method=method, **headers)
    assert answer.status_code == 404
    assert method == "HEAD" or (answer.json()["errorCode"], answer.json()["errorField"]) == (900101, None)
    assert call(path, method=method).status_code == 401


def test_what_is_not_under_the_prefix_is_not_ours(shop: Shop) -> None:
    for path in ("/v10", "/v1x/production_orders", "/V1/production_orders"):
        assert "X-RateLimit-Limit" not in Seller(None, None).get(path).headers
