"""The published guide, step by step, against reviewed answers in guide.json: every byte but ids and hashes.

After a change that is meant: FACTORYOS_WRITE_GOLDEN=1 pytest tests/conformance/factory/test_guide.py; review the diff.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from factoryos.kernel import clock
from manufacturing.models import Method, Operation
from orders.models import OrderEvent
from tests.calls import Plant
from tests.conformance.told import Told, hold_against

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("guide.json")


@pytest.fixture
def plant() -> Iterator[Plant]:
    """The guide's plant, at a time that only `Told` moves."""
    plant = Plant(slug="penang-plant", name="Penang Plant", time_zone="Asia/Kuala_Lumpur")
    method = Method.objects.create(factory=plant.factory, item=plant.item, code="CAP-STD", name="Press and inspect")
    for sequence, name in enumerate(("Press", "Inspect"), start=1):
        Operation.objects.create(method=method, sequence=sequence, name=name, workcenter=f"{name} hall")
    yield plant
    clock.use(None)


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
    hold_against(FILE, the_guide(plant))


def test_the_history_of_the_guide_is_a_chain_of_one_event_a_step(plant: Plant) -> None:
    the_guide(plant)
    verbs = list(OrderEvent.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == ["create", "schedule", "start", "report", "complete", "verify", "close"]
