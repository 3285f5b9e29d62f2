"""How many pieces statements book beside what is counted here, whatever came first; and which numbers they may not state."""

from decimal import Decimal

import pytest

from orders import actions
from orders.models import OrderLine, ProductionOrder, QuantityEntry
from orders.specs import Circumstances, Count
from orders.statements import Followed
from tests import floor
from tests.orders.truth import require_truth
from tests.stated import Sender, fresh, order_of

pytestmark = pytest.mark.django_db

DONE, CONFLICT = Followed.DONE, Followed.CONFLICT


@pytest.fixture
def sender() -> Sender:
    return Sender(floor.a_factory(requires_verification=False))


def made(order: ProductionOrder) -> list[Decimal]:
    """What statements have booked, entry by entry."""
    return list(order.entries.filter(source="ingest").order_by("id").values_list("good", flat=True))


def count_here(sender: Sender, order: ProductionOrder, good: int, rejected: int = 0) -> None:
    by = floor.an_actor(sender.factory)
    actions.report(
        order_id=order.pk, by=by, count=Count(Decimal(good), Decimal(rejected)), where=Circumstances(), reason="counted"
    )


def test_less_than_before_is_taken_back_by_one_entry(sender: Sender) -> None:
    order = order_of(sender.say(goal="in_production", made=100))
    outcome = sender.say(goal="in_production", made=80)
    order = fresh(order)
    entry = order.entries.order_by("-id")[0]
    assert (outcome.result, order.quantity_good, made(order)) == (DONE, 80, [100, -20])
    assert (entry.reason, entry.imported_good) == ("ingested version", -20)
    assert order.events.order_by("-seq")[0].reason == "ingested version"
    require_truth()


def test_what_machines_count_is_neither_doubled_nor_taken_back(sender: Sender) -> None:
    order = order_of(sender.say(goal="in_production", made=None))
    count_here(sender, order, 110)
    totals = []
    for stated in (105, 150, 120, 0, None, 111):
        sender.say(goal="in_production", made=stated)
        order = fresh(order)
        totals.append(order.quantity_good)
    assert totals == [110, 150, 120, 110, 110, 111]
    assert made(order) == [40, -30, -10, 1]
    require_truth()


def test_there_and_back_again_is_booked_each_time(sender: Sender) -> None:
    for stated in (100, 50, 100, 50):
        order = order_of(sender.say(goal="in_production", made=stated))
        assert order.quantity_good == stated
    assert made(order) == [100, -50, 50, -50]
    require_truth()


def test_a_version_that_is_booked_adds_nothing_when_it_is_looked_at_again(sender: Sender) -> None:
    order = order_of(sender.say(goal="in_production", made=100))
    count_here(sender, order, 30)
    outcome = sender.say(goal="in_production", made=100, again=True)
    order = fresh(order)
    assert (outcome.result, order.quantity_good, made(order)) == (DONE, 130, [100])
    sender.say(goal="in_production", made=100)  # a new version: 100 in all, of which 30 were counted here
    order = fresh(order)
    assert (order.quantity_good, made(order)) == (100, [100, -30])


def test_our_own_pieces_stay_after_a_correction_of_imported_ones(sender: Sender) -> None:
    order = order_of(sender.say(goal="in_production", made=60))
    count_here(sender, order, -30)
    count_here(sender, order, 10)
    sender.say(goal="in_production", made=0)
    line = OrderLine.objects.get()
    assert (line.good, line.imported_good) == (10, 0)
    require_truth()


def test_more_than_ordered_is_booked_where_nothing_limits_it(sender: Sender) -> None:
    outcome = sender.say(units=500, goal="completed", made=700)
    assert (outcome.result, order_of(outcome).quantity_good) == (DONE, 700)


