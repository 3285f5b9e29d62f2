"""Keys: the secret is shown once, in one answer; accounts and places: nobody gives more than is theirs."""

import logging
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session

from factoryos.kernel import user_tokens
from factoryos.kernel.api_keys import actor_of, digest_of
from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import ApiKey, Factory, Membership, User, UserToken
from tests.callers import a_user
from tests.supervision.world import World, keeper, page, signed_in, state_of_everything

pytestmark = pytest.mark.django_db


def new_key(place: Any, **facts: Any) -> dict[str, Any]:
    return {"factory": place.pk, "kind": "api_key", "name": "ERP", "roles": ["planner"], "once": str(uuid7())} | facts


def test_a_key_s_secret_is_in_one_answer_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    client = signed_in(world.supervisor())
    form = new_key(world.factory)
    with caplog.at_level(logging.DEBUG):
        made = client.post(page(ApiKey, "add"), form)
    assert made.status_code == 200 and "no-store" in made["Cache-Control"]
    secret = made.context["secret"]
    assert made.content.decode().count(secret) == 1
    key = ApiKey.objects.get(uuid=form["once"])
    assert (key.digest, key.prefix, key.roles) == (digest_of(secret), secret[:14], ["planner"])
    places = [
        caplog.text,
        *(str(entry.__dict__) for entry in LogEntry.objects.all()),
        *map(str, get_messages(made.wsgi_request)),
    ]
    places += [str(session.get_decoded()) for session in Session.objects.all()]
    places += [client.get(page(ApiKey, name, *args)).content.decode() for name, args in (
        ("changelist", ()), ("change", (key.pk,)), ("history", (key.pk,)))]  # fmt: skip
    assert not [place for place in places if secret in place or key.digest in place]
    again = client.post(page(ApiKey, "add"), form)
    assert "was sent before" in again.content.decode() and secret not in again.content.decode()
    assert ApiKey.objects.filter(name="ERP").count() == 1


PAST = {"expires_at_0": "2001-01-01", "expires_at_1": "00:00"}


@pytest.mark.parametrize("bent", [{"factory": ""}, {"roles": []}, {"roles": ["root"]}, {"kind": "skeleton"}, PAST])
def test_a_key_that_is_nobody_s_can_do_nothing_or_is_past_is_not_made(bent: dict[str, Any]) -> None:
    world = World()
    client = signed_in(world.supervisor())
    before = state_of_everything()
    answer = client.post(page(ApiKey, "add"), new_key(world.factory, **bent))
    assert answer.status_code == 200 and "errornote" in answer.content.decode()
    assert state_of_everything() == before


def test_a_supervisor_makes_no_key_for_a_stranger_s_factory_or_in_a_person_s_name() -> None:
    here, there = World(), World()
    client = signed_in(here.supervisor())
    before = state_of_everything()
    assert client.post(page(ApiKey, "add"), new_key(there.factory)).status_code == 200
    assert state_of_everything() == before
    client.post(page(ApiKey, "add"), new_key(here.factory, user=there.member.pk, kind="personal_access_token"))
    assert not ApiKey.objects.filter(user__isnull=False).exists()


def test_a_key_is_revoked_after_a_question_and_once() -> None:
    world, there = World(), World()
    client = signed_in(world.supervisor())
    key, theirs = world.things[ApiKey], there.things[ApiKey]
    form = {"action": "revoke", "_selected_action": [key.pk, theirs.pk]}
    before = state_of_everything()
    assert client.post(page(ApiKey, "changelist"), form).status_code == 200
    assert state_of_everything() == before
    client.post(page(ApiKey, "changelist"), form | {"confirmed": "yes"})
    key.refresh_from_db(), theirs.refresh_from_db()
    assert key.revoked_at is not None and theirs.revoked_at is None  # type: ignore[attr-defined]
    first = key.revoked_at  # type: ignore[attr-defined]
    client.post(page(ApiKey, "changelist"), form | {"confirmed": "yes"})
    key.refresh_from_db()
    assert key.revoked_at == first  # type: ignore[attr-defined]


def test_a_key_s_digest_roles_and_factory_cannot_be_typed_over() -> None:
    world, there = World(), World()
    key = world.things[ApiKey]
    crafted = {"name": "renamed", "digest": "0" * 64, "roles": ["admin"], "factory": there.factory.pk, "prefix": "x"}
    signed_in(world.supervisor()).post(page(ApiKey, "change", key.pk), crafted)
    after = ApiKey.objects.get(pk=key.pk)
    assert after.name == "renamed"
    assert (after.digest, after.roles, after.factory_id, after.prefix) == (
        key.digest, key.roles, world.factory.pk, key.prefix)  # type: ignore[attr-defined]  # fmt: skip


