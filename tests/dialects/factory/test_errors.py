"""The envelope: every code has the contract's status, every fact this API's name."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from factoryos.dialects.base import problems as road
from factoryos.dialects.base.dialect import FaceRequest
from factoryos.dialects.factory import errors
from factoryos.kernel import problems as kernel
from factoryos.kernel.problems import Kind, Problem
from manufacturing import problems as stock
from orders import problems as orders
from orders.states import State

SHORT = {"item_id": "u", "sku": "WIRE", "name": "Wire", "uom": "m", "required": Decimal(10), "short": Decimal("7.5")}


def rendered(problem: Problem) -> tuple[int, dict[str, Any], dict[str, str]]:
    answer = errors.render_problem(problem, FaceRequest())
    return answer.status, json.loads(answer.body), dict(answer.headers)


def problem_classes() -> list[type[Problem]]:
    found: list[type[Problem]] = []
    waiting = [Problem]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind is not Problem and re.match(r"(factoryos|orders|manufacturing|quality|iot)\.", kind.__module__):
            found.append(kind)
    return found


# What cannot be met here: this API has no notes, takes no bill of materials out of use, begins no work order and sets up
# no counters.
ELSEWHERE = {
    "note_settled", "bom_in_use", "work_order_out_of_turn", "counted_twice", "line_has_production", "serials_incomplete",
    "not_a_part", "over_limit", "lot_missing", "lot_short", "called_off",
}  # fmt: skip
# Nor what the console and the other faces add to the core's problems.
OTHERS = re.compile(r"factoryos\.(ops|supervision|dialects\.(?!base\.|factory\.))")


def test_every_problem_of_the_house_has_its_row() -> None:
    codes = {kind.code for kind in problem_classes() if not OTHERS.match(kind.__module__)}
    assert codes - ELSEWHERE <= set(errors.STATUS_OF_CODE)
    assert {orders.__name__, stock.__name__, road.__name__, kernel.__name__} <= {
        kind.__module__ for kind in problem_classes()
    }


def test_a_code_of_tomorrow_gets_the_status_of_its_kind() -> None:
    for kind in Kind:
        problem = Problem(retry_after=1, allowed=[])
        problem.code, problem.kind = "of_tomorrow", kind
        assert rendered(problem)[0] >= 400


def test_only_a_reused_key_is_422() -> None:
    assert [code for code, status in errors.STATUS_OF_CODE.items() if status == 422] == ["idempotency_key_reused"]


def test_a_busy_machine_as_the_contract_prints_it() -> None:
    clash = {"machine": "PRESS-01", "order_id": "0196f0c2", "reference": "PO-2026-000119"}
    assert rendered(orders.MachineBusy(machines=[clash]))[:2] == (
        409,
        {
            "statusCode": 409,
            "message": "PRESS-01 is already running PO-2026-000119",
            "error": "Conflict",
            "code": "machine_busy",
            "details": {
                "machines": [{"machineCode": "PRESS-01", "orderId": "0196f0c2", "reference": "PO-2026-000119"}]
            },
        },
    )


def test_field_faults_as_the_contract_prints_them() -> None:
    messages = ["productId should not be empty", "quantityTarget must be a positive number"]
    assert rendered(kernel.Invalid(messages=messages, field="productId"))[1] == {
        "statusCode": 400,
        "message": messages,
        "error": "Bad Request",
        "code": "validation_failed",
    }


def test_an_illegal_move_is_told_in_this_faces_words() -> None:
    problem = orders.IllegalTransition(
        reference="PO-1", state=State.SUBMITTED, verb="complete", target="completed", allowed=("schedule", "cancel")
    )
    assert rendered(problem)[1]["details"] == {"from": "draft", "to": "completed", "allowed": ["cancelled"]}
    problem = orders.IllegalTransition(
        reference="PO-1", state=State.COMPLETED, verb="report", target=None, allowed=("verify", "rework")
    )
    assert rendered(problem)[1]["details"] == {"from": "completed", "to": None, "allowed": []}


@pytest.mark.parametrize(
    ("problem", "status", "details"),
    [
        (orders.NotOpen(reference="PO-1", state="closed"), 409, {"state": "closed"}),
        (
            orders.OrderOnHold(reference="PO-1", holds=[{"id": "h", "reason": "r", "placed_at": "t"}]),
            409,
            {"holds": [{"id": "h", "reason": "r", "placedAt": "t"}]},
        ),
        (
            orders.OverProduction(target=Decimal(1000), allowed=Decimal(1000), would_be=Decimal(1100)),
            409,
            {"target": 1000, "allowed": 1000, "wouldBe": 1100},
        ),
        (
            orders.TotalBelowZero(totals={"good": Decimal(4), "rejected": Decimal(0)}),
            409,
            {"totals": {"good": 4, "rejected": 0}},
        ),
        (orders.MachineUnavailable(machine="PRESS-01"), 409, {"machineCode": "PRESS-01"}),
        (
            orders.AllocationRequired(proposed=[{"machine": "CNC-001", "quantity": Decimal(5)}]),
            400,
            {"proposed": [{"machineCode": "CNC-001", "quantity": 5}]},
        ),
        (
            stock.MaterialShort(missing=[SHORT | {"available": Decimal("2.5")}]),
            409,
            {
                "shortages": [
                    {"productId": "u", "sku": "WIRE", "name": "Wire", "required": 10, "available": 2.5, "short": 7.5}
                ]
            },
        ),
        (
            stock.StockShort(sku="CAP", lot="L1", wanted=Decimal(5), available=Decimal(3)),
            409,
            {"sku": "CAP", "lotNumber": "L1", "wanted": 5, "available": 3},
        ),
        (errors.WrongEndpoint(endpoint="/x/verify"), 400, {"endpoint": "/x/verify"}),
        (kernel.RoleMissing(verb="verify", any_of=["qa"]), 403, {"anyOf": ["qa"]}),
        (kernel.Stale(current=7), 412, {"current": 7}),
        (kernel.Duplicate(field="sku", value="A"), 409, {"field": "sku"}),
        (kernel.NotFound(thing="Machine"), 404, None),
        (kernel.Unauthenticated(), 401, None),
        (road.MalformedJson(reason="x"), 400, None),
    ],
)
def test_facts_have_this_apis_names(problem: Problem, status: int, details: Any) -> None:
    found, body, _ = rendered(problem)
    assert (found, body.get("details")) == (status, details)


@pytest.mark.parametrize(
    ("problem", "header", "value"),
    [
        (kernel.Unauthenticated(), "WWW-Authenticate", "Bearer"),
        (kernel.Busy(), "Retry-After", "1"),
        (kernel.KeyInProgress(), "Retry-After", "1"),
        (kernel.RateLimited(retry_after=7), "Retry-After", "7"),
        (road.MethodNotAllowed(method="PUT", allowed=["GET", "POST"]), "Allow", "GET, POST"),
    ],
)
def test_headers_that_belong_to_a_refusal(problem: Problem, header: str, value: str) -> None:
    assert rendered(problem)[2][header] == value


def test_a_problem_of_another_face_is_told_by_its_kind() -> None:
    """Nothing here begins a work order; but a core that grows faster than this table is still understood."""
    problem = orders.WorkOrderOutOfTurn(
        reference="MO/2026/0007", state="in_production", verb="begin_work", work_order="wo_001", status="in_progress"
    )
    status, body, _ = rendered(problem)
    assert (status, body["code"]) == (409, "work_order_out_of_turn")
    assert body["message"] == "wo_001 of MO/2026/0007 is in progress: begin_work is not possible now"
