"""Pollers as processes: what becomes of the pieces when one is frozen, killed, or loses its broker."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from celery import Celery
from django.db import connection

from factoryos import environment
from factoryos.celery import QUEUES, app
from factoryos.kernel import clock, wakeup
from factoryos.kernel.running.programs import poller_command, worker_command
from iot import shards, tasks
from iot.models import CountEvent, PollShard
from iot.poller import leases, running, work
from tests.polling.presses import Stand
from tests.polling.test_poller import a_poller, all_booked, booked, known, stint, until, wired

pytestmark = pytest.mark.django_db(transaction=True)
PROJECT = Path(__file__).parents[2]
LEASE_S = 0.8

# Polls until it is killed; its leases are shorter than they are in earnest.
POLLER = f"""
import time
import django
django.setup()
from iot import shards
from iot.poller import desk, threads, work
shards.LEASE_S, work.RENEW_S, desk.EVERY_S, threads.IDLE_MS = {LEASE_S}, 0.2, 0.1, 300
from iot.poller.poller import Poller
poller = Poller()
while True:
    if not poller.stint(seconds=60, told_to_end=lambda: False):
        time.sleep(0.05)
"""


def database_url() -> str:
    known = connection.settings_dict
    place = quote(str(known["HOST"] or "localhost"), safe="") + (f":{known['PORT']}" if known["PORT"] else "")
    return f"postgres://{known['USER']}:{known['PASSWORD'] or ''}@{place}/{known['NAME']}"


@contextmanager
def a_process(command: list[str], said: Path, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A program on the tests' database; its words in a file."""
    chosen = {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings", **more}
    kept = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    with said.open("w") as words:
        process = subprocess.Popen(command, cwd=PROJECT, env=kept | chosen, stdout=words, stderr=words)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(autouse=True)
def _short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "LEASE_S", LEASE_S)
    monkeypatch.setattr(work, "RENEW_S", 0.2)


def test_whatever_becomes_of_a_poller_no_piece_is_counted_twice_and_none_is_lost(tmp_path: Path) -> None:
    """Frozen until another has taken over; revived, when it must let go; polling again, and killed."""
    said = tmp_path / "said"
    with Stand(rate="200") as stand, a_process([sys.executable, "-c", POLLER], said) as process:
        _, machine = wired(stand)
        known()
        stand.start()
        until(lambda: booked(machine) > 10, "the poller books")
        process.send_signal(signal.SIGSTOP)
        with a_poller() as poller:
            until(lambda: stint(poller), "the frozen one's lease has run out")
            process.send_signal(signal.SIGCONT)
            stint(poller, lambda: until(lambda: "poller_lost_shard" in said.read_text(), "the revived one knows"))
            assert len(stand.lines) == 1  # it has closed its own
            assert PollShard.objects.get().lease_owner == poller.owner
        before = booked(machine)
        until(lambda: booked(machine) > before, "the revived one polls again")
        process.kill()
        process.wait(10)
        with a_poller() as poller:
            until(lambda: stint(poller), "the killed one's lease has run out")
            stint(poller, stand.stop, all_booked(machine, stand))
    assert set(CountEvent.objects.values_list("kind", flat=True)) == {"baseline", "count"}


def fence() -> int:
    return PollShard.objects.get().fence


def flush(home: Path) -> None:
    """Throw away every message as it comes, until no stint has begun for a second."""
    last, since = fence(), time.monotonic()
    while time.monotonic() < since + 1:
        for message in (home / "broker").glob("*.msg"):
            message.unlink(missing_ok=True)
        if fence() != last:
            last, since = fence(), time.monotonic()
        time.sleep(0.01)


