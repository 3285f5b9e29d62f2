"""What production refuses to serve with. Each test spoils one thing of an installation that passes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Error, run_checks
from django.db import connection, transaction

from factoryos import checks
from factoryos.kernel.models import User

PROJECT = Path(__file__).resolve().parents[1]
GOOD = "v3ry-l0ng-and-random-enough-for-a-secret-of-production"


@pytest.fixture
def production(settings: Any) -> Any:
    """An installation with nothing wrong."""
    settings.PRODUCTION, settings.DEBUG, settings.PLAIN_HTTP = True, False, False
    settings.SECRET_KEY, settings.ALLOWED_HOSTS = GOOD, ["factory.example"]
    settings.BASE_URL = "https://factory.example"
    settings.SUPABASE_JWT_ALGORITHM, settings.SUPABASE_JWT_SECRETS = "HS256", [GOOD]
    settings.SUPABASE_JWKS_FILE = settings.SUPABASE_JWKS_URL = ""
    return settings


def found(*, database: bool = False) -> list[str]:
    return [str(message.id) for message in run_checks(tags=[checks.TAG], databases=["default"] if database else None)]


def test_a_sound_installation_passes(production: Any) -> None:
    assert found() == []


SPOILED: list[tuple[str, dict[str, Any]]] = [
    ("factoryos.E001", {"SECRET_KEY": "insecure-unset"}),
    ("factoryos.E001", {"SECRET_KEY": "x" * 50}),
    ("factoryos.E001", {"SECRET_KEY": GOOD[:31]}),
    ("factoryos.E001", {"SECRET_KEY": "django-insecure-" + GOOD}),
    ("factoryos.E002", {"SUPABASE_JWT_SECRETS": []}),
    ("factoryos.E003", {"SUPABASE_JWT_SECRETS": [GOOD, "short"]}),
    ("factoryos.E004", {"SUPABASE_JWT_ALGORITHM": "RS256"}),
    ("factoryos.E004", {"SUPABASE_JWT_ALGORITHM": "ES256", "SUPABASE_JWKS_URL": "http://keys.example"}),
    ("factoryos.E005", {"SUPABASE_JWT_ALGORITHM": "none"}),
    ("factoryos.E006", {"DEBUG": True}),
    ("factoryos.E007", {"ALLOWED_HOSTS": []}),
    ("factoryos.W001", {"ALLOWED_HOSTS": ["*"]}),
    ("factoryos.E008", {"BASE_URL": "http://factory.example"}),
]


@pytest.mark.parametrize(("message", "spoiled"), SPOILED)
def test_one_thing_wrong_is_found_in_production_and_there_alone(
    production: Any, message: str, spoiled: dict[str, Any]
) -> None:
    for name, value in spoiled.items():
        setattr(production, name, value)
    assert found() == [message]
    production.PRODUCTION = False
    assert found() == []


@pytest.mark.parametrize(
    "changes",
    [{"BASE_URL": "http://10.0.0.5:8000", "PLAIN_HTTP": True}, {"SUPABASE_JWT_SECRETS": [GOOD, GOOD[::-1]]},
     {"SUPABASE_JWT_ALGORITHM": "ES256", "SUPABASE_JWKS_URL": "https://keys.example", "SUPABASE_JWT_SECRETS": []}],
)  # fmt: skip
def test_what_is_said_to_be_meant_passes(production: Any, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(production, name, value)
    assert found() == []


@pytest.mark.django_db
def test_a_sound_database_passes(production: Any) -> None:
    assert found(database=True) == []


@pytest.mark.django_db
def test_a_demo_login_that_is_open_is_found(production: Any) -> None:
    user = User.objects.create_user("planner@demo.factoryos", "demo-factoryos", email="planner@demo.factoryos")
    assert found(database=True) == ["factoryos.E009"]
    user.is_active = False
    user.save()
    assert found(database=True) == []


@pytest.mark.django_db
@pytest.mark.parametrize("table", checks.APPEND_ONLY)
@pytest.mark.parametrize("sql", ["DROP TRIGGER append_only ON {table}", "DROP TRIGGER append_only_truncate ON {table}",
                                 "ALTER TABLE {table} DISABLE TRIGGER append_only"])  # fmt: skip
def test_a_guard_that_is_gone_is_found(production: Any, table: str, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(table=table))
    (message,) = run_checks(tags=[checks.TAG], databases=["default"])
    assert isinstance(message, Error)
    assert message.id == "factoryos.E010"
    assert f"on {table}" in message.msg


@pytest.mark.django_db
def test_every_table_with_the_append_only_trigger_is_watched() -> None:
    """A new ledger that is forgotten in the list would lose its guard unnoticed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only'")
        assert {row[0] for row in cursor.fetchall()} == set(checks.APPEND_ONLY)


@pytest.mark.django_db
def test_a_database_before_its_migrations_misses_nothing(production: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER append_only ON orders_seal; DELETE FROM django_migrations WHERE app = 'orders'")
        assert found(database=True) == []
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "program",
    [
        ["-c", "import factoryos.wsgi"],
        ["-m", "celery", "--app", "factoryos.celery", "--quiet", "worker", "--concurrency", "1"],
        ["-m", "celery", "--app", "factoryos.celery", "--quiet", "beat"],
    ],
    ids=["web server", "worker", "beat"],
)
def test_no_program_starts_while_anything_is_wrong(tmp_path: Path, program: list[str]) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        "FACTORYOS_HOME": str(tmp_path), "FACTORYOS_ENV": "production", "SECRET_KEY": "short", "FACTORYOS_DEBUG": "1",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing", "PYTHONPATH": str(PROJECT),
    }  # fmt: skip
    ran = subprocess.run(
        [sys.executable, *program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 1
    for message in ("E001", "E002", "E006", "E007", "E008", "does not serve"):
        assert message in ran.stderr
