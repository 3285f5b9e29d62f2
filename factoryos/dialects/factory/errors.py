"""The whole failure contract of the factory API: its envelope, and the status of every code."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from factoryos.dialects.base.answers import json_answer
from factoryos.dialects.base.dialect import FaceRequest
from factoryos.dialects.base.refusals import STATUS_OF_KIND, headers_of, in_camel
from factoryos.dialects.factory.states import WORDS, words_of
from factoryos.kernel.problems import Invalid, Kind, Problem
from factoryos.kernel.transactions import Answer
from orders.states import State

STATUS_OF_CODE = {
    "malformed_json": 400,
    "validation_failed": 400,
    "wrong_endpoint": 400,
    "quantity_mismatch": 400,
    "allocation_required": 400,
    "ambiguous_machine": 400,
    "unauthenticated": 401,
    "role_missing": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "illegal_transition": 409,
    "machine_busy": 409,
    "machine_unavailable": 409,
    "order_on_hold": 409,
    "lot_on_hold": 409,
    "second_person_required": 409,
    "over_production": 409,
    "total_below_zero": 409,
    "material_short": 409,
    "stock_short": 409,
    "not_open": 409,
    "duplicate": 409,
    "overlap": 409,
    "already_done": 409,
    "idempotency_in_progress": 409,
    "stale": 412,
    "too_large": 413,
    "unsupported_media_type": 415,
    "idempotency_key_reused": 422,
    "rate_limited": 429,
    "internal": 500,
    "busy": 503,
}


# Parts of sentences, which the message holds already; and what would only repeat the request.
_TOLD = frozenset(
    {"messages", "joined", "field", "reference", "roles", "reasons", "clashes", "verb", "thing", "method", "reason"}
    | {"wanted", "choice"}
)
_OF_STOCK = {"sku": "sku", "lotNumber": "lot", "wanted": "wanted", "available": "available"}
_NAMES = {"machine": "machineCode"}


class WrongEndpoint(Problem):
    """What the body asks for is done elsewhere. Data: endpoint (path)."""

    code, kind, template = "wrong_endpoint", Kind.INVALID, "This is done with POST {endpoint}"

    def __init__(self, *, endpoint: str) -> None:
        super().__init__(endpoint=endpoint)


class AmbiguousMachine(Problem):
    """Machines of several of the caller's factories have this code. Data: machine (code), factories (their slugs)."""

    code, kind = "ambiguous_machine", Kind.INVALID
    template = "{machine} is a machine in several of your factories: say which factory is meant"

    def __init__(self, *, machine: str, factories: list[str]) -> None:
        super().__init__(machine=machine, factories=factories)


class NothingCreated(Invalid):
    """Not one row of a bulk call could be kept. Data: failed, as a partly good call answers it."""

    def __init__(self, *, failed: list[dict[str, Any]]) -> None:
        super().__init__(messages=["no row could be created"])
        self.data = {**self.data, "failed": failed}


def render_problem(problem: Problem, request: FaceRequest) -> Answer:
    """The envelope of a refusal, with the headers that belong to it."""
    status = STATUS_OF_CODE.get(problem.code) or STATUS_OF_KIND[problem.kind]
    messages = problem.data.get("messages")
    body: dict[str, Any] = {
        "statusCode": status,
        "message": messages if messages is not None else problem.text,
        "error": HTTPStatus(status).phrase,
        "code": problem.code,
    }
    if details := details_of(problem):
        body["details"] = details
    return json_answer(body, status=status, headers=headers_of(problem))


def details_of(problem: Problem) -> dict[str, Any]:
    """The facts of a problem that a program can use, in this API's names and words."""
    data = problem.data
    match problem.code:
        case "illegal_transition":
            target = data["target"]
            return {
                "from": WORDS[State(data["state"])],
                "to": WORDS[State(target)] if target else None,
                "allowed": words_of(data["allowed"]),
            }
        case "not_open":
            return {"state": WORDS[State(data["state"])]}
        case "duplicate":
            return {"field": data["field"]}
        case "material_short":
            return {"shortages": [shortage(part) for part in data["missing"]]}
        case "stock_short":
            return {name: data[key] for name, key in _OF_STOCK.items()}
    facts: dict[str, Any] = in_camel({key: data[key] for key in data if key not in _TOLD}, named=_NAMES)
    return facts


def shortage(part: Mapping[str, Any]) -> dict[str, Any]:
    """A component that is short, as `orders.materials.reserving` tells it: with what is `reserved`, or `available`."""
    names = ("sku", "name", "required", "reserved", "available", "short")
    return {"productId": part["item_id"], **{name: part[name] for name in names if name in part}}
