"""What people read when something fails: what happened, whether anything was saved, a reference, and a way on."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest
from django.template import loader
from django.test import Client
from django.urls import include, path
from django.views.decorators.http import require_POST

from factoryos.kernel.problems import Busy, NotFound, Problem, RoleMissing, Stale
from factoryos.ops.access import console
from factoryos.ops.shell.safety import POLICY
from tests.floor import a_factory
from tests.ops.shell.people import a_colleague, at_desk

pytestmark = pytest.mark.django_db
RAISED: dict[str, Exception] = {
    "boom": RuntimeError("the secret of the database"),
    "forbidden": PermissionDenied("a secret"),
    "bad": BadRequest("a secret"),
}
REFUSED: dict[str, Problem] = {
    "role": RoleMissing(verb="start", any_of=["operator", "planner"]),
    "missing": NotFound(thing="Production order"),
    "busy": Busy(),
    "stale": Stale(current=4),
}


def raising(request: HttpRequest, what: str) -> Any:
    raise RAISED[what]


@console
def refusing(request: HttpRequest, what: str) -> Any:
    raise REFUSED[what]


@pytest.fixture(autouse=True)
def _views_that_fail(settings: Any) -> Iterator[None]:
    """The product's addresses and handlers, and views that raise."""
    import factoryos.urls

    urls: Any = ModuleType("urls")
    vars(urls).update({name: value for name, value in vars(factoryos.urls).items() if name.startswith("handler")})
    urls.urlpatterns = [
        path("raise/<what>", raising),
        path("refuse/<what>", refusing),
        path("send", require_POST(lambda request: raising(request, "boom"))),
        path("", include("factoryos.urls")),
    ]
    settings.ROOT_URLCONF = urls
    yield


def asked(address: str, client: Client | None = None, **options: Any) -> Any:
    client = client or at_desk(a_colleague(a_factory(name="Bottle Works"), "viewer"))
    client.raise_request_exception = False
    return client.get(address, **options)


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/raise/boom", 500, "This page failed"),
        ("/raise/forbidden", 403, "You may not do this"),
        ("/raise/bad", 400, "could not be understood"),
        ("/no/such/page", 404, "There is no such page"),
        ("/refuse/missing", 404, "Production order not found"),
        ("/refuse/busy", 503, "Somebody else is changing the same thing"),
        ("/refuse/stale", 409, "the current version is 4"),
    ],
)
def test_a_failure_is_told_with_a_reference_and_a_way_on(address: str, status: int, says: str) -> None:
    answer = asked(address)
    page = answer.content.decode()
    assert answer.status_code == status
    assert says in page
    assert answer["X-Request-Id"] in page
    assert "secret" not in page
    assert 'href="/' in page.split("<main", 1)[1]
    assert answer["Content-Security-Policy"] == POLICY


def test_a_missing_role_is_named_with_whom_to_ask() -> None:
    factory = a_factory(name="Bottle Works")
    admin = a_colleague(factory, "admin")
    type(admin).objects.filter(pk=admin.pk).update(name="Ada Admin")
    a_colleague(a_factory(), "admin")
    answer = asked("/refuse/role", at_desk(a_colleague(factory, "viewer")))
    page = " ".join(answer.content.decode().split())
    assert answer.status_code == 403
    assert "operator, planner" in page
    assert "Your roles in Bottle Works: viewer. Ask Ada Admin, who" in page
    assert "Nothing was changed" in page


def test_a_fragment_gets_a_notice_and_not_a_page() -> None:
    for address, status in (("/refuse/role", 403), ("/raise/boom", 500), ("/no/such/page", 404), ("/raise/bad", 400)):
        answer = asked(address, headers={"hx-request": "true"})
        assert answer.status_code == status
        assert answer["HX-Retarget"] == "#notices"
        assert answer.content.decode().strip().startswith('<p class="notice notice-error" role="alert">')
        assert answer["X-Request-Id"] in answer.content.decode()


def test_after_a_change_that_failed_nobody_claims_to_know_whether_it_was_saved() -> None:
    client = Client(raise_request_exception=False)
    answer = client.post("/send")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "<strong>not known</strong>" in page
    assert "Try again" not in page
    assert "Nothing was changed" in asked("/raise/boom").content.decode()


def test_the_failure_page_comes_even_when_its_template_fails_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(name: str) -> Any:
        raise RuntimeError("no manifest")

    monkeypatch.setattr(loader, "get_template", lost)
    answer = asked("/raise/boom", Client())
    assert answer.status_code == 500
    assert answer["X-Request-Id"] in answer.content.decode()


def test_the_failure_page_asks_no_database(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert asked("/raise/boom", Client()).status_code == 500


def test_a_form_without_its_token_is_told_that_the_page_was_too_old() -> None:
    client = at_desk(a_colleague(a_factory()), enforce_csrf_checks=True)
    answer = client.post("/ops/preferences", {"theme": "dark"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "This page was open too long" in page
    assert "Nothing was changed" in page
    told = client.post("/ops/preferences", {"theme": "dark"}, headers={"hx-request": "true"})
    assert (told.status_code, told["HX-Retarget"]) == (403, "#notices")


def test_an_api_keeps_its_envelope() -> None:
    answer = Client(raise_request_exception=False).get("/api/nowhere")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
