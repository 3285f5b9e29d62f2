"""The published description as a judge of real answers: nothing undocumented, neither a status nor a field."""

import json
import re
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from factoryos.dialects.published import description
from tests.calls import Reply

_VARIABLE = re.compile(r"\\\{(\w+)\\\}")
_COMPONENT = re.compile(r"#/components/(\w+)/([\w-]+)")


@cache
def published() -> dict[str, Any]:
    return json.loads(json.dumps(description()))


def part(reference: str) -> Any:
    """What a local reference points at."""
    found = _COMPONENT.fullmatch(reference)
    assert found, reference
    return published()["components"][found[1]][found[2]]


@cache
def closed_components() -> dict[str, Any]:
    """The schemas, forbidding what they do not name. A component that others build on stays open: they are closed."""
    schemas = deepcopy(published()["components"]["schemas"])
    open_ones = {reference for schema in schemas.values() for reference in _built_on(schema)}
    for name, schema in schemas.items():
        _close(schema, but_not_itself=f"#/components/schemas/{name}" in open_ones)
    return {"schemas": schemas}


def _built_on(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [found for inner in schema for found in _built_on(inner)]
    if not isinstance(schema, dict):
        return []
    own = [inner["$ref"] for inner in schema.get("allOf", ()) if "$ref" in inner]
    return own + [found for inner in schema.values() for found in _built_on(inner)]


def _close(schema: Any, *, but_not_itself: bool = False) -> None:
    if isinstance(schema, list):
        for inner in schema:
            _close(inner)
    elif isinstance(schema, dict):
        for name, inner in schema.items():
            if name == "properties":
                for value in inner.values():
                    _close(value)
            elif name == "allOf":
                for value in inner:
                    _close(value, but_not_itself=True)
            elif name != "examples":
                _close(inner)
        if not but_not_itself and ("properties" in schema or "allOf" in schema):
            schema["unevaluatedProperties"] = False


def _what_it_takes(variable: re.Match[str]) -> str:
    """Some names are the rest of the path."""
    return ".+" if variable[1] in {"article_id", "external_id", "order_number"} else "[^/]+"


def operation(method: str, path: str) -> dict[str, Any]:
    """The operation behind a real path. The one with the fewest variables, as `machines/bulk` is no machine."""
    fitting = [
        template
        for template in published()["paths"]
        if re.fullmatch(_VARIABLE.sub(_what_it_takes, re.escape(template)), path, re.DOTALL)
        and method.lower() in published()["paths"][template]
    ]
    assert fitting, f"{method} {path} is not described"
    found: dict[str, Any] = published()["paths"][min(fitting, key=lambda name: name.count("{"))][method.lower()]
    return found


def faults(method: str, path: str, reply: Reply) -> list[str]:
    """How an answer differs from what is published about it."""
    responses = operation(method, path.partition("?")[0])["responses"]
    if str(reply.status) not in responses:
        return [f"status {reply.status} is not described"]
    told = responses[str(reply.status)]
    told = part(told["$ref"]) if "$ref" in told else told
    kind = reply.headers.get("Content-Type", "").partition(";")[0]
    if kind not in told.get("content", {"": None}):
        return [f"{kind or 'a body without a kind'} is not described"]
    found = [
        f"header {name} is missing"
        for name, header in told["headers"].items()
        if part(header["$ref"])["required"] and name not in reply.headers
    ]
    if not kind and reply.content:
        found.append("there is a body")
    if kind != "application/json":
        return found
    return found + schema_faults(told["content"][kind]["schema"], json.loads(reply.content))


def schema_faults(schema: dict[str, Any], value: Any) -> list[str]:
    """Why a value does not fit a schema of the description, closed."""
    whole = {"allOf": [schema], "components": closed_components(), "unevaluatedProperties": False}
    judge = Draft202012Validator(whole, format_checker=FormatChecker())
    return [f"{fault.json_path}: {fault.message[:300]}" for fault in judge.iter_errors(value)]
