"""How the store API says no: every refusal there is has its status, its published number, and this API's words."""

import ast
import json
import pkgutil
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import RequestFactory

from factoryos.dialects import store
from factoryos.dialects.base.faults import Fault as Wrongness
from factoryos.dialects.base.faults import unknown
from factoryos.dialects.base.problems import (
    BadRequest,
    Internal,
    MalformedJson,
    MethodNotAllowed,
    NotAcceptable,
    TooLarge,
    UnsupportedMediaType,
)
from factoryos.dialects.base.requests import invalid, read
from factoryos.dialects.store import requests
from factoryos.dialects.store.bodies import BodyMissing
from factoryos.dialects.store.errors import Fault, UnknownCustomerOrder, render_problem
from factoryos.dialects.store.refusals import (
    AlreadyOnOrder,
    CountedBySerial,
    SeveralLines,
    SpreadOverMachines,
)
from factoryos.dialects.store.states import WORD_OF
from factoryos.dialects.store.wording import _FIELDS, placed
from factoryos.dialects.store.xml_in import MalformedXml
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
    Unauthenticated,
)
from manufacturing.problems import BomInUse, CalledOff, LotMissing, LotShort, MaterialShort, StockShort
from orders.problems import (
    AllocationRequired,
    AlreadyDone,
    IllegalTransition,
    LineHasProduction,
    MachineBusy,
    MachineUnavailable,
    NotAPart,
    NoteSettled,
    NotOpen,
    OrderOnHold,
    OverLimit,
    OverProduction,
    QuantityMismatch,
    SecondPersonRequired,
    SerialsIncomplete,
    TotalBelowZero,
    WorkOrderOutOfTurn,
)
from orders.states import State

N = Decimal
COMMON, UPDATING = Fault.COMMON, Fault.UPDATING
HOLD = {"id": UUID(int=7), "reason": "odd colour", "placed_at": datetime(2026, 1, 1, tzinfo=UTC)}
PART = {"item_id": UUID(int=1), "sku": "LINER-28", "name": "Liner", "uom": "pcs", "required": N("12.50"),
        "available": N(3), "short": N("9.5")}  # fmt: skip


def out_of_turn(state: str, verb: str, target: str | None = None) -> IllegalTransition:
    return IllegalTransition(reference="PO-1", state=state, verb=verb, target=target, allowed=["pause", "hold"])


def order(state: int) -> dict[str, Any]:
    return {"prReference": "PO-1", "state": state}


