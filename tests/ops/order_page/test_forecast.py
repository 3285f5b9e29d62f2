"""When an order will be finished: by its pace, by its plan, or by nobody's knowledge."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from factoryos.ops.order_page.forecast import forecast
from orders.sheet import Sheet, sheet_of
from quality.models import Hold
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def sheet() -> Sheet:
    stage = Stage()
    return sheet_of(stage.draft(100).pk, by=stage.by)


def judged(sheet: Sheet, **facts: Any) -> tuple[datetime | None, str]:
    found = forecast(replace(sheet, **facts), now=NOON)
    return found.at, found.basis


def test_a_running_order_goes_on_at_its_pace(sheet: Sheet) -> None:
    facts = {"state": "in_production", "actual_start": NOON - 2 * HOUR, "good": Decimal(25), "planned_end": NOON - HOUR}
    assert judged(sheet, **facts) == (NOON + 6 * HOUR, "at 12.5 pcs an hour since the start")


def test_a_third_of_a_piece_is_no_obstacle(sheet: Sheet) -> None:
    at, _ = judged(sheet, state="in_production", actual_start=NOON - HOUR, good=Decimal(3))
    assert at is not None and abs((at - NOON) - HOUR * 97 / 3) < timedelta(seconds=1)


@pytest.mark.parametrize("good", ["100", "140"])
def test_a_reached_target_is_reached_now(sheet: Sheet, good: str) -> None:
    assert judged(sheet, state="in_production", actual_start=NOON - HOUR, good=Decimal(good)) == (
        NOON, "the target is reached",
    )  # fmt: skip


def test_without_a_pace_the_plan_tells_until_it_has_passed(sheet: Sheet) -> None:
    assert judged(sheet, state="scheduled", planned_end=NOON + HOUR) == (NOON + HOUR, "as planned")
    assert judged(sheet, state="in_production", actual_start=NOON, planned_end=NOON + HOUR) == (
        NOON + HOUR,
        "as planned",
    )
    assert judged(sheet, state="scheduled", planned_end=NOON)[0] is None
    assert judged(sheet, state="scheduled") == (None, "no pace and no planned end yet")


def test_a_start_in_the_future_of_this_clock_gives_no_pace(sheet: Sheet) -> None:
    assert judged(sheet, state="in_production", actual_start=NOON + HOUR, good=Decimal(5))[0] is None


def test_a_pace_that_takes_years_tells_nothing(sheet: Sheet) -> None:
    facts = {"state": "in_production", "actual_start": NOON - 1000 * HOUR, "good": Decimal("0.001")}
    assert judged(sheet, **facts, target=Decimal(10**9)) == (None, "at the pace so far it would take years")


def test_what_is_finished_held_paused_or_cancelled_is_no_guess(sheet: Sheet) -> None:
    assert judged(sheet, state="closed", actual_end=NOON) == (NOON, "finished")
    assert judged(sheet, state="cancelled", planned_end=NOON + HOUR) == (None, "cancelled")
    assert judged(sheet, state="paused", planned_end=NOON + HOUR) == (None, "paused")
    assert judged(sheet, state="scheduled", planned_end=NOON + HOUR, holds=(Hold(),)) == (None, "on hold")
