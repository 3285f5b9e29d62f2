"""The outbox under two relays, failing handlers and lost leases: everything is told, no effect stands twice."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from factoryos.kernel import outbox
from factoryos.kernel.models import OutboxMessage, RateBucket
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    before = dict(outbox._handlers)
    yield
    outbox._handlers.clear()
    outbox._handlers.update(before)


def put(number: int, *, topic: str = "test.happened") -> None:
    with transaction.atomic():
        for n in range(number):
            outbox.put(topic=topic, factory_id=None, key=str(n), payload={"n": n})


def test_an_announcement_gets_the_next_position_in_the_order_of_writing() -> None:
    put(3)
    assert outbox.relay() == 3
    told = list(OutboxMessage.objects.order_by("id"))
    positions = [message.position for message in told]
    assert positions == sorted(positions)  # type: ignore[type-var]
    assert len(set(positions)) == 3
    assert all(message.done_at for message in told)
    assert outbox.relay() == 0


def positions_seen_while_another_announces(*, lock: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What is visible of a later message while the announcer of an earlier one has not committed yet."""
    put(1)
    stepped_in, may_commit = threading.Event(), threading.Event()

    def hold_back() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [outbox._POSITION_LOCK])
            cursor.execute(outbox._ANNOUNCE, [[], outbox.BATCH])
            stepped_in.set()
            may_commit.wait(10)

    def follow() -> list[int]:
        stepped_in.wait(10)
        with transaction.atomic():
            outbox.put(topic="test.happened", factory_id=None, key="later", payload={})
        monkeypatch.setattr(outbox, "_POSITION_LOCK", lock)
        monkeypatch.setattr(outbox, "BATCH", 1)
        # Rows that the other one has in hand are skipped, as they would be by a relay that claims.
        monkeypatch.setattr(outbox, "_ANNOUNCE", outbox._ANNOUNCE.replace("FOR UPDATE", "FOR UPDATE SKIP LOCKED"))
        follower = threading.Thread(target=announce_and_leave)
        follower.start()
        follower.join(0.5)
        seen = list(OutboxMessage.objects.exclude(position=None).values_list("position", flat=True))
        may_commit.set()
        follower.join(10)
        return seen

    _, seen = at_once(hold_back, follow)
    assert isinstance(seen, list), seen
    told = list(OutboxMessage.objects.order_by("id").values_list("position", flat=True))
    assert told == sorted(told) and None not in told  # type: ignore[type-var]
    return seen


def announce_and_leave() -> None:
    outbox.announce()
    connection.close()


def test_nobody_sees_a_position_while_a_lower_one_is_still_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    assert positions_seen_while_another_announces(lock=outbox._POSITION_LOCK, monkeypatch=monkeypatch) == []


def test_control_without_the_common_lock_a_reader_would_skip_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(positions_seen_while_another_announces(lock=1, monkeypatch=monkeypatch)) == 1


def test_what_is_rolled_back_is_never_told() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.put(topic="test.happened", factory_id=None, key="1", payload={})
        raise ZeroDivisionError
    assert outbox.relay() == 0
    assert not OutboxMessage.objects.exists()


def test_two_relays_at_once_do_each_message_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH", 5)
    put(60, topic="test.work")
    seen: list[int] = []
    guard = threading.Lock()

    @outbox.handler("test.work")
    def work(messages: list[outbox.Message]) -> None:
        with guard:
            seen.extend(message.id for message in messages)

    outcomes = at_once(*[outbox.relay] * 3)
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    outbox.relay()
    assert sorted(seen) == list(OutboxMessage.objects.order_by("id").values_list("id", flat=True))
    assert len(seen) == 60
    assert not OutboxMessage.objects.filter(done_at__isnull=True).exists()


def test_without_skip_locked_and_lease_a_message_would_be_done_twice() -> None:
    """The control: two that read without claiming both find the same row."""
    put(1, topic="test.work")
    barrier = threading.Barrier(2)

    def careless() -> int:
        row = OutboxMessage.objects.get(done_at__isnull=True)
        barrier.wait(10)
        return row.pk

    first, second = at_once(careless, careless)
    assert first == second


