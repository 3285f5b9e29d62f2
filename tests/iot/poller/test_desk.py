"""What the desk makes of health and silence, without a database."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import OperationalError

from iot.buses import Bus, PolledPoint
from iot.drivers.protocol import Point
from iot.engine import Health, HealthChange
from iot.poller import records
from iot.poller.desk import Desk
from iot.registers import Encoding, Layout
from iot.samples import Sample
from iot.shards import Lease

START = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
LEASE = Lease(7, "poller", 1)
POINT, PRESS = 11, 1
LINE = Bus(
    3, 7, "LINE", "modbus_tcp", {}, 1.0, 1, (PolledPoint(Point(POINT, Layout(Encoding.U16)), PRESS, "state", {}),)
)


class Thread:
    """Does nothing, and keeps what was to be written."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def do(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if work is records.tell_states:
            self.told += args[0].get(PRESS, [])
        return set()


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def changed(health: Health, *, second: float) -> HealthChange:
    return HealthChange(LINE.id, health, at(second), "x")


async def told(*happened: Callable[[Desk], None]) -> list[Any]:
    desk, thread = Desk(leases={7: LEASE}, buses={3: LINE}, lost=lambda lease: None), Thread()
    desk._thread = thread  # type: ignore[assignment]
    desk.arrange([LINE], places={}, changed=())
    desk.states.know({PRESS: ("running", None)})
    for one in happened:
        one(desk)
        if one is book:
            await desk.book_all()
    return thread.told


def book(desk: Desk) -> None:
    """A round."""


def test_silence_begins_when_the_line_falls_silent() -> None:
    assert asyncio.run(told(lambda desk: desk.health(changed(Health.FAILING, second=1)), book)) == [("no_data", at(1))]


def test_a_silence_that_was_over_before_anybody_asked_is_not_taken_for_the_next_one() -> None:
    happened = told(
        lambda desk: desk.health(changed(Health.FAILING, second=1)),
        lambda desk: desk.samples(LINE, [Sample(POINT, 1, at(2))]),
        book,
        lambda desk: desk.health(changed(Health.FAILING, second=60)),
        book,
    )
    assert asyncio.run(happened) == [("no_data", at(60))]


def test_one_that_fails_on_is_told_once() -> None:
    happened = told(
        lambda desk: desk.health(changed(Health.FAILING, second=1)),
        book,
        lambda desk: desk.health(changed(Health.PROBING, second=2)),
        book,
    )
    assert asyncio.run(happened) == [("no_data", at(1))]


def test_a_database_that_goes_away_while_a_bad_reading_is_looked_for_costs_no_boundary() -> None:
    """What was asked for at an order's start or stop cannot be read again."""

    async def waiting_after_that() -> tuple[int, list[int]]:
        desk = Desk(leases={7: LEASE}, buses={3: LINE}, lost=lambda lease: None)
        desk.arrange([LINE], places={point: (7, point) for point in (21, 22, 23, 24)}, changed=())
        tried: list[int] = []

        class Sick(Thread):
            async def do(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
                tried.append(len(args[0]))
                raise ArithmeticError if len(tried) == 1 else OperationalError

        desk._thread = Sick()  # type: ignore[assignment]
        desk.samples(LINE, [Sample(point, 5, at(2), boundary=at(1)) for point in (21, 22, 23, 24)])
        await desk.book_all()
        return len(desk.waiting), tried

    assert asyncio.run(waiting_after_that()) == (4, [4, 2])
