"""A dry run answers as the request itself would, and writes nothing at all."""

import json
from typing import Any

import pytest
from django.db import connection

from tests.dialects.ingest.feed import Feed, kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed() -> Feed:
    feed = Feed()
    feed.post(
        feed.row(order_number="known"), feed.row(order_number="newer", updated_at="2025-03-01 00:00:00"),
        feed.row(order_number="other", source_id="a"),
    )  # fmt: skip
    return feed


def database() -> dict[str, list[Any]]:
    """Every row of every table but buckets and what lives for a transaction, with the transaction that wrote it."""
    tables = sorted(set(connection.introspection.table_names()) - {"kernel_ratebucket", "ingest_staged"})
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT xmin::text, t::text FROM "{table}" AS t ORDER BY 2')
            found[table] = cursor.fetchall()
    return found


def rows(feed: Feed) -> list[Any]:
    return [
        feed.row(order_number="known"), feed.row(order_number="newer"), feed.row(order_number="other", source_id="b"),
        feed.row(), feed.row(source_id="twice"), None, feed.row(order_number=7), feed.row(location_id="NOWHERE"),
        feed.row(order_number="odd", status="Waiting for Godot", produced_units=700),
    ]  # fmt: skip


@pytest.mark.parametrize("operation", ["UPSERT", "APPEND"])
def test_it_answers_the_same_and_writes_nothing(feed: Feed, operation: str) -> None:
    before = database()
    dry = feed.post(*rows(feed), dryRun=True, operationType=operation)
    assert database() == before
    real = feed.post(*rows(feed), operationType=operation)
    assert dry["dryRun"] is True and real["dryRun"] is False
    assert json.dumps({**dry.json, "dryRun": False}) == json.dumps(real.json)
    assert dry["failedRows"] == (5 if operation == "APPEND" else 3)


def test_false_is_what_is_said_where_nothing_is_said(feed: Feed) -> None:
    feed.post(feed.row(order_number="1"), dryRun=False)
    feed.post(feed.row(order_number="2"))
    assert kept()["ManufacturingOrderVersion"] == 5


def test_a_dry_run_under_a_key_is_another_request_than_the_real_one(feed: Feed) -> None:
    assert feed.post(dryRun=True, headers={"idempotency_key": "k"}).status == 200
    assert feed.post(headers={"idempotency_key": "k"}).status == 422
