"""The proof in its short form, and what it says when a guard is taken away. The long form: `python -m tests.polling.proof`."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from factoryos.kernel import clock
from iot import booking, counting, pieces, shards
from iot.booking import book
from iot.counting import Baseline, Kind, Rules, Verdict
from iot.models import CountEvent
from iot.pieces import Judged
from iot.samples import Sample
from tests.orders.stage import Stage
from tests.polling.proof.account import Wrong
from tests.polling.proof.run import Run
from tests.polling.wiring import a_connection, a_counter, a_lease

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_no_piece_is_lost_or_invented() -> None:
    outcome = Run(parts=20_000, seed=7, pace=0.2).all()
    sums = outcome.sums
    assert sums.made == sums.booked + sums.unassigned + sums.flagged + sums.unfinished + sums.lost
    assert sums.made >= 20_000
    assert sums.booked > 4_000


def test_the_same_seed_is_the_same_run() -> None:
    first, again, other = (digest(seed) for seed in (3, 3, 4))
    assert first == again != other


def digest(seed: int) -> str:
    """What the counter ledger says in a run so short that it is void; nothing is left of it."""
    before = transaction.savepoint()
    run = Run(parts=800, seed=seed, pace=0.2)
    with suppress(Wrong):
        run.all()
    transaction.savepoint_rollback(before)
    return run.account.digest


# --- What it says without a guard -------------------------------------------------------------------------------------
def said_without(monkeypatch: pytest.MonkeyPatch, place: Any, guard: str, instead: Any) -> str:
    """What the short form comes to where `instead` stands in the place of this guard."""
    monkeypatch.setattr(place, guard, instead)
    with pytest.raises(Wrong) as found:
        Run(parts=20_000, seed=7, pace=0.2).all()
    return str(found.value)


def test_control_without_the_pace_that_a_machine_can_have_noise_is_booked(monkeypatch: pytest.MonkeyPatch) -> None:
    said = said_without(monkeypatch, Rules, "plausible", lambda rules, counts, seconds: counts >= 0)
    assert "cycles were made" in said


def test_control_without_a_second_reading_noise_is_flagged_as_if_it_had_been_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge = counting.judge

    def believing(raw: int, **facts: Any) -> Verdict:
        verdict, known = judge(raw, **facts), facts["known"]
        if verdict.kind is not Kind.DOUBTED:
            return verdict
        after = Baseline(raw=raw, at=facts["at"], epoch=known.epoch + 1)
        return Verdict(Kind.SUSPECT, 0, max(0, raw - known.raw), after)

    assert "cycles" in said_without(monkeypatch, pieces, "judge", believing)


def test_control_where_old_answers_are_believed_their_pieces_are_booked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    said = said_without(monkeypatch, counting, "_can_be_old", lambda *known: False)
    assert "pieces are missing" in said or "cycles were made" in said


def test_control_without_one_transaction_a_killed_poller_leaves_half_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = said_without(monkeypatch, booking, "whole", lambda work: work())
    assert "the counters say" in said or "pieces are missing" in said


def test_control_without_what_waits_half_pieces_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = pieces._judged

    def forgetful(*facts: Any, **more: Any) -> Judged:
        one = judged(*facts, **more)
        return Judged(one.counter, one.before, one.verdict, one.pieces, one.flagged, carry=Decimal(0))

    assert "HALF: of" in said_without(monkeypatch, pieces, "_judged", forgetful)


def test_control_without_the_fence_a_poller_that_was_frozen_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "without a lease" in said_without(monkeypatch, shards, "hold", lambda lease: None)


@pytest.mark.parametrize(("top_band", "invented"), [(counting.TOP_BAND, False), (1.0, True)])
def test_a_counter_set_back_in_a_long_silence_is_no_rollover(
    monkeypatch: pytest.MonkeyPatch, top_band: float, invented: bool
) -> None:
    """The control is the rule that any fall may be a rollover if the time was long enough for it."""
    monkeypatch.setattr(counting, "TOP_BAND", top_band)
    stage, now = Stage(), clock.now()
    point = a_counter(a_connection(stage.factory), stage.machine, encoding="bcd16", max_rate=50.0)
    lease, made = a_lease(), 300
    for seconds, raw in ((-60, 8_000), (-1, 200), (0, 240)):  # 300 made, set back after 60 of them
        book([Sample(point.pk, raw, now + timedelta(seconds=seconds))], lease=lease)
    result = book([Sample(point.pk, 250, now + timedelta(seconds=1))], lease=lease)
    booked = CountEvent.objects.filter(point=point).aggregate(sum=Sum("pieces"))["sum"]
    assert result.settled
    assert (booked > made) is invented
