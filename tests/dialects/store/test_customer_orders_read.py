"""Customer orders as they are listed and found: by their id, or by the name that their sender gave them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dialects.store.reading import ids, in_ms, same_in_xml, wrong
from tests.dialects.store.workshop import DELIVERY, Workshop, a_workshop
from tests.evidence import everything

pytestmark = pytest.mark.django_db

BASE = "/v1/customer_orders"


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(built: Workshop, db: None) -> Workshop:
    return built


def test_a_customer_order_is_shown_whole(shop: Workshop) -> None:
    number = shop.ordered(
        (shop.cap, "Blue caps", 500), (shop.resin, "", "2.5"), (shop.cap, "More of them", 1), external_id="WEB-1"
    )
    expected = {
        "orderId": number, "externalId": "WEB-1", "name": "Selangor Water", "deliveryDate": in_ms(DELIVERY),
        "rows": [
            {"articleId": "CAP-28/BLUE", "articleName": "Blue caps", "amount": 500},
            {"articleId": "RESIN-PP", "articleName": "Polypropylene resin", "amount": 2.5},
            {"articleId": "CAP-28/BLUE", "articleName": "More of them", "amount": 1},
        ],
    }  # fmt: skip
    shown = shop.admin.get(f"{BASE}/{number}").json
    assert shown == expected and list(shown) == list(expected)
    assert shop.admin.get(f"{BASE}/external/WEB-1").json == shown
    same_in_xml(shop, f"{BASE}/{number}", root="customerOrderDto")
    assert shop.admin.send("HEAD", f"{BASE}/{number}/").status == 200


def test_what_it_does_not_have_is_null(shop: Workshop) -> None:
    number = shop.ordered(name="", delivery_date=None)
    assert shop.admin.get(f"{BASE}/{number}").json == {
        "orderId": number, "externalId": None, "name": None, "deliveryDate": None, "rows": [],
    }  # fmt: skip


def test_the_newest_come_first_page_by_page(shop: Workshop) -> None:
    numbers = [shop.customer_order, *(shop.ordered((shop.cap, "", 1)) for _ in range(4))]
    assert ids(shop.admin.get(BASE)) == numbers[::-1]
    pages = [shop.admin.get(f"{BASE}/?limit=2&page={number}") for number in range(4)]
    assert [ids(page) for page in pages] == [numbers[:2:-1], numbers[2:0:-1], numbers[:1], []]
    assert {(page["pages"], page["pageSize"], page["ordersCount"]) for page in pages} == {(3, 2, 5)}
    assert (shop.admin.get(BASE)["pageSize"], shop.admin.get(f"{BASE}?limit=501")["pageSize"]) == (50, 500)
    assert shop.admin.get(f"{BASE}?page={2**63 - 1}")["orders"] == []
    same_in_xml(shop, BASE, root="customerOrdersResponseDto")


@pytest.mark.parametrize(
    ("query", "field"), [("page=-1", "page"), ("limit=0", "limit"), ("foo=1", "foo"), ("page=0&page=0", "page")]
)
def test_a_wrong_parameter_is_named(shop: Workshop, query: str, field: str) -> None:
    wrong(shop.admin.get(f"{BASE}?{query}"), field)
    wrong(shop.admin.get(f"{BASE}/{shop.customer_order}?{query}"), field)


def test_a_name_may_hold_anything_also_a_slash_at_its_end(shop: Workshop) -> None:
    names = {name: shop.ordered(external_id=name) for name in ("A/B", "A", "A/", "100%", "Å 1", 'a"><b>', "x" * 255)}
    for path, name in {
        "A/B": "A/B", "A%2FB": "A/B", "A": "A", "A/": "A/", "A%2F": "A/", "A/B/": "A/B", "100%25": "100%",
        "%C3%85%201": "Å 1", "a%22%3E%3Cb%3E": 'a"><b>', "x" * 255: "x" * 255,
    }.items():  # fmt: skip
        assert shop.admin.get(f"{BASE}/external/{path}")["orderId"] == names[name], path
    for path in ("a", "B", "A/B/C", "A%252FB", "%00", "x" * 256):
        wrong(shop.admin.get(f"{BASE}/external/{path}"), None, 404, 903004)


@pytest.mark.parametrize("name", ["0", "x", "-1", "999999999", "99999999999999999999", "%C2%B2", "external"])
def test_what_is_no_customer_order_is_missing(shop: Workshop, name: str) -> None:
    wrong(shop.admin.get(f"{BASE}/{name}"), None, 404, 903004)


def test_another_stores_are_not_seen_though_they_are_called_the_same(shop: Workshop) -> None:
    other = Workshop()
    theirs, before = other.customer_order, everything()
    assert shop.admin.get(f"{BASE}/external/WEB-5512")["orderId"] == shop.customer_order
    foreign, none = (shop.admin.get(f"{BASE}/{number}") for number in (theirs, 10**15))
    assert foreign.status == 404 and foreign.content == none.content
    assert everything() == before
    assert shop.admin.get(BASE)["ordersCount"] == 1
