"""Signing in and out: a name and a password for a token, guessed at no faster here than on the sign-in page."""

import json
import unicodedata
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from factoryos.kernel import clock
from factoryos.kernel.models import Membership, User, UserToken
from factoryos.kernel.tasks import TOKENS_KEPT_DAYS, purge
from tests.callers import a_member
from tests.dialects.store.credentials import a_store, call, let_in, person, program
from tests.ops.shell.people import PASSWORD, somebody, try_to_sign_in, with_password
from tests.threads import at_once

pytestmark = pytest.mark.django_db

LOGIN, LOGOUT = "/v1/login", "/v1/logout"
LIMIT = 5
REFUSED = {"errorCode": 900001, "errorMessage": "Unauthorized", "errorField": None, "errorData": None}


def sign_in(
    body: Any, *, path: str = LOGIN, at: str = "10.0.0.1", kind: str = "application/json", **headers: str
) -> Any:
    raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
    client = Client(raise_request_exception=False)
    return client.generic("POST", path, raw, content_type=kind, headers=headers, REMOTE_ADDR=at)


def attempt(name: str, password: str = PASSWORD, *, at: str = "10.0.0.1", **headers: str) -> Any:
    return sign_in({"email": name, "password": password}, at=at, **headers)


def a_clerk(*stores: str, **facts: Any) -> User:
    user = somebody(**facts)
    for store_id in stores:
        store = a_store(store_id, name=f"Plant {store_id}", currency="MYR" if store_id == "S-1" else "")
        Membership.objects.create(user=user, factory=store, roles=["planner"])
    return user


@pytest.mark.parametrize("path", ["/v1/login", "/v1/login/", "/v1/mobile/login", "/v1/mobile/login/"])
@pytest.mark.parametrize("field", ["email", "username"])
def test_name_and_password_give_a_token_that_opens_every_store_of_its_owner(path: str, field: str) -> None:
    user = a_clerk("S-2", "S-1")
    answer = sign_in({field: user.username, "password": PASSWORD}, path=path)
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["user_id", "user_token", "expires", "stores"]
    assert body["user_id"] == user.pk
    assert (body["expires"] / 1000 - clock.now().timestamp()) == pytest.approx(30 * 86_400, abs=60)
    common = {"storeGroupId": None, "isMaster": True, "language": "en"}
    assert body["stores"] == [
        {"storeId": "S-1", "name": "Plant S-1", "currency": "MYR"} | common,
        {"storeId": "S-2", "name": "Plant S-2", "currency": None} | common,
    ]
    assert list(body["stores"][0]) == ["storeId", "storeGroupId", "isMaster", "name", "currency", "language"]
    assert answer.headers["Cache-Control"] == "no-store"
    for store in ("S-1", "S-2"):
        assert let_in(store=store, user_id=str(body["user_id"]), user_token=body["user_token"])


def test_it_is_spoken_in_xml_as_well() -> None:
    user = a_clerk("S-1", username="tom & co")
    body = f"<loginDto><email>tom &amp; co</email><password>{PASSWORD}</password></loginDto>"
    answer = sign_in(body, kind="application/xml", accept="application/xml")
    assert answer.status_code == 200, answer.content
    text = answer.content.decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<loginDto><user_id>' + str(user.pk))
    assert "<stores><storeId>S-1</storeId><isMaster>true</isMaster><name>Plant S-1</name>" in text


def test_somebody_without_a_store_is_told_of_none() -> None:
    user = somebody()
    Membership.objects.create(user=user, factory=a_store(None), roles=["admin"])  # type: ignore[arg-type]
    assert attempt(user.username).json()["stores"] == []


def test_from_which_device_is_kept_and_opens_nothing() -> None:
    user = a_clerk("S-1")
    a_store("S-2")
    device = {"store": "S-2", "deviceKey": "k", "deviceType": "ios", "pushId": "p" * 4096, "userAgent": "App/1"}
    body = sign_in({"email": user.username, "password": PASSWORD} | device).json()
    assert [store["storeId"] for store in body["stores"]] == ["S-1"]
    assert not let_in(store="S-2", user_id=str(body["user_id"]), user_token=body["user_token"])
    assert UserToken.objects.get().device == {
        "store": "S-2", "device_key": "k", "device_type": "ios", "push_id": "p" * 4096, "user_agent": "App/1"
    }  # fmt: skip


