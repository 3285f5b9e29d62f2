"""Reading what an order left behind: its events, its ledger, its sign-offs and the seal that covers them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from manufacturing.models import StockMove
from orders.chain import event_hash
from orders.history import hashed_fields
from orders.models import OrderEvent, QuantityEntry, SealLeaf
from quality.models import Hold, Verification

Kind = StockMove.Kind


def events_of(order_id: int, *, moves_only: bool) -> QuerySet[OrderEvent]:
    """The order's events, oldest first; `moves_only` leaves out those that move nothing."""
    events = OrderEvent.objects.filter(order_id=order_id).order_by("seq")
    return events.filter(moved=True) if moves_only else events


def entries_of(order_id: int) -> QuerySet[QuantityEntry]:
    """The order's ledger, newest first, with what a face shows of each entry."""
    return QuantityEntry.objects.filter(order_id=order_id).select_related("machine", "work_order").order_by("-id")


def last_verification(order_id: int) -> Verification | None:
    """The sign-off that counts."""
    return Verification.objects.filter(order_id=order_id).order_by("-id").first()


def holds_of(order_id: int) -> QuerySet[Hold]:
    """Every hold there was, oldest first."""
    return Hold.objects.filter(order_id=order_id).order_by("id")


def lots_produced(order_id: int) -> list[dict[str, Any]]:
    """The lots and serial numbers that good pieces went into, less what was taken back: [{lot, amount}], by product
    and lot. What went into stock without a lot is left out: the order's totals tell it.
    """
    moves = _moves_by_lot(order_id).filter(kind=Kind.PRODUCTION, balance__lot__isnull=False)
    return list(moves.annotate(amount=Sum("quantity")).filter(amount__gt=0))


def lots_consumed(order_id: int) -> list[dict[str, Any]]:
    """What was used, less what was given back: [{item_uuid, sku, lot, amount}], by product and lot.

    `lot` is None for what has no lots; it is listed all the same, for nothing else says what went into the goods.
    """
    moves = _moves_by_lot(order_id).filter(kind__in=[Kind.CONSUMPTION, Kind.OVER_CONSUMPTION, Kind.RETURN])
    return list(moves.annotate(amount=-Sum("quantity")).filter(amount__gt=0))


def _moves_by_lot(order_id: int) -> QuerySet[StockMove, Any]:
    moves = StockMove.objects.filter(order_id=order_id).order_by("balance__item__sku", "balance__lot__code")
    return moves.values(item_uuid=F("balance__item__uuid"), sku=F("balance__item__sku"), lot=F("balance__lot__code"))


@dataclass(frozen=True, slots=True)
class Sealing:
    """How far an order's history can be vouched for. Root and time are those of the first seal over its head."""

    chain_head: str
    events: int
    intact: bool
    merkle_root: str | None
    sealed_at: datetime | None


def sealing_of(order_id: int, *, order_uuid: UUID) -> Sealing:
    """Recompute the order's whole chain and find the first seal that covers its head."""
    head, count, intact = "", 0, True
    previous: str | None = None
    for event in events_of(order_id, moves_only=False).iterator():
        count += 1
        expected = event_hash(fields=hashed_fields(event, order_uuid=order_uuid), previous=previous)
        intact = intact and event.seq == count and event.previous_hash == previous and event.hash == expected
        head = previous = event.hash
    leaf = SealLeaf.objects.filter(order_id=order_id, seq__gte=count).select_related("seal").order_by("seq").first()
    covered = leaf is not None and leaf.head == head
    return Sealing(
        chain_head=head,
        events=count,
        intact=intact,
        merkle_root=leaf.seal.merkle_root if leaf and covered else None,
        sealed_at=leaf.seal.sealed_at if leaf and covered else None,
    )
