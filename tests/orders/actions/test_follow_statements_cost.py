"""follow_statements costs a few queries, however many statements, orders, products and factories there are in a call."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.statements import Followed, Statement
from tests import floor
from tests.stated import Sender

pytestmark = pytest.mark.django_db

# Savepoints aside. New: references, items, BOMs, ids, orders with all that happened, entries, facts.
NEW = 7
STUBS = 2  # making the items that are not there, and reading them
# Known: orders, what is known besides, lines, events, entries, facts, targets.
KNOWN = 7


def queries_for(sender: Sender, statements: list[Statement]) -> int:
    with CaptureQueriesContext(connection) as captured:
        outcomes = sender.follow(*statements)
    assert {one.result for one in outcomes} == {Followed.DONE}
    return sum("SAVEPOINT" not in query["sql"] and 'orders_ingesthead" SET' not in query["sql"] for query in captured)


@pytest.mark.parametrize("orders", [10, 200])
def test_new_orders_and_new_versions_cost_the_same_for_few_and_for_many(orders: int) -> None:
    sender = Sender(floor.a_factory(requires_verification=False))

    def stated(*, start: int = 0, **more: object) -> list[Statement]:
        return [sender.state(f"MO-{start + n}", f"PROD-{n % 20}", **more) for n in range(orders)]  # type: ignore[arg-type]

    assert queries_for(sender, stated(goal="in_production", made=5)) == NEW + STUBS
    assert queries_for(sender, stated(start=1000, goal="closed", made=5)) == NEW
    later = {"goal": "completed", "made": 9, "units": 600, "facts": {"status": "done"}}
    assert queries_for(sender, stated(**later)) == KNOWN
    assert queries_for(sender, stated(**later)) == 3  # nothing new is written
