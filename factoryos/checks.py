"""What must be right before FactoryOS serves in production: secrets, addresses, no demo, the database's own guards.

`manage.py check --deploy --database default` shows all of it; `refuse_to_serve` is asked when the web server, a worker
or beat starts.
"""

import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.db import DatabaseError, connections

from factoryos.kernel.supabase import SHORTEST_SECRET
from factoryos.ops.demo.people import DOMAIN

TAG = "factoryos"
_SHARED_SECRET = ("HS256", "HS384", "HS512")
_PUBLIC_KEY = ("RS256", "ES256")
# Ledgers: only ever added to. Every table of this list has both triggers, or nothing is served.
APPEND_ONLY = (
    "iot_countevent",
    "manufacturing_bomcomponent",
    "manufacturing_bomoperation",
    "manufacturing_bomversion",
    "manufacturing_stockmove",
    "orders_orderevent",
    "orders_quantityentry",
    "orders_seal",
    "orders_sealleaf",
)
GUARDS = {
    *((table, trigger) for table in APPEND_ONLY for trigger in ("append_only", "append_only_truncate")),
    ("orders_note", "never_deleted"),
    ("orders_productionorder", "no_silent_move"),
    ("orders_productionorder", "tally_created"),
    ("orders_productionorder", "tally_moved"),
}

Found = Iterable[CheckMessage]


def _in_production(check: Callable[[], Found]) -> Callable[..., list[CheckMessage]]:
    """A static check that has something to say in production only."""

    def asked(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
        return list(check()) if settings.PRODUCTION else []

    register(asked, TAG, Tags.security)
    return asked


def _of_database(check: Callable[[Any], Found]) -> Callable[..., list[CheckMessage]]:
    """A check that reads the database; one that cannot be reached is /readyz's business, not ours."""

    def asked(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
        if not settings.PRODUCTION or "default" not in (databases or ()):
            return []
        try:
            with connections["default"].cursor() as cursor:
                return list(check(cursor))
        except DatabaseError:
            connections["default"].close()
            return []

    register(asked, TAG, Tags.database)
    return asked


@_in_production
def secrets_are_ours() -> Found:
    key = settings.SECRET_KEY
    if len(key.encode()) < SHORTEST_SECRET or len(set(key)) < 5 or key.startswith(("insecure-", "django-insecure-")):
        yield Error(
            f"SECRET_KEY is not set, well known or shorter than {SHORTEST_SECRET} bytes.",
            hint="Set it to the output of: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            id="factoryos.E001",
        )


@_in_production
def tokens_can_be_trusted() -> Found:
    """RFC 7518 section 3.2: an HMAC key is at least as long as its hash; 256 bits here."""
    algorithm = settings.SUPABASE_JWT_ALGORITHM
    if algorithm in _SHARED_SECRET:
        if not settings.SUPABASE_JWT_SECRETS:
            yield Error("SUPABASE_JWT_SECRET is not set: nobody could sign in.", id="factoryos.E002")
        if any(len(secret.encode()) < SHORTEST_SECRET for secret in settings.SUPABASE_JWT_SECRETS):
            yield Error(f"A SUPABASE_JWT_SECRET is shorter than {SHORTEST_SECRET} bytes.", id="factoryos.E003")
    elif algorithm in _PUBLIC_KEY:
        if not settings.SUPABASE_JWKS_FILE and urlsplit(settings.SUPABASE_JWKS_URL).scheme != "https":
            yield Error(
                f"{algorithm} needs SUPABASE_JWKS_FILE, or SUPABASE_JWKS_URL with an https:// address.",
                id="factoryos.E004",
            )
    else:
        known = ", ".join((*_SHARED_SECRET, *_PUBLIC_KEY))
        yield Error(f"SUPABASE_JWT_ALGORITHM is {algorithm!r}, which is none of {known}.", id="factoryos.E005")


@_in_production
def nothing_is_shown_to_strangers() -> Found:
    if settings.DEBUG:
        yield Error("FACTORYOS_DEBUG is on: error pages would show settings and data.", id="factoryos.E006")
    if not settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS is empty: name the hosts that this installation answers for.", id="factoryos.E007")
    elif "*" in settings.ALLOWED_HOSTS:
        yield Warning("ALLOWED_HOSTS allows every host; name the ones that are yours.", id="factoryos.W001")
    if urlsplit(settings.BASE_URL).scheme != "https" and not settings.PLAIN_HTTP:
        yield Error(
            f"FACTORYOS_BASE_URL is {settings.BASE_URL}: passwords and tokens would travel in the clear.",
            hint="Give it an https:// address; on a plant's own network, FACTORYOS_PLAIN_HTTP=1 says that it is meant.",
            id="factoryos.E008",
        )


@_of_database
def no_open_demo_login(cursor: Any) -> Found:
    """The demo's passwords are in the README."""
    if not _exists(cursor, "kernel_user"):
        return
    cursor.execute(
        "SELECT count(*) FROM kernel_user WHERE is_active AND (username ILIKE %(demo)s OR email ILIKE %(demo)s)",
        {"demo": f"%@{DOMAIN}"},
    )
    if number := cursor.fetchone()[0]:
        yield Error(
            f"{number} demo users may sign in to this database, with passwords that everybody knows.",
            hint=f"Use a database of its own for production, or disable every account of @{DOMAIN}.",
            id="factoryos.E009",
        )


@_of_database
def the_database_keeps_its_guards(cursor: Any) -> Found:
    """Triggers dropped or disabled, by hand or by a restore that left them out. Tables not made yet miss nothing."""
    cursor.execute(
        """
        SELECT relation.relname, trigger.tgname FROM pg_trigger AS trigger
        JOIN pg_class AS relation ON relation.oid = trigger.tgrelid
        WHERE NOT trigger.tgisinternal AND trigger.tgenabled IN ('O', 'A')
          AND pg_table_is_visible(relation.oid) AND relation.relname = ANY(%s)
        """,
        [sorted({table for table, _ in GUARDS})],
    )
    missing = GUARDS - set(cursor.fetchall())
    if missing and _is_guarded_already(cursor):
        named = ", ".join(f"{trigger} on {table}" for table, trigger in sorted(missing))
        yield Error(
            f"Triggers are missing or disabled: {named}.",
            hint="History could be changed without a trace. Restore them as orders/migrations/0002_guards.py has them.",
            id="factoryos.E010",
        )


def _is_guarded_already(cursor: Any) -> bool:
    """Whether the migration that makes the triggers has run; before it, nothing can be missing."""
    if not _exists(cursor, "django_migrations"):
        return False
    cursor.execute("SELECT EXISTS (SELECT 1 FROM django_migrations WHERE app = 'orders' AND name = '0002_guards')")
    return bool(cursor.fetchone()[0])


def _exists(cursor: Any, table: str) -> bool:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
    return bool(cursor.fetchone()[0])


def refuse_to_serve() -> None:
    """In production, end the process with the reasons unless every check of ours passes."""
    if not settings.PRODUCTION:
        return
    found = run_checks(tags=[TAG], databases=["default"])
    connections["default"].close()
    for message in found:
        sys.stderr.write(f"{message}\n")
    if any(message.is_serious() for message in found):
        sys.stderr.write("FactoryOS does not serve before this is put right.\n")
        raise SystemExit(1)
