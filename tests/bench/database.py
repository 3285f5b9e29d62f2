"""The benchmark's database: made for one run on whatever server there is, and dropped at its end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

PREFIX = "factoryos_bench_"
# Django's own options, which libpq does not know, and the session's limits, which loading a million rows would break.
_NOT_FOR_LIBPQ = {"options", "server_side_binding", "prepare_threshold", "pool", "isolation_level", "assume_role"}


def name() -> str:
    return f"{PREFIX}{os.getpid()}"


def conninfo(config: dict[str, Any], *, database: str) -> str:
    """For psycopg, from an entry of DATABASES."""
    options = {key: value for key, value in config.get("OPTIONS", {}).items() if key not in _NOT_FOR_LIBPQ}
    told = {"host": config["HOST"], "port": config["PORT"], "user": config["USER"], "password": config.get("PASSWORD")}
    return make_conninfo(dbname=database, **{key: value for key, value in told.items() if value}, **options)


@contextmanager
def made(config: dict[str, Any]) -> Iterator[str]:
    """An empty database of our name. Drops also what runs that were killed left behind."""
    with psycopg.connect(conninfo(config, database="postgres"), autocommit=True) as server:
        left = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]).fetchall()
        for (database,) in left:
            with suppress(psycopg.errors.ObjectInUse):
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(database)))
        ours = sql.Identifier(config["NAME"])
        server.execute(sql.SQL("CREATE DATABASE {}").format(ours))
        try:
            yield conninfo(config, database=config["NAME"])
        finally:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(ours))