def test_another_quantity_after_completion_is_a_conflict_told_once(sender: Sender) -> None:
    order = order_of(sender.say(goal="completed", made=498))
    outcome = sender.say(goal="completed", made=499)
    assert (outcome.result, outcome.booked) == (CONFLICT, False)
    assert outcome.reason == "499 produced units are stated, but MO-1 is completed with 498"
    order = fresh(order)
    event = order.events.order_by("-seq")[0]
    assert (event.verb, event.data["conflict"], order.quantity_good) == ("amend", outcome.reason, 498)
    assert sender.say(goal="completed", made=499, again=True).result == CONFLICT
    after = ProductionOrder.objects.get(pk=order.pk)
    assert (after.version, after.state) == (order.version, "completed")
    require_truth()


def test_a_conflict_about_pieces_does_not_keep_an_order_from_being_closed(sender: Sender) -> None:
    sender.say(goal="completed", made=498)
    outcome = sender.say(goal="closed", made=499)
    order = order_of(outcome)
    told = order.events.get(verb="amend").data["conflict"]
    assert (outcome.result, order.state, told) == (CONFLICT, "closed", outcome.reason)
    require_truth()


def test_an_ended_order_is_as_stated_or_it_is_not(sender: Sender) -> None:
    sender.say("A", goal="closed", made=498)
    before = QuantityEntry.objects.count(), order_of(sender.say("A", goal="completed", made=498)).version
    assert sender.say("A", goal="in_production", made=498, facts={"status": "x"}).result == DONE
    for differing in ({"made": 499}, {"made": 498, "units": 600}, {"made": 498, "planned_end": sender.state().at}):
        outcome = sender.say("A", goal="closed", **differing)
        assert (outcome.result, "A is closed" in str(outcome.reason)) == (CONFLICT, True)
    assert (QuantityEntry.objects.count(), order_of(outcome).version) == before
    sender.say("B", goal="cancelled")
    assert sender.say("B", goal="cancelled", units=0).result == DONE
    assert sender.say("B", goal="scheduled").result == CONFLICT


def test_a_cancelled_order_keeps_what_was_made_of_it(sender: Sender) -> None:
    order = order_of(sender.say(goal="cancelled", made=20))
    assert (order.state, order.quantity_good) == ("cancelled", 20)
    assert order_of(sender.say("MO-2", goal="cancelled")).version == 2
    require_truth()


@pytest.mark.parametrize("units", [10**12 + 1, 2**63 - 1])
def test_an_order_for_more_than_can_be_counted_is_not_made(units: int, sender: Sender) -> None:
    outcome = sender.say(units=units)
    assert (outcome.result, outcome.order_id) == (CONFLICT, None)
    assert "more than can be counted" in str(outcome.reason)
    assert not ProductionOrder.objects.exists()
    assert sender.say(units=10**12).result == DONE
    outcome = sender.say(units=units)
    assert (outcome.result, order_of(outcome).quantity_target) == (CONFLICT, 10**12)


@pytest.mark.parametrize("pieces", [10**12, 2**63 - 1])
def test_more_pieces_than_can_be_counted_are_not_booked_and_nothing_is_completed(pieces: int, sender: Sender) -> None:
    outcome = sender.say(goal="completed", made=pieces)
    order = order_of(outcome)
    assert (outcome.result, outcome.booked, order.state, order.quantity_good) == (CONFLICT, False, "in_production", 0)
    assert order_of(sender.say(goal="completed", made=10**12 - 1)).state == "completed"
    require_truth()


def test_no_units_make_no_order_and_take_no_reference(sender: Sender) -> None:
    skipped, made_after = sender.follow(sender.state("MO-1", "A", units=0), sender.state("MO-1", "B"))
    assert (skipped.result, skipped.order_id) == (Followed.SKIPPED, None)
    assert order_of(made_after).reference == "MO-1"
    outcome = sender.say("MO-1", "A", units=7)
    assert (outcome.result, order_of(outcome).reference) == (DONE, "MO-1/A")


def test_no_units_any_more_is_a_conflict_unless_it_is_cancelled(sender: Sender) -> None:
    sender.say(goal="scheduled")
    outcome = sender.say(units=0, goal="in_production")
    assert (outcome.result, order_of(outcome).state) == (CONFLICT, "in_production")
    outcome = sender.say(units=0, goal="cancelled")
    assert (outcome.result, order_of(outcome).state, order_of(outcome).quantity_target) == (DONE, "cancelled", 500)
    require_truth()
