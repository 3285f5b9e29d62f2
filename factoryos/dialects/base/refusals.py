"""What refusals have in common whatever a face's envelope: the status of a kind, HTTP's own headers, names in camel case."""

import re
from collections.abc import Mapping
from typing import Any

from factoryos.kernel.problems import Kind, Problem

# For a code that a verb got after a face's own table was written: its kind is as good as a row.
STATUS_OF_KIND = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.MISSING: 404,
    Kind.NOT_ALLOWED: 405,
    Kind.NOT_ACCEPTABLE: 406,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.REUSED: 422,
    Kind.LIMITED: 429,
    Kind.INTERNAL: 500,
    Kind.BUSY: 503,
}
_DASH = re.compile(r"_([a-z])")


def headers_of(problem: Problem, *, challenge: str = "Bearer") -> Mapping[str, str]:
    """The headers that HTTP wants with a refusal; `challenge` names the scheme that a 401 asks for."""
    match problem.kind:
        case Kind.UNAUTHENTICATED:
            return {"WWW-Authenticate": challenge}
        case Kind.NOT_ALLOWED:
            return {"Allow": ", ".join(problem.data["allowed"])}
        case Kind.LIMITED:
            return {"Retry-After": str(problem.data["retry_after"])}
        case Kind.BUSY:
            return {"Retry-After": "1"}
    return {"Retry-After": "1"} if problem.code == "idempotency_in_progress" else {}


def camel(name: str) -> str:
    """`order_id` as `orderId`."""
    return _DASH.sub(lambda found: found[1].upper(), name)


def in_camel(value: Any, *, named: Mapping[str, str] | None = None) -> Any:
    """A problem's facts with their names in camel case, all the way down; `named` are exceptions."""
    if isinstance(value, Mapping):
        known = named or {}
        return {known.get(name) or camel(name): in_camel(inner, named=named) for name, inner in value.items()}
    return [in_camel(inner, named=named) for inner in value] if isinstance(value, (list, tuple)) else value
