"""How a production order follows what is stated of it: the contract's section 8 and its edge table, through real calls."""

from decimal import Decimal
from typing import Any

import pytest

from manufacturing.models import Item, StockMove
from orders.actions.create import create
from orders.actions.hold import hold
from orders.actions.release_hold import release_hold
from orders.actions.report import report
from orders.actions.schedule import schedule
from orders.actions.start import start
from orders.actions.verify import verify
from orders.models import OrderEvent, OrderFacts, ProductionOrder
from orders.proof_of_history import Counted, first_fault
from orders.proof_of_ledgers import faults as ledger_faults
from orders.specs import Count, NewLine, Policy, Share
from tests import floor
from tests.conformance.ingest.works import Works, a_row, at, entries_of, followed, verbs_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def works() -> Works:
    return Works()


@pytest.fixture(autouse=True)
def _proved() -> Any:
    """Whatever a test did, ledgers and histories can be proved afterwards."""
    yield
    assert list(ledger_faults()) == []
    assert first_fault(factory_id=None, counted=Counted()) is None


WORDS = {
    "draft": ["draft", "new", "created", "proposed"],
    "submitted": ["submitted", "requested", "open", "pending"],
    "approved": ["approved", "confirmed", "released", "firm", "firmed"],
    "scheduled": ["scheduled", "planned", "queued", "ready", "not_started"],
    "in_production": [
        "in_progress", "in_production", "started", "running", "active", "processing", "producing", "wip", " IN Progress ",
        "in-progress",
    ],
    "paused": ["paused", "on_hold", "suspended", "stopped", "interrupted", "blocked"],
    "completed": ["completed", "complete", "done", "finished", "produced"],
    "closed": ["closed", "shipped", "delivered", "fulfilled", "archived"],
    "cancelled": ["cancelled", "canceled", "void", "voided", "aborted", "deleted"],
}  # fmt: skip
PATHS = {
    "draft": [], "submitted": ["submit"], "approved": ["approve"], "scheduled": ["schedule"],
    "in_production": ["schedule", "start"], "paused": ["schedule", "start", "pause"],
    "completed": ["schedule", "start", "complete"], "closed": ["schedule", "start", "complete", "close"],
    "cancelled": ["cancel"],
}  # fmt: skip


def test_every_word_leads_to_its_state_by_the_shortest_path() -> None:
    works = Works(requires_verification=False)
    rows = [a_row(order_number=word, status=word) for words in WORDS.values() for word in words]
    works.state(*rows)
    for state, words in WORDS.items():
        for word in words:
            order = works.order(word)
            assert (order.state, verbs_of(order)) == (state, ["create", *PATHS[state]]), word
            assert works.head(word).state == "done"


@pytest.mark.parametrize("word", ["verified", "inspected", "qa_passed"])
def test_verification_is_left_to_people(word: str) -> None:
    without = Works(requires_verification=False)
    without.state(a_row(status=word))
    assert (without.order().state, without.head().state) == ("completed", "done")


class TestWithoutAWord:
    @pytest.mark.parametrize(
        ("facts", "state"),
        [
            ({}, "scheduled"),
            ({"actual_start_date": "2025-01-10 06:30:00"}, "in_production"),
            ({"produced_units": 1}, "in_production"),
            ({"produced_units": 0}, "scheduled"),
            ({"actual_end_date": "2025-01-12 17:45:00"}, "completed"),
            ({"status": "Waiting for Godot", "produced_units": 3}, "in_production"),
            ({"status": "planned", "produced_units": 3}, "in_production"),
            ({"status": "draft", "actual_start_date": "2025-01-10 06:30:00"}, "in_production"),
        ],
    )
    def test_the_facts_say(self, works: Works, facts: dict[str, Any], state: str) -> None:
        works.state(a_row(**facts))
        assert works.order().state == state


class TestNeverBackwards:
    def test_a_later_word_behind_is_only_kept(self, works: Works) -> None:
        works.state(a_row(status="completed", updated_at=at("10:00:00")))
        works.state(a_row(status="in_progress", updated_at=at("11:00:00")))
        assert (works.order().state, works.head().state) == ("completed", "done")
        assert "in_progress" in str(OrderFacts.objects.get(face="ingest").data)

    def test_what_is_over_cannot_be_cancelled(self, works: Works) -> None:
        works.state(a_row(status="completed", updated_at=at("10:00:00")))
        works.state(a_row(status="cancelled", updated_at=at("11:00:00")))
        head = works.head()
        assert (works.order().state, head.state) == ("completed", "conflict")
        assert head.reason
        read = works.read()["data"][0]["projection"]
        assert (read["state"], read["reason"]) == ("conflict", head.reason)
        assert any("conflict" in event.data for event in OrderEvent.objects.filter(order=works.order()))

    def test_another_quantity_after_the_end(self, works: Works) -> None:
        works.state(a_row(status="completed", produced_units=498, updated_at=at("10:00:00")))
        works.state(a_row(status="completed", produced_units=500, updated_at=at("11:00:00")))
        assert (works.order().quantity_good, works.head().state) == (498, "conflict")
        works.state(a_row(status="completed", produced_units=498, updated_at=at("12:00:00")))
        assert works.head().state == "done"

    @pytest.mark.parametrize("first", [True, False])
    def test_the_order_of_arrival_means_nothing(self, works: Works, first: bool) -> None:
        early = a_row(status="in_progress", produced_units=100, updated_at=at("10:00:00"))
        late = a_row(status="completed", produced_units=498, updated_at=at("12:00:00"))
        for row in (early, late) if first else (late, early):
            works.state(row)
        order = works.order()
        assert (order.state, order.quantity_good, works.versions()) == ("completed", 498, 2)

    def test_between_running_and_paused_both_ways(self, works: Works) -> None:
        for hour, (word, state) in enumerate(
            [("running", "in_production"), ("stopped", "paused"), ("running", "in_production"), ("blocked", "paused")]
        ):
            works.state(a_row(status=word, updated_at=at(f"1{hour}:00:00")))
            assert works.order().state == state
        moves = [verb for verb in verbs_of(works.order()) if verb != "amend"]
        assert moves[-3:] == ["pause", "resume", "pause"]


