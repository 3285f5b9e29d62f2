"""Material at the console: what an order needs, has and lacks, on its page, in refusals, messages and the timeline."""

from decimal import Decimal
from typing import Any

import pytest

from manufacturing.boms.writing import Part, Recipe, create_bom
from manufacturing.models import Item, Reservation, StockMove
from manufacturing.stock.receipts import Delivery, receive
from orders import actions
from orders.materials.outlook import lacking
from orders.models import OrderEvent, ProductionOrder
from orders.specs import Share
from tests import floor
from tests.ops.order_page.desk import Desk, now, words

pytestmark = pytest.mark.django_db


class Kitchen(Desk):
    """A cap takes a shell, 0.0025 kg of resin and a third of a carton; of each so much lies in stock."""

    def __init__(self, *, shells: int = 5000, resin: str = "10", cartons: int = 500, **facts: Any) -> None:
        super().__init__(**facts)
        self.shell = floor.an_item(self.factory, sku="SHELL", name="Cap shell")
        self.resin = floor.an_item(
            self.factory, sku="RESIN", name="Resin", unit="kg", unit_decimals=3, tracking=Item.Tracking.LOT
        )
        self.carton = floor.an_item(self.factory, sku="CARTON", name="Carton")
        parts = [Part(self.shell, Decimal(3)), Part(self.resin, Decimal("0.0075")), Part(self.carton, Decimal(1))]
        recipe = Recipe("Cap of a shell", parts, quantity=Decimal(3))
        floor.done(create_bom, by=self.by, item=self.item, recipe=recipe)
        self.comes(self.shell, shells)
        self.comes(self.resin, resin, lot_number="R-1")
        self.comes(self.carton, cartons)

    def comes(self, item: Item, quantity: int | str, **more: Any) -> None:
        if Decimal(quantity):
            floor.done(receive, delivery=Delivery(item, Decimal(quantity), **more), by=self.by)

    def rows(self, order: ProductionOrder) -> str:
        """The table of material, as it is read."""
        text = words(self.get(order))
        return text[text.index("Material Components") : text.index("Counted")]


def state_of(order: ProductionOrder) -> tuple[Any, ...]:
    found = now(order)
    return (
        found.state,
        found.version,
        Reservation.objects.count(),
        OrderEvent.objects.count(),
        StockMove.objects.count(),
    )


def test_approving_without_material_says_which_is_short_and_by_how_much() -> None:
    desk = Kitchen(shells=400, resin="1.25")
    order = desk.draft(1000)
    before = state_of(order)
    refused = desk.send(order, "approve")
    assert refused.status_code == 409
    assert (
        "There is not enough material. Cap shell (SHELL): 1000 pcs needed, 400 pcs free, 600 pcs short; "
        "Resin (RESIN): 2.5 kg needed, 1.25 kg free, 1.25 kg short. Nothing was reserved."
    ) in words(refused)
    assert state_of(order) == before


def test_the_same_refusal_sent_again_says_the_same() -> None:
    desk = Kitchen(shells=0)
    order = desk.draft(10)
    answers = [words(desk.send(order, "approve", key="once")) for _ in range(2)]
    assert all("Cap shell (SHELL): 10 pcs needed, 0 pcs free, 10 pcs short" in answer for answer in answers)


def test_of_many_components_that_are_short_a_few_are_named() -> None:
    desk = Desk()
    parts = [Part(floor.an_item(desk.factory, name=f"Part {number}"), Decimal(1)) for number in range(7)]
    floor.done(create_bom, by=desk.by, item=desk.item, recipe=Recipe("Of seven", parts))
    told = words(desk.send(desk.draft(10), "approve"))
    assert "Part 3 (" in told and "Part 4 (" not in told and "and 3 more. Nothing was reserved." in told


def test_scheduling_says_afterwards_what_is_short() -> None:
    desk = Kitchen(shells=400, cartons=0)
    order = desk.draft(1000)
    went = desk.send(order, "schedule", machine_0=desk.machine.pk)
    told = words(desk.client.get(went["Location"]))
    assert f"{order.reference} is scheduled. Not all of its material is there: short of Cap shell by 600 pcs" in told
    assert "and Carton by 334 pcs" in told
    fine = Kitchen()
    order = fine.draft(1000)
    told = words(fine.client.get(fine.send(order, "schedule", machine_0=fine.machine.pk)["Location"]))
    assert f"{order.reference} is scheduled." in told and "short of" not in told


