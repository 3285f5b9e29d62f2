"""Readings become pieces on orders: once, on the order that ran when they were counted, and nothing is ever lost."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.db.models import Sum

from factoryos.kernel import clock
from iot import booking, shards
from iot.booking import Result, book
from iot.models import CounterBaseline, CounterPoint, CountEvent, CountReview
from iot.samples import Sample
from iot.shards import LeaseLost
from orders import actions
from orders.machine_counts import Booked, MachineCount, Outcome
from orders.models import OrderEvent, ProductionOrder, QuantityEntry
from tests.orders.stage import Stage
from tests.polling.wiring import a_connection, a_counter, a_lease

pytestmark = pytest.mark.django_db


class Line:
    """A press with a counter of good pieces and one of rejects, and a poller that has the lease."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.connection = a_connection(self.stage.factory)
        self.good = a_counter(self.connection, self.stage.machine)
        self.rejects = a_counter(self.connection, self.stage.machine, role="reject", where={"address": 4})
        self.lease = a_lease()

    def read(self, good: int, rejects: int | None = None, *, at: datetime | None = None, **facts: object) -> Result:
        samples = [Sample(self.good.pk, good, at or clock.now(), **facts)]  # type: ignore[arg-type]
        if rejects is not None:
            samples.append(Sample(self.rejects.pk, rejects, at or clock.now(), **facts))  # type: ignore[arg-type]
        return book(samples, lease=self.lease)


@pytest.fixture(autouse=True)
def ticking() -> Iterator[None]:
    """Between any two looks at the clock lies time enough to make a few pieces, however fast the test runs."""
    ticks = count()
    start = clock.now()
    clock.use(lambda: start + timedelta(milliseconds=50 * next(ticks)))
    yield
    clock.use(None)


@pytest.fixture
def line() -> Line:
    return Line()


def booked(point: CounterPoint) -> Decimal:
    return CountEvent.objects.filter(point=point).aggregate(sum=Sum("pieces"))["sum"] or Decimal(0)


def test_the_first_reading_books_nothing_and_the_next_one_what_was_made_since(line: Line) -> None:
    order = line.stage.running()
    assert line.read(4711, 17).booked == 0
    result = line.read(4723, 18)
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (result.booked, order.quantity_good, order.quantity_rejected) == (13, 12, 1)
    assert result.settled == {line.good.pk, line.rejects.pk}
    entry = QuantityEntry.objects.get(order=order)
    assert (entry.source, entry.machine_id, entry.actor_kind, entry.actor_id) == (
        "machine", line.stage.machine.pk, "device", line.stage.machine.code
    )  # fmt: skip
    assert set(CountEvent.objects.filter(pieces__gt=0).values_list("entry_id", flat=True)) == {entry.pk}
    assert OrderEvent.objects.filter(order=order, verb="report", actor_kind="device").count() == 1


def test_the_same_readings_again_add_nothing(line: Line) -> None:
    order = line.stage.running()
    line.read(0)
    at = clock.now()
    for _ in range(3):
        line.read(5, at=at)
    order = ProductionOrder.objects.get(pk=order.pk)
    assert order.quantity_good == 5
    assert CountEvent.objects.filter(point=line.good).count() == 2  # the baseline and one count


def test_without_a_running_order_pieces_go_into_the_machines_own_bucket(line: Line) -> None:
    line.read(0)
    result = line.read(7)
    assert (result.booked, result.unassigned) == (0, 7)
    event = CountEvent.objects.get(pieces__gt=0)
    assert (event.pieces, event.entry_id) == (7, None)


def test_pieces_belong_to_the_order_that_ran_when_they_were_counted_whatever_ran_later(line: Line) -> None:
    first = line.stage.running()
    line.read(0)
    sampled = clock.now()
    line.stage.do(actions.pause, first, reason="tool_change")
    second = line.stage.running()
    line.read(3, at=sampled)
    line.read(8)
    first = ProductionOrder.objects.get(pk=first.pk)
    second = ProductionOrder.objects.get(pk=second.pk)
    assert (first.quantity_good, second.quantity_good) == (3, 5)


