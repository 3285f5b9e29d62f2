"""What becomes of an order when a planning system states, one version after the other, what it is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from factoryos.kernel import clock
from orders import actions
from orders.models import OrderFacts, OrderLine, ProductionOrder, QuantityEntry
from orders.moves import table
from orders.statements import Followed
from orders.states import State
from tests import floor
from tests.orders.actions.test_report_counts_parity import undone
from tests.orders.truth import require_truth
from tests.stated import AT, END, START, Sender, fresh, order_of

pytestmark = pytest.mark.django_db

DONE, WAITING, CONFLICT = Followed.DONE, Followed.WAITING, Followed.CONFLICT
STATES = [str(state) for state in State]


@pytest.fixture
def sender() -> Sender:
    """Of a factory where quality signs nothing."""
    return Sender(floor.a_factory(requires_verification=False))


@pytest.fixture
def strict() -> Sender:
    """Of a factory where quality signs every order."""
    return Sender(floor.a_factory(requires_verification=True))


def verbs(order: ProductionOrder) -> list[str]:
    return list(order.events.order_by("seq").values_list("verb", flat=True))


def test_the_published_example_ends_as_a_completed_order(sender: Sender) -> None:
    actual = {"actual_start": START + timedelta(minutes=30), "actual_end": END - timedelta(minutes=15)}
    outcome = sender.say(goal="completed", made=498, **actual)
    order = order_of(outcome)
    assert (outcome.result, outcome.booked, outcome.reason) == (DONE, True, None)
    assert (order.reference, order.state, order.origin, order.over_production) == (
        "MO-1",
        "completed",
        "ingest",
        "unlimited",
    )
    assert (order.quantity_target, order.quantity_good) == (500, 498)
    assert (order.planned_start, order.planned_end) == (START, END)
    assert (order.actual_start, order.actual_end) == (actual["actual_start"], actual["actual_end"])
    assert verbs(order) == ["create", "schedule", "start", "report", "complete"]
    line, entry = OrderLine.objects.get(), QuantityEntry.objects.get()
    assert (line.item.sku, line.item.stub, line.good, line.imported_good) == ("PROD-1", True, 498, 498)
    assert (entry.source, entry.good, entry.imported_good, entry.face) == ("ingest", 498, 498, "ingest")
    assert OrderFacts.objects.get().data["status"] == "completed"
    require_truth()


# --- state × goal -----------------------------------------------------------------------------------------------------
RANKED = ["draft", "submitted", "approved", "scheduled", "in_production", "completed", "verified", "closed"]


def expected(state: str, goal: str) -> tuple[Followed, str]:
    """What is to become of an order without pieces, where quality signs nothing."""
    if "cancelled" in (state, goal):
        if state == goal:
            return DONE, state
        can = goal == "cancelled" and state not in ("completed", "verified", "closed")
        return (DONE, "cancelled") if can else (CONFLICT, state)
    here, there = (RANKED.index(one.replace("paused", "in_production")) for one in (state, goal))
    if there == here:
        return DONE, goal
    if there < here:
        return DONE, state
    return DONE, "completed" if goal == "verified" else goal


WAYS = {
    "draft": [], "submitted": ["submit"], "approved": ["approve"], "scheduled": ["schedule"], "cancelled": ["cancel"],
    "in_production": ["schedule", "start"], "paused": ["schedule", "start", "pause"],
    "completed": ["schedule", "start", "complete"], "verified": ["schedule", "start", "complete", "verify"],
    "closed": ["schedule", "start", "complete", "close"],
}  # fmt: skip


def brought_to(sender: Sender, state: str) -> ProductionOrder:
    """An order that follows a statement already, in this state."""
    outcome = sender.say(f"MO-{state}", goal="completed" if state == "verified" else state)
    if state == "verified":
        by = floor.an_actor(sender.factory)
        actions.verify(order_id=outcome.order_id, by=by, final=Decimal(0), good=Decimal(0), rejected=Decimal(0))
    order = order_of(outcome)
    assert (order.state, verbs(order)) == (state, ["create", *WAYS[state]])
    return order


@pytest.mark.parametrize("state", STATES)
def test_an_order_goes_only_forward_to_what_is_stated(state: str, sender: Sender) -> None:
    for goal in STATES:
        with undone():
            order = brought_to(sender, state)
            outcome = sender.say(f"MO-{state}", goal=goal)
            order = fresh(order)
            assert (outcome.result, order.state) == expected(state, goal), (state, goal, outcome)
            assert (outcome.reason is None) == (outcome.result == DONE)
            events = list(order.events.order_by("seq"))
            for before, event in pairwise(events):
                target = table()[event.verb][before.to_state].target or before.to_state
                assert (event.from_state, event.to_state) == (before.to_state, str(target))
            require_truth()


def test_all_states_and_goals_at_once_are_as_one_by_one(sender: Sender) -> None:
    for goal in STATES:
        if goal == "verified":
            continue
        outcome = sender.say(f"NEW-{goal}", goal=goal)
        assert (outcome.result, order_of(outcome).state) == (DONE, goal)


@pytest.mark.parametrize("goal", ["verified", "closed"])
def test_where_quality_signs_an_order_waits_for_it_completed(goal: str, strict: Sender) -> None:
    outcome = strict.say(goal=goal, made=498)
    order = order_of(outcome)
    assert (outcome.result, outcome.booked, order.state, order.awaited) == (WAITING, True, "completed", True)
    assert "verify" in str(outcome.reason)
    before = order.version
    again = strict.say(goal=goal, made=498, again=True)
    order = fresh(order)
    assert (again.result, order.version) == (WAITING, before)
    by = floor.an_actor(strict.factory)
    actions.verify(order_id=order.pk, by=by, final=Decimal(498), good=Decimal(498), rejected=Decimal(0))
    last = strict.say(goal=goal, made=498, again=True)
    order = fresh(order)
    assert (last.result, order.state, order.awaited) == (DONE, goal, False)
    require_truth()


def test_facts_lift_an_order_into_production_whatever_its_word_plans(sender: Sender) -> None:
    assert order_of(sender.say("MO-1", goal="scheduled", made=3)).state == "in_production"
    assert order_of(sender.say("MO-2", goal="draft", actual_start=START)).state == "in_production"
    assert order_of(sender.say("MO-3", goal="draft", made=0)).state == "draft"


# --- details ----------------------------------------------------------------------------------------------------------
def test_the_same_version_again_writes_nothing(sender: Sender) -> None:
    order = order_of(sender.say(goal="in_production", made=5))
    outcome = sender.say(goal="in_production", made=5)
    order = fresh(order)
    assert (outcome.result, outcome.booked, order.version) == (DONE, True, 4)


def test_changed_details_are_one_amendment_with_before_and_after(sender: Sender) -> None:
    order = order_of(sender.say(goal="scheduled"))
    facts = {"source_id": "LINE-2", "ordered_at": "2025-01-05 08:00:00", "status": "Planned"}
    later = END + timedelta(days=1)
    sender.say(goal="scheduled", planned_start=later, planned_end=START, facts=facts)
    order = fresh(order)
    event = order.events.order_by("-seq")[0]
    assert (order.planned_start, order.planned_end) == (later, START)  # as it was sent, the wrong way round
    assert (event.verb, event.moved, event.face) == ("amend", False, "ingest")
    assert event.data["changes"] == {
        "planned_start": {"before": START.isoformat(), "after": later.isoformat()},
        "planned_end": {"before": END.isoformat(), "after": START.isoformat()},
    }
    assert event.data["facts"] == {
        "source_id": {"before": "LINE-1", "after": "LINE-2"}, "status": {"before": "scheduled", "after": "Planned"},
    }  # fmt: skip
    assert OrderFacts.objects.get().data == facts
    require_truth()


def test_a_fact_that_is_stated_no_more_is_forgotten(sender: Sender) -> None:
    sender.say()
    sender.say(facts={"source_id": "LINE-1", "ordered_at": None, "status": None})
    assert OrderFacts.objects.get().data == {"source_id": "LINE-1"}


def test_a_word_behind_is_saved_and_moves_nothing(sender: Sender) -> None:
    sender.say(goal="completed", made=498)
    outcome = sender.say(goal="in_production", made=498, facts={"status": "in_progress"})
    assert (outcome.result, order_of(outcome).state) == (DONE, "completed")
    assert OrderFacts.objects.get().data["status"] == "in_progress"


def test_a_changed_target_runs_adjust_quantity(sender: Sender) -> None:
    sender.say(units=500)
    order = order_of(sender.say(units=600))
    event = order.events.get(verb="adjust_quantity")
    assert (order.quantity_target, order.lines.get().target, event.reason) == (600, 600, "ingested version")
    assert (event.data["before"], event.data["after"], event.data["line"]) == (
        "500",
        "600",
        str(order.lines.get().uuid),
    )
    require_truth()


def test_times_that_nobody_states_are_no_later_than_what_is_known(sender: Sender) -> None:
    held = datetime(2025, 6, 1, tzinfo=UTC)
    clock.use(lambda: held)
    try:
        order = order_of(sender.say("MO-1", goal="completed", at=AT))
        assert (order.actual_start, order.actual_end) == (AT, AT)
        order = order_of(sender.say("MO-2", goal="completed", at=AT, actual_end=START))
        assert (order.actual_start, order.actual_end) == (START, START)
        order = order_of(sender.say("MO-3", goal="completed", at=held + timedelta(days=9)))
        assert (order.actual_start, order.actual_end) == (held, held)
        order = order_of(sender.say("MO-4", goal="completed", made=3, at=AT, actual_start=held))
        assert (order.actual_start, order.actual_end) == (held, held)
        assert order.entries.get().occurred_at == held
    finally:
        clock.use(None)


def test_later_versions_correct_actual_times_but_never_by_silence(sender: Sender) -> None:
    sender.say(goal="in_production", actual_start=START)
    order = order_of(sender.say(goal="in_production", actual_start=START + timedelta(hours=1), actual_end=END))
    assert (order.actual_start, order.actual_end) == (START + timedelta(hours=1), None)
    order = order_of(sender.say(goal="completed", actual_end=END))
    order = order_of(sender.say(goal="completed", actual_end=END + timedelta(hours=2)))
    assert (order.actual_start, order.actual_end) == (START + timedelta(hours=1), END + timedelta(hours=2))
    assert order_of(sender.say(goal="completed")).actual_end == END + timedelta(hours=2)
    require_truth()


def test_paused_and_resumed_both_ways(sender: Sender) -> None:
    order = order_of(sender.say(goal="paused"))
    assert (order.pause_reason, order.pause_text) == ("other", "Paused in the planning system")
    order = order_of(sender.say(goal="in_production"))
    assert (order.state, order.pause_reason, order.pause_text) == ("in_production", None, None)
    assert order_of(sender.say(goal="paused")).state == "paused"
    assert order_of(sender.say(goal="completed")).pause_reason is None
    require_truth()
