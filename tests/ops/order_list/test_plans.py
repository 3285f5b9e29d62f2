"""With many orders and another factory beside, PostgreSQL answers every sort and filter of the list from an index."""

import re
from typing import Any

import pytest
from django.db import connection

from factoryos.ops.order_list.filters import matching
from orders import listing
from orders.listing import SORTS, Position
from tests.ops.order_list.reader import Reader

MANY = 20_000
WHOLE_SORT = re.compile(r"(?<!Incremental )Sort  \(")  # an incremental one sorts within ties of the index alone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def fill(reader: Reader, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO orders_productionorder (uuid, factory_id, reference, origin, item_id, state, version, open_holds,
                priority, over_production, quantity_target, quantity_good, quantity_rejected, customer_name, batch_number,
                planned_end, updated_at, created_at, created_by_id, created_by_name, chain_head, sealed_version)
            SELECT gen_random_uuid(), %s, 'PO-' || lpad(n::text, 6, '0'), 'factory', %s,
                (ARRAY['draft', 'submitted', 'approved', 'scheduled', 'cancelled'])[1 + n %% 5], 1, 0,
                (ARRAY['standard', 'standard', 'rush', 'hold'])[1 + n %% 4], 'unlimited', 1000, 0, 0,
                CASE WHEN n %% 9 > 0 THEN 'Customer ' || n %% 300 END, 'B' || n %% 500,
                CASE WHEN n %% 11 > 0 THEN now() + n * interval '1 minute' END, now() - n %% 7000 * interval '1 minute',
                now() - (20000 - n) * interval '10 minutes', 'test', 'Test', '', 1
            FROM generate_series(1, %s) AS n
            """,
            [reader.factory.pk, reader.item.pk, number],
        )


@pytest.fixture
def reader() -> Reader:
    made = Reader()
    fill(made, MANY)
    fill(Reader(), MANY // 4)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_productionorder")
    return made


def statements(found: Any, sort: str, start: Position | None = None) -> list[str]:
    """The plans of what a page of 50 asks."""
    plans: list[str] = []

    def explained(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "orders_productionorder" in sql and sql.startswith("SELECT") and not many:
            execute(f"EXPLAIN {sql}", parameters, many, context)
            plans.append("\n".join(row[0] for row in context["cursor"].fetchall()))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explained), listing.planned_afresh():
        listing.walk(found, sort=SORTS[sort], start=start, limit=51)
    assert plans
    return plans


def test_every_sort_is_read_from_an_index_first_page_and_deep(reader: Reader) -> None:
    everything = matching("", by=reader.by)
    for sort in SORTS:
        deep = listing.walk(everything, sort=SORTS[sort], limit=5000)[-1]
        for start in (None, deep):
            for plan in statements(everything, sort, start):
                assert "Seq Scan" not in plan, (sort, plan)
                assert not WHOLE_SORT.search(plan), (sort, plan)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("status=draft", "order_by_state"),
        ("customer=customer+171", "order_by_customer"),
        ("customer=nobody", "order_by_customer"),
        ("q=PO-000123", "productionorder_pkey"),
        ("q=nothing+like+this", "Index Scan"),
        ("from=2020-01-01&to=2020-01-31", "order_by_due"),
    ],
)
def test_filters_that_find_few_are_read_from_their_index(reader: Reader, query: str, index: str) -> None:
    for plan in statements(matching(query, by=reader.by), "newest"):
        assert "Seq Scan" not in plan, plan
        assert index in plan, plan


def test_a_search_looks_into_every_place_through_its_index(reader: Reader) -> None:
    plans: list[str] = []

    def explained(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "UNION ALL" in sql:
            execute(f"EXPLAIN {sql}", parameters, many, context)
            plans.append("\n".join(row[0] for row in context["cursor"].fetchall()))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explained):
        matching("q=nothing+like+this", by=reader.by)
    (plan,) = plans
    for index in (
        "order_reference_once",
        "order_by_reference_end",
        "order_by_batch",
        "order_by_customer",
        "order_by_item",
    ):
        assert index in plan, plan
    assert "Seq Scan on orders_productionorder" not in plan, plan
