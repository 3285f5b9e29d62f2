"""verify and rework: the signed numbers correct the ledger, line by line, and may be signed again."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel import clock
from factoryos.kernel.problems import Invalid, NotFound
from orders import actions
from orders.models import Assignment, ProductionOrder, QuantityEntry
from orders.problems import IllegalTransition, MachineBusy, OverProduction, QuantityMismatch
from orders.specs import LineCount, Policy
from quality.models import Verification
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


def refused(stage: Stage, order: ProductionOrder, problem: type[Exception], **numbers: Any) -> Exception:
    before = everything()
    with pytest.raises(problem) as raised:
        stage.verify(order, **numbers)
    assert everything() == before
    return raised.value


def after_250(stage: Stage, *targets: int, **facts: Any) -> ProductionOrder:
    order = stage.running(*targets, **facts)
    stage.report(order, good=248, rejected=2)
    return stage.do(actions.complete, order)


def test_the_difference_is_booked_and_the_totals_become_the_verified_ones() -> None:
    stage = Stage()
    order = after_250(stage)
    signed = stage.verify(order, good=988, rejected=12, notes="OD oversize, NCR-2026-0417-001")
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.state, order.quantity_good, order.quantity_rejected, order.quantity_final) == (
        "verified", 988, 12, 1000,
    )  # fmt: skip
    assert (signed.difference_good, signed.difference_rejected) == (740, 10)
    entry = QuantityEntry.objects.latest("id")
    assert (entry.source, entry.good, entry.rejected, entry.machine_id) == ("verification", 740, 10, stage.machine.pk)
    assert Assignment.objects.get(order=order).produced == 1000
    assert order.events.latest("seq").data["difference"] == {"good": "740", "rejected": "10"}


def test_a_difference_may_take_away() -> None:
    stage = Stage()
    order = after_250(stage)
    stage.verify(order, good=100, rejected=0)
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.quantity_good, order.quantity_rejected) == (100, 0)
    assert QuantityEntry.objects.values_list("good", "rejected").latest("id") == (-148, -2)


def test_without_a_difference_no_entry_is_booked() -> None:
    stage = Stage()
    order = after_250(stage)
    stage.verify(order, good=248, rejected=2)
    assert order.entries.count() == 1
    assert Verification.objects.get().difference_good == 0


def test_numbers_that_do_not_add_up_are_refused() -> None:
    stage = Stage()
    refused(stage, after_250(stage), QuantityMismatch, good=988, rejected=11, final=1000)


def test_the_state_is_judged_before_the_numbers() -> None:
    stage = Stage()
    refused(stage, stage.running(), IllegalTransition, good=988, rejected=11, final=1000)


def test_good_above_the_policy_is_refused() -> None:
    stage = Stage()
    order = after_250(stage, policy=Policy("strict"))
    refused(stage, order, OverProduction, good=1001)
    stage.verify(order, good=1000, rejected=300)


def test_the_difference_goes_into_the_lot_of_the_lines_last_pieces() -> None:
    stage = Stage()
    order = stage.running(item=floor.an_item(stage.factory, tracking="lot"))
    stage.report(order, good=5, lot_number="L1")
    stage.report(order, good=5, lot_number="L2")
    order = stage.do(actions.complete, order)
    stage.verify(order, good=12)
    assert QuantityEntry.objects.latest("id").lot_number == "L2"


class TwoLines:
    """A completed order of 600 and 400, with 10 good booked on the first line."""

    def __init__(self) -> None:
        self.stage = Stage()
        order = self.stage.running(600, 400)
        self.first, self.second = order.lines.all()
        self.stage.report(order, good=10, line_id=self.first.pk)
        self.order = self.stage.do(actions.complete, order)

    def counts(self, *pairs: tuple[int, int]) -> list[LineCount]:
        lines = (self.first, self.second)
        return [
            LineCount(line_id=line.pk, good=Decimal(good), rejected=Decimal(rejected))
            for line, (good, rejected) in zip(lines, pairs, strict=False)
        ]


def test_several_lines_with_a_difference_must_be_said_line_by_line() -> None:
    case = TwoLines()
    refused(case.stage, case.order, Invalid, good=11)
    refused(case.stage, case.order, Invalid, good=11, lines=case.counts((11, 0)))
    refused(case.stage, case.order, QuantityMismatch, good=11, lines=case.counts((10, 0), (2, 0)))
    stranger = LineCount(line_id=case.stage.draft(7).lines.get().pk, good=Decimal(1), rejected=Decimal(0))
    refused(case.stage, case.order, NotFound, good=11, lines=[*case.counts((10, 0)), stranger])


def test_each_line_gets_its_own_difference() -> None:
    case = TwoLines()
    case.stage.verify(case.order, good=309, rejected=3, lines=case.counts((9, 1), (300, 2)))
    booked = QuantityEntry.objects.filter(source="verification").values_list("line_id", "good", "rejected")
    assert set(booked) == {(case.first.pk, -1, 1), (case.second.pk, 300, 2)}
    assert list(case.order.lines.values_list("good", "rejected")) == [(9, 1), (300, 2)]


def test_several_lines_without_a_difference_need_no_lines() -> None:
    case = TwoLines()
    case.stage.verify(case.order, good=10)
    assert case.order.entries.count() == 1


def test_a_machine_that_cannot_bear_the_difference_is_left_alone() -> None:
    stage = Stage()
    second = floor.a_machine(stage.factory)
    order = stage.running(on=[stage.machine, second])
    stage.report(order, good=10)  # on no machine, as it runs on two
    order = stage.do(actions.complete, order)
    stage.verify(order, good=4)
    assert list(order.assignments.values_list("produced", flat=True)) == [0, 0]
    assert QuantityEntry.objects.latest("id").machine_id is None


def test_rework_sends_it_back_under_the_machine_rule_and_it_can_be_verified_after() -> None:
    stage = Stage()
    order = after_250(stage)
    other = stage.running()
    before = everything()
    with pytest.raises(MachineBusy):
        actions.rework(order_id=order.pk, by=stage.by, reason="burrs")
    assert everything() == before
    stage.do(actions.complete, other)
    order = stage.do(actions.rework, order, reason="burrs")
    assert (order.state, order.actual_end, order.assignments.get().active) == ("in_production", None, True)
    order = stage.do(actions.complete, order)
    stage.verify(order, good=250)
    assert order.events.filter(verb="rework").get().reason == "burrs"
    assert Verification.objects.filter(order=order).count() == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_rework_needs_a_reason(reason: str) -> None:
    stage = Stage()
    order = stage.completed()
    with pytest.raises(Invalid):
        actions.rework(order_id=order.pk, by=stage.by, reason=reason)
    assert ProductionOrder.objects.get(pk=order.pk).state == "completed"


def test_what_a_sign_off_adds_was_made_while_the_order_ran() -> None:
    stage = Stage()
    order = stage.completed()
    clock.use(lambda: order.actual_end + timedelta(days=1))
    try:
        stage.verify(order, good=9)
    finally:
        clock.use(None)
    entry = QuantityEntry.objects.get(order=order, source="verification")
    assert (entry.occurred_at, entry.at) == (order.actual_end, order.actual_end + timedelta(days=1))
