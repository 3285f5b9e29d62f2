"""What other faces read of an order of which pieces were made elsewhere: it takes what is made here, and has used that."""

from dataclasses import replace

import pytest

from factoryos.dialects.factory.order_responses import entry as shown
from factoryos.dialects.store.picking_source import picking_order, picking_rows
from orders import actions, manufacturing_rows
from orders.leaf_rows import leaf_rows
from orders.models import ProductionOrder
from orders.trail import entries_of
from tests.orders.importing import a_room, half_made_elsewhere, imported
from tests.orders.storeroom import Storeroom

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Storeroom:
    return a_room()


@pytest.fixture
def order(room: Storeroom) -> ProductionOrder:
    """For 20, of which 8 were made elsewhere and 3 here; each takes two parts."""
    order = half_made_elsewhere(room)
    room.report(order, good=3)
    return order


def test_an_erp_reads_what_is_to_be_used_here(room: Storeroom, order: ProductionOrder) -> None:
    (need,) = manufacturing_rows.needs_of(manufacturing_rows.one(order.pk, by=room.by))
    assert (need.required, need.reserved, need.used) == (24, 18, 6)
    assert [row["good"] for row in manufacturing_rows.productions_of(order.pk)] == [8, 3]
    imported(order, by=room.by, good=15)
    (need,) = manufacturing_rows.needs_of(manufacturing_rows.one(order.pk, by=room.by))
    assert need.required == 0


def test_the_flat_list_tells_what_the_order_is_made_of_and_the_picking_list_what_to_take(
    room: Storeroom, order: ProductionOrder
) -> None:
    by = replace(room.by, face="store")
    (leaf,) = leaf_rows(order.pk, by=by)
    assert (leaf.amount, leaf.own_amount) == (40, 24)
    (row,) = picking_rows(picking_order(order.pk, by=by), {}, by=by).rows
    assert (row.amount, row.picking.used, row.picking.reserved, row.picking.missing) == (24, 6, 18, 0)


def test_the_picking_list_asks_for_nothing_that_was_made_elsewhere(room: Storeroom) -> None:
    order = room.draft(20)
    imported(order, by=room.by, good=25)
    by = replace(room.by, face="store")
    (row,) = picking_rows(picking_order(order.pk, by=by), {}, by=by).rows
    assert (row.amount, row.picking.picks, row.picking.missing) == (0, [], 0)


def test_an_entry_says_that_a_planning_system_stated_it(room: Storeroom, order: ProductionOrder) -> None:
    here, elsewhere = (shown(entry) for entry in entries_of(order.pk))
    assert (here["source"], here["face"]) == ("manual", "factory")
    assert (elsewhere["source"], elsewhere["face"], elsewhere["machineCode"]) == ("ingest", "ingest", None)


def test_pieces_that_are_gone_are_missed_by_nobody(room: Storeroom, order: ProductionOrder) -> None:
    """A sign-off that finds fewer gives back only what those made here took."""
    order = room.do(actions.complete, order)
    room.verify(order, good=2)
    (need,) = manufacturing_rows.needs_of(manufacturing_rows.one(order.pk, by=room.by))
    assert (need.required, need.used) == (36, 0)