# problem → status, number, errorField, errorData, words of its message
TABLE: list[tuple[Problem, int, int, str | None, dict[str, Any] | None, str]] = [
    # --- who calls, and how
    (Unauthenticated(), 401, 900001, None, None, "Unauthorized"),
    (RoleMissing(verb="add_line", any_of=["planner", "supervisor"]), 403, 900001, None,
     {"roles": ["planner", "supervisor"]}, "planner, supervisor"),
    (RateLimited(retry_after=7), 429, 900429, None, {"retryAfter": 7}, "try again in 7 s"),
    (NotFound(thing="Path"), 404, COMMON, None, None, "Path not found"),
    (MethodNotAllowed(method="PATCH", allowed=["GET", "PUT"]), 405, COMMON, None, {"allowed": ["GET", "PUT"]}, "PATCH"),
    (NotAcceptable(offered=["application/json"]), 406, COMMON, None, {"offered": ["application/json"]}, "application/json"),
    (TooLarge(limit=1_048_576), 413, COMMON, None, {"limit": 1_048_576}, "1048576 bytes"),
    (UnsupportedMediaType(wanted="JSON"), 415, COMMON, None, {"wanted": "JSON"}, "Send the body as JSON"),
    (MalformedJson(reason="NaN is no number"), 400, COMMON, None, None, "NaN is no number"),
    (MalformedXml(reason="x is given twice"), 400, COMMON, None, None, "x is given twice"),
    (BodyMissing(), 400, COMMON, None, None, "needs a body"),
    (BadRequest(), 400, COMMON, None, None, "malformed"),
    (KeyReused(), 422, COMMON, None, None, "another body"),
    (KeyInProgress(), 409, COMMON, None, None, "still running"),
    (Internal(request_id="r-1"), 500, COMMON, None, {"requestId": "r-1"}, "r-1"),
    (Busy(), 503, COMMON, None, None, "Busy"),
    # --- what there is none of
    (NotFound(thing="Production order"), 404, Fault.READING, None, None, "Production order not found"),
    (NotFound(thing="Line"), 404, UPDATING, "articleId", None, "no such article on this order"),
    (NotFound(thing="Customer order"), 404, Fault.CUSTOMER_ORDER, None, None, "Customer order not found"),
    (UnknownCustomerOrder(), 400, Fault.CUSTOMER_ORDER, "customerOrderId", None, "no such customer order"),
    # --- fields
    (Invalid(messages=["amount must be a positive number", "x"], field="amount"), 400, UPDATING, "amount", None,
     "amount must be a positive number"),
    (Invalid(messages=["Nothing on it is bundled"]), 400, UPDATING, None, None, "Nothing on it is bundled"),
    (Duplicate(field="reference", value="PO-1"), 409, UPDATING, "prReference", None, "prReference PO-1 is already taken"),
    (Duplicate(field="item", value="CAP"), 409, UPDATING, "articleId", None, "CAP is already on this order"),
    (Duplicate(field="externalId", value="W-1"), 409, UPDATING, "externalId", None, "externalId W-1 is already taken"),
    (Duplicate(field="lotNumber", value="B-1"), 409, UPDATING, "bestBefore", None, "batch B-1 is known with another bestBefore"),
    (Duplicate(field="serialNumbers", value="S{0}"), 409, UPDATING, "serial", None, "serial S{0} is known already"),
    (Duplicate(field="barcode", value="734"), 409, UPDATING, "barcode", None, "another barcode than 734"),
    (Stale(current=7), 412, UPDATING, None, {"version": 7}, "7"),
    # --- the moment
    (out_of_turn("completed", "start"), 409, UPDATING, "state", order(2), "PO-1 is FINISHED and cannot be started now"),
    (out_of_turn("in_production", "cancel"), 409, UPDATING, "state", order(1), "DEVELOPING and cannot be cancelled now"),
    (out_of_turn("draft", "complete"), 409, UPDATING, "state", order(0), "PO-1 is NEW and cannot be finished now"),
    (out_of_turn("cancelled", "add_line"), 409, UPDATING, "state", order(3), "CANCELLED and cannot be changed so now"),
    (out_of_turn("paused", "change_layer"), 409, UPDATING, "reserveInDepth", order(1),
     "PO-1 is DEVELOPING and cannot be reserved in another depth now"),
    (out_of_turn("verified", "change_layer"), 409, UPDATING, "state", order(2), "FINISHED"),
    (NotOpen(reference="PO-1", state="closed"), 409, UPDATING, "state", order(2), "FINISHED and cannot be changed any more"),
    (OrderOnHold(reference="PO-1", holds=[HOLD]), 409, UPDATING, "state",
     {"prReference": "PO-1", "holds": [{"id": str(UUID(int=7)), "reason": "odd colour", "placedAt": 1767225600000}]},
     "PO-1 is on hold: odd colour"),
    (WorkOrderOutOfTurn(reference="PO-1", state="paused", verb="finish_work", work_order="WO-2", status="in_progress"),
     409, UPDATING, "state", {**order(1), "workOrder": "WO-2"}, "work order WO-2 is in progress"),
    (MachineBusy(machines=[{"machine": "M-1", "order_id": UUID(int=1), "reference": "PO-2"},
                           {"machine": "M-2", "order_id": None, "reference": "another order"}]), 409, UPDATING, None,
     {"orders": [{"machine": "M-1", "prReference": "PO-2"}, {"machine": "M-2", "prReference": None}]},
     "M-1 is already running PO-2"),
    (MachineUnavailable(machine="M-1"), 409, UPDATING, None, {"machine": "M-1"}, "M-1 is retired"),
    (AlreadyDone(thing="It was done"), 409, UPDATING, None, None, "It was done already"),
    (AlreadyOnOrder(article="CAP"), 409, UPDATING, "articleId", {"articleId": "CAP"}, "CAP is already on this order"),
    (SeveralLines(article="CAP"), 409, UPDATING, "articleId", {"articleId": "CAP"}, "several lines of CAP"),
    (CountedBySerial(article="CAP"), 409, UPDATING, "finished", {"articleId": "CAP"}, "CAP is kept by serial"),
    (SpreadOverMachines(), 409, UPDATING, "amount", None, "several machines"),
    # --- amounts
    (OverProduction(target=N(500), allowed=N("510.0"), would_be=N("511.5")), 409, UPDATING, "amount",
     {"amount": 500, "allowed": 510, "wouldBe": N("511.5")}, "511.5 finished would be more than the allowed 510"),
    (TotalBelowZero(totals={"good": N(5), "rejected": N(0)}), 409, UPDATING, "finished",
     {"finished": 5, "waste": 0}, "below zero"),
    (QuantityMismatch(produced=N(5), good=N(3), rejected=N(1)), 400, UPDATING, "finished", {"finished": 3, "waste": 1},
     "3 finished and 1 waste do not add up to 5"),
    (AllocationRequired(proposed=[{"machine": "M-1", "quantity": N(1)}]), 400, UPDATING, "amount", None, "several machines"),
    (LineHasProduction(reference="PO-1", sku="CAP", good=N(5), rejected=N(1)), 409, UPDATING, "articleId",
     {"articleId": "CAP", "finished": 5, "waste": 1}, "CAP was made on PO-1 already"),
    # --- material
    (MaterialShort(missing=[PART]), 409, UPDATING, None,
     {"short": [{"articleId": "LINER-28", "needed": N("12.5"), "available": 3}]}, "LINER-28: 12.5 needed, 3 there"),
    (StockShort(sku="CAP", wanted=N(5), available=N(1), lot="B-1"), 409, UPDATING, None,
     {"articleId": "CAP", "needed": 5, "available": 1, "batchId": "B-1"}, "CAP: 5 of batch or serial B-1 needed, 1 there"),
    (StockShort(sku="CAP", wanted=N(5), available=N(1)), 409, UPDATING, None,
     {"articleId": "CAP", "needed": 5, "available": 1}, "CAP: 5 needed, 1 there"),
    (StockShort(sku="Stock", wanted=N(0), available=N(0)), 409, UPDATING, None, None, "Not enough stock"),
    (LotMissing(item_id=1, sku="LINER-28", lot="LN-1", wanted=N(5)), 409, UPDATING, "partTraceability",
     {"articleId": "LINER-28", "batchId": "LN-1"}, "LINER-28: batch or serial LN-1 is not known"),
    (LotShort(item_id=1, sku="LINER-28", lot="LN-1", wanted=N(5), available=N(2)), 409, UPDATING, "partTraceability",
     {"articleId": "LINER-28", "batchId": "LN-1", "needed": 5, "available": 2}, "5 of batch or serial LN-1 needed, 2 there"),
    (NotAPart(item_id=1), 400, UPDATING, "partTraceability", None, "no part of this article"),
    (SerialsIncomplete(item_id=1, sku="PUMP", wanted=N(2), named=N(1)), 400, UPDATING, "partTraceability",
     {"articleId": "PUMP", "needed": 2, "named": 1}, "PUMP is kept by serial: 2 needed, 1 named"),
    (OverLimit(item_id=1, sku="LINER-28", wanted=N(9), available=N(4)), 409, UPDATING, "partTraceability",
     {"articleId": "LINER-28", "needed": 9, "available": 4}, "the ordered amount leaves 4"),
]  # fmt: skip
# What only calls of other faces and pages can meet.
ELSEWHERE = {BomInUse, CalledOff, NoteSettled, SecondPersonRequired}


