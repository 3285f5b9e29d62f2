"""OEE by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.kernel import clock
from iot.models import Shift
from orders import actions
from orders.specs import Circumstances, Count, Share
from tests import floor
from tests.iot.presses import BEGIN, NOW, Press, after

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afterwards() -> Iterator[None]:
    clock.use(lambda: NOW)
    yield
    clock.use(None)


def test_a_shift_by_hand() -> None:
    """8 h with a break of 30 min: 450 min planned; 45 down, 15 of them in the break; 300 running; 60 nobody knows."""
    press = Press()
    press.planned(after(240), after(270))
    press.was("running", BEGIN, after(225))
    press.was("down", after(225), after(285))
    press.was("running", after(285), after(360))
    press.was("idle", after(360), after(420))
    press.made(8_000, 100, after(100))
    press.made(92, 0, after(479))
    figures = press.oee()
    assert [figures.planned_seconds, figures.run_seconds, figures.down_seconds, figures.no_data_seconds] == [
        450 * 60, 300 * 60, 30 * 60, 60 * 60
    ]  # fmt: skip
    assert (figures.total, figures.good, figures.rejected) == (8_192, 8_092, 100)
    assert figures.availability == Fraction(300, 450)
    assert figures.performance == Fraction(2 * 8_192, 300 * 60)
    assert figures.quality == Fraction(8_092, 8_192)
    assert figures.oee == Fraction(2 * 8_092, 450 * 60)  # good pieces at their ideal cycle, of the time planned


def test_what_somebody_logged_is_believed_over_the_signal() -> None:
    press = Press()
    press.was("running", BEGIN, after(480))
    press.down(after(60), after(120))
    figures = press.oee()
    assert (figures.run_seconds, figures.down_seconds, figures.no_data_seconds) == (7 * 3600, 3600, 0)


def test_what_has_not_ended_lasts_until_now_and_the_future_is_not_planned_yet() -> None:
    press = Press()
    clock.use(lambda: after(120))
    press.was("running", BEGIN - timedelta(days=1), None)
    press.down(after(90), None)
    figures = press.oee()
    assert (figures.planned_seconds, figures.run_seconds, figures.down_seconds) == (7200, 5400, 1800)


def test_silence_is_no_data() -> None:
    figures = Press().oee()
    assert (figures.planned_seconds, figures.no_data_seconds, figures.availability) == (28_800, 28_800, 0)
    assert (figures.performance, figures.quality, figures.oee) == (None, None, None)


def test_without_planned_time_there_is_no_oee() -> None:
    press = Press()
    press.planned(BEGIN, after(480))
    press.was("running", BEGIN, after(480))
    press.made(10, 0, after(1))
    figures = press.oee()
    assert (figures.planned_seconds, figures.run_seconds, figures.total) == (0, 0, 10)
    assert (figures.availability, figures.performance, figures.quality, figures.oee) == (None, None, 1, None)


def test_without_an_ideal_cycle_there_is_no_performance() -> None:
    press = Press(cycle=None)
    press.was("running", BEGIN, after(480))
    press.made(10, 0, after(1))
    figures = press.oee()
    assert (figures.availability, figures.performance, figures.quality, figures.oee) == (1, None, 1, None)


def test_performance_is_not_capped() -> None:
    press = Press(cycle="60")
    press.was("running", BEGIN, after(480))
    press.made(960, 0, after(1))
    assert (press.oee().performance, press.oee().oee) == (2, 2)


@pytest.mark.parametrize(
    ("counts", "quality"), [([], None), ([(-5, 5)], None), ([(-9, 2)], None), ([(10, -2)], 1), ([(-1, 3)], 0)]
)
def test_quality_is_a_share_whatever_was_corrected(counts: list[tuple[int, int]], quality: int | None) -> None:
    press = Press()
    press.was("running", BEGIN, after(480))
    for good, rejected in counts:
        press.made(good, rejected, after(1))
    figures = press.oee()
    assert figures.quality == quality
    assert figures.performance is not None and figures.performance >= 0


def test_pieces_count_by_when_they_were_made() -> None:
    press = Press()
    for at in (BEGIN, after(479.999)):
        press.made(1, 0, at)
    for at in (after(-0.001), after(480)):
        press.made(100, 100, at)
    assert (press.oee().good, press.oee().rejected) == (2, 0)


def test_another_machines_time_and_another_factorys_are_not_mixed_in() -> None:
    press, stranger = Press(), Press()
    other = floor.a_machine(press.factory)
    press.was("running", BEGIN, after(480))
    expected = press.oee()
    press.down(BEGIN, None, other)
    press.planned(BEGIN, after(480), other)
    press.made(5, 5, after(1), other)
    stranger.planned(BEGIN, after(480))
    Shift.objects.create(factory=stranger.factory, name="s", weekdays=127, starts=time(1), ends=time(2))
    stranger.was("down", BEGIN, None)
    assert press.oee() == expected


def test_a_change_of_shifts_in_the_night_in_which_the_clock_is_put_back_by_hand() -> None:
    """14:00 to 22:00 and 22:00 to 06:00, which is 9 hours long; a break of an hour lies half in each: 16 h planned."""
    press = Press(zone="Europe/Berlin", cycle="1.5")
    for starts, ends in ((time(14), time(22)), (time(22), time(6))):
        Shift.objects.create(factory=press.factory, name="s", weekdays=127, starts=starts, ends=ends)
    begin = datetime(2026, 10, 24, 12, tzinfo=UTC)  # 14:00 in summer

    def hour(number: float) -> datetime:
        return begin + timedelta(hours=number)

    press.planned(hour(7.5), hour(8.5), press.machine)
    press.was("idle", hour(-1), hour(8))
    press.was("running", hour(8), hour(16))  # to 05:00 in winter, the eighth hour of the night shift
    press.down(hour(13), hour(14))  # the second time that the clock shows three
    press.made(15_000, 600, hour(9))
    press.made(0, 0 - 600, hour(16.9))
    press.made(9, 9, hour(17))
    figures = press.oee(begin, 17)
    assert figures.planned_seconds == 16 * 3600
    assert figures.run_seconds == (8 - 0.5 - 1) * 3600
    assert (figures.down_seconds, figures.no_data_seconds) == (3600, 3600)
    assert (figures.total, figures.good, figures.rejected) == (15_000, 15_000, 0)
    assert figures.oee == Fraction(15_000 * 3, 2 * 16 * 3600)
    night = press.oee(hour(8), 9)
    assert (night.planned_seconds, night.run_seconds) == (8.5 * 3600, 6.5 * 3600)


def test_plans_that_overlap_each_other_and_the_end_of_a_shift_are_taken_off_once() -> None:
    press = Press()
    Shift.objects.create(factory=press.factory, name="s", weekdays=127, starts=time(6), ends=time(14))
    press.planned(after(60), after(180), press.machine)
    press.planned(after(120), after(240))
    press.planned(after(450), after(600))
    assert press.oee(hours=12).planned_seconds == (480 - 180 - 30) * 60


def test_a_retired_machine_has_the_figures_that_it_had() -> None:
    press = Press()
    press.was("running", BEGIN, after(480))
    press.made(10, 1, after(1))
    expected = press.oee()
    press.machine.active = False
    press.machine.save()
    assert press.oee() == expected != Press().oee()


def test_what_was_counted_on_no_machine_is_no_machines() -> None:
    """An order on two machines, counted by hand without saying on which; corrections and sign-offs count like counts."""
    press = Press()
    other = floor.a_machine(press.factory)
    one, two = (Share(Decimal(500), machine=machine) for machine in (press.machine, other))
    order = floor.done(actions.schedule, order_id=floor.an_order(press.by).pk, by=press.by, shares=[one, two])
    floor.done(actions.start, order_id=order.pk, by=press.by)
    clock.use(lambda: NOW + timedelta(hours=1))
    for good, where in ((7, None), (5, press.machine.pk), (-2, press.machine.pk)):
        floor.done(
            actions.report, order_id=order.pk, by=press.by, count=Count(Decimal(good), Decimal(0)),
            where=Circumstances(machine_id=where), reason="recounted",
        )  # fmt: skip
    clock.use(lambda: NOW + timedelta(hours=2))
    assert press.oee(NOW, 2).good == 3


def test_a_month_of_counts_is_found_by_its_index() -> None:
    press = Press()
    with CaptureQueriesContext(connection) as captured:
        press.oee(hours=31 * 24)
    (counts,) = [query["sql"] for query in captured if "orders_quantityentry" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {counts}")
        assert "entry_of_machine" in str(cursor.fetchall())
