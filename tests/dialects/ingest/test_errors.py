"""The envelope of refusals: every problem that can be met has its code, its status, its headers, and nothing more."""

import json
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.test import RequestFactory

from factoryos.dialects import ingest
from factoryos.dialects.base import problems as road
from factoryos.dialects.base.dialect import FaceRequest
from factoryos.dialects.ingest import catalogue
from factoryos.dialects.ingest.catalogue import Refused
from factoryos.dialects.ingest.docs import INGEST_DESCRIPTION
from factoryos.dialects.ingest.errors import render_problem
from factoryos.kernel import problems as kernel
from factoryos.kernel.problems import Invalid, Kind, Problem

TABLE: list[tuple[Problem, int, str, str, str | None]] = [
    (road.MalformedJson(reason="it is cut short"), 400, "DI_E_10001", "REQUEST", None),
    (road.BadRequest(), 400, "DI_E_10001", "REQUEST", None),
    (Refused(catalogue.NOT_JSON, reason="x"), 400, "DI_E_10001", "REQUEST", None),
    (Refused(catalogue.ENVELOPE, field="dryRun", fault="must be x"), 400, "DI_E_10002", "REQUEST", "dryRun"),
    (Refused(catalogue.DATA, field="data"), 400, "DI_E_10003", "REQUEST", "data"),
    (Refused(catalogue.OPERATION, field="operationType"), 400, "DI_E_10004", "REQUEST", "operationType"),
    (road.UnsupportedMediaType(), 415, "DI_E_10005", "REQUEST", None),
    (kernel.Unauthenticated(), 401, "DI_E_10101", "AUTH", None),
    (kernel.RoleMissing(verb="create", any_of=["planner"]), 403, "DI_E_10102", "AUTH", None),
    (kernel.NotFound(thing="Path"), 404, "DI_E_10201", "REQUEST", None),
    (Refused(catalogue.SOLUTION, field="solutionName"), 404, "DI_E_10202", "REQUEST", "solutionName"),
    (road.MethodNotAllowed(method="PUT", allowed=["POST"]), 405, "DI_E_10203", "REQUEST", None),
    (kernel.NotFound(thing="Order"), 404, "DI_E_10204", "REQUEST", None),
    (Invalid(messages=["limit must not be less than 1"], field="limit"), 400, "DI_E_10204", "REQUEST", "limit"),
    (road.TooLarge(limit=1_048_576), 413, "DI_E_10301", "LIMIT", None),
    (Refused(catalogue.ROWS, field="data", limit=2000), 413, "DI_E_10302", "LIMIT", "data"),
    (kernel.RateLimited(retry_after=1), 429, "DI_E_10303", "LIMIT", None),
    (kernel.Busy(), 503, "DI_E_10304", "LIMIT", None),
    (road.Internal(request_id="0194a1c2"), 500, "DI_E_10901", "INTERNAL", None),
    (Invalid(messages=["Idempotency-Key must be x"], field="Idempotency-Key"), 400, "DI_E_10002", "REQUEST",
     "Idempotency-Key"),
    (kernel.KeyInProgress(), 409, "DI_E_10002", "REQUEST", "Idempotency-Key"),
    (kernel.KeyReused(), 422, "DI_E_10002", "REQUEST", "Idempotency-Key"),
]  # fmt: skip
# What no call of this API can meet: it negotiates nothing, runs no verb and versions no object.
ELSEWHERE = {road.NotAcceptable, kernel.Duplicate, kernel.Stale}

each_refusal = pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{type(row[0]).__name__}-{row[2]}-{row[1]}")


def rendered(problem: Problem) -> tuple[int, dict[str, Any], dict[str, str]]:
    answer = render_problem(problem, FaceRequest())
    return answer.status, json.loads(answer.body), dict(answer.headers)


def every_problem(above: type[Problem] = Problem) -> Iterator[type[Problem]]:
    for kind in above.__subclasses__():
        yield kind
        yield from every_problem(kind)


@each_refusal
def test_every_refusal_has_its_code(row: tuple[Problem, int, str, str, str | None]) -> None:
    problem, status, code, category, field = row
    got, told, headers = rendered(problem)
    assert list(told) == ["errors"]
    (error,) = told["errors"]
    assert list(error) == ["code", "category", "message", "field"]
    assert (got, error["code"], error["category"], error["field"]) == (status, code, category, field)
    assert error["message"] and "{" not in error["message"]
    assert headers["Content-Type"] == "application/json"


def test_the_table_holds_every_problem_there_is() -> None:
    for module in pkgutil.iter_modules(ingest.__path__, f"{ingest.__name__}."):
        import_module(module.name)
    ours = ("factoryos.kernel.problems", "factoryos.dialects.base.", "factoryos.dialects.ingest.")
    there_are = {kind for kind in every_problem() if kind.__module__.startswith(ours)}
    assert {type(row[0]) for row in TABLE} | ELSEWHERE == there_are


def test_the_table_holds_every_code_of_a_request() -> None:
    codes = {
        entry.code: entry.category
        for entry in vars(catalogue).values()
        if isinstance(entry, catalogue.Entry) and entry.kind is not None
    }
    assert {(row[2], row[3]) for row in TABLE} == set(codes.items())


def test_what_is_published_of_codes_is_what_is_answered() -> None:
    published = {
        (INGEST_DESCRIPTION.status_of_code[name], code)
        for name, shown in INGEST_DESCRIPTION.shown_code.items()
        for code in shown.split(", ")
    }
    assert published == {(row[1], row[2]) for row in TABLE}


def test_http_has_its_headers() -> None:
    def headers(problem: Problem) -> dict[str, str]:
        return rendered(problem)[2]

    assert headers(kernel.Unauthenticated())["WWW-Authenticate"] == 'Bearer realm="FactoryOS"'
    assert headers(kernel.RateLimited(retry_after=1))["Retry-After"] == "1"
    assert headers(kernel.Busy())["Retry-After"] == headers(kernel.KeyInProgress())["Retry-After"] == "1"
    assert headers(road.MethodNotAllowed(method="GET", allowed=["POST"]))["Allow"] == "POST"


@pytest.mark.parametrize("kind", Kind)
def test_a_refusal_that_nobody_foresaw_is_told_all_the_same(kind: Kind) -> None:
    problem = Problem(allowed=["GET"], retry_after=1)
    problem.kind, problem.code = kind, "unforeseen"  # type: ignore[misc]
    status, told, _ = rendered(problem)
    assert 400 <= status <= 503 and len(told["errors"]) == 1


def test_a_field_that_cannot_be_shown_is_escaped() -> None:
    _, told, _ = rendered(Invalid(messages=["property \\x00 should not exist"], field="\x00" * 500))
    assert told["errors"][0]["field"] == "\\x00" * 100


def test_a_refusal_before_any_view_is_told() -> None:
    answer = render_problem(road.BadRequest(), RequestFactory().get("/api/v2/x"))  # type: ignore[arg-type]
    assert json.loads(answer.body)["errors"][0]["code"] == "DI_E_10001"
