"""When stock arrives, those who wait for it are served: by priority, then planned start, then age."""

from collections.abc import Sequence

from django.db.models import F

from factoryos.kernel import outbox
from factoryos.kernel.actors import Actor
from factoryos.kernel.locks import locked
from factoryos.kernel.models import Factory
from factoryos.kernel.outbox import Message
from manufacturing.models import Shortage, StockBalance
from manufacturing.stock.posting import ARRIVED
from orders.materials import reserving
from orders.models import ProductionOrder
from orders.models.order import RANK

SERVED_AT_ONCE = 100  # orders; the rest come with a message of their own


@outbox.handler(ARRIVED)
def serve(messages: list[Message]) -> None:
    """Reserve what arrived for the orders that lack it. Run again, it finds nothing more to do."""
    arrived: dict[int, set[int]] = {}
    for message in messages:
        if message.factory_id is not None:
            arrived.setdefault(message.factory_id, set()).update(message.payload["items"])
    for factory_id, items in sorted(arrived.items()):
        _serve_factory(Factory.objects.get(pk=factory_id), items=sorted(items))


def _serve_factory(factory: Factory, *, items: Sequence[int]) -> None:
    waiting = _waiting(items)
    # All orders first, then all balances: the classes are locked in the order that every verb keeps.
    orders = list(locked(ProductionOrder.objects.all(), ids=waiting[:SERVED_AT_ONCE]))
    by = Actor(
        kind="system", id="stock", name="Stock", factory=factory.tenant(), face="system", credential="schedule"
    )  # fmt: skip
    turn = {order_id: place for place, order_id in enumerate(waiting)}
    in_turn = sorted(orders, key=lambda order: turn[order.pk])
    given = reserving.serve([order for order in in_turn if order.has_material_set_aside], by=by)
    if given and len(waiting) > SERVED_AT_ONCE:
        outbox.put(topic=ARRIVED, factory_id=factory.pk, key=f"stock-{factory.pk}", payload={"items": list(items)})


def _waiting(items: Sequence[int]) -> list[int]:
    """The orders that lack one of these items of which something is free, in their turn; one more than are served at once.

    Whoever waits for what is used up again is not asked: they would keep the others from what is there.
    """
    free = StockBalance.objects.filter(item_id__in=items, on_hand__gt=F("reserved")).values("item_id")
    lacking = Shortage.objects.filter(item_id__in=free).values("component__order_id")
    orders = ProductionOrder.objects.filter(pk__in=lacking).order_by(RANK, "planned_start", "id")
    return list(orders.values_list("id", flat=True)[: SERVED_AT_ONCE + 1])
