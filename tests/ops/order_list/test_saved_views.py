"""Saved views: kept clean, shared or not, one of them the default, and nobody's but their owner's to change."""

from typing import Any
from uuid import uuid4

import pytest

from factoryos.ops.models import SavedView
from factoryos.ops.order_list import saved_views
from tests import callers
from tests.ops.order_list.reader import Reader, references

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Reader:
    return Reader()


def save(reader: Reader, name: str, query: str = "status=draft", **more: str) -> Any:
    return reader.client.post("/ops/views", {"name": name, "query": query, "key": uuid4().hex, **more})


def act(reader: Reader, view: SavedView, action: str, **more: str) -> Any:
    return reader.client.post(f"/ops/views/{view.uuid}", {"action": action, "key": uuid4().hex, **more})


def a_colleague(reader: Reader, *roles: str) -> Reader:
    return Reader(*(roles or ("planner",)), factory=reader.factory)


def test_a_view_keeps_the_cleaned_filter_and_sort_and_leads_back_to_them(reader: Reader) -> None:
    reader.place("a", state="draft")
    reader.place("b", state="closed")
    response = save(reader, "Drafts", "sort=due&q=&status=draft&after=zzz&status=draft")
    view = SavedView.objects.get()
    assert (view.query, view.shared, view.is_default, view.owner) == (
        "status=draft&sort=due",
        False,
        False,
        reader.user,
    )
    assert response["Location"] == "/ops/orders?status=draft&sort=due"
    followed = reader.client.get(f"/ops/views/{view.uuid}", follow=True)
    assert references(followed.content.decode()) == ["a"]
    assert "Drafts" in reader.get().content.decode()


def test_pressing_save_twice_is_one_view(reader: Reader) -> None:
    for _ in range(2):
        response = reader.client.post("/ops/views", {"name": "Once", "query": "", "key": "k"})
        assert response.status_code == 303
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("", "status=draft"),
        ("x" * 61, ""),
        ("a\x00b", ""),
        ("fine", "status=nonsense"),
        ("fine", "foo=1"),
        ("fine", "sort=x"),
    ],
)
def test_what_cannot_be_saved_says_why_and_keeps_what_was_typed(reader: Reader, name: str, query: str) -> None:
    response = save(reader, name, query)
    assert response.status_code == 422
    assert not SavedView.objects.exists()
    assert 'id="error-name"' in response.content.decode()
    assert f'value="{name}"'.replace("\x00", "") in response.content.decode().replace("\x00", "")


def test_a_name_is_taken_once_by_each_person(reader: Reader) -> None:
    save(reader, "Mine", "status=draft")
    response = save(reader, "Mine", "status=closed")
    assert response.status_code == 422
    assert "already taken" in response.content.decode()
    assert SavedView.objects.get().query == "status=draft"
    assert save(a_colleague(reader), "Mine").status_code == 303


def test_the_default_view_is_what_the_bare_address_shows_and_all_orders_is_the_way_out(reader: Reader) -> None:
    reader.place("a", state="draft")
    reader.place("b", state="closed")
    save(reader, "Drafts", is_default="on")
    bare = reader.client.get("/ops/orders", follow=True)
    assert references(bare.content.decode()) == ["a"]
    assert 'href="/ops/orders?all=1">All orders' in bare.content.decode()
    assert reader.sees("all=1") == ["b", "a"]
    assert reader.sees("q=") == ["b", "a"], "an emptied form asks for all"
    save(reader, "Closed", "status=closed", is_default="on")
    assert reader.client.get("/ops/orders")["Location"] == "/ops/orders?status=closed"
    assert SavedView.objects.filter(is_default=True).count() == 1
    act(reader, SavedView.objects.get(name="Closed"), "no-default")
    assert reader.client.get("/ops/orders").status_code == 200


def test_a_default_view_of_everything_does_not_turn_in_circles(reader: Reader) -> None:
    save(reader, "All", "", is_default="on")
    assert reader.client.get("/ops/orders", follow=True).status_code == 200


def test_somebody_elses_default_is_not_mine(reader: Reader) -> None:
    save(reader, "Drafts", is_default="on", shared="on")
    assert a_colleague(reader).client.get("/ops/orders").status_code == 200


def test_a_view_is_renamed_shared_kept_and_deleted_by_its_owner(reader: Reader) -> None:
    save(reader, "One")
    view, colleague = SavedView.objects.get(), a_colleague(reader)
    act(reader, view, "rename", name="Two")
    act(reader, view, "share")
    view.refresh_from_db()
    assert (view.name, view.shared) == ("Two", True)
    assert "Two" in colleague.get().content.decode()
    assert colleague.client.get(f"/ops/views/{view.uuid}").status_code == 302
    act(reader, view, "unshare")
    assert colleague.client.get(f"/ops/views/{view.uuid}").status_code == 404
    assert act(reader, view, "delete").status_code == 303
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("action", ["rename", "default", "no-default", "share", "unshare", "delete"])
@pytest.mark.parametrize("shared", [False, True])
def test_nobody_changes_what_is_somebody_elses(reader: Reader, action: str, shared: bool) -> None:
    save(reader, "Mine", **({"shared": "on"} if shared else {}))
    view = SavedView.objects.get()
    before = SavedView.objects.values().get()
    for other in (a_colleague(reader, "admin"), Reader("admin")):
        assert act(other, view, action, name="Stolen").status_code == 404
    assert SavedView.objects.values().get() == before


def test_a_private_view_and_another_factorys_shared_one_are_as_missing_as_none(reader: Reader) -> None:
    save(reader, "Private secret")
    save(reader, "Shared secret", shared="on")
    private, shared = SavedView.objects.get(name="Private secret"), SavedView.objects.get(name="Shared secret")
    colleague, stranger = a_colleague(reader), Reader()
    answers = [
        colleague.client.get(f"/ops/views/{private.uuid}"),
        stranger.client.get(f"/ops/views/{shared.uuid}"),
        stranger.client.get(f"/ops/views/{uuid4()}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert "secret" not in stranger.get().content.decode()
    assert "Private" not in colleague.get().content.decode()


def test_a_viewer_keeps_views_and_shares_none() -> None:
    reader = Reader("viewer")
    assert save(reader, "Mine").status_code == 303
    assert save(reader, "Ours", shared="on").status_code == 403
    assert act(reader, SavedView.objects.get(), "share").status_code == 403
    assert not SavedView.objects.filter(shared=True).exists()
    assert 'name="shared"' not in reader.get().content.decode()


def test_views_have_an_end(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST", 1)
    assert save(reader, "One").status_code == 303
    assert save(reader, "Two").status_code == 422


@pytest.mark.parametrize(("action", "status"), [("explode", 422), ("", 422)])
def test_an_action_that_is_none_is_refused(reader: Reader, action: str, status: int) -> None:
    save(reader, "Mine")
    assert act(reader, SavedView.objects.get(), action).status_code == status


def test_a_lost_race_for_a_name_is_told_like_a_name_that_was_taken(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found the name free; the unique index lets one through."""
    save(reader, "Mine")
    monkeypatch.setattr(saved_views, "refuse_taken", lambda name, owner: None)
    response = save(reader, "Mine", "status=closed")
    assert response.status_code == 422
    assert "already taken" in response.content.decode()


def test_a_view_needs_a_signed_in_member_and_the_form_of_this_site(reader: Reader) -> None:
    stranger = Reader()
    stranger.client.force_login(callers.a_user())
    assert save(stranger, "No").status_code == 403
    stranger.client.logout()
    assert save(stranger, "No").status_code == 303
    assert not SavedView.objects.exists()
