"""Logging, ending and correcting downtime, and planning it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from factoryos.kernel import clock
from factoryos.kernel.problems import Invalid, NotFound, Problem, RoleMissing
from iot.downtime import amend_downtime, end_downtime, raise_downtime
from iot.models import Downtime, PlannedDowntime
from iot.planned import plan_downtime, withdraw_planned_downtime
from iot.problems import Overlap
from orders.problems import AlreadyDone
from tests import floor

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    clock.use(lambda: NOW)
    yield
    clock.use(None)


class Press:
    def __init__(self) -> None:
        self.factory = floor.a_factory()
        self.machine = floor.a_machine(self.factory, code="PRESS-01")
        self.by = floor.an_actor(self.factory, "technician")

    def down(self, begin: float, end: float | None = None, **facts: Any) -> Downtime:
        ended_at = None if end is None else at(end)
        return floor.done(
            raise_downtime, machine_id=self.machine.pk, by=self.by, started_at=at(begin), ended_at=ended_at, **facts
        )

    def rows(self) -> list[tuple[Any, ...]]:
        return list(Downtime.objects.order_by("started_at").values_list())


@pytest.fixture
def press() -> Press:
    return Press()


def test_a_downtime_is_logged_ended_and_corrected(press: Press) -> None:
    downtime = press.down(-30, category="breakdown", notes="Belt")
    assert (downtime.ended_at, downtime.raised_by_name) == (None, "technician")
    assert floor.done(end_downtime, downtime_id=downtime.pk, by=press.by).ended_at == NOW
    changes = {"started_at": at(-40), "ended_at": at(-1), "category": "tooling", "notes": ""}
    floor.done(amend_downtime, downtime_id=downtime.pk, by=press.by, changes=changes)
    columns = list(changes)
    assert Downtime.objects.values(*columns).get() == changes
    floor.done(amend_downtime, downtime_id=downtime.pk, by=press.by, changes={"ended_at": None})
    assert Downtime.objects.get().ended_at is None


def test_it_is_ended_once(press: Press) -> None:
    downtime = press.down(-30, -10)
    before = press.rows()
    with pytest.raises(AlreadyDone):
        floor.done(end_downtime, downtime_id=downtime.pk, by=press.by)
    assert press.rows() == before


@pytest.mark.parametrize(
    ("begin", "end"), [(-20, -10), (-31, -29), (-11, -9), (-40, None), (-40, -5), (-30, -10), (-15, None)]
)
def test_two_of_one_machine_never_overlap(press: Press, begin: float, end: float | None) -> None:
    press.down(-30, -10)
    other = press.down(-3, -2)
    before = press.rows()
    with pytest.raises(Overlap) as caught:
        press.down(begin, end)
    assert caught.value.data["started_at"] == at(-30)
    with pytest.raises(Overlap):
        changes = {"started_at": at(begin), "ended_at": None if end is None else at(end)}
        floor.done(amend_downtime, downtime_id=other.pk, by=press.by, changes=changes)
    assert press.rows() == before


def test_nothing_begins_after_one_that_has_not_ended(press: Press) -> None:
    press.down(-30)
    before = press.rows()
    with pytest.raises(Overlap):
        press.down(-5, -1)
    assert press.rows() == before


def test_one_may_begin_when_another_ends_or_on_another_machine(press: Press) -> None:
    press.down(-30, -10)
    press.down(-10, -5)
    press.down(-40, -30)
    press.machine = floor.a_machine(press.factory)
    press.down(-30)
    assert Downtime.objects.count() == 4


@pytest.mark.parametrize(("begin", "end"), [(5.01, None), (-5, -5), (-5, -6)])
def test_times_that_cannot_be_are_refused(press: Press, begin: float, end: float | None) -> None:
    downtime = press.down(-60, -50)
    before = press.rows()
    with pytest.raises(Invalid):
        press.down(begin, end)
    with pytest.raises(Invalid):
        changes = {"started_at": at(begin), "ended_at": None if end is None else at(end)}
        floor.done(amend_downtime, downtime_id=downtime.pk, by=press.by, changes=changes)
    assert press.rows() == before


def test_a_clock_may_be_five_minutes_fast(press: Press) -> None:
    assert press.down(5).started_at == at(5)


def test_the_machine_and_the_downtime_are_the_factorys_own(press: Press) -> None:
    downtime, stranger = press.down(-30), Press()
    before = press.rows()
    problems: list[type[Problem]] = []
    for verb, arguments in (
        (raise_downtime, {"machine_id": press.machine.pk, "started_at": at(-90), "ended_at": at(-80)}),
        (end_downtime, {"downtime_id": downtime.pk}),
        (amend_downtime, {"downtime_id": downtime.pk, "changes": {"notes": "mine"}}),
    ):
        with pytest.raises(NotFound):
            floor.done(verb, by=stranger.by, **arguments)
        with pytest.raises(RoleMissing) as caught:
            floor.done(verb, by=floor.an_actor(press.factory, "planner"), **arguments)
        problems.append(caught.type)
    assert len(problems) == 3
    assert press.rows() == before


def test_downtime_is_planned_for_a_machine_or_all_and_withdrawn(press: Press) -> None:
    planner = floor.an_actor(press.factory, "planner")
    own = floor.done(plan_downtime, by=planner, kind="break", starts_at=at(0), ends_at=at(30), machine=press.machine)
    floor.done(plan_downtime, by=planner, kind="holiday", starts_at=at(10), ends_at=at(1500))
    for by, problem in ((floor.an_actor(floor.a_factory()), NotFound), (press.by, RoleMissing)):
        with pytest.raises(problem):
            floor.done(withdraw_planned_downtime, planned_id=own.pk, by=by)
    assert PlannedDowntime.objects.count() == 2
    floor.done(withdraw_planned_downtime, planned_id=own.pk, by=planner)
    assert PlannedDowntime.objects.get().kind == "holiday"


def test_planned_time_ends_after_it_starts(press: Press) -> None:
    with pytest.raises(Invalid):
        floor.done(plan_downtime, by=floor.an_actor(press.factory), kind="break", starts_at=at(1), ends_at=at(1))
    assert not PlannedDowntime.objects.exists()
