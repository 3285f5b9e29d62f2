"""The published guide, step by step, against reviewed answers in guide.json: every byte but ids and hashes.

After a change that is meant: FACTORYOS_WRITE_GOLDEN=1 pytest tests/conformance/factory/test_guide.py; review the diff.
"""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from factoryos.kernel import clock
from manufacturing.models import Method, Operation
from orders.models import OrderEvent
from tests.calls import Person, Plant, Reply

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("guide.json")
WRITE = "FACTORYOS_WRITE_GOLDEN"
_NAMED_ANEW = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{64}\b")
_SHOWN_HEADERS = ("Content-Type", "ETag", "Location")


@pytest.fixture
def plant() -> Iterator[Plant]:
    """The guide's plant, at a time that only `Told` moves."""
    plant = Plant(slug="penang-plant", name="Penang Plant", time_zone="Asia/Kuala_Lumpur")
    method = Method.objects.create(factory=plant.factory, item=plant.item, code="CAP-STD", name="Press and inspect")
    for sequence, name in enumerate(("Press", "Inspect"), start=1):
        Operation.objects.create(method=method, sequence=sequence, name=name, workcenter=f"{name} hall")
    yield plant
    clock.use(None)


class Told:
    """What was sent and answered so far, with ids and hashes called by the order in which they first appeared.

    Ten minutes pass between two steps, and none within one.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.steps: list[dict[str, Any]] = []
        self.now = datetime(2026, 4, 17, 2, 10, tzinfo=UTC)
        clock.use(lambda: self.now)

    def step(self, person: Person, title: str, method: str, path: str, body: Any = None) -> Reply:
        self.now += timedelta(minutes=10)
        reply = person.send(method, path, body)
        headers = {name: reply.headers[name] for name in _SHOWN_HEADERS if name in reply.headers}
        told = {
            "step": title,
            "request": f"{method} {path}",
            "body": body,
            "status": reply.status,
            "headers": headers,
            "answer": json.loads(reply.content),
        }
        self.steps.append(json.loads(_NAMED_ANEW.sub(self._named, json.dumps(told))))
        return reply

    def _named(self, found: re.Match[str]) -> str:
        kind = "hash" if len(found[0]) == 64 else "id"
        known = sum(name.startswith(kind) for name in self.names.values())
        return "<" + self.names.setdefault(found[0], f"{kind} {known + 1}") + ">"


def the_guide(plant: Plant) -> list[dict[str, Any]]:
    told = Told()
    planner, technician, qa = plant.as_("planner"), plant.as_("technician"), plant.as_("qa")
    new = {
        "productId": str(plant.item.uuid),
        "quantityTarget": 1000,
        "batchNumber": "M062026-UBH",
        "plannedStart": "2026-04-20T08:00:00Z",
        "plannedEnd": "2026-04-20T16:00:00Z",
    }
    order = f"production-orders/{told.step(planner, '1. Create the order', 'POST', 'production-orders', new)['id']}"
    place = {"mode": "single", "machineId": "PRESS-01", "methodId": "CAP-STD"}
    told.step(planner, "2. Schedule it", "POST", f"{order}/schedule", place)
    told.step(technician, "3. Start production", "POST", f"{order}/transition", {"toState": "in_production"})
    counts = {"quantityProduced": 250, "quantityGood": 248, "quantityRejected": 2}
    told.step(technician, "4. Log output as it runs", "POST", f"{order}/log-quantity", counts)
    told.step(technician, "5. Complete the run", "POST", f"{order}/transition", {"toState": "completed"})
    final = {
        "quantityFinal": 1000,
        "quantityGood": 988,
        "quantityRejected": 12,
        "notes": "12 rejects, OD oversize. See NCR-2026-0417-001.",
    }
    told.step(qa, "6. Verify quality", "POST", f"{order}/verify", final)
    told.step(plant.as_("viewer"), "7. Trace and ship", "GET", f"{order}/transitions")
    shipped = {"toState": "closed", "shipment": {"carrier": "DHL", "quantity": 988}}
    told.step(planner, "7. … and ship", "POST", f"{order}/transition", shipped)
    return told.steps


def test_the_guide_is_answered_as_reviewed(plant: Plant) -> None:
    told = the_guide(plant)
    if os.environ.get(WRITE):
        FILE.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    reviewed = json.loads(FILE.read_text())
    assert [step["step"] for step in told] == [step["step"] for step in reviewed]
    for step, expected in zip(told, reviewed, strict=True):
        assert step == expected, step["step"]
        assert list(step["answer"]) == list(expected["answer"]), "the fields come in another order"


def test_the_history_of_the_guide_is_a_chain_of_one_event_a_step(plant: Plant) -> None:
    the_guide(plant)
    verbs = list(OrderEvent.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == ["create", "schedule", "start", "report", "complete", "verify", "close"]
