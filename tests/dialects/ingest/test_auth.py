"""Whose token is believed, in which factories it reads and writes, and that everybody else hears one thing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory

from factoryos.dialects.ingest.auth import _token
from factoryos.kernel import clock
from factoryos.kernel.api_keys import actors_of
from factoryos.kernel.models import ApiKey, Membership, User
from factoryos.kernel.problems import Unauthenticated
from factoryos.kernel.user_tokens import issue
from orders.models import ManufacturingOrderVersion
from tests.callers import a_member, token
from tests.dialects.ingest.feed import OBJECT, Feed, a_token, kept, refused

pytestmark = pytest.mark.django_db

KIND = ApiKey.Kind.PERSONAL_ACCESS_TOKEN
REFUSED = (
    b'{"errors":[{"code":"DI_E_10101","category":"AUTH","message":"a valid personal access token is required",'
    b'"field":null}]}'
)


@pytest.fixture
def feed() -> Feed:
    return Feed()


def roles_of(secret: str) -> dict[int, set[str]]:
    return {actor.factory.id: set(actor.roles) for actor in actors_of(secret, kind=KIND, face="ingest")}


@pytest.mark.parametrize("shown", ["{}", "Bearer {}", "bearer {}", "BEARER   {}", " {} ", "\t{}"])
def test_the_token_is_shown_as_it_is_or_after_one_word(feed: Feed, shown: str) -> None:
    assert feed.send("POST", body=feed.batch(), authorization=shown.format(feed.token)).status == 200


BENT: dict[str, Callable[[Feed], str | None]] = {
    "nothing": lambda feed: None,
    "blank": lambda feed: "  ",
    "garbage": lambda feed: "Bearer garbage",
    "the word alone": lambda feed: "Bearer",
    "another word": lambda feed: f"Token {feed.token}",
    "another scheme": lambda feed: f"Basic {feed.token}",
    "the word twice": lambda feed: f"Bearer Bearer {feed.token}",
    "the word with a tab": lambda feed: f"Bearer\t{feed.token}",
    "twice": lambda feed: f"{feed.token} {feed.token}",
    "twice, as two lines become one": lambda feed: f"{feed.token},{feed.token}",
    "cut short": lambda feed: feed.token[:-1],
    "one more": lambda feed: feed.token + "A",
    "in another case": lambda feed: feed.token.upper(),
    "beyond ASCII": lambda feed: feed.token + "é",
    "a control character": lambda feed: feed.token + "\x01",
    "endless": lambda feed: "A" * 100_000,
    "its digest": lambda feed: ApiKey.objects.get().digest,
    "its prefix": lambda feed: ApiKey.objects.get().prefix,
    "an ERP key": lambda feed: a_token(feed.factory, "admin", kind=ApiKey.Kind.API_KEY),
    "a store key": lambda feed: a_token(feed.factory, "admin", kind=ApiKey.Kind.STORE_KEY),
    "a person's token for the factory API": lambda feed: f"Bearer {token(a_member(feed.factory, 'admin'))}",
    "a sign-in's token": lambda feed: issue(user=a_member(feed.factory, "admin"), device={})[0],
    "expired": lambda feed: a_token(feed.factory, "admin", expires_at=clock.now()),
    "revoked": lambda feed: _revoked(a_token(feed.factory, "admin")),
    "of somebody disabled": lambda feed: a_token(None, user=_disabled(a_member(feed.factory, "admin"))),
    "of somebody disabled, for a factory": lambda feed: a_token(
        feed.factory, "admin", user=_disabled(a_member(feed.factory, "admin"))
    ),
    "of somebody without a place": lambda feed: a_token(None, "admin", user=_without_place(feed)),
    "of somebody who is no member any more": lambda feed: a_token(feed.factory, "admin", user=_without_place(feed)),
    "of a member of another factory": lambda feed: a_token(
        feed.factory, "admin", user=a_member(Feed().factory, "admin")
    ),
}


def _revoked(secret: str) -> str:
    ApiKey.objects.order_by("-id")[:1].get()
    ApiKey.objects.filter(pk=ApiKey.objects.latest("id").pk).update(revoked_at=clock.now())
    return secret


def _disabled(user: User) -> User:
    User.objects.filter(pk=user.pk).update(is_active=False)
    return user


def _without_place(feed: Feed) -> User:
    user = a_member(feed.factory, "admin")
    Membership.objects.filter(user=user).delete()
    return user


@pytest.mark.parametrize("name", BENT)
def test_everybody_else_hears_one_thing(feed: Feed, name: str) -> None:
    shown = BENT[name](feed)
    for method, path in (
        ("POST", OBJECT),
        ("GET", f"{OBJECT}/MO-1"),
        ("GET", f"{OBJECT}/failed-rows"),
        ("PUT", "/api/v2/x"),
    ):
        reply = feed.send(method, path, feed.batch() if method == "POST" else None, authorization=shown)
        assert (reply.status, reply.content) == (401, REFUSED)
        assert reply.headers["WWW-Authenticate"] == 'Bearer realm="FactoryOS"'
    assert set(kept().values()) == {0}


def test_no_other_place_is_looked_at(feed: Feed) -> None:
    client = Client(headers={"api-key": feed.token, "x-api-key": feed.token, "proxy-authorization": feed.token})
    client.cookies["Authorization"] = feed.token
    path = f"{OBJECT}/failed-rows?token={feed.token}&Authorization={feed.token}&access_token={feed.token}"
    assert client.get(path).content == REFUSED


def test_two_lines_are_no_token_even_if_both_are_right(feed: Feed) -> None:
    def shown(*lines: tuple[str, str]) -> Any:
        return RequestFactory().get("/", **{"factoryos.raw_headers": list(lines)})  # type: ignore[arg-type]

    assert _token(shown(("authorization", feed.token), ("x", "y"))) == feed.token
    for lines in ((), (("authorization", feed.token),) * 2, (("authorization", ""), ("authorization", feed.token))):
        with pytest.raises(Unauthenticated):
            _token(shown(*lines))
    with pytest.raises(Unauthenticated):  # a name with an underscore is another header, whatever a server makes of it
        _token(shown(("Authorization_", feed.token)))


def test_the_last_use_is_kept_to_the_minute(feed: Feed) -> None:
    feed.failed()
    used = ApiKey.objects.get().last_used_at
    assert used is not None
    feed.failed()
    assert ApiKey.objects.get().last_used_at == used
    ApiKey.objects.update(last_used_at=used - timedelta(minutes=2))
    feed.failed()
    assert ApiKey.objects.get().last_used_at != used - timedelta(minutes=2)


# --- who writes


@pytest.mark.parametrize("role", ["planner", "admin"])
def test_planners_and_admins_write(role: str) -> None:
    assert Feed(role).post().status == 200


@pytest.mark.parametrize("roles", [(), ("viewer",), ("technician", "operator"), ("qa", "engineer")])
def test_whoever_else_only_reads(feed: Feed, roles: tuple[str, ...]) -> None:
    feed.post()
    before = kept()
    reader = feed.as_(a_token(feed.factory, *roles))
    refused(reader.post(), 403, "DI_E_10102")
    refused(reader.post(dryRun=True), 403, "DI_E_10102")
    assert kept() == before
    assert reader.read("MO-1").status == reader.failed().status == 200


# --- where


def test_a_factory_s_token_names_no_other_factory_s_location(feed: Feed) -> None:
    """An unknown one and a stranger's are told alike, and the row stays with whoever sent it."""
    stranger = Feed()
    replies = [feed.post(feed.row(location_id=name)) for name in (stranger.location, "LOC-NOWHERE")]
    told = [reply["failed"][0]["errors"] for reply in replies]
    assert told[0] == told[1] and told[0][0]["code"] == "DI_E_40001"
    assert ManufacturingOrderVersion.objects.count() == 0
    assert len(feed.failed()["rows"]) == 2
    assert stranger.failed()["rows"] == []