def test_each_sign_in_has_a_token_of_its_own_and_the_first_stays_good() -> None:
    user = a_clerk("S-1")
    tokens = {attempt(user.username).json()["user_token"] for _ in range(2)}
    assert len(tokens) == 2
    assert all(let_in(store="S-1", user_id=str(user.pk), user_token=token) for token in tokens)


# --- who is not let in


def unwelcome() -> dict[str, tuple[str, str]]:
    """Name and password of everybody who is refused."""
    user = with_password(a_member(a_store(), "admin"))
    disabled, without = somebody(is_active=False), somebody(username="no-password")
    without.set_unusable_password()
    without.save(update_fields=["password"])
    other = somebody(username="one", email="one@example.com")
    return {
        "wrong password": (user.username, "wrong"),
        "password in another case": (user.username, PASSWORD.upper()),
        "password and a space": (user.username, PASSWORD + " "),
        "nobody": ("nobody", PASSWORD),
        "disabled": (disabled.username, PASSWORD),
        "disabled, wrong password": (disabled.username, "wrong"),
        "no password of their own": (without.username, "!"),
        "the e-mail address of somebody": (other.email, PASSWORD),
    }


def test_who_is_refused_learns_nothing_and_costs_as_much() -> None:
    seen = set()
    for name, (username, password) in unwelcome().items():
        with patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as hashed:
            answer = attempt(username, password)
        assert (answer.status_code, answer.json()) == (401, REFUSED), name
        assert hashed.call_count == 1, f"{name}: a name that nobody has must cost a calculation too"
        seen.add((answer.content, answer.headers["WWW-Authenticate"], frozenset(answer.headers) - {"X-Request-Id"}))
    assert len(seen) == 1
    assert not UserToken.objects.exists()


@pytest.mark.parametrize("name", ["x" * 151, unicodedata.lookup("ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM") * 20])
def test_a_name_that_no_account_can_have_is_refused_like_any_other(name: str) -> None:
    answer = attempt(name)
    assert (answer.status_code, answer.json()) == (401, REFUSED)
    assert not AccessAttempt.objects.exists()


def test_a_name_is_read_as_the_sign_in_page_reads_it() -> None:
    user = a_clerk(username="Åsa")
    assert attempt(" A\u030asa ").json()["user_id"] == user.pk


BAD: list[tuple[Any, str | None]] = [
    ({}, "password"),
    ({"email": "a"}, "password"),
    ({"password": "x"}, "email"),
    ({"email": "", "username": " ", "password": "x"}, "email"),
    ({"email": "a", "password": ""}, "password"),
    ({"email": "a", "password": None}, "password"),
    ({"email": "a", "password": 1}, "password"),
    ({"email": "a", "password": "x\x00"}, "password"),
    ({"email": ["a"], "password": "x"}, "email"),
    ({"email": "a\x00", "password": "x"}, "email"),
    ({"email": "a" * 256, "password": "x"}, "email"),
    ({"email": "a", "password": "x" * 4097}, "password"),
    ({"email": "a", "username": "b", "password": "x"}, "username"),
    ({"email": "a", "pasword": "x", "password": "y"}, "pasword"),
    ("", None),
    ("{", None),
    ("[]", None),
]


@pytest.mark.parametrize(("body", "field"), BAD)
def test_what_cannot_be_a_sign_in_is_refused_before_anything_is_looked_up(body: Any, field: str | None) -> None:
    answer = sign_in(body)
    assert answer.status_code == 400
    assert (answer.json()["errorCode"], answer.json()["errorField"]) == (900101, field)
    assert not AccessAttempt.objects.exists()


def test_other_mistakes_on_the_way() -> None:
    assert call(LOGIN).status_code == 405
    assert call(LOGIN).headers["Allow"] == "POST"
    assert sign_in("x", kind="text/plain").status_code == 415
    assert attempt("a", accept="text/csv").status_code == 406
    assert sign_in({"email": "a", "password": "b"}, path=f"{LOGIN}?foo=1").json()["errorField"] == "foo"


def test_credentials_of_a_store_neither_help_nor_hinder() -> None:
    user = a_clerk("S-1")
    for headers in (program(a_store("S-2")), {"store": "S-9", "api_key": "x"}):
        assert attempt(user.username, **headers).status_code == 200
        assert attempt("nobody", **headers).status_code == 401


# --- guessing


def guess(name: str, times: int, **more: str) -> list[int]:
    return [attempt(name, "wrong", **more).status_code for _ in range(times)]


