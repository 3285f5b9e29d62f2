"""How many queries each page of the order list costs, compared with the reviewed tests/ops/query_counts.json.

After a change that is meant: FACTORYOS_WRITE_QUERY_COUNTS=1 pytest tests/ops/test_query_budgets.py, and review the diff.
"""

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.ops.models import SavedView
from tests import floor
from tests.ops.order_list.reader import Reader, link

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("query_counts.json")
WRITE = "FACTORYOS_WRITE_QUERY_COUNTS"
MOST = 12  # of any page, by the console's budget

PAGES = (
    "all=1", "sort=due", "sort=customer", "sort=priority", "status=draft", "priority=rush", "customer=acme", "hold=open",
    "machine=M", "product=P", "from=2026-01-01&to=2026-12-31", "q=acme", "q=nothing-like-it", "status=nonsense",
    "status=draft&q=acme&machine=M&sort=due",
)  # fmt: skip


def queries(reader: Reader, query: str, *, fragment: bool) -> int:
    headers = {"HX-Request": "true"} if fragment else {}
    with CaptureQueriesContext(connection) as captured:
        reader.client.get(f"/ops/orders?{query}", headers=headers)
        return sum("SAVEPOINT" not in each["sql"] for each in captured.captured_queries)


def counted(reader: Reader) -> dict[str, int]:
    pages = {f"{name} {query}": queries(reader, query, fragment=name == "region")
             for query in PAGES for name in ("page", "region")}  # fmt: skip
    deep = link(reader.get().content.decode(), "page-next")
    if deep is not None:
        pages["page after"] = queries(reader, deep.partition("?")[2], fragment=False)
    return pages


def a_reader() -> Reader:
    reader = Reader()
    floor.a_machine(reader.factory, code="M")
    floor.an_item(reader.factory, sku="P")
    SavedView.objects.create(factory=reader.factory, owner=reader.user, name="Mine", query="status=draft")
    reader.get()  # what a session asks only once is asked
    return reader


def test_every_page_costs_what_was_reviewed_and_no_more_than_the_budget() -> None:
    reader = a_reader()
    reader.several(60, state="draft", customer_name="Acme")
    counts = counted(reader)
    if os.environ.get(WRITE):
        FILE.write_text(json.dumps(counts, indent=2) + "\n")
    assert max(counts.values()) <= MOST, counts
    assert counts == json.loads(FILE.read_text())


def test_two_hundred_and_fifty_orders_cost_what_sixty_cost() -> None:
    reader = a_reader()
    reader.several(60, state="draft", customer_name="Acme")
    few = counted(reader)
    reader.several(190, state="draft", customer_name="Acme", priority="standard")
    assert counted(reader) == few
