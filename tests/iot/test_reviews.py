"""Doubtful counts: decided once, by somebody who may, with the ledger saying what was decided."""

from datetime import timedelta
from decimal import Decimal

import pytest

from factoryos.kernel import clock, outbox
from factoryos.kernel.problems import Invalid, NotFound, RoleMissing
from iot import reviews
from iot.models import CounterBaseline, CounterPoint, CountReview
from orders import actions
from orders.actions.report import BESIDE_COUNTER
from orders.models import ProductionOrder, QuantityEntry
from orders.problems import AlreadyDone, IllegalTransition
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.polling.wiring import a_connection, a_count_event, a_counter

pytestmark = pytest.mark.django_db


def a_jump(stage: Stage, *, role: str = "good", pieces: int = 40, seq: int = 1) -> CountReview:
    """A counter of the stage's machine jumped by so many."""
    point = CounterPoint.objects.filter(machine=stage.machine, role=role).first() or a_counter(
        a_connection(stage.factory), stage.machine, role=role
    )
    at = clock.now() - timedelta(minutes=5)
    event = a_count_event(
        point, kind="suspect", seq=seq, raw=100 + pieces, previous=100, epoch=1, flagged=pieces, at=at
    )
    return CountReview.objects.create(
        factory=stage.factory, machine=stage.machine, kind="suspect", event=event, pieces=pieces, at=event.at
    )


def test_pieces_that_were_real_are_booked_on_the_order_that_is_named() -> None:
    stage = Stage()
    order, review = stage.running(), a_jump(stage)
    decided = floor.done(reviews.book, review_id=review.pk, by=stage.by, order_id=order.pk, note="seen on the pallet")
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.quantity_good, decided.state, decided.decided_by_name) == (40, "booked", stage.by.name)
    entry = QuantityEntry.objects.get(order=order)
    assert decided.decided_entry == entry
    assert entry.reason == "Review of a count: seen on the pallet"


def test_fewer_may_be_booked_than_are_in_question() -> None:
    stage = Stage()
    order, review = stage.running(), a_jump(stage)
    floor.done(reviews.book, review_id=review.pk, by=stage.by, order_id=order.pk, pieces=Decimal(3))
    order = ProductionOrder.objects.get(pk=order.pk)
    assert order.quantity_good == 3


def test_what_a_counter_of_rejects_showed_is_booked_as_rejected() -> None:
    stage = Stage()
    order, review = stage.running(), a_jump(stage, role="reject")
    floor.done(reviews.book, review_id=review.pk, by=stage.by, order_id=order.pk)
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.quantity_good, order.quantity_rejected) == (0, 40)


def test_what_was_never_made_is_let_go_with_a_reason() -> None:
    stage = Stage()
    review = a_jump(stage)
    with pytest.raises(Invalid):
        reviews.dismiss(review.pk, by=stage.by, note=" ")
    decided = reviews.dismiss(review.pk, by=stage.by, note="sensor was cleaned")
    assert (decided.state, decided.note) == ("dismissed", "sensor was cleaned")
    assert not QuantityEntry.objects.exists()


@pytest.mark.parametrize("how", ["book", "dismiss"])
def test_a_review_is_decided_once(how: str) -> None:
    stage = Stage()
    order, review = stage.running(), a_jump(stage)
    reviews.dismiss(review.pk, by=stage.by, note="no")
    before = everything()
    with pytest.raises(AlreadyDone):
        if how == "book":
            reviews.book(review.pk, by=stage.by, order_id=order.pk)
        else:
            reviews.dismiss(review.pk, by=stage.by, note="again")
    assert everything() == before


@pytest.mark.parametrize(("pieces", "order"), [(Decimal(0), True), (Decimal(-1), True), (None, False)])
def test_nothing_or_nowhere_cannot_be_booked(pieces: Decimal | None, order: bool) -> None:
    stage = Stage()
    running, review = stage.running(), a_jump(stage)
    with pytest.raises(Invalid):
        reviews.book(review.pk, by=stage.by, pieces=pieces, order_id=running.pk if order else None)
    review.refresh_from_db()
    assert review.state == "open"


def test_another_factorys_review_does_not_exist_and_a_viewer_decides_nothing() -> None:
    stage, stranger = Stage(), Stage()
    review = a_jump(stage)
    with pytest.raises(NotFound):
        reviews.dismiss(review.pk, by=stranger.by, note="no")
    with pytest.raises(RoleMissing):
        reviews.dismiss(review.pk, by=floor.an_actor(stage.factory, "viewer"), note="no")


def test_another_factorys_order_cannot_be_booked_on() -> None:
    stage, stranger = Stage(), Stage()
    foreign, review = stranger.running(), a_jump(stage)
    with pytest.raises(NotFound):
        reviews.book(review.pk, by=stage.by, order_id=foreign.pk)


def counted_by_hand(stage: Stage, good: int) -> QuantityEntry:
    """A count by hand on a machine that counts by itself, told to the queue."""
    a_counter(a_connection(stage.factory), stage.machine)
    assert CounterBaseline.objects.count() == 1
    entry = stage.report(stage.running(), good=good)
    outbox.relay()
    return entry


def test_a_count_by_hand_beside_a_counter_adds_and_is_asked_about() -> None:
    stage = Stage()
    entry = counted_by_hand(stage, 12)
    review = CountReview.objects.get()
    assert (review.kind, review.entry_id, review.pieces) == ("beside", entry.pk, 12)
    assert entry.order.lines.get().good == 12


def test_told_twice_it_is_asked_about_once() -> None:
    stage = Stage()
    entry = counted_by_hand(stage, 12)
    message = outbox.Message(
        1, BESIDE_COUNTER, stage.factory.pk, "", {"entry": entry.pk, "machine": stage.machine.pk}, 1, 1
    )
    reviews.ask_about([message, message])
    assert CountReview.objects.count() == 1


def test_a_machine_that_is_not_counted_raises_no_question() -> None:
    stage = Stage()
    stage.report(stage.running(), good=12)
    outbox.relay()
    assert not CountReview.objects.exists()


def test_a_count_by_hand_may_be_right() -> None:
    stage = Stage()
    entry = counted_by_hand(stage, 12)
    floor.done(reviews.book, review_id=CountReview.objects.get().pk, by=stage.by, note="the counter was off")
    assert entry.order.lines.get().good == 12
    assert CountReview.objects.get().state == "booked"


def test_a_count_by_hand_that_the_machine_counted_too_is_taken_back() -> None:
    stage = Stage()
    entry = counted_by_hand(stage, 12)
    floor.done(reviews.dismiss, review_id=CountReview.objects.get().pk, by=stage.by, note="counted twice")
    assert entry.order.lines.get().good == 0
    outbox.relay()
    assert CountReview.objects.get().state == "dismissed"  # and the correction itself raises no new question


def test_a_count_by_hand_on_a_finished_order_can_no_longer_be_taken_back() -> None:
    stage = Stage()
    entry = counted_by_hand(stage, 12)
    stage.do(actions.complete, entry.order)
    with pytest.raises(IllegalTransition):
        reviews.dismiss(CountReview.objects.get().pk, by=stage.by, note="counted twice")
    assert CountReview.objects.get().state == "open"


def test_what_a_review_booked_raises_no_new_question() -> None:
    stage = Stage()
    order, review = stage.running(), a_jump(stage)
    floor.done(reviews.book, review_id=review.pk, by=stage.by, order_id=order.pk)
    outbox.relay()
    assert CountReview.objects.count() == 1