def body_of(problem: Problem, *, fault: Fault = UPDATING) -> tuple[int, dict[str, Any], Any]:
    request: Any = RequestFactory().put("/v1/production_orders/1")
    request.fault = fault
    answer = render_problem(problem, request)
    told: dict[str, Any] = json.loads(answer.body, parse_float=Decimal)
    assert list(told) == ["errorCode", "errorMessage", "errorField", "errorData"]
    return answer.status, told, answer.headers


def every_problem(above: type[Problem] = Problem) -> Iterator[type[Problem]]:
    for kind in above.__subclasses__():
        yield kind
        yield from every_problem(kind)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{type(row[0]).__name__}-{row[-1][:20]}")
def test_every_refusal_in_this_apis_words(
    row: tuple[Problem, int, int, str | None, dict[str, Any] | None, str],
) -> None:
    problem, status, number, field, facts, words = row
    got, told, _ = body_of(problem)
    assert (got, told["errorCode"], told["errorField"], told["errorData"]) == (status, number, field, facts)
    assert words in told["errorMessage"]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{type(row[0]).__name__}-{row[-1][:20]}")
def test_none_speaks_of_the_core(row: tuple[Any, ...]) -> None:
    _, told, _ = body_of(row[0])
    shown = json.dumps({name: told[name] for name in ("errorMessage", "errorData")}, default=str)
    for word in (*State, "add_line", "change_layer", "finish_work", "sku", "item_id", "lot ", "rejected", "would_be"):
        assert not re.search(rf"\b{re.escape(word)}", shown) or (word in {"cancelled"} and "be cancelled" in shown), (
            word
        )


