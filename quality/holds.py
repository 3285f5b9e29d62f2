"""Holds: placing, releasing and asking for them. The guard that they are lives in the order's life."""

from typing import Any
from uuid import UUID

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from quality.models import Hold


def place_on_order(*, order_id: int, by: Actor, reason: str) -> Hold:
    """A new open hold on an order. The caller holds the order's lock and counts it there."""
    return Hold.objects.create(
        factory_id=by.factory.id,
        order_id=order_id,
        reason=reason,
        placed_by_id=by.id,
        placed_by_name=by.name,
        placed_at=clock.now(),
    )


def release(hold: Hold, *, by: Actor, notes: str) -> None:
    """Close a hold. The caller has asked whether this actor may."""
    hold.released_by_id, hold.released_by_name, hold.released_at, hold.release_notes = (
        by.id,
        by.name,
        clock.now(),
        notes,
    )
    hold.save(update_fields=["released_by_id", "released_by_name", "released_at", "release_notes"])


def find(*, hold_id: UUID, factory_id: int) -> Hold | None:
    """A hold of this factory by its public id."""
    return Hold.objects.filter(uuid=hold_id, factory_id=factory_id).first()


def open_holds_of(order_id: int) -> list[dict[str, Any]]:
    """What stands on an order, oldest first: [{id, reason, placed_at}]."""
    rows = Hold.objects.filter(order_id=order_id, released_at__isnull=True).order_by("id")
    return [{"id": hold.uuid, "reason": hold.reason, "placed_at": hold.placed_at} for hold in rows]
