"""The published pages as one story, step by step, against reviewed answers in guide.json: every byte but ids.

After a change that is meant: FACTORYOS_WRITE_GOLDEN=1 pytest tests/conformance/erp/test_guide.py; review the diff.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from factoryos.kernel import clock
from orders.models import OrderEvent
from tests.conformance.erp.plant import Plant, part
from tests.conformance.told import Told, hold_against

pytestmark = pytest.mark.django_db

FILE = Path(__file__).with_name("guide.json")


@pytest.fixture
def plant() -> Iterator[Plant]:
    """Boards for one order and a half, in a plant whose time only `Told` moves."""
    yield Plant(slug="penang-plant", name="Penang Plant", time_zone="Asia/Kuala_Lumpur", frames=300, boards=350)
    clock.use(None)


def the_guide(plant: Plant) -> list[dict[str, Any]]:
    told, erp = Told(), plant.erp
    widget = str(plant.widget.uuid)
    recipe = {
        "name": "Widget Pro v3 — Standard BOM",
        "productId": widget,
        "quantity": 1,
        "uom": "units",
        "type": "manufacture",
        "components": [part(plant.frame, 1, uom="units"), part(plant.board, 2, uom="units")],
        "operations": [{"name": "Assembly", "workcenter": "Line A", "durationMinutes": 35}],
    }
    bom = told.step(erp, "Create a BOM", "POST", "boms", recipe)["id"]
    told.step(erp, "List BOMs", "GET", f"boms?productId={widget}")
    wanted = {"productId": widget, "bomId": bom, "quantity": 100, "scheduledDate": "2026-04-01T06:00:00Z"}
    order = f"orders/{told.step(erp, 'Create a production order', 'POST', 'orders', wanted)['id']}"
    other = f"orders/{told.step(erp, 'Create another', 'POST', 'orders', wanted)['id']}"
    told.step(erp, "Confirm", "POST", f"{order}/confirm")
    told.step(erp, "Confirm with too little stock", "POST", f"{other}/confirm")
    told.step(erp, "List work orders", "GET", f"{order}/work-orders")
    told.step(erp, "Start a work order", "POST", f"{order}/work-orders/wo_001/start")
    produced = {"qty": 25, "lotNumber": "LOT-2026-0042"}
    told.step(erp, "Record production", "POST", f"{order}/produce", produced)
    told.step(erp, "Record too much", "POST", f"{order}/produce", {"qty": 76})
    told.step(erp, "List production orders", "GET", "orders?status=in_progress&page=1&limit=20")
    minutes = {"durationMinutes": 32, "notes": "Slight delay on alignment step."}
    told.step(erp, "Complete a work order", "POST", f"{order}/work-orders/wo_001/done", minutes)
    told.step(erp, "Change the BOM", "PATCH", f"boms/{bom}", {"quantity": 10})
    told.step(erp, "Record the rest", "POST", f"{order}/produce", {"qty": 75, "lotNumber": "LOT-2026-0043"})
    told.step(erp, "List productions", "GET", f"{order}/productions")
    told.step(erp, "Close", "POST", f"{order}/close")
    told.step(erp, "Record on a closed order", "POST", f"{order}/produce", {"qty": 1})
    told.step(erp, "Delete a BOM in use", "DELETE", f"boms/{bom}")
    told.step(plant.as_("planner"), "Cancel", "POST", f"{other}/cancel", {"reason": "no boards"})
    told.step(erp, "Delete the BOM", "DELETE", f"boms/{bom}")
    told.step(erp, "Get a BOM that is gone", "GET", f"boms/{bom}")
    told.step(erp, "Get the order", "GET", order)
    told.step(erp, "What is in stock", "GET", "/api/inventory/products")
    return told.steps


def verbs(reference: str) -> list[str]:
    events = OrderEvent.objects.filter(order__reference=reference)
    return list(events.order_by("seq").values_list("verb", flat=True))


def test_the_guide_is_answered_as_reviewed(plant: Plant) -> None:
    hold_against(FILE, the_guide(plant))


def test_the_history_of_the_guide_is_a_chain_of_its_verbs(plant: Plant) -> None:
    the_guide(plant)
    assert verbs("MO/2026/0001") == [
        "create", "approve", "start", "begin_work", "report", "finish_work", "report", "complete",
    ]  # fmt: skip
    assert verbs("MO/2026/0002") == ["create", "cancel"]
