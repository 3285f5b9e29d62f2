"""What happened to an order and what was said about it, as one list, newest first, a page at a time.

Events keep the order of their sequence numbers and notes that of their ids; only between the two kinds does the clock
decide, for two hosts' clocks may differ. The place to go on from is therefore a pair: last sequence number, last note id.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from orders.models import Note, OrderEvent

PAGE = 50
_PLACE = re.compile(r"(\d{1,9})-(\d{1,18})", re.ASCII)
_LAST = (2**31 - 1, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a machine counted by itself, time after time without anything else happening between. `last` is the newest."""

    last: OrderEvent
    times: int
    since: datetime
    good: Decimal
    rejected: Decimal

    @property
    def at(self) -> datetime:
        return self.last.at


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries of the timeline, and where the older ones go on (None: there are none)."""

    entries: Sequence[OrderEvent | Counts | Note]
    older: str | None


# A machine counts every few seconds: what each counted while nothing else happened is one entry, or nothing else would be
# seen. Several machines count in turns, so such a while is told whole: a place between two of its entries is none.
_MOST_EVENTS = 2000  # that a page looks at
_EVENTS = f"""
WITH recent AS (
    SELECT seq, at, data, CASE WHEN verb = 'report' AND actor_kind = 'device' THEN actor_id END AS counter
    FROM orders_orderevent WHERE order_id = %s AND seq < %s ORDER BY seq DESC LIMIT {_MOST_EVENTS}
), marked AS (
    SELECT *, counter IS NULL OR lag(counter) OVER (ORDER BY seq DESC) IS NULL AS begins FROM recent
), numbered AS (
    SELECT *, count(*) FILTER (WHERE begins) OVER (ORDER BY seq DESC) AS number FROM marked
), entry AS (
    SELECT number, max(seq) AS newest, min(min(seq)) OVER (PARTITION BY number) AS oldest, count(*) AS times,
        min(at) AS since, sum((data->>'good')::numeric) FILTER (WHERE counter IS NOT NULL) AS all_good,
        sum((data->>'rejected')::numeric) FILTER (WHERE counter IS NOT NULL) AS all_rejected
    FROM numbered WHERE number <= %s GROUP BY number, counter
)
SELECT event.*, oldest, times, since, all_good, all_rejected
FROM entry JOIN orders_orderevent AS event ON event.order_id = %s AND event.seq = entry.newest ORDER BY event.seq DESC
"""


def timeline(order_id: int, *, notes_only: bool = False, before: str = "", limit: int = PAGE) -> Page:
    """About `limit` entries older than `before` (a Page's `older`; what is no such place begins anew)."""
    seq, note_id = _place(before)
    found = Note.objects.filter(order_id=order_id, id__lt=note_id).order_by("-id")
    notes = list(found[: limit + 1])
    events = [] if notes_only else _happened(order_id, before=seq, limit=limit + 1)
    entries: list[OrderEvent | Counts | Note] = []
    while len(entries) < limit and (events or notes):
        if events and (not notes or events[0][0][0].at >= notes[0].at):
            while_counting, seq = events.pop(0)
            entries += while_counting
        else:
            note = notes.pop(0)
            note_id = note.pk
            entries.append(note)
    more = events or notes or (not notes_only and 1 < seq < _LAST[0])
    return Page(entries, f"{min(seq, 999_999_999)}-{min(note_id, 10**18 - 1)}" if more else None)


def _happened(order_id: int, *, before: int, limit: int) -> list[tuple[list[OrderEvent | Counts], int]]:
    """What happened before a sequence number, newest first, each with the number of the oldest event that it tells.

    One event, or what each machine counted while nothing else happened.
    """
    found: list[tuple[list[OrderEvent | Counts], int]] = []
    for row in OrderEvent.objects.raw(_EVENTS, [order_id, before, limit, order_id]):
        of_entry = vars(row)
        entry: OrderEvent | Counts = row
        if of_entry["times"] > 1:
            entry = Counts(row, of_entry["times"], of_entry["since"], of_entry["all_good"], of_entry["all_rejected"])
        if found and found[-1][1] == of_entry["oldest"]:
            found[-1][0].append(entry)
        else:
            found.append(([entry], of_entry["oldest"]))
    return found


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
