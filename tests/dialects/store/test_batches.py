"""The batches and serial numbers that an order made: which, how much of each, and what is left after corrections."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from orders import actions
from orders.models import ProductionOrder
from orders.specs import NewLine
from tests import floor
from tests.dialects.store.reading import counted, day, in_ms, made, same_in_xml, seller, started, wrong
from tests.dialects.store.workshop import Workshop, a_workshop

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(built: Workshop, db: None) -> Workshop:
    return built


def running(shop: Workshop, *rows: Any) -> ProductionOrder:
    order = made(shop, *rows)
    started(shop, order)
    return order


def batches(shop: Workshop, order: ProductionOrder, query: str = "") -> dict[str, Any]:
    reply = shop.admin.get(f"{order.pk}/batch{query}")
    assert reply.status == 200, reply.content
    shown: dict[str, Any] = reply.json
    return shown


def rows(shop: Workshop, order: ProductionOrder, query: str = "") -> list[tuple[Any, ...]]:
    """(batch, serial, ordered, delivered) of all rows."""
    columns = ("batchId", "serialNr", "orderedAmount", "deliveredAmount")
    return [tuple(row[name] for name in columns) for row in batches(shop, order, query)["batches"]]


def test_a_batch_is_shown_as_published(shop: Workshop) -> None:
    by_lot = shop.item("JAR", "Jar", tracking="lot")
    order = running(shop, (by_lot, 500))
    counted(shop, order, 120, 3, lot_number="B-260114-1", best_before=day(30))
    row = {"batchId": "B-260114-1", "serialNr": None, "orderedAmount": 500, "deliveredAmount": 120,
           "bestBefore": in_ms(day(30))}  # fmt: skip
    one = {"articleId": "JAR", "countBatch": 1, "countSerial": 0}
    expected = {**one, "batches": [{**row, "articleId": "JAR"}], "articles": [{**one, "batches": [row]}]}
    shown = batches(shop, order)
    assert shown == expected and list(shown) == list(expected) and list(shown["batches"][0]) == [*row, "articleId"]
    same_in_xml(shop, f"{order.pk}/batch", root="productionOrderBatchResponseDto")


def test_no_production_yet_is_zero_and_nothing(shop: Workshop) -> None:
    order = made(shop)
    nothing = {"countBatch": 0, "countSerial": 0, "batches": []}
    assert batches(shop, order) == {
        "articleId": "CAP-28/BLUE", **nothing, "articles": [{"articleId": "CAP-28/BLUE", **nothing}],
    }  # fmt: skip
    empty = ProductionOrder.objects.get(pk=shop.order())
    assert batches(shop, empty) == {"articleId": None, **nothing, "articles": []}


def test_runs_into_one_batch_are_one_row(shop: Workshop) -> None:
    by_lot = shop.item("JAR", "Jar", tracking="lot")
    order = running(shop, (by_lot, 500))
    for lot, good in (("B-1", "1.5"), ("B-2", 7), ("B-1", "2.25")):
        counted(shop, order, good, lot_number=lot)
    assert rows(shop, order) == [("B-1", None, 500, Decimal("3.75")), ("B-2", None, 500, 7)]
    assert batches(shop, order)["countBatch"] == 2


def test_what_is_taken_back_is_gone_from_the_batches_it_lay_in(shop: Workshop) -> None:
    by_lot = shop.item("JAR", "Jar", tracking="lot")
    order = running(shop, (by_lot, 500))
    counted(shop, order, 5, lot_number="B-1")
    counted(shop, order, 3, lot_number="B-2")
    counted(shop, order, -2, lot_number="B-1")
    assert rows(shop, order) == [("B-1", None, 500, 3), ("B-2", None, 500, 3)]
    counted(shop, order, -3, lot_number="B-2")
    assert rows(shop, order) == [("B-1", None, 500, 3)]
    counted(shop, order, -3, lot_number="B-1")
    assert rows(shop, order) == [] and batches(shop, order)["countBatch"] == 0


def test_a_lower_count_may_reach_into_several_batches_the_last_made_first(shop: Workshop) -> None:
    """In the ledger the correction names but one of them."""
    jar = shop.item("JAR", "Jar", tracking="lot")
    order = running(shop, (jar, 500))
    counted(shop, order, 5, lot_number="B-1")
    counted(shop, order, 3, lot_number="B-2")
    assert shop.admin.put(f"{order.pk}/article", {"articleId": "JAR", "finished": 2}).status == 200
    assert rows(shop, order) == [("B-1", None, 500, 2)]


def test_pieces_with_serial_numbers_are_rows_of_one(shop: Workshop) -> None:
    numbered = shop.item("PUMP", "Pump", tracking="serial")
    order = running(shop, (numbered, 10))
    counted(shop, order, 2, serial_numbers=("S-1", "S-2"), best_before=day(30))
    counted(shop, order, 1, serial_numbers=("S-3",), lot_number="B-7")
    assert rows(shop, order) == [(None, "S-1", 1, 1), (None, "S-2", 1, 1), ("B-7", "S-3", 1, 1)]
    shown = batches(shop, order)
    assert (shown["countBatch"], shown["countSerial"]) == (1, 3)
    assert [row["bestBefore"] for row in shown["batches"]] == [in_ms(day(30))] * 2 + [None]
    counted(shop, order, -1, serial_numbers=("S-2",))
    assert [row[1] for row in rows(shop, order)] == ["S-1", "S-3"]


def test_of_what_is_not_tracked_batch_and_serial_are_what_was_told(shop: Workshop) -> None:
    order = shop.with_caps(500)
    for run in ({"batch": "B-1", "serial": "S-1", "amount": 20}, {"batch": "B-1", "amount": 5}, {"serial": "S-2", "amount": 3},
                {"batch": "B-1", "serial": "S-1", "amount": 4}, {"amount": 7}):  # fmt: skip
        shop.book(order, **run)
    core = shop.core(order)
    assert rows(shop, core) == [("B-1", "S-1", 500, 24), ("B-1", None, 500, 5), (None, "S-2", 500, 3)]
    shown = batches(shop, core)
    assert (shown["countBatch"], shown["countSerial"]) == (1, 2)
    assert shop.shown_line(order)["finished"] == 39, "what has neither batch nor serial is counted, but is none"


def test_each_article_has_its_own_and_the_whole_order_has_all(shop: Workshop) -> None:
    jar, lid = (shop.item(name, name, tracking="lot") for name in ("JAR", "LID/X"))
    order = running(shop, (jar, 5), (lid, 9))
    counted(shop, order, 1, sku="JAR", lot_number="SAME")
    counted(shop, order, 2, sku="LID/X", lot_number="SAME")
    shown = batches(shop, order)
    assert (shown["articleId"], shown["countBatch"]) == (None, 2)
    assert [(row["articleId"], row["deliveredAmount"]) for row in shown["batches"]] == [("JAR", 1), ("LID/X", 2)]
    assert [(one["articleId"], one["countBatch"], len(one["batches"])) for one in shown["articles"]] == [
        ("JAR", 1, 1), ("LID/X", 1, 1),
    ]  # fmt: skip
    only = batches(shop, order, "?article_id=LID/X")
    assert (only["articleId"], only["countBatch"], [one["articleId"] for one in only["articles"]]) == (
        "LID/X",
        1,
        ["LID/X"],
    )
    assert rows(shop, order, "?article_id=LID%2FX") == [("SAME", None, 9, 2)]


def test_lines_of_one_article_are_told_apart(shop: Workshop) -> None:
    jar = shop.item("JAR", "Jar", tracking="lot")
    lines = [NewLine(item=jar, target=Decimal(amount), variant=size) for amount, size in ((5, "S"), (9, "L"))]
    order = floor.done(actions.create, by=seller(shop, "erp"), lines=lines)
    shown = batches(shop, order)
    assert shown["articleId"] == "JAR" and len(shown["articles"]) == 2
    assert len(batches(shop, order, "?article_id=JAR")["articles"]) == 2


def test_an_article_that_is_not_on_the_order_is_missing(shop: Workshop) -> None:
    order = made(shop)
    wrong(shop.admin.get(f"{order.pk}/batch?article_id=SHELL-28"), "articleId", 404, 903003)
    wrong(shop.admin.get(f"{order.pk}/batch?article_id="), "article_id")
    wrong(shop.admin.get(f"{order.pk}/batch?foo=1"), "foo")
    wrong(shop.admin.get("999999999/batch?foo=1"), None, 404)
