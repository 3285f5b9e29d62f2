"""Telling what happened: an event or a note as a line of the timeline, in the words of the people who read it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.quantities import shortest
from factoryos.ops.order_page import words
from orders.actions.edit_note import is_editable
from orders.models import Note, OrderEvent, ProductionOrder
from orders.timeline import Counts

_FIELDS = {
    "batch_number": "Batch", "planned_start": "Planned start", "planned_end": "Planned end", "priority": "Priority",
    "notes": "Instructions", "customer_name": "Customer",
}  # fmt: skip
LONGEST = 300  # characters of a value that changed; the whole of it stands on the page itself


@dataclass(frozen=True, slots=True)
class Change:
    """One fact before and after, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the timeline. `moved` is the pair of states of a move; `operation` the bulk operation it was part of."""

    id: str
    who: str
    what: str
    at: datetime
    source: str
    verb: str = ""
    moved: tuple[str, str] | None = None
    changes: list[Change] = field(default_factory=list)
    why: str = ""
    notes: str = ""
    operation: UUID | None = None
    note: Note | None = None
    editable: bool = False


def happenings(entries: Iterable[OrderEvent | Counts | Note], *, by: Actor) -> list[Happening]:
    return [_of(entry, by=by) for entry in entries]


def _of(entry: OrderEvent | Counts | Note, *, by: Actor) -> Happening:
    match entry:
        case OrderEvent():
            return of_event(entry, zone=by.factory.zone)
        case Counts():
            return of_counts(entry, zone=by.factory.zone)
    return of_note(entry, by=by)


def of_counts(counts: Counts, *, zone: ZoneInfo) -> Happening:
    """Many counts of a machine as one line; what was used for them stands with the order's material."""
    facts = {"good": counts.good, "rejected": counts.rejected}
    last = of_event(counts.last, zone=zone)
    times = Change("Counts", "", f"{counts.times} since {_time(counts.since, zone)}")
    return replace(last, what=_what(counts.last, facts), changes=[times])


def of_note(note: Note, *, by: Actor) -> Happening:
    said = "wrote to the customer" if note.audience == Note.Audience.CUSTOMER else "noted"
    return Happening(
        id=f"note-{note.uuid}", who=note.actor_name, what=said, at=note.at, operation=note.operation, note=note,
        source=source(kind=note.actor_kind, face=note.face, credential=""), editable=is_editable(note, by=by),
    )  # fmt: skip


def of_event(event: OrderEvent, *, zone: ZoneInfo) -> Happening:
    data = event.data if isinstance(event.data, dict) else {}
    facts = [*(_FACTS[event.verb](data, zone) if event.verb in _FACTS else []), *_material(data)]
    moved = event.moved and event.from_state and event.from_state != event.to_state
    return Happening(
        id=f"event-{event.seq}",
        who=who(kind=event.actor_kind, actor_id=event.actor_id, name=event.actor_name),
        what=_what(event, data),
        at=event.at,
        source=source(kind=event.actor_kind, face=event.face, credential=event.credential),
        verb=event.verb,
        moved=(str(event.from_state), event.to_state) if moved else None,
        changes=facts,
        why=_why(event, data),
        notes=event.notes or "",
        operation=parse_uuid(data.get("operation")),
    )


def who(*, kind: str, actor_id: str, name: str) -> str:
    """A person by name, a machine by its code, as on the floor."""
    return (actor_id if kind == "device" else name) or name or kind


def source(*, kind: str, face: str, credential: str) -> str:
    """Where it came from: console, API, machine, webhook or schedule."""
    if kind == "device" or credential == "device":
        return "machine"
    if credential in ("webhook", "schedule"):
        return credential
    if face in ("console", "admin"):
        return face
    return f"API ({face})" if face else "API"


def _what(event: OrderEvent, data: Mapping[str, Any]) -> str:
    if event.verb == "report":
        counts = [f"{_signed(data.get(name))} {name}" for name in ("good", "rejected") if _signed(data.get(name))]
        told = words.listed(counts, "and") if counts else "a count"
        by_machine = event.actor_kind == "device"
        return f"counted {told.replace('+', '')}" if by_machine else f"{words.did(event.verb)} {told}"
    if event.verb in ("begin_work", "finish_work"):
        return f"{words.did(event.verb)} {data.get('workOrder') or 'a work order'} {data.get('name') or ''}".strip()
    if event.verb == "hold" and event.moved:
        return f"{words.did(event.verb)}, which paused it"
    return words.did(event.verb)


