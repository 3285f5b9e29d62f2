"""All that was stated of one order, newest first, and what each version says other than the one before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.ops.ingest.heads import HeadRow
from factoryos.ops.order_page.event_facts import Change

SHOWN = 50


class Version(NamedTuple):
    """One statement as it was sent, and who sent it; nobody where that is no longer kept."""

    updated_at: datetime
    source_id: str
    ordered_at: datetime
    ordered_units: int
    expected_start_date: datetime
    expected_end_date: datetime
    actual_start_date: datetime | None
    actual_end_date: datetime | None
    produced_units: int | None
    status: str | None
    received_at: datetime
    request_id: UUID
    sent_by: str | None
    operation_type: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A version as a row. `first`: nothing older is kept, so nothing can have changed."""

    version: Version
    changes: list[Change]
    first: bool
    late: bool  # it came after a newer one, and changed nothing


_VERSIONS = """
    SELECT version.updated_at, version.source_id, version.ordered_at, version.ordered_units, version.expected_start_date,
        version.expected_end_date, version.actual_start_date, version.actual_end_date, version.produced_units,
        version.status, version.received_at, version.request_id, request.actor_name, request.operation_type
    FROM (
        SELECT * FROM orders_manufacturingorderversion
        WHERE factory_id = %s AND order_number = %s AND product_id = %s ORDER BY updated_at DESC LIMIT %s
    ) AS version LEFT JOIN orders_ingestrequest AS request ON request.id = version.request_id
    ORDER BY version.updated_at DESC
"""
FIELDS = {
    "status": "Status", "ordered_units": "Ordered", "produced_units": "Produced", "expected_start_date": "Planned start",
    "expected_end_date": "Planned end", "actual_start_date": "Started", "actual_end_date": "Ended", "source_id": "Source",
    "ordered_at": "Ordered on",
}  # fmt: skip


def versions_of(head: HeadRow, *, by: Actor) -> list[Version]:
    """The newest SHOWN, and one more to compare the last of them with."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSIONS, [by.factory.id, head.order_number, head.product_id, SHOWN + 1])
        return [Version(*row) for row in cursor.fetchall()]


def told(versions: Sequence[Version], *, zone: ZoneInfo) -> list[Told]:
    """Each of the newest SHOWN with what it says other than the version before it, in words of plant time."""
    rows = []
    earliest: datetime | None = None  # when the first of the newer ones came
    for number, version in enumerate(versions[:SHOWN]):
        older = versions[number + 1] if number + 1 < len(versions) else None
        late = earliest is not None and version.received_at > earliest
        rows.append(Told(version, _changes(older, version, zone=zone) if older else [], older is None, late))
        earliest = min(earliest or version.received_at, version.received_at)
    return rows


def _changes(older: Version, newer: Version, *, zone: ZoneInfo) -> list[Change]:
    return [
        Change(label, _words(getattr(older, name), zone), _words(getattr(newer, name), zone))
        for name, label in FIELDS.items()
        if getattr(older, name) != getattr(newer, name)
    ]


def _words(value: Any, zone: ZoneInfo) -> str:
    """Instants to the second: versions often differ by no more."""
    if value is None:
        return "not stated"
    return f"{clock.in_zone(value, zone):%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)
