"""Planned windows: here they are never empty, whichever end stands already and whatever another face allows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from orders import actions
from orders.models import ProductionOrder
from tests import floor
from tests.calls import Plant
from tests.evidence import everything

pytestmark = pytest.mark.django_db

EIGHT = "2026-04-20T08:00:00Z"
SIXTEEN = "2026-04-20T16:00:00Z"


@pytest.fixture
def plant() -> Plant:
    return Plant()


@pytest.mark.parametrize(
    ("stands", "sent"),
    [
        ({}, {"plannedStart": EIGHT, "plannedEnd": EIGHT}),
        ({"plannedStart": EIGHT}, {"plannedEnd": EIGHT}),
        ({"plannedEnd": SIXTEEN}, {"plannedStart": SIXTEEN}),
        ({"plannedEnd": EIGHT}, {"plannedStart": SIXTEEN}),
    ],
)
def test_an_empty_window_is_refused_and_nothing_changes(
    plant: Plant, stands: dict[str, Any], sent: dict[str, Any]
) -> None:
    path = plant.order(**stands)
    before = everything()
    for reply in (
        plant.admin.patch(path, {**sent, "notes": "n"}),
        plant.admin.post(f"{path}/schedule", {**sent, "machineId": "PRESS-01"}),
    ):
        assert (reply.status, reply.code) == (400, "validation_failed"), reply.content
    assert everything() == before


def test_what_another_face_planned_for_an_instant_may_be_changed_in_all_else(plant: Plant) -> None:
    path = plant.order()
    order = ProductionOrder.objects.get(uuid=path.split("/")[1])
    noon = datetime(2026, 4, 20, 12, tzinfo=UTC)
    floor.done(actions.amend, order_id=order.pk, by=plant.actor, changes={"planned_start": noon, "planned_end": noon})
    assert plant.admin.get(path)["plannedEnd"] == "2026-04-20T12:00:00.000Z"
    assert plant.admin.patch(path, {"notes": "n"}).status == 200
    assert plant.admin.post(f"{path}/schedule", {"machineId": "PRESS-01"}).status == 200