def _why(event: OrderEvent, data: Mapping[str, Any]) -> str:
    """A pause reason's code reads as its words do."""
    reason = event.reason or ""
    return reason.replace("_", " ").capitalize() if reason and reason == data.get("pauseReason") else reason


def _number(value: Any) -> str:
    try:
        return shortest(Decimal(str(value)))
    except InvalidOperation:
        return "–"


def _signed(value: Any) -> str:
    """With its sign, and nothing for nothing."""
    number = _number(value if value is not None else 0)
    return "" if number in ("0", "–") else number.replace("-", "−") if number.startswith("-") else f"+{number}"


def _text(name: str, value: Any, zone: ZoneInfo) -> str:
    if value in (None, ""):
        return "–"
    if name in ("planned_start", "planned_end"):
        return _time(value, zone)
    if name == "priority" and value in ProductionOrder.Priority.values:
        return str(ProductionOrder.Priority(value).label)
    return _shortened(str(value))


def _time(value: Any, zone: ZoneInfo) -> str:
    try:
        local = datetime.fromisoformat(str(value)).astimezone(zone)
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
        f"{share.get('on') or '–'} {_number(share.get('quantity'))}" for share in data.get("assignments") or ()
    )


def _adjusted(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    changes = [Change("Target", _number(data.get("before")), _number(data.get("after")))]
    return changes + ([Change("On", "", _places(data))] if data.get("assignments") else [])


def _scheduled(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    facts = [("On", _places(data)), ("Method", data.get("method") or "")]
    facts += [
        (label, _time(data[name], zone))
        for label, name in (("Planned start", "plannedStart"), ("Planned end", "plannedEnd"))
        if data.get(name)
    ]
    return [Change(label, "", text) for label, text in facts if text]


def _created(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    made = ", ".join(f"{_number(line.get('target'))} × {line.get('sku')}" for line in (data.get("lines") or ())[:20])
    return [Change("To make", "", made[:LONGEST])] if made else []


def _verified(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    difference = data.get("difference") or {}
    counted = {
        name: _number(Decimal(str(data.get(name) or 0)) - Decimal(str(difference.get(name) or 0)))
        for name in ("good", "rejected")
    }
    return [Change(name.capitalize(), counted[name], _number(data.get(name))) for name in ("good", "rejected")]


def _closed(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    shipment = data.get("shipment") or {}
    facts = [
        ("Carrier", shipment.get("carrier")), ("Tracking number", shipment.get("trackingNumber")),
        ("Shipped", _time(shipment["shippedAt"], zone) if shipment.get("shippedAt") else None),
        ("Quantity", _number(shipment["quantity"]) if shipment.get("quantity") is not None else None),
    ]  # fmt: skip
    return [Change(label, "", str(value)[:LONGEST]) for label, value in facts if value]


def _reported(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    """A count by hand where a counter is read."""
    if not data.get("besideCounter"):
        return []
    return [Change("By hand", "", "The machine counts by itself: somebody looks whether these were counted twice")]


def _finished(data: Mapping[str, Any], zone: ZoneInfo) -> list[Change]:
    return [Change("Minutes", "", _number(data["minutes"]))] if data.get("minutes") is not None else []


# What an event says of components → how it is told.
_OF_MATERIAL = (("reserved", "Reserved"), ("consumed", "Used"), ("short", "Not in stock"))


def _material(data: Mapping[str, Any]) -> list[Change]:
    """What a step did to components, of which lots; an amount below nothing was given back."""
    changes = []
    for name, label in _OF_MATERIAL:
        parts = data.get(name)
        if isinstance(parts, list) and parts:
            told = [_part(part) for part in parts if isinstance(part, dict)]
            changes.append(Change(label, "", _shortened(", ".join(told))))
    return changes


def _part(part: Mapping[str, Any]) -> str:
    lot = f" of lot {part['lot']}" if part.get("lot") else ""
    number = _number(part.get("quantity"))
    told = f"{part.get('sku')}{lot}"
    return f"{number.removeprefix('-')} × {told} given back" if number.startswith("-") else f"{number} × {told}"


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
}
