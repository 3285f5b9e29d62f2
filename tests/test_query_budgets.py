"""How many queries each call costs, compared exactly with the reviewed tests/query_counts.json; rows add none.

After a change that is meant: FACTORYOS_WRITE_QUERY_COUNTS=1 pytest tests/test_query_budgets.py, and review the diff.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.dialects.base.fragments import Fragments
from factoryos.dialects.factory import order_reads
from orders import actions
from orders.specs import NewLine
from tests import floor, stores
from tests.calls import Plant, Reply

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("query_counts.json")
WRITE = "FACTORYOS_WRITE_QUERY_COUNTS"

NEW = {"productId": "CAP-28", "quantityTarget": 1000}
FINAL = {"quantityFinal": 1000, "quantityGood": 988, "quantityRejected": 12}


def queries(call: Callable[[], Reply]) -> int:
    """Statements of one call, savepoints aside: they are the test's own transaction, where a request has a real one.

    A list row that was shown before costs no query; here each is shown for the first time.
    """
    with pytest.MonkeyPatch.context() as patch, CaptureQueriesContext(connection) as captured:
        patch.setattr(order_reads, "_ROWS", Fragments(most=1000))
        reply = call()
    assert reply.status in {200, 201}, reply.content
    return sum("SAVEPOINT" not in query["sql"] for query in captured)


def of_a_life(plant: Plant) -> dict[str, int]:
    """One order through the guide, counted call by call."""
    plant.admin.get("production-orders")  # what a process asks only once is asked
    stores.delivered(plant.actor, plant.item, 1)  # the first piece in stock makes the store and its place there
    path = plant.order()
    plant.order("in_production", machine="CNC-002")
    some = plant.admin
    steps: list[tuple[str, Callable[[], Reply]]] = [
        ("create", lambda: some.post("production-orders", NEW)),
        ("create with a key", lambda: some.post("production-orders", NEW, idempotency_key="k")),
        ("create replayed", lambda: some.post("production-orders", NEW, idempotency_key="k")),
        ("get", lambda: some.get(path)),
        ("amend", lambda: some.patch(path, {"notes": "n"})),
        ("schedule", lambda: some.post(f"{path}/schedule", {"machineId": "PRESS-01"})),
        ("adjust-quantity", lambda: some.post(f"{path}/adjust-quantity", {"quantityTarget": 1001, "reason": "r"})),
        ("adjust-quantity preview", lambda: some.get(f"{path}/adjust-quantity/preview?quantityTarget=5")),
        ("transition: start", lambda: some.post(f"{path}/transition", {"toState": "in_production"})),
        ("log-quantity", lambda: some.post(f"{path}/log-quantity", {"quantityGood": 5})),
        ("transition: pause", lambda: some.post(f"{path}/transition", {"toState": "paused", "reason": "tool_change"})),
        ("transition: resume", lambda: some.post(f"{path}/transition", {"toState": "in_production"})),
        ("transition: complete", lambda: some.post(f"{path}/transition", {"toState": "completed"})),
        ("rework", lambda: some.post(f"{path}/rework", {"reason": "burrs"})),
        ("transition: complete again", lambda: some.post(f"{path}/transition", {"toState": "completed"})),
        ("verify", lambda: some.post(f"{path}/verify", FINAL)),
        ("transition: close", lambda: some.post(f"{path}/transition", {"toState": "closed"})),
        ("transitions", lambda: some.get(f"{path}/transitions?all=true")),
        ("quantity-entries", lambda: some.get(f"{path}/quantity-entries")),
        ("record", lambda: some.get(f"{path}/record")),
    ]
    return {name: queries(call) for name, call in steps}


def of_material(plant: Plant, *, components: int = 2) -> dict[str, int]:
    """One order of a product that is made of components, half of them in lots, and the calls about material."""
    box = floor.an_item(plant.factory, sku=f"BOX-{components}")
    parts = [floor.an_item(plant.factory, sku=f"PART-{components}-{number}") for number in range(components)]
    stores.a_bom(plant.actor, box, dict.fromkeys(parts, 1))
    stores.delivered(plant.actor, box, 1)
    for number, part in enumerate(parts):
        stores.delivered(plant.actor, part, 500, f"LOT-{number}" if number % 2 else None)
    some = plant.admin
    product = f"products/{box.uuid}"
    path = plant.order(productId=str(box.uuid))
    counts = {"quantityFinal": 20, "quantityGood": 18, "quantityRejected": 2}
    lot = {"productId": parts[0].sku, "quantity": 5, "lotNumber": "NEW"}
    schedule = {"machineId": "PRESS-01"}
    steps: list[tuple[str, Callable[[], Reply]]] = [
        ("receive", lambda: some.post("stock/receipts", lot)),
        ("revise BOM", lambda: some.post(f"{product}/bom-versions", {"changeReason": "r"})),
        ("buildable", lambda: some.get(f"{product}/buildable")),
        ("list bom-versions", lambda: some.get(f"{product}/bom-versions")),
        ("list stock/balances", lambda: some.get(f"stock/balances?productId={parts[0].sku}&location=main")),
        ("create", lambda: some.post("production-orders", {**NEW, "productId": box.sku})),
        ("schedule", lambda: some.post(f"{path}/schedule", schedule)),
        ("adjust-quantity preview", lambda: some.get(f"{path}/adjust-quantity/preview?quantityTarget=1200")),
        ("adjust-quantity", lambda: some.post(f"{path}/adjust-quantity", {"quantityTarget": 1200, "reason": "r"})),
        ("transition: start", lambda: some.post(f"{path}/transition", {"toState": "in_production"})),
        ("log-quantity", lambda: some.post(f"{path}/log-quantity", {"quantityGood": 5})),
        ("correction", lambda: some.post(f"{path}/log-quantity", {"quantityGood": -1, "reason": "r"})),
        ("transition: complete", lambda: some.post(f"{path}/transition", {"toState": "completed"})),
        ("verify", lambda: some.post(f"{path}/verify", counts)),
        ("record", lambda: some.get(f"{path}/record")),
    ]
    return {f"material: {name}": queries(call) for name, call in steps}


LISTS = ("production-orders", "production-orders?limit=100&status=draft", "production-orders?q=cap", "machines",
         "products", "methods", "work-areas", "pause-reasons")  # fmt: skip


def of_lists(plant: Plant) -> dict[str, int]:
    return {f"list {path}": queries(lambda path=path: plant.admin.get(path)) for path in LISTS}  # type: ignore[misc]


def fill(plant: Plant, orders: int) -> None:
    by = plant.actor
    for _ in range(orders):
        actions.create(by=by, lines=[NewLine(item=plant.item, target=plant.item.pk)])


def test_every_call_costs_what_was_reviewed() -> None:
    plant = Plant()
    fill(plant, 10)
    counted = of_a_life(plant) | of_material(plant) | of_lists(plant)
    if os.environ.get(WRITE):
        FILE.write_text(json.dumps(counted, indent=2) + "\n")
    assert counted == json.loads(FILE.read_text())


def test_ten_components_cost_what_two_do() -> None:
    plant = Plant()
    plant.admin.get("production-orders")
    assert of_material(plant, components=10) == of_material(plant)


def test_a_list_of_two_hundred_costs_what_a_list_of_ten_costs() -> None:
    plant = Plant()
    plant.admin.get("production-orders")
    fill(plant, 10)
    ten = of_lists(plant)
    fill(plant, 190)
    assert of_lists(plant) == ten


def test_a_long_history_and_ledger_cost_no_more_queries() -> None:
    plant = Plant()
    path = plant.order("in_production")
    reads: list[Any] = [f"{path}/transitions?all=true", f"{path}/quantity-entries", f"{path}/record", path]

    def counted() -> list[int]:
        return [queries(lambda read=read: plant.admin.get(read)) for read in reads]  # type: ignore[misc]

    plant.admin.post(f"{path}/log-quantity", {"quantityGood": 1})
    few = counted()
    for _ in range(30):
        plant.admin.post(f"{path}/log-quantity", {"quantityGood": 1})
    assert counted() == few