def test_what_was_counted_before_a_quick_pause_belongs_to_the_order_still(line: Line) -> None:
    order = line.stage.running()
    line.read(0)
    sampled = clock.now()
    line.stage.do(actions.pause, order, reason="tool_change")
    paused = clock.now()
    line.stage.do(actions.resume, order)
    assert line.read(3, at=sampled).booked == 3
    assert line.read(5, at=paused).unassigned == 2
    assert line.read(9).booked == 4


def test_what_is_counted_after_a_pause_is_nobodys(line: Line) -> None:
    order = line.stage.running()
    line.read(0)
    line.stage.do(actions.pause, order, reason="tool_change")
    assert line.read(4).unassigned == 4
    order = ProductionOrder.objects.get(pk=order.pk)
    assert order.quantity_good == 0


def test_the_reading_that_a_pause_asked_for_still_belongs_to_the_paused_order(line: Line) -> None:
    order = line.stage.running()
    line.read(0)
    line.stage.do(actions.pause, order, reason="tool_change")
    boundary = order.assignments.get().active_until
    assert line.read(4, boundary=boundary).booked == 4
    order = ProductionOrder.objects.get(pk=order.pk)
    assert order.quantity_good == 4


def test_the_reading_that_a_start_asked_for_does_not_give_the_order_what_was_made_before(line: Line) -> None:
    line.read(0)
    order = line.stage.running()
    boundary = order.assignments.get().active_from
    assert line.read(4, boundary=boundary).unassigned == 4
    assert line.read(6).booked == 2


def test_a_boundarys_reading_and_a_later_one_in_one_call_go_to_their_own_orders(line: Line) -> None:
    first = line.stage.running()
    line.read(0)
    line.stage.do(actions.pause, first, reason="tool_change")
    second = line.stage.running()
    boundary = first.assignments.get().active_until
    now = clock.now()
    later = Sample(line.good.pk, 9, now + timedelta(milliseconds=2))
    result = book([later, Sample(line.good.pk, 4, now, boundary=boundary)], lease=line.lease)
    first = ProductionOrder.objects.get(pk=first.pk)
    second = ProductionOrder.objects.get(pk=second.pk)
    assert (result.booked, first.quantity_good, second.quantity_good) == (9, 4, 5)


def test_a_jump_is_flagged_and_waits_for_a_person(line: Line) -> None:
    order = line.stage.running()
    at = clock.now()
    line.read(0, at=at - timedelta(seconds=3))
    first = line.read(1_000_000, at=at - timedelta(seconds=2))
    assert (first.settled, first.flagged) == (set(), 0)  # it must be told again, even if it stays
    result = line.read(1_000_003, at=at)
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (result.flagged, result.booked, order.quantity_good) == (1_000_000, 3, 3)
    review = CountReview.objects.get()
    assert (review.kind, review.state, review.pieces) == ("suspect", "open", 1_000_000)
    assert booked(line.good) == 3


def test_a_counter_that_was_set_back_is_told_to_a_person(line: Line) -> None:
    line.stage.running()
    at = clock.now()
    line.read(50_000, at=at - timedelta(seconds=3))
    line.read(2, at=at - timedelta(seconds=2))
    assert line.read(5, at=at).booked == 3
    review = CountReview.objects.get()
    assert (review.kind, review.pieces, review.text) == ("reset", 2, "The counter went from 50000 to 5.")


def test_a_poller_whose_lease_is_lost_writes_nothing(line: Line) -> None:
    line.read(0)
    before = CounterBaseline.objects.get(point=line.good)
    shards.give_back([line.lease])
    newer = shards.claim(owner="another", most=1)
    assert [lease.shard_id for lease in newer] == [line.lease.shard_id]
    with pytest.raises(LeaseLost):
        line.read(9)
    after = CounterBaseline.objects.get(point=line.good)
    assert (after.raw, after.seq, CountEvent.objects.count()) == (before.raw, before.seq, 1)


