"""The queue of doubtful counts: what only a person can decide, decided once.

What a counter could not explain was not booked; here it is, on an order, or it is let go. A count by hand on a machine
that counts by itself was booked; here it is confirmed, or taken back. Either way `booked` means: these pieces are in the
ledger; `dismissed`: they are not.
"""

from decimal import Decimal

from factoryos.kernel import clock, outbox
from factoryos.kernel.actors import Actor
from factoryos.kernel.locks import lock_one
from factoryos.kernel.outbox import Message
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from factoryos.kernel.quantities import ZERO
from iot.models import CounterPoint, CountReview
from orders.actions.report import BESIDE_COUNTER, report
from orders.models import QuantityEntry
from orders.problems import AlreadyDone
from orders.specs import Circumstances, Count

PERMISSION = "review_counts"

Kind, State = CountReview.Kind, CountReview.State


@outbox.handler(BESIDE_COUNTER)
def ask_about(messages: list[Message]) -> None:
    """Put counts by hand into the queue; told twice, each is there once.

    Corrections say why they are made, and what a review decided is not asked about again.
    """
    ids = [message.payload["entry"] for message in messages]
    decided = CountReview.objects.filter(decided_entry_id__in=ids).values_list("decided_entry_id", flat=True)
    entries = QuantityEntry.objects.filter(good__gte=0, rejected__gte=0).exclude(pk__in=list(decided)).in_bulk(ids)
    CountReview.objects.bulk_create(
        [
            CountReview(
                factory_id=message.factory_id, machine_id=message.payload["machine"], kind=Kind.BESIDE, entry=entry,
                pieces=entry.good + entry.rejected, at=entry.occurred_at,
                text=f"{entry.actor_name} counted by hand what the machine counts, too.",
            )
            for message in messages
            if message.factory_id and (entry := entries.get(message.payload["entry"]))
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def book(
    review_id: int, *, by: Actor, pieces: Decimal | None = None, order_id: int | None = None, note: str = ""
) -> CountReview:
    """Decide that the pieces are real: book `pieces` (those in question, unless told) on an order, or confirm a count.

    Pieces that a reject counter showed are booked as rejected. Problems: RoleMissing, NotFound, AlreadyDone, Invalid,
    and those of `report`, whose rules hold here as for any count by hand.
    """
    review = _open_review(review_id, by=by)
    if review.kind == Kind.BESIDE:
        return _decide(review, State.BOOKED, by=by, note=note)
    pieces = review.pieces if pieces is None else pieces
    if pieces <= 0:
        raise Invalid(messages=["pieces must be a positive number"], field="pieces")
    if order_id is None:
        raise Invalid(messages=["an order must be named to book on"], field="order")
    assert review.event is not None
    rejected = review.event.point.role == CounterPoint.Role.REJECT
    count = Count(ZERO, pieces) if rejected else Count(pieces, ZERO)
    where = Circumstances(machine_id=review.machine_id, idempotency_key=f"review:{review.pk}")
    _, entry = report(order_id=order_id, by=by, count=count, where=where, reason=_reason(review, note))
    return _decide(review, State.BOOKED, by=by, note=note, entry=entry)


def dismiss(review_id: int, *, by: Actor, note: str) -> CountReview:
    """Decide that the pieces were never made: let them go, or take a count by hand back from its order.

    Problems: RoleMissing, NotFound, AlreadyDone, Invalid (no note), and those of `report` where a count is taken back.
    """
    review = _open_review(review_id, by=by)
    if not note.strip():
        raise Invalid(messages=["note should not be empty"], field="note")
    if review.kind != Kind.BESIDE:
        return _decide(review, State.DISMISSED, by=by, note=note)
    counted = review.entry
    assert counted is not None
    where = Circumstances(
        line_id=counted.line_id, machine_id=review.machine_id, lot_number=counted.lot_number,
        serial_numbers=tuple(counted.serial_numbers), idempotency_key=f"review:{review.pk}",
    )  # fmt: skip
    count = Count(-counted.good, -counted.rejected)
    _, entry = report(order_id=counted.order_id, by=by, count=count, where=where, reason=_reason(review, note))
    return _decide(review, State.DISMISSED, by=by, note=note, entry=entry)


def _open_review(review_id: int, *, by: Actor) -> CountReview:
    """The factory's review, locked. It comes before the order, as a baseline does."""
    authorise(by, PERMISSION)
    review = lock_one(CountReview, row_id=review_id, factory_id=by.factory.id)
    if review is None:
        raise NotFound(thing="Review")
    if review.state != State.OPEN:
        raise AlreadyDone(thing=f"The review is {review.state}")
    return review


def _reason(review: CountReview, note: str) -> str:
    return f"Review of a count: {note.strip() or review.text}"[:500]


def _decide(
    review: CountReview, state: str, *, by: Actor, note: str, entry: QuantityEntry | None = None
) -> CountReview:
    review.state, review.note = state, note.strip()[:500]
    review.decided_by_id, review.decided_by_name, review.decided_at = by.id, by.name, clock.now()
    review.decided_entry = entry
    review.save(update_fields=["state", "note", "decided_by_id", "decided_by_name", "decided_at", "decided_entry"])
    return review
