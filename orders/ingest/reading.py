"""What is kept of statements, as it can be read back: the newest version of an order, and the rows that failed.

Every question names the factories that it is about. Rows, not model instances.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

MOST_VERSIONS = 100


class CurrentVersion(NamedTuple):
    """The newest version of one order, how many it has, and how far the production order follows it."""

    product_id: str
    location_id: str | None  # as the factory is called today
    order_number: str
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
    versions: int
    received_at: datetime
    request_id: UUID
    projection: str  # a state of IngestHead
    reason: str | None
    projected_at: datetime | None
    order_uuid: UUID | None
    reference: str | None
    order_state: str | None
    good: Decimal | None


class KeptRow(NamedTuple):
    """A row that failed. `row` and `errors` are JSON texts in ASCII."""

    id: int
    request_id: UUID
    received_at: datetime
    operation_type: str
    place: int  # among the rows sent, from 0
    row: str | None
    errors: str


class Wanted(NamedTuple):
    """Which failed rows are asked for; None asks for any. `from_` is inclusive, `to` is not; `before` is an id."""

    from_: datetime | None = None
    to: datetime | None = None
    code: str | None = None
    location_id: str | None = None
    before: int | None = None


# The head says which version is the newest; its order is looked at in its own factory only.
_CURRENT = """
SELECT version.product_id, factory.location_id, version.order_number, version.updated_at, version.source_id,
    version.ordered_at, version.ordered_units, version.expected_start_date, version.expected_end_date,
    version.actual_start_date, version.actual_end_date, version.produced_units, version.status,
    (SELECT count(*) FROM orders_manufacturingorderversion AS one WHERE one.factory_id = head.factory_id
        AND one.order_number = head.order_number AND one.product_id = head.product_id),
    version.received_at, version.request_id, head.state, head.reason, head.projected_at,
    made.uuid, made.reference, made.state, made.quantity_good
FROM orders_ingesthead AS head
JOIN orders_manufacturingorderversion AS version ON version.factory_id = head.factory_id
    AND version.order_number = head.order_number AND version.product_id = head.product_id
    AND version.updated_at = head.updated_at
JOIN kernel_factory AS factory ON factory.id = head.factory_id
LEFT JOIN orders_productionorder AS made ON made.id = head.order_id AND made.factory_id = head.factory_id
WHERE head.factory_id = ANY(%(factories)s) AND head.order_number = %(order_number)s
    AND (%(product_id)s::text IS NULL OR head.product_id = %(product_id)s)
    AND (%(location_id)s::text IS NULL OR factory.location_id = %(location_id)s)
ORDER BY head.product_id, factory.location_id, head.factory_id
LIMIT %(most)s
"""
_COLUMNS = "id, request_id, received_at, operation_type, index, row, errors"


def current_versions(
    order_number: str, *, factory_ids: Sequence[int], product_id: str | None = None, location_id: str | None = None
) -> list[CurrentVersion]:
    """The newest version of each order of this number in these factories, by product; at most MOST_VERSIONS."""
    values = {
        "factories": list(factory_ids),
        "order_number": order_number,
        "product_id": product_id,
        "location_id": location_id,
        "most": MOST_VERSIONS,
    }
    return [CurrentVersion(*row) for row in _rows(_CURRENT, values)]


def failed_rows(wanted: Wanted, *, factory_ids: Sequence[int], limit: int) -> tuple[list[KeptRow], bool]:
    """The newest failed rows that these factories sent, at most `limit`, and whether there are more."""
    values: dict[str, Any] = {"factories": list(factory_ids), "most": limit + 1}
    conditions = ["factory_id = ANY(%(factories)s)"]
    for name, condition in _CONDITIONS.items():
        if (value := getattr(wanted, name)) is not None:
            conditions.append(condition)
            values[name] = value
    found = _rows(
        f"SELECT {_COLUMNS} FROM orders_ingestfailedrow WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT %(most)s",
        values,
    )
    return [KeptRow(*row) for row in found[:limit]], len(found) > limit


_CONDITIONS = {
    "from_": "received_at >= %(from_)s",
    "to": "received_at < %(to)s",
    "code": "%(code)s = ANY(codes)",
    "location_id": "location_id = %(location_id)s",
    "before": "id < %(before)s",
}


def _rows(query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
