"""Whatever the description of the ERP API allows may be sent, and much that it forbids: every answer is a documented one."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from factoryos.dialects.erp.docs import ERP_DESCRIPTION
from manufacturing.models import StockLocation
from tests.api.test_schemathesis import CHECKS, EXAMPLES, api, every_way, undone
from tests.conformance.erp.plant import WAYS, Plant, part

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def plant() -> Plant:
    plant = Plant()
    for item in (plant.widget, plant.frame, plant.board):
        item.unit_decimals = 3
        item.save()
    return plant


def places(plant: Plant, path: str) -> list[dict[str, str]]:
    """Ways to fill the path's variables: an order in every state, a BOM in use and one that is not."""
    known: dict[str, list[str]] = {"product_id": [str(plant.frame.uuid)], "work_order_id": ["wo_001", "wo_009"]}
    if "{order_id}" in path:
        known["order_id"] = [plant.order(state).partition("/")[2] for state in WAYS]
    if "{bom_id}" in path:
        plant.order()
        known["bom_id"] = [plant.standard["id"], plant.bom(components=[part(plant.frame, 1)])["id"]]
    return every_way(path, known)


def plausible(value: Any, names: dict[str, Any]) -> Any:
    """`value` with things that exist wherever it names something, in amounts that can be counted."""
    if isinstance(value, list):
        return [plausible(inner, names) for inner in value]
    if isinstance(value, float):
        return round(value, 3)
    if not isinstance(value, dict):
        return value
    return {
        name: names[name] if name in names else plausible(inner, names)
        for name, inner in value.items()
        if name not in {"uom", "lineId", "If-Match"}
    }


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("row", ERP_DESCRIPTION.operations)
def test_every_answer_is_a_documented_one(plant: Plant, row: str, mode: GenerationMode) -> None:
    method, path = row.split()
    operation = api()[path][method]
    bearer = {"Authorization": f"Bearer {plant.key('admin')}"}
    somewhere = [operation.as_strategy(mode, path_parameters=place) for place in places(plant, path)]
    location = StockLocation.objects.filter(factory=plant.factory).get()
    names = {
        "productId": str(plant.widget.uuid),
        "bomId": plant.standard["id"],
        "components": [part(plant.frame, 0.5)],
        "locationId": str(location.uuid),
    }

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=st.one_of(somewhere), improved=st.booleans())
    def every_answer(case: Any, improved: bool) -> None:
        if improved:
            case.body, case.query = plausible(case.body, names), plausible(case.query, names)
            case.headers.pop("If-Match", None)
        with undone():
            case.call_and_validate(headers=bearer, checks=CHECKS)

    every_answer()
