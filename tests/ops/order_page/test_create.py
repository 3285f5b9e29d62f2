"""Making an order from the form: products found by a few letters, several lines, bad numbers, and one order for two presses."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from orders.models import OrderLine, ProductionOrder
from tests import floor
from tests.ops.order_page.desk import Desk, words

pytestmark = pytest.mark.django_db

HEADER = {"priority": "standard", "over_production": "unlimited"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def send(desk: Desk, **values: Any) -> Any:
    return desk.client.post("/ops/orders/new", {"key": "k", **HEADER, **values})


def test_an_order_of_several_lines_is_made_once_however_often_it_is_sent(desk: Desk) -> None:
    other = floor.an_item(desk.factory, unit="kg", unit_decimals=2)
    for _ in range(2):
        sent = send(
            desk, product_0=desk.item.sku, quantity_0="10", variant_0="M", product_1=other.sku, quantity_1="2.50",
            product_2="", quantity_2="", customer_name="Lemonade & Sons", priority="rush", batch_number="B-1",
            planned_start="2026-03-02T08:00", planned_end="2026-03-02T16:00", notes="Gently.",
        )  # fmt: skip
        assert sent.status_code == 303, words(sent)
    order = ProductionOrder.objects.get()
    assert sent["Location"] == desk.path(order)
    assert (order.state, order.origin, order.priority, order.customer_name, order.batch_number, order.notes) == (
        "draft", "console", "rush", "Lemonade & Sons", "B-1", "Gently.",
    )  # fmt: skip
    assert order.planned_start == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert list(OrderLine.objects.values_list("item__sku", "variant", "target")) == [
        (desk.item.sku, "M", Decimal(10)), (other.sku, None, Decimal("2.5")),
    ]  # fmt: skip


def test_a_few_letters_offer_products_to_pick_from(desk: Desk) -> None:
    blue = floor.an_item(desk.factory, sku="CAP-BLUE", name="Cap, blue")
    red = floor.an_item(desk.factory, sku="CAP-RED", name="Cap, red")
    offered = send(desk, product_0="cap-", quantity_0="5")
    assert offered.status_code == 422
    assert str(blue.uuid) in offered.content.decode() and str(red.uuid) in offered.content.decode()
    assert not ProductionOrder.objects.exists()
    assert send(desk, key="k2", product_0="cap-", pick_0=red.uuid, quantity_0="5").status_code == 303
    assert ProductionOrder.objects.get().item_id == red.pk


def test_a_pick_of_earlier_words_does_not_stay_when_the_words_change(desk: Desk) -> None:
    red = floor.an_item(desk.factory, sku="CAP-RED", name="Cap, red")
    send(desk, product_0=desk.item.sku, pick_0=red.uuid, quantity_0="5")
    assert ProductionOrder.objects.get().item_id == desk.item.pk


@pytest.mark.parametrize("button", ["find", "more"])
def test_looking_up_and_adding_a_line_make_nothing_and_complain_of_nothing_empty(desk: Desk, button: str) -> None:
    shown = send(desk, **{"product_0": "", "quantity_0": "", button: "1"})
    assert shown.status_code == 200
    assert 'class="error"' not in shown.content.decode()
    assert ('name="product_1"' in shown.content.decode()) == (button == "more")
    assert not ProductionOrder.objects.exists()


def test_an_order_has_at_most_fifty_lines(desk: Desk) -> None:
    rows = {f"product_{row}": "" for row in range(60)}
    shown = send(desk, more="1", **rows)
    assert shown.content.decode().count("<legend>Line ") == 50


@pytest.mark.parametrize("quantity", ["", "0", "-1", "1e400", "NaN", "Infinity", "1,5", "1.5", "1000000001", "x"])
def test_a_bad_quantity_is_told_beside_its_field_and_all_values_stay(desk: Desk, quantity: str) -> None:
    refused = send(desk, product_0=desk.item.sku, quantity_0=quantity, customer_name="Lemonade")
    page = refused.content.decode()
    assert (refused.status_code, 'id="id_quantity_0_error"' in page) == (422, True)
    assert 'value="Lemonade"' in page and f'value="{desk.item.sku}"' in page
    assert not ProductionOrder.objects.exists()


def test_an_unknown_product_and_another_factorys_are_told_alike(desk: Desk) -> None:
    foreign = floor.an_item(floor.a_factory(), sku="FOREIGN")
    answers = [
        words(send(desk, key=key, product_0=product, quantity_0="5", **more))
        for key, product, more in (
            ("a", "NOWHERE", {}), ("b", "FOREIGN", {}), ("c", "FOREIGN", {"pick_0": foreign.uuid}),
            ("d", str(foreign.uuid), {}),
        )
    ]  # fmt: skip
    assert all("No product is called so." in answer for answer in answers)
    assert not ProductionOrder.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"planned_start": "2026-03-02T08:00", "planned_end": "2026-03-02T08:00"}, "planned_end"),
        ({"over_production": "tolerance"}, "tolerance_percent"),
        ({"over_production": "tolerance", "tolerance_percent": "101"}, "tolerance_percent"),
        ({"tolerance_percent": "5"}, "tolerance_percent"),
        ({"priority": "yesterday"}, "priority"),
        ({"customer_name": "x" * 201}, "customer_name"),
        ({"batch_number": "a\x00b"}, "batch_number"),
        ({"product_0": "x" * 256}, "product_0"),
        ({"variant_0": "x" * 41}, "variant_0"),
        ({"pick_0": "no-uuid"}, "pick_0"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(desk: Desk, values: dict[str, str], field: str) -> None:
    refused = send(desk, **{"product_0": desk.item.sku, "quantity_0": "5", **values})
    assert refused.status_code == 422
    if not field.startswith("pick"):
        assert f'id="id_{field}_error"' in refused.content.decode()
    assert not ProductionOrder.objects.exists()


def test_nothing_to_make_is_no_order(desk: Desk) -> None:
    refused = send(desk, product_0="", quantity_0="")
    assert (refused.status_code, "Say what to make" in words(refused)) == (422, True)


def test_a_tolerance_is_kept(desk: Desk) -> None:
    send(desk, product_0=desk.item.sku, quantity_0="5", over_production="tolerance", tolerance_percent="2.5")
    order = ProductionOrder.objects.get()
    assert (order.over_production, order.tolerance_percent) == ("tolerance", Decimal("2.5"))


@pytest.mark.parametrize("role", ["viewer", "technician", "qa", "operator", "engineer"])
def test_who_may_not_make_orders_gets_no_form(role: str) -> None:
    desk = Desk(role)
    assert desk.client.get("/ops/orders/new").status_code == 403
    assert send(desk, product_0=desk.item.sku, quantity_0="5").status_code == 403
    assert not ProductionOrder.objects.exists()


def test_products_are_found_by_sku_and_name_in_ones_own_factory_only(desk: Desk) -> None:
    floor.an_item(desk.factory, sku="AXLE-1", name="Axle")
    floor.an_item(desk.factory, sku="Z-AXLE", name="<b>odd</b>")
    floor.an_item(floor.a_factory(), sku="AXLE-FOREIGN", name="Axle")
    found = desk.client.get("/ops/products?q=axle").content.decode()
    assert found.index("AXLE-1") < found.index("Z-AXLE")
    assert "FOREIGN" not in found and "<b>odd" not in found
    assert 'role="option"' not in desk.client.get("/ops/products?q=").content.decode()
    for odd in ("%", "_", "\\", "a\x00b", "x" * 5000):
        assert desk.client.get("/ops/products", {"q": odd}).status_code == 200


def test_a_percent_sign_finds_only_percent_signs(desk: Desk) -> None:
    floor.an_item(desk.factory, sku="50%", name="Half")
    found = desk.client.get("/ops/products", {"q": "%"}).content.decode()
    assert found.count('role="option"') == 1
