"""amend: facts on the header change, and the event keeps before and after of what differs."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from factoryos.kernel.problems import Duplicate, Invalid, NotFound
from orders import actions
from orders.facts import facts_of
from orders.models import CustomerOrder, ProductionOrder
from orders.problems import NotOpen
from tests.evidence import everything
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db

SEVEN, EIGHT, SIXTEEN, SEVENTEEN = (datetime(2026, 4, 20, hour, tzinfo=UTC) for hour in (7, 8, 16, 17))


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


@pytest.mark.parametrize("changes", [{"planned_end": SEVEN}, {"planned_start": SEVENTEEN}])
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


def test_an_end_at_the_start_is_an_instant_and_fine() -> None:
    stage = Stage()
    order = stage.do(actions.amend, stage.draft(planned_start=EIGHT), changes={"planned_end": EIGHT})
    assert (order.planned_start, order.planned_end) == (EIGHT, EIGHT)


def test_a_reference_may_be_another_but_never_none_and_never_a_taken_one() -> None:
    stage = Stage()
    Stage().draft(reference="FREE-HERE")
    stage.draft(reference="TAKEN")
    order = stage.do(actions.amend, stage.draft(reference="OLD"), changes={"reference": "FREE-HERE"})
    assert order.reference == "FREE-HERE"
    assert order.events.latest("seq").data == {"changes": {"reference": {"before": "OLD", "after": "FREE-HERE"}}}
    assert stage.draft(reference="OLD").reference == "OLD"
    before = everything()
    for empty in (None, "", "  "):
        with pytest.raises(Invalid) as raised:
            actions.amend(order_id=order.pk, by=stage.by, changes={"reference": empty})
        assert raised.value.data["field"] == "reference"
    with pytest.raises(Duplicate) as taken, transaction.atomic():
        actions.amend(
            order_id=order.pk, by=stage.by, changes={"reference": "TAKEN", "notes": "n"}, facts={"storeState": 4}
        )
    assert (taken.value.data["field"], taken.value.data["value"]) == ("reference", "TAKEN")
    assert everything() == before


def test_a_reference_is_told_apart_by_case() -> None:
    stage = Stage()
    stage.draft(reference="po-1")
    assert stage.do(actions.amend, stage.draft(), changes={"reference": "PO-1"}).reference == "PO-1"


def test_changes_and_facts_are_one_event() -> None:
    stage = Stage()
    order = stage.draft(facts={"name": "Caps", "storeState": 1})
    order = stage.do(
        actions.amend,
        order,
        changes={"notes": "n"},
        facts={"name": "Caps", "storeState": 2, "workHours": Decimal("1.0")},
    )
    event = order.events.latest("seq")
    assert (event.seq, event.verb) == (2, "amend")
    assert event.data == {
        "changes": {"notes": {"before": None, "after": "n"}},
        "facts": {"storeState": {"before": 1, "after": 2}, "workHours": {"before": None, "after": "1"}},
    }
    kept = facts_of([order.pk], face=stage.by.face)[order.pk].header
    assert kept == {"name": "Caps", "storeState": 2, "workHours": "1"}


def test_facts_alone_are_an_event_too_and_the_same_ones_are_none() -> None:
    stage = Stage()
    order = stage.do(actions.amend, stage.draft(), changes={}, facts={"storeState": 2})
    event = order.events.latest("seq")
    assert event.data == {"changes": {}, "facts": {"storeState": {"before": None, "after": 2}}}
    before = everything()
    stage.do(actions.amend, order, changes={"notes": None}, facts={"storeState": 2, "name": None})
    assert everything() == before


def test_facts_of_what_is_over_are_refused() -> None:
    stage = Stage()
    order = stage.do(actions.cancel, stage.draft())
    before = everything()
    with pytest.raises(NotOpen):
        actions.amend(order_id=order.pk, by=stage.by, changes={}, facts={"storeState": 2})
    assert everything() == before


def test_a_customers_order_must_be_of_the_same_factory() -> None:
    stage, stranger = Stage(), Stage()
    ours, theirs = (CustomerOrder.objects.create(factory=one.factory) for one in (stage, stranger))
    order = stage.do(actions.amend, stage.draft(), changes={"customer_order_id": ours.pk})
    before = everything()
    for unknown in (theirs.pk, 2**40):
        with pytest.raises(NotFound) as raised:
            actions.amend(order_id=order.pk, by=stage.by, changes={"customer_order_id": unknown})
        assert raised.value.data["thing"] == "Customer order"
    assert everything() == before
    order = stage.do(actions.amend, order, changes={"customer_order_id": None})
    assert ProductionOrder.objects.get(pk=order.pk).customer_order_id is None
