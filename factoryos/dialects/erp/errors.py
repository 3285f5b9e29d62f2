"""The whole failure contract of the ERP API: its envelope, its codes and the status of each.

Stock that does not cover is 400, a wrong moment 409, too much or a bad field 422, broken JSON 400. Never another way round.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from factoryos.dialects.base.answers import json_answer
from factoryos.dialects.base.dialect import FaceRequest
from factoryos.dialects.base.refusals import STATUS_OF_KIND, headers_of, in_camel
from factoryos.dialects.erp.states import PARTICIPLES, TERMINAL, WORDS
from factoryos.kernel.problems import Kind, Problem
from factoryos.kernel.transactions import Answer
from orders.states import State

STATUS_OF_CODE = {
    "insufficient_stock": 400,
    "malformed_json": 400,
    "factory_required": 400,
    "unauthenticated": 401,
    "role_missing": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "terminal_state": 409,
    "illegal_state": 409,
    "machine_busy": 409,
    "machine_unavailable": 409,
    "order_on_hold": 409,
    "lot_on_hold": 409,
    "bom_in_use": 409,
    "stock_short": 409,
    "duplicate": 409,
    "idempotency_in_progress": 409,
    "stale": 412,
    "too_large": 413,
    "unsupported_media_type": 415,
    "over_production": 422,
    "validation_failed": 422,
    "idempotency_key_reused": 422,
    "rate_limited": 429,
    "internal": 500,
    "busy": 503,
}

# A bad field is 422 here; whatever has no row above takes the status of its kind.
_STATUS_OF_KIND = {**STATUS_OF_KIND, Kind.INVALID: 422}

SHORT_AT_CONFIRM = "Insufficient stock to confirm order"
SHORT_ELSEWHERE = "Insufficient stock"
TOO_MUCH = "Produced quantity exceeds order quantity"

# Parts of sentences, which the message holds already; and what would only repeat the request.
_TOLD = frozenset(
    {"messages", "joined", "field", "reference", "roles", "reasons", "clashes", "verb", "thing", "method", "reason"}
    | {"wanted_text", "available_text", "of_lot", "told", "choice"}
)

Json = dict[str, Any]


class FactoryRequired(Problem):
    """Somebody who works in several factories did not say which one is meant. Data: factories (slugs)."""

    code, kind, template = "factory_required", Kind.INVALID, "Say which of your factories is meant: send X-Factory"

    def __init__(self, *, factories: Sequence[str]) -> None:
        super().__init__(factories=list(factories))


class NoMembership(Problem):
    """Somebody known who belongs to no factory: there is nothing that they could be shown."""

    code, kind, template = "role_missing", Kind.FORBIDDEN, "You are a member of no factory"


def render_problem(problem: Problem, request: FaceRequest) -> Answer:
    """The envelope of a refusal, with the headers that belong to it."""
    code, message, details = _told(problem, request)
    status = STATUS_OF_CODE.get(code) or _STATUS_OF_KIND[problem.kind]
    body: Json = {
        "statusCode": status,
        "message": message,
        "error": HTTPStatus(status).phrase,
        "code": code,
    }
    if details:
        body["details"] = details
    return json_answer(body, status=status, headers=headers_of(problem))


def _told(problem: Problem, request: FaceRequest) -> tuple[str, str | list[str], Json]:
    """(code, message, details) of a problem, in this API's names and words."""
    data = problem.data
    match problem.code:
        case "illegal_transition" | "not_open":
            return _wrong_moment(data)
        case "work_order_out_of_turn":
            now = f"Work order {data['work_order']} is {data['words']}"
            return "illegal_state", f"{now} and cannot be {PARTICIPLES[data['verb']]} now", {"status": data["status"]}
        case "material_short":
            confirming = getattr(request, "path", "").endswith("/confirm")
            missing = [_shortage(part) for part in data["missing"]]
            return "insufficient_stock", SHORT_AT_CONFIRM if confirming else SHORT_ELSEWHERE, {"missing": missing}
        case "over_production":
            return problem.code, TOO_MUCH, {"quantity": data["target"], "wouldBe": data["would_be"]}
        case "duplicate":
            return problem.code, problem.text, {"field": data["field"]}
    messages = data.get("messages")
    details = in_camel({name: value for name, value in data.items() if name not in _TOLD and value is not None})
    return problem.code, messages if messages is not None else problem.text, details


def _wrong_moment(data: Mapping[str, Any]) -> tuple[str, str, Json]:
    """The order is over, or it is not yet (or no longer) where the call could be made."""
    word = WORDS[State(data["state"])]
    told = f"Production order {data['reference']} is {word}"
    if word in TERMINAL:
        return "terminal_state", told, {"status": word}
    participle = PARTICIPLES.get(data.get("verb", ""), "changed so")
    return "illegal_state", f"{told} and cannot be {participle} now", {"status": word}


def _shortage(part: Mapping[str, Any]) -> Json:
    numbers = {name: part[name] for name in ("required", "available", "short")}
    return {"productId": part["item_id"], "name": part["name"], "uom": part["uom"], **numbers}
