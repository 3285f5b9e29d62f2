"""The queue of what is stated: who claims what, and what is written down of it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from factoryos.kernel import outbox, wakeup
from factoryos.kernel.problems import Busy, RoleMissing
from orders.history import AWAITED
from orders.ingest import awaited, heads
from orders.ingest.heads import Claimed
from orders.models import IngestHead, IngestRequest, ManufacturingOrderVersion, ProductionOrder
from orders.statements import Followed, Outcome
from tests.floor import a_factory, an_actor, an_order
from tests.orders.ingest.stating import NOON, hours, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The tasks that were rung for."""
    calls: list[str] = []
    monkeypatch.setattr(wakeup, "ring", lambda task=wakeup.RELAY_TASK, *ids: calls.append(task))
    yield calls


def claimed(*, limit: int = 100, only: list[int] | None = None) -> list[Claimed]:
    with transaction.atomic():
        return heads.claim(limit, only=only)


def settled(head: IngestHead, result: Followed, **facts: Any) -> IngestHead:
    """The head, claimed and settled so."""
    with transaction.atomic():
        (one,) = heads.claim(1, only=[head.pk])
        heads.settle([one], [Outcome(head.pk, result, **facts)])
    return IngestHead.objects.get(pk=head.pk)


def seconds_until_due(head: IngestHead) -> float:
    """From the transaction's beginning, which in a test is always the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM due_at - now()) FROM orders_ingesthead WHERE id = %s", [head.pk])
        return float(cursor.fetchone()[0])


def test_a_claim_holds_the_newest_version_as_it_was_sent_and_who_sent_it() -> None:
    factory = a_factory(requires_verification=False)
    state(factory, at=hours(1), produced_units=498, status="  In Progress ", actual_start_date=hours(-5))
    head = state(factory, at=NOON, produced_units=3, status="completed")  # older: history
    (one,) = claimed()
    assert (one.head_id, one.revision, one.order_id, one.booked) == (head.pk, 1, None, False)
    assert (one.order_number, one.product_id, one.updated_at, one.content) == ("MO-1", "CAP", hours(1), head.content)
    assert (one.source_id, one.ordered_at, one.ordered_units) == ("LINE-001", hours(-100), 500)
    assert (one.expected_start, one.expected_end) == (hours(-6), hours(48))
    assert (one.actual_start, one.actual_end) == (hours(-5), None)
    assert (one.produced_units, one.status) == (498, "  In Progress ")
    assert (one.by.kind, one.by.id, one.by.name) == ("user", "0194a1c2", "Paula Planner")
    assert (one.by.credential, one.by.face, one.by.roles) == ("token", "ingest", {"planner"})
    assert one.by.factory == factory.tenant()


def test_who_has_claimed_waits_for_nobody_long_and_trusts_no_plan_made_for_smaller_tables() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        heads.claim(1)
        cursor.execute("SELECT current_setting('lock_timeout'), current_setting('plan_cache_mode')")
        assert cursor.fetchone() == ("500ms", "force_custom_plan")


def test_heads_come_in_the_order_of_their_keys_byte_for_byte() -> None:
    first, second = a_factory(), a_factory()
    for factory, number, product in [(second, "A", "A"), (first, "b", "A"), (first, "B", "b"), (first, "B", "B")]:
        state(factory, number, product)
    found = [(one.by.factory.id, one.order_number, one.product_id) for one in claimed()]
    assert found == [(first.pk, "B", "B"), (first.pk, "B", "b"), (first.pk, "b", "A"), (second.pk, "A", "A")]


def test_those_that_are_due_for_longest_come_first_and_those_not_due_not_at_all() -> None:
    factory = a_factory()
    late, later, done, tomorrow = (state(factory, f"MO-{n}") for n in range(4))
    IngestHead.objects.filter(pk=late.pk).update(due_at=F("due_at") - timedelta(hours=1))
    IngestHead.objects.filter(pk=tomorrow.pk).update(due_at=F("due_at") + timedelta(days=1))
    settled(done, Followed.DONE)
    assert [one.head_id for one in claimed(limit=1)] == [late.pk]
    assert [one.head_id for one in claimed()] == [late.pk, later.pk]
    assert [one.head_id for one in claimed(only=[later.pk, tomorrow.pk])] == [later.pk]


def test_what_is_done_is_not_due_and_says_how_far_the_order_follows() -> None:
    factory = a_factory()
    order = an_order(an_actor(factory))
    state(factory)
    head = settled(state(factory, at=hours(1)), Followed.DONE, order_id=order.pk, booked=True)
    assert (head.state, head.reason, head.order_id, head.due_at, head.attempts) == ("done", None, order.pk, None, 0)
    assert (head.revision, head.projected_revision, head.booked_revision) == (2, 2, 2)
    assert head.projected_at is not None
    (again,) = claimed(only=[state(factory, at=hours(2)).pk])
    assert (again.revision, again.booked, again.order_id) == (3, False, order.pk)


def test_a_revision_that_is_booked_says_so_when_it_is_looked_at_again() -> None:
    head = settled(state(a_factory()), Followed.WAITING, booked=True, look_again=True)
    IngestHead.objects.update(due_at=NOON)
    (again,) = claimed()
    assert again.booked
    head = settled(head, Followed.DONE)  # nothing was booked this time, nor is it forgotten
    assert head.booked_revision == 1


@pytest.mark.parametrize("result", [Followed.WAITING, Followed.CONFLICT, Followed.SKIPPED])
def test_what_cannot_be_as_stated_says_why_and_is_left_alone(result: Followed) -> None:
    head = settled(state(a_factory()), result, reason="x" * 600)
    assert (head.state, head.reason, head.due_at) == (str(result), "x" * 500, None)
    assert (head.projected_revision, head.booked_revision) == (1, 0)
    assert claimed() == []


def test_what_nobody_will_tell_of_is_looked_at_again_in_half_a_minute() -> None:
    head = settled(state(a_factory()), Followed.WAITING, look_again=True)
    assert (head.state, seconds_until_due(head)) == ("waiting", heads.LOOK_AGAIN_SECONDS)


def test_what_fails_is_tried_again_ever_less_often_and_at_least_every_ten_minutes() -> None:
    head = state(a_factory())
    waits = []
    for _ in range(12):
        IngestHead.objects.update(due_at=NOON)
        head = settled(head, Followed.FAILED, reason="An error on our side (ValueError), which is logged.")
        waits.append(seconds_until_due(head))
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]
    assert (head.state, head.attempts, head.projected_revision, head.projected_at) == ("failed", 12, 0, None)
    IngestHead.objects.update(due_at=NOON)
    head = settled(head, Followed.DONE)
    assert (head.state, head.reason, head.attempts, head.due_at) == ("done", None, 0, None)


def test_a_head_that_somebody_wrote_past_its_lock_takes_the_whole_transaction_with_it() -> None:
    head, other = state(a_factory()), state(a_factory())
    with pytest.raises(Busy), transaction.atomic():
        both = heads.claim(2)
        IngestHead.objects.filter(pk=head.pk).update(revision=2)
        heads.settle(both, [Outcome(one.head_id, Followed.DONE) for one in both])
    assert set(IngestHead.objects.filter(pk__in=[head.pk, other.pk]).values_list("state", "revision")) == {
        ("pending", 1)
    }


def test_a_head_without_its_version_or_its_request_fails_where_people_see_it_and_holds_nobody_up() -> None:
    factory = a_factory()
    without_version, without_request, sound = (state(factory, f"MO-{n}") for n in range(3))
    ManufacturingOrderVersion.objects.filter(order_number="MO-0").delete()
    request = ManufacturingOrderVersion.objects.get(order_number="MO-1").request_id
    IngestRequest.objects.filter(pk=request).delete()
    assert [one.head_id for one in claimed()] == [sound.pk]
    for head in (without_version, without_request):
        head.refresh_from_db()
        assert (head.state, head.attempts, head.reason) == ("failed", 1, "Its newest version cannot be found.")
        assert seconds_until_due(head) == 2


def test_a_person_has_what_failed_conflicts_or_waits_looked_at_now(
    rung: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    factory = a_factory()
    found = {str(result): settled(state(factory, str(result)), result) for result in Followed}
    stranger = settled(state(a_factory()), Followed.CONFLICT)
    with django_capture_on_commit_callbacks(execute=True):
        ids = [head.pk for head in (*found.values(), stranger)]
        assert heads.retry(ids, by=an_actor(factory, "planner")) == 3
    assert {one.order_number for one in claimed()} == {"waiting", "conflict", "failed"}
    assert rung == [heads.PROJECTION]


def test_a_viewer_has_nothing_looked_at() -> None:
    factory = a_factory()
    head = settled(state(factory), Followed.CONFLICT)
    with pytest.raises(RoleMissing):
        heads.retry([head.pk], by=an_actor(factory, "viewer"))
    assert claimed() == []


def test_what_happens_to_an_order_wakes_what_waits_for_it_and_nothing_else(
    rung: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    factory = a_factory()
    by = an_actor(factory)
    orders = [an_order(by) for _ in range(3)]
    waiting = settled(state(factory, "MO-0"), Followed.WAITING, order_id=orders[0].pk)
    settled(state(factory, "MO-1"), Followed.CONFLICT, order_id=orders[1].pk)
    settled(state(factory, "MO-2"), Followed.WAITING, order_id=orders[2].pk)
    ProductionOrder.objects.update(awaited=True)
    with django_capture_on_commit_callbacks(execute=True):
        tell(orders[0], orders[0], orders[1])
    assert [one.head_id for one in claimed()] == [waiting.pk]
    assert rung.count(heads.PROJECTION) == 1
    assert dict(ProductionOrder.objects.values_list("pk", "awaited")) == {
        orders[0].pk: False, orders[1].pk: False, orders[2].pk: True,
    }  # fmt: skip


def tell(*orders: ProductionOrder) -> None:
    for order in orders:
        outbox.put(topic=AWAITED, factory_id=order.factory_id, key=str(order.uuid), payload={})
    rows = [outbox.Message(n, AWAITED, order.factory_id, str(order.uuid), {}, 1, 1) for n, order in enumerate(orders)]
    awaited.look(rows)
