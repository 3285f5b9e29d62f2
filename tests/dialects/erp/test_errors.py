"""How the ERP API says no: every code its status, and the facts a program needs in this API's words."""

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import RequestFactory

from factoryos.dialects.erp.docs import MEANING_OF_CODE
from factoryos.dialects.erp.errors import STATUS_OF_CODE, FactoryRequired, NoMembership, render_problem
from factoryos.dialects.erp.states import PARTICIPLES, STATUSES, WORDS, states_of
from factoryos.kernel.problems import (
    Busy,
    Duplicate,
    Invalid,
    KeyInProgress,
    KeyReused,
    Kind,
    NotFound,
    Problem,
    RateLimited,
    RoleMissing,
    Stale,
)
from manufacturing.problems import BomInUse, MaterialShort, StockShort
from orders.problems import IllegalTransition, MachineBusy, NotOpen, OrderOnHold, OverProduction
from orders.states import State


def told(problem: Problem, *, path: str = "/api/manufacturing/orders/1/confirm") -> dict[str, Any]:
    """The body of a refusal, whose status is the one it tells."""
    answer = render_problem(problem, RequestFactory().post(path))  # type: ignore[arg-type]
    body: dict[str, Any] = json.loads(answer.body, parse_float=Decimal)
    assert body["statusCode"] == answer.status
    assert list(body)[:4] == ["statusCode", "message", "error", "code"]
    return body


def test_every_code_has_a_meaning() -> None:
    assert list(MEANING_OF_CODE) == list(STATUS_OF_CODE)


def test_every_kind_of_trouble_has_a_status() -> None:
    class Unforeseen(Problem):
        code = "unforeseen"

    for kind in Kind:
        problem = Unforeseen(allowed=["GET"], retry_after=1)
        problem.kind = kind
        assert 400 <= told(problem)["statusCode"] <= 503


def test_wrong_fields_are_a_list_and_422() -> None:
    body = told(Invalid(messages=["quantity must be a positive number", "name should not be empty"], field="quantity"))
    assert body == {
        "statusCode": 422,
        "message": ["quantity must be a positive number", "name should not be empty"],
        "error": "Unprocessable Entity",
        "code": "validation_failed",
    }


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", ["approve", "start", "report", "complete", "cancel", "schedule"])
def test_a_wrong_moment_is_terminal_for_what_is_over_and_illegal_for_the_rest(state: State, verb: str) -> None:
    body = told(IllegalTransition(reference="MO/2026/0007", state=state, verb=verb, target=None, allowed=[]))
    word = WORDS[state]
    assert (body["statusCode"], body["error"], body["details"]) == (409, "Conflict", {"status": word})
    if word in {"done", "cancelled"}:
        assert (body["code"], body["message"]) == ("terminal_state", f"Production order MO/2026/0007 is {word}")
    else:
        assert body["code"] == "illegal_state"
        assert body["message"].startswith(f"Production order MO/2026/0007 is {word} and cannot be ")


def test_what_cannot_be_changed_any_more_is_terminal() -> None:
    body = told(NotOpen(reference="MO/2026/0007", state=State.CLOSED))
    assert (body["statusCode"], body["code"], body["details"]) == (409, "terminal_state", {"status": "done"})


def test_short_stock_names_every_component_and_is_400() -> None:
    item = uuid4()
    part = {"item_id": item, "sku": "PCB", "name": "Circuit Board", "uom": "units"}
    amounts = {"required": Decimal("200.0"), "available": Decimal(150), "short": Decimal(50)}
    body = told(MaterialShort(missing=[part | amounts]))
    assert body == {
        "statusCode": 400,
        "message": "Insufficient stock to confirm order",
        "error": "Bad Request",
        "code": "insufficient_stock",
        "details": {
            "missing": [
                {"productId": str(item), "name": "Circuit Board", "uom": "units",
                 "required": 200, "available": 150, "short": 50}
            ]
        },
    }  # fmt: skip
    other = told(MaterialShort(missing=[part | amounts]), path="/api/manufacturing/orders/1/produce")
    assert (other["statusCode"], other["message"]) == (400, "Insufficient stock")


def test_too_much_is_422_in_the_published_words() -> None:
    body = told(OverProduction(target=Decimal(100), allowed=Decimal(100), would_be=Decimal(105)))
    assert (body["statusCode"], body["code"]) == (422, "over_production")
    assert body["message"] == "Produced quantity exceeds order quantity"
    assert body["details"] == {"quantity": 100, "wouldBe": 105}


HOLD = {"id": str(uuid4()), "reason": "odd colour", "placed_at": "2026-04-01T06:00:00Z"}


@pytest.mark.parametrize(
    ("problem", "status", "code", "details"),
    [
        (OrderOnHold(reference="MO/1", holds=[HOLD]), 409, "order_on_hold",
         {"holds": [{"id": HOLD["id"], "reason": "odd colour", "placedAt": HOLD["placed_at"]}]}),
        (MachineBusy(machines=[{"machine": "M-1", "order_id": "x", "reference": "MO/2"}]), 409, "machine_busy",
         {"machines": [{"machine": "M-1", "orderId": "x", "reference": "MO/2"}]}),
        (BomInUse(orders=["MO/1", "MO/2"]), 409, "bom_in_use", {"orders": ["MO/1", "MO/2"]}),
        (StockShort(sku="PCB", wanted=Decimal(5), available=Decimal(1)), 409, "stock_short",
         {"sku": "PCB", "wanted": 5, "available": 1}),
        (Duplicate(field="serialNumbers", value="S1"), 409, "duplicate", {"field": "serialNumbers"}),
        (Stale(current=3), 412, "stale", {"current": 3}),
        (FactoryRequired(factories=["a", "b"]), 400, "factory_required", {"factories": ["a", "b"]}),
        (RoleMissing(verb="compose", any_of=["engineer", "planner"]), 403, "role_missing",
         {"anyOf": ["engineer", "planner"]}),
        (NoMembership(), 403, "role_missing", None),
        (NotFound(thing="BOM"), 404, "not_found", None),
        (KeyReused(), 422, "idempotency_key_reused", None),
    ],
)  # fmt: skip
def test_facts_are_told_in_this_apis_names(problem: Problem, status: int, code: str, details: Any) -> None:
    body = told(problem)
    assert (body["statusCode"], body["code"], body.get("details")) == (status, code, details)


@pytest.mark.parametrize(
    ("problem", "headers"),
    [
        (Busy(), {"Retry-After": "1"}),
        (KeyInProgress(), {"Retry-After": "1"}),
        (RateLimited(retry_after=7), {"Retry-After": "7"}),
        (NotFound(thing="BOM"), {}),
    ],
)
def test_who_should_try_again_is_told_when(problem: Problem, headers: dict[str, str]) -> None:
    answer = render_problem(problem, RequestFactory().get("/"))  # type: ignore[arg-type]
    assert dict(answer.headers) == {"Content-Type": "application/json"} | headers


def test_words_lead_back_to_every_state_and_verbs_can_be_said() -> None:
    assert STATUSES == ("draft", "confirmed", "in_progress", "done", "cancelled")
    assert sorted(state for word in STATUSES for state in states_of(word)) == sorted(State)
    assert states_of("running") == []
    assert {"approve", "start", "report", "complete", "cancel"} <= set(PARTICIPLES)
