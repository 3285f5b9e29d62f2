"""Telemetry over a real broker: nothing lost, nothing twice, whoever is killed or cut off; and nothing that stops it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from iot import telemetry
from iot.models import TelemetrySample
from iot.mqtt import intake, listener
from iot.mqtt.line import Line, LineLost
from iot.mqtt.listener import Listener
from manufacturing.models import Machine
from tests.floor import a_factory, a_machine
from tests.polling import broker
from tests.polling.broker import BROKER, a_client, many, publish, topic

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not broker.answers(), reason=broker.NO_BROKER),
]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(listener, "STANDBY_S", 0.05)


@pytest.fixture
def machine() -> Machine:
    return a_machine(a_factory(slug=f"mqtt-{uuid4()}"), code="PRESS-01")


@pytest.fixture
def name() -> Iterator[str]:
    """Of a session, which the broker forgets when the test is over."""
    name = f"test-{uuid4()}"
    yield name
    with a_client(name):
        pass


def an_instant(number: int = 0) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1) + timedelta(seconds=number)


def of(machine: Machine) -> str:
    return topic(machine.factory.slug, machine.code)


def wait_until(fulfilled: Callable[[], Any], *, what: str, seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not fulfilled():
        assert time.monotonic() < until, f"not in time: {what}"
        time.sleep(0.02)


@contextmanager
def listening(machine: Machine, name: str) -> Iterator[Listener]:
    """A listener of the machine's factory in a thread, subscribed before anything is done."""
    one = Listener(BROKER, client_id=name, topics=topic(machine.factory.slug, "+"))
    thread = threading.Thread(target=one.run)
    thread.start()
    try:
        yield one
    finally:
        one.end()
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def subscribed(machine: Machine, name: str) -> Iterator[None]:
    """The session exists, and whatever is published from here on is kept for whoever comes with its name."""
    line = Line(BROKER, client_id=name, topics=topic(machine.factory.slug, "+"))
    line.open()
    line.close()
    yield


def stored() -> int:
    return TelemetrySample.objects.count()


def test_samples_are_stored_and_the_state_is_the_machines(machine: Machine, name: str) -> None:
    at = an_instant()
    with subscribed(machine, name), listening(machine, name) as one:
        publish((of(machine), {"ts": at.isoformat(), "metrics": {"state": "running", "oil °C": 61.5}}))
        publish((of(machine), {"samples": [{"metrics": {"a": 1}}, {"ts": an_instant(1).isoformat(), "metrics": {}}]}))
        wait_until(lambda: stored() == 3, what="three samples")
        wait_until(lambda: one.tally.counts["samples"] == 3, what="the count")
    sample = TelemetrySample.objects.earliest("at")
    assert (sample.machine_id, sample.at, sample.metrics) == (machine.pk, at, {"state": "running", "oil °C": 61.5})
    machine.refresh_from_db()
    assert machine.state == "running"
    assert one.tally.counts == {"messages": 2, "samples": 3, "duplicates": 0, "redelivered": 0}


def test_what_is_sent_twice_is_stored_once(machine: Machine, name: str) -> None:
    message = (of(machine), {"ts": an_instant().isoformat(), "metrics": {"a": 1}})
    with subscribed(machine, name), listening(machine, name) as one:
        publish(message, message)
        wait_until(stored, what="the first one")
        publish(message, message, qos=0)  # which only somebody who listens gets
        wait_until(lambda: one.tally.counts["duplicates"] == 3, what="three duplicates")
    assert stored() == 1


def test_what_is_no_telemetry_is_dropped_and_counted_and_stops_nothing(machine: Machine, name: str) -> None:
    slug, good = machine.factory.slug, {"ts": an_instant().isoformat(), "metrics": {"a": 1}}
    big = b'{"metrics": {"a": "' + b"x" * 1_048_576 + b'"}}'
    bad: dict[str, list[tuple[str, Any]]] = {
        "dropped_malformed": [
            (of(machine), payload)
            for payload in (b"", b"\xff\x00", b"[" * 5000, b'{"metrics": {"a": NaN}}', {"metrics": []}, {"samples": []})
        ],
        "dropped_too_large": [(of(machine), big)],
        "dropped_unknown_machine": [(topic(slug, code), good) for code in ("NOWHERE", "press-01", str(machine.uuid))],
        "dropped_topic": [(topic(slug, code), good) for code in ("a b", "-", "PRESS-01é", "x" * 41)],
    }
    with subscribed(machine, name), listening(machine, name) as one:
        for messages in bad.values():
            publish(*messages)
        publish((of(machine), good))
        wait_until(stored, what="the good one")
        wait_until(lambda: one.tally.counts["samples"], what="the count")
    assert stored() == 1
    assert {reason: one.tally.counts[reason] for reason in bad} == {
        "dropped_malformed": 6, "dropped_too_large": 1, "dropped_unknown_machine": 3, "dropped_topic": 4,
    }  # fmt: skip
    with subscribed(machine, name), listening(machine, name) as one:  # and none of it comes again
        publish((of(machine), good))
        wait_until(lambda: one.tally.counts["duplicates"], what="the duplicate")
    assert one.tally.counts["messages"] == 1


