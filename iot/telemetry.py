"""Telemetry: what is kept of the metrics that a machine sends, and what is told back about each sample.

A sample is refused by itself and never spoils its neighbours. The same instant of a machine told again is a duplicate.
Metrics are free but for `state`, which must be one that a machine can be in. Nothing here counts parts.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from django.db import connection

from factoryos.kernel import clock, limits
from factoryos.kernel.actors import Actor
from factoryos.kernel.limits import Allowance
from factoryos.kernel.locks import locked
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from factoryos.kernel.text import is_safe
from iot import machine_states
from iot.models import MachineStateInterval
from manufacturing.models import Machine

PERMISSION = "send_telemetry"
MOST_SAMPLES = 500
MOST_METRICS, LONGEST_NAME, LONGEST_TEXT = 50, 64, 200
KEPT = timedelta(days=90)
AHEAD = timedelta(minutes=5)
_BIGINT = 2**63
_FORGOTTEN_AT_ONCE = 10_000  # rows a statement, so that none runs into its time limit


@dataclass(frozen=True, slots=True)
class Sample:
    """Metrics at an instant; without one, now."""

    metrics: dict[str, Any]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Stored:
    """How many samples were new, how many known; and which were not taken, with the reason."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]


@dataclass(frozen=True, slots=True)
class Sent:
    """Samples of one machine, and who sent them."""

    machine: Machine
    samples: Sequence[Sample]
    by: Actor


Kept = tuple[datetime, dict[str, Any]]
Instant = tuple[int, datetime]  # a machine's id and when


class _Unfit(Exception):
    """Why a sample is not taken."""


def store(*, machine: Machine, samples: Sequence[Sample], by: Actor) -> Stored:
    """Keep the good ones among the samples of a machine. Problems: as `store_all`."""
    return store_all([Sent(machine, samples, by)])[0]


def store_all(many: Sequence[Sent]) -> list[Stored]:
    """Keep the good ones of what several machines sent, in as few statements as for one.

    Problems, of any of them: RoleMissing; NotFound (a device that speaks of another machine than itself); Invalid (no
    samples at all, or too many).
    """
    now = clock.now()
    judged = [_judged(sent, now=now) for sent in many]
    kept = _insert([(sent.machine.pk, *one) for sent, (good, _) in zip(many, judged, strict=True) for one in good])
    _tell_states({sent.machine.pk: sent.machine for sent in many}, kept)
    new = set(kept)
    stored = []
    for sent, (good, rejected) in zip(many, judged, strict=True):
        instants = {(sent.machine.pk, at) for at, _ in good} & new
        new -= instants  # told in two of them, it was the first one's
        stored.append(Stored(accepted=len(instants), duplicates=len(good) - len(instants), rejected=rejected))
    return stored


def take_allowance(*, factory_id: int, count: int) -> Allowance:
    """Count `count` samples of a factory against what it may send a second: before they are stored, in no transaction."""
    limit = settings.TELEMETRY_SAMPLES_PER_SECOND
    if not limit or not count:
        return limits.untouched(limit=limit)
    return limits.take(key=f"telemetry:{factory_id}", limit=limit, period_seconds=1, count=count)


def _judged(sent: Sent, *, now: datetime) -> tuple[list[Kept], list[Rejection]]:
    authorise(sent.by, PERMISSION)
    if sent.by.kind == "device" and sent.by.id != sent.machine.code:
        raise NotFound(thing="Machine")
    if not 1 <= len(sent.samples) <= MOST_SAMPLES:
        raise Invalid(messages=[f"samples must be 1 to {MOST_SAMPLES}"], field="samples")
    good: list[Kept] = []
    rejected: list[Rejection] = []
    for index, sample in enumerate(sent.samples):
        try:
            good.append((_instant(sample.at or now, now=now), _metrics(sample.metrics)))
        except _Unfit as unfit:
            rejected.append(Rejection(index, str(unfit)))
    return good, rejected


