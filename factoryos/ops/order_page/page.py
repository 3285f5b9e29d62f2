"""What the order page shows, put together: at most a dozen queries, however long the order's life was."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import allows
from factoryos.ops.order_page import material, words
from factoryos.ops.order_page.event_facts import signed
from factoryos.ops.order_page.forecast import forecast
from factoryos.ops.order_page.happenings import happenings, source, who
from factoryos.ops.order_page.stated import stated_of
from factoryos.ops.order_page.steps import steps_of
from orders import timeline, trail
from orders.models import Note, ProductionOrder, QuantityEntry
from orders.models.note import NOTE_LENGTH
from orders.sheet import Sheet
from orders.states import DONE, ENDED

FEW = 20  # lines and ledger entries shown before "show all"
MOST = 2000  # entries of a ledger on one page, even of all
PARTS = ("head", "quantities", "timeline")


def head(order: Sheet, *, by: Actor) -> dict[str, Any]:
    """The header: state, holds, progress, dates and the steps that may be taken."""
    steps = steps_of(order, by=by)
    return {
        "order": order,
        # Releasing a hold stands beside the hold itself.
        "steps": [step for step in steps if step.allowed and step.verb != "release_hold"],
        "refused": [step for step in steps if not step.allowed],
        "may_release": any(step.verb == "release_hold" and step.allowed for step in steps),
        "forecast": forecast(order, now=clock.now()),
        "ended": order.state in (*DONE, *ENDED),
        "good_share": _share(order.good, order.target),
        "counters": words.by_themselves(order.counters),
        "stated": stated_of(order.id, by=by),
    }


def _share(part: Decimal, whole: Decimal) -> int | None:
    return int(100 * part / whole) if whole else None


def quantities(order: Sheet, *, everything: bool) -> dict[str, Any]:
    """Lines, machines and the ledger behind them; a long ledger only when asked for."""
    rows = trail.entries_of(order.id)
    entries = list(rows[: MOST if everything else FEW])
    totals = QuantityEntry.objects.filter(order_id=order.id).aggregate(
        good=Sum("good"), rejected=Sum("rejected"), count=Count("id")
    )
    names = {line.id: line.label for line in order.lines}
    return {
        "order": order,
        "lines": order.lines if everything else order.lines[:FEW],
        "more_lines": max(0, len(order.lines) - (len(order.lines) if everything else FEW)),
        "entries": [_entry(entry, names) for entry in entries],
        "material": material.rows_of(order),
        "totals": {"good": totals["good"] or Decimal(0), "rejected": totals["rejected"] or Decimal(0)},
        "more_entries": totals["count"] - len(entries),
        "everything": everything,
        "several_lines": len(order.lines) > 1,
        "over_production": ProductionOrder.OverProduction(order.over_production).label,
    }


def _entry(entry: QuantityEntry, names: dict[int, str]) -> dict[str, Any]:
    corrects = entry.reverses_id is not None or entry.good < 0 or entry.rejected < 0
    return {
        "entry": entry,
        "line": names.get(entry.line_id, ""),
        "corrects": corrects,
        "reverses": entry.reverses_id,
        "who": who(kind=entry.actor_kind, actor_id=entry.actor_id, name=entry.actor_name),
        "by_machine": entry.source == QuantityEntry.Source.MACHINE,
        "source": source(kind=entry.actor_kind, face=entry.face, credential=""),
        "kind": QuantityEntry.Source(entry.source).label,
        "stated": entry.source == QuantityEntry.Source.INGEST,
        "elsewhere": _elsewhere(entry),
        "missed": material.missed_by(entry),
    }


def _elsewhere(entry: QuantityEntry) -> list[str]:
    """The part of an entry that never touched stock: `+498 good`. Of what was stated as a whole nothing more is said."""
    parts = ((entry.imported_good, entry.good, "good"), (entry.imported_rejected, entry.rejected, "rejected"))
    whole = entry.source == QuantityEntry.Source.INGEST and all(part == of for part, of, _ in parts)
    return [] if whole else [f"{signed(part)} {name}" for part, _, name in parts if part]


def story(order: Sheet, *, by: Actor, notes_only: bool, before: str) -> dict[str, Any]:
    """A page of the timeline, and who may add to it."""
    page = timeline.timeline(order.id, notes_only=notes_only, before=before)
    return {
        "order": order,
        "happenings": happenings(page.entries, by=by),
        "older": page.older,
        "before": before,
        "notes_only": notes_only,
        "audiences": [
            (audience.value, audience.label)
            for audience, verb in ((Note.Audience.INTERNAL, "note"), (Note.Audience.CUSTOMER, "message"))
            if allows(actor=by, verb=verb)
        ],
        "note_length": NOTE_LENGTH,
    }
