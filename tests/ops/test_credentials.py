"""The demo and its credentials: loaded once, shown again, good for what they are for, and never in production."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import RequestFactory

from factoryos.kernel import supabase
from factoryos.kernel.api_keys import digest_of
from factoryos.kernel.directory import member_of, person_of, places_of
from factoryos.kernel.models import ApiKey, Factory, User
from factoryos.kernel.permissions import ROLES
from factoryos.kernel.problems import NotFound
from orders import sealing
from orders.models import ProductionOrder

pytestmark = pytest.mark.django_db(transaction=True)
SHEET = {"base_url", "factories", "users", "api_keys", "stripe_webhook_secret", "ids"}


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.FACTORYOS_HOME = tmp_path
    yield tmp_path


def load() -> None:
    call_command("load_demo", skip_checks=True, stdout=StringIO())


def shown(**options: Any) -> str:
    out = StringIO()
    call_command("credentials", skip_checks=True, stdout=out, **options)
    return out.getvalue()


def sheet() -> dict[str, Any]:
    return dict(json.loads(shown(json=True)))


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    with connection.cursor() as cursor:
        rows = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            rows[table] = cursor.fetchall()
    return rows


def test_a_second_load_changes_nothing() -> None:
    load()
    before, secrets = everything(), sheet()["factories"]
    load()
    assert everything() == before
    assert sheet()["factories"] == secrets


def test_the_sheet_has_its_shape_and_somebody_for_every_role() -> None:
    load()
    found = sheet()
    assert set(found) == SHEET
    assert [factory["slug"] for factory in found["factories"]] == ["penang-plant", "garment-studio"]
    for factory in found["factories"]:
        assert set(factory) == {"slug", "name", "location_id", "store_id", "api_keys"}
        assert set(factory["api_keys"]) == {"erp", "ingest", "store"}
    assert found["api_keys"] == found["factories"][0]["api_keys"]
    assert set(found["users"]) == {*ROLES, "customer"}
    for role, user in found["users"].items():
        assert set(user) == {"email", "password", "jwt", "factories"}
        assert user["factories"] == ([] if role == "customer" else ["penang-plant", "garment-studio"])
    assert {"CAP-28", "CAP-28/BLUE", "RESIN-PP"} <= set(found["ids"]["products"])
    assert {"PRESS-01", "PRESS-02", "CNC-001", "CNC-002"} <= set(found["ids"]["machines"])
    assert set(found["ids"]["connections"]) == {"PRESS-01-TCP", "PRESS-02-SERIAL"}


def test_each_token_is_the_person_with_that_role_and_each_password_signs_in() -> None:
    load()
    for role, user in sheet()["users"].items():
        claims = supabase.verify(user["jwt"])
        if role == "customer":
            assert places_of(person_of(claims)) == []
            with pytest.raises(NotFound):
                member_of(claims, slug="penang-plant", face="factory")
        else:
            actor = member_of(claims, slug="penang-plant", face="factory")
            assert actor.roles == {role}
        person = authenticate(RequestFactory().post("/ops/sign-in"), username=user["email"], password=user["password"])
        assert isinstance(person, User)
        assert (person.is_staff, person.is_superuser) == (role == "admin", role == "admin")


def test_each_key_is_its_factorys_and_is_kept_where_only_its_owner_reads(_home: Path) -> None:
    load()
    kinds = {"erp": "api_key", "ingest": "personal_access_token", "store": "store_key"}
    for factory in sheet()["factories"]:
        for face, secret in factory["api_keys"].items():
            key = ApiKey.objects.select_related("factory").get(digest=digest_of(secret))
            assert key.factory is not None
            assert (key.factory.slug, key.kind) == (factory["slug"], kinds[face])
    assert {path.stat().st_mode & 0o777 for path in (_home / "secrets").glob("demo*")} == {0o600}


def test_keys_whose_secrets_were_lost_are_replaced(_home: Path) -> None:
    load()
    before = sheet()["api_keys"]
    (_home / "secrets" / "demo_keys.json").unlink()
    load()
    after = sheet()["api_keys"]
    assert not set(before.values()) & set(after.values())
    assert not ApiKey.objects.filter(digest__in=[digest_of(secret) for secret in before.values()]).exists()
    assert ApiKey.objects.count() == 6


def test_the_exports_are_what_a_shell_reads() -> None:
    load()
    text = shown()
    script = (
        'eval "$(cat)"; printf "%s\\n" "$FACTORY" "$MACHINE" "$PRODUCT" "$METHOD" "$XENTR_TOKEN" "$TOKEN_QA" "$STORE" '
    )
    script += '"$STORE_KEY" "$CUSTOMER_ORDER" "$ARTICLE"'
    ran = subprocess.run(["sh", "-euc", script], input=text, capture_output=True, text=True, check=True)
    factory, machine, product, method, token, qa = ran.stdout.split("\n")[:6]
    found = sheet()
    store, key, customer_order, article = ran.stdout.split("\n")[6:10]
    assert (store, article) == ("S-1001", "CAP-28/BLUE")
    assert (key, int(customer_order)) == (
        sheet()["api_keys"]["store"], sheet()["ids"]["customer_orders"]["WEB-5512"],
    )  # fmt: skip
    assert (factory, machine) == ("penang-plant", "PRESS-01")
    assert (product, method) == (found["ids"]["products"]["CAP-28"], found["ids"]["methods"]["CAP-STD"])
    assert member_of(supabase.verify(token), slug=factory, face="factory").roles == {"admin"}
    assert member_of(supabase.verify(qa), slug=factory, face="factory").roles == {"qa"}
    assert all(shlex.split(line)[0] == "export" for line in text.splitlines())


def test_the_orders_have_many_states_leave_the_guides_machine_free_and_prove_true() -> None:
    load()
    assert set(ProductionOrder.objects.values_list("state", flat=True)) == {
        "draft", "submitted", "approved", "scheduled", "in_production", "paused", "completed", "verified", "closed",
        "cancelled",
    }  # fmt: skip
    assert not ProductionOrder.objects.filter(assignments__machine__code="PRESS-01").exists()
    sealing.seal_all()
    call_command("verify_history", skip_checks=True, stdout=StringIO())
    call_command("verify_ledgers", skip_checks=True, stdout=StringIO())


@pytest.mark.parametrize("command", ["load_demo", "credentials"])
def test_it_is_refused_in_production(settings: Any, command: str) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command(command, skip_checks=True)
    assert not Factory.objects.exists()
    assert not User.objects.exists()


def test_without_the_demo_it_says_how_to_load_it() -> None:
    with pytest.raises(CommandError, match="load_demo"):
        shown()


def test_tokens_are_not_made_with_a_key_that_is_not_ours(settings: Any) -> None:
    load()
    settings.SUPABASE_JWT_ALGORITHM = "RS256"
    with pytest.raises(CommandError, match="HS256"):
        shown()
