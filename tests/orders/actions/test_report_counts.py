"""report_counts: which order a machine's pieces go to, that they go there once, and what they leave behind."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel import clock
from factoryos.kernel.models import OutboxMessage
from orders import actions
from orders.machine_counts import Outcome
from orders.models import Assignment, OrderEvent, OrderLine, ProductionOrder, QuantityEntry
from orders.specs import Policy
from tests import floor
from tests.counted import a_count, booked, entry_of, good_of
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.orders.storeroom import Storeroom, component_of, reserved_by
from tests.orders.truth import require_truth
from tests.stores import stock_of

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def test_pieces_go_to_the_order_its_line_and_its_machine() -> None:
    stage = Stage()
    order = stage.running()
    (outcome,) = booked(a_count(stage.machine, 248, 2, key="k1"))
    entry = entry_of(outcome)
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.quantity_good, order.quantity_rejected) == (248, 2)
    assert OrderLine.objects.values_list("good", "rejected").get(order=order) == (248, 2)
    assert Assignment.objects.get(order=order).produced == 250
    assert (entry.source, entry.machine_id, entry.idempotency_key) == ("machine", stage.machine.pk, "k1")
    assert (entry.consumed_lots, entry.serial_numbers, entry.short_consumption) == ([], [], [])
    assert stock_of(stage.item) == (248, 0)
    require_truth()


def test_the_machine_itself_is_the_actor() -> None:
    stage = Stage()
    machine = floor.a_machine(stage.factory, name="n" * 200)
    order = stage.running(on=[machine])
    entry = entry_of(booked(a_count(machine))[0])
    event = order.events.latest("seq")
    for row in (entry, event):
        assert (row.actor_kind, row.actor_id, row.actor_name) == ("device", machine.code, "n" * 150)
        assert row.face == "machine"
    assert (event.credential, event.verb, event.moved) == ("device", "report", False)
    assert event.data == {"entry": str(entry.uuid), "good": "1", "rejected": "0", "source": "machine"}


def test_every_count_has_its_event_and_its_announcement_in_the_chain() -> None:
    stage = Stage()
    order, version = stage.running(), ProductionOrder.objects.get().version
    before = OutboxMessage.objects.count()
    booked(*(a_count(stage.machine, pieces) for pieces in (3, 4, 5)))
    order = ProductionOrder.objects.get(pk=order.pk)
    events = list(order.events.filter(seq__gt=version).order_by("seq"))
    assert [(event.seq, event.data["good"]) for event in events] == [
        (version + 1, "3"), (version + 2, "4"), (version + 3, "5")
    ]  # fmt: skip
    assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:-1]]
    assert (order.version, order.chain_head, order.updated_at) == (version + 3, events[-1].hash, events[-1].at)
    told = OutboxMessage.objects.order_by("id")[before:]
    assert [(one.topic, one.key, one.payload["version"]) for one in told] == [
        ("order.quantity", str(order.uuid), event.seq) for event in events
    ]
    require_truth()


# --- Which order ------------------------------------------------------------------------------------------------------


def test_a_count_belongs_to_the_order_that_ran_when_it_was_made() -> None:
    stage = Stage()
    first = stage.do(actions.pause, stage.running(), reason="tool_change")
    second = stage.running()
    ran, runs = first.assignments.get(), second.assignments.get()
    moments = [ran.active_from, ran.active_until - SECOND / 1000, ran.active_until, runs.active_from, clock.now()]
    outcomes = booked(*(a_count(stage.machine, 1, as_of=moment) for moment in moments))
    belongs = [QuantityEntry.objects.get(pk=one.entry_id).order_id if one.entry_id else None for one in outcomes]
    assert belongs[:2] == [first.pk, first.pk]
    assert belongs[2] is None and outcomes[2].outcome is Outcome.UNASSIGNED
    assert belongs[3:] == [second.pk, second.pk]


def test_before_the_first_run_and_on_a_machine_that_never_ran_nothing_is_booked() -> None:
    stage = Stage()
    order = stage.running()
    begun = order.assignments.get().active_from
    before = everything()
    outcomes = booked(a_count(stage.machine, as_of=begun - SECOND), a_count(floor.a_machine(stage.factory)))
    assert [one.outcome for one in outcomes] == [Outcome.UNASSIGNED] * 2 and all(one.text for one in outcomes)
    assert everything() == before


def after_its_run(stage: Stage, *verbs: Callable[..., Any], **arguments: Any) -> tuple[ProductionOrder, Any]:
    """An order that ran and is over, and an instant of its run."""
    order = stage.running()
    instant = order.assignments.get().active_from
    for verb in verbs:
        order = stage.do(verb, order, **arguments)
    return order, instant


@pytest.mark.parametrize("verb", [actions.complete, actions.cancel])
def test_an_order_that_is_over_takes_no_more_pieces_and_says_so(verb: Callable[..., Any]) -> None:
    stage = Stage()
    order, instant = after_its_run(stage, verb)
    before = everything()
    (outcome,) = booked(a_count(stage.machine, as_of=instant))
    assert outcome.outcome is Outcome.UNASSIGNED and str(order.state) in outcome.text
    assert everything() == before


def test_a_held_order_takes_no_pieces_and_the_reason_is_told() -> None:
    stage = Stage()
    order = stage.running()
    instant = order.assignments.get().active_from
    floor.done(actions.hold, order_id=order.pk, by=stage.by, reason="wrong resin")
    (outcome,) = booked(a_count(stage.machine, as_of=instant))
    assert outcome.outcome is Outcome.UNASSIGNED and "wrong resin" in outcome.text
    assert good_of(order) == 0


def test_a_paused_order_takes_what_was_counted_while_it_ran() -> None:
    stage = Stage()
    order, instant = after_its_run(stage, actions.pause, reason="tool_change")
    booked(a_count(stage.machine, 3, as_of=instant))
    assert good_of(order) == 3


def test_orders_of_several_factories_in_one_call() -> None:
    stages = [Stage() for _ in range(3)]
    orders = [stage.running() for stage in stages]
    booked(*(a_count(stage.machine, place + 1) for place, stage in enumerate(stages)))
    assert [good_of(order) for order in orders] == [1, 2, 3]
    assert [OrderEvent.objects.filter(order=order).latest("seq").factory_id for order in orders] == [
        stage.factory.pk for stage in stages
    ]
    require_truth()


# --- Which line, which lot --------------------------------------------------------------------------------------------


def test_the_first_unfinished_line_is_filled_then_the_next_and_the_last_takes_the_rest() -> None:
    stage = Stage()
    order = stage.running(5, 3)
    booked(*(a_count(stage.machine, pieces) for pieces in (4, 2, 3, 9)))
    assert list(order.lines.order_by("sort").values_list("good", flat=True)) == [6, 12]
    require_truth()


def test_an_assignment_that_names_its_line_fills_that_one() -> None:
    stage = Stage()
    order = stage.running(5, 3)
    second = order.lines.get(sort=1)
    order.assignments.update(line=second)
    booked(a_count(stage.machine, 2), a_count(stage.machine, 2))
    assert list(order.lines.order_by("sort").values_list("good", flat=True)) == [0, 4]


@pytest.mark.parametrize("batch", ["B7", None])
def test_a_lot_tracked_item_goes_into_the_batch_else_the_reference(batch: str | None) -> None:
    stage = Stage()
    item = floor.an_item(stage.factory, tracking="lot")
    order = stage.running(item=item, batch_number=batch)
    first, second, scrap = booked(
        a_count(stage.machine, 2), a_count(stage.machine, 3), a_count(stage.machine, 0, rejected=1)
    )
    lot = batch or order.reference
    assert [entry_of(one).lot_number for one in (first, second, scrap)] == [lot] * 3
    assert stock_of(item, lot) == (5, 0)
    require_truth()


def test_a_lot_that_lies_in_another_store_only_gets_its_place_in_the_main_one() -> None:
    stage = Stage()
    item = floor.an_item(stage.factory, tracking="lot")
    order = stage.running(item=item, batch_number="B7")
    item.lots.create(factory=stage.factory, code="B7")
    booked(a_count(stage.machine, 2))
    assert stock_of(item, "B7") == (2, 0) and good_of(order) == 2


def test_pieces_that_need_serial_numbers_wait_for_them_without() -> None:
    stage = Stage()
    item = floor.an_item(stage.factory, tracking="serial")
    stage.running(item=item)
    entry = entry_of(booked(a_count(stage.machine, 2))[0])
    assert (entry.serial_numbers, entry.lot_number, stock_of(item)) == ([], None, (2, 0))
    require_truth()


@pytest.mark.parametrize("policy", [Policy("strict"), Policy("tolerance", Decimal(1))])
def test_what_was_truly_counted_is_never_too_much(policy: Policy) -> None:
    stage = Stage()
    order = stage.running(policy=policy)
    booked(a_count(stage.machine, 5000))
    assert good_of(order) == 5000


def test_pieces_are_made_between_the_start_and_now() -> None:
    stage = Stage()
    order = stage.running()
    assert order.actual_start is not None
    now = clock.now()
    at = [order.actual_start - SECOND, order.actual_start + SECOND / 1000, now + 100 * SECOND]
    entries = [entry_of(one) for one in booked(*(a_count(stage.machine, at=one, as_of=now) for one in at))]
    assert [entry.occurred_at for entry in entries[:2]] == [order.actual_start, at[1]]
    assert entries[2].occurred_at <= clock.now()


# --- Components -------------------------------------------------------------------------------------------------------


def test_components_are_used_for_all_that_was_produced_and_what_is_missing_refuses_nothing() -> None:
    room = Storeroom(per_unit=2, stock=11)
    order = room.running(4)
    outcomes = booked(a_count(room.machine, 2, 1), a_count(room.machine, 3), a_count(room.machine, 1))
    short = [entry_of(one).short_consumption for one in outcomes]
    assert [[(row["required"], row["short"]) for row in rows] for rows in short] == [[], [("6", "1")], [("3", "3")]]
    assert component_of(order).consumed == 11
    assert (room.stock(), reserved_by(order)) == ((0, 0), {})
    assert order.events.latest("seq").data["short"] == [{"sku": room.part.sku, "quantity": "3"}]
    require_truth()


def test_orders_that_share_a_component_take_turns_in_the_order_of_the_counts() -> None:
    room = Storeroom(per_unit=1, stock=0)
    machines = [floor.a_machine(room.factory) for _ in range(2)]
    orders = [room.running(10, on=[machine]) for machine in machines]
    room.deliver(5)
    booked(a_count(machines[1], 4), a_count(machines[0], 4))
    assert [component_of(order).consumed for order in orders] == [1, 4]
    assert room.stock() == (0, 0)
    require_truth()


def test_what_one_order_makes_another_uses_in_the_same_call() -> None:
    room = Storeroom(per_unit=1, stock=0)
    part, machines = room.part, [floor.a_machine(room.factory) for _ in range(2)]
    user = room.running(10, on=[machines[0]])
    room.running(10, item=part, on=[machines[1]])
    booked(a_count(machines[1], 3), a_count(machines[0], 4))
    assert component_of(user).consumed == 3
    assert (stock_of(part), stock_of(room.item)) == ((0, 0), (4, 0))
    require_truth()


def test_whoever_waits_for_what_was_made_is_told() -> None:
    room = Storeroom(per_unit=1, stock=0)
    waiting = room.scheduled(10)
    machine = floor.a_machine(room.factory)
    room.running(10, item=room.part, on=[machine])
    OutboxMessage.objects.filter(topic="stock.arrived").delete()  # of making it ready
    booked(a_count(machine, 3), a_count(machine, 1))
    told = OutboxMessage.objects.filter(topic="stock.arrived")
    assert [(one.factory_id, one.payload) for one in told] == [(room.factory.pk, {"items": [room.part.pk]})]
    assert component_of(waiting).consumed == 0