def _instant(at: datetime, *, now: datetime) -> datetime:
    if at < now - KEPT:
        raise _Unfit(f"older than {KEPT.days} days")
    if at > now + AHEAD:
        raise _Unfit(f"more than {AHEAD.seconds // 60} minutes ahead")
    return at


def _metrics(metrics: dict[str, Any]) -> dict[str, Any]:
    if len(metrics) > MOST_METRICS:
        raise _Unfit(f"more than {MOST_METRICS} metrics")
    if any(not name.strip() or len(name) > LONGEST_NAME or not is_safe(name) for name in metrics):
        raise _Unfit(f"a metric's name must be 1 to {LONGEST_NAME} printable characters")
    if "state" in metrics and metrics["state"] not in Machine.State.values:
        raise _Unfit(f"state must be one of {', '.join(Machine.State.values)}")
    return {name: _value(name, value) for name, value in metrics.items()}


def _value(name: str, value: Any) -> Any:
    match value:
        case bool():
            return value
        case str() if len(value) <= LONGEST_TEXT and is_safe(value, multiline=True):
            return value
        case int() if -_BIGINT <= value < _BIGINT:
            return value
        case int() | float() | Decimal() if _is_finite(value):
            return float(value)
    raise _Unfit(f"{name} must be a number, a boolean or a text of at most {LONGEST_TEXT} characters")


def _is_finite(value: float | Decimal) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _insert(samples: Sequence[tuple[int, datetime, dict[str, Any]]]) -> dict[Instant, dict[str, Any]]:
    """Those (machine id, instant, metrics) that were new; of two of one instant the first.

    Written by machine and instant: so two senders of the same instants wait for each other in one order.
    """
    if not samples:
        return {}
    ordered = sorted(samples, key=lambda sample: sample[:2])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO iot_telemetrysample (machine_id, at, metrics)
            SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::jsonb[])
            ON CONFLICT (machine_id, at) DO NOTHING RETURNING machine_id, at, metrics
            """,
            [
                [machine_id for machine_id, _, _ in ordered],
                [at for _, at, _ in ordered],
                [orjson.dumps(metrics).decode() for _, _, metrics in ordered],
            ],
        )
        return {(machine_id, at): orjson.loads(metrics) for machine_id, at, metrics in cursor.fetchall()}


def _tell_states(machines: Mapping[int, Machine], kept: Mapping[Instant, dict[str, Any]]) -> None:
    """What the machines were doing, where a sample says so."""
    told: dict[int, list[machine_states.Told]] = {}
    for (machine_id, at), metrics in kept.items():
        if "state" in metrics:
            told.setdefault(machine_id, []).append((metrics["state"], at))
    for machine_id in _changed(told):
        machine_states.report_all(machine=machines[machine_id], told=told[machine_id])


def _changed(told: Mapping[int, Sequence[machine_states.Told]]) -> list[int]:
    """The machines, locked in their order, that were told anything but that they go on doing what they do."""
    if not told:
        return []
    list(locked(Machine.objects.only("pk"), ids=told))
    present = {
        one.machine_id: one
        for one in MachineStateInterval.objects.filter(machine_id__in=list(told), ended_at__isnull=True)
    }
    return [
        machine_id
        for machine_id in sorted(told)
        if (known := present.get(machine_id)) is None
        or any(state != known.state or at < known.started_at for state, at in told[machine_id])
    ]


def forget() -> int:
    """Drop the samples that are past their time, machine by machine as the index has them; gives how many."""
    forgotten = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                DELETE FROM iot_telemetrysample WHERE id IN (
                    SELECT sample.id FROM manufacturing_machine AS machine
                    JOIN iot_telemetrysample AS sample ON sample.machine_id = machine.id
                    WHERE sample.at < %s LIMIT %s
                )
                """,
                [clock.now() - KEPT, _FORGOTTEN_AT_ONCE],
            )
            forgotten += cursor.rowcount
            if cursor.rowcount < _FORGOTTEN_AT_ONCE:
                return forgotten
