"""Orders whose lines come and go, and that a face keeps facts of: what their page, their timeline and their paper say."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.problems import Duplicate
from factoryos.ops.order_page import refusal_words
from factoryos.ops.order_page.traveler import render
from manufacturing.models import Item
from manufacturing.problems import LotMissing, LotShort
from orders import actions
from orders.customer_orders import create_customer_order
from orders.models import OrderLine, ProductionOrder
from orders.problems import LineHasProduction, NotAPart, OverLimit, SerialsIncomplete
from orders.sheet import sheet_of
from orders.specs import Count, NewLine, PartUse, Traced
from tests import floor
from tests.ops.order_page.desk import Desk, words
from tests.ops.order_page.test_traveler import read
from tests.stores import a_bom, an_ingredient

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.by = replace(desk.by, face="store")
    return desk


def without_lines(desk: Desk, **facts: Any) -> ProductionOrder:
    return floor.done(actions.create, by=desk.by, lines=[], **facts)


def with_line(desk: Desk, order: ProductionOrder, item: Item, target: int = 500, **facts: Any) -> OrderLine:
    return floor.done(
        actions.add_line, order_id=order.pk, by=desk.by, line=NewLine(item, Decimal(target)), facts=facts or None
    )


def timeline_of(desk: Desk, order: ProductionOrder) -> str:
    told = words(desk.get(order))
    return told[told.index("Notes only") :]


@pytest.mark.parametrize("state", ["draft", "in_production"])
def test_an_order_without_a_line_has_a_page_that_says_so(desk: Desk, state: str) -> None:
    order = without_lines(desk)
    if state == "in_production":
        order = desk.do(actions.start, desk.do(actions.approve_best_effort, order))
    page = desk.get(order)
    told = words(page)
    assert page.status_code == 200 and "Product –" in told
    assert "To make Nothing yet: no item was put on this order." in told
    for verb in ("report", "schedule", "adjust_quantity", "amend", "complete", "cancel"):
        assert desk.get(order, verb).status_code in {200, 409}, verb
    assert order.reference in words(desk.client.get("/ops/orders"))


def test_an_order_without_a_line_can_be_printed(desk: Desk) -> None:
    order = without_lines(desk)
    sheet = sheet_of(order.pk, by=desk.by)
    text, pages = read(render(sheet, factory=desk.by.factory, address="http://plant.local/", now=NOON))
    assert order.reference in text and pages == 1
    assert desk.get(order, "traveler.pdf").content[:5] == b"%PDF-"


def test_lines_that_come_and_go_are_told_with_their_amounts(desk: Desk) -> None:
    order = without_lines(desk)
    for sku in ("CAP/BLUE", "LID", "RING"):
        line = with_line(desk, order, floor.an_item(desk.factory, sku=sku, unit="kg" if sku == "LID" else "pcs"))
    told = words(desk.get(order))
    assert "CAP/BLUE Cap and 2 more lines" in told and "Together 1500 0 0" in told
    desk.do(actions.remove_line, order, line_id=line.pk)
    told = timeline_of(desk, order)
    assert "admin added an item" in told and "Item 500 × CAP/BLUE" in told
    assert "admin took an item off" in told and "Item 500 × RING" in told


def test_what_a_face_was_told_stands_in_the_history_before_and_after(desk: Desk) -> None:
    facts = {"workHours": Decimal("6.5"), "finishDate": 1766443826229, "finishDateFixed": True, "comment": None}
    order = without_lines(desk, facts=facts)
    told = timeline_of(desk, order)
    assert "Work hours 6.5" in told and "Finish date fixed yes" in told and "Finish date 2025-12-22 22:50 UTC" in told
    desk.do(actions.amend, order, changes={"reference": "PR-9"}, facts={"workHours": Decimal(7)})
    told = timeline_of(desk, order)
    assert f"Reference {order.reference} → PR-9" in told and "Work hours 6.5 → 7" in told
    line = with_line(desk, order, desk.item, articleName="Own name")
    assert "Article name – → Own name" in timeline_of(desk, order)
    desk.do(actions.amend_line, order, line_id=line.pk, facts={"articleName": "Other name"})
    told = timeline_of(desk, order)
    assert (
        "admin changed an item's details" in told and f"Item {desk.item.sku} Article name Own name → Other name" in told
    )


def test_for_whom_it_is_made_and_what_is_taken_from_stock_is_told(desk: Desk) -> None:
    theirs = floor.done(
        create_customer_order, by=desk.by, external_id="WEB-1", name="Selangor Water", delivery_date=None, rows=[]
    )
    order = without_lines(desk, customer_order_id=theirs.pk, layer="leaves")
    assert "Customer order WEB-1 Selangor Water" in words(desk.get(order))
    sheet = sheet_of(order.pk, by=desk.by)
    text, _ = read(render(sheet, factory=desk.by.factory, address="http://plant.local/", now=NOON))
    assert "WEB-1 Selangor Water" in text
    leaves, first = "What those are made of, down to what is bought", "The parts that the BOM names"
    assert f"Customer order no. {theirs.pk} Taken from stock {leaves}" in timeline_of(desk, order)
    desk.do(actions.change_layer, order, layer="first")
    told = timeline_of(desk, order)
    assert "admin changed what is taken from stock" in told and f"{leaves} → {first}" in told
    desk.do(actions.amend, order, changes={"customer_order_id": None})
    assert f"Customer order no. {theirs.pk} → –" in timeline_of(desk, order)


def test_what_a_run_spared_is_told(desk: Desk) -> None:
    part = an_ingredient(desk.factory, desk.by, stock=100, sku="LINER")
    a_bom(desk.by, desk.item, {part: 1})
    order = desk.running(100)
    used = Traced(parts=(PartUse(part.pk, total=Decimal(8)),))
    desk.do(actions.report, order, count=Count(Decimal(10), Decimal(0)), traced=used)
    told = timeline_of(desk, order)
    assert "Used 8 × LINER" in told and "Not needed after all 2 × LINER" in told


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (Duplicate(field="item", value="LID"), "LID is on this order already."),
        (Duplicate(field="reference", value="PR-9"), "Another order is called PR-9 already."),
        (Duplicate(field="unheard", value="X"), "X is taken already."),
        (
            LineHasProduction(reference="PR-9", sku="LID", good=Decimal("5.50"), rejected=Decimal(0)),
            "LID was made already (5.5 good, 0 rejected): it stays on PR-9.",
        ),
        (LotMissing(item_id=1, sku="LID", lot="L", wanted=Decimal(1)), "There is no lot or serial number L of LID."),
        (
            LotShort(item_id=1, sku="LID", lot="L", wanted=Decimal(5), available=Decimal(2)),
            "Lot L of LID holds 2 that may be taken, not 5.",
        ),
        (NotAPart(item_id=1), "Something was named as used that is no part of what is made here."),
        (
            SerialsIncomplete(item_id=1, sku="LID", wanted=Decimal(2), named=Decimal(1)),
            "LID is kept by serial number: name all 2 that were used; 1 were named.",
        ),
        (
            OverLimit(item_id=1, sku="LID", wanted=Decimal(5), available=Decimal(2)),
            "No more than 2 of LID may be used for what was ordered; 5 were named.",
        ),
    ],
    ids=lambda value: getattr(value, "code", ""),
)
def test_a_refusal_is_told_in_a_sentence(problem: Any, sentence: str) -> None:
    assert refusal_words.told(problem)[1] == sentence
