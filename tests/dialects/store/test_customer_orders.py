"""Taking a customer order down through the store API."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from orders.models import CustomerOrder, CustomerOrderRow
from tests.conformance.store.shop import as_xml
from tests.dialects.store.workshop import CAP, RESIN, Workshop, a_workshop, refused
from tests.evidence import everything

pytestmark = pytest.mark.django_db

URL = "/v1/customer_orders"
ROWS = [{"articleId": CAP, "articleName": "Blue caps", "amount": "500.5"}, {"articleId": RESIN, "amount": 3},
        {"articleId": CAP, "articleName": None, "amount": 1}]  # fmt: skip


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(made: Workshop, db: None) -> Workshop:
    return made


def everything_here() -> tuple[int, int, dict[str, str]]:
    return CustomerOrder.objects.count(), CustomerOrderRow.objects.count(), everything()


def test_a_customer_order_is_taken_down_and_can_be_produced(shop: Workshop) -> None:
    body = {"orderId": 1, "externalId": "WEB-7", "name": " Selangor ", "deliveryDate": 1766703026229, "rows": ROWS}
    made = shop.admin.post(URL, body)
    assert made.status == 200, made.content
    order = CustomerOrder.objects.get(pk=made["orderId"])
    assert (order.factory_id, order.external_id, order.name) == (shop.factory.pk, "WEB-7", " Selangor ")
    rows = list(order.rows.order_by("position").values_list("item__sku", "name", "quantity"))
    assert rows == [(CAP, "Blue caps", Decimal("500.5")), (RESIN, "", 3), (CAP, "", 1)]
    produced = shop.admin.post("", {"customerOrderId": made["orderId"]})
    assert (produced["customerOrderId"], produced["customerOrderExternalId"]) == (made["orderId"], "WEB-7")
    assert shop.admin.post(f"customer_order/{made['orderId']}")["totalAmount"] == Decimal("501.5")


def test_nothing_is_mandatory(shop: Workshop) -> None:
    for body in (
        {},
        {"externalId": None, "name": None, "deliveryDate": None, "rows": None},
        {"externalId": "", "rows": []},
    ):
        made = shop.admin.post(URL, body)
        assert made.status == 200, made.content
        order = CustomerOrder.objects.get(pk=made["orderId"])
        assert (order.external_id, order.name, order.delivery_date, order.rows.count()) == (None, "", None, 0)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rows": [{"articleId": "NONE", "amount": 1}]}, "rows[0].articleId"),
        ({"rows": [*ROWS, {"articleId": "NONE", "amount": 1}]}, "rows[3].articleId"),
        ({"rows": [{"articleId": CAP}]}, "rows[0].amount"),
        ({"rows": [{"articleId": CAP, "amount": 0}]}, "rows[0].amount"),
        ({"rows": [{"articleId": CAP, "amount": 1, "price": 2}]}, "rows[0].price"),
        ({"rows": {"articleId": CAP, "amount": 1}}, "rows"),
        ({"externalID": "x"}, "externalID"),
        ({"externalId": "x" * 256}, "externalId"),
        ({"name": 5}, "name"),
        ({"deliveryDate": "tomorrow"}, "deliveryDate"),
    ],
)
def test_a_wrong_field_is_named(shop: Workshop, fields: dict[str, Any], field: str) -> None:
    before = everything_here()
    refused(shop.admin.post(URL, {"externalId": "WEB-8"} | fields), 400, 903004, field)
    assert everything_here() == before


def test_an_external_id_is_taken_once_in_each_store(shop: Workshop) -> None:
    before = everything_here()
    refused(shop.admin.post(URL, {"externalId": "WEB-5512", "rows": ROWS}), 409, 903004, "externalId")
    assert everything_here() == before
    assert shop.admin.post(URL, {"externalId": "web-5512"}).status == 200
    assert Workshop().customer_order != shop.customer_order


def test_another_stores_articles_are_none(shop: Workshop) -> None:
    Workshop().item("THEIRS", "Theirs")
    refused(shop.admin.post(URL, {"rows": [{"articleId": "THEIRS", "amount": 1}]}), 400, 903004, "rows[0].articleId")


def test_planners_take_orders_down(shop: Workshop) -> None:
    for role in ("viewer", "technician", "operator", "qa", "engineer"):
        refused(shop.as_(role).post(URL, {"externalId": "X"}), 403, 900001, None)
    assert shop.as_("planner").post(URL, {"externalId": "X"}).status == 200


def test_a_key_and_xml(shop: Workshop) -> None:
    body = as_xml("customerOrder", {"externalId": "XML", "rows": [{"articleId": CAP, "amount": "5e2"}]})
    sent = {"content_type": "application/xml", "idempotency_key": "k"}
    first, second = (shop.admin.post(URL, body, **sent) for _ in range(2))
    assert (first.status, first.content) == (200, second.content)
    assert CustomerOrder.objects.get(external_id="XML").rows.get().quantity == 500
