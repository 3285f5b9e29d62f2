"""Who is let in: a program by store and key, a person by store, id and token. Everybody else hears one thing."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factoryos.kernel import clock
from factoryos.kernel.api_keys import digest_of
from factoryos.kernel.models import ApiKey, Factory, Membership, User, UserToken
from tests.callers import a_member, a_user
from tests.dialects.store.credentials import a_key, a_store, a_token, call, expire, let_in, person, program
from tests.ops.shell.people import with_password

pytestmark = pytest.mark.django_db

REFUSED = b'{"errorCode":900001,"errorMessage":"Unauthorized","errorField":null,"errorData":null}'
Headers = dict[str, str]


class Both:
    """A store with a program and a person of its own, and another store with the same."""

    def __init__(self) -> None:
        self.store, self.other = a_store("S-1"), a_store("S-2")
        self.user = with_password(a_member(self.store, "planner"))
        self.program, self.person = program(self.store, "viewer"), person(self.store, self.user)
        self.all_four = self.program | self.person
        self.stranger = person(self.other)
        self.strange_key = program(self.other)["api_key"]


@pytest.fixture
def both() -> Both:
    return Both()


def test_a_program_is_let_in_by_store_and_key(both: Both) -> None:
    answer = call(**both.program)
    assert answer.status_code == 404
    actor = answer.wsgi_request.actor
    assert (actor.kind, actor.credential, actor.face, actor.factory.id) == (
        "api_key",
        "api_key",
        "store",
        both.store.pk,
    )
    assert actor.roles == {"viewer"}


def test_a_person_is_let_in_by_store_id_and_token_with_the_roles_held_there(both: Both) -> None:
    answer = call(**both.person)
    assert answer.status_code == 404
    actor = answer.wsgi_request.actor
    assert (actor.kind, actor.id, actor.credential) == ("user", str(both.user.uuid), "token")
    assert (actor.roles, actor.factory.id, actor.face) == ({"planner"}, both.store.pk, "store")


def test_with_both_pairs_the_person_acts(both: Both) -> None:
    actor = call(**both.all_four).wsgi_request.actor
    assert (actor.kind, actor.id, actor.roles) == ("user", str(both.user.uuid), {"planner"})


@pytest.mark.parametrize("name", ["api_key", "user_id", "user_token"])
def test_the_hyphenated_twin_is_the_same_header(both: Both, name: str) -> None:
    headers = both.program if name == "api_key" else both.person
    twin = {name.replace("_", "-"): headers[name]} | {other: value for other, value in headers.items() if other != name}
    assert let_in(**twin)


BLANK: list[tuple[str, Callable[[Both], Headers]]] = [
    ("a person's", lambda both: both.program | {"user_id": "", "user_token": " "}),
    ("a program's", lambda both: both.person | {"api_key": "  "}),
]


@pytest.mark.parametrize(("name", "headers"), BLANK, ids=[name for name, _ in BLANK])
def test_blank_headers_are_none(both: Both, name: str, headers: Callable[[Both], Headers]) -> None:
    assert let_in(**headers(both))


BENT: dict[str, Callable[[Both], Headers]] = {
    "nothing": lambda both: {},
    "a store alone": lambda both: {"store": "S-1"},
    "no store": lambda both: both.program | {"store": ""},
    "no store, a person": lambda both: both.person | {"store": " "},
    "unknown store": lambda both: both.program | {"store": "S-9"},
    "unknown store, a person": lambda both: both.person | {"store": "S-9"},
    "store in another case": lambda both: both.program | {"store": "s-1"},
    "two stores": lambda both: both.program | {"store": "S-1,S-2"},
    "a store that is no text": lambda both: both.program | {"store": "S-\x001"},
    "a store beyond ASCII": lambda both: both.program | {"store": "S-é"},
    "another store's key": lambda both: both.program | {"api_key": both.strange_key},
    "one's key at another store": lambda both: both.program | {"store": "S-2"},
    "unknown key": lambda both: both.program | {"api_key": "fos_store_" + "A" * 43},
    "key cut short": lambda both: both.program | {"api_key": both.program["api_key"][:-1]},
    "the key's digest": lambda both: both.program | {"api_key": digest_of(both.program["api_key"])},
    "a control character in the key": lambda both: both.program | {"api_key": both.program["api_key"] + "\x01"},
    "key of another kind": lambda both: both.program | {"api_key": a_key(both.store, kind=ApiKey.Kind.API_KEY)},
    "expired key": lambda both: both.program | {"api_key": a_key(both.store, expires_at=clock.now())},
    "revoked key": lambda both: both.program | {"api_key": _revoked(a_key(both.store))},
    "id without token": lambda both: both.person | {"user_token": ""},
    "token without id": lambda both: both.person | {"user_id": ""},
    "key and id": lambda both: both.program | {"user_id": both.person["user_id"]},
    "key and token": lambda both: both.program | {"user_token": both.person["user_token"]},
    "token as key": lambda both: {"store": "S-1", "api_key": both.person["user_token"]},
    "key as token": lambda both: both.person | {"user_token": both.program["api_key"]},
    "another's id": lambda both: both.person | {"user_id": str(a_member(both.store, "admin").pk)},
    "another's token": lambda both: both.person | {"user_token": a_token(a_member(both.store, "admin"))},
    "an id that is none": lambda both: both.person | {"user_id": "x"},
    "an id of 0": lambda both: both.person | {"user_id": "0"},
    "an id that is too large": lambda both: both.person | {"user_id": "9" * 25},
    "an id just too large": lambda both: both.person | {"user_id": str(2**63)},
    "an id in other digits": lambda both: both.person | {"user_id": "١٢"},
    "an id with a sign": lambda both: both.person | {"user_id": f"+{both.person['user_id']}"},
    "the user's uuid": lambda both: both.person | {"user_id": str(both.user.uuid)},
    "expired token": lambda both: both.person | {"user_token": _expired(a_token(both.user))},
    "revoked token": lambda both: both.person | {"user_token": _revoked_token(a_token(both.user))},
    "unknown token": lambda both: both.person | {"user_token": "fut_" + "A" * 43},
    "a person at a store that is not theirs": lambda both: both.person | {"store": "S-2"},
    "a member of another store": lambda both: both.stranger | {"store": "S-1"},
    "a member of nothing": lambda both: person(both.store, a_user()),
    "somebody disabled": lambda both: person(both.store, _disabled(a_member(both.store, "admin"))),
    "all four, another store's key": lambda both: both.all_four | {"api_key": both.strange_key},
    "all four, unknown key": lambda both: both.all_four | {"api_key": "x"},
    "all four, unknown token": lambda both: both.all_four | {"user_token": "x"},
    "all four, another's id": lambda both: both.all_four | {"user_id": both.stranger["user_id"]},
    "all four, another store's person": lambda both: both.all_four | both.stranger | {"store": "S-1"},
    "all four, another store": lambda both: both.all_four | {"store": "S-2"},
    "all four, but half a person": lambda both: both.all_four | {"user_token": ""},
}


def _revoked(secret: str) -> str:
    ApiKey.objects.filter(digest=digest_of(secret)).update(revoked_at=clock.now())
    return secret


def _revoked_token(secret: str) -> str:
    UserToken.objects.filter(digest=digest_of(secret)).update(revoked_at=clock.now())
    return secret


def _expired(secret: str) -> str:
    expire(secret)
    return secret


def _disabled(user: User) -> User:
    User.objects.filter(pk=user.pk).update(is_active=False)
    return user


@pytest.mark.parametrize("name", BENT)
def test_who_is_not_believed_is_told_one_thing(both: Both, name: str) -> None:
    answer = call(**BENT[name](both))
    assert (answer.status_code, answer.content) == (401, REFUSED)
    told = {header: value for header, value in answer.headers.items() if header != "X-Request-Id"}
    left, reset = told.pop("X-RateLimit-Remaining"), told.pop("X-RateLimit-Reset")
    assert (int(left), int(reset) > 0) == (199, True)
    assert told == {
        "Content-Type": "application/json",
        "WWW-Authenticate": "StoreCredentials",
        "X-RateLimit-Limit": "200",
        "Content-Length": str(len(REFUSED)),
    } | {header: told[header] for header in told if header.startswith(("X-Content", "Referrer"))}


def test_control_unbent_all_of_them_are_believed(both: Both) -> None:
    assert all(let_in(**headers) for headers in (both.program, both.person, both.all_four, both.stranger))


@pytest.mark.parametrize(
    "path", ["", "/article/A", "/1", "/1/article/A", "/state/0", "/1/cancel", "/1/pickinglist/print"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nobody_learns_without_credentials_what_there_is(path: str, method: str) -> None:
    answer = call(f"/v1/production_orders{path}", method=method)
    assert answer.status_code == 401
    assert "Allow" not in answer.headers


def test_a_refusal_is_xml_to_whoever_accepts_xml() -> None:
    answer = call(accept="application/xml")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert b"<errorDto><errorCode>900001</errorCode>" in answer.content


# --- when a token ends


def test_a_token_is_good_for_thirty_days_and_not_a_moment_longer(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    end = UserToken.objects.get(digest=digest_of(both.person["user_token"])).expires_at
    assert timedelta(days=30) - (end - clock.now()) < timedelta(minutes=1)
    monkeypatch.setattr(clock, "_source", lambda: end - timedelta(microseconds=1))
    assert let_in(**both.person)
    monkeypatch.setattr(clock, "_source", lambda: end)
    assert not let_in(**both.person)


def test_a_token_dies_with_the_password_it_was_had_for(both: Both) -> None:
    assert let_in(**both.person)
    both.user.set_password("another one")
    both.user.save(update_fields=["password"])
    assert not let_in(**both.person)
    assert let_in(**person(both.store, both.user))


def test_a_token_without_a_stamp_opens_nothing(both: Both) -> None:
    UserToken.objects.update(password_stamp="")
    assert not let_in(**both.person)


def test_a_token_dies_with_its_account_and_its_membership(both: Both) -> None:
    membership = Membership.objects.get(user=both.user)
    Membership.objects.filter(pk=membership.pk).update(factory=both.other)
    assert not let_in(**both.person)
    assert let_in(**both.person | {"store": "S-2"})
    membership.delete()
    assert not let_in(**both.person | {"store": "S-2"})


def test_roles_are_read_anew_with_every_call(both: Both) -> None:
    Membership.objects.update(roles=["qa"])
    assert call(**both.person).wsgi_request.actor.roles == {"qa"}


def test_a_store_that_gets_another_name_answers_to_that_alone(both: Both) -> None:
    Factory.objects.filter(pk=both.store.pk).update(store_id="S-3")
    assert not let_in(**both.program)
    assert let_in(**both.program | {"store": "S-3"})
    assert let_in(**both.person | {"store": "S-3"})


def test_only_digests_are_kept(both: Both) -> None:
    token = both.person["user_token"]
    row = UserToken.objects.values().get(digest=hashlib.sha256(token.encode()).hexdigest())
    assert token.startswith("fut_") and len(token) == 4 + 43
    assert token not in str(row) and both.user.password not in str(row.values())


# --- headers as servers give them


def test_a_store_is_named_in_any_script() -> None:
    store = a_store("Übersee 工場")
    assert let_in(**program(store))
    sent = (store.store_id or "").encode().decode("latin-1")  # as a WSGI server hands it on
    assert let_in(**program(store) | {"store": sent})


def by_list(*lines: tuple[str, str]) -> bool:
    """Whether these lines are believed, from a server that lists them as they were sent."""
    return Client().get("/v1/nowhere", **{"factoryos.raw_headers": list(lines)}).status_code == 404


def lines_of(headers: Headers) -> list[tuple[str, str]]:
    return list(headers.items())


def test_the_list_is_all_that_counts_where_there_is_one(both: Both) -> None:
    assert by_list(*lines_of(both.program))
    assert by_list(*lines_of(both.person))
    answer = call(**both.program)

    environ: dict[str, Any] = {"factoryos.raw_headers": []}
    assert answer.status_code == 404
    assert Client(headers=both.program).get("/v1/nowhere", **environ).status_code == 401


@pytest.mark.parametrize("name", ["api_key", "user_id", "user_token"])
def test_both_spellings_at_once_must_say_the_same(both: Both, name: str) -> None:
    lines = lines_of(both.all_four)
    twin = name.replace("_", "-")
    assert by_list(*lines, (twin, both.all_four[name]))
    assert by_list(*lines, (twin, " "))
    assert not by_list(*lines, (twin, "x"))
    assert not by_list((twin, "x"), *lines)


def test_a_line_given_twice_must_say_the_same(both: Both) -> None:
    lines = lines_of(both.program)
    assert by_list(*lines, *lines)
    assert not by_list(*lines, ("store", "S-2"))
    assert not by_list(("store", "S-2"), *lines)


def test_no_other_name_is_taken(both: Both) -> None:
    key, store = both.program["api_key"], both.program["store"]
    for name in ("apikey", "x-api-key", "api__key", "api key", "authorization", "http_api_key"):
        assert not by_list(("store", store), (name, key)), name


# --- what it costs


def queries_of(**headers: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert let_in(**headers)
    return [query["sql"] for query in found.captured_queries if "kernel_ratebucket" not in query["sql"]]


def test_one_question_finds_out_who_calls(both: Both) -> None:
    let_in(**both.program)  # keeps when the key was used, once a minute
    assert [len(queries_of(**headers)) for headers in (both.program, both.person, both.all_four)] == [1, 1, 2]


def test_when_a_key_was_last_used_is_kept_unless_it_was_refused(both: Both) -> None:
    key = ApiKey.objects.get(factory=both.store)
    assert not let_in(**both.program | {"store": "S-2"})
    key.refresh_from_db()
    assert key.last_used_at is None
    assert let_in(**both.program)
    key.refresh_from_db()
    assert key.last_used_at is not None
