"""Whether anything at all was written: a digest of every table but the sessions, which remember who looks at which factory."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from factoryos.ops.access import LAST_FACTORY
from factoryos.ops.shell.sessions import RENEWED

_NOT_OURS = frozenset({"django_session", "django_migrations"})
_SESSION_MAY = frozenset({LAST_FACTORY, RENEWED})


def the_database() -> dict[str, str]:
    """A digest of the rows of each table."""
    tables = sorted(set(connection.introspection.table_names()) - _NOT_OURS)
    query = " UNION ALL ".join(
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" AS t"
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return dict(cursor.fetchall())


def changed_since(before: dict[str, str]) -> set[str]:
    """The tables in which something is different now."""
    now = the_database()
    return {table for table in now if now[table] != before[table]}


def the_session(key: str) -> dict[str, Any]:
    """What a session holds, but for the factory it is in and when it was last prolonged."""
    return {name: value for name, value in SessionStore(key).load().items() if name not in _SESSION_MAY}
