"""What a run used of another's reservation, or of its own beyond the BOM, is wanted again: it waits for stock as at approval."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from orders.materials.restocking import serve
from orders.models import OrderComponent, ProductionOrder
from tests import floor
from tests.orders.materials.test_restocking import arrivals
from tests.orders.materials.test_traced import in_lots
from tests.orders.storeroom import Storeroom, reserved_by, waits_for
from tests.orders.tracing import part, run
from tests.orders.truth import require_truth
from tests.stores import named

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_ledgers_agree() -> object:
    yield
    require_truth()


def served() -> None:
    """The worker comes by until nobody is told of anything."""
    while messages := arrivals():
        floor.done(serve, messages=messages)


def delivered(room: Storeroom) -> None:
    room.deliver(50, "dec", best_before=datetime(2027, 12, 1, tzinfo=UTC))
    served()


def held(order: ProductionOrder) -> list[Decimal]:
    """What each of the order's components has reserved, in all lots."""
    components = OrderComponent.objects.filter(order=order).order_by("pk")
    return [sum((row.quantity for row in one.reservations.all()), Decimal(0)) for one in components]


def robbed(room: Storeroom) -> ProductionOrder:
    """Of ten in January's lot the second line had four; the first took eight in all."""
    order = room.running(6, 4)
    run(room, order, 8, part(room.part, jan=8), line_id=order.lines.order_by("pk")[0].pk)
    return order


def test_a_line_that_gave_its_lot_up_waits_for_another() -> None:
    room = in_lots(jan=10)
    order = robbed(room)
    assert (held(order), waits_for(order)) == ([0, 2], {room.part.sku: 2})
    delivered(room)
    assert (held(order), waits_for(order)) == ([0, 4], {})


def test_it_is_given_what_is_free_already() -> None:
    room = in_lots(jan=10, feb=3)
    order = robbed(room)
    served()
    assert (held(order), reserved_by(order)["feb"], waits_for(order)) == ([0, 4], 2, {})


@pytest.mark.parametrize("traced", [True, False])
def test_what_was_used_beyond_the_bom_is_wanted_for_the_rest(traced: bool) -> None:
    room = in_lots(jan=10)
    order = room.running(10)
    if traced:
        run(room, order, 5, part(room.part, 8))
    else:
        room.report(order, good=5, consumed_lots=(named(room.part, "jan", 8),))
    assert (held(order), waits_for(order)) == ([2], {room.part.sku: 3})
    delivered(room)
    assert (held(order), waits_for(order)) == ([5], {})


def test_pieces_that_are_taken_back_want_again_what_they_were_spared() -> None:
    room = in_lots(jan=10)
    order = room.running(10)
    run(room, order, 5, part(room.part, 2))
    room.report(order, good=-5, reason="miscounted")
    served()
    assert (held(order), waits_for(order)) == ([10], {})


def test_what_is_enough_waits_for_nothing() -> None:
    room = in_lots(jan=10, feb=5)
    order = room.running(10)
    told: list[Any] = [run(room, order, 5, part(room.part, feb=5)), run(room, order, 2, part(room.part, 1))]
    assert (len(told), held(order), waits_for(order), arrivals()) == (2, [3], {}, [])
