"""Whatever happens on the way is told to a program in the face's envelope, and to a person as a page."""

import uuid
from typing import Any

import pytest
import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.handlers.wsgi import WSGIHandler
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import Client, RequestFactory, override_settings
from rest_framework import exceptions

from factoryos.kernel import directory
from tests.callers import Caller, a_member, a_user, calling, token
from tests.floor import a_factory

pytestmark = pytest.mark.django_db


def envelope(response: Any) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert body["statusCode"] == response.status_code
    assert set(body) <= {"statusCode", "message", "error", "code", "details"}
    uuid.UUID(response.headers["X-Request-Id"])
    return body


@pytest.mark.parametrize("path", ["/api/nothing", "/api/factories/x/y/z", "/api/", "/api/factories//", "/api/nothing/"])
def test_an_unknown_path_is_json_to_a_program(path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 404
    assert envelope(response)["code"] == "not_found"


def test_an_unknown_page_is_a_page_with_a_request_id() -> None:
    response = Client().get("/nothing")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")
    uuid.UUID(response.headers["X-Request-Id"])
    assert "X-Frame-Options" in response.headers


def test_a_trailing_slash_is_served_like_none_with_the_body_it_came_with() -> None:
    caller = calling(a_factory())
    assert caller.get("/products/").status_code == 200
    answer = caller.post("/products/", {"sku": "A", "name": "a"})
    assert answer.status_code == 201
    assert caller.get(f"/products/{answer.json()['id']}/").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "OPTIONS", "BREW"])
def test_a_wrong_method_names_the_right_ones_to_anybody(method: str) -> None:
    response = Client().generic(method, "/api/factories/x/products")
    assert envelope(response)["code"] == "method_not_allowed"
    assert response.headers["Allow"] == "GET, POST"


def test_the_body_of_a_head_is_dropped_here_and_not_left_to_the_server() -> None:
    factory = a_factory()
    request = RequestFactory().head(
        f"/api/factories/{factory.slug}", headers={"authorization": f"Bearer {token(a_member(factory, 'viewer'))}"}
    )
    handler = WSGIHandler()
    assert handler.get_response(request).content == b""


def test_head_is_get_without_a_body() -> None:
    caller = calling(a_factory())
    told, silent = caller.get("/pause-reasons"), caller.head("/pause-reasons")
    assert silent.status_code == 200 and silent.content == b""
    assert silent.headers["Content-Length"] == told.headers["Content-Length"] == str(len(told.content))


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (exceptions.NotFound(), 404, "not_found"),
        (RequestDataTooBig(), 413, "too_large"),
        (SuspiciousOperation("secret"), 400, "malformed_json"),
        (exceptions.ParseError(), 400, "malformed_json"),
        (exceptions.ValidationError("secret"), 400, "malformed_json"),
        (exceptions.UnsupportedMediaType("x/y"), 415, "unsupported_media_type"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (exceptions.NotAuthenticated(), 401, "unauthenticated"),
        (OperationalError("secret host"), 503, "busy"),
        (InterfaceError("secret host"), 503, "busy"),
        (RuntimeError("secret"), 500, "internal"),
    ],
)
def test_whatever_a_view_raises_leaves_in_the_envelope(
    raised: Exception, status: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(person: object) -> None:
        raise raised

    monkeypatch.setattr(directory, "places_of", fail)
    response = Caller(token(a_user())).get("/api/factories")
    assert (response.status_code, envelope(response)["code"]) == (status, code)
    assert "secret" not in response.content.decode()
    assert response.headers.get("Retry-After") == ("1" if status == 503 else None)


def test_a_fault_of_ours_tells_its_number_and_is_logged_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(person: object) -> None:
        raise RuntimeError("the reason")

    monkeypatch.setattr(directory, "places_of", fail)
    with structlog.testing.capture_logs() as lines:
        response = Caller(token(a_user())).get("/api/factories")
    number = response.headers["X-Request-Id"]
    assert number in envelope(response)["message"]
    failure = next(line for line in lines if line["event"] == "request_failed")
    assert str(failure["exc_info"]) == "the reason"


@override_settings(ALLOWED_HOSTS=["here.example"], SECURE_SSL_REDIRECT=True)
def test_what_a_middleware_refuses_is_json_too() -> None:
    response = Client().get("/api/factories", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert envelope(response)["code"] == "malformed_json"


def test_a_request_leaves_one_line_without_secrets() -> None:
    factory = a_factory()
    caller = calling(factory, "viewer")
    with structlog.testing.capture_logs() as lines:
        caller.get("/products?limit=0&password=hush")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["status"] == 400 and line["face"] == "factory" and line["code"] == "validation_failed"
    assert line["path"] == f"/api/factories/{factory.slug}/products" and line["method"] == "GET"
    assert line["actor"].startswith("user:")
    assert "hush" not in str(lines) and "Bearer" not in str(lines)
