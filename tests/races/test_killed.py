"""kill -9 between a report and its commit: nothing is left of it, and nothing is in the way of the next one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from orders.models import ProductionOrder
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# Reports five pieces in one transaction, says so before the commit, and commits when told to.
REPORTER = """
import sys
import django
django.setup()
from decimal import Decimal
from django.db import transaction
from factoryos.kernel.models import Factory
from orders.actions.report import report
from orders.models import ProductionOrder
from orders.specs import Count
from tests.floor import an_actor
order = ProductionOrder.objects.get(pk=int(sys.argv[1]))
with transaction.atomic():
    by = an_actor(Factory.objects.get(pk=order.factory_id))
    report(order_id=order.pk, by=by, count=Count(Decimal(5), Decimal(0)))
    print("reported", flush=True)
    sys.stdin.readline()
print("committed", flush=True)
"""


def reporter(order: ProductionOrder) -> subprocess.Popen[str]:
    """A process of its own, at the point between its report and its commit."""
    known = connection.settings_dict
    # The host of the embedded server is the folder of its socket.
    place = quote(str(known["HOST"] or "localhost"), safe="") + (f":{known['PORT']}" if known["PORT"] else "")
    url = f"postgres://{known['USER']}:{known['PASSWORD'] or ''}@{place}/{known['NAME']}"
    process = subprocess.Popen(
        [sys.executable, "-c", REPORTER, str(order.pk)],
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "reported\n"
    return process


def totals(order: ProductionOrder) -> tuple[Any, int, int]:
    order = ProductionOrder.objects.get(pk=order.pk)
    return order.quantity_good, order.version, order.entries.count()


def test_a_process_killed_before_its_commit_leaves_nothing() -> None:
    stage = Stage()
    order = stage.running()
    before = everything()
    process = reporter(order)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert everything() == before
    wait_until_its_session_is_gone()
    stage.report(order, good=7)  # its lock is gone with it
    assert totals(order) == (7, 4, 1)


def test_control_the_same_process_left_alone_books_its_count() -> None:
    order = Stage().running()
    output, _ = reporter(order).communicate("\n", timeout=20)
    assert output == "committed\n"
    assert totals(order) == (5, 4, 1)


def wait_until_its_session_is_gone() -> None:
    """The server notices a dead client at its next read; that is soon, but not at once."""
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    raise AssertionError("the killed process still has a session")
