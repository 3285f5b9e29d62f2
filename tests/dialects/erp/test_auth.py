"""Who is let in: keys of one factory, people in the factory that is meant; everybody else is told nothing."""

from datetime import timedelta

import pytest
from django.test import Client, override_settings

from factoryos.kernel import clock
from factoryos.kernel.api_keys import create_api_key
from factoryos.kernel.models import ApiKey, Factory, Membership
from orders.models import ProductionOrder
from tests.callers import Caller, a_member, a_user, token
from tests.conformance.erp.plant import USUAL, Plant
from tests.floor import a_factory

pytestmark = pytest.mark.django_db

BOMS = "/api/manufacturing/boms"
PATHS = (BOMS, f"{BOMS}/x", "/api/manufacturing/orders", "/api/inventory/products")
NOBODY = b'{"statusCode":401,"message":"Unauthorized","error":"Unauthorized","code":"unauthenticated"}'


def a_key(factory: Factory, *roles: str, kind: ApiKey.Kind = ApiKey.Kind.API_KEY, **facts: object) -> str:
    _, secret = create_api_key(kind=kind, name="ERP key", roles=roles or USUAL, factory=factory, **facts)  # type: ignore[arg-type]
    return secret


def bent(name: str) -> str:
    """An Authorization header that must not be believed."""
    factory, good = a_factory(), a_key(a_factory())
    if name == "revoked":
        ApiKey.objects.update(revoked_at=clock.now())
    if name == "gone":
        ApiKey.objects.all().delete()
    return {
        "nothing": "",
        "Basic": "Basic dXNlcjpwYXNz",
        "no token": "Bearer ",
        "no scheme": good,
        "unknown": "Bearer fos_erp_0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
        "cut short": f"Bearer {good[:-1]}",
        "other case": f"Bearer {good.swapcase()}",
        "its prefix": f"Bearer {good[:14]}",
        "its digest": f"Bearer {ApiKey.objects.values_list('digest', flat=True).first()}",
        "revoked": f"Bearer {good}",
        "gone": f"Bearer {good}",
        "expired": f"Bearer {a_key(factory, expires_at=clock.now())}",
        "store key": f"Bearer {a_key(factory, kind=ApiKey.Kind.STORE_KEY)}",
        "access token": f"Bearer {a_key(factory, kind=ApiKey.Kind.PERSONAL_ACCESS_TOKEN)}",
        "raw": f"{good}, Bearer {good}",
        "not ASCII": "Bearer fos_é",
        "garbage": "Bearer x.y.z",
        "other signature": f"Bearer {token(a_member(factory, 'admin'))[:-4]}AAAA",
        "old token": f"Bearer {token(a_member(factory, 'admin'), exp=1)}",
        "other audience": f"Bearer {token(a_member(factory, 'admin'), aud='anon')}",
        "disabled": f"Bearer {token(a_user(is_active=False))}",
    }[name]


BENT = (
    "nothing", "Basic", "no token", "no scheme", "unknown", "cut short", "other case", "its prefix", "its digest", "revoked",
    "gone", "expired", "store key", "access token", "raw", "not ASCII", "garbage", "other signature", "old token",
    "other audience", "disabled",
)  # fmt: skip


@pytest.mark.parametrize("name", BENT)
def test_who_is_not_believed_is_told_one_thing(name: str) -> None:
    header = bent(name)
    for path in PATHS:
        answer = Client().get(path, headers={"authorization": header} if header else {})
        assert (answer.status_code, answer.content) == (401, NOBODY), path
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_control_the_same_key_unbent_is_believed() -> None:
    assert Caller(a_key(a_factory())).get(BOMS).status_code == 200


def test_a_key_is_believed_until_its_last_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    end = clock.now() + timedelta(hours=1)
    caller = Caller(a_key(a_factory(), expires_at=end))
    monkeypatch.setattr(clock, "_source", lambda: end - timedelta(microseconds=1))
    assert caller.get(BOMS).status_code == 200
    monkeypatch.setattr(clock, "_source", lambda: end)
    assert caller.get(BOMS).content == NOBODY


def test_a_key_acts_under_its_own_name_and_in_its_own_factory_whatever_the_header_says() -> None:
    plant, elsewhere = Plant(), a_factory()
    made = plant.admin.post("orders", plant.wanted(), x_factory=elsewhere.slug)
    assert made.status == 201
    order = ProductionOrder.objects.get(uuid=made["id"])
    key = ApiKey.objects.get(factory=plant.factory)
    assert (order.factory, order.origin) == (plant.factory, "erp")
    assert (order.created_by_id, order.created_by_name) == (str(key.uuid), "ERP key")
    event = order.events.get()
    assert (event.actor_kind, event.face) == ("api_key", "erp")


