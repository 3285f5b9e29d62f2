"""How many queries each call costs, compared exactly with the reviewed tests/query_counts.json; rows add none.

After a change that is meant: FACTORYOS_WRITE_QUERY_COUNTS=1 pytest tests/test_query_budgets.py, and review the diff.
"""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.dialects.base.fragments import Fragments
from factoryos.dialects.factory import order_reads
from iot import machine_states
from iot.andon import raise_call, resolve
from iot.downtime import raise_downtime
from iot.models import Downtime
from iot.planned import plan_downtime
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
    assert reply.status in {200, 201, 202, 204}, reply.content
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


def of_machines(plant: Plant, *, rows: int = 2) -> dict[str, int]:
    """The calls on a machine that is in a hall and runs an order, with so many rows where a call takes rows."""
    some, name, day = plant.admin, f"SAW-{rows}", timedelta(days=1)
    some.post("work-areas", {"code": f"HALL-{rows}", "name": "Hall"})
    some.post("machines", saw := {"code": name, "name": "Saw", "workAreaId": f"HALL-{rows}", "idealCycleSeconds": 2})
    plant.order("in_production", machine=name)
    down = some.post(
        "downtime/events", {"machineCode": name, "startedAt": "2025-01-01T00:00Z", "endedAt": "2025-01-02T00:00Z"}
    )
    plan = {"machineCode": name, "kind": "break", "startsAt": "2025-01-01T00:00Z", "endsAt": "2025-01-02T00:00Z"}
    kept = some.post("planned-downtime", plan)["id"]
    calls = [some.post("andon", {"machineCode": name, "reason": reason})["id"] for reason in ("jam", "oil")]
    begin = datetime.now(UTC) - day
    samples = [
        {"ts": (begin + timedelta(minutes=number)).isoformat(), "metrics": {"state": ("running", "idle")[number % 2]}}
        for number in range(rows)
    ]
    more = [{**saw, "code": f"{name}-{number}"} for number in range(rows)]
    steps: list[tuple[str, Callable[[], Reply]]] = [
        ("add", lambda: some.post("machines", {**saw, "code": f"{name}-ONE"})),
        ("add in bulk", lambda: some.post("machines/bulk", {"machines": more})),
        ("change", lambda: some.patch(f"machines/{name}", {"idealCycleSeconds": 3, "workAreaId": f"HALL-{rows}"})),
        ("get", lambda: some.get(f"machines/{name}")),
        ("send telemetry", lambda: some.post("/api/monitoring/telemetry", {"machineCode": name, "samples": samples})),
        ("oee", lambda: some.get(f"machines/{name}/oee")),
        ("log downtime", lambda: some.post("downtime/events", {"machineCode": name, "startedAt": begin.isoformat()})),
        ("amend downtime", lambda: some.patch(f"downtime/events/{down['id']}", {"endedAt": "2025-01-03T00:00Z"})),
        ("plan downtime", lambda: some.post("planned-downtime", plan)),
        ("withdraw planned downtime", lambda: some.send("DELETE", f"planned-downtime/{kept}")),
        ("call for help", lambda: some.post("andon", {"machineCode": name, "reason": "smoke"})),
        ("call again", lambda: some.post("andon", {"machineCode": name, "reason": "SMOKE"})),
        ("acknowledge", lambda: some.post(f"andon/{calls[0]}/acknowledge")),
        ("resolve", lambda: some.post(f"andon/{calls[1]}/resolve")),
    ]
    return {f"machines: {name}": queries(call) for name, call in steps}


LISTS = ("production-orders", "production-orders?limit=100&status=draft", "production-orders?q=cap", "machines",
         "products", "methods", "work-areas", "pause-reasons", "downtime/events", "downtime/events?machineId=PRESS-01",
         "planned-downtime", "planned-downtime?machineId=PRESS-01", "andon", "andon?status=resolved")  # fmt: skip


def of_lists(plant: Plant) -> dict[str, int]:
    return {f"list {path}": queries(lambda path=path: plant.admin.get(path)) for path in LISTS}  # type: ignore[misc]


def fill(plant: Plant, orders: int) -> None:
    by = plant.actor
    for _ in range(orders):
        actions.create(by=by, lines=[NewLine(item=plant.item, target=plant.item.pk)])


def keep_time(plant: Plant, days: int) -> None:
    """So many downtimes, plans, calls for help, states and counts of one machine, and an order on one more each."""
    by, press = plant.actor, plant.press
    begin = datetime.now(UTC) - timedelta(days=200) + timedelta(days=Downtime.objects.count())
    for number in range(days):
        at = begin + timedelta(days=number)
        raise_downtime(machine_id=press.pk, by=by, started_at=at, ended_at=at + timedelta(hours=1))
        plan_downtime(by=by, kind="break", starts_at=at, ends_at=at + timedelta(hours=1), machine=press)
        resolve(call_id=raise_call(machine=press, reason="jam", by=by).call.uuid, by=by)
        raise_call(machine=press, reason=f"jam {at}", by=by)
        machine_states.report(machine=press, state=("running", "idle")[number % 2], at=at)
        order = plant.order("in_production", machine=plant.machine(f"LATHE-{at:%Y%m%d}").code)
        plant.admin.post(f"{order}/log-quantity", {"quantityGood": 1})


def test_every_call_costs_what_was_reviewed() -> None:
    plant = Plant()
    fill(plant, 10)
    counted = of_a_life(plant) | of_material(plant) | of_machines(plant) | of_lists(plant)
    if os.environ.get(WRITE):
        FILE.write_text(json.dumps(counted, indent=2) + "\n")
    assert counted == json.loads(FILE.read_text())


def test_ten_components_cost_what_two_do() -> None:
    plant = Plant()
    plant.admin.get("production-orders")
    assert of_material(plant, components=10) == of_material(plant)


def test_a_hundred_rows_about_machines_cost_what_two_do() -> None:
    plant = Plant()
    plant.admin.get("production-orders")
    few = of_machines(plant)
    keep_time(plant, 8)
    assert of_machines(plant, rows=100) == few


def test_a_list_of_two_hundred_costs_what_a_list_of_ten_costs() -> None:
    plant = Plant()
    plant.admin.get("production-orders")
    fill(plant, 10)
    keep_time(plant, 2)
    ten = of_lists(plant)
    fill(plant, 190)
    keep_time(plant, 10)
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
