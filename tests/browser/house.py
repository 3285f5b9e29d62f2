"""The installation that the browser visits: web server and worker as production starts them, on the tests' database."""

import http.client
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
from django.conf import settings
from django.db import connection

from factoryos.kernel.running.programs import worker_command
from tests.front.server import free_port

ROOT = Path(__file__).resolve().parents[2]
HOST = "factory.test"  # over plain HTTP, and no name that a browser trusts; see browsers.py for what it is mapped to
SERVER_WORKERS, SERVER_THREADS = 2, 4
METRICS_TOKEN = secrets.token_urlsafe(24)
PATIENCE_S = 60


class House:
    """Web server and worker with a home of their own. Only the database is shared with the test process."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.origin = f"http://{HOST}:{self.port}"
        self.environment = _environment(home, self.origin)
        self._log = (home / "log").open("ab")
        self._web: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self._before: set[int] = set()  # sessions of the tests themselves

    def furnish(self) -> None:
        """What is done once for a version: collect, compress and name the static files."""
        collected = self._run([sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"])
        assert collected.wait(PATIENCE_S) == 0, self.log()

    def open(self) -> None:
        """Start what is not running."""
        if self._web is None:
            self._before = _sessions()
            self._worker = self._run(worker_command())
            self.open_web()

    def open_web(self) -> None:
        command = [sys.executable, "-m", "factoryos.front", "--host", "127.0.0.1", "--port", str(self.port)]
        self._web = self._run([*command, "--workers", str(SERVER_WORKERS), "--threads", str(SERVER_THREADS)])
        self.eventually(lambda: self.ask("/readyz")[0] == 200, what="the web server is ready")

    def close_web(self) -> float:
        """End the web server; gives how many seconds that took."""
        began = time.monotonic()
        _end(self._web)
        self._web = None
        return time.monotonic() - began

    def close(self) -> None:
        """End both, so that whoever tests next has the database to themselves."""
        if self._web is None and self._worker is None:
            return
        self.close_web()
        _end(self._worker)
        self._worker = None
        self.eventually(lambda: _sessions() <= self._before, what="the database is the tests' alone", within=15)

    def ask(self, path: str, method: str = "GET", **options: Any) -> tuple[int, str]:
        """A request by no browser: status and body."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"Host": f"{HOST}:{self.port}"} | options.pop("headers", {})
            client.request(method, path, headers=headers, **options)
            answer = client.getresponse()
            return answer.status, answer.read().decode()
        finally:
            client.close()

    def streams(self) -> int:
        """How many live streams of the console are open, by the server's own count."""
        _, body = self.ask("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
        lines = [line for line in body.splitlines() if line.startswith('factoryos_live_streams{face="console"')]
        return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines))

    def eventually(self, condition: Callable[[], Any], *, what: str, within: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + within
        while True:
            try:
                if condition():
                    return
            except (OSError, http.client.HTTPException):
                pass
            assert time.monotonic() < deadline, f"not within {within} s: {what}\n{self.log()}"
            time.sleep(0.05)

    def log(self) -> str:
        """The last warnings and errors of server and worker."""
        return (self.home / "log").read_text()[-6000:]

    def _run(self, command: list[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )


def _environment(home: Path, origin: str) -> dict[str, str]:
    """Production, on plain HTTP, with the secrets of the test process, so that its tokens are good."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "FACTORYOS_HOME": str(home),
        "FACTORYOS_ENV": "production",
        "FACTORYOS_PLAIN_HTTP": "1",
        "FACTORYOS_BASE_URL": origin,
        "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "SECRET_KEY": settings.SECRET_KEY,
        "SUPABASE_JWT_SECRET": settings.SUPABASE_JWT_SECRETS[0],
        "SUPABASE_JWT_ISSUER": settings.SUPABASE_JWT_ISSUER,
        "STRIPE_WEBHOOK_SECRET": secrets.token_urlsafe(32),
        "FACTORYOS_METRICS_TOKEN": METRICS_TOKEN,
        "DATABASE_URL": _database_url(),
        "FACTORYOS_LOG_LEVEL": "WARNING",
        "REDIS_URL": "",
        "PYTHONPATH": str(ROOT),
    }


def _database_url() -> str:
    """Of the database that the test process made for itself. The host of the embedded server is a folder."""
    known = connection.settings_dict
    assert known["NAME"].startswith("test_"), "this is no test database, and its rows will be deleted"
    place = quote(str(known["HOST"] or "localhost"), safe="") + (f":{known['PORT']}" if known["PORT"] else "")
    return f"postgres://{known['USER']}:{quote(known['PASSWORD'] or '', safe='')}@{place}/{known['NAME']}"


def _sessions() -> set[int]:
    """Of others at our database, by process id; of a killed client too, until the database notices."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cursor.fetchall()}


def _end(process: "subprocess.Popen[bytes] | None") -> None:
    """The process and, where it leaves any behind, its children: one that keeps a connection keeps the database."""
    if process is None or process.poll() is not None:
        return
    family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    for each in (*family, process):
        with suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait(10)
    psutil.wait_procs(family, timeout=10)


@contextmanager
def a_house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="fos-house-", ignore_cleanup_errors=True) as home:
        house = House(Path(home))
        house.furnish()
        try:
            yield house
        finally:
            house.close()