def test_the_table_holds_every_refusal_there_is() -> None:
    for module in pkgutil.iter_modules(store.__path__, f"{store.__name__}."):
        import_module(module.name)
    ours = ("factoryos.kernel.", "factoryos.dialects.base.", "factoryos.dialects.store.")
    there_are = {
        kind for kind in every_problem() if kind.__module__.startswith((*ours, "orders.", "manufacturing.", "quality."))
    }
    assert {type(row[0]) for row in TABLE} | ELSEWHERE == there_are


@pytest.mark.parametrize("kind", Kind)
def test_a_refusal_that_is_not_in_the_table_is_told_all_the_same(kind: Kind) -> None:
    problem = Problem(thing="It", allowed=["GET"], retry_after=1, some_thing=5, field="batches.0.amount")
    problem.kind, problem.code = kind, "unforeseen"  # type: ignore[misc]
    status, told, _ = body_of(problem)
    assert 400 <= status <= 503
    assert told["errorField"] == "batches[0].amount" and told["errorData"]["someThing"] == 5


# --- numbers by what the call is about


@pytest.mark.parametrize("fault", [Fault.READING, Fault.CREATING, Fault.UPDATING, Fault.CUSTOMER_ORDER])
def test_a_bad_field_has_the_number_of_its_call(fault: Fault) -> None:
    assert body_of(Invalid(messages=["x must be"], field="x"), fault=fault)[1]["errorCode"] == fault
    assert body_of(Duplicate(field="reference", value="x"), fault=fault)[1]["errorCode"] == fault
    for problem in (MalformedJson(reason="x"), Busy(), KeyReused(), NotFound(thing="Path"), BodyMissing()):
        assert body_of(problem, fault=fault)[1]["errorCode"] == Fault.COMMON
    assert body_of(Stale(current=7), fault=fault)[1]["errorCode"] == Fault.UPDATING
    assert body_of(NotFound(thing="Production order"), fault=fault)[1]["errorCode"] == Fault.READING
    assert body_of(UnknownCustomerOrder(), fault=fault)[1]["errorCode"] == Fault.CUSTOMER_ORDER


def test_a_refusal_before_any_view_is_about_nothing() -> None:
    answer = render_problem(BadRequest(), RequestFactory().get("/v1/x"))  # type: ignore[arg-type]
    assert json.loads(answer.body)["errorCode"] == Fault.COMMON


def test_no_other_number_is_ever_sent() -> None:
    numbers = {body_of(row[0])[1]["errorCode"] for row in TABLE}
    assert numbers | {903002} == {900001, 900101, 900429, 903001, 903002, 903003, 903004}


def test_http_has_its_headers() -> None:
    assert body_of(Unauthenticated())[2]["WWW-Authenticate"] == "StoreCredentials"
    assert body_of(RateLimited(retry_after=7))[2]["Retry-After"] == "7"
    assert body_of(Busy())[2]["Retry-After"] == "1"
    assert body_of(MethodNotAllowed(method="X", allowed=["GET", "PUT"]))[2]["Allow"] == "GET, PUT"


# --- places


def test_a_refusal_is_told_of_the_place_that_the_call_knows() -> None:
    missing = LotMissing(item_id=1, sku="LINER-28", lot="LN-1", wanted=N(5))
    _, told, _ = body_of(placed(missing, "partTraceability.0.batches.1.batchId"))
    assert told["errorField"] == "partTraceability[0].batches[1].batchId"
    assert told["errorData"] == {"articleId": "LINER-28", "batchId": "LN-1"}
    assert body_of(placed(Duplicate(field="serialNumbers", value="S1"), "serial"))[1]["errorField"] == "serial"


