"""Keeping a batch: what is stored, which heads move, and what the sender is told of each row."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from factoryos.kernel import wakeup
from factoryos.kernel.models import Factory
from factoryos.kernel.transactions import whole
from orders.ingest import store
from orders.ingest.heads import PROJECTION
from orders.ingest.rows import Stored
from orders.models import IngestHead, IngestRequest, ManufacturingOrderVersion
from tests import floor
from tests.orders.ingest.stated import at, keep, receipt, stated, the_head, the_version

pytestmark = pytest.mark.django_db(transaction=True)

HEADS = "SELECT id, xmin::text, ctid::text, t::text FROM orders_ingesthead AS t ORDER BY id"
VERSIONS = "SELECT xmin::text, ctid::text, t::text FROM orders_manufacturingorderversion AS t ORDER BY t::text"
REQUESTS = "SELECT xmin::text, t::text FROM orders_ingestrequest AS t ORDER BY id"


@pytest.fixture
def factory() -> Factory:
    return floor.a_factory()


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    calls: list[str] = []
    monkeypatch.setattr(wakeup, "ring", calls.append)
    yield calls


def every_byte() -> list[Any]:
    """All that is stored, and by which transaction each row was last written."""
    with connection.cursor() as cursor:
        found = []
        for query in (HEADS, VERSIONS, REQUESTS):
            cursor.execute(query)
            found.append(cursor.fetchall())
    return found


def settle(state: str = "done", **facts: Any) -> None:
    """As the projection leaves a head."""
    due = timezone.now() if state == "failed" else None
    IngestHead.objects.update(**{"state": state, "due_at": due, "reason": "so", "attempts": 3} | facts)


def test_a_row_becomes_a_version_a_head_and_the_request_that_sent_it(factory: Factory, rung: list[str]) -> None:
    under = receipt(factory)
    assert whole(lambda: store.keep([stated(factory)], receipt=under)) == Stored(changed=1)
    version, head, request = the_version(), the_head(), IngestRequest.objects.get()
    assert (version.order_number, version.ordered_units, version.actual_end_date) == ("MO-2025-001", 500, None)
    assert f"{version.updated_at:%Y-%m-%d %H:%M:%S %z}" == "2025-01-12 12:00:00 +0000"
    assert (version.request_id, version.received_at) == (under.request_id, under.received_at)
    assert (head.updated_at, head.content, head.revision, head.state) == (
        version.updated_at, version.content, 1, "pending",
    )  # fmt: skip
    assert head.due_at is not None and (head.projected_revision, head.booked_revision, head.order_id) == (0, 0, None)
    assert (request.id, request.actor_name, request.operation_type) == (under.request_id, under.by.name, "UPSERT")
    assert request.received_at == under.received_at
    assert rung == ["dialects.tasks.project_statements"]


@pytest.mark.parametrize("append", [False, True])
def test_the_same_again_changes_no_byte_and_wakes_nobody(factory: Factory, rung: list[str], append: bool) -> None:
    rows = [stated(factory, order_number=f"MO-{n}", updated_at=at(hour)) for n in range(3) for hour in (8, 9)]
    keep(factory, *rows)
    settle()
    before = every_byte()
    rung.clear()
    told = keep(factory, *rows, append=append)
    assert told == Stored(changed=0, unchanged=[0, 1, 2, 3, 4, 5])
    assert (every_byte(), rung) == (before, [])


def test_of_a_batch_only_the_rows_that_say_something_else_are_written(factory: Factory, rung: list[str]) -> None:
    rows = [stated(factory, order_number=f"MO-{n}") for n in range(40)]
    keep(factory, *rows)
    settle()
    heads, versions, _ = every_byte()
    rung.clear()
    changed = [row._replace(produced_units=101) if n % 3 == 0 else row for n, row in enumerate(rows)]
    told = keep(factory, *reversed(changed))
    assert told == Stored(changed=14, unchanged=[39 - n for n in reversed(range(40)) if n % 3])
    now = every_byte()
    assert [before == after for before, after in zip(heads, now[0], strict=True)].count(False) == 14
    assert len(set(versions) - set(now[1])) == 14
    assert set(IngestHead.objects.filter(state="pending").values_list("order_number", flat=True)) == {
        f"MO-{n}" for n in range(0, 40, 3)
    }
    assert rung == [PROJECTION]


def test_an_overwritten_version_is_another_as_a_whole(factory: Factory) -> None:
    keep(factory, stated(factory))
    first = the_version()
    assert keep(factory, stated(factory, produced_units=None, status=None, source_id="LINE-2")) == Stored(changed=1)
    version = the_version()
    assert (version.produced_units, version.status, version.source_id) == (None, None, "LINE-2")
    assert version.content != first.content and version.request_id != first.request_id
    assert version.received_at > first.received_at
    assert (the_head().content, the_head().revision) == (version.content, 2)


@pytest.mark.parametrize("facts", [
    {"source_id": "L"}, {"ordered_at": at(1)}, {"ordered_units": 501}, {"expected_start_date": at(1)},
    {"expected_end_date": at(1)}, {"actual_start_date": None}, {"actual_end_date": at(1)}, {"produced_units": 0},
    {"produced_units": None}, {"status": "In_progress"}, {"status": None},
])  # fmt: skip
def test_each_column_that_is_not_key_is_content(factory: Factory, facts: dict[str, Any]) -> None:
    keep(factory, stated(factory))
    assert keep(factory, stated(factory, **facts)) == Stored(changed=1)


@pytest.mark.parametrize("state", ["done", "waiting", "conflict", "skipped", "failed"])
def test_a_newer_statement_is_looked_at_whatever_became_of_the_one_before(factory: Factory, state: str) -> None:
    keep(factory, stated(factory, updated_at=at(8)))
    settle(state, projected_revision=1, booked_revision=1, due_at=timezone.now() + timedelta(hours=1))
    keep(factory, stated(factory, updated_at=at(9)))
    head = the_head()
    assert (head.state, head.reason, head.attempts, head.revision) == ("pending", None, 0, 2)
    assert (head.projected_revision, head.booked_revision) == (1, 1)
    assert head.due_at is not None and head.due_at <= timezone.now()


def test_what_changes_and_changes_back_is_a_revision_each_time(factory: Factory) -> None:
    contents = []
    for revision, produced in enumerate((100, 200, 100), start=1):
        keep(factory, stated(factory, produced_units=produced))
        assert the_head().revision == revision
        contents.append(the_head().content)
    assert contents[0] == contents[2] != contents[1]


def test_one_that_waits_keeps_its_place_and_no_index_is_written(factory: Factory) -> None:
    keep(factory, stated(factory, updated_at=at(8)))
    first = the_head()
    with transaction.atomic(), connection.cursor() as cursor:
        store.keep([stated(factory, updated_at=at(9))], receipt=receipt(factory))
        cursor.execute("SELECT pg_stat_get_xact_tuples_hot_updated('orders_ingesthead'::regclass)")
        assert cursor.fetchone() == (1,)
    assert (the_head().due_at, the_head().changed_at) == (first.due_at, first.changed_at)


def test_one_that_had_its_turn_waits_from_now_on(factory: Factory) -> None:
    keep(factory, stated(factory, updated_at=at(8)))
    first = the_head()
    settle()
    keep(factory, stated(factory, updated_at=at(9)))
    assert the_head().changed_at > first.changed_at
    assert the_head().due_at == the_head().changed_at


def test_a_late_row_is_history_and_its_head_stays(factory: Factory, rung: list[str]) -> None:
    keep(factory, stated(factory, updated_at=at(12)))
    heads = every_byte()[0]
    rung.clear()
    assert keep(factory, stated(factory, updated_at=at(10))) == Stored(changed=1, older=[0])
    assert ManufacturingOrderVersion.objects.count() == 2
    assert (every_byte()[0], rung) == (heads, [])


def test_older_is_older_than_before_this_batch_not_than_its_neighbours(factory: Factory) -> None:
    keep(factory, stated(factory, updated_at=at(10)), stated(factory, order_number="MO-2", updated_at=at(10)))
    told = keep(
        factory,
        stated(factory, updated_at=at(12)),
        stated(factory, updated_at=at(11)),
        stated(factory, updated_at=at(9)),  # older
        stated(factory, order_number="MO-2", updated_at=at(9)),  # older
        stated(factory, order_number="MO-2", updated_at=at(10)),  # as stored
        stated(factory, order_number="MO-2", updated_at=at(8)),  # older
        stated(factory, order_number="MO-3", updated_at=at(9)),
        stated(factory, order_number="MO-3", updated_at=at(8)),
    )
    assert told == Stored(changed=7, unchanged=[4], older=[2, 3, 5])
    assert the_head(order_number="MO-2025-001").updated_at == the_version(updated_at="2025-01-12 12:00Z").updated_at


def test_of_one_key_twice_the_last_wins(factory: Factory) -> None:
    told = keep(factory, *(stated(factory, produced_units=produced) for produced in (1, 2, 3)))
    assert told == Stored(changed=1, superseded=[0, 1])
    assert (the_version().produced_units, the_head().revision) == (3, 1)
    told = keep(factory, *(stated(factory, produced_units=produced) for produced in (4, 3)))
    assert told == Stored(superseded=[0], unchanged=[1])


def test_keys_are_compared_byte_for_byte(factory: Factory) -> None:
    numbers = ["a", "A", "a ", "ä", "a\u0308", "a\\", "\\.", "\\N", "N", "a\\tb", "名", "𝒳"]
    assert keep(factory, *(stated(factory, order_number=number) for number in numbers)) == Stored(changed=len(numbers))
    assert set(ManufacturingOrderVersion.objects.values_list("order_number", flat=True)) == set(numbers)
    assert set(IngestHead.objects.values_list("order_number", flat=True)) == set(numbers)


def test_each_factory_has_versions_of_its_own(factory: Factory) -> None:
    other = floor.a_factory()
    assert keep(factory, stated(factory), stated(other, produced_units=7)) == Stored(changed=2)
    assert keep(factory, stated(other, updated_at=at(11))) == Stored(changed=1, older=[0])
    assert the_head(factory=factory).content != the_head(factory=other).content
    assert keep(factory, stated(floor.a_factory(), updated_at=at(11))) == Stored(changed=1)


def test_nothing_is_no_request(factory: Factory) -> None:
    assert keep(factory) == Stored()
    assert not IngestRequest.objects.exists()


def test_outside_of_a_transaction_it_is_refused(factory: Factory) -> None:
    with pytest.raises(TransactionManagementError):
        store.keep([stated(factory)], receipt=receipt(factory))
    assert not ManufacturingOrderVersion.objects.exists()