def test_a_factory_without_a_location_can_be_named_by_nothing() -> None:
    feed = Feed(location=None)
    for name in (None, "", "None", "null", feed.factory.slug):
        assert feed.post(feed.row(location_id=name))["failedRows"] == 1


@pytest.fixture
def many() -> tuple[Feed, Feed, Feed, User]:
    """A planner here who is an admin there and a viewer elsewhere."""
    here, there, elsewhere = Feed(), Feed(), Feed()
    person = a_member(here.factory, "planner")
    Membership.objects.create(user=person, factory=there.factory, roles=["admin"])
    Membership.objects.create(user=person, factory=elsewhere.factory, roles=["viewer", "technician"])
    return here, there, elsewhere, person


def test_a_person_s_token_writes_wherever_that_person_plans_and_reads_wherever_they_belong(
    many: tuple[Feed, Feed, Feed, User],
) -> None:
    here, there, elsewhere, person = many
    elsewhere.post(elsewhere.row(order_number="ELSEWHERE"))
    mine = here.as_(a_token(None, user=person))
    reply = mine.post(*(feed.row() for feed in (here, there, elsewhere, Feed())))
    assert [failed["index"] for failed in reply["failed"]] == [2, 3]
    assert set(ManufacturingOrderVersion.objects.values_list("factory_id", flat=True)) == {
        feed.factory.pk for feed in (here, there, elsewhere)
    }
    shown = mine.read("MO-1")["data"]
    assert [row["record"]["location_id"] for row in shown] == [here.location, there.location]
    assert mine.read("ELSEWHERE").status == 200
    assert len(here.failed()["rows"]) == len(mine.failed()["rows"]) == 2
    assert there.failed()["rows"] == elsewhere.failed()["rows"] == []


