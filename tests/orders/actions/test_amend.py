"""amend: facts on the header change, and the event keeps before and after of what differs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from factoryos.kernel.problems import Invalid
from orders import actions
from orders.problems import NotOpen
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db

EIGHT, SIXTEEN = (datetime(2026, 4, 20, hour, tzinfo=UTC) for hour in (8, 16))


def test_the_event_holds_before_and_after_of_what_differs_only() -> None:
    stage = Stage()
    order = stage.draft(batch_number="B1", notes="old")
    order = stage.do(actions.amend, order, changes={"batch_number": "B1", "notes": None, "priority": "rush"})
    assert (order.batch_number, order.notes, order.priority) == ("B1", None, "rush")
    event = order.events.latest("seq")
    assert (event.verb, event.moved) == ("amend", False)
    assert event.data == {
        "changes": {
            "notes": {"before": "old", "after": None},
            "priority": {"before": "standard", "after": "rush"},
        }
    }


def test_no_difference_writes_no_event() -> None:
    stage = Stage()
    order = stage.draft(batch_number="B1", planned_start=EIGHT)
    before = everything()
    stage.do(actions.amend, order, changes={"batch_number": "B1", "planned_start": EIGHT})
    assert everything() == before


@pytest.mark.parametrize("changes", [{"planned_end": EIGHT}, {"planned_start": SIXTEEN}])
def test_the_window_is_judged_with_what_stands_already(changes: dict[str, Any]) -> None:
    stage = Stage()
    order = stage.draft(planned_start=EIGHT, planned_end=SIXTEEN)
    before = everything()
    with pytest.raises(Invalid):
        actions.amend(order_id=order.pk, by=stage.by, changes=changes)
    assert everything() == before


def test_what_is_over_is_not_amended_not_even_by_no_difference() -> None:
    stage = Stage()
    order = stage.do(actions.cancel, stage.draft())
    for changes in ({"notes": "late"}, {}):
        with pytest.raises(NotOpen):
            actions.amend(order_id=order.pk, by=stage.by, changes=changes)
