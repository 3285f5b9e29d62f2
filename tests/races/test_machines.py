"""Two orders want one machine in the same instant: the lock, the question and the index, each proved by taking it away."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from factoryos.kernel import transactions
from factoryos.kernel.problems import Busy
from factoryos.kernel.transactions import Answer
from orders import actions, locks, occupancy
from orders.models import Assignment, OrderEvent, ProductionOrder
from orders.problems import IllegalTransition, MachineBusy
from tests import floor
from tests.orders.stage import Stage
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ENDS = (actions.complete, actions.cancel)
INDEX = "one_active_assignment_per_machine"


def starting(stage: Stage, order: ProductionOrder) -> Callable[[], Answer]:
    """Start it as a request would, in one transaction with its retries."""

    def work() -> Answer:
        actions.start(order_id=order.pk, by=stage.by)
        return Answer(200, b"")

    def refuse(problem: Exception) -> Answer:
        raise problem

    return lambda: transactions.run(work, refuse=refuse)


def race(stage: Stage, *orders: ProductionOrder) -> tuple[int, list[BaseException]]:
    """How many of these orders started, and what the others were told."""
    outcomes = at_once(*(starting(stage, order) for order in orders))
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    return len(outcomes) - len(refused), refused


def running() -> int:
    return Assignment.objects.filter(active=True).count()


@pytest.fixture
def all_have_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the machines' lock, and nobody goes on before both have been told that the machine is free."""
    barrier = threading.Barrier(2)
    ask = occupancy.clashes_on

    def asked(*args: Any, **kwargs: Any) -> Any:
        answer = ask(*args, **kwargs)
        barrier.wait(10)
        return answer

    monkeypatch.setattr(occupancy, "lock_machines", unlocked_machines)
    monkeypatch.setattr(occupancy, "clashes_on", asked)


def unlocked_machines(assignments: list[Assignment]) -> list[Any]:
    return [assignment.machine for assignment in assignments if assignment.machine is not None]


@contextmanager
def without_the_index() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [INDEX])
        definition = cursor.fetchone()[0]
        cursor.execute(f"DROP INDEX {INDEX}")
        try:
            yield
        finally:
            cursor.execute("UPDATE orders_assignment SET active = false")
            cursor.execute(definition)


@pytest.mark.parametrize("attempt", range(5))
def test_one_starts_and_the_other_is_told_who_runs_there(attempt: int) -> None:
    stage = Stage()
    orders = [stage.scheduled() for _ in range(4)]
    started, refused = race(stage, *orders)
    winner = ProductionOrder.objects.get(state="in_production")
    assert (started, running()) == (1, 1)
    for problem in refused:
        assert isinstance(problem, MachineBusy)
        assert [clash["reference"] for clash in problem.data["machines"]] == [winner.reference]
    assert OrderEvent.objects.filter(verb="start").count() == 1


@pytest.mark.usefixtures("all_have_asked")
def test_control_without_the_lock_the_index_still_refuses_but_cannot_say_who() -> None:
    stage = Stage()
    started, refused = race(stage, stage.scheduled(), stage.scheduled())
    assert (started, running()) == (1, 1)
    assert isinstance(refused[0], MachineBusy)
    assert [clash["reference"] for clash in refused[0].data["machines"]] == ["another order"]


@pytest.mark.usefixtures("all_have_asked")
def test_control_without_lock_and_index_both_would_run() -> None:
    stage = Stage()
    orders = [stage.scheduled(), stage.scheduled()]
    with without_the_index():
        assert race(stage, *orders) == (2, [])
        assert running() == 2


def test_split_orders_over_the_same_machines_never_wait_crosswise() -> None:
    stage = Stage()
    other = floor.a_machine(stage.factory)
    orders = [stage.scheduled(on=machines) for machines in ([stage.machine, other], [other, stage.machine]) * 4]
    started, refused = race(stage, *orders)
    assert (started, running()) == (1, 2)
    assert all(isinstance(problem, MachineBusy) for problem in refused), refused


def test_control_machines_locked_in_the_order_of_the_plan_deadlock_and_are_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage()
    other = floor.a_machine(stage.factory)
    orders = [stage.scheduled(on=machines) for machines in ([stage.machine, other], [other, stage.machine])]
    barrier, deadlocks = threading.Barrier(2), []

    def crosswise(assignments: list[Assignment]) -> list[Any]:
        found = []
        for assignment in assignments:
            try:
                found += locks.lock_machines([assignment])
            except Exception as error:
                deadlocks.append(getattr(error.__cause__, "sqlstate", None))
                raise
            if not barrier.broken and len(found) == 1:
                meet(barrier)
        return found

    monkeypatch.setattr(occupancy, "lock_machines", crosswise)
    started, refused = race(stage, *orders)
    assert deadlocks[0] == "40P01", "no deadlock came about, so nothing is proved"
    assert (started, running()) == (1, 2)
    assert isinstance(refused[0], MachineBusy)


def meet(barrier: threading.Barrier) -> None:
    """Both come here once; whoever tries again alone does not wait for ever."""
    try:
        barrier.wait(2)
    except threading.BrokenBarrierError:
        return
    finally:
        barrier.abort()


@pytest.mark.parametrize("attempt", range(5))
def test_complete_against_cancel_has_exactly_one_winner(attempt: int) -> None:
    stage = Stage()
    order = stage.running()
    outcomes = at_once(*(lambda verb=verb: floor.done(verb, order_id=order.pk, by=stage.by) for verb in ENDS))
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len(refused) == 1 and isinstance(refused[0], IllegalTransition)
    state = ProductionOrder.objects.get(pk=order.pk).state
    assert list(OrderEvent.objects.filter(order=order).values_list("to_state", flat=True))[-1] == state
    assert OrderEvent.objects.filter(order=order, verb__in=["complete", "cancel"]).count() == 1


def test_control_without_the_orders_lock_the_second_writer_finds_it_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read a running order; the UPDATE that names state and version lets one through. Nobody moves twice."""
    stage = Stage()
    order = stage.running()
    barrier = threading.Barrier(2)

    def unlocked(order_id: int, *, by: Any) -> ProductionOrder:
        found = ProductionOrder.objects.get(pk=order_id)
        barrier.wait(10)
        return found

    for module in ("orders.actions.complete", "orders.actions.cancel"):
        monkeypatch.setattr(import_module(module), "lock_order", unlocked)
    outcomes = at_once(*(lambda verb=verb: floor.done(verb, order_id=order.pk, by=stage.by) for verb in ENDS))
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)] == [Busy]
    assert OrderEvent.objects.filter(order=order, verb__in=["complete", "cancel"]).count() == 1
