"""Rows that were refused: the newest of a filter, without looking through a month of them in one go.

A page looks at LOOKED_AT rows at most. Where that was not enough to fill it, it says how far it has come, and goes on from
there when asked. A time is first turned into ids, through the index of times: rows of one time lie side by side.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from factoryos.kernel.actors import Actor
from orders.listing import planned_afresh

PAGE = 50
LOOKED_AT = 20_000
EXPORT_MOST = 50_000  # rows of a file
_SLACK = timedelta(minutes=10)  # ids are given when a row is written, which is a little after it was received
_LARGEST_ID = 2**63 - 1


class RefusedRow(NamedTuple):
    """A row as it was sent. `row` and `errors` are JSON texts in ASCII."""

    id: int
    request_id: UUID
    received_at: datetime
    operation_type: str
    place: int  # among the rows of its request, from 0
    location_id: str | None
    row: str | None
    errors: str
    sent_by: str | None

    @property
    def faults(self) -> list[dict[str, Any]]:
        """What was wrong: code, category, message, field."""
        found: list[dict[str, Any]] = json.loads(self.errors)
        return found

    @property
    def laid_out(self) -> str | None:
        """The row with a line for each of its columns; as it is kept where it cannot be read."""
        if self.row is None:
            return None
        try:
            return json.dumps(json.loads(self.row), indent=2)
        except (ValueError, RecursionError):  # a number of thousands of digits, say
            return self.row


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for; None asks for any. `from_` is inclusive, `to` is not; `before` is an id."""

    from_: datetime | None = None
    to: datetime | None = None
    code: str | None = None
    location_id: str | None = None
    before: int | None = None


class Page(NamedTuple):
    """`before`: where the next page begins, None at the end. `cut`: it ended for having looked at enough."""

    rows: list[RefusedRow]
    before: int | None
    cut: bool


_ROWS = """
    SELECT kept.id, kept.request_id, kept.received_at, kept.operation_type, kept.index, kept.location_id, kept.row,
        kept.errors, request.actor_name
    FROM (
        SELECT * FROM orders_ingestfailedrow WHERE factory_id = %(factory)s AND id < %(before)s AND id > %(last)s
        ORDER BY id DESC LIMIT %(looked_at)s
    ) AS kept LEFT JOIN orders_ingestrequest AS request ON request.id = kept.request_id
    WHERE true{conditions} ORDER BY kept.id DESC LIMIT %(most)s
"""
_CONDITIONS = {
    "from_": " AND kept.received_at >= %(from_)s",
    "to": " AND kept.received_at < %(to)s",
    "code": " AND kept.codes @> ARRAY[%(code)s::varchar]",
    "location_id": " AND kept.location_id = %(location_id)s",
}
# How far a page has come that looked at all it may.
_END = """
    SELECT id FROM orders_ingestfailedrow WHERE factory_id = %(factory)s AND id < %(before)s AND id > %(last)s
    ORDER BY id DESC OFFSET %(looked_at)s - 1 LIMIT 1
"""
_LATER = "SELECT id FROM orders_ingestfailedrow WHERE received_at >= %s ORDER BY received_at LIMIT 1"
_EARLIER = "SELECT id FROM orders_ingestfailedrow WHERE received_at < %s ORDER BY received_at DESC LIMIT 1"


def page(wanted: Wanted, *, by: Actor, most: int = PAGE) -> Page:
    """The newest rows that the actor's factory sent and that are wanted, from `before` on."""
    bounds = _bounds(wanted)
    values = {
        "factory": by.factory.id, "most": most + 1, "looked_at": LOOKED_AT, **bounds,
        **{name: getattr(wanted, name) for name in _CONDITIONS if getattr(wanted, name) is not None},
    }  # fmt: skip
    conditions = "".join(condition for name, condition in _CONDITIONS.items() if name in values)
    with planned_afresh():
        found = [RefusedRow(*row) for row in _read(_ROWS.format(conditions=conditions), values)]
    if len(found) > most:
        return Page(found[:most], found[most - 1].id, False)
    end = _read(_END, {"factory": by.factory.id, "looked_at": LOOKED_AT, **bounds}) if conditions else []
    return Page(found, end[0][0] if end else None, bool(end))


def export(wanted: Wanted, *, by: Actor, most: int = EXPORT_MOST) -> Iterator[RefusedRow]:
    """The same, page after page: neither one long transaction nor all in memory."""
    while most > 0:
        part = page(wanted, by=by, most=min(500, most))
        yield from part.rows
        if part.before is None:
            return
        most -= len(part.rows)
        wanted = replace(wanted, before=part.before)


def is_empty(*, by: Actor) -> bool:
    """Whether none is kept at all."""
    return not _read(
        "SELECT FROM orders_ingestfailedrow WHERE factory_id = %(factory)s LIMIT 1", {"factory": by.factory.id}
    )


def _bounds(wanted: Wanted) -> dict[str, int]:
    """The ids between which all rows of the wanted time lie."""
    before, last = min(wanted.before or _LARGEST_ID, _LARGEST_ID), 0
    if wanted.to is not None and (later := _read(_LATER, [wanted.to + _SLACK])):
        before = min(before, later[0][0])
    if wanted.from_ is not None and (earlier := _read(_EARLIER, [wanted.from_ - _SLACK])):
        last = earlier[0][0]
    return {"before": before, "last": last}


def _read(query: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
