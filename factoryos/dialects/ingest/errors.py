"""The whole failure contract of requests: the envelope, and the code and status of every problem there is."""

from typing import Any

from factoryos.dialects.base.answers import dumps
from factoryos.dialects.base.dialect import MEGABYTE, FaceRequest
from factoryos.dialects.base.refusals import STATUS_OF_KIND, headers_of
from factoryos.dialects.ingest import catalogue
from factoryos.dialects.ingest.catalogue import Entry, Refused, shown, told
from factoryos.kernel.problems import Kind, Problem
from factoryos.kernel.transactions import Answer

JSON = "application/json"
# Nothing but the realm: what was wrong with a token is told to nobody.
_CHALLENGE = 'Bearer realm="FactoryOS"'
_KEY = "Idempotency-Key"

_ENTRY_OF_KIND: dict[Kind, Entry] = {
    Kind.UNAUTHENTICATED: catalogue.TOKEN,
    Kind.FORBIDDEN: catalogue.ROLE,
    Kind.NOT_ALLOWED: catalogue.METHOD,
    Kind.UNSUPPORTED: catalogue.MEDIA_TYPE,
    Kind.BUSY: catalogue.BUSY,
}


def render_problem(problem: Problem, request: FaceRequest) -> Answer:
    """The envelope of a refusal, always JSON, with the headers that belong to it."""
    headers = {"Content-Type": JSON, **headers_of(problem, challenge=_CHALLENGE)}
    return Answer(STATUS_OF_KIND[problem.kind], dumps({"errors": _errors(problem)}), headers)


def _errors(problem: Problem) -> list[dict[str, Any]]:
    if isinstance(problem, Refused):
        return problem.errors
    match problem.kind:
        case Kind.MISSING:
            is_path = problem.data.get("thing", "Path") == "Path"
            return [told(catalogue.OBJECT if is_path else catalogue.NOTHING_FOUND)]
        case Kind.TOO_LARGE:
            return [told(catalogue.BYTES, limit=problem.data.get("limit", MEGABYTE))]
        case Kind.LIMITED:
            return [told(catalogue.RATE, retry_after=problem.data["retry_after"])]
        case Kind.INTERNAL:
            number = problem.data.get("request_id")
            return [{**told(catalogue.INTERNAL), "message": f"internal error, request {number}; nothing was stored"}]
        case Kind.INVALID:
            return [_invalid(problem)]
    if entry := _ENTRY_OF_KIND.get(problem.kind):
        return [told(entry)]
    return [_of_key(problem)]


def _invalid(problem: Problem) -> dict[str, Any]:
    """A query parameter, the Idempotency-Key, or a request that is broken before it is read."""
    field = problem.data.get("field")
    if problem.code == "malformed_json":
        return told(catalogue.NOT_JSON, reason=problem.data.get("reason", "the request is malformed"))
    entry = catalogue.ENVELOPE if field == _KEY else catalogue.QUERY
    name = shown(field) if field else None
    return {**told(entry, name, fault=""), "message": problem.text}


def _of_key(problem: Problem) -> dict[str, Any]:
    """What is left: this API calls no verb, so only a repeated key can be in conflict with anything."""
    return {**told(catalogue.ENVELOPE, _KEY, fault=""), "message": problem.text}