def test_a_factory_that_wants_all_material_first_refuses_to_schedule_in_the_same_words() -> None:
    desk = Kitchen(shells=400, material_policy="strict")
    order = desk.draft(1000)
    before = state_of(order)
    refused = desk.send(order, "schedule", machine_0=desk.machine.pk)
    assert refused.status_code == 409
    assert "Cap shell (SHELL): 1000 pcs needed, 400 pcs free, 600 pcs short" in words(refused)
    assert state_of(order) == before


def test_the_page_tells_of_each_component_what_is_needed_reserved_used_and_short() -> None:
    desk = Kitchen(shells=400)
    order = desk.draft(1000)
    assert "SHELL Cap shell 600 missing 1000 pcs 0 0" in desk.rows(order)
    assert "RESIN Resin (in stock) 2.5 kg 0 0" in desk.rows(order)
    assert "CARTON Carton (in stock) 334 pcs 0 0" in desk.rows(order)
    desk.do(actions.schedule, order, shares=[Share(machine=desk.machine)])
    assert "SHELL Cap shell 600 short 1000 pcs 400 0" in desk.rows(order)
    assert "RESIN Resin 2.5 kg 2.5 0" in desk.rows(order)
    desk.do(actions.start, order)
    desk.report(order, good=100, rejected=20)
    assert "SHELL Cap shell 600 short 1000 pcs 280 120" in desk.rows(order)
    assert "RESIN Resin 2.5 kg 2.2 0.3" in desk.rows(order)
    assert "CARTON Carton 334 pcs 294 40" in desk.rows(order)
    desk.report(order, good=880)
    desk.do(actions.complete, order)
    assert "SHELL Cap shell 600 not in stock 1000 pcs 0 400" in desk.rows(order)


def test_what_a_report_did_not_find_in_stock_stands_beside_its_count() -> None:
    desk = Kitchen(shells=10)
    order = desk.running(30)
    desk.report(order, good=12)
    assert "Used, but not in stock : 2 × SHELL" in words(desk.get(order))


def test_an_order_without_a_bill_of_materials_has_no_such_section() -> None:
    desk = Desk()
    assert 'id="material-title"' not in desk.get(desk.draft()).content.decode()


def test_the_timeline_tells_what_was_reserved_and_used_and_of_which_lot() -> None:
    desk = Kitchen()
    order = desk.do(actions.approve, desk.draft(1000))
    assert "Reserved 1000 × SHELL, 2.5 × RESIN, 334 × CARTON" in words(desk.get(order))
    order = desk.do(actions.start, order)
    desk.report(order, good=300)
    told = words(desk.get(order))
    assert "Used 300 × SHELL, 0.75 × RESIN of lot R-1, 100 × CARTON" in told
    desk.report(order, good=-100, reason="miscounted")
    assert "100 × SHELL given back" in words(desk.get(order))


def test_two_lines_of_one_article_share_a_row_and_what_there_is() -> None:
    desk = Kitchen(shells=500)
    order = desk.draft(300, 400)
    assert desk.rows(order).count("SHELL") == 1
    assert "SHELL Cap shell 200 missing 700 pcs 0 0" in desk.rows(order)


def test_names_of_components_are_text() -> None:
    desk = Desk()
    part = floor.an_item(desk.factory, sku="<b>S</b>", name="<script>alert(1)</script>")
    floor.done(create_bom, by=desk.by, item=desk.item, recipe=Recipe("Bad names", [Part(part, Decimal(1))]))
    order = desk.draft(10)
    for shown in (desk.get(order), desk.send(order, "approve")):
        page = shown.content.decode()
        assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page


def test_a_need_beyond_counting_is_shown_and_cannot_be_approved() -> None:
    """A draft's target may be raised past what any ledger holds: its page still opens, only the verb says no."""
    desk = Desk()
    part = floor.an_item(desk.factory, sku="DUST", name="Dust")
    floor.done(create_bom, by=desk.by, item=desk.item, recipe=Recipe("Of dust", [Part(part, Decimal(10**9))]))
    order = desk.do(actions.adjust_quantity, desk.draft(10), target=Decimal(10**6), reason="dreams")
    assert "DUST" in words(desk.get(order)) and str(10**15) in words(desk.get(order))
    before = state_of(order)
    desk.send(order, "approve")
    assert state_of(order) == before
    assert lacking([order.pk], states=["draft"]) == {order.pk: ["DUST"]}
