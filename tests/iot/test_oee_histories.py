"""OEE against a count of every second of random histories."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from factoryos.kernel import clock
from iot.models import Shift
from tests.iot.presses import NOW, Press

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afterwards() -> Iterator[None]:
    clock.use(lambda: NOW)
    yield
    clock.use(None)


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