@pytest.mark.parametrize("exists", [True, False])
def test_after_five_wrong_ones_the_right_one_waits(exists: bool) -> None:
    name = somebody().username if exists else "nobody"
    assert guess(name, LIMIT + 1) == [401] * LIMIT + [429]
    answer = attempt(name)
    assert (answer.status_code, answer.json()["errorCode"]) == (429, 900429)
    assert answer.headers["Content-Type"] == "application/json"
    assert 880 <= int(answer.headers["Retry-After"]) <= 900
    assert not UserToken.objects.exists()


def test_the_console_and_the_api_count_together() -> None:
    user = somebody()
    guess(user.username, 3)
    for _ in range(2):
        try_to_sign_in(Client(), user.username, "wrong")
    assert attempt(user.username).status_code == 429
    assert try_to_sign_in(Client(), user.username).status_code == 429


def test_a_stranger_elsewhere_locks_nobody_out_and_a_forged_address_is_no_new_chance() -> None:
    user = somebody()
    for number in range(LIMIT):
        guess(user.username, 1, **{"x-forwarded-for": f"198.51.100.{number}", "user-agent": str(number)})
    assert attempt(user.username, **{"x-forwarded-for": "198.51.100.99"}).status_code == 429
    assert attempt(user.username, at="10.0.0.2").status_code == 200


def test_a_success_forgives_and_is_written_down() -> None:
    user = somebody()
    for _ in range(2):
        assert guess(user.username, LIMIT - 1) == [401] * (LIMIT - 1)
        assert attempt(user.username).status_code == 200
    assert AccessLog.objects.filter(username=user.username, ip_address="10.0.0.1", path_info=LOGIN).count() == 2
    user.refresh_from_db()
    assert user.last_login is not None


def test_no_password_is_written_down() -> None:
    user = somebody()
    attempt(user.username, "hunter2-secret")
    attempt(user.username)
    rows = [*AccessAttempt.objects.values(), *AccessLog.objects.values(), *UserToken.objects.values()]
    assert rows and "hunter2-secret" not in str(rows) and PASSWORD not in str(rows)


@pytest.mark.django_db(transaction=True)
def test_forty_at_once_are_five_chances_at_most() -> None:
    name = somebody().username
    answers: list[Any] = []
    for _ in range(4):
        answers += at_once(*[lambda: attempt(name, "wrong").status_code] * 40)
    assert set(answers) == {401, 429}
    assert answers.count(401) <= LIMIT
    assert sum(AccessAttempt.objects.values_list("failures_since_start", flat=True)) <= LIMIT


# --- signing out


def test_signing_out_ends_this_token_and_no_other() -> None:
    store = a_store()
    user = a_member(store, "viewer")
    this, other = person(store, user), person(store, user)
    answer = call(LOGOUT, method="POST", **this)
    assert (answer.status_code, answer.json()) == (200, {})
    assert not let_in(**this)
    assert let_in(**other)
    assert call(LOGOUT, method="POST", **this).status_code == 401


def test_signing_out_in_xml_and_with_both_pairs() -> None:
    store = a_store()
    headers = person(store) | program(store) | {"accept": "application/xml"}
    answer = call(LOGOUT + "/", method="POST", **headers)
    assert answer.status_code == 200
    assert answer.content.endswith(b"<logoutDto></logoutDto>\n")
    assert not let_in(**headers)


def test_a_key_has_nothing_to_sign_out_of() -> None:
    headers = program(a_store())
    answer = call(LOGOUT, method="POST", **headers)
    assert (answer.status_code, answer.json()) == (401, REFUSED)
    assert let_in(**headers)


def test_nothing_else_signs_out() -> None:
    headers = person(a_store())
    assert call(LOGOUT, **headers).status_code == 405
    assert call(LOGOUT + "?all=1", method="POST", **headers).status_code == 400
    assert call(LOGOUT, method="POST", **headers | {"accept": "text/csv"}).status_code == 406
    assert let_in(**headers)


def test_ended_tokens_are_forgotten_in_the_end() -> None:
    store = a_store()
    user = a_member(store, "viewer")
    for _ in range(5):
        person(store, user)
    ids = list(UserToken.objects.order_by("pk").values_list("pk", flat=True))
    lately, long_ago = clock.now() - timedelta(days=1), clock.now() - timedelta(days=TOKENS_KEPT_DAYS + 1)
    for pk, ended in zip(ids[1:], (lately, long_ago, lately, long_ago), strict=True):
        UserToken.objects.filter(pk=pk).update(**{"revoked_at" if pk in ids[1:3] else "expires_at": ended})
    purge()
    assert list(UserToken.objects.order_by("pk").values_list("pk", flat=True)) == [ids[0], ids[1], ids[3]]