def test_one_message_keeps_a_worker_polling_and_after_a_flush_the_next_tick_does(tmp_path: Path) -> None:
    """The real worker on the file broker: the end of a stint asks for the next one. Told to end, it lets go at once."""
    broker = Celery("ticks", set_as_current=False)
    broker.conf.update(environment.celery("", home=tmp_path), task_routes=QUEUES)
    facts = {"FACTORYOS_HOME": str(tmp_path), "FACTORYOS_POLL_STINT_S": "0.2"}
    with Stand(rate="50") as stand, a_process(poller_command(), tmp_path / "said", **facts) as worker:
        _, machine = wired(stand)
        broker.send_task("iot.tasks.poll", ignore_result=True)
        known()
        stand.start()
        until(lambda: fence() > 3, "one stint follows the other")
        flush(tmp_path)
        idle = fence()
        broker.send_task("iot.tasks.poll", ignore_result=True)
        until(lambda: fence() > idle, "polling goes on")
        stand.stop()
        all_booked(machine, stand)()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
        assert stand.lines == set()
    assert shards.claim(owner="another", most=1)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[list[tuple[str, ...]]]:
    """The tasks that are asked for, with their ids; a poller of this process is closed afterwards."""
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(wakeup, "ring", lambda *task: asked.append(task))
    monkeypatch.setattr(running, "_ending", False)
    settings.POLL_STINT_S = 0.1
    yield asked
    running._end()


def test_a_stint_asks_for_the_next_one_only_where_there_was_something_to_poll(rung: list[tuple[str, ...]]) -> None:
    assert not tasks.poll()
    assert rung == []
    with Stand() as stand:
        wired(stand)
        assert tasks.poll()
        assert rung == [("iot.tasks.poll", running.poller().owner)]
        running._told()
        assert not tasks.poll()
        running._end()
        assert stand.lines == set()
    assert len(rung) == 1


def test_while_the_broker_is_away_one_stint_follows_the_other(
    rung: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all that is made until it is back would belong to the order that runs then."""
    answers = iter([False, False, True])
    monkeypatch.setattr(tasks, "_answers", lambda app: next(answers))
    with Stand() as stand:
        wired(stand)
        assert tasks.poll()
        assert (fence(), len(rung)) == (3, 1)


def test_told_to_end_while_the_broker_is_away_it_ends(
    rung: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_answers", lambda app: running._told())
    with Stand() as stand:
        wired(stand)
        tasks.poll()
        assert rung == []


def test_a_broker_that_is_away_or_mute_is_not_waited_for(tmp_path: Path) -> None:
    def broker(url: str) -> Celery:
        made = Celery("asked", set_as_current=False)
        made.conf.update(environment.celery(url, home=tmp_path))
        return made

    assert tasks._answers(broker(""))
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        began = time.monotonic()
        assert not tasks._answers(broker(url))
        assert time.monotonic() < began + leases.KEPT_S
    assert not tasks._answers(broker(url))


def test_who_gets_the_message_of_another_poller_passes_it_on_while_that_one_is_there(
    rung: list[tuple[str, ...]],
) -> None:
    with Stand() as stand:
        wired(stand)
        (lease,) = shards.claim(owner="another", most=1)
        assert not tasks.poll("another")
        assert rung == [("iot.tasks.poll", "another")]
        shards.give_back([lease])
        assert not tasks.poll("another")
        assert len(rung) == 1
        assert PollShard.objects.get().lease_owner == "another"
        assert tasks.poll()  # a tick is for everybody


def test_stints_go_to_workers_that_do_nothing_else() -> None:
    assert app.conf.task_routes["iot.tasks.poll"] == {"queue": tasks.POLL_QUEUE}
    assert "--queues poll --" in " ".join(poller_command())
    assert "--queues celery --" in " ".join(worker_command())


def test_ticks_that_nobody_hears_are_thrown_away_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Celery("ticks", set_as_current=False)
    broker.conf.update(environment.celery("", home=tmp_path), task_routes=QUEUES)
    monkeypatch.setattr(tasks, "current_app", broker)
    shard = PollShard.objects.create()
    for _ in range(3):
        broker.send_task("iot.tasks.poll", ignore_result=True)
    broker.send_task("factoryos.kernel.tasks.canary", ignore_result=True)
    PollShard.objects.filter(pk=shard.pk).update(lease_until=clock.now() + timedelta(seconds=5))
    assert tasks.forget_ticks() == 0
    PollShard.objects.filter(pk=shard.pk).update(lease_until=clock.now())
    assert tasks.forget_ticks() == 3
    assert [path.name.split(".")[1] for path in (tmp_path / "broker").glob("*.msg")] == ["celery"]
