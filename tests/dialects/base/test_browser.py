"""Pages have sessions and CSRF; the API faces have neither and pay for neither."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from factoryos.urls import urlpatterns as real

pytestmark = pytest.mark.django_db


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{hasattr(request, 'session')} {hasattr(request, 'user')}")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the reason")


urlpatterns = [path("page", page), path("broken", broken), path("api/page", page), path("api/broken", broken), *real]


@pytest.fixture(autouse=True)
def _urls() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


def test_a_page_has_a_session_and_a_user() -> None:
    assert Client().get("/page").content == b"True True"


def test_an_api_call_has_neither() -> None:
    assert Client().get("/api/page").content == b"False False"


def test_a_page_asks_for_a_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/page").status_code == 403
    client.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32
    assert client.post("/page", headers={"X-CSRFToken": "x" * 32}).status_code == 200


def test_an_api_call_needs_none() -> None:
    response = Client(enforce_csrf_checks=True).post("/api/factories/x/products")
    assert response.status_code == 401


def test_a_broken_page_is_a_page_and_a_broken_call_is_json() -> None:
    client = Client(raise_request_exception=False)
    response = client.get("/broken")
    assert (response.status_code, response.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    response = client.get("/api/broken")
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert b"the reason" not in response.content


class Gone:
    def __init__(self, get_response: object) -> None:
        from django.core.exceptions import MiddlewareNotUsed

        raise MiddlewareNotUsed


class Rescue:
    def __init__(self, get_response: object) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)  # type: ignore[operator]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        return HttpResponse("rescued")


def test_the_chain_hears_of_exceptions_and_may_lack_a_link() -> None:
    chain = [*settings.BROWSER_MIDDLEWARE, f"{__name__}.Gone", f"{__name__}.Rescue"]
    with override_settings(BROWSER_MIDDLEWARE=chain):
        assert Client().get("/broken").content == b"rescued"
        assert Client(raise_request_exception=False).get("/api/broken").status_code == 500
