"""adjust_quantity: a new target needs a reason, and shares where several machines run the order."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.problems import Invalid, NotFound
from orders import actions
from orders.models import ProductionOrder
from orders.problems import AllocationRequired, NotOpen
from orders.warnings import plan_adjustment
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


def adjust(stage: Stage, order: ProductionOrder, target: int | str, **more: Any) -> ProductionOrder:
    return stage.do(actions.adjust_quantity, order, target=Decimal(target), **{"reason": "more please"} | more)


def refused(stage: Stage, order: ProductionOrder, problem: type[Exception], **arguments: Any) -> Exception:
    before = everything()
    with pytest.raises(problem) as raised:
        actions.adjust_quantity(
            order_id=order.pk, by=stage.by, **{"target": Decimal(1500), "reason": "more please"} | arguments
        )
    assert everything() == before
    return raised.value


def test_the_only_assignment_follows_the_target() -> None:
    stage = Stage()
    order = adjust(stage, stage.running(), 1500)
    assert (order.quantity_target, order.lines.get().target, order.assignments.get().quantity) == (1500, 1500, 1500)
    event = order.events.latest("seq")
    assert (event.reason, event.data["before"], event.data["after"]) == ("more please", "1000", "1500")


def test_a_target_below_what_is_made_is_only_warned_of() -> None:
    stage = Stage()
    order = stage.running()
    stage.report(order, good=10)
    plan = plan_adjustment(order_id=order.pk, by=stage.by, line_id=None, target=Decimal(5))
    assert [found.code for found in plan.warnings] == ["below_produced"]
    assert adjust(stage, order, 5).quantity_target == 5


def test_a_window_too_short_for_the_target_is_warned_of() -> None:
    stage = Stage()
    stage.machine.ideal_cycle_s = Decimal(2)
    stage.machine.save()
    start, end = datetime(2026, 4, 20, 8, tzinfo=UTC), datetime(2026, 4, 20, 9, tzinfo=UTC)
    order = stage.scheduled(planned_start=start, planned_end=end)
    for target, codes in ((1800, []), (1801, ["window_too_short"])):
        plan = plan_adjustment(order_id=order.pk, by=stage.by, line_id=None, target=Decimal(target))
        assert [found.code for found in plan.warnings] == codes


def test_several_machines_need_shares_and_a_proposal_is_given() -> None:
    stage = Stage()
    machines = [stage.machine, floor.a_machine(stage.factory), floor.a_machine(stage.factory)]
    order = stage.scheduled(999, on=machines)
    error = refused(stage, order, AllocationRequired, target=Decimal(1000))
    assert isinstance(error, AllocationRequired)
    proposed = error.data["proposed"]
    assert [share["machine"] for share in proposed] == [machine.code for machine in machines]
    assert [share["quantity"] for share in proposed] == [334, 333, 333]


@pytest.mark.parametrize("shares", [(600, 300), (600, 401), (1000,), ()])
def test_shares_that_do_not_fit_are_refused(shares: tuple[int, ...]) -> None:
    stage = Stage()
    machines = [stage.machine, floor.a_machine(stage.factory)]
    order = stage.scheduled(on=machines)
    given = {machine.pk: Decimal(share) for machine, share in zip(machines, shares, strict=False)}
    refused(stage, order, Invalid, target=Decimal(1000), shares=given)
    refused(stage, order, Invalid, target=Decimal(1200), shares=given)


def test_shares_that_fit_are_taken() -> None:
    stage = Stage()
    other = floor.a_machine(stage.factory)
    order = stage.scheduled(on=[stage.machine, other])
    order = adjust(stage, order, 1500, shares={other.pk: Decimal(900), stage.machine.pk: Decimal(600)})
    assert list(order.assignments.values_list("machine_id", "quantity")) == [(stage.machine.pk, 600), (other.pk, 900)]


@pytest.mark.parametrize("reason", ["", " \t"])
def test_a_reason_is_needed(reason: str) -> None:
    stage = Stage()
    refused(stage, stage.running(), Invalid, reason=reason)


def test_the_same_target_is_refused() -> None:
    stage = Stage()
    refused(stage, stage.running(), Invalid, target=Decimal("1000.0"))


def test_a_closed_or_cancelled_order_is_not_open() -> None:
    stage = Stage()
    refused(stage, stage.do(actions.cancel, stage.draft()), NotOpen)


def test_of_several_lines_one_must_be_named() -> None:
    stage = Stage()
    order = stage.scheduled(600, 400)
    refused(stage, order, Invalid)
    refused(stage, order, NotFound, line_id=stage.draft(7).lines.get().pk)
    order = adjust(stage, order, 500, line_id=order.lines.last().pk)
    assert (order.quantity_target, list(order.lines.values_list("target", flat=True))) == (1100, [600, 500])
