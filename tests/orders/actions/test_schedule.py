"""schedule: assignments, the retired machine, times, and the work orders a method makes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from factoryos.kernel import clock
from manufacturing.models import Machine, Method, Operation
from orders import actions
from orders.models import Assignment, ProductionOrder, WorkOrder
from orders.problems import MachineUnavailable
from orders.specs import Share
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


def a_method(stage: Stage, code: str, *operations: str) -> Method:
    method = Method.objects.create(factory=stage.factory, item=stage.item, code=code, name=code)
    for sequence, name in enumerate(operations, start=1):
        Operation.objects.create(method=method, sequence=sequence * 10, name=name, workcenter=f"{name} hall")
    return method


def work_orders(order: ProductionOrder) -> list[tuple[str, str, str]]:
    return [(work.public_id, work.name, work.status) for work in WorkOrder.objects.filter(order=order)]


def test_several_orders_may_be_scheduled_on_one_machine() -> None:
    stage = Stage()
    orders = [stage.scheduled() for _ in range(3)]
    assert Assignment.objects.filter(machine=stage.machine, active=False).count() == len(orders)


def test_a_retired_machine_is_refused_and_nothing_changes() -> None:
    stage = Stage()
    order = stage.draft()
    Machine.objects.filter(pk=stage.machine.pk).update(active=False)
    stage.machine.refresh_from_db()
    before = everything()
    with pytest.raises(MachineUnavailable):
        actions.schedule(order_id=order.pk, by=stage.by, shares=[Share(Decimal(1000), machine=stage.machine)])
    assert everything() == before


def test_scheduling_again_replaces_the_assignments_and_keeps_times_not_given() -> None:
    stage = Stage()
    start, end = datetime(2026, 4, 20, 8, tzinfo=UTC), datetime(2026, 4, 20, 16, tzinfo=UTC)
    order = stage.scheduled(planned_start=start, planned_end=end)
    other = floor.a_machine(stage.factory)
    later = datetime(2026, 4, 20, 18, tzinfo=UTC)
    order = stage.do(actions.schedule, order, shares=[Share(Decimal(1000), machine=other)], planned_end=later)
    assert [share.machine_id for share in order.assignments.all()] == [other.pk]
    assert (order.planned_start, order.planned_end) == (start, later)


def test_the_work_orders_come_from_the_method() -> None:
    stage = Stage()
    method = a_method(stage, "CAP-STD", "Press", "Inspect")
    order = stage.do(
        actions.schedule, stage.draft(), shares=[Share(Decimal(1000), machine=stage.machine)], method=method
    )
    assert work_orders(order) == [("wo_001", "Press", "pending"), ("wo_002", "Inspect", "pending")]
    assert order.method == method
    assert WorkOrder.objects.get(order=order, sequence=1).workcenter == "Press hall"


def test_work_orders_are_replaced_while_all_are_pending() -> None:
    stage = Stage()
    shares = [Share(Decimal(1000), machine=stage.machine)]
    order = stage.do(actions.schedule, stage.draft(), shares=shares, method=a_method(stage, "A", "Press", "Inspect"))
    order = stage.do(actions.schedule, order, shares=shares, method=a_method(stage, "B", "Mould"))
    assert work_orders(order) == [("wo_001", "Mould", "pending")]
    order = stage.do(actions.schedule, order, shares=shares)
    assert work_orders(order) == []
    assert order.method is None


def test_work_orders_that_have_begun_stay() -> None:
    stage = Stage()
    shares = [Share(Decimal(1000), machine=stage.machine)]
    order = stage.do(actions.schedule, stage.draft(), shares=shares, method=a_method(stage, "A", "Press", "Inspect"))
    begin(order, sequence=1)
    order = stage.do(actions.schedule, order, shares=shares, method=a_method(stage, "B", "Mould"))
    assert work_orders(order) == [("wo_001", "Press", "in_progress"), ("wo_002", "Inspect", "pending")]


def begin(order: ProductionOrder, *, sequence: int, minutes_ago: int = 3) -> None:
    began = clock.now() - timedelta(minutes=minutes_ago)
    WorkOrder.objects.filter(order=order, sequence=sequence).update(status="in_progress", started_at=began)


@pytest.mark.parametrize("verb", [actions.complete, actions.cancel])
def test_running_work_orders_end_with_production_and_pending_ones_stay(verb: object) -> None:
    stage = Stage()
    shares = [Share(Decimal(1000), machine=stage.machine)]
    method = a_method(stage, "A", "Press", "Inspect")
    order = stage.do(actions.schedule, stage.draft(), shares=shares, method=method)
    order = stage.do(actions.start, order)
    begin(order, sequence=1)
    stage.do(verb, order)  # type: ignore[arg-type]
    first, second = WorkOrder.objects.filter(order=order)
    assert (first.status, second.status) == ("done", "pending")
    assert first.finished_at is not None
    assert first.duration_minutes is not None and Decimal(3) <= first.duration_minutes < Decimal(4)
