"""Statements in the tables as a planning system's batch leaves them, one at a time."""

from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import Factory
from orders.models import IngestHead, IngestRequest, ManufacturingOrderVersion

NOON = datetime(2025, 1, 10, 12, tzinfo=UTC)
_OFTEN_OTHER = ("expected_start_date", "expected_end_date", "actual_start_date", "actual_end_date", "produced_units",
                "status", "source_id", "ordered_at", "ordered_units")  # fmt: skip


def hours(number: float) -> datetime:
    """So many hours after noon."""
    return NOON + timedelta(hours=number)


def state(
    factory: Factory, number: str = "MO-1", product: str = "CAP", *, at: datetime = NOON, **facts: Any
) -> IngestHead:
    """Store one version (planned, 500 pieces, unless told otherwise) and move its head; the head as it is then."""
    with transaction.atomic():
        return _state(factory, number, product, at=at, **facts)


def _state(factory: Factory, number: str, product: str, *, at: datetime, **facts: Any) -> IngestHead:
    request = IngestRequest.objects.create(
        id=uuid7(), actor_kind="user", actor_id="0194a1c2", actor_name="Paula Planner", credential="token",
        operation_type="UPSERT",
    )  # fmt: skip
    values = {
        "source_id": "LINE-001", "ordered_at": hours(-100), "ordered_units": 500, "expected_start_date": hours(-6),
        "expected_end_date": hours(48), "actual_start_date": None, "actual_end_date": None, "produced_units": None,
        "status": None,
    } | facts  # fmt: skip
    content = UUID(bytes=md5(repr([values[name] for name in _OFTEN_OTHER]).encode(), usedforsecurity=False).digest())
    key = {"factory": factory, "order_number": number, "product_id": product}
    ManufacturingOrderVersion.objects.filter(**key, updated_at=at).delete()
    ManufacturingOrderVersion.objects.create(
        **key, updated_at=at, content=content, received_at=NOON, request_id=request.pk, **values
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO orders_ingesthead AS head (factory_id, order_number, product_id, updated_at, content)
            VALUES (%s, %s, %s, %s, %s) ON CONFLICT (factory_id, order_number, product_id) DO UPDATE
            SET updated_at = excluded.updated_at, content = excluded.content, revision = head.revision + 1,
                state = 'pending', reason = NULL, attempts = 0, due_at = now(), changed_at = now()
            WHERE head.updated_at < excluded.updated_at
                OR (head.updated_at = excluded.updated_at AND head.content <> excluded.content)
            """,
            [factory.pk, number, product, at, content],
        )
    return IngestHead.objects.get(**key)