def test_a_handler_that_fails_is_tried_later_and_parked_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 3)
    put(1, topic="test.work")

    @outbox.handler("test.work")
    def fail(messages: list[outbox.Message]) -> None:
        RateBucket.objects.create(key="effect", tokens=1, updated_at="2026-01-01T00:00:00Z")
        raise RuntimeError("no use")

    for attempt in (1, 2, 3):
        assert outbox.relay() == 0
        message = OutboxMessage.objects.get()
        assert message.attempts == attempt
        assert message.last_error == "RuntimeError: no use"
        assert message.lease_until is None
        assert (message.parked_at is not None) == (attempt == 3)
        assert outbox.relay() == 0, "it is not due yet"
        assert OutboxMessage.objects.get().attempts == attempt
        OutboxMessage.objects.update(available_at=message.created_at)
    assert outbox.relay() == 0
    assert OutboxMessage.objects.get().attempts == 3, "a parked message is left alone"
    assert not RateBucket.objects.filter(key="effect").exists(), "what the failing handler wrote was rolled back"


def test_one_bad_message_does_not_hold_up_the_others() -> None:
    put(5, topic="test.work")

    @outbox.handler("test.work")
    def work(messages: list[outbox.Message]) -> None:
        if any(message.key == "2" for message in messages):
            raise RuntimeError("bad")

    assert outbox.relay() == 4
    assert OutboxMessage.objects.get(done_at__isnull=True).key == "2"


def lose_the_lease_while_working(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler takes so long that its lease runs out and another relay does the work meanwhile."""
    other_has_it = False

    @outbox.handler("test.work")
    def work(messages: list[outbox.Message]) -> None:
        nonlocal other_has_it
        if not other_has_it:
            other_has_it = True
            (stolen,) = at_once(_take_over)
            assert stolen == 1
        for message in messages:
            RateBucket.objects.create(key=f"effect-{message.fence}", tokens=1, updated_at="2026-01-01T00:00:00Z")


def _take_over() -> int:
    OutboxMessage.objects.update(lease_until="2026-01-01T00:00:00Z")
    return outbox.relay()


def test_a_worker_that_lost_its_lease_leaves_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    put(1, topic="test.work")
    lose_the_lease_while_working(monkeypatch)
    assert outbox.relay() == 0
    assert list(RateBucket.objects.values_list("key", flat=True)) == ["effect-2"]
    assert OutboxMessage.objects.get().fence == 2


def test_without_the_fence_a_late_worker_would_leave_its_effect_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    put(1, topic="test.work")
    lose_the_lease_while_working(monkeypatch)
    monkeypatch.setattr(outbox, "_finish", lambda messages, owner: None)
    outbox.relay()
    assert set(RateBucket.objects.values_list("key", flat=True)) == {"effect-1", "effect-2"}


def test_a_message_whose_worker_died_is_taken_over_when_its_lease_runs_out() -> None:
    outbox.handler("test.work")(lambda messages: None)
    put(1, topic="test.work")
    assert len(outbox._claim("a worker that dies here")) == 1
    assert outbox.relay() == 0, "the lease still holds"
    OutboxMessage.objects.update(lease_until="2026-01-01T00:00:00Z")
    assert outbox.relay() == 1


def test_whoever_listens_is_told_the_last_position() -> None:
    put(2)
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {outbox.CHANNEL}")
    outbox.relay()
    connection.cursor().execute("SELECT 1")
    heard = list(connection.connection.notifies(timeout=2, stop_after=1))
    assert heard[0].payload == str(OutboxMessage.objects.order_by("-position")[0].position)
    connection.cursor().execute("UNLISTEN *")


def test_a_topic_has_one_handler() -> None:
    outbox.handler("test.work")(lambda messages: None)
    with pytest.raises(ValueError, match="handler already"):
        outbox.handler("test.work")(lambda messages: None)
