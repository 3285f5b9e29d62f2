"""Telemetry: what is kept of the metrics that a machine sends, and what is told back about each sample.

A sample is refused by itself and never spoils its neighbours. The same instant of a machine told again is a duplicate.
Metrics are free but for `state`, which must be one that a machine can be in. Nothing here counts parts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid
from factoryos.kernel.text import is_safe
from iot import machine_states
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


Kept = tuple[datetime, dict[str, Any]]


class _Unfit(Exception):
    """Why a sample is not taken."""


def store(*, machine: Machine, samples: Sequence[Sample], by: Actor) -> Stored:
    """Keep the good ones among the samples of a machine. Problems: RoleMissing; Invalid (none at all, or too many)."""
    authorise(by, PERMISSION)
    if not 1 <= len(samples) <= MOST_SAMPLES:
        raise Invalid(messages=[f"samples must be 1 to {MOST_SAMPLES}"], field="samples")
    now = clock.now()
    good: list[Kept] = []
    rejected: list[Rejection] = []
    for index, sample in enumerate(samples):
        try:
            good.append((_instant(sample.at or now, now=now), _metrics(sample.metrics)))
        except _Unfit as unfit:
            rejected.append(Rejection(index, str(unfit)))
    kept = _insert(machine, good)
    _tell_states(machine, kept)
    return Stored(accepted=len(kept), duplicates=len(good) - len(kept), rejected=rejected)


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


def _insert(machine: Machine, samples: Sequence[Kept]) -> list[Kept]:
    """Those that were new, oldest first: so two senders of the same instants wait for each other in one order."""
    if not samples:
        return []
    ordered = sorted(samples, key=lambda sample: sample[0])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO iot_telemetrysample (machine_id, at, metrics)
            SELECT %s, at, metrics FROM unnest(%s::timestamptz[], %s::jsonb[]) AS sample(at, metrics)
            ON CONFLICT (machine_id, at) DO NOTHING RETURNING at, metrics
            """,
            [machine.pk, [at for at, _ in ordered], [orjson.dumps(metrics).decode() for _, metrics in ordered]],
        )
        return [(at, orjson.loads(metrics)) for at, metrics in cursor.fetchall()]


def _tell_states(machine: Machine, samples: Sequence[Kept]) -> None:
    """What the machine was doing, where a sample says so."""
    told = [(metrics["state"], at) for at, metrics in samples if "state" in metrics]
    if told:
        machine_states.report_all(machine=machine, told=told)


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
