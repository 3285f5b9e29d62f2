"""Reading and writing the counter ledger: baselines under lock, events, and what waits for a person; whole sets at once."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from factoryos.kernel.ids import uuid7
from factoryos.kernel.quantities import ZERO
from iot.counting import Baseline, Kind, Rules
from iot.models import CountReview
from iot.pieces import Counter, Judged
from iot.registers import Encoding, Layout

MOST = Decimal(10**12 - 1)  # what a row can hold; more is told as this, with the raw values beside it
_REVIEWED = {Kind.SUSPECT: CountReview.Kind.SUSPECT, Kind.RESET: CountReview.Kind.RESET}

# All counters of the machines that these points belong to: rejects and totals are judged together.
_LOCK = """
SELECT point.id, point.machine_id, machine.factory_id, point.role, point.encoding, point.modulus, point.max_rate,
    point.scale, point.decimals, baseline.raw, baseline.at, baseline.epoch, baseline.doubted, baseline.doubted_at,
    baseline.seq, baseline.carry
FROM iot_counterbaseline AS baseline
JOIN iot_counterpoint AS point ON point.id = baseline.point_id AND point.active
JOIN manufacturing_machine AS machine ON machine.id = point.machine_id
WHERE point.machine_id IN (SELECT machine_id FROM iot_counterpoint WHERE id = ANY(%s))
ORDER BY baseline.point_id FOR NO KEY UPDATE OF baseline
"""
_ADVANCE = """
UPDATE iot_counterbaseline AS baseline SET raw = new.raw, at = new.at, epoch = new.epoch, doubted = new.doubted,
    doubted_at = new.doubted_at, seq = new.seq, carry = new.carry
FROM unnest(%s::bigint[], %s::numeric[], %s::timestamptz[], %s::int[], %s::numeric[], %s::timestamptz[], %s::bigint[],
    %s::numeric[]) AS new(point_id, raw, at, epoch, doubted, doubted_at, seq, carry)
WHERE baseline.point_id = new.point_id
"""
_TELL = """
INSERT INTO iot_countevent (factory_id, machine_id, point_id, seq, kind, raw, previous, epoch, pieces, flagged, at, entry_id)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::numeric[], %s::numeric[],
    %s::int[], %s::numeric[], %s::numeric[], %s::timestamptz[], %s::bigint[])
RETURNING point_id, id
"""
_ASK = """
INSERT INTO iot_countreview (uuid, factory_id, machine_id, kind, event_id, pieces, text, at, state, note)
SELECT new.*, 'open', '' FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::numeric[],
    %s::text[], %s::timestamptz[]) AS new
"""


def lock_counters(point_ids: Iterable[int]) -> dict[int, list[Counter]]:
    """The counters of the machines of these points, by machine; locked by ascending point until the transaction ends."""
    found: dict[int, list[Counter]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [list(point_ids)])
        for row in cursor.fetchall():
            found.setdefault(row[1], []).append(_counter(row))
    return found


def _counter(row: tuple[Any, ...]) -> Counter:
    point_id, machine_id, factory_id, role, encoding, modulus, max_rate, scale, decimals = row[:9]
    raw, at, epoch, doubted, doubted_at, seq, carry = row[9:]
    width = int(modulus) if modulus is not None else Layout(Encoding(encoding)).modulus
    known = None
    if raw is not None:
        known = Baseline(int(raw), at, epoch, None if doubted is None else int(doubted), doubted_at)
    return Counter(
        point_id,
        machine_id,
        factory_id,
        role,
        Rules(width, max_rate),
        scale,
        decimals,
        known=known,
        seq=seq,
        carry=carry,
    )


def write(judged: Sequence[Judged], *, entries: Mapping[int, int | None], failed: Mapping[int, str]) -> None:
    """Advance the baselines and tell what happened; `entries` and `failed` (with the reason) are by machine.

    What a machine counted and could not be booked is flagged instead. The counters are brought up to date, too.
    """
    told = []
    for one in judged:
        counter = one.counter
        counter.known, counter.carry = one.verdict.baseline, one.carry
        if one.is_told:
            counter.seq += 1
            told.append(_Told(one, entry_id=entries.get(counter.machine_id), failure=failed.get(counter.machine_id)))
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, _columns([_baseline_row(one.counter) for one in judged], width=8))
        if not told:
            return
        cursor.execute(_TELL, _columns([row.event for row in told], width=12))
        events = dict(cursor.fetchall())
        if reviews := [row.review(events[row.event[2]]) for row in told if row.is_doubtful]:
            cursor.execute(_ASK, _columns(reviews, width=8))


class _Told:
    """One event as a row, and the question that goes with it if there is one."""

    def __init__(self, judged: Judged, *, entry_id: int | None, failure: str | None) -> None:
        counter, verdict = judged.counter, judged.verdict
        self._counter, self._verdict, self._failure = counter, verdict, failure
        pieces = ZERO if failure else judged.pieces
        flagged = judged.flagged + judged.pieces - pieces
        self._flagged = min(flagged, MOST)
        self._lost = bool(failure and judged.pieces)
        previous = judged.before.raw if judged.before else None
        self._previous = previous
        self.event: list[Any] = [
            counter.factory_id, counter.machine_id, counter.point_id, counter.seq, str(verdict.kind),
            verdict.baseline.raw, previous, verdict.baseline.epoch, pieces, self._flagged, verdict.baseline.at,
            entry_id if pieces else None,
        ]  # fmt: skip

    @property
    def is_doubtful(self) -> bool:
        return self._lost or self._verdict.kind in _REVIEWED

    def review(self, event_id: int) -> list[Any]:
        counter, verdict = self._counter, self._verdict
        kind = CountReview.Kind.FAILED if self._lost else _REVIEWED[verdict.kind]
        text = f"The counter went from {self._previous} to {verdict.baseline.raw}."
        if self._lost:
            text = f"{text} {self._failure}"[:500]
        return [
            uuid7(), counter.factory_id, counter.machine_id, str(kind), event_id, self._flagged, text, verdict.baseline.at
        ]  # fmt: skip


def _baseline_row(counter: Counter) -> list[Any]:
    known = counter.known
    assert known is not None
    return [
        counter.point_id, known.raw, known.at, known.epoch, known.doubted, known.doubted_at, counter.seq, counter.carry
    ]  # fmt: skip


def _columns(rows: Sequence[Sequence[Any]], *, width: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(width)]
