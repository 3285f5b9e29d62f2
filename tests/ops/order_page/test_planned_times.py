"""Planned times on the plant's own clock, also on both days on which it is set."""

from datetime import UTC, datetime

import pytest

from orders import actions
from tests import floor
from tests.ops.order_page.desk import Desk, now, words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        ("2026-03-29T01:59", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        ("2026-03-29T03:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # comes twice: the first is meant
        ("2026-10-25T03:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_planned_times_are_the_plants_own(wall: str, instant: datetime) -> None:
    desk = Desk(time_zone="Europe/Berlin")
    order = desk.draft()
    assert desk.send(order, "amend", priority="standard", planned_start=wall).status_code == 303
    assert now(order).planned_start == instant
    assert f'value="{wall}"' in desk.get(order, "amend").content.decode()


def test_a_time_that_the_clock_skips_is_refused() -> None:
    desk = Desk(time_zone="Europe/Berlin")
    refused = desk.send(desk.draft(), "amend", priority="standard", planned_start="2026-03-29T02:30")
    assert (refused.status_code, "does not exist" in words(refused)) == (422, True)


@pytest.mark.parametrize("verb", ["amend", "schedule"])
def test_a_time_in_the_second_of_two_hours_stays_when_it_is_not_touched(verb: str) -> None:
    desk = Desk(time_zone="Europe/Berlin")
    later = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 for the second time
    order = desk.draft(planned_start=later)
    values = {"priority": "rush"} if verb == "amend" else {"machine_0": desk.machine.pk}
    assert desk.send(order, verb, planned_start="2026-10-25T02:30", **values).status_code == 303
    assert now(order).planned_start == later


@pytest.mark.parametrize(
    "wall", ["tomorrow", "2026-02-30T10:00", "99999-01-01T00:00", "1999-12-31T23:59", "2026-01-01T10:00:30"]
)
def test_what_is_no_time_is_refused(wall: str) -> None:
    desk = Desk()
    assert desk.send(desk.draft(), "amend", priority="standard", planned_end=wall).status_code == 422


def test_the_last_day_of_the_calendar_is_shown_although_it_has_no_end_in_the_east() -> None:
    """Other faces take it; by the plant's clock it would end in a year that no date can hold."""
    desk = Desk(time_zone="Asia/Kuala_Lumpur")
    last = datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    order = desk.draft(planned_end=last)
    floor.done(actions.amend, order_id=order.pk, by=desk.by, changes={"planned_start": last})
    page = f"/ops/orders/{order.uuid}"
    for path in (page, f"{page}/amend", f"{page}/traveler.pdf", "/ops/orders", "/ops/orders/export.csv"):
        answer = desk.client.get(path)
        assert (answer.status_code, bool(answer.getvalue())) == (200, True), path
    assert "9999-12-31 23:59 UTC" in words(desk.client.get(page))
