"""report: what may be booked, where it goes, and what a correction may take away."""

from datetime import timedelta
from decimal import Decimal

import pytest

from factoryos.kernel import clock
from factoryos.kernel.problems import Invalid, NotFound
from orders import actions
from orders.models import Assignment, OrderLine, ProductionOrder
from orders.problems import OverProduction, TotalBelowZero
from orders.specs import Count, Policy
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


def refused(stage: Stage, order: ProductionOrder, problem: type[Exception], **count: object) -> Exception:
    """The refusal; nothing is changed by it, even before anything is rolled back."""
    before = everything()
    with pytest.raises(problem) as raised:
        stage.report(order, **count)  # type: ignore[arg-type]
    assert everything() == before
    return raised.value


def totals(order: ProductionOrder) -> tuple[Decimal, Decimal]:
    order = ProductionOrder.objects.get(pk=order.pk)
    return order.quantity_good, order.quantity_rejected


def test_a_count_goes_to_the_order_its_line_and_its_only_machine() -> None:
    stage = Stage()
    order = stage.running()
    entry = stage.report(order, good=248, rejected=2)
    assert totals(order) == (248, 2)
    assert OrderLine.objects.values_list("good", "rejected").get(order=order) == (248, 2)
    assert Assignment.objects.get(order=order).produced == 250
    assert (entry.machine_id, entry.source, entry.face) == (stage.machine.pk, "manual", "factory")
    event = order.events.latest("seq")
    assert (event.verb, event.data["good"], event.data["rejected"]) == ("report", "248", "2")


@pytest.mark.parametrize(
    ("policy", "most"),
    [
        (Policy("strict"), "1000"),
        (Policy("tolerance", Decimal("2.5")), "1025"),
        (Policy("tolerance", Decimal(0)), "1000"),
    ],
)
def test_good_beyond_the_policy_is_refused_and_up_to_it_is_booked(policy: Policy, most: str) -> None:
    stage = Stage()
    order = stage.running(policy=policy)
    error = refused(stage, order, OverProduction, good=int(most) + 1)
    assert isinstance(error, OverProduction)
    assert error.data == {"target": 1000, "allowed": Decimal(most), "would_be": int(most) + 1}
    stage.report(order, good=int(most), rejected=500)
    assert totals(order) == (Decimal(most), 500)


def test_unlimited_takes_any_amount_and_a_stricter_face_may_still_refuse() -> None:
    stage = Stage()
    order = stage.running()
    stage.report(order, good=1100)
    assert totals(order) == (1100, 0)
    refused(stage, order, OverProduction, good=1, policy="strict")


def test_rejected_pieces_and_corrections_are_never_over_production() -> None:
    stage = Stage()
    order = stage.running(policy=Policy("strict"))
    stage.report(order, good=1000)
    stage.report(order, rejected=50)
    stage.report(order, good=-1, rejected=1, reason="regauged")
    assert totals(order) == (999, 51)


@pytest.mark.parametrize("reason", [None, "", "  "])
@pytest.mark.parametrize("count", [(-1, 0), (0, -1), (2, -2), (-2, 2)])
def test_a_correction_needs_a_reason(count: tuple[int, int], reason: str | None) -> None:
    stage = Stage()
    order = stage.running()
    stage.report(order, good=5, rejected=5)
    refused(stage, order, Invalid, good=count[0], rejected=count[1], reason=reason)


def test_a_correction_may_move_pieces_from_good_to_rejected() -> None:
    stage = Stage()
    order = stage.running()
    stage.report(order, good=10)
    stage.report(order, good=-2, rejected=2, reason="regauged")
    assert totals(order) == (8, 2)
    assert Assignment.objects.get(order=order).produced == 10


