"""How many queries each changing call costs, compared exactly with the reviewed write_counts.json here; other lines add none.

After a change that is meant: FACTORYOS_WRITE_QUERY_COUNTS=1 pytest tests/dialects/store/test_write_budgets.py, and review
the diff.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.dialects.store.workshop import CAP, LINER, RESIN, RUN, SHELL, Workshop, a_workshop

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("write_counts.json")
WRITE = "FACTORYOS_WRITE_QUERY_COUNTS"

PARTS = [{"articleId": LINER, "batches": [{"batchId": "LN-77", "amount": 1}]}, {"articleId": SHELL, "amount": 1}]
# In this order, of one order; `{order}` and `{customer_order}` stand for ids.
CALLS: dict[str, tuple[str, str, Any]] = {
    "make an order": ("POST", "", {"customerOrderId": "{customer_order}"}),
    "make an order of a customer order": ("POST", "customer_order/{customer_order}", None),
    "make a customer order": ("POST", "/v1/customer_orders", {"rows": [{"articleId": CAP, "amount": 1}]}),
    "change the header": ("PUT", "{order}", {"name": "x", "workHours": 1}),
    "change nothing": ("PUT", "{order}", None),
    "add an article": ("POST", "{order}/article", {"articleId": RESIN, "amount": 1}),
    "remove an article": ("DELETE", "{order}/article/RESIN-PP", None),
    "start production": ("PUT", "{order}?startProduction=true", None),
    "bring an article to its values": ("PUT", "{order}/article", {"articleId": CAP, "amount": 90, "finished": 5, "status": 1}),
    "bring it there again": ("PUT", "{order}/article", {"articleId": CAP, "amount": 90, "finished": 5, "status": 1}),
    "book a run": ("PUT", f"{{order}}/{RUN}", {"amount": 1}),
    "book a traced run": ("PUT", f"{{order}}/{RUN}", {"amount": 1, "partTraceability": PARTS}),
    "finish": ("PUT", "{order}/finish", None),
}  # fmt: skip


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(made: Workshop, db: None) -> Workshop:
    return made


def costs(shop: Workshop, order_id: int) -> dict[str, int]:
    found = {}
    for name, (method, path, body) in CALLS.items():
        named = path.format(order=order_id, customer_order=shop.customer_order)
        if body and "customerOrderId" in body:
            body = {"customerOrderId": shop.customer_order}
        with CaptureQueriesContext(connection) as captured:
            reply = shop.admin.send(method, named, body)
        assert reply.status == 200, reply.content
        found[name] = len(captured)
    return found


def test_changes_cost_what_the_reviewed_file_says(shop: Workshop) -> None:
    shop.admin.get()
    found = costs(shop, shop.with_caps(100))
    if os.environ.get(WRITE):
        FILE.write_text(json.dumps(found, indent=2) + "\n")
    assert found == json.loads(FILE.read_text())


def test_other_lines_add_no_queries(shop: Workshop) -> None:
    shop.admin.get()
    order_id = shop.with_caps(100)
    for number in range(20):
        shop.item(f"OTHER-{number}", "Other")
        assert shop.admin.post(f"{order_id}/article", {"articleId": f"OTHER-{number}", "amount": 1}).status == 200
    assert costs(shop, order_id) == json.loads(FILE.read_text())
