"""Facts that one face alone shows: read with the orders of a page, changed with a before and after for the event."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orders.history import json_safe
from orders.models import OrderFacts, ProductionOrder

Json = dict[str, Any]


@dataclass(slots=True)
class Facts:
    """What a face keeps of one order: of its header, and by line id."""

    header: Json = field(default_factory=dict)
    lines: dict[int, Json] = field(default_factory=dict)


def facts_of(order_ids: Iterable[int], *, face: str) -> dict[int, Facts]:
    """The facts of each of these orders, empty ones where nothing is kept. One query; numbers come as they were kept."""
    found = {order_id: Facts() for order_id in order_ids}
    rows = OrderFacts.objects.filter(order_id__in=list(found), face=face)
    for order_id, line_id, data in rows.values_list("order_id", "line_id", "data"):
        if line_id is None:
            found[order_id].header = data
        else:
            found[order_id].lines[line_id] = data
    return found


def change(
    order: ProductionOrder, *, face: str, values: Mapping[str, Any], line_id: int | None = None
) -> dict[str, dict[str, Any]]:
    """Keep these values on a locked order, beside those that are not named; None forgets one.

    Gives what differs, for the event: {name: {before, after}}; decimals and instants as text. Nothing different: nothing
    is written.
    """
    row = OrderFacts.objects.filter(order_id=order.pk, face=face, line_id=line_id).first()
    before: Json = row.data if row else {}
    wanted: Json = json_safe(dict(values))
    different = {
        name: {"before": before.get(name), "after": value}
        for name, value in wanted.items()
        if before.get(name) != value
    }
    if not different:
        return {}
    kept = {name: value for name, value in {**before, **wanted}.items() if value is not None}
    if row is None:
        OrderFacts.objects.create(order=order, line_id=line_id, face=face, data=kept)
    else:
        row.data = kept
        row.save(update_fields=["data"])
    return different