def test_a_keys_roles_are_its_own_and_are_read_anew_with_every_call() -> None:
    plant = Plant()
    caller = plant.as_("planner")
    assert caller.post("boms", plant.recipe()).status == 201
    ApiKey.objects.filter(roles=["planner"]).update(roles=["viewer"])
    assert caller.post("boms", plant.recipe()).code == "role_missing"
    ApiKey.objects.filter(roles=["viewer"]).update(roles=[])
    assert caller.get("boms").status == 200, "whoever is let in may read"


def test_when_a_key_was_last_used_is_kept_to_the_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(a_key(a_factory()))
    began = clock.now()

    def used_at(seconds: float) -> float | None:
        monkeypatch.setattr(clock, "_source", lambda: began + timedelta(seconds=seconds))
        assert caller.get(BOMS).status_code == 200
        used = ApiKey.objects.get().last_used_at
        return used and (used - began).total_seconds()

    assert ApiKey.objects.get().last_used_at is None
    assert [used_at(0), used_at(59), used_at(60), used_at(61)] == [0, 0, 60, 60]


def test_a_key_that_is_not_believed_is_not_used() -> None:
    factory = a_factory()
    secret = a_key(factory, expires_at=clock.now())
    Caller(secret).get(BOMS)
    assert ApiKey.objects.get().last_used_at is None


# --- people -----------------------------------------------------------------------------------------------------------


def test_somebody_with_one_factory_gets_it_named_or_not() -> None:
    factory = a_factory()
    caller = Caller(token(a_member(factory, "viewer")))
    for headers in ({}, {"x_factory": factory.slug}, {"x_factory": f" {factory.slug} "}, {"x_factory": " "}):
        assert caller.get(BOMS, **headers).status_code == 200, headers


def test_somebody_with_several_must_say_which_and_gets_the_roles_held_there() -> None:
    one, other = Plant(), Plant()
    user = a_member(one.factory, "planner")
    Membership.objects.create(user=user, factory=other.factory, roles=["viewer"])
    caller = Caller(token(user))
    answer = caller.get(BOMS)
    assert (answer.status_code, answer.json()["code"]) == (400, "factory_required")
    assert answer.json()["details"] == {"factories": sorted([one.factory.slug, other.factory.slug])}
    assert caller.post(BOMS, one.recipe()).json()["code"] == "factory_required"

    assert caller.post(BOMS, one.recipe(), x_factory=one.factory.slug).status_code == 201
    assert caller.post(BOMS, other.recipe(), x_factory=other.factory.slug).json()["code"] == "role_missing"
    totals = [caller.get(BOMS, x_factory=plant.factory.slug).json()["meta"]["total"] for plant in (one, other)]
    assert totals == [1, 0]


@pytest.mark.parametrize("several", [False, True])
def test_a_factory_that_is_not_ones_own_answers_like_none(several: bool) -> None:
    user, strange = a_member(a_factory(), "admin"), a_factory()
    if several:
        Membership.objects.create(user=user, factory=a_factory(), roles=["admin"])
    caller = Caller(token(user))
    for method in ("GET", "POST"):
        answers = [caller.send(method, BOMS, "{", x_factory=slug) for slug in (strange.slug, "nowhere", "ä\0")]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1


def test_a_member_of_nothing_may_nothing() -> None:
    strange = a_factory()
    caller = Caller(token(a_user()))
    for headers in ({}, {"x_factory": strange.slug}):
        answer = caller.get(BOMS, **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "role_missing"), headers
    assert Caller(token()).get(BOMS).status_code == 403, "somebody seen for the first time"


@override_settings(RATE_LIMIT_PER_MINUTE=2)
def test_calls_are_counted_by_credential_before_the_factory_is_asked_for() -> None:
    factory = a_factory()
    user = a_member(factory, "admin")
    Membership.objects.create(user=user, factory=a_factory(), roles=["admin"])
    person, key = Caller(token(user)), Caller(a_key(factory))
    assert [person.get(BOMS).status_code for _ in range(3)] == [400, 400, 429]
    assert [key.get(BOMS).status_code for _ in range(3)] == [200, 200, 429]
