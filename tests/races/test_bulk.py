"""Bulk work beside others: locked orders, several workers, a worker killed, a right lost on the way. Each exactly once."""

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from factoryos.kernel.models import Membership
from factoryos.ops.bulk import claims, confirm, runner
from factoryos.ops.bulk.claims import Claim
from factoryos.ops.bulk.token import Seen
from factoryos.ops.models import BulkOperation, BulkRow
from orders.models import Note, OrderEvent, ProductionOrder
from tests.ops.bulk.desk import Desk, states
from tests.ops.bulk.workers import worker
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def a_job(desk: Desk, count: int, *, action: str = "submit", **facts: Any) -> BulkOperation:
    """An operation on so many drafts that is confirmed and not begun."""
    desk.many(count)
    rows = list(ProductionOrder.objects.filter(factory=desk.factory).order_by("pk").values_list("pk", "version"))
    new = BulkOperation(factory=desk.factory, user=desk.user, action=action, key=f"key-{count}", selected=0, **facts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "run_inline", lambda operation: None)
        return confirm.begin(new, Seen([row[0] for row in rows], [row[1] for row in rows]), by=desk.by)


def work_off(operation: BulkOperation) -> None:
    deadline = time.monotonic() + 60
    while not BulkOperation.objects.get(pk=operation.pk).finished_at:
        assert time.monotonic() < deadline, "not finished in a minute"
        runner.stint(seconds=1)


def settled(operation: BulkOperation) -> int:
    return BulkRow.objects.filter(operation=operation).exclude(status="pending").count()


def wait_for(true: Callable[[], bool]) -> None:
    for _ in range(1500):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about")


def done_once_each(operation: BulkOperation) -> bool:
    """Every row is done, every order was moved, each by exactly one event of this operation."""
    made = OrderEvent.objects.filter(data__operation=str(operation.uuid))
    rows = BulkRow.objects.filter(operation=operation, status="done").count()
    moved = ProductionOrder.objects.filter(factory=operation.factory, state="submitted", version=2).count()
    return rows == moved == made.count() == made.values("order").distinct().count() == operation.selected


def test_a_worker_killed_in_the_midst_leaves_a_job_that_is_finished_once_each() -> None:
    desk = Desk()
    operation = a_job(desk, 600)
    process = worker()
    wait_for(lambda: settled(operation) > 50)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    left = operation.selected - settled(operation)
    assert 0 < left < operation.selected, "the kill struck nothing"
    work_off(operation)
    assert done_once_each(operation)


def test_two_workers_share_a_job_and_do_each_row_once() -> None:
    """A note: no state of the order would refuse a second one, so nothing but the row's lock keeps them apart."""
    desk = Desk()
    operation = a_job(desk, 400, action="note", parameters={"audience": "internal", "text": "Hello"})
    workers = [worker(), worker()]
    assert [process.wait(60) for process in workers] == [0, 0]
    assert desk.counts(operation) == (400, 0, 0, 0)
    written = Note.objects.filter(operation=operation.uuid)
    assert written.count() == written.values("order").distinct().count() == 400
    assert BulkOperation.objects.get(pk=operation.pk).finished_at is not None


def test_workers_in_one_instant_claim_different_rows() -> None:
    desk = Desk()
    operation = a_job(desk, 8)
    barrier = threading.Barrier(4)

    def claim() -> int:
        with transaction.atomic():
            found = claims.claim_next(operation, after=0, patience=100)
            barrier.wait(10)
            assert found is not None
            return found.position

    assert sorted(at_once(*[claim] * 4)) == [1, 2, 3, 4]  # type: ignore[type-var]


def test_control_without_skip_locked_they_would_wait_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    operation = a_job(desk, 8)
    monkeypatch.setattr(claims, "_CLAIM", claims._CLAIM.replace("SKIP LOCKED", "NOWAIT"))
    barrier = threading.Barrier(2)

    def claim() -> int:
        with transaction.atomic():
            try:
                found = claims.claim_next(operation, after=0, patience=100)
            finally:
                barrier.wait(10)
            assert found is not None
            return found.position

    outcomes = at_once(claim, claim)
    assert sum(isinstance(outcome, BaseException) for outcome in outcomes) == 1