def wrong(serializer: type[requests.StoreRequest], body: Any) -> tuple[str, str]:
    with pytest.raises(Invalid) as refusal:
        read(serializer, body)
    _, told, _ = body_of(refusal.value)
    return told["errorField"], told["errorMessage"]


def test_places_within_lists_are_in_brackets_in_field_and_message() -> None:
    def run(**part: Any) -> tuple[str, str]:
        return wrong(requests.TracedRun, {"partTraceability": [{"articleId": "A"}, {"articleId": "B", **part}]})

    assert run(batches=[{"batchId": "B", "amount": 1}, {"batchId": "B", "amount": "x"}]) == (
        "partTraceability[1].batches[1].amount",
        "partTraceability[1].batches[1].amount must be a number of at least 0",
    )
    assert run(serial=["S", 5])[0] == "partTraceability[1].serial[1]"
    field, message = run(amuont=1)
    assert field == "partTraceability[1].amuont" and message == "partTraceability[1].property amuont should not exist"


@pytest.mark.parametrize(
    "name", ["amuont", "reference", "item", "quantity", "target", "line", "a.1", "", "\x00", "\ud800", "</x>&"]
)
def test_an_unknown_field_is_named_as_it_was_sent(name: str) -> None:
    """Also where the core has a field of that name, which is another one here."""
    field, message = wrong(requests.NewArticle, {"articleId": "A", "amount": 1, name: 1})
    shown = unknown(name).field
    assert (field, message) == (shown, f"property {shown} should not exist")


# What this API cannot get wrong: it has no such field, or gives the core the value itself.
OTHERS_FIELDS = frozenset(
    {"reason", "machine", "method", "text", "lines", "occurred_at", "counted", "shipment.quantity", "traced", "image"}
)


def test_every_field_that_the_core_refuses_has_a_name_here() -> None:
    """As they stand in the core's code: a new one is either named, or said to be none of this API's."""
    root = Path(store.__path__[0]).parents[2]
    own = {
        name for kind in vars(requests).values() if hasattr(kind, "_declared_fields") for name in kind._declared_fields
    }
    strange = set()
    for path in [*(root / "orders").rglob("*.py"), *(root / "manufacturing").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Invalid", "Duplicate", "_agree"}:
                given = [one.value for one in node.keywords if one.arg == "field"]
                strange |= {one.value for one in given if isinstance(one, ast.Constant)}
    assert strange - set(_FIELDS) - own <= OTHERS_FIELDS
    assert set(_FIELDS.values()) <= own


@pytest.mark.parametrize(("field", "name"), sorted(_FIELDS.items()))
def test_a_field_of_the_core_is_told_by_its_name_here(field: str, name: str) -> None:
    _, told, _ = body_of(Invalid(messages=["it cannot be so"], field=field))
    assert told["errorField"] == name and field not in told["errorMessage"].split()


def test_of_several_faults_the_first_is_told() -> None:
    faults = [Wrongness("amount", "amount must be a positive number"), Wrongness("x", "property x should not exist")]
    _, told, _ = body_of(invalid(faults))
    assert (told["errorField"], told["errorMessage"]) == ("amount", "amount must be a positive number")


# --- both tongues


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{type(row[0]).__name__}-{row[-1][:20]}")
def test_xml_says_the_same(row: tuple[Any, ...]) -> None:
    if row[1] == 406:
        return  # to whom nothing is acceptable
    status, told, _ = body_of(row[0])
    request: Any = RequestFactory().put("/v1/production_orders/1", headers={"accept": "application/xml"})
    request.fault = UPDATING
    answer = render_problem(row[0], request)
    assert answer.status == status and answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    document = ElementTree.fromstring(answer.body)
    assert document.tag == "errorDto"
    assert [child.tag for child in document] == [name for name, value in told.items() if value is not None]
    assert document.findtext("errorCode") == str(told["errorCode"])
    assert document.findtext("errorMessage") == told["errorMessage"]
    for name, value in (told["errorData"] or {}).items():
        found = document.findall(f"errorData/{name}")
        assert len(found) == (len(value) if isinstance(value, list) else 1)


def test_every_state_has_a_word_that_can_be_told() -> None:
    for state in State:
        told = body_of(NotOpen(reference="PO-1", state=str(state)))[1]
        assert told["errorData"]["state"] == WORD_OF[state] and WORD_OF[state].name in told["errorMessage"]
