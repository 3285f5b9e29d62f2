"""Coming and going: what lets somebody in, where they land, and that only a POST lets them out."""

from urllib.parse import quote

import pytest
from django.test import Client

from tests.floor import a_factory
from tests.ops.shell.people import PASSWORD, SIGN_IN, a_colleague, at_desk, is_signed_in, somebody, try_to_sign_in

pytestmark = pytest.mark.django_db


def test_the_right_password_lets_in_under_a_new_session_key() -> None:
    user, client = a_colleague(a_factory()), Client()
    client.session["anything"] = 1
    client.get(SIGN_IN)
    session = client.session
    session["before"] = True
    session.save()
    before = session.session_key
    answer = try_to_sign_in(client, user.username)
    assert (answer.status_code, answer["Location"]) == (303, "/ops/orders")
    assert client.session.session_key != before
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("name", "password"), [("ana", "mistaken-9"), ("nobody", PASSWORD), ("ANA", PASSWORD), ("gone", PASSWORD)]
)
def test_what_is_wrong_is_told_the_same_way_whatever_it_was(name: str, password: str) -> None:
    somebody(username="ana")
    somebody(username="gone", is_active=False)
    client = Client()
    answer = try_to_sign_in(client, name, password)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Name or password is wrong" in page
    assert f'value="{name}"' in page
    assert password not in page
    assert not is_signed_in(client)


def test_an_empty_field_is_named_beside_it_and_in_the_summary() -> None:
    page = try_to_sign_in(Client(), "", "").content.decode()
    assert '<a href="#id_username">Enter your name' in page
    assert 'id="username-error">Enter your name' in page
    assert 'aria-describedby="password-error"' in page


@pytest.mark.parametrize("name", ["a\x00b", "x" * 151, "x" * 500, "\ud83d", " ", "<script>alert(1)</script>"])
def test_a_strange_name_is_just_wrong(name: str) -> None:
    form = f"username={quote(name, errors='surrogatepass')}&password=x"
    answer = Client().post(SIGN_IN, form, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert b"<script>alert" not in answer.content


@pytest.mark.parametrize(
    "hostile",
    [
        "https://evil.example/",
        "//evil.example/ops/orders",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil",
        "\x00//e",
    ],
)
def test_nobody_is_sent_to_somebody_elses_page(hostile: str) -> None:
    user = somebody()
    assert try_to_sign_in(Client(), user.username, next=hostile)["Location"] == "/ops/orders"
    assert at_desk(user).get(SIGN_IN, {"next": hostile})["Location"] == "/ops/orders"


def test_somebody_is_sent_back_to_the_page_they_asked_for() -> None:
    factory = a_factory()
    user, client = a_colleague(factory), Client()
    asked = client.get("/ops/help?factory=x")
    assert asked.status_code == 302
    shown = client.get(asked["Location"]).content.decode()
    assert 'name="next" value="/ops/help?factory=x"' in shown
    assert try_to_sign_in(client, user.username, next="/ops/help?factory=x")["Location"] == "/ops/help?factory=x"


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page() -> None:
    answer = Client().post("/ops/switch", {"factory": "x"}, headers={"referer": "http://testserver/ops/help?a=1"})
    assert (answer.status_code, answer["Location"]) == (303, "/ops/sign-in?next=%2Fops%2Fhelp%3Fa%3D1")


def test_a_fragment_without_a_session_moves_the_whole_page() -> None:
    headers = {"hx-request": "true", "hx-current-url": "http://testserver/ops/help?a=1"}
    answer = Client().get("/ops/components", headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["HX-Redirect"] == "/ops/sign-in?next=%2Fops%2Fhelp%3Fa%3D1"


def test_signing_out_is_a_post_and_ends_the_session() -> None:
    client = at_desk(a_colleague(a_factory()))
    key = client.session.session_key
    looked = client.get("/ops/sign-out")
    assert (looked.status_code, looked["Allow"]) == (405, "POST")
    assert is_signed_in(client)
    assert client.post("/ops/sign-out")["Location"] == SIGN_IN
    assert not client.session.exists(key)
    assert "You are signed out" in client.get(SIGN_IN).content.decode()


def test_signing_in_and_out_need_the_token_of_a_page_of_ours() -> None:
    user = a_colleague(a_factory())
    assert try_to_sign_in(Client(enforce_csrf_checks=True), user.username).status_code == 403
    client = at_desk(user, enforce_csrf_checks=True)
    assert client.post("/ops/sign-out").status_code == 403
    assert is_signed_in(client)


def test_who_belongs_nowhere_is_told_whom_to_ask() -> None:
    answer = at_desk(somebody(username="new@plant.example")).get("/ops/components")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "You belong to no factory yet" in page
    assert "new@plant.example" in page
    assert "/ops/sign-out" in page


def test_the_page_is_kept_by_no_cache() -> None:
    assert "no-store" in Client().get(SIGN_IN)["Cache-Control"]
