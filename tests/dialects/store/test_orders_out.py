"""One order as it is shown: every field, in the published order, exact, whatever face made it."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from factoryos.dialects.store.responses import accuracy, order_dtos
from manufacturing.boms.writing import change_bom
from manufacturing.models import Bom, Item
from orders import actions
from orders.specs import NewLine
from tests import floor, stores
from tests.dialects.store.reading import counted, day, in_ms, made, same_in_xml, seller, started, wrong
from tests.dialects.store.workshop import Workshop, a_workshop
from tests.evidence import everything

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(built: Workshop, db: None) -> Workshop:
    return built


def priced(item: Item, **prices: str) -> None:
    Item.objects.filter(pk=item.pk).update(**{name: Decimal(price) for name, price in prices.items()})


def single(shop: Workshop, sku: str, **known: Any) -> dict[str, Any]:
    item = Item.objects.get(factory=shop.factory, sku=sku)
    return {
        "articleId": "CAP-28/BLUE", "singleArticleId": sku, "singleArticleName": item.name, "unit": item.unit,
        "totalReserved": 377, "totalAmount": 500, "partAmount": 1, "purchasePrice": None, "hasStockValue": True,
    } | known  # fmt: skip


def test_an_order_is_shown_whole_and_in_the_published_order_of_fields(shop: Workshop) -> None:
    priced(shop.liner, purchase_price="0.012")
    order = made(
        shop, (shop.cap, 500), reference="PO-2026-000123", customer_order_id=shop.customer_order,
        planned_start=day(1), planned_end=day(4), notes="by hand",
        facts={"customerOrderExternalId": "WEB-5512", "internalReference": "SHIFT-B", "name": "Blue caps",
               "workHours": Decimal("6.5"), "storeState": 7},
    )  # fmt: skip
    floor.done(
        actions.amend_line, order_id=order.pk, by=seller(shop), line_id=order.lines.get().pk,
        facts={"time": Decimal("1.5"), "status": 9, "articleName": "Bottle cap 28 mm, blue"},
    )  # fmt: skip
    started(shop, order)
    counted(shop, order, 120, 3)
    expected = {
        "orderId": order.pk, "prReference": "PO-2026-000123", "customerOrderId": shop.customer_order,
        "customerOrderExternalId": "WEB-5512", "internalReference": "SHIFT-B", "name": "Blue caps", "comment": "by hand",
        "startDate": in_ms(day(1)), "endDate": in_ms(day(4)), "finishDate": None, "workHours": Decimal("6.5"), "state": 1,
        "reserveInDepth": False, "storeState": 7, "totalAmount": 500, "finishedAmount": 120,
        "articles": [{
            "productionOrderId": order.pk, "articleId": "CAP-28/BLUE", "articleName": "Bottle cap 28 mm, blue",
            "time": Decimal("1.5"), "amount": 500, "finished": 120, "waste": 3, "status": 9,
            "accuracy": Decimal("-0.6")}],
        "singleArticles": [{"articleId": "CAP-28/BLUE", "singleArticles": [
            single(shop, "LINER-28", purchasePrice=Decimal("0.012")), single(shop, "SHELL-28")]}],
    }  # fmt: skip
    reply = shop.admin.get(f"{order.pk}")
    assert reply.json == expected
    assert json.dumps(reply.json, default=str) == json.dumps(expected, default=str), "in this order of fields"
    same_in_xml(shop, f"{order.pk}", root="productionOrderDto")


def test_an_order_of_another_face_is_shown_with_nulls_and_each_of_its_lines(shop: Workshop) -> None:
    lines = [NewLine(item=shop.resin, target=Decimal(amount), variant=size) for amount, size in ((10, "S"), (20, "L"))]
    order = floor.done(actions.create, by=seller(shop, "erp"), lines=lines, facts={"name": "of the ERP's own"})
    shown = shop.admin.get(f"{order.pk}").json
    empty = ("customerOrderId", "customerOrderExternalId", "internalReference", "name", "comment", "startDate",
             "endDate", "finishDate", "workHours")  # fmt: skip
    assert [shown[name] for name in empty] == [None] * len(empty)
    assert [(line["articleId"], line["amount"], line["time"]) for line in shown["articles"]] == [
        ("RESIN-PP", 10, 0), ("RESIN-PP", 20, 0),
    ]  # fmt: skip
    assert (shown["prReference"], shown["totalAmount"], shown["singleArticles"]) == (order.reference, 30, [])
    same_in_xml(shop, f"{order.pk}", root="productionOrderDto")


def test_amounts_of_parts_are_rounded_once_and_at_the_end(shop: Workshop) -> None:
    third = shop.item("THIRD", "A third of a sack")
    stores.a_bom(shop.actor, third, {shop.resin: 1}, quantity=3)
    order = made(shop, (third, 6))
    ((part,),) = [group["singleArticles"] for group in shop.admin.get(f"{order.pk}")["singleArticles"]]
    assert (part["partAmount"], part["totalAmount"]) == (Decimal("0.333333333333333"), 2)


def test_sums_keep_every_digit(shop: Workshop) -> None:
    order = made(shop, *[(shop.resin, "999999999999.000000000000001")] * 11)
    assert shop.admin.get(f"{order.pk}")["totalAmount"] == Decimal("10999999999989.000000000000011")
    assert b'"totalAmount":10999999999989.000000000000011,' in shop.admin.get(f"{order.pk}").content


def test_the_layer_in_force_is_shown_as_it_was_when_the_order_was_made(shop: Workshop) -> None:
    first, leaves = made(shop, (shop.cap, 500)), made(shop, (shop.cap, 500), layer="leaves")
    bom = Bom.objects.get(item=shop.cap)
    floor.done(change_bom, bom=bom, by=shop.actor, recipe=stores.a_recipe({shop.resin: 9}))

    def parts(order_id: int) -> dict[str, Any]:
        (group,) = shop.admin.get(f"{order_id}")["singleArticles"]
        return {part["singleArticleId"]: part["totalAmount"] for part in group["singleArticles"]}

    assert parts(first.pk) == {"LINER-28": 500, "SHELL-28": 500}
    assert parts(leaves.pk) == {"LINER-28": 500, "RESIN-PP": 1}
    assert [shop.admin.get(f"{order.pk}")["reserveInDepth"] for order in (first, leaves)] == [False, True]


def test_what_is_not_kept_in_stock_says_so(shop: Workshop) -> None:
    water, juice = shop.item("WATER", "Water", stocked=False), shop.item("JUICE", "Juice")
    stores.a_bom(shop.actor, juice, {water: 2})
    order = made(shop, (juice, 5))
    started(shop, order)
    ((part,),) = [group["singleArticles"] for group in shop.admin.get(f"{order.pk}")["singleArticles"]]
    assert (part["hasStockValue"], part["totalReserved"], part["totalAmount"]) == (False, 0, 10)


@pytest.mark.parametrize("fixed", [False, True])
def test_a_finish_date_that_was_sent_counts_until_the_order_is_finished(shop: Workshop, fixed: bool) -> None:
    """And for good, where the order was made as finished."""
    facts = {"finishDate": 4711} | ({"finishDateFixed": True} if fixed else {})
    order, cancelled = made(shop, facts=facts), made(shop, facts=facts)
    started(shop, order)
    assert shop.admin.get(f"{order.pk}")["finishDate"] == 4711
    floor.done(actions.complete, order_id=order.pk, by=shop.actor)
    ended = shop.core(order.pk).actual_end
    assert ended is not None
    assert shop.admin.get(f"{order.pk}")["finishDate"] == (4711 if fixed else in_ms(ended))
    floor.done(actions.cancel, order_id=cancelled.pk, by=shop.actor, reason="not wanted")
    assert shop.admin.get(f"{cancelled.pk}")["finishDate"] == 4711


def test_a_single_order_carries_its_version_and_head_has_no_body(shop: Workshop) -> None:
    order = made(shop)
    assert shop.admin.get(f"{order.pk}").headers["ETag"] == '"1"'
    started(shop, order)
    reply = shop.admin.send("HEAD", f"{order.pk}")
    assert (reply.status, reply.headers["ETag"], reply.content) == (200, '"3"', b"")
    assert "ETag" not in shop.admin.get("").headers


def test_reading_takes_no_parameters_and_changes_nothing(shop: Workshop) -> None:
    order = made(shop)
    before = everything()
    wrong(shop.admin.get(f"{order.pk}?expand=all"), "expand")
    assert shop.admin.get(f"{order.pk}").status == 200
    assert everything() == before


def test_another_shops_order_is_none(shop: Workshop) -> None:
    other = Workshop()
    order, foreign = made(shop, reference="SAME"), made(other, reference="SAME")
    for path in ("{}", "{}/batch", "{}/products/flat"):
        theirs, none = (shop.admin.get(path.format(number)) for number in (foreign.pk, 10**15))
        assert theirs.status == 404 and theirs.content == none.content
    assert [shown["orderId"] for shown in order_dtos([foreign.pk, order.pk], by=seller(shop))] == [order.pk]


@pytest.mark.parametrize(
    ("amount", "finished", "waste", "expected"),
    [
        (500, 498, 2, "-0.4"), (500, 520, 5, "3"), (500, 0, 0, "0"), (500, 500, 12, "-2.4"), (0, 5, 1, "0"),
        (3, 4, 0, "33.333333"), (3, 5, 0, "66.666667"), (200_000_000, 200_000_001, 0, "0"),
        (200_000_000, 200_000_003, 0, "0.000002"),
    ],
)  # fmt: skip
def test_accuracy_is_rounded_to_six_places_half_to_even(amount: int, finished: int, waste: int, expected: str) -> None:
    assert accuracy(Decimal(amount), Decimal(finished), Decimal(waste)) == Decimal(expected)