def test_control_a_result_in_a_transaction_of_its_own_is_done_twice_after_a_crash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The order is changed and committed, then the worker dies: the row still says "to do", and the next one tries again."""
    desk = Desk()
    operation = a_job(desk, 3)
    settle, crashes = runner.settle, []

    def crash_between(claim: Claim, outcome: Any) -> None:
        if not crashes:
            crashes.append(claim)
            return  # what a death between the two commits leaves: the effect without the result
        settle(claim, outcome)

    monkeypatch.setattr(runner, "settle", crash_between)
    work_off(operation)
    tried = BulkRow.objects.get(operation=operation, order_id=crashes[0].order_id)
    assert (tried.status, tried.code) == ("skipped", "nothing_to_do")
    assert not done_once_each(operation)


def test_one_order_that_another_transaction_has_locked_fails_as_busy_and_the_others_do_not_wait() -> None:
    desk = Desk()
    orders = desk.several(20)
    sent = desk.confirms(desk.preview("submit", desk.selects(*orders)))
    locked, release = threading.Event(), threading.Event()

    def holder() -> None:
        with transaction.atomic():
            ProductionOrder.objects.select_for_update(no_key=True).get(pk=orders[3].pk)  # as a verb does
            locked.set()
            release.wait(30)
        connection.close()

    thread = threading.Thread(target=holder)
    thread.start()
    locked.wait(10)
    began = time.monotonic()
    try:
        operation = desk.operation(desk.apply(sent))
        seconds = time.monotonic() - began
    finally:
        release.set()
        thread.join()
    assert desk.counts(operation) == (19, 0, 1, 0)
    assert desk.results(operation)["results"][0] == {
        "id": str(orders[3].uuid), "ok": False, "code": "busy", "detail": "Busy, try again in a moment",
    }  # fmt: skip
    assert seconds < 5
    again = desk.operation(desk.client.post(f"/ops/operations/{operation.uuid}/retry", {"key": "again"}))
    assert (desk.counts(again), states(orders[3])) == ((1, 0, 0, 0), ["submitted"])


def test_a_right_that_is_lost_on_the_way_stops_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk("planner")
    operation = a_job(desk, 10)
    do, done = runner.do, []

    def fired_after_four(operation: BulkOperation, claim: Claim) -> Any:
        outcome = do(operation, claim)
        done.append(claim)
        if len(done) == 4:
            other = threading.Thread(target=lambda: (Membership.objects.update(roles=["viewer"]), connection.close()))
            other.start()
            other.join()
        return outcome

    monkeypatch.setattr(runner, "do", fired_after_four)
    work_off(operation)
    statuses = list(BulkRow.objects.filter(operation=operation).values_list("status", "code"))
    assert statuses == [("done", "done")] * 4 + [("failed", "role_missing")] * 6
    assert OrderEvent.objects.filter(verb="submit").count() == 4


@pytest.mark.parametrize("lost", ["membership", "account"])
def test_somebody_who_left_the_factory_does_nothing_more(lost: str) -> None:
    desk = Desk("planner")
    operation = a_job(desk, 3)
    if lost == "membership":
        Membership.objects.all().delete()
    else:
        type(desk.user).objects.filter(pk=desk.user.pk).update(is_active=False)
    work_off(operation)
    assert set(BulkRow.objects.values_list("status", "code")) == {("failed", "role_missing")}
    assert OrderEvent.objects.filter(verb="submit").count() == 0


def test_a_double_click_in_one_instant_is_one_operation() -> None:
    desk = Desk()
    orders = desk.several(5)
    sent = desk.confirms(desk.preview("submit", desk.selects(*orders)))
    answers = at_once(*[lambda: desk.apply(sent)["Location"]] * 4)
    assert len(set(answers)) == 1, answers
    wait_for(lambda: BulkOperation.objects.get().finished_at is not None or bool(runner.stint()))
    assert (BulkOperation.objects.count(), OrderEvent.objects.filter(verb="submit").count()) == (1, 5)


def test_two_workers_at_an_operation_of_all_or_nothing_do_it_once() -> None:
    desk = Desk()
    operation = a_job(desk, 50, all_or_nothing=True)
    at_once(*[lambda: runner.stint(seconds=2)] * 3)
    work_off(operation)
    assert done_once_each(operation)


def test_bulk_work_leaves_room_for_other_work() -> None:
    """More stints than slots at once: the others come back empty-handed at once instead of filling the worker."""
    desk = Desk()
    a_job(desk, 400)
    outcomes = at_once(*[lambda: runner.stint(seconds=0.5)] * 4)
    assert sum(outcome == 0 for outcome in outcomes) == 4 - runner.SLOTS, outcomes


@pytest.mark.slow
def test_two_thousand_orders_as_a_job_with_two_workers() -> None:
    """`python -m tests.bench bulk` does it with ten thousand, and says how long they take."""
    desk = Desk()
    operation = a_job(desk, 2_000)
    workers = [worker(), worker()]
    wait_for(lambda: settled(operation) > 100)
    listed = desk.client.get(f"/ops/orders?factory={desk.factory.slug}")  # meanwhile the pages work
    shown = desk.client.get(f"/ops/operations/{operation.uuid}")
    assert (listed.status_code, shown.status_code) == (200, 200)
    assert [process.wait(240) for process in workers] == [0, 0]
    assert done_once_each(operation)
