"""Two hundred calls a minute of each credential: what is counted, under which name, and what callers are told of it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings

from factoryos.kernel.models import ApiKey, RateBucket
from tests.callers import a_member
from tests.dialects.store.credentials import NOWHERE, a_key, a_store, call, person, program

pytestmark = pytest.mark.django_db

LIMIT = 200


def used_up(*, calls: int = LIMIT) -> None:
    """Let every credential that called have called so often."""
    RateBucket.objects.update(tokens=calls)


def windows() -> dict[str, int]:
    return {key: int(tokens) for key, tokens in RateBucket.objects.values_list("key", "tokens")}


def test_the_call_after_the_last_one_is_refused_and_told_when_to_come_again() -> None:
    headers = program(a_store())
    left = [int(call(**headers).headers["X-RateLimit-Remaining"]) for _ in range(LIMIT)]
    assert left == list(range(LIMIT - 1, -1, -1))
    answer = call(**headers)
    assert answer.status_code == 429
    seconds = int(answer.headers["Retry-After"])
    assert 1 <= seconds <= 60
    assert answer.json() == {
        "errorCode": 900429,
        "errorMessage": f"Too many requests, try again in {seconds} s",
        "errorField": None,
        "errorData": {"retryAfter": seconds},
    }
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("200", "0")


def test_the_window_opens_again() -> None:
    headers = program(a_store())
    call(**headers)
    used_up()
    assert call(**headers).status_code == 429
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_ratebucket SET updated_at = updated_at - interval '60 seconds'")
    answer = call(**headers)
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (404, "199")


@pytest.mark.parametrize("accept", ["application/xml", "text/xml"])
def test_the_refusal_is_xml_to_whoever_accepts_xml(accept: str) -> None:
    headers = program(a_store()) | {"accept": accept}
    call(**headers)
    used_up()
    answer = call(**headers)
    assert answer.status_code == 429 and b"<errorDto><errorCode>900429</errorCode>" in answer.content


def test_who_is_counted_under_which_name() -> None:
    store = a_store()
    user = a_member(store, "admin")
    key, token, other_token = program(store), person(store, user), person(store, user)
    names = f"store:api_key:{ApiKey.objects.get().uuid}"
    for headers in (key, key | token, key | other_token):
        call(**headers)
    assert windows() == {names: 3}, "with a key it is the key that counts, whoever acts"
    call(**token)
    call(**other_token)
    call(**other_token)
    assert sorted(windows().values()) == [1, 2, 3], "and each token by itself"


def test_who_is_not_believed_is_counted_by_address() -> None:
    store = a_store()
    for headers in ({}, {"store": "S-9", "api_key": "x"}, program(store) | {"user_id": "1"}):
        assert call(**headers).status_code == 401
    assert windows() == {"store:address:127.0.0.1": 3}
    used_up()
    assert call().status_code == 429
    assert call(**program(store)).status_code == 404


def at(address: str, **headers: str) -> Any:
    return Client(headers=headers).get(NOWHERE, REMOTE_ADDR=address)


def test_a_forged_address_is_no_new_caller() -> None:
    for number in range(3):
        at("10.0.0.1", **{"x-forwarded-for": f"198.51.100.{number}", "forwarded": f"for=198.51.100.{number}"})
    assert windows() == {"store:address:10.0.0.1": 3}


@override_settings(BEHIND_TLS=True)
def test_behind_our_own_proxy_the_address_is_the_one_that_it_wrote() -> None:
    for forged in ("", "10.9.9.9, ", "10.8.8.8, 10.7.7.7, "):
        at("127.0.0.1", **{"x-forwarded-for": f"{forged}198.51.100.7"})
    assert windows() == {"store:address:198.51.100.7": 3}


def test_refused_calls_count_and_those_over_the_limit_do_not() -> None:
    headers = program(a_store(), "viewer")
    orders = "/v1/production_orders"
    refusals = [
        ("GET", f"{orders}/1", {}), ("PATCH", orders, {}), ("GET", orders, {"accept": "text/csv"}), ("GET", "/v1", {}),
        ("POST", orders, {"content-type": "text/plain"}), ("POST", orders, {}),
    ]  # fmt: skip
    for method, path, more in refusals:
        assert call(path, method=method, **headers | more).status_code in {400, 403, 404, 405, 406, 415}
    assert list(windows().values()) == [len(refusals)]
    used_up()
    for _ in range(5):
        assert call(**headers).status_code == 429
    assert list(windows().values()) == [LIMIT + 1], "which says that more were asked for, not how many"


@pytest.mark.parametrize(("bulk", "usual"), [(0, 0), (1, 1), (10_000, 10_000)])
def test_no_setting_changes_a_published_limit(settings: Any, bulk: int, usual: int) -> None:
    settings.RATE_LIMIT_PER_MINUTE, settings.RATE_LIMIT_BULK_PER_MINUTE = usual, bulk
    headers = program(a_store())
    assert call(**headers).headers["X-RateLimit-Limit"] == "200"
    used_up(calls=LIMIT - 1)
    assert [call(**headers).status_code for _ in range(2)] == [404, 429]


def test_every_answer_says_what_is_left() -> None:
    headers = program(a_store())
    answers = [
        call(), call(**headers), call("/v1/login"), call("/v1/login", method="POST"), call("/v1/a%0Ab"), call("/v1/%00"),
        call("/v1/production_orders/1", **headers), call("/v1/production_orders", method="OPTIONS", **headers),
        call("/v1/production_orders/production_orders_state", method="HEAD", **headers), call("/v1", **headers),
        call("/v1/production_orders", accept="text/csv", **headers), call("/v1/", host="not a host", **headers),
    ]  # fmt: skip
    used_up()
    answers.append(call(**headers))
    for answer in answers:
        told = {name: int(answer.headers[f"X-RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset")}
        assert told["Limit"] == LIMIT and 0 <= told["Remaining"] <= LIMIT and told["Reset"] > 1_000_000_000
        assert answer.headers["X-Request-Id"]


def test_a_call_over_the_limit_is_looked_at_no_further() -> None:
    """Neither the path nor the method nor the body matter then: only who it is, which decides whose calls are counted."""
    store = a_store()
    headers = {"store": store.store_id or "", "api_key": a_key(store, "viewer")}
    call(**headers)
    used_up()
    for method, path in (("PATCH", NOWHERE), ("POST", "/v1/production_orders"), ("GET", "/v1/production_orders/x")):
        assert call(path, method=method, **headers).status_code == 429
    assert call(**headers | {"api_key": "x"}).status_code == 401
