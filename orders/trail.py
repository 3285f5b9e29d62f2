"""Reading what an order left behind: its events, its ledger, its sign-offs and the seal that covers them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from orders.chain import event_hash
from orders.history import hashed_fields
from orders.models import OrderEvent, QuantityEntry, SealLeaf
from quality.models import Hold, Verification


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


def lots_produced(order_id: int) -> list[tuple[str, Decimal]]:
    """(lot number, good pieces) of the lots the order made, by number; lots corrected to nothing are left out."""
    rows = (
        QuantityEntry.objects.filter(order_id=order_id, lot_number__isnull=False)
        .values("lot_number")
        .annotate(quantity=Sum("good"))
        .filter(quantity__gt=0)
        .order_by("lot_number")
    )
    return [(str(row["lot_number"]), row["quantity"]) for row in rows]


def lots_consumed(order_id: int) -> list[dict[str, Any]]:
    """The component lots that reporters named, in the order of booking: [{productId, sku, lotNumber, quantity}]."""
    rows = QuantityEntry.objects.filter(order_id=order_id).exclude(consumed_lots=[]).order_by("id")
    return [lot for lots in rows.values_list("consumed_lots", flat=True) for lot in lots]


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