def test_what_was_retained_is_no_sign_of_life(machine: Machine, name: str) -> None:
    publish((of(machine), {"metrics": {"state": "running"}}), retain=True)
    try:
        with subscribed(machine, name), listening(machine, name):
            publish((of(machine), {"ts": an_instant().isoformat(), "metrics": {"a": 1}}))
            wait_until(stored, what="the live one")
    finally:
        publish((of(machine), b""), retain=True)
    assert TelemetrySample.objects.get().metrics == {"a": 1}


def test_nothing_is_acknowledged_before_it_is_stored(
    machine: Machine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away twice, with messages in hand."""
    store, failures = telemetry.store_all, iter((OperationalError("gone"), OperationalError("still gone")))

    def unsteady(many: Any) -> Any:
        for error in failures:
            raise error
        return store(many)

    monkeypatch.setattr(intake.telemetry, "store_all", unsteady)
    with subscribed(machine, name):
        publish(*many(machine.factory.slug, ["PRESS-01"], [an_instant(n) for n in range(50)]))
        with listening(machine, name):
            wait_until(lambda: stored() == 50, what="all of it")


def test_an_acknowledgement_that_was_lost_stores_nothing_again(
    machine: Machine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even what says no time, and would be another sample whenever it is read."""
    acknowledge, cuts = Line.acknowledge, iter((True,))

    def cut_off(line: Line, deliveries: Any) -> None:
        for _ in cuts if deliveries else ():
            raise LineLost("cut off")
        acknowledge(line, deliveries)

    monkeypatch.setattr(Line, "acknowledge", cut_off)
    with subscribed(machine, name):
        publish(*[(of(machine), {"metrics": {"n": number}}) for number in range(10)])
        with listening(machine, name) as one:
            wait_until(lambda: one.tally.counts["redelivered"], what="the second delivery")
            publish((of(machine), {"metrics": {"n": 10}}))
            wait_until(lambda: TelemetrySample.objects.filter(metrics={"n": 10}).exists(), what="the next one")
    assert stored() == 11


def test_of_two_listeners_one_stands_by_and_takes_over(machine: Machine, name: str) -> None:
    codes = ["PRESS-01", a_machine(machine.factory, code="PRESS-02").code]
    halves = [[an_instant(half * 100 + n) for n in range(100)] for half in range(2)]
    with subscribed(machine, name), listening(machine, name) as second, listening(machine, name) as first:
        publish(*many(machine.factory.slug, codes, halves[0]))
        wait_until(lambda: stored() == 200, what="the first half")
        active, other = (first, second) if first.tally.counts["messages"] else (second, first)
        assert other.tally.counts["messages"] == 0
        active.end()
        publish(*many(machine.factory.slug, codes, halves[1]))
        wait_until(lambda: stored() == 400, what="the second half")
        wait_until(lambda: other.tally.counts["samples"], what="the other's count")
    counts = active.tally.counts + other.tally.counts
    assert counts["samples"] == 400


def a_process(name: str) -> subprocess.Popen[bytes]:
    """`manage.py mqtt_listen` on the test's database."""
    known = connection.settings_dict
    place = quote(str(known["HOST"] or "localhost"), safe="") + (f":{known['PORT']}" if known["PORT"] else "")
    url = f"postgres://{known['USER']}:{known['PASSWORD'] or ''}@{place}/{known['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "mqtt_listen"],
        env=os.environ
        | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings", "MQTT_CLIENT_ID": name}
        | {"MQTT_URL": f"mqtt://{BROKER}"},
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.slow
def test_a_listener_that_is_killed_loses_nothing(machine: Machine, name: str) -> None:
    """kill -9 in the midst of it, with a second process standing by that finishes."""
    messages = many(machine.factory.slug, ["PRESS-01"], [an_instant(n) for n in range(900)])
    processes = []
    with subscribed(machine, name):
        publish(*messages)
    try:
        processes.append(a_process(name))
        wait_until(stored, what="the first ones", seconds=60)
        processes[0].send_signal(signal.SIGKILL)
        assert processes[0].wait(10) == -signal.SIGKILL
        before = stored()
        assert 0 < before < 900, "it was killed too late: nothing is proved"
        processes.append(a_process(name))
        wait_until(lambda: stored() == 900, what="all of them", seconds=60)
        processes[1].send_signal(signal.SIGTERM)
        assert processes[1].wait(10) == 0
    finally:
        for process in processes:
            process.kill()
            process.wait()
    kept = TelemetrySample.objects.order_by("at").values_list("metrics", flat=True)
    assert [one["n"] for one in kept] == list(range(900))