def test_a_person_acts_under_their_own_name(many: tuple[Feed, Feed, Feed, User]) -> None:
    here, *_, person = many
    (actor, *_) = actors_of(a_token(None, user=person), kind=KIND, face="ingest")
    assert (actor.kind, actor.id, actor.name) == ("user", str(person.uuid), str(person))
    assert (actor.credential, actor.face, actor.factory.id) == ("token", "ingest", here.factory.pk)


def test_a_person_s_token_follows_their_roles_as_they_are_now(many: tuple[Feed, Feed, Feed, User]) -> None:
    here, there, elsewhere, person = many
    secret = a_token(None, user=person)
    ids = [feed.factory.pk for feed in (here, there, elsewhere)]
    assert roles_of(secret) == dict(zip(ids, ({"planner"}, {"admin"}, {"viewer", "technician"}), strict=True))
    Membership.objects.filter(user=person, factory=here.factory).update(roles=["viewer"])
    Membership.objects.filter(user=person, factory=there.factory).delete()
    assert roles_of(secret) == {ids[0]: {"viewer"}, ids[2]: {"viewer", "technician"}}
    refused(here.as_(secret).post(), 403, "DI_E_10102")


def test_a_token_s_own_roles_take_away_and_never_add(many: tuple[Feed, Feed, Feed, User]) -> None:
    here, there, elsewhere, person = many
    ids = [feed.factory.pk for feed in (here, there, elsewhere)]

    def roles(*of_token: str) -> list[set[str]]:
        return [roles_of(a_token(None, *of_token, user=person))[factory_id] for factory_id in ids]

    assert roles("admin") == [{"planner"}, {"admin"}, {"viewer", "technician"}]
    assert roles("planner") == [{"planner"}, {"planner"}, set()]
    assert roles("viewer") == [set(), {"viewer"}, {"viewer"}]


def test_a_token_that_names_a_person_and_a_factory_is_good_there_alone(many: tuple[Feed, Feed, Feed, User]) -> None:
    here, there, _, person = many
    secret = a_token(there.factory, "planner", user=person)
    assert roles_of(secret) == {there.factory.pk: {"planner"}}
    reply = there.as_(secret).post(there.row(), here.row())
    assert [failed["index"] for failed in reply["failed"]] == [1]
    Membership.objects.filter(user=person, factory=there.factory).delete()
    refused(there.as_(secret).post(), 401, "DI_E_10101")
