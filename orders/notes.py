"""Telling that something was said about an order, so that whoever has it open sees it."""

from factoryos.kernel import clock, outbox
from orders.models import ProductionOrder

TOPIC = "order.noted"


def announce(order: ProductionOrder) -> None:
    """The same shape as the announcement of an event; the version is still the order's present one."""
    payload = {
        "orderId": str(order.uuid), "state": str(order.state), "version": order.version, "verb": "note",
        "at": clock.now().isoformat(),
    }  # fmt: skip
    outbox.put(topic=TOPIC, factory_id=order.factory_id, key=str(order.uuid), payload=payload)
