"""Two pollers at once, each killed with `kill -9` between reading and commit, again and again: every piece is booked once."""

import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Sum

from iot.models import CountEvent
from orders.models import QuantityEntry
from orders.proof_of_ledgers import faults
from orders.proofs import one_snapshot
from tests.orders.stage import Stage
from tests.polling.presses import GOOD, Stand
from tests.polling.test_poll_tasks import LEASE_S, POLLER, a_process
from tests.polling.test_poller import a_poller, booked, known, on_a_shard_of_its_own, stint, until
from tests.polling.wiring import a_connection, a_counter

pytestmark = pytest.mark.django_db(transaction=True)

# A poller that dies by its own hand as the machine's power would end it: without a word, in the middle of its third
# booking. "between": the orders have their pieces, the counters do not know it; "written": all of it is written. Neither
# is committed.
MORTAL = """
import os, signal, sys
import django
django.setup()
from iot import count_ledger
bookings, write = 0, count_ledger.write

def dying(*args, **kwargs):
    global bookings
    bookings += 1
    if bookings > 2 and sys.argv[1] == "between":
        os.kill(os.getpid(), signal.SIGKILL)
    write(*args, **kwargs)
    if bookings > 2:
        os.kill(os.getpid(), signal.SIGKILL)

count_ledger.write = dying
"""


class Plant:
    """Presses that run, each with an order and on a shard of its own."""

    def __init__(self, *stands: Stand) -> None:
        self.stands = stands
        self.stages = [Stage() for _ in stands]
        for stage, stand in zip(self.stages, stands, strict=True):
            line = a_connection(stage.factory, address=stand.address, poll_every_s=0.05)
            on_a_shard_of_its_own(line)
            a_counter(line, stage.machine, where={"address": GOOD}, max_rate=5000.0)
            stage.running(100_000)

    def is_settled(self) -> bool:
        """Whether every piece that was made is booked."""
        return all(booked(stage.machine) == stand.made for stage, stand in zip(self.stages, self.stands, strict=True))


@pytest.fixture(autouse=True)
def _short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iot.shards.LEASE_S", LEASE_S)
    monkeypatch.setattr("iot.poller.work.RENEW_S", 0.2)
    monkeypatch.setattr("iot.poller.desk.EVERY_S", 0.1)


def test_two_pollers_killed_between_reading_and_commit_lose_and_invent_nothing(tmp_path: Path) -> None:
    deaths = 0
    with Stand(rate="300") as one, Stand(rate="200") as other:
        plant = Plant(one, other)
        with a_poller() as poller:
            stint(poller, known)
        for stand in plant.stands:
            stand.start()
        for place in ("between", "written"):
            with ExitStack() as living:
                pollers = [
                    living.enter_context(
                        a_process([sys.executable, "-c", MORTAL + POLLER, place], tmp_path / f"said-{number}")
                    )
                    for number in (1, 2)
                ]
                deaths += sum(process.wait(30) == -signal.SIGKILL for process in pollers)
        for stand in plant.stands:
            stand.stop()
        with a_poller() as poller:
            until(lambda: stint(poller) and plant.is_settled(), "what the dead had not booked is booked", within=30)
        made = [stand.made for stand in plant.stands]
    assert deaths == 4, "a run without its faults proves nothing"
    assert set(CountEvent.objects.values_list("kind", flat=True)) == {"baseline", "count"}
    entries = [QuantityEntry.objects.filter(machine=stage.machine).aggregate(sum=Sum("good")) for stage in plant.stages]
    assert [one["sum"] for one in entries] == made
    connection.close()
    with one_snapshot():
        assert list(faults()) == []
