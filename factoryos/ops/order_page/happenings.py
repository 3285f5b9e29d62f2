"""Telling what happened: an event or a note as a line of the timeline, in the words of the people who read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import parse_uuid
from factoryos.ops.order_page import words
from factoryos.ops.order_page.event_facts import Change, facts_of, local_time, signed
from orders.actions.edit_note import is_editable
from orders.models import Note, OrderEvent
from orders.timeline import Counts


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
    times = Change("Counts", "", f"{counts.times} since {local_time(counts.since, zone)}")
    return replace(last, what=_what(counts.last, facts), changes=[times])


def of_note(note: Note, *, by: Actor) -> Happening:
    said = "wrote to the customer" if note.audience == Note.Audience.CUSTOMER else "noted"
    return Happening(
        id=f"note-{note.uuid}", who=note.actor_name, what=said, at=note.at, operation=note.operation, note=note,
        source=source(kind=note.actor_kind, face=note.face, credential=""), editable=is_editable(note, by=by),
    )  # fmt: skip


def of_event(event: OrderEvent, *, zone: ZoneInfo) -> Happening:
    data = event.data if isinstance(event.data, dict) else {}
    moved = event.moved and event.from_state and event.from_state != event.to_state
    return Happening(
        id=f"event-{event.seq}",
        who=who(kind=event.actor_kind, actor_id=event.actor_id, name=event.actor_name),
        what=_what(event, data),
        at=event.at,
        source=source(kind=event.actor_kind, face=event.face, credential=event.credential),
        verb=event.verb,
        moved=(str(event.from_state), event.to_state) if moved else None,
        changes=facts_of(event.verb, data, zone=zone),
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
        counts = [f"{signed(data.get(name))} {name}" for name in ("good", "rejected") if signed(data.get(name))]
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
