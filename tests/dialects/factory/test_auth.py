"""Who is let in, and how everybody else is told nothing."""

import time

import jwt
import pytest
from django.conf import settings
from django.test import Client

from factoryos.kernel.models import User
from tests.callers import Caller, a_member, a_user, calling, token
from tests.floor import a_factory

pytestmark = pytest.mark.django_db

SOON = 5  # seconds inside the leeway of 30


def bent(name: str) -> str:
    """An Authorization header that must not be believed."""
    user = a_user()
    good = token(user)
    unsigned = jwt.encode({"sub": str(user.supabase_id), "exp": time.time() + 60}, None, algorithm="none")
    other = jwt.encode(jwt.decode(good, options={"verify_signature": False}), "x" * 40, algorithm="HS256")
    return {
        "nothing": "",
        "Basic": "Basic dXNlcjpwYXNz",
        "no token": "Bearer ",
        "no scheme": good,
        "garbage": "Bearer x.y.z",
        "not ASCII": "Bearer é",
        "alg none": f"Bearer {unsigned}",
        "wrong signature": f"Bearer {other}",
        "expired": f"Bearer {token(user, exp=int(time.time()) - 31)}",
        "no exp": f"Bearer {token(user, exp=None)}",
        "no sub": f"Bearer {token(user, sub=None)}",
        "sub no uuid": f"Bearer {token(user, sub='1')}",
        "other audience": f"Bearer {token(user, aud='anon')}",
        "other issuer": f"Bearer {token(user, iss='https://elsewhere.example')}",
        "anonymous key": f"Bearer {token(user, role='anon')}",
        "service key": f"Bearer {token(user, role='service_role')}",
        "anonymous user": f"Bearer {token(user, is_anonymous=True)}",
        "disabled": f"Bearer {token(a_user(is_active=False))}",
    }[name]


@pytest.mark.parametrize(
    "name",
    ["nothing", "Basic", "no token", "no scheme", "garbage", "not ASCII", "alg none", "wrong signature", "expired",
     "no exp", "no sub", "sub no uuid", "other audience", "other issuer", "anonymous key", "service key",
     "anonymous user", "disabled"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/factories", "/api/factories/x", "/api/factories/x/products"])
def test_who_is_not_believed_is_told_one_thing(name: str, path: str) -> None:
    header = bent(name)
    response = Client().get(path, headers={"authorization": header} if header else {})
    assert response.status_code == 401
    assert response.content == (
        b'{"statusCode":401,"message":"Unauthorized","error":"Unauthorized","code":"unauthenticated"}'
    )
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_clock_may_be_a_little_wrong() -> None:
    assert Caller(token(a_user(), exp=int(time.time()) - SOON)).get("/api/factories").status_code == 200


def test_an_unknown_person_gets_an_account_and_no_factory() -> None:
    factory = a_factory()
    bearer = token(email="new@example.com")
    assert Caller(bearer).get(f"/api/factories/{factory.slug}").status_code == 404
    assert Caller(bearer).get("/api/factories").json()["data"] == []
    user = User.objects.get()
    assert (user.email, user.has_usable_password(), user.memberships.count()) == ("new@example.com", False, 0)


def test_an_email_address_proves_nothing() -> None:
    factory = a_factory()
    member = a_member(factory, "admin")
    member.email = "boss@example.com"
    member.save()
    stranger = Caller(token(email="boss@example.com"))
    assert stranger.get(f"/api/factories/{factory.slug}").status_code == 404


def test_roles_in_a_token_are_not_read() -> None:
    factory = a_factory()
    bearer = token(a_member(factory, "viewer"), roles=["admin"], app_metadata={"roles": ["admin"]})
    caller = Caller(bearer, base=f"/api/factories/{factory.slug}")
    assert caller.get("").json()["roles"] == ["viewer"]
    assert caller.post("/products", {"sku": "A", "name": "a"}).status_code == 403


@pytest.mark.parametrize("slug", ["nowhere", "%00", "a%2Fb", "x" * 300, "0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10", "ä"])
def test_a_strangers_factory_and_none_at_all_answer_alike(slug: str) -> None:
    other = a_factory()
    caller = Caller(token(a_member(a_factory(), "admin")))
    theirs = caller.get(f"/api/factories/{other.slug}/products")
    none = caller.get(f"/api/factories/{slug}/products")
    assert (theirs.status_code, theirs.json()["message"]) == (404, "Factory not found")
    if "%2F" not in slug:  # that one is no route at all
        assert none.content == theirs.content


def test_the_factory_is_known_by_its_slug_alone() -> None:
    factory = a_factory()
    member = a_member(factory, "admin")
    for name in (str(factory.uuid), str(factory.pk), factory.slug.upper()):
        assert Caller(token(member)).get(f"/api/factories/{name}").status_code == 404


def test_ones_own_factories_are_listed_with_ones_roles() -> None:
    first, second, other = a_factory(slug="a"), a_factory(slug="b", time_zone="Asia/Kuala_Lumpur"), a_factory(slug="c")
    member = a_member(second, "qa", "planner")
    first.memberships.create(user=member, roles=["viewer"])
    a_member(other, "admin")
    told = Caller(token(member)).get("/api/factories").json()
    assert [(row["slug"], row["roles"]) for row in told["data"]] == [("a", ["viewer"]), ("b", ["planner", "qa"])]
    assert told["meta"] == {"total": 2, "limit": 50, "offset": 0, "nextCursor": None}
    assert told["data"][1] == {
        "slug": "b",
        "name": second.name,
        "timeZone": "Asia/Kuala_Lumpur",
        "requiresVerification": True,
        "materialPolicy": "best_effort",
        "roles": ["planner", "qa"],
    }
    assert Caller(token(member)).get("/api/factories/b").json() == told["data"][1]


def test_a_list_of_factories_is_paged() -> None:
    member = a_user()
    for slug in ("a", "b", "c"):
        a_factory(slug=slug).memberships.create(user=member, roles=["viewer"])
    caller = Caller(token(member), base="/api/factories")
    page = caller.get("?limit=2").json()
    rest = caller.get(f"?limit=2&cursor={page['meta']['nextCursor']}").json()
    assert [row["slug"] for row in page["data"] + rest["data"]] == ["a", "b", "c"]
    assert rest["meta"] == {"total": None, "limit": 2, "offset": 0, "nextCursor": None}


def test_a_disabled_account_is_out_at_once() -> None:
    factory = a_factory()
    caller = calling(factory)
    assert caller.get("").status_code == 200
    User.objects.update(is_active=False)
    assert caller.get("").status_code == 401
    assert settings.SUPABASE_JWT_ALGORITHM == "HS256"
