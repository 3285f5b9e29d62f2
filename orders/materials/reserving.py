"""Reserving components: all or nothing, as far as it goes, less when less is needed, and giving everything free."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef

from factoryos.kernel import outbox
from factoryos.kernel.actors import Actor
from factoryos.kernel.quantities import ZERO, exactly
from manufacturing.models import Shortage, StockBalance
from manufacturing.problems import MaterialShort
from manufacturing.stock.balances import Balance, free_of, lock_balances
from manufacturing.stock.figures import free_by_item
from manufacturing.stock.picking import free_lots, share_out, turn
from manufacturing.stock.posting import ARRIVED, Posting
from orders.materials.components import Component, components_of, reservations_of
from orders.models import ProductionOrder


@exactly()
def reserve_all(order: ProductionOrder, *, by: Actor) -> list[dict[str, Any]]:
    """Reserve everything that the order still needs, first-expired lots first, or nothing.

    Gives what was reserved, for the event: [{sku, quantity}]. Problem: MaterialShort, naming every component.
    """
    components = components_of(order.pk)
    if not components:
        return []
    balances = _lock_for(components)
    if missing := _missing(components, balances):
        raise MaterialShort(missing=missing)
    taken, _ = _reserve(order, components, balances, by=by)
    return taken


@exactly()
def reserve_what_is_there(order: ProductionOrder, *, by: Actor) -> list[dict[str, Any]]:
    """Bring the order's reservations to what it needs, as far as stock goes; what is too much is given free.

    What stays open is kept as shortages, which are served when stock arrives. Gives what was reserved.
    """
    components = components_of(order.pk)
    if not components:
        return []
    taken, short = _reserve(order, components, _lock_for(components), by=by)
    _remember_shortages(components, short)
    if short:
        _look_again_after_commit(short, by=by)
    return taken


def waits_for_what_is_there(order: ProductionOrder) -> bool:
    """Whether something that a locked order waits for is free by now, which nobody has set aside for it yet."""
    free = StockBalance.objects.filter(item_id=OuterRef("item_id"), on_hand__gt=F("reserved"))
    return Shortage.objects.filter(Exists(free), component__order_id=order.pk).exists()


@exactly()
def serve(orders: Sequence[ProductionOrder], *, by: Actor) -> bool:
    """The same for locked orders that wait, in their turn; gives whether any of them was given something.

    The balances of all are locked at once: order by order, two of these would wait for each other crosswise.
    """
    components = {order.pk: components_of(order.pk) for order in orders}
    balances = _lock_for([component for found in components.values() for component in found])
    given = False
    for order in orders:
        taken, short = _reserve(order, components[order.pk], balances, by=by)
        _remember_shortages(components[order.pk], short)
        given = given or bool(taken)
    return given


def wait_for(short: dict[int, tuple[int, Decimal]], *, by: Actor) -> None:
    """Remember what a running order is to have again: component → (item, quantity). It is served in its turn.

    Not at once: the balances that are locked already were chosen for what was used, and others may not be locked after.
    """
    _remember_shortages((), short)
    _look_again_after_commit(short, by=by)


def _look_again_after_commit(short: dict[int, tuple[int, Decimal]], *, by: Actor) -> None:
    """What arrives in this instant is told to nobody: whoever books it cannot see yet that this order waits."""
    items = sorted({item for item, _ in short.values()})
    outbox.put(topic=ARRIVED, factory_id=by.factory.id, key=f"stock-{by.factory.id}", payload={"items": items})


@exactly()
def release(order: ProductionOrder, *, by: Actor, line_id: int | None = None) -> None:
    """Give free whatever is reserved for the order (or for one of its lines), and wait for nothing any more."""
    with connection.cursor() as cursor:  # most orders have neither; one question finds that out
        cursor.execute(
            """
            WITH component AS (
                SELECT id FROM orders_ordercomponent WHERE order_id = %s AND line_id = coalesce(%s, line_id)
            ), gone AS (DELETE FROM manufacturing_shortage WHERE component_id IN (SELECT id FROM component))
            SELECT reservation.component_id, reservation.balance_id, reservation.quantity
            FROM component
            JOIN manufacturing_reservation AS reservation ON reservation.component_id = component.id
            """,
            [order.pk, line_id],
        )
        held = {(component, balance): quantity for component, balance, quantity in cursor.fetchall()}
    if not held:
        return
    balances = lock_balances(ids={balance for _, balance in held})
    posting = Posting(by=by, order_id=order.pk, held=held)
    for (component_id, balance_id), quantity in held.items():
        posting.reserve(component_id, balances[balance_id], -quantity)
    posting.write()


def lock_both(order: ProductionOrder, *, items: Collection[int]) -> None:
    """Lock at once what the order has reserved and what is free of `items`, which it will need instead.

    One after the other, two orders that change over in opposite directions would wait for each other crosswise.
    """
    reserved = {balance for component in components_of(order.pk) for balance in component.reserved}
    lock_balances(ids=reserved, free_of_items=items)


def shortages_of(order_id: int) -> list[dict[str, Any]]:
    """What the order waits for: [{item_id (uuid), sku, name, uom, required, reserved, short}], by position."""
    return [
        _told(component, required=component.required(), short=component.outstanding)
        for component in components_of(order_id)
        if component.outstanding > 0
    ]


def short_for(order_id: int, *, line_id: int, target: Decimal) -> list[dict[str, Any]]:
    """What free stock would lack if a line's target were this, reserving nothing: [{item_id (uuid), sku, name, uom,
    required (beyond what is reserved and used already), available, short}]. Problem: Invalid (beyond counting).
    """
    components = components_of(order_id)
    for component in components:
        if component.line_id == line_id:
            component.target = target
    wanted = {component.item_id for component in components if component.outstanding > 0}
    return missing_for(components, free_by_item(wanted)) if wanted else []


def _told(component: Component, *, required: Decimal, short: Decimal) -> dict[str, Any]:
    return {
        "item_id": component.item_uuid,
        "sku": component.sku,
        "name": component.name,
        "uom": component.uom,
        "required": required,
        "reserved": component.held,
        "short": short,
    }


def missing_for(components: Sequence[Component], free: dict[int, Decimal]) -> list[dict[str, Any]]:
    """What `free` (by item) does not cover. Components of one item share what there is of it."""
    left = dict(free)
    missing = []
    for component in components:
        wanted = component.outstanding
        available = left.get(component.item_id, ZERO)
        left[component.item_id] = max(available - max(wanted, ZERO), ZERO)
        if wanted > available:
            told = {key: value for key, value in _told(component, required=wanted, short=wanted - available).items()
                    if key != "reserved"}  # fmt: skip
            missing.append({**told, "available": available})
    return missing


def _missing(components: Sequence[Component], balances: dict[int, Balance]) -> list[dict[str, Any]]:
    items = {component.item_id for component in components}
    return missing_for(components, {item: free_of(balances.values(), item_id=item) for item in items})


def _lock_for(components: Sequence[Component]) -> dict[int, Balance]:
    return lock_balances(
        ids={balance for component in components for balance in component.reserved},
        free_of_items={component.item_id for component in components if component.outstanding > 0},
    )


def _reserve(
    order: ProductionOrder, components: Sequence[Component], balances: dict[int, Balance], *, by: Actor
) -> tuple[list[dict[str, Any]], dict[int, tuple[int, Decimal]]]:
    """Gives what was reserved, and what was not there: component → (item, quantity)."""
    posting = Posting(by=by, order_id=order.pk, held=reservations_of(components))
    taken: list[dict[str, Any]] = []
    short: dict[int, tuple[int, Decimal]] = {}
    for component in components:
        wanted = component.outstanding
        if wanted < 0:
            _give_back(component, balances, posting=posting, surplus=-wanted)
            continue
        lots = free_lots(balances.values(), item_id=component.item_id)
        reserved = ZERO
        for balance, part in share_out(wanted, [(balance, balance.free) for balance in lots]):
            posting.reserve(component.id, balance, part)
            reserved += part
        if reserved:
            taken.append({"sku": component.sku, "quantity": reserved})
        if reserved < wanted:
            short[component.id] = (component.item_id, wanted - reserved)
    posting.write()
    return taken, short


def _give_back(component: Component, balances: dict[int, Balance], *, posting: Posting, surplus: Decimal) -> None:
    """Free what is no longer needed; the lots that would be used last go first."""
    held = [balances[balance] for balance in component.reserved]
    latest_first = sorted(held, key=turn, reverse=True)
    for balance, part in share_out(surplus, [(lot, component.reserved[lot.id]) for lot in latest_first]):
        posting.reserve(component.id, balance, -part)


def _remember_shortages(components: Sequence[Component], short: dict[int, tuple[int, Decimal]]) -> None:
    """Keep exactly these shortages for the order."""
    Shortage.objects.filter(component_id__in=[one.id for one in components if one.id not in short]).delete()
    Shortage.objects.bulk_create(
        [Shortage(component_id=key, item_id=item, quantity=quantity) for key, (item, quantity) in short.items()],
        update_conflicts=True, unique_fields=["component"], update_fields=["quantity"],
    )  # fmt: skip
