"""create: references are minted or chosen, once a factory, and the order shows who made it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from factoryos.kernel import clock
from factoryos.kernel.problems import Duplicate, NotFound
from orders import actions
from orders.facts import facts_of
from orders.models import CustomerOrder, OrderComponent, OrderFacts
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.orders.storeroom import Storeroom

pytestmark = pytest.mark.django_db


def test_a_reference_is_unique_in_its_factory_and_free_in_another() -> None:
    stage = Stage()
    stage.draft(reference="MO-1")
    with pytest.raises(Duplicate):
        stage.draft(reference="MO-1")
    assert Stage().draft(reference="MO-1").reference == "MO-1"


def test_minted_references_count_up_per_factory_and_step_over_chosen_ones() -> None:
    stage = Stage()
    year = datetime.now(UTC).year
    first = stage.draft().reference
    stage.draft(reference=f"PO-{year}-000002")
    assert (first, stage.draft().reference) == (f"PO-{year}-000001", f"PO-{year}-000003")
    assert Stage().draft().reference == first


def test_the_year_of_a_reference_is_the_factorys() -> None:
    clock.use(lambda: datetime(2026, 12, 31, 20, tzinfo=UTC))
    try:
        references = [Stage(time_zone=zone).draft().reference for zone in ("Asia/Kuala_Lumpur", "UTC")]
    finally:
        clock.use(None)
    assert references == ["PO-2027-000001", "PO-2026-000001"]


def test_the_order_shows_who_made_it() -> None:
    stage = Stage()
    by = floor.an_actor(stage.factory, "planner")
    order = floor.an_order(by)
    assert (order.created_by_id, order.created_by_name, order.origin) == (by.id, by.name, "factory")


def test_facts_are_kept_for_the_face_and_told_with_the_first_event() -> None:
    stage = Stage()
    facts = {"internalReference": "SHIFT-B", "workHours": Decimal("6.50"), "name": None, "storeState": 0}
    order = stage.draft(10, facts=facts)
    kept = {"internalReference": "SHIFT-B", "workHours": "6.5", "storeState": 0}
    assert facts_of([order.pk], face=stage.by.face)[order.pk].header == kept
    event = order.events.get()
    assert event.data["facts"] == kept
    assert order.version == 1


def test_an_order_without_facts_tells_nothing_new() -> None:
    order = Stage().draft(10)
    assert order.events.get().data.keys() == {"reference", "lines"}
    assert not OrderFacts.objects.exists()


def test_an_order_of_leaves_needs_the_leaves() -> None:
    room = Storeroom()
    assembly = room.product({room.part: 3})
    order = room.draft(10, item=room.product({assembly: 2}), layer="leaves")
    row = OrderComponent.objects.get(order=order)
    assert (order.layer, row.item_id, row.numerator) == ("leaves", room.part.pk, 6)
    assert order.events.get().data["layer"] == "leaves"


def test_it_may_be_made_for_a_customers_order_of_the_same_factory() -> None:
    stage, stranger = Stage(), Stage()
    theirs = CustomerOrder.objects.create(factory=stranger.factory)
    ours = CustomerOrder.objects.create(factory=stage.factory)
    order = stage.draft(10, customer_order_id=ours.pk)
    assert (order.customer_order_id, order.events.get().data["customerOrder"]) == (ours.pk, ours.pk)
    before = everything()
    with pytest.raises(NotFound):
        actions.create(by=stage.by, lines=[], customer_order_id=theirs.pk)
    assert everything() == before


def test_an_order_without_lines_lives() -> None:
    stage = Stage()
    order = floor.done(actions.create, by=stage.by, lines=[])
    for verb in (actions.approve_best_effort, actions.start, actions.complete):
        order = stage.do(verb, order)
    assert (order.state, order.quantity_target, order.item_id) == ("completed", 0, None)
    stage.verify(order, good=0)
    order = stage.do(actions.close, order)
    assert order.state == "closed"
