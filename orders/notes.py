"""What may be said about an order, and telling whoever has it open that something was."""

from factoryos.kernel import clock, outbox
from factoryos.kernel.problems import Invalid
from factoryos.kernel.text import is_safe
from orders.models import ProductionOrder
from orders.models.note import NOTE_LENGTH

TOPIC = "order.noted"


def checked(text: str) -> str:
    """What is kept of a text as somebody wrote it. Problem: Invalid (nothing, too long, or control characters)."""
    said = text.strip()
    if not said or len(said) > NOTE_LENGTH:
        raise Invalid(messages=[f"a note has between 1 and {NOTE_LENGTH} characters"], field="text")
    if not is_safe(said, multiline=True):
        raise Invalid(messages=["a note holds no control characters"], field="text")
    return said


def announce(order: ProductionOrder) -> None:
    """The same shape as the announcement of an event; the version is still the order's present one."""
    payload = {
        "orderId": str(order.uuid), "state": str(order.state), "version": order.version, "verb": "note",
        "at": clock.now().isoformat(),
    }  # fmt: skip
    outbox.put(topic=TOPIC, factory_id=order.factory_id, key=str(order.uuid), payload=payload)
