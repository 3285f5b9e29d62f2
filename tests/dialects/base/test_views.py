"""The way of every call: the order of checks, once per Idempotency-Key, within the limit."""

from typing import Any

import pytest
from django.test import override_settings

from factoryos.kernel import clock
from factoryos.kernel.models import RememberedAnswer
from manufacturing.models import Item
from tests.callers import Caller, a_member, a_user, calling, token
from tests.floor import a_factory, an_item

pytestmark = pytest.mark.django_db

CAP = {"sku": "CAP-28", "name": "Cap"}


def outcome(response: Any) -> tuple[int, str | None]:
    return response.status_code, response.json().get("code")


def test_checks_come_in_the_order_of_the_contract() -> None:
    """One request that is wrong in every way; each thing mended shows the next."""
    factory, elsewhere = a_factory(), a_factory()
    item = an_item(factory)
    path = f"/api/factories/{elsewhere.slug}/products/{item.uuid}"
    bad: dict[str, Any] = {"content_type": "text/plain", "Idempotency_Key": ""}

    assert outcome(Caller().patch(path, "x" * 1_100_000, **bad)) == (401, "unauthenticated")
    viewer = Caller(token(a_member(factory, "viewer")))
    assert outcome(viewer.patch(path, "x" * 1_100_000, **bad)) == (404, "not_found")
    path = f"/api/factories/{factory.slug}/products/{item.uuid}"
    assert outcome(viewer.patch(path, "x" * 1_100_000, **bad)) == (403, "role_missing")
    engineer = Caller(token(a_member(factory, "engineer")))
    assert outcome(engineer.patch(path, "x" * 1_100_000, **bad)) == (413, "too_large")
    assert outcome(engineer.patch(path, "{", **bad)) == (415, "unsupported_media_type")
    bad["content_type"] = "application/json"
    assert outcome(engineer.patch(path, "{", **bad)) == (400, "malformed_json")
    missing = path.replace(str(item.uuid), "0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10")
    assert outcome(engineer.patch(missing, {"x": 1}, **bad)) == (400, "validation_failed")
    bad["Idempotency_Key"] = "k"
    assert outcome(engineer.patch(missing, {"x": 1}, **bad)) == (404, "not_found")
    assert outcome(engineer.patch(path, {"x": 1}, **bad)) == (400, "validation_failed")
    assert engineer.patch(path, {"name": "y"}, **bad).status_code == 200


def test_the_same_key_and_body_give_the_first_answer_again() -> None:
    caller = calling(a_factory())
    first = caller.post("/products", CAP, Idempotency_Key="k")
    again = caller.post("/products/", ' {"name":"Cap", "sku":"CAP-28"}', Idempotency_Key="k")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert Item.objects.count() == 1


def test_another_body_under_the_same_key_is_refused() -> None:
    caller = calling(a_factory())
    caller.post("/products", CAP, Idempotency_Key="k")
    assert outcome(caller.post("/products", {**CAP, "sku": "B"}, Idempotency_Key="k")) == (
        422,
        "idempotency_key_reused",
    )
    assert Item.objects.count() == 1


def test_a_refusal_by_the_rules_is_remembered_and_an_earlier_one_is_not() -> None:
    caller = calling(a_factory())
    caller.post("/products", CAP)
    taken = caller.post("/products", CAP, Idempotency_Key="taken")
    assert outcome(taken) == (409, "duplicate")
    Item.objects.all().delete()
    again = caller.post("/products", CAP, Idempotency_Key="taken")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (taken.content, "true")
    assert outcome(caller.post("/products", {}, Idempotency_Key="free")) == (400, "validation_failed")
    assert caller.post("/products", CAP, Idempotency_Key="free").status_code == 201


def test_keys_of_other_people_paths_and_factories_are_other_keys() -> None:
    factory, other = a_factory(), a_factory()
    one, two = a_member(factory, "admin"), a_member(factory, "admin")
    both = a_member(factory, "admin")
    other.memberships.create(user=both, roles=["admin"])
    base = f"/api/factories/{factory.slug}"
    made = [
        Caller(token(one)).post(f"{base}/products", CAP, Idempotency_Key="k"),
        Caller(token(two)).post(f"{base}/products", {**CAP, "sku": "B"}, Idempotency_Key="k"),
        Caller(token(one)).post(f"{base}/work-areas", {"code": "A", "name": "a"}, Idempotency_Key="k"),
        Caller(token(both)).post(f"{base}/products", {**CAP, "sku": "C"}, Idempotency_Key="k"),
        Caller(token(both)).post(f"/api/factories/{other.slug}/products", CAP, Idempotency_Key="k"),
    ]
    assert [answer.status_code for answer in made] == [201] * 5
    assert RememberedAnswer.objects.count() == 5


def test_a_replay_is_authorised_first() -> None:
    factory = a_factory()
    user = a_member(factory, "engineer")
    caller = Caller(token(user), base=f"/api/factories/{factory.slug}")
    caller.post("/products", CAP, Idempotency_Key="k")
    user.memberships.update(roles=["viewer"])
    assert outcome(caller.post("/products", CAP, Idempotency_Key="k")) == (403, "role_missing")


@pytest.mark.parametrize("key", ["", "ä", "x" * 256, "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(key: str) -> None:
    caller = calling(a_factory())
    assert outcome(caller.post("/products", CAP, Idempotency_Key=key)) == (400, "validation_failed")
    assert Item.objects.count() == 0


def test_the_longest_key_is_kept() -> None:
    caller = calling(a_factory())
    for replayed in (None, "true"):
        answer = caller.post("/products", CAP, Idempotency_Key="~" * 255)
        assert answer.headers.get("Idempotency-Replayed") == replayed


@override_settings(RATE_LIMIT_PER_MINUTE=3, RATE_LIMIT_BULK_PER_MINUTE=1)
def test_a_limit_is_told_with_every_answer_and_refuses_what_is_above() -> None:
    factory = a_factory()
    caller = calling(factory)
    answers = [caller.get("/pause-reasons"), caller.get("/nothing-such"), caller.get("/products/x"), caller.get("")]
    assert [answer.headers.get("X-RateLimit-Remaining") for answer in answers] == ["2", "6000", "1", "0"]
    assert answers[0].headers["X-RateLimit-Limit"] == "3"
    now = clock.now().timestamp()
    assert now < int(answers[-1].headers["X-RateLimit-Reset"]) <= now + 61
    refused = caller.get("")
    assert outcome(refused) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert refused.headers["X-RateLimit-Remaining"] == "0"

    assert caller.post("/machines/bulk", {"machines": []}).status_code == 400  # a bucket of its own
    assert outcome(caller.post("/machines/bulk", {"machines": []})) == (429, "rate_limited")
    assert calling(factory).get("").status_code == 200  # somebody else's is full


@override_settings(RATE_LIMIT_PER_MINUTE=2)
def test_asking_for_other_peoples_factories_counts_too() -> None:
    caller = Caller(token(a_user()))
    codes = [caller.get(f"/api/factories/guess-{number}").status_code for number in range(3)]
    assert codes == [404, 404, 429]


def test_where_nothing_is_counted_the_whole_limit_is_told() -> None:
    for answer in (calling(a_factory()).get(""), Caller().get("/api/factories")):
        assert answer.headers["X-RateLimit-Remaining"] == answer.headers["X-RateLimit-Limit"] == "6000"
