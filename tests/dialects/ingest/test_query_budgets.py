"""How many queries each call costs, compared exactly with the reviewed call_counts.json here; rows add none.

After a change that is meant: FACTORYOS_WRITE_QUERY_COUNTS=1 pytest tests/dialects/ingest/test_query_budgets.py, and review
the diff.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.kernel.models import Membership
from tests.callers import a_member
from tests.calls import Reply
from tests.dialects.ingest.feed import Feed, a_token

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("call_counts.json")
WRITE = "FACTORYOS_WRITE_QUERY_COUNTS"


class Stating:
    """A feed that states so many orders at once, each call another day."""

    def __init__(self, size: int) -> None:
        self.feed, self.size = Feed(), size

    def rows(self, day: int, **columns: Any) -> list[Any]:
        facts = {"updated_at": f"2025-01-{day:02} 08:00:00"} | columns
        return [self.feed.row(order_number=f"MO-{number}", **facts) for number in range(self.size)]

    def bad(self) -> list[Any]:
        return [{"order_number": number} for number in range(self.size)]


def _both(stating: Stating) -> Reply:
    return stating.feed.post(*stating.rows(11), *stating.bad())


# In this order, of one feed.
CALLS: dict[str, Callable[[Stating], Reply]] = {
    "new orders": lambda stating: stating.feed.post(*stating.rows(10)),
    "the same again": lambda stating: stating.feed.post(*stating.rows(10)),
    "newer versions and bad rows": _both,
    "overwritten": lambda stating: stating.feed.post(*stating.rows(11, source_id="b")),
    "older versions": lambda stating: stating.feed.post(*stating.rows(9)),
    "append": lambda stating: stating.feed.post(*stating.rows(12), operationType="APPEND"),
    "append, other content": lambda stating: stating.feed.post(
        *stating.rows(12, source_id="c"), operationType="APPEND"
    ),
    "dry run": lambda stating: stating.feed.post(*stating.rows(13), *stating.bad(), dryRun=True),
    "under a key": lambda stating: stating.feed.post(*stating.rows(14), headers={"idempotency_key": "k"}),
    "under the key again": lambda stating: stating.feed.post(*stating.rows(14), headers={"idempotency_key": "k"}),
    "only bad rows": lambda stating: stating.feed.post(*stating.bad()),
    "read an order": lambda stating: stating.feed.read("MO-0"),
    "read failed rows": lambda stating: stating.feed.failed("?code=DI_E_20002"),
}


def costs(size: int) -> dict[str, int]:
    stating = Stating(size)
    stating.feed.failed()  # when the token was last used is known now
    found = {}
    for name, call in CALLS.items():
        with CaptureQueriesContext(connection) as captured:
            reply = call(stating)
        assert reply.status == 200, reply.content
        found[name] = len(captured)
    return found


def test_calls_cost_what_the_reviewed_file_says() -> None:
    costs(1)  # what a connection asks only once is asked
    found = costs(2)
    if os.environ.get(WRITE):
        FILE.write_text(json.dumps(found, indent=2) + "\n")
    assert found == json.loads(FILE.read_text())


def test_rows_add_no_queries() -> None:
    costs(1)
    assert costs(200) == json.loads(FILE.read_text())


def test_a_person_s_factories_add_one_count_each() -> None:
    feed = Feed()
    person = a_member(feed.factory, "planner")
    mine = feed.as_(a_token(None, user=person))
    mine.failed()

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert mine.failed().status == 200
        return len(captured)

    alone = cost()
    for _ in range(3):
        Membership.objects.create(user=person, factory=Feed().factory, roles=["planner"])
    assert cost() == alone + 3
