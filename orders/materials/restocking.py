"""When stock arrives, those who wait for it are served: by priority, then planned start, then age."""

from collections.abc import Iterable, Sequence

from django.db import connection

from factoryos.kernel import outbox
from factoryos.kernel.actors import Actor
from factoryos.kernel.locks import locked
from factoryos.kernel.models import Factory
from factoryos.kernel.outbox import Message
from manufacturing.stock.balances import lock_balances
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
    lock_balances(free_of_items=_items_wanted(order.pk for order in orders))
    by = Actor(
        kind="system", id="stock", name="Stock", factory=factory.tenant(), face="system", credential="schedule"
    )  # fmt: skip
    turn = {order_id: place for place, order_id in enumerate(waiting)}
    for order in sorted(orders, key=lambda order: turn[order.pk]):
        if order.has_material_set_aside:
            reserving.reserve_what_is_there(order, by=by)
    if len(waiting) > SERVED_AT_ONCE and lock_balances(free_of_items=items):
        outbox.put(topic=ARRIVED, factory_id=factory.pk, key=f"stock-{factory.pk}", payload={"items": list(items)})


def _waiting(items: Sequence[int]) -> list[int]:
    """The orders that lack one of these items, in the order in which they are served; one more than fits is enough."""
    orders = ProductionOrder.objects.filter(components__shortage__item_id__in=items)
    ranked = orders.order_by(RANK, "planned_start", "id").values_list("id", flat=True)
    return list(dict.fromkeys(ranked[: SERVED_AT_ONCE * 2]))[: SERVED_AT_ONCE + 1]


def _items_wanted(order_ids: Iterable[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT item_id FROM orders_ordercomponent WHERE order_id = ANY(%s)", [list(order_ids)])
        return [row[0] for row in cursor.fetchall()]
