"""Counts that come in the same instant as others, as reports by hand, as a start or a pause: each piece once, on its order."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from factoryos.kernel import clock
from factoryos.kernel.transactions import whole
from manufacturing.models import Lot, Machine
from orders import actions, ledger
from orders.actions import report_counts as module
from orders.actions.report_counts import report_counts
from orders.machine_counts import Booked, MachineCount, Outcome
from orders.models import OrderEvent, ProductionOrder, QuantityEntry
from orders.specs import Share
from tests import floor
from tests.counted import a_count
from tests.orders.truth import require_truth
from tests.races.stockroom import Stockroom, deadlocks, figures, refused
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class Hall(Stockroom):
    def runs(self, machine: Machine, item: Any, target: int = 1000, **facts: Any) -> ProductionOrder:
        """An order that runs on the machine."""
        order = self._moved(self.draft(item, target, **facts), actions.schedule, shares=[Share(machine=machine)])
        return self._moved(order, actions.start)


def booking(*counts: MachineCount) -> Callable[[], list[Booked]]:
    """Book them in a transaction of their own, once."""
    return lambda: whole(lambda: report_counts(counts))


def until_booked(counts: Sequence[MachineCount]) -> Callable[[], list[Booked]]:
    """As a poller does: whatever is busy is asked again."""

    def work() -> list[Booked]:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            outcomes = booking(*counts)()
            if not any(one.outcome is Outcome.BUSY for one in outcomes):
                return outcomes
            time.sleep(0.002)
        raise TimeoutError(outcomes)

    return work


def good_of(order: ProductionOrder) -> Decimal:
    return ProductionOrder.objects.values_list("quantity_good", flat=True).get(pk=order.pk)


@pytest.mark.parametrize("attempt", range(3))
def test_one_count_that_several_pollers_bring_at_once_is_booked_once(attempt: int) -> None:
    hall = Hall()
    order = hall.runs(hall.machine, hall.product({hall.material(100): 2}))
    count = a_count(hall.machine, 5, key="k")
    outcomes = at_once(*(until_booked([count]) for _ in range(4)))
    assert refused(outcomes) == []
    assert {one.entry_id for (one,) in outcomes} == {QuantityEntry.objects.get().pk}  # type: ignore[misc]
    assert good_of(order) == 5
    require_truth()


def test_control_without_asking_for_known_keys_the_index_refuses_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    order = hall.runs(hall.machine, hall.product({hall.material(100): 2}))
    count = a_count(hall.machine, 5, key="k")
    booking(count)()
    monkeypatch.setattr(ledger, "entries_by_key", lambda keys: {})
    (outcome,) = booking(count)()
    assert (outcome.outcome, outcome.text) == (Outcome.FAILED, "IntegrityError")
    assert good_of(order) == 5


def test_counts_and_reports_by_hand_at_once_all_add_up() -> None:
    hall = Hall()
    board = hall.material(1000)
    order = hall.runs(hall.machine, hall.product({board: 2}))
    counts = [a_count(hall.machine, 2, 1) for _ in range(10)]
    before = deadlocks()
    outcomes = at_once(
        *(until_booked([count]) for count in counts[:3]),
        until_booked(counts[3:]),
        *(hall.reporting(order, 7) for _ in range(4)),
    )
    assert refused(outcomes) == [] and deadlocks() == before
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.quantity_good, order.quantity_rejected) == (48, 10)
    assert figures(board)[0] == 1000 - 2 * 58
    assert OrderEvent.objects.filter(order=order, verb="report").count() == 14
    require_truth()


def test_an_order_that_somebody_works_on_is_busy_at_once_and_holds_nobody_up() -> None:
    hall = Hall()
    other = floor.a_machine(hall.factory)
    item = hall.material()
    held, free = hall.runs(hall.machine, item), hall.runs(other, item)
    locked, done = threading.Event(), threading.Event()

    def work_on_it() -> None:
        with transaction.atomic():
            ProductionOrder.objects.select_for_update(no_key=True).get(pk=held.pk)
            locked.set()
            done.wait(10)

    def count() -> tuple[list[Booked], float]:
        locked.wait(10)
        began = time.monotonic()
        try:
            return booking(a_count(hall.machine, 1), a_count(other, 1))(), time.monotonic() - began
        finally:
            done.set()

    _, counted = at_once(work_on_it, count)
    assert not isinstance(counted, BaseException) and counted is not None
    outcomes, seconds = counted
    assert [one.outcome for one in outcomes] == [Outcome.BUSY, Outcome.BOOKED]
    assert seconds < 2  # lock_timeout is 3
    assert (good_of(held), good_of(free)) == (0, 1)


def just_before_the_lock(patch: pytest.MonkeyPatch, meanwhile: Callable[[], Any]) -> None:
    """What others do between the first look at the runs and the locking of their orders."""
    lock, done = module.lock_those_free, []

    def wrapped(order_ids: Any) -> Any:
        if not done:
            done.append(True)
            assert refused(at_once(meanwhile)) == []
        return lock(order_ids)

    patch.setattr(module, "lock_those_free", wrapped)


def later(machine: Machine) -> MachineCount:
    """A count of an instant at which whatever happens meanwhile has happened."""
    return a_count(machine, 1, as_of=clock.now() + timedelta(seconds=30))


def test_a_run_that_a_pause_ended_meanwhile_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    order = hall.runs(hall.machine, hall.material())
    just_before_the_lock(monkeypatch, hall.doing(actions.pause, order, reason="tool_change"))
    (outcome,) = booking(later(hall.machine))()
    assert outcome.outcome is Outcome.UNASSIGNED
    assert good_of(order) == 0


def test_control_runs_read_before_the_lock_book_on_an_order_that_runs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    order = hall.runs(hall.machine, hall.material())
    count = later(hall.machine)
    before = module.runs_at([count])
    monkeypatch.setattr(module, "runs_at", lambda counts: before)
    just_before_the_lock(monkeypatch, hall.doing(actions.pause, order, reason="tool_change"))
    booking(count)()
    assert good_of(order) == 1


def test_pieces_of_an_order_that_took_the_machine_meanwhile_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall = Hall()
    item = hall.material()
    first = hall.runs(hall.machine, item)
    second = hall._moved(hall.draft(item, 10), actions.schedule, shares=[Share(machine=hall.machine)])

    def take_over() -> None:
        hall.doing(actions.complete, first)()
        hall.doing(actions.start, second)()

    just_before_the_lock(monkeypatch, take_over)
    count = later(hall.machine)
    (busy,) = booking(count)()
    (outcome,) = booking(count)()
    assert (busy.outcome, outcome.outcome) == (Outcome.BUSY, Outcome.BOOKED)
    assert (good_of(first), good_of(second)) == (0, 1)
    require_truth()


def test_calls_over_the_same_parts_and_new_lots_in_any_order_never_wait_crosswise() -> None:
    """Four pollers, each with machines of its own; parts, product and its lots are shared, in turns that differ."""
    hall = Hall()
    parts = [hall.material(200, 200) for _ in range(3)]
    machines = [floor.a_machine(hall.factory) for _ in range(8)]
    products = [hall.product(dict.fromkeys(turn, 1), tracking="lot") for turn in (parts, parts[::-1])]
    for place, machine in enumerate(machines):
        hall.runs(machine, products[place % 2], 40, batch_number=f"B{place % 3}")
    before = deadlocks()

    def polling(place: int) -> Callable[[], Any]:
        mine = machines[place::4][:: 1 if place % 2 else -1]

        def work() -> None:
            for _ in range(5):
                until_booked([a_count(machine, 3, 1) for machine in mine])()

        return work

    assert refused(at_once(*(polling(place) for place in range(4)))) == []
    assert deadlocks() == before
    assert [figures(part)[0] for part in parts] == [400 - 8 * 5 * 4] * 3
    assert sum(figures(product)[0] for product in products) == 8 * 5 * 3
    assert Lot.objects.filter(item__in=products).count() == 6
    require_truth()


def test_what_a_savepoint_undid_leaves_the_others_locks_alone() -> None:
    """A bad count sends the call through its counts one by one; others book beside it and nobody deadlocks."""
    hall = Hall()
    board = hall.material(500)
    machines = [floor.a_machine(hall.factory) for _ in range(4)]
    orders = [hall.runs(machine, hall.product({board: 1})) for machine in machines]
    bad = a_count(machines[0], 10**13)
    outcomes = at_once(
        until_booked([bad, *(a_count(machine, 1) for machine in machines[:2])]),
        until_booked([a_count(machine, 1) for machine in machines[2:]]),
    )
    assert refused(outcomes) == []
    assert [good_of(order) for order in orders] == [1, 1, 1, 1]
    assert isinstance(outcomes[0], list) and outcomes[0][0].outcome is Outcome.FAILED
    require_truth()
    assert connection.get_autocommit()
