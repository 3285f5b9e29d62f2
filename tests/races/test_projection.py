"""Projecting beside others: workers at one instant, a worker killed, a new version meanwhile, an order that is locked."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from factoryos.dialects.ingest import projection
from factoryos.kernel import outbox
from factoryos.kernel.models import Factory
from orders import actions
from orders.ingest import heads
from orders.models import IngestHead, OrderEvent, ProductionOrder, QuantityEntry
from orders.statements import Followed, Outcome, Statement
from tests.floor import a_factory, an_actor, done
from tests.ops.bulk.workers import process
from tests.orders.ingest.stating import NOON, hours, state
from tests.orders.truth import require_truth
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

MADE = {"actual_start_date": NOON, "actual_end_date": hours(2), "produced_units": 498, "status": "completed"}

# Projects until nothing is due any more.
_WORKER = """
import django
django.setup()
from factoryos.dialects.ingest import projection
from orders.models import IngestHead
while IngestHead.objects.filter(state="pending").exists():
    projection.project(seconds=1)
"""
# Follows a batch, says so before it is settled and committed, and goes on when told to.
_ON_THE_BRINK = """
import sys
import django
django.setup()
from factoryos.dialects.ingest import projection
from orders.ingest import heads
settle = heads.settle
def wait_and_settle(*arguments):
    settle(*arguments)
    print("followed", flush=True)
    sys.stdin.readline()
heads.settle = wait_and_settle
projection.project(seconds=0)
"""


def many(factory: Factory, count: int, **facts: Any) -> None:
    for number in range(count):
        state(factory, f"MO-{number:05}", **{**MADE, **facts})


def wait_for(true: Callable[[], bool]) -> None:
    for _ in range(1500):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about")


def is_waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it would be told the same for ever
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def settled() -> int:
    return IngestHead.objects.exclude(state="pending").count()


def followed_once_each(factory: Factory, count: int) -> None:
    """Every order is there once, as stated, and tells it by one event of each verb and one entry; all proofs hold."""
    assert IngestHead.objects.filter(state="done", order__isnull=False).count() == count
    assert ProductionOrder.objects.filter(factory=factory).count() == count
    assert ProductionOrder.objects.filter(factory=factory, state="completed", quantity_good=498).count() == count
    entries = QuantityEntry.objects.filter(order__factory=factory)
    assert entries.count() == entries.values("order").distinct().count() == count
    for verb in ("create", "start", "report", "complete"):
        assert OrderEvent.objects.filter(factory=factory, verb=verb).count() == count, verb
    require_truth()


def project() -> int:
    return projection.project(seconds=60)


@contextmanager
def paused(at: str) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A projection in a thread of its own that stands still: before it settles, or wherever `heads` has this name."""
    reached, go = threading.Event(), threading.Event()
    real = getattr(heads, at)

    def wait_first(*arguments: Any, **named: Any) -> Any:
        if threading.current_thread() is thread:
            reached.set()
            assert go.wait(30)
        return real(*arguments, **named)

    def run() -> None:
        try:
            projection.project(seconds=0)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heads, at, wait_first)
        thread.start()
        try:
            assert reached.wait(30)
            yield reached, go
        finally:
            go.set()
            thread.join(30)


def test_workers_at_one_instant_follow_every_statement_once() -> None:
    factory = a_factory()
    many(factory, 60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "BATCH", 5)
        assert sum(at_once(*[project] * 2)) == 60  # type: ignore[arg-type]
    followed_once_each(factory, 60)


def claimed_by_two(count: int) -> list[Any]:
    """What two transactions that are open at the same time have claimed."""
    barrier = threading.Barrier(2)

    def claim() -> list[int]:
        with transaction.atomic():
            try:
                found = heads.claim(count)
            finally:
                barrier.wait(10)
            return [one.head_id for one in found]

    return at_once(claim, claim)


def test_two_claims_at_one_instant_hold_different_heads() -> None:
    many(a_factory(), 8)
    first, second = claimed_by_two(4)
    assert (len(first), len(second)) == (4, 4)
    assert set(first).isdisjoint(second)


def test_control_without_the_lock_both_hold_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "_DUE", heads._DUE.replace("FOR NO KEY UPDATE SKIP LOCKED", ""))
    many(a_factory(), 8)
    first, second = claimed_by_two(4)
    assert first == second


@pytest.mark.slow
def test_a_worker_killed_in_the_midst_leaves_orders_that_follow_once_each() -> None:
    factory = a_factory()
    many(factory, 700)
    worker = process(_WORKER)
    wait_for(lambda: settled() > 0)
    worker.send_signal(signal.SIGKILL)
    assert worker.wait(10) == -signal.SIGKILL
    assert 0 < settled() < 700, "the kill struck nothing"
    workers = [process(_WORKER) for _ in range(2)]
    assert [one.wait(120) for one in workers] == [0, 0]
    followed_once_each(factory, 700)


@pytest.mark.slow
@pytest.mark.parametrize("kill", [True, False], ids=["killed", "control: left alone"])
def test_a_worker_killed_before_its_commit_leaves_nothing_of_its_batch(kill: bool) -> None:
    factory = a_factory()
    many(factory, 20)
    worker = on_the_brink()
    assert worker.stdout is not None and worker.stdout.readline() == "followed\n"
    assert (settled(), ProductionOrder.objects.filter(factory=factory).count()) == (0, 0)
    if kill:
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(10) == -signal.SIGKILL
        wait_for(lambda: not is_idle_in_transaction())
        assert settled() == 0
    else:
        worker.communicate("\n", timeout=30)
        assert settled() == 20
    assert project() == (20 if kill else 0)
    followed_once_each(factory, 20)


