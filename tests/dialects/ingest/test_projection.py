"""Orders follow the newest version of what was stated of them, whatever came when, and one order's trouble is its own."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, OperationalError, connection

from factoryos.dialects.ingest import projection
from factoryos.dialects.tasks import project_statements
from factoryos.kernel import outbox, wakeup
from factoryos.kernel.models import Factory
from factoryos.kernel.problems import Busy
from orders import actions
from orders.ingest import heads
from orders.models import IngestHead, OrderEvent, ProductionOrder, QuantityEntry
from orders.statements import Followed, Outcome, Statement
from orders.states import State
from tests.floor import a_factory, an_actor, done
from tests.orders.ingest.stating import NOON, hours, state
from tests.orders.truth import require_truth

pytestmark = pytest.mark.django_db

Follow = Callable[[Sequence[Statement]], list[Outcome]]
SEED = {
    "actual_start_date": hours(-5.5), "actual_end_date": hours(53.75), "produced_units": 498, "status": "completed",
}  # fmt: skip


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The tasks that were rung for."""
    calls: list[str] = []
    monkeypatch.setattr(wakeup, "ring", lambda task=wakeup.RELAY_TASK, *ids: calls.append(task))
    yield calls


@pytest.fixture
def followed_by(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[Follow, Sequence[Statement]], list[Outcome]]], None]:
    """Put something between the projection and what follows statements."""
    real = projection.follow_statements

    def put(between: Callable[[Follow, Sequence[Statement]], list[Outcome]]) -> None:
        monkeypatch.setattr(projection, "follow_statements", lambda statements: between(real, statements))

    return put


def all_done(follow: Follow, statements: Sequence[Statement]) -> list[Outcome]:
    """Follows nothing and says that everything is as stated."""
    return [Outcome(one.head_id, Followed.DONE) for one in statements]


def project() -> int:
    return projection.project(seconds=60)


def due_now() -> None:
    IngestHead.objects.filter(due_at__isnull=False).update(due_at=NOON)


def patiently() -> None:
    """As if they had failed before: whatever fails now is not due again as long as a test takes."""
    IngestHead.objects.update(attempts=7)


def head_of(number: str) -> IngestHead:
    return IngestHead.objects.get(order_number=number)


def order_of(number: str = "MO-1") -> ProductionOrder:
    order = head_of(number).order
    assert order is not None
    return order


def test_the_published_row_becomes_a_completed_order_in_its_senders_name() -> None:
    state(a_factory(), "MO-2025-001", "PROD-001", **SEED)
    assert project() == 1
    order, head = order_of("MO-2025-001"), head_of("MO-2025-001")
    assert (order.reference, order.state, order.quantity_target, order.quantity_good) == (
        "MO-2025-001", "completed", 500, 498,
    )  # fmt: skip
    assert (head.state, head.reason, head.due_at) == ("done", None, None)
    assert (head.projected_revision, head.booked_revision) == (1, 1)
    told = OrderEvent.objects.filter(order=order).values_list("face", "actor_name", "actor_kind", "credential")
    assert set(told) == {("ingest", "Paula Planner", "user", "token")}
    require_truth()
    assert project() == 0


def test_a_statement_says_what_was_sent_and_the_key_of_its_entry(followed_by: Any) -> None:
    seen: list[Statement] = []
    followed_by(lambda follow, statements: seen.extend(statements) or all_done(follow, statements))
    factory = a_factory()
    head = state(factory, produced_units=9_007_199_254_740_993, status=" Waiting for Godot ", ordered_units=7)
    project()
    (said,) = seen
    assert (said.head_id, said.order_id, said.order_number, said.sku) == (head.pk, None, "MO-1", "CAP")
    assert (said.target, said.produced, said.goal) == (7, Decimal("9007199254740993"), State.SCHEDULED)
    assert (said.planned_start, said.planned_end) == (hours(-6), hours(48))
    assert (said.actual_start, said.actual_end, said.booked, said.at) == (None, None, False, NOON)
    assert said.facts == {"source_id": "LINE-001", "ordered_at": hours(-100), "status": " Waiting for Godot "}
    assert said.key == f"ingest:{head.pk}:2025-01-10T12:00:00+00:00:{head.content.hex}:1"
    assert said.by.factory.id == factory.pk


def test_the_key_of_an_entry_is_never_too_long() -> None:
    longest = f"ingest:{2**63 - 1}:9999-12-31T23:59:59+00:00:{'f' * 32}:{2**31 - 1}"
    assert len(longest) <= QuantityEntry._meta.get_field("idempotency_key").max_length


STORY = [
    {"at": hours(0), "status": "scheduled"},
    {"at": hours(1), "status": "in progress", "actual_start_date": hours(1), "produced_units": 100},
    {"at": hours(2), "status": "in progress", "actual_start_date": hours(1), "produced_units": 80, "ordered_units": 400},
]  # fmt: skip


