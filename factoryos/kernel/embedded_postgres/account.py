"""Whom the server runs as, and how that account reaches data and programs.

PostgreSQL refuses to run as root. An ordinary user runs it as itself. Root runs it as the owner of the data, at first
`nobody`: no account has to be made. `nobody` cannot look into a closed folder such as /root, so then the data lie in
a folder under /var/lib/factoryos, a link in FACTORYOS_HOME names it, and the programs are copied beside them.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factoryos.kernel.embedded_postgres.errors import EmbeddedPostgresError
from factoryos.kernel.embedded_postgres.layout import DISTRIBUTION, MAJOR, Layout, wheel_programs

OPEN_FOLDER = Path("/var/lib/factoryos")
ANOTHER_WAY = "Run as an ordinary user, or let DATABASE_URL name a PostgreSQL server."


@dataclass(frozen=True)
class Account:
    """A numeric user and group; `other` when it is not the one we run as."""

    uid: int
    gid: int

    @property
    def other(self) -> bool:
        return self.uid != os.geteuid()

    @property
    def spawn(self) -> dict[str, Any]:
        """Arguments for subprocess that make a child this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}

    def can(self, test: str, path: Path) -> bool:
        """Ask the system itself, in a child that is this account: modes, ACLs and mounts all count. `test` as in sh."""
        command = ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]
        try:
            return subprocess.run(command, cwd="/", stderr=subprocess.DEVNULL, **self.spawn).returncode == 0
        except PermissionError as error:
            raise EmbeddedPostgresError(
                "PostgreSQL does not run as root, and this system does not let root become "
                f"user {user_name(self.uid)}. {ANOTHER_WAY}"
            ) from error


def server_account(layout: Layout) -> Account:
    """The account for this home: ourselves, or, for root, the owner of the data, or nobody."""
    owner = _owner(layout.data)
    if os.geteuid() != 0:
        if owner is not None and owner.uid != os.geteuid():
            raise EmbeddedPostgresError(
                f"{layout.data} belongs to user {user_name(owner.uid)}, and this is user {user_name(os.geteuid())}. "
                "Run as that user or as root, or choose another FACTORYOS_HOME."
            )
        return Account(os.geteuid(), os.getegid())
    if owner is not None and owner.uid != 0:
        return owner
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and this system has no user nobody to run it as. {ANOTHER_WAY}"
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def prepare_folders(layout: Layout, *, account: Account) -> None:
    """Make the base and the socket's folder, owned by `account` and closed to others."""
    if layout.base.is_symlink() and not layout.base.exists():
        raise EmbeddedPostgresError(
            f"The data of this home were kept in {os.readlink(layout.base)}, which is gone. "
            f"Bring it back, or remove {layout.base} to begin with an empty database."
        )
    if not layout.base.exists():
        if account.other and not account.can("-x", layout.home):
            layout.base.symlink_to(_folder_elsewhere())
        else:
            layout.base.mkdir(mode=0o700)
    if os.geteuid() == 0:
        _give(layout.base, account)
    if not account.can("-w", layout.base.resolve()):
        raise EmbeddedPostgresError(
            f"User {user_name(account.uid)}, as whom PostgreSQL runs, cannot write to {layout.base}: "
            f"{_first_closed(layout.base, account)} is closed to it. "
            "Open that one (chmod o+x), or choose another FACTORYOS_HOME."
        )
    if layout.socket_apart:
        _refuse_a_strangers(layout.socket_folder, account)
    _own_folder(layout.socket_folder, account)


def programs_for(layout: Layout, *, account: Account) -> Path:
    """The folder of PostgreSQL's programs: the wheel's own, or a copy when `account` cannot run those."""
    wheel = wheel_programs()
    sample = wheel.parent / "share" / "postgresql" / "postgresql.conf.sample"
    if not account.other or (account.can("-x", wheel / "postgres") and account.can("-r", sample)):
        return wheel
    version = f"{MAJOR}-{(wheel / 'postgres').stat().st_mtime_ns}"
    copy = layout.base.resolve() / f"programs-{version}"
    if not copy.exists():
        _copy_programs(wheel.parent, copy)
    return copy / DISTRIBUTION / wheel.parent.name / "bin"


def _copy_programs(install: Path, copy: Path) -> None:
    """36 MB, once. The programs find their libraries by a relative path, so the copy has the wheel's shape."""
    site, unfinished = install.parent.parent, copy.with_name(copy.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    skip = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(install, unfinished / DISTRIBUTION / install.name, ignore=skip, symlinks=True)
    libraries = f"{DISTRIBUTION}.libs"
    if (site / libraries).exists():  # Linux wheels only
        shutil.copytree(site / libraries, unfinished / libraries)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
    unfinished.rename(copy)


def _folder_elsewhere() -> Path:
    """A new folder each time: a home that was removed and made anew must not meet its old data."""
    try:
        OPEN_FOLDER.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="", dir=OPEN_FOLDER))
    except OSError as error:
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root, FACTORYOS_HOME is closed to other users "
            f"and {OPEN_FOLDER} cannot be made ({error.strerror}). "
            f"Choose a FACTORYOS_HOME that every user can reach. {ANOTHER_WAY}"
        ) from error


def _own_folder(folder: Path, account: Account) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


def _refuse_a_strangers(folder: Path, account: Account) -> None:
    """Anybody may make a folder in /tmp first, and put a server of his own behind our socket's name."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (account.uid, os.geteuid()):
        raise EmbeddedPostgresError(
            f"{folder}, where the database's socket belongs, was made by user {user_name(found.st_uid)}. "
            "Remove it, or choose a shorter FACTORYOS_HOME."
        )


def _give(base: Path, account: Account) -> None:
    """Root only: what root made, or copied here, becomes the server's."""
    for path in (base.resolve(), *base.resolve().glob("data-*")):
        if path.stat().st_uid != account.uid:
            for part in (path, *path.rglob("*")) if path.name.startswith("data-") else (path,):
                os.chown(part, account.uid, account.gid, follow_symlinks=False)


def _first_closed(path: Path, account: Account) -> Path:
    ancestors = [*reversed(path.resolve().parents), path.resolve()]
    return next((folder for folder in ancestors if not account.can("-x", folder)), path)


def _owner(data: Path) -> Account | None:
    try:
        found = data.stat()
    except FileNotFoundError:
        return None
    except PermissionError:  # the folder around it is closed to us, so it is its owner's
        found = data.parent.stat()
    return Account(found.st_uid, found.st_gid)


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