def test_a_point_that_was_retired_meanwhile_is_passed_over(line: Line) -> None:
    CounterPoint.objects.filter(pk=line.good.pk).update(active=False)
    assert line.read(9).settled == {line.good.pk}
    assert not CountEvent.objects.exists()


def answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[[MachineCount], Booked | None]) -> None:
    """Let `report_counts` answer so, where `answer` gives something."""
    real = booking.report_counts

    def instead(counts: Sequence[MachineCount]) -> list[Booked]:
        return [answer(count) or real([count])[0] for count in counts]

    monkeypatch.setattr(booking, "report_counts", instead)


def test_what_meets_a_busy_order_is_booked_with_a_later_reading(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    order = line.stage.running()
    line.read(0)
    with monkeypatch.context() as busy:
        answering(busy, lambda count: Booked(Outcome.BUSY))
        result = line.read(5)
    assert (result.busy, result.settled, result.booked) == ({line.good.pk}, set(), 0)
    assert CounterBaseline.objects.get(point=line.good).raw == 0
    line.read(8)
    order = ProductionOrder.objects.get(pk=order.pk)
    assert order.quantity_good == 8


def test_what_comes_after_a_busy_reading_waits_with_it(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.stage.running()
    line.read(0)
    at = clock.now()
    asked = []

    def busy(count: MachineCount) -> Booked:
        asked.append(count.good)
        return Booked(Outcome.BUSY)

    answering(monkeypatch, busy)
    samples = [Sample(line.good.pk, raw, at + timedelta(milliseconds=raw)) for raw in (3, 6)]
    assert book(samples, lease=line.lease).busy == {line.good.pk}
    assert asked == [3]


def test_what_cannot_be_booked_is_flagged_and_spoils_nothing(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Line()
    line.lease = other.lease  # both are on one shard
    order = other.stage.running()
    for one in (line, other):
        one.read(0)
    answering(
        monkeypatch,
        lambda count: (
            Booked(Outcome.FAILED, text="Out of range.") if count.machine_id == line.stage.machine.pk else None
        ),
    )
    at = clock.now()
    result = book([Sample(line.good.pk, 4, at), Sample(other.good.pk, 6, at)], lease=line.lease)
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (result.booked, result.flagged, order.quantity_good) == (6, 4, 6)
    review = CountReview.objects.get()
    assert (review.kind, review.pieces, review.machine_id) == ("failed", 4, line.stage.machine.pk)
    assert "Out of range." in review.text
    assert booked(line.good) == 0
    assert line.read(4).flagged == 0  # once is enough


def test_more_than_a_row_can_hold_is_flagged_and_counting_goes_on(line: Line) -> None:
    CounterPoint.objects.filter(pk=line.good.pk).update(scale=Decimal(100_000), max_rate=10_000.0, encoding="u64")
    at = clock.now()
    for raw, minutes in ((0, 0), (20_000_000, 60), (20_000_003, 61)):
        line.read(raw, at=at + timedelta(minutes=minutes))
    assert booked(line.good) == 300_000
    review = CountReview.objects.get()
    assert (review.kind, review.pieces, review.text) == (
        "failed", 10**12 - 1, "The counter went from 0 to 20000000. These are more pieces than can be kept."
    )  # fmt: skip


def test_each_event_has_a_sequence_number_and_its_entry_a_key_of_its_own(line: Line) -> None:
    line.stage.running()
    for raw in (0, 3, 3, 9):
        line.read(raw)
    assert list(CountEvent.objects.filter(point=line.good).order_by("seq").values_list("seq", "pieces")) == [
        (1, 0), (2, 3), (3, 6)
    ]  # fmt: skip
    keys = set(QuantityEntry.objects.values_list("idempotency_key", flat=True))
    assert keys == {f"count:{line.good.pk}:2", f"count:{line.good.pk}:3"}
