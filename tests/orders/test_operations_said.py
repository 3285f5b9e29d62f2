"""The migration that says of older work orders which operation they are: their lines go with them like those of today."""

from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection

from orders import actions
from orders.models import ProductionOrder, WorkOrder
from orders.specs import NewLine
from tests import floor
from tests.orders.storeroom import Storeroom

pytestmark = pytest.mark.django_db

SAY = import_module("orders.migrations.0008_store_orders").SAY_OPERATIONS


def said(*orders: ProductionOrder) -> None:
    """As the migration finds them: nothing says what they are."""
    WorkOrder.objects.filter(order__in=orders).update(operation=None)
    with connection.cursor() as cursor:
        cursor.execute(SAY)


def operations(order: ProductionOrder) -> list[tuple[int, str, int | None]]:
    return list(WorkOrder.objects.filter(order=order).order_by("sequence").values_list("sequence", "name", "operation"))


def test_each_work_order_is_the_operation_that_it_was_written_for() -> None:
    room = Storeroom(stock=100)
    products = [room.product({room.part: 1}, *steps) for steps in (("Press", "Cut"), (), ("Cut", "Press", "Pack"))]
    lines = [NewLine(item, Decimal(2)) for item in (products[2], products[1], products[0])]
    orders = [floor.done(actions.create, by=room.by, lines=lines[place:]) for place in range(3)]
    written = [operations(order) for order in orders]
    assert [len(rows) for rows in written] == [5, 2, 2]
    said(*orders)
    assert [operations(order) for order in orders] == written


def test_a_line_that_goes_takes_its_older_operations_along() -> None:
    room = Storeroom(stock=100)
    products = [room.product({room.part: 1}, *steps) for steps in (("Cut", "Press"), ("Pack",))]
    order = floor.done(actions.create, by=room.by, lines=[NewLine(item, Decimal(2)) for item in products])
    said(order)
    room.do(actions.remove_line, order, line_id=order.lines.order_by("sort")[0].pk)
    assert [name for _, name, _ in operations(order)] == ["Pack"]


def test_what_comes_from_a_method_or_was_subcontracted_is_said_of_nothing() -> None:
    room = Storeroom(stock=100)
    item = room.product({room.part: 1}, "Cut", type="subcontract")
    order = floor.done(actions.create, by=room.by, lines=[NewLine(item, Decimal(2))])
    WorkOrder.objects.create(order=order, sequence=1, name="Cut")
    said(order)
    assert [operation for _, _, operation in operations(order)] == [None]