@pytest.mark.parametrize("count", [{"good": -5}, {"rejected": -2}, {"good": 5, "rejected": -2}])
def test_no_total_may_fall_below_zero(count: dict[str, int]) -> None:
    stage = Stage()
    order = stage.running()
    stage.report(order, good=4, rejected=1)
    error = refused(stage, order, TotalBelowZero, reason="miscounted", **count)
    assert isinstance(error, TotalBelowZero) and error.data["totals"] == {"good": 4, "rejected": 1}


def test_a_line_may_not_fall_below_zero_though_the_order_would_not() -> None:
    stage = Stage()
    order = stage.running(600, 400)
    first, second = order.lines.all()
    stage.report(order, good=100, line_id=first.pk)
    refused(stage, order, TotalBelowZero, good=-1, reason="miscounted", line_id=second.pk)


def test_several_lines_need_a_name_and_another_orders_line_is_missing() -> None:
    stage = Stage()
    order = stage.running(600, 400)
    stranger = stage.draft(7).lines.get()
    refused(stage, order, Invalid, good=1)
    refused(stage, order, NotFound, good=1, line_id=stranger.pk)


def test_a_machine_must_be_assigned_and_among_several_an_unnamed_one_is_nobodys() -> None:
    stage = Stage()
    other, foreign = floor.a_machine(stage.factory), floor.a_machine(stage.factory)
    order = stage.running(on=[stage.machine, other])
    refused(stage, order, Invalid, good=1, machine_id=foreign.pk)
    stage.report(order, good=3, machine_id=other.pk)
    assert stage.report(order, good=4).machine_id is None
    assert list(order.assignments.values_list("produced", flat=True)) == [0, 3]
    assert totals(order) == (7, 0)


def test_a_serial_tracked_item_needs_as_many_numbers_as_good_pieces() -> None:
    stage = Stage()
    item = floor.an_item(stage.factory, tracking="serial")
    order = stage.running(item=item)
    refused(stage, order, Invalid, good=2)
    refused(stage, order, Invalid, good=2, serial_numbers=("A1",))
    refused(stage, order, Invalid, rejected=1, serial_numbers=("A1",))
    assert stage.report(order, good=2, serial_numbers=("A1", "A2")).serial_numbers == ["A1", "A2"]
    stage.report(order, rejected=1)


@pytest.mark.parametrize(("batch", "named", "lot"), [("B7", None, "B7"), (None, None, ""), ("B7", "L1", "L1")])
def test_a_lot_tracked_item_goes_into_the_lot_named_else_the_batch_else_the_reference(
    batch: str | None, named: str | None, lot: str
) -> None:
    stage = Stage()
    order = stage.running(item=floor.an_item(stage.factory, tracking="lot"), batch_number=batch)
    assert stage.report(order, good=1, lot_number=named).lot_number == (lot or order.reference)


def test_an_untracked_item_has_no_lot() -> None:
    stage = Stage()
    assert stage.report(stage.running(batch_number="B7"), good=1).lot_number is None


def test_pieces_are_not_made_before_the_start_nor_in_the_future() -> None:
    stage = Stage()
    order = stage.running()
    assert order.actual_start is not None
    refused(stage, order, Invalid, good=1, occurred_at=order.actual_start - timedelta(microseconds=1))
    refused(stage, order, Invalid, good=1, occurred_at=clock.now() + timedelta(minutes=5, seconds=30))
    for at in (order.actual_start, clock.now() + timedelta(minutes=4)):
        assert stage.report(order, good=1, occurred_at=at).occurred_at == at


def test_a_paused_order_still_takes_counts() -> None:
    stage = Stage()
    order = stage.do(actions.pause, stage.running(), reason="tool_change")
    stage.report(order, good=3)
    assert totals(order) == (3, 0)


def test_produced_is_good_and_rejected_and_a_negative_makes_a_correction() -> None:
    assert Count(Decimal(248), Decimal(2)).produced == 250
    assert not Count(Decimal(248), Decimal(2)).is_correction
    assert Count(Decimal(-2), Decimal(2)).is_correction