class TestQuantities:
    def test_only_the_difference_is_booked(self, works: Works) -> None:
        works.state(a_row(status="in_progress", produced_units=498))
        works.state(a_row(status="in_progress", produced_units=500))
        assert entries_of(works.order()) == [("ingest", 498), ("ingest", 2)]
        works.state(a_row(status="in_progress", produced_units=498))
        assert entries_of(works.order())[-1] == ("ingest", -2)
        assert works.order().quantity_good == 498

    def test_less_than_before(self, works: Works) -> None:
        works.state(a_row(status="in_progress", produced_units=100, updated_at=at("10:00:00")))
        works.state(a_row(status="in_progress", produced_units=80, updated_at=at("11:00:00")))
        assert entries_of(works.order()) == [("ingest", 100), ("ingest", -20)]

    def test_nothing_said_is_not_nothing_made(self, works: Works) -> None:
        works.state(a_row(produced_units=100, updated_at=at("10:00:00")))
        works.state(a_row(updated_at=at("11:00:00")))
        assert works.order().quantity_good == 100
        works.state(a_row(produced_units=0, updated_at=at("12:00:00")))
        assert works.order().quantity_good == 0

    def test_what_others_counted_stays_theirs(self, works: Works) -> None:
        works.state(a_row(status="in_progress", updated_at=at("10:00:00")))
        floor.done(report, order_id=works.order().pk, by=works.actor(), count=Count(Decimal(110), Decimal(0)))
        works.state(a_row(status="in_progress", produced_units=105, updated_at=at("11:00:00")))
        assert works.order().quantity_good == 110
        works.state(a_row(status="in_progress", produced_units=150, updated_at=at("12:00:00")))
        assert entries_of(works.order()) == [("manual", 110), ("ingest", 40)]

    def test_more_than_ordered(self, works: Works) -> None:
        works.state(a_row(status="completed", produced_units=700))
        assert (works.order().quantity_good, works.head().state) == (700, "done")

    def test_no_stock_is_moved_and_none_is_used(self, works: Works) -> None:
        works.state(a_row(status="completed", produced_units=498))
        assert not StockMove.objects.exists()

    def test_the_target_follows(self, works: Works) -> None:
        works.state(a_row(ordered_units=500, updated_at=at("10:00:00")))
        works.state(a_row(ordered_units=400, updated_at=at("11:00:00")))
        order = works.order()
        assert order.quantity_target == 400
        event = OrderEvent.objects.get(order=order, verb="adjust_quantity")
        assert event.reason == "ingested version"

    def test_amounts_that_nobody_can_book(self, works: Works) -> None:
        works.state(a_row(status="in_progress", produced_units=10**12 + 1))
        assert works.head().state == "conflict"
        works.state(a_row(order_number="2", ordered_units=9223372036854775807))
        assert works.head("2").state == "conflict"

    def test_nothing_ordered_is_no_order_yet(self, works: Works) -> None:
        works.state(a_row(ordered_units=0, updated_at=at("10:00:00")))
        assert (works.head().state, ProductionOrder.objects.count()) == ("skipped", 0)
        assert works.read()["data"][0]["projection"]["orderId"] is None
        works.state(a_row(ordered_units=5, updated_at=at("11:00:00")))
        assert (works.head().state, works.order().quantity_target) == ("done", 5)


@pytest.mark.django_db(transaction=True)  # the relay sees what was committed before its own transaction began
class TestWaiting:
    def test_for_the_release_of_a_hold(self, works: Works) -> None:
        works.state(a_row(updated_at=at("10:00:00")))
        order, by = works.order(), works.actor()
        _, held = floor.done(hold, order_id=order.pk, by=by, reason="suspect resin")
        works.state(a_row(status="in_progress", produced_units=7, updated_at=at("11:00:00")))
        assert (works.order().state, works.order().quantity_good, works.head().state) == ("scheduled", 0, "waiting")
        assert works.read()["data"][0]["projection"]["state"] == "waiting"

        floor.done(release_hold, hold_id=held.uuid, by=by)
        followed()

        assert (works.order().state, works.order().quantity_good, works.head().state) == ("in_production", 7, "done")

    def test_for_quality(self, works: Works) -> None:
        works.state(a_row(status="shipped", produced_units=498))
        order = works.order()
        assert (order.state, works.head().state) == ("completed", "waiting")
        final = {"final": Decimal(498), "good": Decimal(498), "rejected": Decimal(0)}
        floor.done(verify, order_id=order.pk, by=works.actor(), **final)
        followed()
        assert (works.order().state, works.head().state) == ("closed", "done")


