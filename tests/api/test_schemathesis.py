"""Whatever the published description allows may be sent, and much that it forbids: every answer is a documented one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from factoryos.dialects.factory.docs import FACTORY_DESCRIPTION
from factoryos.kernel.live import feeding
from tests.calls import WAYS, Plant
from tests.machine_time import a_downtime, a_plan

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

EXAMPLES = 9
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# What bodies and queries name, so that not every one of them ends at "no such product".
NAMES = {
    "productId": "CAP-28", "machineId": "PRESS-01", "machineCode": "CNC-001", "workAreaId": "HALL", "methodId": "STD",
    "workOrderId": "wo_001", "location": "main",
}  # fmt: skip
WIRE = [{"productId": "WIRE", "quantity": 0.7}]


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream has no end, and this client reads to the end: here it says its first word only."""

    def first_word(seat: Any, *rest: Any) -> Iterator[bytes]:
        yield b"retry: 2000\n\n"
        seat.leave()

    monkeypatch.setattr(feeding, "_pieces", first_word)


@pytest.fixture
def plant() -> Plant:
    plant = Plant()
    plant.item.unit_decimals = 3
    plant.item.save()
    steps = [{"name": "Press"}, {"name": "Pack"}]
    for path, body in (
        ("work-areas", {"code": "HALL", "name": "Hall"}),
        ("products", {"sku": "WIRE", "name": "Wire", "unitDecimals": 3}),
        ("stock/receipts", {"productId": "WIRE", "quantity": 500, "lotNumber": "L1"}),
        (f"products/{plant.item.uuid}/bom-versions", {"changeReason": "r", "components": WIRE}),
        ("methods", {"code": "STD", "name": "Standard", "productId": "CAP-28", "operations": steps}),
    ):
        assert plant.admin.post(path, body).status == 201
    return plant


def every_way(path: str, known: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every way to fill the variables of `path` with what is known."""
    filled: list[dict[str, Any]] = [{}]
    for name, values in known.items():
        if f"{{{name}}}" in path:
            filled = [{**place, name: value} for place in filled for value in values]
    return filled


def places(plant: Plant, path: str) -> list[dict[str, str]]:
    """Ways to fill the path's variables: an order in every state, and the other things that are there."""
    known: dict[str, list[str]] = {"slug": [plant.factory.slug], "product_id": [str(plant.item.uuid)]}
    known["code_or_id"] = ["PRESS-01", str(plant.cnc1.uuid)]
    if "{order_id}" in path:
        # Each on a machine of its own, or the second could not be started.
        for state in WAYS:
            plant.machine(f"OWN-{state}")
        orders = [plant.order(state, machine=f"OWN-{state}") for state in WAYS]
        known["order_id"] = [order.rpartition("/")[2] for order in orders]
    if "{method_id}" in path:
        known["method_id"] = [plant.admin.get("methods")["data"][0]["id"]]
    if "{downtime_id}" in path:
        known["downtime_id"] = [str(a_downtime(plant.actor, plant.press).uuid)]
    if "{planned_id}" in path:
        known["planned_id"] = [str(a_plan(plant.actor).uuid)]
    if "{andon_id}" in path:
        raised = [plant.admin.post("andon", {"machineCode": "PRESS-01", "reason": reason})["id"] for reason in "ab"]
        plant.admin.post(f"andon/{raised[1]}/acknowledge")
        known["andon_id"] = raised
    return every_way(path, known)


def plausible(value: Any) -> Any:
    """`value` with things that exist wherever it names something, in countable amounts that add up."""
    if isinstance(value, list):
        return [plausible(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 3)
    if not isinstance(value, dict):
        return value
    better = {name: NAMES[name] if name in NAMES else plausible(inner) for name, inner in value.items()}
    good, rejected = better.get("quantityGood"), better.get("quantityRejected")
    if isinstance(good, (int, float)) and isinstance(rejected, (int, float)):
        better |= {name: good + rejected for name in ("quantityProduced", "quantityFinal") if name in better}
    return better


@contextmanager
def undone() -> Iterator[None]:
    """Every example begins from the same data, and its requests leave the connection as they find it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # Django's own client does the same, and connects them again
    atomic = transaction.atomic()
    atomic._from_testcase = True  # the runner insists on the outermost transaction
    try:
        with atomic:
            yield
            transaction.set_rollback(True)
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@cache
def api() -> Any:
    with undone():
        return schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application())


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("row", FACTORY_DESCRIPTION.operations)
def test_every_answer_is_a_documented_one(plant: Plant, row: str, mode: GenerationMode) -> None:
    method, path = row.split()
    operation = api()[path][method]
    bearer = {"Authorization": f"Bearer {plant.admin.bearer}"}
    somewhere = [operation.as_strategy(mode, path_parameters=place) for place in places(plant, path)]

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=st.one_of(somewhere), improved=st.booleans())
    def every_answer(case: Any, improved: bool) -> None:
        if improved:
            case.body, case.query = plausible(case.body), plausible(case.query)
            case.headers.pop("If-Match", None)
        with undone():
            case.call_and_validate(headers=bearer, checks=CHECKS)

    every_answer()
