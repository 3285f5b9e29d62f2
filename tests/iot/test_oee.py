"""OEE: by hand, and against a count of every second of random histories."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from factoryos.kernel import clock
from iot.models import Downtime, MachineStateInterval, PlannedDowntime, Shift
from iot.oee import Oee, oee
from manufacturing.models import Machine
from orders.models import QuantityEntry
from tests import floor

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 6, 1, 6, tzinfo=UTC)
NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _afterwards() -> Iterator[None]:
    clock.use(lambda: NOW)
    yield
    clock.use(None)


class Press:
    def __init__(self, *, zone: str = "UTC", cycle: str | None = "2") -> None:
        self.factory = floor.a_factory(time_zone=zone)
        self.zone = ZoneInfo(zone)
        self.machine = floor.a_machine(self.factory, ideal_cycle_s=Decimal(cycle) if cycle else None)
        self.by = floor.an_actor(self.factory)
        self.order = floor.an_order(self.by, target=100_000)

    def was(self, state: str, begin: datetime, end: datetime | None) -> None:
        MachineStateInterval.objects.create(machine=self.machine, state=state, started_at=begin, ended_at=end)

    def down(self, begin: datetime, end: datetime | None, machine: Machine | None = None) -> None:
        Downtime.objects.create(
            factory=self.factory, machine=machine or self.machine, started_at=begin, ended_at=end, raised_by_id="x"
        )

    def planned(self, begin: datetime, end: datetime, machine: Machine | None = None) -> None:
        PlannedDowntime.objects.create(
            factory=self.factory, machine=machine, kind="break", starts_at=begin, ends_at=end, created_by_id="x"
        )

    def made(self, good: int, rejected: int, at: datetime, machine: Machine | None = None) -> None:
        QuantityEntry.objects.create(
            order=self.order, line=self.order.lines.get(), good=good, rejected=rejected, source="manual",
            machine=machine or self.machine, actor_kind="user", actor_id="x", face="factory", occurred_at=at,
        )  # fmt: skip

    def oee(self, begin: datetime = BEGIN, hours: float = 8) -> Oee:
        return oee(self.machine, zone=self.zone, begin=begin, end=begin + timedelta(hours=hours))


def after(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


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


SPANS = [
    ("Europe/Berlin", datetime(2026, 3, 28, 18, tzinfo=UTC)),  # the clock is put forward, or back, within the day
    ("Europe/Berlin", datetime(2026, 10, 24, 18, tzinfo=UTC)),
    ("Australia/Adelaide", datetime(2026, 4, 4, 8, 30, tzinfo=UTC)),
    ("Australia/Adelaide", datetime(2026, 10, 3, 8, 30, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2026, 6, 5, 12, tzinfo=UTC)),
]
STATES = ("running", "idle", "down", "no_data", None)


@pytest.mark.parametrize(("zone", "begin"), SPANS, ids=str)
def test_every_second_is_counted_once(zone: str, begin: datetime) -> None:
    chance = random.Random(f"{zone} {begin}")
    press, seconds = Press(zone=zone, cycle="3.5"), chance.randint(50_000, 80_000)
    history = a_history(press, begin=begin, seconds=seconds, chance=chance)
    figures = press.oee(begin, seconds / 3600)
    counted = {"planned": 0, "run": 0, "down": 0, "no_data": 0}
    for number in range(seconds):
        kind = history.at(number)
        if kind is not None:
            counted["planned"] += 1
            counted[kind] = counted.get(kind, 0) + 1
    assert counted["planned"] and counted["run"] and counted["down"], "a history that shows nothing"
    assert [figures.planned_seconds, figures.run_seconds, figures.down_seconds, figures.no_data_seconds] == [
        counted[name] for name in ("planned", "run", "down", "no_data")
    ]
    good, rejected = history.pieces
    assert (figures.good, figures.rejected, figures.total) == (good, rejected, good + rejected)
    assert figures.performance == Fraction(7, 2) * (good + rejected) / counted["run"]
    assert figures.oee == Fraction(7, 2) * good / counted["planned"]


class History:
    """What was told, as it is asked for second by second: no interval of the code under test is looked at."""

    def __init__(self, zone: ZoneInfo, begin: datetime) -> None:
        self.zone, self.begin = zone, begin
        self.shifts: list[tuple[int, time, time]] = []
        self.plans: list[tuple[int, int]] = []
        self.downs: list[tuple[int, int]] = []
        self.states: list[tuple[str, int, int]] = []
        self.pieces = (0, 0)
        self.shown: dict[int, datetime] = {}
        latest = datetime.combine(date.min, time.min)
        for number in range(-86_400, 90_000):
            latest = max(latest, (begin + timedelta(seconds=number)).astimezone(zone).replace(tzinfo=None))
            self.shown[number] = latest

    def at(self, number: int) -> str | None:
        """What the second was: run, down, idle or no_data; None for one that is not planned."""
        if not self.worked(self.shown[number]) or any(begin <= number < end for begin, end in self.plans):
            return None
        told = {state for state, begin, end in self.states if begin <= number < end}
        if "down" in told or any(begin <= number < end for begin, end in self.downs):
            return "down"
        return "run" if "running" in told else "idle" if "idle" in told else "no_data"

    def worked(self, wall: datetime) -> bool:
        for weekdays, starts, ends in self.shifts:
            night, now = ends < starts, wall.time()
            today, yesterday = (weekdays >> (wall.weekday() - back) % 7 & 1 for back in (0, 1))
            if today and (starts <= now if night else starts <= now < ends):
                return True
            if yesterday and night and now < ends:
                return True
        return False


def a_history(press: Press, *, begin: datetime, seconds: int, chance: random.Random) -> History:
    history = History(press.zone, begin)
    for starts, ends in ((time(6), time(13, 30)), (time(14, 15), time(22)), (time(22), time(5, 20))):
        weekdays = chance.choice([127, 127 & ~(1 << chance.randrange(7))])
        history.shifts.append((weekdays, starts, ends))
        Shift.objects.create(factory=press.factory, name="s", weekdays=weekdays, starts=starts, ends=ends)
    for machine in (press.machine, None, None):
        span = a_span(chance, seconds, longest=5_000)
        history.plans.append(span)
        press.planned(*instants(begin, span), machine)
    fill_states(press, history, seconds=seconds, chance=chance)
    place = -500
    for _ in range(4):
        place += chance.randint(1, 12_000)
        span = (place, place + chance.randint(1, 5_000))
        place = span[1]
        history.downs.append(span)
        press.down(*instants(begin, span))
    for _ in range(20):
        good, rejected, number = chance.randint(1, 300), chance.randint(0, 9), chance.randint(-9_000, seconds + 9_000)
        press.made(good, rejected, begin + timedelta(seconds=number))
        if 0 <= number < seconds:
            history.pieces = (history.pieces[0] + good, history.pieces[1] + rejected)
    return history


def fill_states(press: Press, history: History, *, seconds: int, chance: random.Random) -> None:
    number = -3_000
    while number < seconds + 3_000:
        state, end = chance.choice(STATES), number + chance.randint(1, 6_000)
        if state is not None:
            history.states.append((state, number, end))
            press.was(state, *instants(history.begin, (number, end)))
        number = end


def a_span(chance: random.Random, seconds: int, *, longest: int) -> tuple[int, int]:
    begin = chance.randint(-longest, seconds)
    return begin, begin + chance.randint(1, longest)


def instants(begin: datetime, span: tuple[int, int]) -> tuple[datetime, datetime]:
    return begin + timedelta(seconds=span[0]), begin + timedelta(seconds=span[1])
