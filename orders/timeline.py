"""What happened to an order and what was said about it, as one list, newest first, a page at a time.

Events keep the order of their sequence numbers and notes that of their ids; only between the two kinds does the clock
decide, for two hosts' clocks may differ. The place to go on from is therefore a pair: last sequence number, last note id.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orders.models import Note, OrderEvent

PAGE = 50
_PLACE = re.compile(r"(\d{1,9})-(\d{1,18})", re.ASCII)
_LAST = (2**31 - 1, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries of the timeline, and where the older ones go on (None: there are none)."""

    entries: Sequence[OrderEvent | Note]
    older: str | None


def timeline(order_id: int, *, notes_only: bool = False, before: str = "", limit: int = PAGE) -> Page:
    """Up to `limit` entries older than `before` (a Page's `older`; what is no such place begins anew)."""
    seq, note_id = _place(before)
    found = Note.objects.filter(order_id=order_id, id__lt=note_id).order_by("-id")
    notes = list(found[: limit + 1])
    events: list[OrderEvent] = []
    if not notes_only:
        events = list(OrderEvent.objects.filter(order_id=order_id, seq__lt=seq).order_by("-seq")[: limit + 1])
    entries: list[OrderEvent | Note] = []
    while len(entries) < limit and (events or notes):
        if events and (not notes or events[0].at >= notes[0].at):
            event = events.pop(0)
            seq = event.seq
            entries.append(event)
        else:
            note = notes.pop(0)
            note_id = note.pk
            entries.append(note)
    return Page(entries, f"{min(seq, 999_999_999)}-{min(note_id, 10**18 - 1)}" if events or notes else None)


def since(order_id: int, *, version: int, limit: int) -> list[OrderEvent]:
    """The last `limit` events after a version, oldest first."""
    return list(OrderEvent.objects.filter(order_id=order_id, seq__gt=version).order_by("-seq")[:limit])[::-1]


def since_but_counts(order_id: int, *, version: int, limit: int) -> list[OrderEvent]:
    """As `since`, without the counts: a machine adds one every few seconds, and nothing else would be seen for them."""
    events = OrderEvent.objects.filter(order_id=order_id, seq__gt=version).exclude(verb="report")
    return list(events.order_by("-seq")[:limit])[::-1]


def _place(text: str) -> tuple[int, int]:
    match = _PLACE.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else _LAST
