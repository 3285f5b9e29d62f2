"""Rows as a face would state them, and batches kept as a request would keep them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from factoryos.kernel import clock
from factoryos.kernel.models import Factory
from factoryos.kernel.transactions import whole
from orders.ingest import store
from orders.ingest.rows import FailedRow, Receipt, StatedRow, Stored
from orders.models import IngestHead, ManufacturingOrderVersion
from tests import floor

NOON = "2025-01-12 12:00:00"


def stated(factory: Factory | int, place: int = 0, **facts: Any) -> StatedRow:
    """The row of the contract's first example, under way, but for these facts."""
    row: dict[str, Any] = {
        "order_number": "MO-2025-001", "product_id": "PROD-001", "updated_at": NOON, "source_id": "LINE-001",
        "ordered_at": "2025-01-05 08:00:00", "ordered_units": 500, "expected_start_date": "2025-01-10 06:00:00",
        "expected_end_date": "2025-01-12 18:00:00", "actual_start_date": "2025-01-10 06:30:00",
        "actual_end_date": None, "produced_units": 100, "status": "in_progress",
    }  # fmt: skip
    return StatedRow(place, factory if isinstance(factory, int) else factory.pk, **row | facts)


def at(hour: int) -> str:
    return f"2025-01-12 {hour:02}:00:00"


def numbered(*rows: StatedRow) -> list[StatedRow]:
    return [row._replace(place=place) for place, row in enumerate(rows)]


def receipt(factory: Factory, *, append: bool = False, request_id: UUID | None = None) -> Receipt:
    return Receipt(request_id or uuid4(), floor.an_actor(factory), clock.now(), append)


def keep(factory: Factory, *rows: StatedRow, append: bool = False, dry_run: bool = False) -> Stored:
    """Keep these rows, in this order, as one request."""
    under = receipt(factory, append=append)
    return whole(lambda: store.keep(numbered(*rows), receipt=under, dry_run=dry_run))


def fail(factory: Factory, rows: Sequence[FailedRow]) -> Receipt:
    under = receipt(factory)
    whole(lambda: store.keep_failed(rows, receipt=under))
    return under


def the_head(**facts: Any) -> IngestHead:
    return IngestHead.objects.get(**facts)


def the_version(**facts: Any) -> ManufacturingOrderVersion:
    return ManufacturingOrderVersion.objects.get(**facts)
