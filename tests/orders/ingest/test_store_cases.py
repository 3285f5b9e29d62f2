"""Keeping a batch: inserting only, trying it out, rows that failed, and what the database is asked for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from factoryos.kernel import wakeup
from factoryos.kernel.models import Factory
from orders.ingest import store
from orders.ingest.heads import PROJECTION
from orders.ingest.rows import FailedRow, StatedRow, Stored
from orders.models import IngestFailedRow, IngestHead, IngestRequest, ManufacturingOrderVersion
from tests import floor
from tests.orders.ingest.stated import at, fail, keep, numbered, receipt, stated, the_head, the_version

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def factory() -> Factory:
    return floor.a_factory()


def test_append_inserts_and_never_overwrites(factory: Factory) -> None:
    keep(factory, stated(factory, updated_at=at(8)))
    first = the_version()
    told = keep(
        factory,
        stated(factory, updated_at=at(8)),  # as stored
        stated(factory, updated_at=at(8), produced_units=7),
        stated(factory, updated_at=at(7)),  # new, and late
        stated(factory, updated_at=at(9)),  # new
        stated(factory, updated_at=at(9)),  # as the one before
        stated(factory, updated_at=at(9), produced_units=7),
        append=True,
    )
    assert told == Stored(changed=2, unchanged=[0, 4], older=[2], conflicts=[1, 5])
    assert the_version(updated_at=first.updated_at).request_id == first.request_id
    assert set(ManufacturingOrderVersion.objects.values_list("produced_units", flat=True)) == {100}
    assert (the_head().revision, IngestRequest.objects.filter(operation_type="APPEND").count()) == (2, 1)


def test_append_judges_later_rows_of_a_key_by_what_is_stored_not_by_the_first_of_them(factory: Factory) -> None:
    keep(factory, stated(factory, produced_units=1))
    rows = [stated(factory, produced_units=produced) for produced in (2, 1, 2)]
    assert keep(factory, *rows, append=True) == Stored(unchanged=[1], conflicts=[0, 2])
    assert IngestRequest.objects.count() == 1, "nothing was stored of the second"


def a_history(factory: Factory) -> None:
    keep(factory, *(stated(factory, order_number=f"MO-{n}", updated_at=at(10)) for n in range(6)))


def a_mixture(factory: Factory) -> list[StatedRow]:
    return [
        stated(factory, order_number="MO-0", updated_at=at(10)),  # as stored
        stated(factory, order_number="MO-1", updated_at=at(10), produced_units=7),  # overwritten
        stated(factory, order_number="MO-2", updated_at=at(9)),  # late
        stated(factory, order_number="MO-3", updated_at=at(11)),  # newer
        stated(factory, order_number="MO-3", updated_at=at(9)),  # late, beside a newer one
        stated(factory, order_number="MO-4", updated_at=at(11), produced_units=7),
        stated(factory, order_number="MO-4", updated_at=at(11), produced_units=8),  # the same key again
        stated(factory, order_number="MO-4", updated_at=at(11), produced_units=7),
        stated(factory, order_number="MO-9"),  # a new order
        stated(factory, order_number="MO-5", updated_at=at(10), produced_units=7),
        stated(factory, order_number="MO-5", updated_at=at(10)),
    ]


@pytest.mark.parametrize("append", [False, True])
def test_trying_it_out_tells_the_same_and_writes_nothing(
    factory: Factory, append: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_history(factory)
    rung: list[Any] = []
    monkeypatch.setattr(wakeup, "ring", rung.append)
    rows = a_mixture(factory)
    before = sizes()
    foretold = keep(factory, *rows, append=append, dry_run=True)
    assert (sizes(), rung) == (before, [])
    assert foretold == keep(factory, *rows, append=append)
    assert sizes() != before and rung == [PROJECTION]
    if append:
        assert foretold == Stored(changed=5, unchanged=[0, 7, 10], older=[2, 4], conflicts=[1, 6, 9])
    else:
        assert foretold == Stored(changed=6, superseded=[5, 6, 9], unchanged=[0, 10], older=[2, 4])


def sizes() -> tuple[int, ...]:
    tables = (ManufacturingOrderVersion, IngestHead, IngestRequest, IngestFailedRow)
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(hashtext(t::text)::bigint), 0) FROM orders_manufacturingorderversion AS t")
        digest = int(cursor.fetchone()[0])
    return digest, *(table.objects.count() for table in tables)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text", ["\\", "\\.", "\\N", "\\t", "a\\\\b", " ", "'", '"', "{}", "%s", "ä名𝒳", "\u2028", "x" * 255]
)
def test_texts_are_kept_as_they_were_sent(factory: Factory, text: str) -> None:
    row = stated(factory, order_number=text, product_id=text, source_id=text, status=text)
    assert keep(factory, row) == Stored(changed=1)
    version = the_version()
    assert (version.order_number, version.product_id, version.source_id, version.status) == (text,) * 4
    assert (the_head().order_number, the_head().product_id) == (text, text)
    assert keep(factory, row) == Stored(unchanged=[0])


def test_no_text_is_not_an_empty_one(factory: Factory) -> None:
    keep(factory, stated(factory, status=""))
    assert the_version().status == ""
    assert keep(factory, stated(factory, status=None)) == Stored(changed=1)
    assert keep(factory, stated(factory, status="\\N")) == Stored(changed=1)
    assert the_version().status == "\\N"


def test_the_ends_of_time_and_of_whole_numbers(factory: Factory) -> None:
    ends = {"updated_at": "9999-12-31 23:59:59", "ordered_at": "0001-01-01 00:00:00", "ordered_units": 2**63 - 1,
            "produced_units": 2**53 + 1}  # fmt: skip
    assert keep(factory, stated(factory, **ends)) == Stored(changed=1)
    version = the_version()
    assert (version.ordered_units, version.produced_units) == (2**63 - 1, 2**53 + 1)
    assert (version.updated_at.year, version.ordered_at.year, version.ordered_at.hour) == (9999, 1, 0)


def test_instants_are_utc_whatever_the_session_thinks(factory: Factory) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TimeZone = 'Asia/Tokyo'")
        store.keep([stated(factory)], receipt=receipt(factory))
    assert f"{the_version().updated_at:%H:%M %z}" == "12:00 +0000"


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that run within, COPY included, which Django does not see."""
    seen: list[str] = []
    copy = psycopg.Cursor.copy

    def watched(self: Any, statement: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(str(statement))
        return copy(self, statement, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch, CaptureQueriesContext(connection) as queries:
        patch.setattr(psycopg.Cursor, "copy", watched)
        yield seen
    seen.extend(query["sql"] for query in queries)


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("dry_run", [False, True])
def test_thousands_of_rows_take_as_many_statements_as_a_handful(factory: Factory, append: bool, dry_run: bool) -> None:
    counts = []
    for batch, orders in enumerate((6, 400)):
        before = [stated(factory, order_number=f"MO-{batch}-{n}", updated_at=at(10)) for n in range(orders)]
        keep(factory, *before)
        rows = [
            row
            for n, one in enumerate(before)
            for row in (one._replace(updated_at=at(n % 5 + 8)), one._replace(updated_at=at(12)), one)
        ]
        with counted() as seen:
            told = keep(factory, *rows, append=append, dry_run=dry_run)
        assert told.changed and told.unchanged and told.older
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


def test_batches_in_one_transaction_do_not_mix(factory: Factory) -> None:
    others = [stated(factory, order_number=f"MO-{n}") for n in range(3)]
    with transaction.atomic():
        told = [
            store.keep(numbered(*rows), receipt=receipt(factory))
            for rows in (
                [*others, stated(factory, updated_at=at(8))],
                [stated(factory, updated_at=at(9))],
                [stated(factory, updated_at=at(8))],
                [stated(factory, updated_at=at(8), produced_units=7)],
            )
        ]
    assert told == [Stored(changed=4), Stored(changed=1), Stored(unchanged=[0]), Stored(changed=1, older=[0])]
    assert (the_head(order_number="MO-2025-001").revision, IngestRequest.objects.count()) == (2, 3)


def test_a_transaction_that_is_rolled_back_takes_all_along_and_the_next_one_works(factory: Factory) -> None:
    connection.close()  # the next one has staged nothing yet
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            store.keep([stated(factory)], receipt=receipt(factory))
            raise ZeroDivisionError
        assert sizes() == (0, 0, 0, 0, 0)
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # to a savepoint
            store.keep([stated(factory)], receipt=receipt(factory))
            raise ZeroDivisionError
        assert store.keep([stated(factory)], receipt=receipt(factory)) == Stored(changed=1)
    connection.close()
    assert keep(factory, stated(factory)) == Stored(unchanged=[0])


def a_failed_row(factory: Factory, place: int, **facts: Any) -> FailedRow:
    row: dict[str, Any] = {"location_id": "LOC-001", "row": '{"order_number": "a\\"b\\\\c"}', "errors": "[{}]",
                           "codes": ("DI_E_20003", "DI_E_20101")}  # fmt: skip
    return FailedRow(place, factory.pk, **row | facts)


def test_failed_rows_are_kept_with_the_request_that_sent_them(factory: Factory) -> None:
    rows = [
        a_failed_row(factory, 3),
        a_failed_row(factory, 5, location_id=None, row=None, codes=("DI_E_20001",)),
        a_failed_row(factory, 8, location_id='{"\\N,', codes=()),
    ]
    under = fail(factory, rows)
    kept = IngestFailedRow.objects.order_by("id")
    assert [
        FailedRow(one.index, one.factory_id, one.location_id, one.row, one.errors, tuple(one.codes)) for one in kept
    ] == rows
    assert {(one.request_id, one.received_at, one.operation_type) for one in kept} == {
        (under.request_id, under.received_at, "UPSERT")
    }
    assert IngestRequest.objects.get().id == under.request_id


def test_good_and_failed_rows_of_a_request_share_its_row(factory: Factory) -> None:
    under = receipt(factory)
    with transaction.atomic():
        store.keep([stated(factory)], receipt=under)
        store.keep_failed([a_failed_row(factory, 1)], receipt=under)
    with transaction.atomic():
        store.keep_failed([], receipt=receipt(factory))
    assert IngestRequest.objects.get().id == under.request_id


def test_many_failed_rows_are_one_statement(factory: Factory) -> None:
    rows = [a_failed_row(factory, place) for place in range(500)]
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        store.keep_failed(rows, receipt=receipt(factory))
    assert [query["sql"].split()[0] for query in queries if "ingest" in query["sql"]] == ["WITH"]
    assert IngestFailedRow.objects.count() == 500
