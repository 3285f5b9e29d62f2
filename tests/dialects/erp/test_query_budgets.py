"""How many queries each call on orders costs, compared exactly with the reviewed query_counts.json here; rows add none.

After a change that is meant: FACTORYOS_WRITE_QUERY_COUNTS=1 pytest tests/dialects/erp/test_query_budgets.py, and review
the diff.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.states import State
from tests.calls import Reply
from tests.conformance.erp.plant import Plant, part

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("query_counts.json")
WRITE = "FACTORYOS_WRITE_QUERY_COUNTS"

LISTS = ("orders", "orders?status=confirmed,done&limit=100", "orders?sortBy=scheduledDate&from=2026-01-01", "orders?search=mo",
         "orders?page=99")  # fmt: skip


def queries(call: Callable[[], Reply]) -> int:
    """Statements of one call, savepoints aside: they are the test's own transaction, where a request has a real one."""
    with CaptureQueriesContext(connection) as captured:
        reply = call()
    assert reply.status in {200, 201}, reply.content
    return sum("SAVEPOINT" not in query["sql"] for query in captured)


def of_a_life(plant: Plant) -> dict[str, int]:
    """One order from its making to its end, counted call by call; another one is cancelled."""
    some, path, other = plant.admin, plant.order(), plant.order(State.SCHEDULED)
    works = f"{path}/work-orders"
    steps: list[tuple[str, Callable[[], Reply]]] = [
        ("create", lambda: some.post("orders", plant.wanted())),
        ("create without a BOM named", lambda: some.post("orders", plant.wanted(bomId=None))),
        ("get", lambda: some.get(path)),
        ("confirm", lambda: some.post(f"{path}/confirm")),
        ("work order: start, and production with it", lambda: some.post(f"{works}/wo_001/start")),
        ("work order: done", lambda: some.post(f"{works}/wo_001/done")),
        ("work orders", lambda: some.get(works)),
        ("produce", lambda: some.post(f"{path}/produce", {"qty": 5})),
        ("produce into a lot", lambda: some.post(f"{path}/produce", {"qty": 5, "lotNumber": "L"})),
        ("productions", lambda: some.get(f"{path}/productions")),
        ("get when it runs", lambda: some.get(path)),
        ("close", lambda: some.post(f"{path}/close")),
        ("produce, and start", lambda: some.post(f"{other}/produce", {"qty": 5})),
        ("cancel", lambda: some.post(f"{other}/cancel")),
    ]
    return {name: queries(call) for name, call in steps}


def of_lists(plant: Plant) -> dict[str, int]:
    return {f"list {path}": queries(lambda path=path: plant.admin.get(path)) for path in LISTS}  # type: ignore[misc]


def test_every_call_costs_what_was_reviewed() -> None:
    plant = Plant()
    plant.admin.get("orders")  # what a process asks only once is asked
    counted = of_a_life(plant) | of_lists(plant)
    if os.environ.get(WRITE):
        FILE.write_text(json.dumps(counted, indent=2) + "\n")
    assert counted == json.loads(FILE.read_text())


def test_one_order_is_one_query_however_much_hangs_on_it() -> None:
    """Beside the credential's and the look-up of the id."""
    plant = Plant()
    parts = [plant.item(f"PART-{number}") for number in range(30)]
    bom = plant.bom(components=[part(item, 1) for item in parts])
    path = plant.order(quantity=5)
    few = queries(lambda: plant.admin.get(path))
    many = plant.order(bomId=bom["id"])
    plant.do("schedule", many)
    for number in range(10):
        plant.admin.post(f"{many}/produce", {"qty": 1, "lotNumber": f"L-{number}"})
    assert len(plant.admin.get(many)["components"]) == 30
    assert len(plant.admin.get(many)["lots"]) == 10
    assert queries(lambda: plant.admin.get(many)) == few


def test_a_page_of_twenty_costs_what_a_page_of_two_costs() -> None:
    plant = Plant()
    plant.admin.get("orders")
    for _ in range(2):
        plant.order(scheduledDate="2026-03-20T06:00:00Z")
    two = of_lists(plant)
    for _ in range(18):
        plant.order(scheduledDate="2026-03-20T06:00:00Z")
    assert of_lists(plant) == two
