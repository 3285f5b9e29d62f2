"""How many queries each reading call costs, compared exactly with the reviewed query_counts.json here; rows add none.

After a change that is meant: FACTORYOS_WRITE_QUERY_COUNTS=1 pytest tests/dialects/store/test_read_budgets.py, and review
the diff.
"""

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from manufacturing.models import Supplier
from manufacturing.purchasing import Wanted, order_goods
from tests import floor, stores
from tests.dialects.store.reading import counted, day, made, started
from tests.dialects.store.workshop import Workshop, a_workshop

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("query_counts.json")
WRITE = "FACTORYOS_WRITE_QUERY_COUNTS"

# `{order}` and `{customer_order}` stand for ids.
READS = (
    "", "production_orders_state?query=cap", "production_orders_state?page=99", "state/0", "state/0?limit=1",
    "state/0?page=99", "state/0?from=1&to=9999999999999&sort_column=end_date", "article/CAP-28/BLUE",
    "article/NOWHERE", "article/CAP-28/BLUE?page=99", "customer_order/{customer_order}", "pr_ref/next_id", "{order}",
    "{order}/batch",
    "{order}/batch?article_id=CAP-28/BLUE", "{order}/products/flat", "{order}/products/flat?query=resin&supplier=x",
    "/v1/customer_orders", "/v1/customer_orders/{customer_order}", "/v1/customer_orders/external/WEB-5512",
)  # fmt: skip


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(built: Workshop, db: None) -> Workshop:
    return built


def queries(shop: Workshop, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        reply = shop.admin.get(path)
    assert reply.status == 200, reply.content
    return len(captured)


def costs(shop: Workshop, order_id: int) -> dict[str, int]:
    known = {"order": order_id, "customer_order": shop.customer_order}
    return {path: queries(shop, path.format_map(known)) for path in READS}


def an_order(shop: Workshop) -> Any:
    """An order of two lines with facts, made for the customer, running; something was made of it."""
    order = made(
        shop, (shop.cap, 500), (shop.shell, 3), customer_order_id=shop.customer_order, facts={"name": "Blue caps"}
    )
    started(shop, order)
    counted(shop, order, 1, sku="CAP-28/BLUE", lot_number="B-1")
    return order


def test_every_read_costs_what_was_reviewed(shop: Workshop) -> None:
    made(shop, planned_start=day(1), planned_end=day(2))
    order = an_order(shop)
    shop.admin.get("")  # what a process asks only once is asked
    counts = costs(shop, order.pk)
    if os.environ.get(WRITE):
        FILE.write_text(json.dumps(counts, indent=2) + "\n")
    assert counts == json.loads(FILE.read_text())


def test_more_orders_lines_parts_batches_and_purchases_cost_no_more(shop: Workshop) -> None:
    made(shop, planned_start=day(1), planned_end=day(2))
    order = an_order(shop)
    shop.admin.get("")
    before = costs(shop, order.pk)

    supplier = Supplier.objects.create(factory=shop.factory, name="x")
    wide, parts = (
        shop.item("WIDE", "Wide"),
        [shop.item(f"PART-{number}", "Part", supplier=supplier) for number in range(20)],
    )
    for part in parts[:5]:
        stores.a_bom(shop.actor, part, {shop.resin: 1, shop.shell: 2})
    stores.a_bom(shop.actor, wide, dict.fromkeys(parts, 1))
    lines = [Wanted(part, Decimal(5)) for part in [*parts, shop.resin]]
    for number in range(3):
        floor.done(order_goods, by=shop.actor, supplier=supplier, reference=f"P-{number}", lines=lines)
    many = made(
        shop, (shop.cap, 9), (wide, 9), (shop.liner, 9), customer_order_id=shop.customer_order, facts={"name": "x"}
    )
    started(shop, many)
    for number in range(10):
        counted(shop, many, 1, sku="WIDE", lot_number=f"B-{number}")
    for number in range(8):
        made(shop, (wide, 5), (shop.cap, 5), planned_start=day(1 + number), planned_end=day(9), facts={"name": "y"})
        an_order(shop)
        shop.ordered((shop.cap, "", 1), (shop.resin, "", 1))
    assert len(shop.admin.get(f"{many.pk}/products/flat")["articles"]) == 17
    assert costs(shop, many.pk) == before
