"""The flat list of what an order is made of: every line to its leaves, what is reserved, where it lies, what is coming."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from manufacturing.models import Item, StockLocation, Supplier
from manufacturing.purchasing import Wanted, call_off, order_goods, receive_ordered
from tests import floor, stores
from tests.dialects.store.reading import day, in_ms, made, same_in_xml, started, wrong
from tests.dialects.store.workshop import Workshop, a_workshop
from tests.evidence import everything

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(built: Workshop, db: None) -> Workshop:
    return built


def flat(shop: Workshop, order_id: int, query: str = "") -> list[dict[str, Any]]:
    reply = shop.admin.get(f"{order_id}/products/flat?{query}")
    assert reply.status == 200, reply.content
    articles: list[dict[str, Any]] = reply["articles"]
    return articles


def amounts(shop: Workshop, order_id: int) -> dict[str, tuple[Any, Any]]:
    """By article: (amount, partAmount)."""
    return {row["articleId"]: (row["amount"], row["partAmount"]) for row in flat(shop, order_id)}


def names(shop: Workshop, order_id: int, query: str) -> list[str]:
    return [row["articleId"] for row in flat(shop, order_id, query)]


def a_supplier(shop: Workshop, name: str, *items: Item, **facts: Any) -> Supplier:
    supplier = Supplier.objects.create(factory=shop.factory, name=name)
    Item.objects.filter(pk__in=[item.pk for item in items]).update(supplier=supplier, **facts)
    return supplier


def bought(shop: Workshop, supplier: Supplier, reference: str, item: Item, amount: Any, delivery: Any = None) -> Any:
    """A purchase order of one line."""
    return floor.done(
        order_goods, by=shop.actor, supplier=supplier, reference=reference,
        lines=[Wanted(item, Decimal(amount), delivery)],
    )  # fmt: skip


def test_a_leaf_is_shown_with_all_that_is_known_of_it(shop: Workshop) -> None:
    supplier = a_supplier(
        shop, "Johor Polymers", shop.resin, supplier_sku="JP-PP-550", purchase_price=Decimal("5.4"),
        purchase_price_misc=Decimal("0.1"), purchase_price_shipment=Decimal("0.25"),
    )  # fmt: skip
    coming = bought(shop, supplier, "PUR-2026-0044", shop.resin, 500, day(9))
    order = made(shop, (shop.cap, 500))
    reply = shop.admin.get(f"{order.pk}/products/flat?query=resin")
    (resin,) = reply["articles"]
    expected = {
        "articleId": "RESIN-PP", "articleName": "Polypropylene resin", "reserved": 0, "amount": 1,
        "partAmount": Decimal("0.002"), "purchasePrice": Decimal("5.4"), "purchasePriceMisc": Decimal("0.1"),
        "purchasePriceShipment": Decimal("0.25"), "supplierId": supplier.pk, "supplierName": "Johor Polymers",
        "supplierArticleId": "JP-PP-550", "unit": "kg", "stockplace": "main",
        "purchaseOrders": [{"orderId": coming.pk, "poRef": "PUR-2026-0044", "ordered": 500, "state": 0,
                            "deliveryDate": in_ms(day(9))}],
    }  # fmt: skip
    assert resin == expected and list(resin) == list(expected)
    same_in_xml(shop, f"{order.pk}/products/flat", root="flatBundledArticlesResponseDto")


def test_what_nobody_knows_is_null(shop: Workshop) -> None:
    bare = shop.item("BARE", "Bare")
    (row,) = flat(shop, made(shop, (bare, 7)).pk)
    assert (row["amount"], row["partAmount"], row["reserved"]) == (7, 1, 0), "an article without a BOM is its own leaf"
    assert {name for name, value in row.items() if value is None} == {
        "purchasePrice", "purchasePriceMisc", "purchasePriceShipment", "supplierId", "supplierName",
        "supplierArticleId", "stockplace",
    }  # fmt: skip
    assert row["purchaseOrders"] == []
    assert flat(shop, made(shop, (bare, 1), layer="leaves").pk)[0]["partAmount"] == 1


@pytest.mark.parametrize("layer", ["first", "leaves"])
def test_every_line_is_taken_apart_to_its_leaves_whatever_is_reserved(shop: Workshop, layer: str) -> None:
    assert amounts(shop, made(shop, (shop.cap, 500), layer=layer).pk) == {
        "LINER-28": (500, 1), "RESIN-PP": (1, Decimal("0.002")),
    }  # fmt: skip


@pytest.mark.parametrize("layer", ["first", "leaves"])
def test_kits_and_levels_are_opened_and_fractions_stay_exact(shop: Workshop, layer: str) -> None:
    """A third of a tray (of three kits of two liners each, and one shell) for each box."""
    kit, tray, box = (shop.item(name, name) for name in ("KIT", "TRAY", "BOX"))
    stores.a_bom(shop.actor, kit, {shop.liner: 2}, type="phantom")
    stores.a_bom(shop.actor, tray, {kit: 3, shop.shell: 1})
    stores.a_bom(shop.actor, box, {tray: 1}, quantity=3)
    assert amounts(shop, made(shop, (box, 6), layer=layer).pk) == {
        "LINER-28": (12, 2), "RESIN-PP": (Decimal("0.004"), Decimal("0.000666666666667")),
    }  # fmt: skip
    assert Fraction(2, 3000) - Fraction("0.000666666666667") < Fraction(1, 10**15)


def test_a_leaf_of_several_lines_is_one_row_by_the_units_that_use_it(shop: Workshop) -> None:
    order = made(shop, (shop.cap, 100), (shop.shell, 300), (shop.liner, 50))
    assert amounts(shop, order.pk) == {
        "LINER-28": (150, 1), "RESIN-PP": (Decimal("0.8"), Decimal("0.002")),
    }  # fmt: skip
    pair = shop.item("PAIR", "Two shells and resin")
    stores.a_bom(shop.actor, pair, {shop.shell: 2, shop.resin: 1})
    both = made(shop, (pair, 10), (shop.cap, 30))
    assert amounts(shop, both.pk)["RESIN-PP"] == (Decimal("10.1"), Decimal("0.2525"))


def test_reserved_is_what_this_order_has_of_the_leaf_itself(shop: Workshop) -> None:
    first, leaves, other = (
        made(shop, (shop.cap, 500)),
        made(shop, (shop.cap, 500), layer="leaves"),
        made(shop, (shop.cap, 9)),
    )
    for order in (first, leaves, other):
        started(shop, order)
    reserved = [{row["articleId"]: row["reserved"] for row in flat(shop, order.pk)} for order in (first, leaves)]
    assert reserved == [{"LINER-28": 500, "RESIN-PP": 0}, {"LINER-28": 500, "RESIN-PP": 1}]


def test_the_stockplace_is_where_most_of_it_lies(shop: Workshop) -> None:
    near, far = (
        StockLocation.objects.create(factory=shop.factory, code=code, name=code) for code in ("A-03-2", "B-01")
    )
    part = shop.item("PLACED", "Placed", tracking="lot")
    order = made(shop, (part, 1))
    stores.delivered(shop.actor, part, 10, "L-1", location=far)
    assert flat(shop, order.pk)[0]["stockplace"] == "B-01"
    for lot in ("L-2", "L-3"):
        stores.delivered(shop.actor, part, 6, lot, location=near)
    assert flat(shop, order.pk)[0]["stockplace"] == "A-03-2", "two lots of six are more than one of ten"


def test_only_what_is_still_to_come_is_shown_the_earliest_first(shop: Workshop) -> None:
    supplier = a_supplier(shop, "Johor Polymers", shop.resin)
    orders = {name: bought(shop, supplier, name, shop.resin, 100, delivery)
              for name, delivery in (("undated", None), ("later", day(9)), ("begun", day(3)), ("all here", day(1)),
                                     ("called off", day(1)))}  # fmt: skip
    for name, amount in (("begun", 40), ("all here", 100)):
        floor.done(receive_ordered, line_id=orders[name].lines.get().pk, by=shop.actor, quantity=Decimal(amount))
    floor.done(call_off, line_id=orders["called off"].lines.get().pk, by=shop.actor)
    (row,) = flat(shop, made(shop, (shop.resin, 1)).pk)
    assert [(one["poRef"], one["ordered"], one["state"], one["deliveryDate"]) for one in row["purchaseOrders"]] == [
        ("begun", 60, 1, in_ms(day(3))), ("later", 100, 0, in_ms(day(9))), ("undated", 100, 0, None),
    ]  # fmt: skip


def test_rows_are_found_by_text_and_by_supplier_in_any_case(shop: Workshop) -> None:
    johor = a_supplier(shop, "Johor Polymers", shop.resin, supplier_sku="JP-PP-550")
    a_supplier(shop, "Ålesund AS", shop.liner)
    order = made(shop, (shop.cap, 1)).pk
    for query, found in {
        "query=resin": ["RESIN-PP"], "query=LINER": ["LINER-28"], "query=jp-pp": ["RESIN-PP"], "query=PROPYLENE": ["RESIN-PP"],
        "query=%25": [], "query=_": [], "query=": ["LINER-28", "RESIN-PP"], "query=28": ["LINER-28"], "query=SHELL": [],
        f"supplier={johor.pk}": ["RESIN-PP"], "supplier=johor": ["RESIN-PP"], "supplier=åle": ["LINER-28"],
        "supplier=": ["LINER-28", "RESIN-PP"],
        "supplier=nobody": [], f"supplier={johor.pk}&query=liner": [], "query=johor": [],
    }.items():  # fmt: skip
        assert names(shop, order, query) == found, query


def test_rows_are_sorted_as_asked_and_what_has_nothing_comes_last(shop: Workshop) -> None:
    box = shop.item("BOX", "box")
    bag, lid, tag = shop.item("a-bag", "Bag"), shop.item("B-LID", "lid"), shop.item("C-TAG", "Tag")
    stores.a_bom(shop.actor, box, {bag: 1, lid: 1, tag: 1})
    a_supplier(shop, "zinc", bag, supplier_sku="2")
    a_supplier(shop, "Acme", lid, supplier_sku="1")
    order = made(shop, (box, 1)).pk
    for column, rising, falling in (
        ("art", "a-bag B-LID C-TAG", "C-TAG B-LID a-bag"), ("name", "a-bag B-LID C-TAG", "C-TAG B-LID a-bag"),
        ("supplier", "B-LID a-bag C-TAG", "a-bag B-LID C-TAG"), ("supplier_art", "B-LID a-bag C-TAG", "a-bag B-LID C-TAG"),
    ):  # fmt: skip
        assert names(shop, order, f"sort_column={column}") == rising.split()
        assert names(shop, order, f"sort_column={column}&order=desc") == falling.split()
    assert names(shop, order, "") == ["a-bag", "B-LID", "C-TAG"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("order=up", "order"), ("sort_column=price", "sort_column"), ("foo=1", "foo"), ("query=a&query=b", "query"),
     ("page=1", "page"), ("query=%00", "query")],
)  # fmt: skip
def test_a_wrong_parameter_is_named_but_a_missing_order_is_told_first(shop: Workshop, query: str, field: str) -> None:
    wrong(shop.admin.get(f"{made(shop).pk}/products/flat?{query}"), field)
    wrong(shop.admin.get(f"999999999/products/flat?{query}"), None, 404)


def test_an_order_without_lines_is_made_of_nothing(shop: Workshop) -> None:
    assert flat(shop, shop.order()) == []


def test_nothing_of_another_store_is_shown(shop: Workshop) -> None:
    """Not its stock, its purchases, nor its orders, though all are called the same."""
    other = Workshop()
    theirs = a_supplier(other, "Johor Polymers", other.resin, purchase_price=Decimal(99))
    bought(other, theirs, "PUR-1", other.resin, 500)
    before = everything()
    order = made(shop, (shop.resin, 3))
    (row,) = flat(shop, order.pk)
    assert (row["purchasePrice"], row["supplierId"], row["purchaseOrders"]) == (None, None, [])
    foreign = made(other, (other.resin, 3))
    wrong(shop.admin.get(f"{foreign.pk}/products/flat"), None, 404)
    assert everything()["manufacturing_stockbalance"] == before["manufacturing_stockbalance"]
