"""What a stream may be asked for, and the events it knows."""

from factoryos.dialects.base.faults import Wrong
from factoryos.dialects.base.fields import NameOrIdField, TextField
from factoryos.dialects.base.requests import QueryRequest

ORDER_EVENTS = ("order.created", "order.moved", "order.quantity", "order.changed")
EVENTS = (*ORDER_EVENTS, "hold.changed", "ncr.changed", "andon.changed", "machine.state")


class EventList(TextField):
    """Names of events, separated by commas."""

    def read(self, value: object) -> frozenset[str]:
        names = {name.strip() for name in (super().read(value) or "").split(",") if name.strip()}
        if not names <= set(EVENTS):
            raise Wrong.must(f"must be one of {', '.join(EVENTS)}")
        return frozenset(names or EVENTS)


class StreamQuery(QueryRequest):
    topics = EventList(
        required=False, max_length=500, help_text="Names of events, separated by commas. Without any: all of them."
    )
    orderId = NameOrIdField(required=False, help_text="Only what is about this order.")