def test_a_supervisor_takes_in_somebody_without_a_place_but_no_stranger_s_people() -> None:
    here, there = World(), World()
    client = signed_in(here.supervisor())
    form = {"factory": here.factory.pk, "roles": ["operator", "viewer"]}
    new = a_user()
    assert client.post(page(Membership, "add"), form | {"username": new.username}).status_code == 302
    assert Membership.objects.get(user=new).roles == ["operator", "viewer"]
    before = state_of_everything()
    refused = [
        client.post(page(Membership, "add"), form | {"username": name, "user": there.member.pk}).content.decode()
        for name in (there.member.username, "nobody-at-all")
    ]
    assert all("Nobody who could be taken in" in text for text in refused)
    assert "already exists" in client.post(page(Membership, "add"), form | {"username": new.username}).content.decode()
    assert (
        client.post(
            page(Membership, "add"), {**form, "factory": there.factory.pk, "username": a_user().username}
        ).status_code
        == 200
    )
    assert {table for table, digest in state_of_everything().items() if digest != before[table]} <= {"users"}


def test_a_supervisor_grants_no_staff_and_sets_nobody_s_password() -> None:
    world = World()
    client = signed_in(world.supervisor())
    before = state_of_everything()
    form = {
        "username": "x",
        "is_staff": "on",
        "is_superuser": "on",
        "password1": "a-long-one-9",
        "password2": "a-long-one-9",
    }
    assert client.post(page(User, "add"), form).status_code == 403
    assert client.post(page(User, "change", world.member.pk), form).status_code == 403
    assert client.post(f"/admin/kernel/user/{world.member.pk}/password/", form).status_code == 403
    place = world.things[Membership]
    client.post(page(Membership, "change", place.pk), {"roles": ["viewer"], "user": a_user().pk, "is_staff": "on"})
    after = state_of_everything()
    assert {table for table in after if after[table] != before[table]} <= {"users", "django_admin_log"}
    assert Membership.objects.get(pk=place.pk).user == world.member


def test_a_keeper_makes_accounts_and_sets_passwords_but_does_not_lock_themselves_out() -> None:
    user = keeper()
    client = signed_in(user)
    form = {
        "username": "new@example.com",
        "name": "New",
        "password1": "three-blue-caps",
        "password2": "three-blue-caps",
    }
    assert client.post(page(User, "add"), form).status_code == 302
    made = User.objects.get(username="new@example.com")
    assert made.check_password("three-blue-caps") and not made.is_superuser
    set_ = {"password1": "four-grey-caps", "password2": "four-grey-caps", "usable_password": "true"}
    assert client.get(f"/admin/kernel/user/{made.pk}/password/").status_code == 200
    assert client.post(f"/admin/kernel/user/{made.pk}/password/", set_).status_code == 302
    assert User.objects.get(pk=made.pk).check_password("four-grey-caps")
    assert client.post(f"/admin/kernel/user/{made.pk}/password/", set_ | {"password2": "x"}).status_code == 200
    client.post(
        page(User, "change", user.pk),
        {"username": user.username, "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0},
    )
    assert User.objects.get(pk=user.pk).is_superuser


def test_a_store_key_is_made_for_a_factory_that_is_a_store_and_for_no_other() -> None:
    world = World()
    client = signed_in(world.supervisor())
    before = state_of_everything()
    answer = client.post(page(ApiKey, "add"), new_key(world.factory, kind="store_key"))
    assert "has no store id" in answer.content.decode()
    assert state_of_everything() == before
    Factory.objects.filter(pk=world.factory.pk).update(store_id="S-9")
    made = client.post(page(ApiKey, "add"), new_key(world.factory, kind="store_key"))
    assert actor_of(made.context["secret"], kind=ApiKey.Kind.STORE_KEY, face="store", store_id="S-9").name == "ERP"


def test_a_sign_in_is_revoked_by_who_supervises_the_person_and_by_no_stranger() -> None:
    here, there = World(), World()
    client = signed_in(here.supervisor())
    secret, _ = user_tokens.issue(user=here.member, device={"device_type": "scanner", "push_id": "push-to-me"})
    token, stranger = UserToken.objects.get(digest=digest_of(secret)), signed_in(there.supervisor())
    form = {"action": "revoke_sign_ins", "_selected_action": [token.pk], "index": "0"}
    for shown in (client.get(page(UserToken, "changelist")), client.get(page(UserToken, "change", token.pk))):
        assert "scanner" in shown.content.decode() and "push-to-me" not in shown.content.decode()
    before = state_of_everything()
    assert "must sign in again" in client.post(page(UserToken, "changelist"), form).content.decode()
    stranger.post(page(UserToken, "changelist"), form | {"confirmed": "yes"})
    assert state_of_everything() == before
    client.post(page(UserToken, "changelist"), form | {"confirmed": "yes"})
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert list(UserToken.objects.filter(revoked_at__isnull=False)) == [token]
