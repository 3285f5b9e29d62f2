"""What the data of an event say, as facts with a name each: before and after, or only what there is now."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from factoryos.kernel import clock
from factoryos.kernel.quantities import shortest
from orders.models import ProductionOrder

_FIELDS = {
    "reference": "Reference", "batch_number": "Batch", "planned_start": "Planned start", "planned_end": "Planned end",
    "priority": "Priority", "notes": "Instructions", "customer_name": "Customer", "customer_order_id": "Customer order",
    "layer": "Taken from stock",
}  # fmt: skip
LONGEST = 300  # characters of a value that changed; the whole of it stands on the page itself
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEW_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Change:
    """One fact before and after, in words."""

    label: str
    before: str
    after: str


def facts_of(verb: str, data: Mapping[str, Any], *, zone: ZoneInfo) -> list[Change]:
    """Everything that an event of this verb says: what it did, what its face was told besides, what became of material."""
    own = _FACTS[verb](data, zone) if verb in _FACTS else []
    return [*own, *_of_face(data, zone), *_material(data)]


def number(value: Any) -> str:
    try:
        return shortest(Decimal(str(value)))
    except InvalidOperation:
        return "–"


def signed(value: Any) -> str:
    """With its sign, and nothing for nothing."""
    text = number(value if value is not None else 0)
    return "" if text in ("0", "–") else text.replace("-", "−") if text.startswith("-") else f"+{text}"


def _text(name: str, value: Any, zone: ZoneInfo) -> str:
    if value in (None, ""):
        return "–"
    if name in ("planned_start", "planned_end"):
        return local_time(value, zone)
    if name == "layer" and value in ProductionOrder.Layer.values:
        return str(ProductionOrder.Layer(value).label)
    if name == "customer_order_id":
        return f"no. {value}"
    if name == "priority" and value in ProductionOrder.Priority.values:
        return str(ProductionOrder.Priority(value).label)
    return _shortened(str(value))


def local_time(value: Any, zone: ZoneInfo) -> str:
    try:
        local = clock.in_zone(datetime.fromisoformat(str(value)), zone)
    except ValueError:
        return str(value)[:LONGEST]
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"


def _amended(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    return [
        Change(_FIELDS.get(name, name), _text(name, change.get("before"), zone), _text(name, change.get("after"), zone))
        for name, change in (data.get("changes") or {}).items()
    ]


def _places(data: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{share.get('on') or '–'} {number(share.get('quantity'))}" for share in data.get("assignments") or ()
    )


def _adjusted(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    changes = [Change("Target", number(data.get("before")), number(data.get("after")))]
    return changes + ([Change("On", "", _places(data))] if data.get("assignments") else [])


def _scheduled(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    facts = [("On", _places(data)), ("Method", data.get("method") or "")]
    facts += [
        (label, local_time(data[name], zone))
        for label, name in (("Planned start", "plannedStart"), ("Planned end", "plannedEnd"))
        if data.get(name)
    ]
    return [Change(label, "", text) for label, text in facts if text]


def _created(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    made = ", ".join(f"{number(line.get('target'))} × {line.get('sku')}" for line in (data.get("lines") or ())[:20])
    facts = [("To make", made[:LONGEST])]
    facts += [
        (_FIELDS[name], _text(name, data.get(key), zone))
        for name, key in (("customer_order_id", "customerOrder"), ("layer", "layer"))
        if data.get(key)
    ]
    return [Change(label, "", text) for label, text in facts if text]


def _line(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    """The line that came, went or was told something new; and where it is made now, if that changed."""
    target = f"{number(data['target'])} × " if data.get("target") is not None else ""
    facts = [("Item", _shortened(f"{target}{data.get('sku') or '–'}")), ("On", _places(data))]
    return [Change(label, "", text) for label, text in facts if text]


def _verified(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    difference = data.get("difference") or {}
    counted = {
        name: number(Decimal(str(data.get(name) or 0)) - Decimal(str(difference.get(name) or 0)))
        for name in ("good", "rejected")
    }
    return [Change(name.capitalize(), counted[name], number(data.get(name))) for name in ("good", "rejected")]


def _closed(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    shipment = data.get("shipment") or {}
    facts = [
        ("Carrier", shipment.get("carrier")), ("Tracking number", shipment.get("trackingNumber")),
        ("Shipped", local_time(shipment["shippedAt"], zone) if shipment.get("shippedAt") else None),
        ("Quantity", number(shipment["quantity"]) if shipment.get("quantity") is not None else None),
    ]  # fmt: skip
    return [Change(label, "", str(value)[:LONGEST]) for label, value in facts if value]


def _reported(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    """A count by hand where a counter is read."""
    if not data.get("besideCounter"):
        return []
    return [Change("By hand", "", "The machine counts by itself: somebody looks whether these were counted twice")]


def _finished(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    return [Change("Minutes", "", number(data["minutes"]))] if data.get("minutes") is not None else []


def _of_face(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    """What the order's face was told and no other face shows: under its own names, spaced out so that they can be read.

    A change is {name: {before, after}}; at the making of an order, {name: value}.
    """
    facts = data.get("facts")
    if not isinstance(facts, dict):
        return []
    found = []
    for name, value in facts.items():
        label = _NEW_WORD.sub(" ", str(name)).capitalize()
        if isinstance(value, dict) and value.keys() == {"before", "after"}:
            before, after = (_told_by_face(str(name), value[when], zone) for when in ("before", "after"))
            found.append(Change(label, before, after))
        elif not isinstance(value, dict):
            found.append(Change(label, "", _told_by_face(str(name), value, zone)))
    return found


def _told_by_face(name: str, value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith(
        "Date"
    ):  # milliseconds since 1970; more than a calendar holds is a number
        try:
            return local_time((_EPOCH + timedelta(milliseconds=value)).isoformat(), zone)
        except OverflowError:
            return str(value)
    return "–" if value in (None, "") else _shortened(str(value))


# What an event says of components → how it is told, and what an amount below nothing means there.
_OF_MATERIAL = (
    ("reserved", "Reserved", "given back"), ("consumed", "Used", "given back"), ("short", "Not in stock", "found"),
    ("spared", "Not needed after all", "needed after all"),
)  # fmt: skip


def _material(data: Mapping[str, Any]) -> list[Change]:
    """What a step did to components, and of which lots."""
    changes = []
    for name, label, below_nothing in _OF_MATERIAL:
        parts = data.get(name)
        if isinstance(parts, list) and parts:
            told = [_part(part, below_nothing) for part in parts if isinstance(part, dict)]
            changes.append(Change(label, "", _shortened(", ".join(told))))
    return changes


def _part(part: Mapping[str, Any], below_nothing: str) -> str:
    lot = f" of lot {part['lot']}" if part.get("lot") else ""
    amount, told = number(part.get("quantity")), f"{part.get('sku')}{lot}"
    return f"{amount.removeprefix('-')} × {told} {below_nothing}" if amount.startswith("-") else f"{amount} × {told}"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


_FACTS: dict[str, Callable[[Mapping[str, Any], ZoneInfo], list[Change]]] = {
    "amend": _amended,
    "adjust_quantity": _adjusted,
    "schedule": _scheduled,
    "create": _created,
    "verify": _verified,
    "report": _reported,
    "close": _closed,
    "finish_work": _finished,
    "add_line": _line,
    "remove_line": _line,
    "amend_line": _line,
    "change_layer": _amended,
}
