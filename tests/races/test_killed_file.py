"""kill -9 while a file is taken: what was committed stays, nothing is half there, and the next run goes on to the same end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from orders.models import IngestHead, ManufacturingOrderVersion
from tests.callers import a_member
from tests.conformance.ingest.works import Works, a_row

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROWS, TOGETHER = 2000, 20


def started(path: Path, home: Path) -> "subprocess.Popen[str]":
    known = connection.settings_dict
    # The host of the embedded server is the folder of its socket.
    place = quote(str(known["HOST"] or "localhost"), safe="") + (f":{known['PORT']}" if known["PORT"] else "")
    url = f"postgres://{known['USER']}:{known['PASSWORD'] or ''}@{place}/{known['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "ingest", str(path), "--as", "pia@example.com", "--rows", str(TOGETHER)],
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings", "FACTORYOS_HOME": str(home)},
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_it_goes_on_after_a_kill(tmp_path: Path) -> None:
    works = Works()
    planner = a_member(works.factory, "planner")
    planner.email = "pia@example.com"
    planner.save()
    path = tmp_path / "feed.ndjson"
    path.write_text("".join(json.dumps(a_row(order_number=f"MO-{number}")) + "\n" for number in range(ROWS)))

    run = started(path, tmp_path)
    until = time.monotonic() + 60
    while works.versions() < 5 * TOGETHER:
        assert time.monotonic() < until and run.poll() is None, "it was over before it could be killed"
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    assert run.wait(10) == -signal.SIGKILL
    kept = works.versions()
    assert 5 * TOGETHER <= kept < ROWS, "nothing was left to be gone on with"
    assert kept % TOGETHER == 0, "half a batch was kept"
    assert IngestHead.objects.count() == kept

    out, told = started(path, tmp_path).communicate(timeout=120)

    assert "Going on behind row" in told
    assert f"{ROWS:,} rows" in out and "0 refused" in out
    assert ManufacturingOrderVersion.objects.count() == IngestHead.objects.count() == ROWS
    assert not IngestHead.objects.exclude(revision=1).exists(), "a batch that was taken twice changed something"
