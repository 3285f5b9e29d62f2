"""Who says nothing has no data, since it was last heard of; who speaks again is believed again."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from factoryos.kernel.models import OutboxMessage
from factoryos.kernel.problems import Busy
from iot import machine_states, silence, tasks, telemetry
from iot.downtime import raise_downtime
from iot.models import Connection, CounterPoint, Downtime, MachineStateInterval, PollShard, TelemetrySample
from iot.telemetry import Sample
from manufacturing.models import Machine
from tests.floor import a_factory, a_machine, an_actor, done
from tests.polling.wiring import a_connection, a_counter
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


@pytest.fixture
def machine() -> Machine:
    return a_machine(a_factory(), code="PRESS-01")


def told(machine: Machine, state: str, at: datetime) -> None:
    done(machine_states.report, machine=machine, state=state, at=at)


def sent(machine: Machine, at: datetime, *, came: datetime | None = None, **metrics: Any) -> None:
    """A sample of `at`, which arrived at the same time unless said."""
    sample = Sample(metrics, at)
    assert done(telemetry.store, machine=machine, samples=[sample], by=an_actor(machine.factory)).accepted == 1
    TelemetrySample.objects.filter(machine=machine, at=at).update(received_at=came or at)


def polled(machine: Machine, *, at: datetime, health: str = "ok", since: datetime | None = None) -> Connection:
    """A connection to a counter of the machine, of which a poller last said at `at` that it is at work."""
    wired = a_connection(machine.factory, health=health, health_since=since)
    a_counter(wired, machine, role="good" if not machine.points.exists() else "reject")
    PollShard.objects.filter(pk=wired.shard_id).update(polled_at=at)
    return wired


def stretches(machine: Machine) -> list[tuple[str, datetime]]:
    machine.refresh_from_db()
    rows = machine.state_intervals.order_by("started_at").values_list("state", "started_at")
    assert not rows or rows[len(rows) - 1][0] == machine.state
    return list(rows)


def test_a_machine_that_sends_no_more_has_no_data_since_its_last_sample(machine: Machine) -> None:
    first, last = ago(400), ago(121)
    sent(machine, first, state="running")
    sent(machine, last, oil=60)
    assert tasks.sweep_silence() == 1
    assert stretches(machine) == [("running", first), ("no_data", last)]
    announced = OutboxMessage.objects.filter(topic="machine.state").order_by("id").values_list("payload", flat=True)
    assert [one["state"] for one in announced] == ["running", "no_data"]
    assert silence.sweep() == 0
    assert len(stretches(machine)) == 2


def test_any_sample_is_a_sign_of_life(machine: Machine) -> None:
    sent(machine, ago(4000), state="idle")
    sent(machine, ago(115), oil=60)
    assert silence.sweep() == 0
    assert machine.state_intervals.get().state == "idle"


def test_a_sample_counts_from_when_it_came_whatever_its_clock_says(machine: Machine) -> None:
    behind, last = ago(900), ago(600)
    sent(machine, behind, came=ago(310), state="running")
    sent(machine, last, came=ago(10), oil=60)
    assert silence.sweep() == 0
    TelemetrySample.objects.filter(at=last).update(received_at=ago(130))
    assert silence.sweep() == 1
    assert stretches(machine) == [("running", behind), ("no_data", last)]


def test_a_sample_of_the_future_leaves_no_stretch_in_it(machine: Machine) -> None:
    first, came = ago(400), ago(130)
    sent(machine, first, state="running")
    sent(machine, ago(-100), came=came, oil=60)
    assert silence.sweep() == 1
    assert stretches(machine) == [("running", first), ("no_data", came)]


def test_whose_state_nobody_ever_told_has_none_to_lose(machine: Machine) -> None:
    sent(machine, ago(4000), oil=60)
    polled(a_machine(machine.factory), at=ago(4000))
    assert silence.sweep() == 0
    assert not MachineStateInterval.objects.exists()


def test_who_speaks_again_is_believed_and_what_was_kept_meanwhile_fills_the_silence(machine: Machine) -> None:
    first, last, late, again = ago(400), ago(300), ago(200), ago(1)
    sent(machine, first, state="running")
    sent(machine, last, oil=60)
    assert silence.sweep() == 1
    sent(machine, again, state="running")
    assert stretches(machine) == [("running", first), ("no_data", last), ("running", again)]
    sent(machine, late, state="running")
    assert stretches(machine) == [("running", first), ("no_data", last), ("running", late)]
    assert silence.sweep() == 0


def test_a_machine_whose_poller_is_gone_has_no_data_since_it_was_last_polled(machine: Machine) -> None:
    began, last = ago(500), ago(31)
    told(machine, "running", began)
    wired = polled(machine, at=ago(29))
    assert silence.sweep() == 0
    PollShard.objects.filter(pk=wired.shard_id).update(polled_at=last)
    assert silence.sweep() == 1
    assert stretches(machine) == [("running", began), ("no_data", last)]


@pytest.mark.parametrize("health", ["failing", "probing"])
def test_a_machine_that_does_not_answer_its_poller_has_no_data_since_it_failed(machine: Machine, health: str) -> None:
    began, failed = ago(500), ago(31)
    told(machine, "running", began)
    wired = polled(machine, at=ago(1), health=health, since=ago(20))
    assert silence.sweep() == 0  # it may have missed one question
    Connection.objects.filter(pk=wired.pk).update(health_since=failed)
    assert silence.sweep() == 1
    assert stretches(machine) == [("running", began), ("no_data", failed)]


def test_one_connection_that_answers_is_enough(machine: Machine) -> None:
    told(machine, "running", ago(500))
    polled(machine, at=ago(1), health="probing", since=ago(400))
    other = polled(machine, at=ago(1))
    assert silence.sweep() == 0
    Connection.objects.filter(pk=other.pk).update(health="probing", health_since=ago(40))
    assert silence.sweep() == 1


def test_a_connection_that_was_never_polled_says_nothing(machine: Machine) -> None:
    began = ago(31)
    told(machine, "running", began)
    polled(machine, at=ago(1), health="unknown")
    assert silence.sweep() == 1
    assert stretches(machine) == [("no_data", began)]


def test_a_machine_that_is_polled_in_vain_but_sends_is_heard(machine: Machine) -> None:
    told(machine, "running", ago(500))
    polled(machine, at=ago(1), health="probing", since=ago(400))
    sent(machine, ago(100), oil=60)
    assert silence.sweep() == 0


@pytest.mark.parametrize(
    "retire",
    [
        lambda: CounterPoint.objects.update(active=False),
        lambda: Connection.objects.update(active=False),
        lambda: Machine.objects.update(active=False),
    ],
)
def test_what_is_not_polled_any_more_is_heard_by_its_samples_alone(
    machine: Machine, retire: Callable[[], object]
) -> None:
    told(machine, "running", ago(500))
    polled(machine, at=ago(1))
    sent(machine, ago(60), oil=60)
    retire()
    assert silence.sweep() == 0
    TelemetrySample.objects.update(received_at=ago(121))
    assert silence.sweep() == 1


def test_what_a_person_logged_of_a_machine_stays(machine: Machine) -> None:
    told(machine, "down", ago(500))
    done(raise_downtime, machine_id=machine.pk, by=an_actor(machine.factory), started_at=ago(400))
    before = Downtime.objects.values().get()
    assert silence.sweep() == 1
    assert Downtime.objects.values().get() == before


def test_what_came_between_the_question_and_the_lock_is_heard(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(machine, ago(400), state="running")
    lock = silence.lock_one

    def late(*asked: Any, **how: Any) -> Any:
        sent(machine, ago(1), oil=60)
        return lock(*asked, **how)

    monkeypatch.setattr(silence, "lock_one", late)
    assert silence.sweep() == 0
    assert stretches(machine)[-1][0] == "running"


def test_a_sample_that_is_just_being_stored_is_waited_for(machine: Machine) -> None:
    """It says nothing new, and so writes nothing of the state: that must not let the sweep past it."""
    sent(machine, ago(400), state="running")
    found: list[int] = []

    def sweep() -> None:
        found.append(silence.sweep())
        connection.close()

    sweeper = threading.Thread(target=sweep)
    with transaction.atomic():
        sample = Sample({"state": "running"}, ago(1))
        telemetry.store(machine=machine, samples=[sample], by=an_actor(machine.factory))
        sweeper.start()
        while sweeper.is_alive() and not somebody_waits_for_us():
            time.sleep(0.01)
        assert not found
    sweeper.join(10)
    assert found == [0]
    assert stretches(machine)[-1][0] == "running"


def somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


def test_two_sweeps_at_once_tell_it_once() -> None:
    factory = a_factory()
    machines = [a_machine(factory) for _ in range(10)]
    for machine in machines:
        told(machine, "running", ago(500))
    outcomes = at_once(silence.sweep, silence.sweep, silence.sweep)
    assert sum(one for one in outcomes if isinstance(one, int)) == 10, outcomes
    assert OutboxMessage.objects.filter(topic="machine.state", payload__state="no_data").count() == 10


def test_a_machine_that_is_busy_keeps_no_other_from_being_told(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = a_machine(machine.factory)
    for one in (machine, other):
        told(one, "running", ago(500))
    lock = silence.lock_one

    def busy(model: Any, *, row_id: int, factory_id: int) -> Any:
        if row_id == machine.pk:
            raise Busy()
        return lock(model, row_id=row_id, factory_id=factory_id)

    monkeypatch.setattr(silence, "lock_one", busy)
    assert silence.sweep() == 1
    assert (stretches(machine)[-1][0], stretches(other)[-1][0]) == ("running", "no_data")


def test_who_is_asked_about_is_asked_for_in_one_statement(machine: Machine, django_assert_num_queries: Any) -> None:
    for _ in range(5):
        sent(a_machine(machine.factory), ago(1), state="running")
    with django_assert_num_queries(1):
        assert silence.sweep() == 0
    assert connection.in_atomic_block is False
