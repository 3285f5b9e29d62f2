"""Processes that work at bulk operations as a task worker's would, on the database of the test or the benchmark."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.db import connection

# Works at what is unfinished until nothing is.
_WORKER = """
import django
django.setup()
import time
from factoryos.ops.bulk import runner
from factoryos.ops.models import BulkOperation
while BulkOperation.objects.filter(finished_at__isnull=True).exists():
    if not runner.stint(seconds=1):
        time.sleep(0.02)
"""


def address() -> str:
    """DATABASE_URL of the database that this process is connected to."""
    known = connection.settings_dict
    # The host of the embedded server is the folder of its socket.
    place = quote(str(known["HOST"] or "localhost"), safe="") + (f":{known['PORT']}" if known["PORT"] else "")
    return f"postgres://{known['USER']}:{known['PASSWORD'] or ''}@{place}/{known['NAME']}"


def process(program: str, *arguments: str) -> "subprocess.Popen[str]":
    """A Python of its own on that database."""
    env = {"DJANGO_SETTINGS_MODULE": "tests.settings", **os.environ, "DATABASE_URL": address()}
    return subprocess.Popen([sys.executable, "-c", program, *arguments], env=env, cwd=Path(__file__).parents[3])


def worker() -> "subprocess.Popen[str]":
    return process(_WORKER)