class TestOrdersOfOthers:
    def an_order(self, works: Works, **facts: Any) -> ProductionOrder:
        item = floor.an_item(works.factory, sku="PROD-001", name="Cap")
        lines = [NewLine(item=item, target=Decimal(500))]
        return floor.done(create, by=works.actor(), lines=lines, reference="MO-2025-001", **facts)

    def test_one_of_that_name_and_product_is_followed_not_doubled(self, works: Works) -> None:
        order = self.an_order(works)
        works.state(a_row(status="in_progress", produced_units=10))
        assert ProductionOrder.objects.count() == 1
        assert works.head().order_id == order.pk
        assert works.order().quantity_good == 10
        assert Item.objects.count() == 1

    def test_it_keeps_its_own_rule_for_too_much(self, works: Works) -> None:
        self.an_order(works, policy=Policy("strict"))
        works.state(a_row(status="in_progress", produced_units=501))
        assert (works.order().quantity_good, works.head().state) == (0, "conflict")

    def test_a_machine_that_is_taken_is_waited_for(self, works: Works) -> None:
        order, by = self.an_order(works), works.actor()
        press = floor.a_machine(works.factory)
        floor.done(schedule, order_id=order.pk, by=by, shares=[Share(machine=press)])
        other = floor.an_order(by)
        floor.done(schedule, order_id=other.pk, by=by, shares=[Share(machine=press)])
        floor.done(start, order_id=other.pk, by=by)
        works.state(a_row(status="in_progress"))
        head = works.head()
        assert (works.order().state, head.state) == ("scheduled", "waiting")
        assert head.due_at is not None

    def test_two_products_under_one_number(self, works: Works) -> None:
        works.state(a_row(product_id="PROD-1"), a_row(product_id="PROD-2"))
        references = sorted(ProductionOrder.objects.values_list("reference", "item__sku"))
        assert references == [("MO-2025-001", "PROD-1"), ("MO-2025-001/PROD-2", "PROD-2")]

    def test_a_number_that_somebody_else_s_order_has(self, works: Works) -> None:
        item = floor.an_item(works.factory, sku="OTHER")
        floor.done(
            create, by=works.actor(), lines=[NewLine(item=item, target=Decimal(1))], reference="MO-2025-001"
        )  # fmt: skip
        works.state(a_row())
        assert works.order("MO-2025-001/PROD-001").item.sku == "PROD-001"
        assert works.read()["data"][0]["projection"]["reference"] == "MO-2025-001/PROD-001"

    def test_another_works_order_of_the_same_name_is_none(self, works: Works) -> None:
        second = Works("LOC-002")
        second.state(a_row(status="in_progress", produced_units=9))
        works.state(a_row(produced_units=1))
        assert (second.order().quantity_good, works.order().quantity_good) == (9, 1)


class TestItems:
    def test_an_unknown_product_becomes_a_stub(self, works: Works) -> None:
        works.state(a_row(), a_row(order_number="2"))
        item = Item.objects.get()
        assert (item.sku, item.name, item.stub) == ("PROD-001", "PROD-001", True)

    def test_a_known_one_stays_as_it_is(self, works: Works) -> None:
        floor.an_item(works.factory, sku="PROD-001", name="Cap")
        works.state(a_row())
        item = Item.objects.get()
        assert (item.name, item.stub) == ("Cap", False)


class TestDetails:
    def test_a_planned_end_before_the_start_is_kept_as_sent(self, works: Works) -> None:
        works.state(a_row(expected_end_date="2025-01-01 00:00:00"))
        order = works.order()
        assert order.planned_end is not None and order.planned_end.day == 1

    def test_what_changes_is_told_without_a_move(self, works: Works) -> None:
        works.state(a_row(updated_at=at("10:00:00")))
        works.state(a_row(updated_at=at("11:00:00"), source_id="LINE-009", expected_end_date="2025-02-01 00:00:00"))
        order = works.order()
        assert verbs_of(order) == ["create", "schedule", "amend"]
        told = OrderEvent.objects.get(order=order, verb="amend")
        assert told.moved is False
        assert "LINE-009" in str(told.data)
        assert order.planned_end is not None and order.planned_end.month == 2

    def test_who_said_it_stands_in_every_event(self, works: Works) -> None:
        works.state(a_row(status="completed", produced_units=498))
        events = OrderEvent.objects.filter(order=works.order())
        assert {(event.face, event.actor_name, event.data.get("imported")) for event in events} == {
            ("ingest", "Feed", True)
        }  # fmt: skip
