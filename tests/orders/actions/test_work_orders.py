"""begin_work, finish_work: one operation on the floor, one event that names it, and the order stays where it is."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.problems import NotFound, Problem
from factoryos.ops.order_page.happenings import of_event
from orders import actions
from orders.models import ProductionOrder, WorkOrder
from orders.problems import IllegalTransition, OrderOnHold, WorkOrderOutOfTurn
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


class Floor(Stage):
    """A running order with two operations."""

    def __init__(self) -> None:
        super().__init__()
        self.order = self.running()
        self.add(self.order, "Assembly", "Packing")

    def add(self, order: ProductionOrder, *names: str) -> None:
        for sequence, name in enumerate(names, start=1):
            WorkOrder.objects.create(order=order, sequence=sequence, name=name, workcenter="Line A")

    def begin(self, sequence: int = 1) -> ProductionOrder:
        return self.do_work(actions.begin_work, sequence=sequence)

    def finish(self, sequence: int = 1, **facts: Any) -> ProductionOrder:
        return self.do_work(actions.finish_work, sequence=sequence, **facts)

    def do_work(self, verb: Callable[..., Any], **arguments: Any) -> ProductionOrder:
        return self.do(verb, self.order, **arguments)

    def work(self, sequence: int = 1) -> WorkOrder:
        return WorkOrder.objects.get(order=self.order, sequence=sequence)

    def refused(self, call: Callable[[], Any], problem: type[Problem]) -> Problem:
        before = everything()
        with pytest.raises(problem) as raised:
            call()
        assert everything() == before
        return raised.value


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_an_operation_is_begun_and_done_and_the_order_stays_where_it_is(floor: Floor) -> None:
    order = floor.begin()
    assert (order.state, floor.work().status) == ("in_production", "in_progress")
    assert floor.work().started_at is not None
    order = floor.finish(minutes=Decimal("32.5"), notes="a slow step")
    work = floor.work()
    assert (work.status, work.duration_minutes, work.notes) == ("done", Decimal("32.5"), "a slow step")
    assert work.finished_at is not None
    assert (order.state, floor.work(2).status) == ("in_production", "pending")


def test_the_history_names_the_work_order(floor: Floor) -> None:
    floor.begin()
    order = floor.finish(minutes=Decimal(32), notes="slow")
    begun, done = order.events.order_by("-seq")[:2][::-1]
    assert (begun.verb, begun.moved, done.verb, done.notes) == ("begin_work", False, "finish_work", "slow")
    assert begun.data == {"workOrder": "wo_001", "name": "Assembly", "workcenter": "Line A"}
    assert done.data == begun.data | {"minutes": "32"}
    told = [of_event(event, zone=floor.by.factory.zone) for event in (begun, done)]
    assert [line.what for line in told] == ["started wo_001 Assembly", "finished wo_001 Assembly"]
    assert [(fact.label, fact.after) for line in told for fact in line.changes] == [("Minutes", "32")]


def test_what_it_took_is_the_time_since_it_was_begun_to_two_decimals(floor: Floor) -> None:
    floor.begin()
    begun = floor.work()
    begun.started_at -= timedelta(minutes=31, seconds=30)
    begun.save()
    floor.finish()
    assert Decimal("31.5") <= floor.work().duration_minutes <= Decimal("31.75")
    assert floor.work().duration_minutes == round(floor.work().duration_minutes, 2)


def test_a_clock_that_ran_ahead_makes_no_negative_duration(floor: Floor) -> None:
    floor.begin()
    WorkOrder.objects.filter(order=floor.order, sequence=1).update(started_at=floor.work().started_at + timedelta(1))
    floor.finish()
    assert floor.work().duration_minutes == 0


def test_a_later_operation_may_be_begun_first(floor: Floor) -> None:
    floor.begin(2)
    assert [floor.work(1).status, floor.work(2).status] == ["pending", "in_progress"]


@pytest.mark.parametrize("before", [("begin",), ("begin", "finish")])
def test_begun_once_it_is_not_begun_again(floor: Floor, before: tuple[str, ...]) -> None:
    for step in before:
        getattr(floor, step)()
    problem = floor.refused(floor.begin, WorkOrderOutOfTurn)
    assert problem.data["work_order"] == "wo_001"
    assert problem.remembered


@pytest.mark.parametrize("before", [(), ("begin", "finish")])
def test_only_what_was_begun_and_is_not_done_is_finished(floor: Floor, before: tuple[str, ...]) -> None:
    for step in before:
        getattr(floor, step)()
    problem = floor.refused(floor.finish, WorkOrderOutOfTurn)
    assert problem.data["status"] == ("done" if before else "pending")


def test_on_a_paused_order_operations_go_on_and_it_stays_paused(floor: Floor) -> None:
    floor.do(actions.pause, floor.order, reason="tool_change")
    assert (floor.begin().state, floor.finish().state) == ("paused", "paused")


def test_under_a_hold_nothing_is_begun_but_what_was_begun_is_ended(floor: Floor) -> None:
    floor.begin()
    floor.do(actions.hold, floor.order, reason="odd colour")
    floor.refused(lambda: floor.begin(2), OrderOnHold)
    assert floor.finish().open_holds == 1
    assert floor.work().status == "done"


def test_a_work_order_that_the_order_does_not_have_is_missing(floor: Floor) -> None:
    other = floor.draft()
    floor.add(other, "a", "b", "c")
    floor.refused(lambda: floor.begin(3), NotFound)
    floor.refused(lambda: floor.finish(3), NotFound)


def test_an_order_that_does_not_run_has_nothing_to_begin_or_finish(floor: Floor) -> None:
    floor.begin()
    floor.do(actions.complete, floor.order)
    assert floor.work().status == "done", "what ran is ended with production"
    floor.refused(lambda: floor.begin(2), IllegalTransition)
    floor.refused(floor.finish, IllegalTransition)
