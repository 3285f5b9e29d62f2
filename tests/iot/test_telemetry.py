"""Samples of machines: each judged by itself, each instant kept once, none for ever."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Invalid, RoleMissing
from iot import tasks, telemetry
from iot.models import TelemetrySample
from iot.telemetry import Sample, Stored
from manufacturing.models import Machine
from orders.models import QuantityEntry
from tests.floor import a_factory, a_machine, an_actor, done
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def machine() -> Machine:
    return a_machine(a_factory())


@pytest.fixture
def eva(machine: Machine) -> Actor:
    return an_actor(machine.factory, "engineer")


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def stored(machine: Machine, by: Actor, *samples: Sample) -> Stored:
    return done(telemetry.store, machine=machine, samples=samples, by=by)


def told(machine: Machine, by: Actor, **metrics: Any) -> str | None:
    """Why a sample of these metrics is not taken."""
    result = stored(machine, by, Sample(metrics))
    assert result.accepted + len(result.rejected) == 1
    assert TelemetrySample.objects.count() == result.accepted
    return result.rejected[0].reason if result.rejected else None


def test_metrics_are_kept_as_they_were_sent(machine: Machine, eva: Actor) -> None:
    metrics = {
        "temp °C": Decimal("81.25"), "count": 12, "big": 2**62, "door open": False, "program": "O1234", "state": "idle",
        "far": Decimal("1e20"),
    }  # fmt: skip
    at = ago(hours=1)
    assert stored(machine, eva, Sample(metrics, at)) == Stored(1, 0, [])
    sample = TelemetrySample.objects.get()
    assert (sample.machine_id, sample.at) == (machine.pk, at)
    assert sample.metrics == {**metrics, "temp °C": 81.25, "far": 1e20}
    assert not QuantityEntry.objects.exists()


def test_without_an_instant_it_is_now(machine: Machine, eva: Actor) -> None:
    now = datetime(2026, 4, 20, 8, tzinfo=UTC)
    clock.use(lambda: now)
    try:
        assert stored(machine, eva, Sample({"a": 1}), Sample({"a": 2})) == Stored(1, 1, [])
    finally:
        clock.use(None)
    assert TelemetrySample.objects.get().at == now


def test_the_same_instant_is_kept_once_within_a_call_and_over_calls(machine: Machine, eva: Actor) -> None:
    first, second = ago(hours=2), ago(hours=1)
    assert stored(machine, eva, Sample({"a": 1}, second), Sample({"a": 2}, second)) == Stored(1, 1, [])
    assert stored(machine, eva, Sample({"a": 3}, first), Sample({"a": 4}, second)) == Stored(1, 1, [])
    kept = TelemetrySample.objects.order_by("at").values_list("metrics", flat=True)
    assert list(kept) == [{"a": 3}, {"a": 1}]
    assert stored(a_machine(machine.factory), eva, Sample({"a": 1}, second)) == Stored(1, 0, [])


def test_a_bad_sample_does_not_spoil_its_neighbours(machine: Machine, eva: Actor) -> None:
    result = stored(
        machine, eva, Sample({"a": 1}, ago(days=91)), Sample({"a": 2}, ago(days=89)), Sample({"state": "asleep"}),
        Sample({"a": 3}, ago(minutes=-6)), Sample({"a": 4}, ago(minutes=-4)),
    )  # fmt: skip
    assert (result.accepted, result.duplicates) == (2, 0)
    assert [(one.index, one.reason) for one in result.rejected] == [
        (0, "older than 90 days"),
        (2, "state must be one of running, idle, down, no_data"),
        (3, "more than 5 minutes ahead"),
    ]
    kept = TelemetrySample.objects.order_by("at").values_list("metrics", flat=True)
    assert list(kept) == [{"a": 2}, {"a": 4}]


@pytest.mark.parametrize(
    "value",
    [None, [], {}, "x" * 201, "a\x00b", "\ud800", float("nan"), float("inf"), Decimal("1e400"), 10**400],
)
def test_a_value_is_a_number_a_boolean_or_a_short_text(machine: Machine, eva: Actor, value: Any) -> None:
    assert told(machine, eva, m=value) == "m must be a number, a boolean or a text of at most 200 characters"


@pytest.mark.parametrize("state", ["RUNNING", "", 1, True, None, ["idle"], {}])
def test_a_state_is_one_that_a_machine_can_be_in(machine: Machine, eva: Actor, state: Any) -> None:
    assert told(machine, eva, state=state) == "state must be one of running, idle, down, no_data"


def test_metrics_are_bounded(machine: Machine, eva: Actor) -> None:
    assert told(machine, eva, **{f"m{n}": n for n in range(51)}) == "more than 50 metrics"
    for name in ("", " ", "x" * 65, "a\x00", "a\nb"):
        assert told(machine, eva, **{name: 1}) == "a metric's name must be 1 to 64 printable characters"
    assert told(machine, eva, **{"x" * 64: "x" * 200}) is None


def test_nothing_and_too_many_are_refused(machine: Machine, eva: Actor) -> None:
    for count in (0, 501):
        with pytest.raises(Invalid):
            stored(machine, eva, *[Sample({"a": 1}, ago(seconds=n + 1)) for n in range(count)])
    assert not TelemetrySample.objects.exists()


def test_five_hundred_are_one_statement(machine: Machine, eva: Actor, django_assert_num_queries: Any) -> None:
    samples = [Sample({"a": n}, ago(seconds=n + 1)) for n in range(500)]
    with django_assert_num_queries(3):  # with begin and commit
        assert stored(machine, eva, *samples) == Stored(500, 0, [])


@pytest.mark.parametrize("role", ["viewer", "operator", "planner", "qa"])
def test_only_who_looks_after_machines_sends(machine: Machine, role: str) -> None:
    with pytest.raises(RoleMissing):
        stored(machine, an_actor(machine.factory, role), Sample({"a": 1}))
    assert not TelemetrySample.objects.exists()


def test_two_who_send_the_same_at_once_keep_each_instant_once(machine: Machine, eva: Actor) -> None:
    samples = [Sample({"a": n}, ago(seconds=n + 1)) for n in range(200)]
    outcomes = at_once(
        lambda: stored(machine, eva, *samples), lambda: stored(machine, eva, *reversed(samples)),
    )  # fmt: skip
    results = [outcome for outcome in outcomes if isinstance(outcome, Stored)]
    assert len(results) == 2, outcomes
    assert sum(one.accepted for one in results) == sum(one.duplicates for one in results) == 200
    assert TelemetrySample.objects.count() == 200


def test_instants_are_written_in_their_order_so_that_no_two_senders_wait_for_each_other(
    machine: Machine, eva: Actor
) -> None:
    stored(machine, eva, *[Sample({"a": n}, ago(seconds=n + 1)) for n in range(5)])
    written = list(TelemetrySample.objects.order_by("id").values_list("at", flat=True))
    assert written == sorted(written)


def test_what_is_past_its_time_is_forgotten(machine: Machine, eva: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_FORGOTTEN_AT_ONCE", 2)
    for days in (90.01, 91, 100, 200, 1000):
        TelemetrySample.objects.create(machine=machine, at=ago(days=days))
    young = TelemetrySample.objects.create(machine=machine, at=ago(days=89.99))
    assert tasks.forget_telemetry() == 5
    assert TelemetrySample.objects.get() == young
    assert tasks.forget_telemetry() == 0


def intervals(machine: Machine) -> list[tuple[str, datetime]]:
    return list(machine.state_intervals.order_by("started_at").values_list("state", "started_at"))


def test_states_are_the_machines_in_the_order_of_their_instants(machine: Machine, eva: Actor) -> None:
    first, second, third, fourth = (ago(minutes=minutes) for minutes in (40, 30, 20, 10))
    samples = [
        Sample({"state": "down"}, fourth), Sample({"state": "running"}, first), Sample({"state": "running"}, second),
        Sample({"oil": 60}, third), Sample({"state": "asleep"}, third),
    ]  # fmt: skip
    assert stored(machine, eva, *samples).accepted == 4
    assert intervals(machine) == [("running", first), ("down", fourth)]
    machine.refresh_from_db()
    assert machine.state == "down"


def test_a_duplicate_tells_no_state(machine: Machine, eva: Actor) -> None:
    at = ago(minutes=10)
    stored(machine, eva, Sample({"state": "running"}, at), Sample({"state": "down"}, at))
    assert stored(machine, eva, Sample({"state": "down"}, at)).duplicates == 1
    assert intervals(machine) == [("running", at)]


def test_a_state_told_late_does_not_swallow_the_same_state_told_in_time(machine: Machine, eva: Actor) -> None:
    old, present, late, new = (ago(minutes=minutes) for minutes in (40, 20, 30, 10))
    stored(machine, eva, Sample({"state": "running"}, old), Sample({"state": "idle"}, present))
    stored(machine, eva, Sample({"state": "down"}, late), Sample({"state": "down"}, new))
    assert intervals(machine) == [("running", old), ("idle", present), ("down", new)]
