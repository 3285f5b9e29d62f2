"""manage.py create_api_key: a key that works, a secret that is printed once, and no key where something is wrong."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from factoryos.kernel.api_keys import digest_of
from factoryos.kernel.models import ApiKey
from tests.callers import Caller
from tests.floor import a_factory

pytestmark = pytest.mark.django_db


def make(**options: Any) -> tuple[str, str]:
    """(what is printed for programs, what is said to people)."""
    out, told = StringIO(), StringIO()
    call_command("create_api_key", stdout=out, stderr=told, **options)
    return out.getvalue(), told.getvalue()


def test_the_secret_is_the_only_line_and_opens_the_api() -> None:
    factory = a_factory()
    out, told = make(factory=factory.slug, name=" ERP key ")
    secret = out.removesuffix("\n")
    assert secret.startswith("fos_erp_") and "\n" not in secret and secret not in told
    assert Caller(secret).get("/api/manufacturing/boms").status_code == 200
    key = ApiKey.objects.get()
    assert (key.name, key.factory, key.kind, key.expires_at) == ("ERP key", factory, "api_key", None)
    assert key.roles == ["engineer", "planner", "technician"]
    assert key.digest == digest_of(secret) and secret not in str(vars(key))


def test_roles_kind_and_end_are_as_asked() -> None:
    factory = a_factory(time_zone="Asia/Kuala_Lumpur")
    out, told = make(factory=factory.slug, name="Feed", kind="ingest", roles="viewer, planner", expires="2099-12-31")
    assert out.startswith("fos_pat_")
    key = ApiKey.objects.get()
    assert (key.kind, key.roles) == ("personal_access_token", ["planner", "viewer"])
    assert key.expires_at == datetime(2099, 12, 31, 16, tzinfo=UTC), "the whole last day, in the factory's zone"
    assert "Feed" in told and "viewer" in told and "2099-12-31T16:00" in told


def test_an_instant_is_taken_too() -> None:
    make(factory=a_factory().slug, name="Key", expires="2099-12-31T08:00:00+08:00")
    assert ApiKey.objects.get().expires_at == datetime(2099, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"factory": "nowhere"}, "There is no factory nowhere. There is: plant-"),
        ({"name": " "}, "--name must be"),
        ({"name": "x" * 101}, "--name must be"),
        ({"name": "a\nb"}, "--name must be"),
        ({"roles": "planner,boss"}, "There is no role boss"),
        ({"roles": " , "}, "--roles names none"),
        ({"expires": "soon"}, "--expires must be"),
        ({"expires": "2026-02-30"}, "--expires must be"),
        ({"expires": "9999-12-31"}, "--expires must be"),
        ({"expires": "2020-01-01"}, "--expires is over already"),
        ({"kind": "console"}, "invalid choice"),
        ({"kind": "store"}, "has no store id"),
    ],
)
def test_what_is_wrong_is_said_and_no_key_is_made(options: dict[str, str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        # As from a shell, so that choices are judged too.
        arguments = {"factory": a_factory().slug, "name": "Key"} | options
        call_command("create_api_key", *[part for name, value in arguments.items() for part in (f"--{name}", value)])
    assert not ApiKey.objects.exists()
