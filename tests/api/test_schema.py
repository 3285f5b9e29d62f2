"""The published description says what is served: no more, no less, and nothing of it comes from elsewhere."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import URLPattern, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from factoryos.dialects.base.operations import Description
from factoryos.dialects.erp.docs import ERP_DESCRIPTION
from factoryos.dialects.factory.docs import FACTORY_DESCRIPTION
from factoryos.dialects.ingest.docs import INGEST_DESCRIPTION
from factoryos.dialects.published import description
from factoryos.dialects.registry import DIALECTS
from factoryos.dialects.store.docs import STORE_DESCRIPTION
from tests.api import contract

SNAPSHOT = Path(__file__).with_name("openapi.json")
METHODS = ("get", "post", "put", "patch", "delete")
DESCRIPTIONS = {
    "factory": FACTORY_DESCRIPTION,
    "erp": ERP_DESCRIPTION,
    "store": STORE_DESCRIPTION,
    "ingest": INGEST_DESCRIPTION,
}

each_description = pytest.mark.parametrize("told", DESCRIPTIONS.values(), ids=list(DESCRIPTIONS))


def test_it_is_drawn_without_a_warning_and_is_valid_openapi() -> None:
    drawn = description()
    assert not GENERATOR_STATS, (GENERATOR_STATS._warn_cache, GENERATOR_STATS._error_cache)
    validate_schema(drawn)


def test_it_is_the_one_that_was_reviewed() -> None:
    """To accept a change: UPDATE_OPENAPI=1 pytest tests/api/test_schema.py, and read the diff."""
    text = json.dumps(contract.published(), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_OPENAPI"):
        SNAPSHOT.write_text(text)
    assert text == SNAPSHOT.read_text()


def routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield here, pattern
        else:
            yield from routes(pattern.url_patterns, here)


def test_every_dialect_that_publishes_itself_is_known_to_these_tests() -> None:
    assert set(DESCRIPTIONS) == {dialect.name for dialect in DIALECTS if dialect.description}


def test_every_route_and_method_is_described_and_nothing_else() -> None:
    prefixes = tuple(prefix.lstrip("/") for dialect in DIALECTS if dialect.description for prefix in dialect.prefixes)
    served = {
        f"{method.upper()} /" + re.sub(r"<(?:[a-z_]+:)?([a-z_]+)>", r"{\1}", route)
        for route, pattern in routes(get_resolver().url_patterns)
        if route.startswith(prefixes)
        for method in METHODS
        if hasattr(pattern.callback.cls, method)
    }
    described = {
        f"{method.upper()} {path}" for path, methods in contract.published()["paths"].items() for method in methods
    }
    assert len(served) > 20
    assert described == served == {row for told in DESCRIPTIONS.values() for row in told.operations}


@each_description
def test_every_code_has_a_status_and_a_meaning(told: Description) -> None:
    assert list(told.meaning_of_code) == list(told.status_of_code)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from [inner] if name == "$ref" else references(inner)


def test_every_component_is_there_and_is_used() -> None:
    components = contract.published()["components"]
    kept = {
        f"#/components/{kind}/{name}"
        for kind, members in components.items()
        if kind != "securitySchemes"
        for name in members
    }
    assert set(references(contract.published())) == kept


def operations() -> list[Any]:
    return [operation for methods in contract.published()["paths"].values() for operation in methods.values()]


def test_names_are_unique_and_every_operation_is_told_in_full() -> None:
    names = [operation["operationId"] for operation in operations()]
    assert len(set(names)) == len(names)
    for operation in operations():
        assert operation["summary"] and operation["tags"]
        assert operation["description"].startswith("**Who may:** ")


@each_description
def test_every_operation_tells_what_any_call_may_be_refused_for(told: Description) -> None:
    def statuses(codes: tuple[str, ...]) -> set[str]:
        return {str(told.status_of_code[code]) for code in codes}

    for row, described in told.operations.items():
        method, _, path = row.partition(" ")
        operation = contract.published()["paths"][path][method.lower()]
        assert operation["security"] == [{told.security[0]: []}]
        assert statuses(told.any_call_refuses) <= set(operation["responses"])
        assert statuses(("validation_failed", "unauthenticated", "not_found", "rate_limited", "internal", "busy")) <= (
            statuses(told.any_call_refuses)
        )
        if described.changes:
            assert {"403", "409", "413", "415", "422"} <= set(operation["responses"])


def test_the_examples_fit_what_they_are_examples_of() -> None:
    told = 0
    for operation in operations():
        contents = [reply["content"] for reply in operation["responses"].values() if "content" in reply]
        contents += [operation["requestBody"]["content"]] if "requestBody" in operation else []
        for content in contents:
            for form in content.values():
                for example in form.get("examples", {}).values():
                    told += 1
                    assert contract.schema_faults(form["schema"], example["value"]) == [], operation["operationId"]
    assert told > 50


def test_requests_are_published_with_their_limits() -> None:
    schemas = contract.published()["components"]["schemas"]
    create = schemas["CreateRequest"]
    assert create["required"] == ["productId", "quantityTarget"]
    assert create["additionalProperties"] is False
    taken = create["properties"]
    assert taken["quantityTarget"] == {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000_000}
    assert taken["batchNumber"] == {"type": ["string", "null"], "maxLength": 64}
    assert taken["plannedStart"] == {"type": ["string", "null"], "format": "date-time"}
    assert taken["priority"]["enum"] == ["rush", "standard", "hold"]
    assert taken["overProduction"] == {"$ref": "#/components/schemas/OverProductionRequest"}
    assert schemas["LogQuantityRequest"]["properties"]["quantityGood"]["minimum"] == -1_000_000_000
    assert schemas["ScheduleRequest"]["properties"]["splits"]["maxItems"] == 50
    assert schemas["NewMachinesRequest"]["properties"]["machines"]["items"] == {
        "$ref": "#/components/schemas/NewMachineRequest"
    }
    assert schemas["NewMachineRequest"]["properties"]["code"]["pattern"] == "^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"


def test_filters_and_headers_are_published() -> None:
    orders = contract.published()["paths"]["/api/factories/{slug}/production-orders"]
    named = [parameter["name"] for parameter in orders["get"]["parameters"]]
    assert named == [
        "slug", "limit", "offset", "cursor", "status", "state", "productId", "machineId", "batchNumber", "q", "from", "to"
    ]  # fmt: skip
    assert {"$ref": "#/components/parameters/IdempotencyKey"} in orders["post"]["parameters"]
    amend = contract.published()["paths"]["/api/factories/{slug}/production-orders/{order_id}"]["patch"]
    assert {"$ref": "#/components/parameters/IfMatch"} in amend["parameters"]
    assert "412" in amend["responses"]


def test_a_judge_that_is_asked_about_something_undocumented_says_so() -> None:
    """The control: without it, the tests of real answers might pass because nothing is looked at."""
    page = {"data": [], "meta": {"total": 0, "limit": 50, "offset": 0, "nextCursor": None}}
    schema = {"$ref": "#/components/schemas/Orders"}
    assert contract.schema_faults(schema, page) == []
    assert contract.schema_faults(schema, page | {"extra": 1})
    assert contract.schema_faults(schema, page | {"meta": page["meta"] | {"extra": 1}})
    assert contract.schema_faults(schema, page | {"data": [{"id": "no order"}]})
    assert contract.schema_faults(schema, {"data": []})


# --- as served --------------------------------------------------------------------------------------------------------


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.mark.parametrize("path", ["/api/schema/", "/api/schema"])
def test_the_schema_is_served_as_json_to_everybody(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == contract.published()


@pytest.mark.parametrize("ask", [{"data": {"format": "yaml"}}, {"headers": {"accept": "application/vnd.oai.openapi"}}])
def test_the_schema_is_served_as_yaml_where_it_is_asked_for(client: Client, ask: Any) -> None:
    answer = client.get("/api/schema/", **ask)
    assert answer.headers["Content-Type"].startswith("application/vnd.oai.openapi")
    assert answer.content.startswith(b"openapi: 3.1")


def test_the_page_is_served_as_html_and_holds_the_error_catalogue(client: Client) -> None:
    for path in ("/api/docs/", "/api/docs"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        page = re.sub(r"\s+", " ", answer.content.decode())
        for told in DESCRIPTIONS.values():
            for code, status in told.status_of_code.items():
                shown = told.shown_code.get(code, code)
                assert f"<td>{status}</td><td><code>{shown}</code></td>" in page


def test_the_page_loads_only_our_own_files_and_runs_nothing_inline(client: Client) -> None:
    answer = client.get("/api/docs/")
    page = answer.content.decode()
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';") and "unsafe" not in policy and "http" not in policy
    loaded = re.findall(r'<(?:script|link|img)[^>]*?(?:src|href)="([^"]+)"', page)
    assert len(loaded) == 5
    for address in loaded:
        assert address.startswith("/static/")
        assert finders.find(address.removeprefix("/static/")), address
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|https?://", page)


def test_only_reading_is_possible_and_a_refusal_is_told_to_a_program(client: Client) -> None:
    for path in ("/api/docs/", "/api/schema/"):
        answer = client.post(path)
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
