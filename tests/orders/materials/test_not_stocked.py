"""Parts that are not kept in stock: listed, but never reserved, used, missed or waited for."""

from decimal import Decimal

import pytest

from manufacturing.models import Item, Reservation, Shortage, StockMove
from orders import actions
from orders.materials.components import components_of
from orders.materials.outlook import lacking, materials_of
from orders.materials.reserving import short_for, shortages_of
from orders.models import OrderComponent, ProductionOrder, QuantityEntry
from orders.specs import NewLine, Share
from tests import floor
from tests.orders.storeroom import Storeroom, component_of
from tests.orders.truth import require_truth

pytestmark = pytest.mark.django_db


def a_room(*, stock: int = 0) -> Storeroom:
    """The product takes two drops of oil, which nobody counts."""
    room = Storeroom(per_unit=2, stock=stock)
    Item.objects.filter(pk=room.part.pk).update(stocked=False)
    return room


def quiet(order: ProductionOrder) -> bool:
    """Whether stock knows nothing of the order's part."""
    return not (
        Reservation.objects.filter(component__order=order).exists()
        or Shortage.objects.filter(component__order=order).exists()
        or StockMove.objects.filter(component__order=order).exists()
    )


def test_an_order_is_approved_made_and_corrected_without_it() -> None:
    room = a_room()
    order = room.do(actions.approve, room.draft(10))
    assert order.events.latest("seq").data == {}
    order = room.do(actions.start, room.do(actions.schedule, order, shares=[Share(machine=room.machine)]))
    assert (order.state, shortages_of(order.pk)) == ("in_production", [])
    for good in (10, 5, -3):
        entry = room.report(order, good=good, reason="counted")
        assert QuantityEntry.objects.get(pk=entry.pk).short_consumption == []
    assert quiet(order)
    assert component_of(order).consumed == 0
    order = room.do(actions.complete, ProductionOrder.objects.get(pk=order.pk))
    room.verify(order, good=14)
    assert quiet(order)
    require_truth()


def test_what_lies_there_all_the_same_is_not_touched() -> None:
    room = a_room()
    Item.objects.filter(pk=room.part.pk).update(stocked=True)
    room.deliver(50)
    Item.objects.filter(pk=room.part.pk).update(stocked=False)
    order = room.do(actions.start, room.do(actions.approve, room.draft(10)))
    room.report(order, good=10)
    assert (room.stock(), quiet(order)) == ((50, 0), True)


def test_a_strict_factory_schedules_without_it() -> None:
    room = Storeroom(material_policy="strict")
    Item.objects.filter(pk=room.part.pk).update(stocked=False)
    order = room.do(actions.schedule, room.draft(10), shares=[Share(machine=room.machine)])
    assert order.state == "scheduled"


def test_it_is_listed_as_needing_nothing_from_stock() -> None:
    room = a_room()
    order = room.draft(10)
    (part,) = materials_of(order.pk)
    assert (part.sku, part.required, part.reserved, part.used, part.missed, part.outstanding) == (
        room.part.sku, 0, 0, 0, 0, 0,
    )  # fmt: skip
    (component,) = components_of(order.pk)
    assert (component.required(), component.outstanding, component.per_unit) == (0, 0, 2)
    assert OrderComponent.objects.filter(order=order, item=room.part).exists()
    assert lacking([order.pk], states=["draft"]) == {}
    line = order.lines.get()
    assert short_for(order.pk, line_id=line.pk, target=Decimal(1000)) == []


def test_what_is_kept_beside_it_is_reserved_and_used_as_ever() -> None:
    room = a_room()
    other = room.ingredient(stock=100)
    order = room.draft(10, item=room.product({room.part: 1, other: 3}))
    order = room.do(actions.start, room.do(actions.approve, order))
    assert room.stock(item=other) == (100, 30)
    room.report(order, good=4)
    assert room.stock(item=other) == (88, 18)
    floor.done(
        actions.add_line, order_id=order.pk, by=room.by,
        line=NewLine(item=room.product({room.part: 9, other: 1}), target=Decimal(5)),
    )  # fmt: skip
    assert room.stock(item=other) == (88, 23)
    assert not Shortage.objects.exists()
    require_truth()


def test_what_is_kept_no_longer_is_freed_and_what_was_used_is_given_back_by_a_correction() -> None:
    room = Storeroom(per_unit=2, stock=100)
    order = room.do(actions.start, room.do(actions.approve, room.draft(10)))
    room.report(order, good=4)
    assert room.stock() == (92, 12)
    Item.objects.filter(pk=room.part.pk).update(stocked=False)
    room.do(actions.adjust_quantity, order, target=Decimal(11), reason="more")
    assert room.stock() == (92, 0)
    room.report(order, good=3)
    assert room.stock() == (92, 0)
    room.report(order, good=-5, reason="miscounted")
    assert (room.stock(), component_of(order).consumed) == ((96, 0), 4)
    require_truth()
