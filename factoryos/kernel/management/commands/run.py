"""`manage.py run`, behind `make run`: everything FactoryOS needs on one machine, started together and ended together.

It restarts nothing. When a part of it ends, it says which, ends the rest and exits with 1.
"""

import contextlib
import json
import os
import signal
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, connections

from factoryos.kernel import embedded_postgres
from factoryos.kernel.running import children, port, programs

READY_TIMEOUT_S = 90
LOOK_EVERY_S = 0.25
WEB_PATIENCE_S = 6
TASKS_PATIENCE_S = 8
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PREPARING = 7_041_776  # advisory lock: two hosts must not migrate at once


class ToldToEnd(BaseException):
    """Ctrl-C or SIGTERM. Not an error."""


class Command(BaseCommand):
    help = "Start database, migrations, demo, web server, Celery workers, poller and beat; end all of it at Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--end-with-parent", action="store_true", help="end when the calling process is killed")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        number = self._free_port()
        if options["end_with_parent"]:
            children.end_with_parent(signal.SIGTERM, parent=os.getppid())
        for how in ENDINGS:
            signal.signal(how, _told)
        schedule = settings.FACTORYOS_HOME / f"celery-beat-{number}"
        web = children.Child("web server", programs.web_command(number))
        worker = children.Child("Celery worker", programs.worker_command(), orphaned=signal.SIGQUIT)
        poller = children.Child("machine poller", programs.poller_command())
        beat = children.Child("Celery beat", programs.beat_command(schedule))
        background = [worker, poller, beat]
        if settings.MQTT_URL:
            background.append(children.Child("MQTT listener", programs.mqtt_command()))
        if not settings.PRODUCTION:
            background.append(children.Child("demo's presses", programs.demo_presses_command()))
        try:
            self._prepare()
            self._start([web, *background], number)
            self._await_ready([web, *background], number)
            self._tell(number, seconds=time.monotonic() - began)
            self._watch([web, *background])
        except ToldToEnd:
            self._say("Ending …")
        finally:
            _ignore_signals()
            connections.close_all()
            children.end([web], patience_s=WEB_PATIENCE_S)
            children.end(background, patience_s=TASKS_PATIENCE_S)
            self._leave_database()
        self._say("Ended.")

    def _free_port(self) -> int:
        text = os.environ.get("PORT", "").strip() or "8000"
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise CommandError(f"PORT must be a number from 1 to 65535, and is {text!r}.")
        number, host = int(text), programs.web_host()
        if reason := port.why_not(host, number):
            raise CommandError(
                f"Port {number} on {host} cannot be used: {reason}. "
                f"End what listens there, or choose another port: PORT={number + 1} make run"
            )
        return number

    def _prepare(self) -> None:
        """Database, migrations, demo data and static files; each step finds it done the second time."""
        self._say(f"Database: {_database_name()}")
        try:
            with connection.cursor() as cursor:
                while not _locked(cursor):
                    time.sleep(LOOK_EVERY_S)
        except OperationalError as error:
            raise CommandError(f"The database cannot be reached. {error}") from error
        call_command("migrate", interactive=False, verbosity=0)
        if not settings.PRODUCTION:
            call_command("load_demo", stdout=self.stdout)
        connection.close()  # and with it the lock
        call_command("collectstatic", interactive=False, verbosity=0)

    def _start(self, family: list[children.Child], number: int) -> None:
        home = str(settings.FACTORYOS_HOME)  # what was given may be relative to another folder than the children's
        environment = {**os.environ, "FACTORYOS_HOME": home, "PORT": str(number), "PYTHONUNBUFFERED": "1"}
        for child in family:
            child.start(folder=settings.BASE_DIR, environment=environment)

    def _await_ready(self, family: list[children.Child], number: int) -> None:
        until = time.monotonic() + READY_TIMEOUT_S
        while not (answer := _ready(number)).startswith("200"):
            _refuse_a_death(family)
            if time.monotonic() > until:
                raise CommandError(f"/readyz did not answer 200 within {READY_TIMEOUT_S} s. The last answer: {answer}")
            time.sleep(LOOK_EVERY_S)

    def _tell(self, number: int, *, seconds: float) -> None:
        base = f"http://localhost:{number}"
        self._say(f"\nFactoryOS runs, ready in {seconds:.1f} s.\n")
        for name, path in (("Console", "ops/orders"), ("Admin", "admin/"), ("API", "api/docs/")):
            self._say(f"  {name + ':':9}{base}/{path}")
        if not settings.PRODUCTION:
            self._tell_sign_ins()
        self._say("\nCtrl-C ends it.")

    def _tell_sign_ins(self) -> None:
        written = StringIO()
        call_command("credentials", json=True, stdout=written)
        connections.close_all()
        users = json.loads(written.getvalue())["users"]
        self._say("\nDemo accounts (the admin's opens the admin, too):\n")
        for user in users.values():
            self._say(f"  {user['email']:27}{user['password']}")
        self._say('\nFor curl, in another terminal: eval "$(.venv/bin/python manage.py credentials)"')

    def _watch(self, family: list[children.Child]) -> None:
        home: Path | None = connection.settings_dict.get("FACTORYOS_HOME")
        while True:
            _refuse_a_death(family)
            if home and embedded_postgres.server_pid(home) is None:
                raise CommandError(f"The embedded database has ended by itself. It said why in {home}/postgres.log")
            time.sleep(LOOK_EVERY_S)

    def _leave_database(self) -> None:
        home: Path | None = connection.settings_dict.get("FACTORYOS_HOME")
        if home and not embedded_postgres.leave(home):
            self._say("The embedded database stays: another command uses it.")

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the terminal is gone; what is running must still be ended in order
            self.stdout.write(text)
            self.stdout.flush()


def _told(signum: int, frame: FrameType | None) -> None:
    _ignore_signals()
    raise ToldToEnd


def _ignore_signals() -> None:
    """While we end what we started. It takes seconds, and a second Ctrl-C must not leave half of it behind.

    A handler that does nothing, as SIG_IGN makes Python complain of a signal that is already on its way.
    """
    for how in ENDINGS:
        signal.signal(how, lambda signum, frame: None)


def _refuse_a_death(family: list[children.Child]) -> None:
    for child in family:
        if how := child.ended():
            raise CommandError(f"The {child.name} has ended by itself ({how}). Everything else is being ended.")


def _ready(number: int) -> str:
    """What /readyz answers: status and reason, or why nothing does."""
    host = "127.0.0.1" if programs.web_host() in ("0.0.0.0", "::") else programs.web_host()  # noqa: S104
    try:
        with urllib.request.urlopen(f"http://{host}:{number}/readyz", timeout=5) as answer:
            return f"{answer.status}"
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read(500).decode(errors='replace')}"
    except OSError as error:
        return str(error)


def _database_name() -> str:
    found = connection.settings_dict
    if "FACTORYOS_HOME" in found:
        return f"our own PostgreSQL under {found['FACTORYOS_HOME']}"
    return f"{found['NAME']} at {found['HOST'] or 'localhost'}:{found['PORT'] or 5432}"


def _locked(cursor: Any) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [PREPARING])
    return bool(cursor.fetchone()[0])