def on_the_brink() -> "subprocess.Popen[str]":
    with pytest.MonkeyPatch.context() as patch:
        real = subprocess.Popen
        piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        patch.setattr(subprocess, "Popen", lambda *args, **facts: real(*args, **facts, **piped))
        return process(_ON_THE_BRINK)


def is_idle_in_transaction() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%%' AND pid <> pg_backend_pid()"
        )
        return bool(cursor.fetchone()[0])


def test_a_version_that_comes_while_its_order_is_projected_waits_and_is_followed_next() -> None:
    factory = a_factory()
    state(factory, status="in progress", actual_start_date=NOON, produced_units=100)
    sent: list[IngestHead] = []

    def send() -> None:
        try:
            sent.append(state(factory, at=hours(1), status="in progress", actual_start_date=NOON, produced_units=150))
        finally:
            connection.close()

    with paused("settle") as (_, go):
        sender = threading.Thread(target=send)
        sender.start()
        wait_for(is_waiting_for_a_lock)
        assert not sent
        go.set()
        sender.join(30)
    assert sent[0].revision == 2
    assert (sent[0].state, sent[0].projected_revision, sent[0].booked_revision) == ("pending", 1, 1)
    assert project() == 1
    order = ProductionOrder.objects.get(factory=factory)
    assert (order.quantity_good, order.state) == (150, "in_production")
    assert [entry.good for entry in order.entries.order_by("id")] == [100, 50]
    assert IngestHead.objects.get().state == "done"


def test_a_version_overwritten_while_its_head_is_looked_for_is_never_read_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The claim has looked at the tables, and not yet locked the head, when another content of the same key is committed."""
    monkeypatch.setattr(heads, "PATIENCE_MS", 30_000)
    monkeypatch.setattr(
        heads,
        "_DUE",
        heads._DUE.replace("WHERE due_at", "WHERE pg_advisory_xact_lock_shared(77) IS NOT NULL AND due_at"),
    )
    factory = a_factory()
    state(factory, produced_units=100)
    found: list[heads.Claimed] = []

    def claim() -> None:
        try:
            with transaction.atomic():
                found.extend(heads.claim(1))
        finally:
            connection.close()

    claimer = threading.Thread(target=claim)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(77)")
        head = state(factory, produced_units=150)
        claimer.start()
        wait_for(is_waiting_for_a_lock)
    claimer.join(30)
    assert [(one.revision, one.produced_units, one.content) for one in found] == [(2, 150, head.content)]


def test_an_order_that_is_told_of_while_it_is_projected_goes_on_telling() -> None:
    """What happened before is told while a newer version comes to wait: that one must hear of what happens afterwards."""
    factory = a_factory()
    by = an_actor(factory)
    state(factory, status="scheduled")
    project()
    order = ProductionOrder.objects.get(factory=factory)
    _, hold = done(actions.hold, order_id=order.pk, by=by, reason="Wrong colour")
    state(factory, at=hours(1), status="in progress", actual_start_date=NOON)
    project()
    assert IngestHead.objects.get().state == "waiting"
    done(actions.amend, order_id=order.pk, by=by, changes={"notes": "Look here"})
    state(factory, at=hours(2), status="in progress", actual_start_date=NOON, produced_units=7)

    def relay() -> None:
        try:
            outbox.relay()
        finally:
            connection.close()

    with paused("settle") as (_, go):
        teller = threading.Thread(target=relay)
        teller.start()
        wait_for(is_waiting_for_a_lock)
        go.set()
        teller.join(30)
    project()
    assert (IngestHead.objects.get().state, ProductionOrder.objects.get().awaited) == ("waiting", True)
    done(actions.release_hold, hold_id=hold.uuid, by=by)
    outbox.relay()
    assert project() == 1
    assert (IngestHead.objects.get().state, ProductionOrder.objects.get().quantity_good) == ("done", 7)


def test_an_order_that_somebody_has_locked_for_long_fails_and_the_others_do_not_wait() -> None:
    factory = a_factory()
    for number in range(30):
        state(factory, f"MO-{number:05}", status="scheduled")
    project()
    locked = ProductionOrder.objects.get(factory=factory, reference="MO-00007")
    many(factory, 30, at=hours(1))
    IngestHead.objects.update(attempts=7)  # what fails is not due again while the test runs
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            ProductionOrder.objects.select_for_update(no_key=True).get(pk=locked.pk)  # as a verb does
            held.set()
            release.wait(60)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    try:
        assert project() == 30
        found = dict(IngestHead.objects.values_list("order_number", "state"))
    finally:
        release.set()
        holder.join()
    assert found.pop("MO-00007") == "failed"
    assert set(found.values()) == {"done"}
    IngestHead.objects.filter(state="failed").update(due_at=NOON)
    assert project() == 1
    assert ProductionOrder.objects.filter(state="completed", quantity_good=498).count() == 30


def test_projecting_leaves_room_for_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """More stints than slots at once: the others come back empty-handed at once instead of filling the worker."""
    many(a_factory(), 8)
    everybody = threading.Barrier(4)  # those who work go on when the others were turned away

    def wait_for_all(statements: Sequence[Statement]) -> list[Outcome]:
        everybody.wait(60)
        return [Outcome(one.head_id, Followed.DONE) for one in statements]

    monkeypatch.setattr(projection, "BATCH", 2)
    monkeypatch.setattr(projection, "follow_statements", wait_for_all)

    def stint() -> int:
        looked_at = projection.project(seconds=0)
        if not looked_at:
            everybody.wait(60)
        return looked_at

    assert sorted(at_once(*[stint] * 4)) == [0, 0, 2, 2]  # type: ignore[type-var]