@pytest.mark.parametrize("arrival", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("between", [True, False], ids=["projected between", "projected once"])
def test_the_newest_version_wins_whatever_came_first(arrival: tuple[int, ...], between: bool) -> None:
    factory = a_factory()
    for place in arrival:
        state(factory, **STORY[place])
        if between:
            project()
    project()
    order = order_of()
    assert (order.state, order.quantity_good, order.quantity_target) == ("in_production", 80, 400)
    assert sum(entry.good for entry in QuantityEntry.objects.filter(order=order)) == 80
    assert head_of("MO-1").state == "done"
    assert ProductionOrder.objects.filter(factory=factory).count() == 1
    require_truth()


def test_an_overwritten_version_adds_the_difference_once() -> None:
    factory = a_factory()
    running = {"status": "in_progress", "actual_start_date": NOON}
    for produced in (498, 498, 500, 500):
        state(factory, **running, produced_units=produced)
        project()
        project()
    assert [entry.good for entry in order_of().entries.order_by("id")] == [498, 2]


def test_more_than_a_stint_can_do_rings_for_another(
    monkeypatch: pytest.MonkeyPatch, rung: list[str], followed_by: Any
) -> None:
    monkeypatch.setattr(projection, "BATCH", 2)
    followed_by(all_done)
    factory = a_factory()
    for number in range(5):
        state(factory, f"MO-{number}")
    done_each = [projection.project(seconds=0) for _ in range(4)]
    assert done_each == [2, 2, 1, 0]
    assert rung == [heads.PROJECTION] * 3
    assert project_statements() == 0


def poison(*numbers: str, error: Callable[[], BaseException]) -> Callable[[Follow, Sequence[Statement]], list[Outcome]]:
    """A fault of the action itself, whenever one of these orders is among those it is given."""

    def between(follow: Follow, statements: Sequence[Statement]) -> list[Outcome]:
        outcomes = follow(statements)  # all of this is taken back again
        if any(one.order_number in numbers for one in statements):
            raise error()
        return outcomes

    return between


def a_fault_of_the_database() -> BaseException:
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT 1 / 0")
        except Exception as error:
            return error
    raise AssertionError


@pytest.mark.parametrize(
    "error",
    [lambda: ValueError("password=hush"), lambda: IntegrityError("password=hush"), lambda: Busy(),
     a_fault_of_the_database, lambda: OperationalError("stack depth limit exceeded")],
    ids=["code", "constraint", "busy", "in the transaction", "its depth"],
)  # fmt: skip
def test_a_head_at_which_the_action_breaks_leaves_all_the_others_done(error: Any, followed_by: Any) -> None:
    factory = a_factory()
    for number in range(40):
        state(factory, f"MO-{number:02}", **SEED)
    patiently()
    followed_by(poison("MO-17", error=error))
    with structlog.testing.capture_logs() as logs:
        assert project() == 40
    assert IngestHead.objects.filter(state="done").count() == 39
    assert ProductionOrder.objects.filter(factory=factory, state="completed", quantity_good=498).count() == 39
    failed = head_of("MO-17")
    assert (failed.state, failed.order_id, failed.attempts, failed.projected_revision) == ("failed", None, 8, 0)
    assert failed.reason is not None and "hush" not in failed.reason
    told = [line for line in logs if line["event"] == "head_failed"]
    assert [line["head"] for line in told] == [failed.pk]
    require_truth()


def test_a_head_that_failed_is_left_alone_for_a_while_and_recovers(followed_by: Any) -> None:
    state(a_factory(), **SEED)
    patiently()
    followed_by(poison("MO-1", error=lambda: ValueError("hush")))
    for attempt in range(8, 11):
        assert project() == 1
        assert project() == 0, "it is not due"
        failed = head_of("MO-1")
        assert (failed.state, failed.attempts) == ("failed", attempt)
        assert failed.reason == "An error on our side (ValueError), which is logged."
        due_now()
    followed_by(lambda follow, statements: follow(statements))
    assert project() == 1
    head = head_of("MO-1")
    assert (head.state, head.attempts, head.reason, order_of().quantity_good) == ("done", 0, None, 498)


def test_all_of_a_batch_that_break_fail_each_by_itself(followed_by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "BATCH", 20)
    factory = a_factory()
    numbers = [f"MO-{number:02}" for number in range(20)]
    for number in numbers:
        state(factory, number)
    patiently()
    followed_by(poison(*numbers, error=lambda: ValueError()))
    project()
    assert IngestHead.objects.filter(state="failed", attempts=8).count() == 20
    assert not ProductionOrder.objects.filter(factory=factory).exists()


def test_a_batch_in_trouble_is_not_done_one_by_one_for_ever(followed_by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "RESCUE_SECONDS", 0)
    factory = a_factory()
    for number in range(3):
        state(factory, f"MO-{number}")
    followed_by(poison("MO-0", error=lambda: ValueError()))
    assert projection.project(seconds=0) == 3
    assert IngestHead.objects.filter(state="pending", attempts=0).count() == 3


def test_a_head_that_was_stated_anew_while_it_failed_is_not_called_failed(followed_by: Any) -> None:
    factory = a_factory()
    state(factory, produced_units=1)
    tried: list[Decimal | None] = []

    def between(follow: Follow, statements: Sequence[Statement]) -> list[Outcome]:
        tried.append(statements[0].produced)
        if tried == [1]:
            raise ValueError
        return all_done(follow, statements)

    followed_by(between)
    real = projection._failed

    def meanwhile(failed: Any, error: Exception) -> None:
        state(factory, produced_units=2)
        real(failed, error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "_failed", meanwhile)
        project()
    assert (tried, head_of("MO-1").state, head_of("MO-1").attempts) == ([1, 2], "done", 0)


def test_trouble_that_is_no_orders_fault_changes_nothing_and_is_raised(
    monkeypatch: pytest.MonkeyPatch, followed_by: Any
) -> None:
    state(a_factory())
    followed_by(poison("MO-1", error=lambda: OperationalError("the connection is gone")))
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    with pytest.raises(OperationalError):
        project()
    assert (head_of("MO-1").state, head_of("MO-1").attempts) == ("pending", 0)


def test_a_stint_whose_time_is_up_leaves_its_batch_as_it_was(followed_by: Any) -> None:
    state(a_factory())
    followed_by(poison("MO-1", error=SoftTimeLimitExceeded))
    with pytest.raises(SoftTimeLimitExceeded):
        project()
    assert (head_of("MO-1").state, head_of("MO-1").attempts) == ("pending", 0)


def test_what_the_action_itself_calls_failed_is_logged_and_tried_again(followed_by: Any) -> None:
    state(a_factory())
    patiently()
    followed_by(lambda follow, statements: [Outcome(statements[0].head_id, Followed.FAILED, reason="No such luck")])
    with structlog.testing.capture_logs() as logs:
        project()
    head = head_of("MO-1")
    assert (head.state, head.reason, head.attempts) == ("failed", "No such luck", 8)
    assert [(line["log_level"], line["reason"]) for line in logs if line["event"] == "head_failed"] == [
        ("error", "No such luck")
    ]


def running(factory: Factory, *, at: Any, **facts: Any) -> None:
    state(factory, at=at, status="in progress", actual_start_date=NOON, **facts)


@pytest.mark.django_db(transaction=True)
def test_what_a_hold_stands_in_the_way_of_waits_and_goes_on_when_it_is_released() -> None:
    factory = a_factory()
    state(factory, status="scheduled")
    project()
    by = an_actor(factory)
    _, hold = done(actions.hold, order_id=order_of().pk, by=by, reason="Wrong colour")
    running(factory, at=hours(1), produced_units=20)
    project()
    head = head_of("MO-1")
    assert (head.state, head.due_at, order_of().state, order_of().awaited) == ("waiting", None, "scheduled", True)
    assert head.reason
    assert (project(), order_of().quantity_good) == (0, 0)

    done(actions.release_hold, hold_id=hold.uuid, by=by)
    outbox.relay()
    assert project() == 1
    assert (order_of().state, order_of().quantity_good, order_of().awaited) == ("in_production", 20, False)
    assert head_of("MO-1").state == "done"
    require_truth()


@pytest.mark.django_db(transaction=True)
def test_what_quality_has_to_sign_first_waits_and_goes_on_when_it_is_signed() -> None:
    factory = a_factory(requires_verification=True)
    state(factory, **SEED | {"status": "delivered"})
    project()
    assert (head_of("MO-1").state, order_of().state, order_of().quantity_good) == ("waiting", "completed", 498)
    done(
        actions.verify, order_id=order_of().pk, by=an_actor(factory), final=Decimal(498), good=Decimal(498),
        rejected=Decimal(0),
    )  # fmt: skip
    outbox.relay()
    assert project() == 1
    assert (head_of("MO-1").state, order_of().state, order_of().quantity_good) == ("done", "closed", 498)
    assert [entry.good for entry in order_of().entries.all()] == [498]


def test_a_person_who_has_a_conflict_looked_at_again_finds_it_where_it_was() -> None:
    factory = a_factory()
    state(factory, **SEED)
    project()
    state(factory, at=hours(60), **SEED | {"status": "cancelled"})
    project()
    before = head_of("MO-1")
    assert (before.state, order_of().state) == ("conflict", "completed")
    done(lambda **who: heads.retry([before.pk], **who), by=an_actor(factory))
    events = OrderEvent.objects.count()
    assert project() == 1
    after = head_of("MO-1")
    assert (after.state, after.reason, OrderEvent.objects.count()) == ("conflict", before.reason, events)


def test_what_waits_for_another_order_is_looked_at_in_half_a_minute(followed_by: Any) -> None:
    state(a_factory())
    followed_by(lambda follow, statements: [Outcome(statements[0].head_id, Followed.WAITING, look_again=True)])
    project()
    due = head_of("MO-1").due_at
    assert due is not None and due - head_of("MO-1").projected_at == timedelta(seconds=30)
