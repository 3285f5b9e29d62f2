"""Orders that are made here and stated to be made elsewhere: what is reserved follows what is still to be made here."""

from decimal import Decimal

import pytest

from orders import actions
from orders.specs import Share
from orders.statements import Followed
from tests.orders.importing import a_room, totals
from tests.orders.storeroom import component_of, reserved_by, waits_for
from tests.orders.truth import require_truth
from tests.stated import Sender, order_of
from tests.stores import stock_of

pytestmark = pytest.mark.django_db


def test_an_order_that_was_stated_reserves_for_the_rest_once_it_is_planned_here() -> None:
    room = a_room(stock=10_000)
    sender = Sender(room.factory)
    order = order_of(sender.say(sku=room.item.sku, units=500, goal="in_production", made=498))
    assert (order.state, totals(order), reserved_by(order)) == ("in_production", (498, 498, 0, 0), {})
    room.do(actions.adjust_quantity, order, target=Decimal(502), reason="some more")
    assert (reserved_by(order), waits_for(order)) == ({None: 8}, {})
    room.report(order, good=2)
    assert (totals(order), stock_of(room.item), component_of(order).consumed) == ((500, 498, 0, 0), (2, 0), 4)
    sender.say(sku=room.item.sku, units=502, goal="completed", made=499)
    assert (totals(order), stock_of(room.item), reserved_by(order)) == ((499, 497, 0, 0), (2, 0), {})
    require_truth()


def test_what_is_stated_to_be_made_elsewhere_gives_its_components_free() -> None:
    room = a_room()
    sender = Sender(room.factory)
    order = room.draft(20, reference="MO-1")
    order = room.do(actions.start, room.do(actions.schedule, order, shares=[Share(machine=room.machine)]))
    assert reserved_by(order) == {None: 40}
    assert sender.say("MO-1", room.item.sku, units=20, goal="in_production", made=8).result is Followed.DONE
    assert (reserved_by(order), waits_for(order)) == ({None: 24}, {})
    room.report(order, good=3)
    assert (reserved_by(order), totals(order)) == ({None: 18}, (11, 8, 0, 0))
    sender.say("MO-1", room.item.sku, units=20, goal="in_production", made=6)
    assert (reserved_by(order), totals(order)) == ({None: 28}, (6, 3, 0, 0))
    require_truth()


def test_an_order_that_waits_for_stock_waits_for_less_once_more_is_made_elsewhere() -> None:
    room = a_room(stock=10)
    sender = Sender(room.factory)
    order = room.draft(20, reference="MO-1")
    order = room.do(actions.start, room.do(actions.schedule, order, shares=[Share(machine=room.machine)]))
    assert waits_for(order) == {room.part.sku: 30}
    sender.say("MO-1", room.item.sku, units=20, goal="in_production", made=12)
    assert (reserved_by(order), waits_for(order)) == ({None: 10}, {room.part.sku: 6})
    sender.say("MO-1", room.item.sku, units=20, goal="in_production", made=18)
    assert (reserved_by(order), waits_for(order)) == ({None: 4}, {})
    require_truth()
