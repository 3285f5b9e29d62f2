"""Work orders: from the BOM as it was at create, else from the method, and never under those who have begun."""

from decimal import Decimal

import pytest

from manufacturing.boms.writing import change_bom, lock_bom
from manufacturing.models import Method
from orders import actions
from orders.models import ProductionOrder, WorkOrder
from orders.specs import NewLine, Share
from tests import floor, stores
from tests.orders.storeroom import Storeroom

pytestmark = pytest.mark.django_db


def a_method(room: Storeroom, code: str, *steps: str, default: bool = False) -> Method:
    method = Method.objects.create(factory=room.factory, item=room.item, code=code, name=code, default=default)
    for sequence, name in enumerate(steps, start=1):
        method.operations.create(sequence=sequence, name=name)
    return method


def steps_of(order: ProductionOrder) -> list[tuple[int, str]]:
    return list(WorkOrder.objects.filter(order=order).order_by("sequence").values_list("sequence", "name"))


def room_with(*steps: str) -> Storeroom:
    room = Storeroom()
    held = lock_bom(room.bom.pk)
    assert held is not None
    floor.done(lambda: change_bom(held, by=room.by, recipe=stores.a_recipe({room.part: 1}, *steps)))
    return room


def test_the_operations_of_the_bom_become_work_orders_at_create() -> None:
    room = room_with("Press", "Trim")
    order = room.draft(10)
    assert steps_of(order) == [(1, "Press"), (2, "Trim")]
    assert set(WorkOrder.objects.values_list("status", flat=True)) == {"pending"}


def test_the_boms_operations_stay_whatever_method_is_scheduled() -> None:
    room = room_with("Press", "Trim")
    order = room.draft(10)
    room.do(
        actions.schedule,
        order,
        shares=[Share(machine=room.machine)],
        method=a_method(room, "M1", "Other", default=True),
    )
    assert steps_of(order) == [(1, "Press"), (2, "Trim")]


def test_a_bom_without_operations_leaves_them_to_the_method() -> None:
    room = Storeroom()
    first, second = a_method(room, "M1", "Cut", default=True), a_method(room, "M2", "Saw", "Sand")
    order = room.draft(10)
    assert steps_of(order) == []
    room.do(actions.schedule, order, shares=[Share(machine=room.machine)])
    assert steps_of(order) == [(1, "Cut")]
    room.do(actions.schedule, order, shares=[Share(machine=room.machine)], method=second)
    assert steps_of(order) == [(1, "Saw"), (2, "Sand")]
    room.do(actions.schedule, order, shares=[Share(machine=room.machine)], method=first)
    assert steps_of(order) == [(1, "Cut")]


@pytest.mark.parametrize("status", ["in_progress", "done"])
def test_once_one_has_begun_they_are_not_replaced(status: str) -> None:
    room = Storeroom()
    a_method(room, "M1", "Cut", "Drill", default=True)
    second = a_method(room, "M2", "Saw")
    order = room.draft(10)
    room.do(actions.schedule, order, shares=[Share(machine=room.machine)])
    began = "2026-01-01T00:00:00Z"
    WorkOrder.objects.filter(order=order, name="Cut").update(
        status=status, started_at=began, finished_at=began if status == "done" else None
    )
    room.do(actions.schedule, order, shares=[Share(machine=room.machine)], method=second)
    assert steps_of(order) == [(1, "Cut"), (2, "Drill")]


def test_a_subcontracted_bom_has_none_even_with_a_method() -> None:
    room = Storeroom()
    outside = stores.a_bom(room.by, room.item, {room.part: 1}, "Paint", type="subcontract")
    a_method(room, "M1", "Cut", default=True)
    line = NewLine(room.item, Decimal(5), bom_version=stores.version_of(outside))
    order = floor.done(actions.create, by=room.by, lines=[line])
    room.do(actions.schedule, order, shares=[Share(machine=room.machine)])
    assert (steps_of(order), order.components.count()) == ([], 1)


def test_lines_of_one_bom_share_its_operations_and_others_add_theirs() -> None:
    room = room_with("Press")
    other = room.product({room.part: 1}, "Weld", "Test")
    lines = [NewLine(item, Decimal(5)) for item in (room.item, other, room.item)]
    order = floor.done(actions.create, by=room.by, lines=lines)
    assert steps_of(order) == [(1, "Press"), (2, "Weld"), (3, "Test")]
    assert order.components.count() == 3


def test_a_kits_operations_are_dropped() -> None:
    room = Storeroom()
    kit = room.product({room.part: 1}, "Pack", type="phantom")
    order = room.draft(5, item=room.product({kit: 2}, "Press"))
    assert steps_of(order) == [(1, "Press")]
