"""The published description of the APIs: as a schema for programs, and as a page for people. Needs no network."""

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from factoryos.dialects.base.operations import Description
from factoryos.dialects.registry import DIALECTS

_YAML = "application/vnd.oai.openapi"
# Everything from here and nothing inline; the sidecar's style sheet has its icons as data.
_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


def description() -> dict[str, Any]:
    """The OpenAPI description of every dialect that has one, drawn anew."""
    drawn: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return drawn


@cache
def _as_json() -> bytes:
    return json.dumps(description(), ensure_ascii=False, separators=(",", ":")).encode()


@cache
def _as_yaml() -> bytes:
    drawn: bytes = OpenApiYamlRenderer().render(description(), renderer_context={})
    return drawn


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The description as JSON (which is YAML too); spelled as YAML for `?format=yaml` and for who accepts only that."""
    wants_yaml = request.GET.get("format") == "yaml" or _YAML in request.headers.get("Accept", "")
    if wants_yaml:
        return HttpResponse(_as_yaml(), content_type=f"{_YAML}; charset=utf-8")
    return HttpResponse(_as_json(), content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """How errors, repeated calls, lists and limits work; every call, to be tried out."""
    response = render(request, "api/docs.html", {"catalogue": _catalogue()})
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Frame-Options"] = "DENY"
    return response


def _catalogue() -> list[dict[str, Any]]:
    """Each code once for each status that a dialect gives it, by status; every second part of its meaning is code."""
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for dialect in DIALECTS:
        if dialect.description is None:
            continue
        told: Description = import_string(dialect.description)
        for name, status in told.status_of_code.items():
            code, meaning = told.shown_code.get(name, name), told.meaning_of_code[name].split("`")
            found.setdefault((status, code), {"status": status, "code": code, "meaning": meaning})
    return sorted(found.values(), key=lambda row: int(row["status"]))


urlpatterns = [
    path(f"api/{name}{slash}", view) for name, view in (("docs", docs), ("schema", schema)) for slash in ("/", "")
]
