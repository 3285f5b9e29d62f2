"""Orders of which pieces were made elsewhere, signed off and shipped: only own pieces are corrected in stock or leave it."""

from decimal import Decimal

import pytest

from factoryos.kernel.problems import Invalid
from manufacturing.models import StockMove
from manufacturing.problems import StockShort
from orders import actions
from orders.models import ProductionOrder
from orders.specs import LineCount, Share
from tests.orders.importing import a_room, half_made_elsewhere, imported, totals
from tests.orders.storeroom import Storeroom, component_of
from tests.orders.truth import require_truth
from tests.stores import stock_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _everything_adds_up() -> object:
    yield
    require_truth()


@pytest.mark.parametrize(
    ("signed", "line", "stock", "consumed"),
    [
        ((11, 0), (11, 8, 0, 0), 3, 6),
        ((10, 0), (10, 8, 0, 0), 2, 4),
        ((6, 0), (6, 6, 0, 0), 0, 0),
        ((6, 5), (6, 6, 5, 2), 0, 6),
        ((13, 1), (13, 8, 1, 0), 5, 12),
    ],
)
def test_a_sign_off_corrects_own_pieces_first(
    signed: tuple[int, int], line: tuple[int, ...], stock: int, consumed: int
) -> None:
    room = a_room("lot", requires_verification=True)
    order = half_made_elsewhere(room)
    room.report(order, good=3)
    order = room.do(actions.complete, order)
    room.verify(order, good=signed[0], rejected=signed[1])
    assert (totals(order), stock_of(room.item), component_of(order).consumed) == (line, (stock, 0), consumed)


def test_a_sign_off_of_several_lines_takes_from_each_its_own() -> None:
    room = a_room(requires_verification=True)
    order = room.draft(10, 10)
    first, second = order.lines.order_by("sort")
    imported(order, by=room.by, good=4, line=first)
    order = room.do(actions.start, room.do(actions.schedule, order, shares=[Share(machine=room.machine)]))
    room.report(order, good=2, line_id=first.pk)
    room.report(order, good=5, line_id=second.pk)
    order = room.do(actions.complete, order)
    counts = [LineCount(first.pk, Decimal(3), Decimal(0)), LineCount(second.pk, Decimal(4), Decimal(0))]
    room.verify(order, good=7, lines=counts)
    assert list(order.lines.order_by("sort").values_list("good", "imported_good")) == [(3, 3), (4, 0)]
    assert (stock_of(room.item), room.stock()) == ((4, 0), (92, 0))


def shipped(room: Storeroom, order: ProductionOrder, quantity: int) -> ProductionOrder:
    order = room.do(actions.complete, order)
    return room.do(actions.close, order, shipment={"quantity": Decimal(quantity), "carrier": "DHL"})


@pytest.mark.parametrize(("quantity", "left"), [(1, 2), (3, 0), (4, 0), (11, 0)])
def test_shipped_are_own_pieces_first_and_imported_ones_need_no_stock(quantity: int, left: int) -> None:
    room = a_room("lot", requires_verification=False)
    order = half_made_elsewhere(room)
    room.report(order, good=3)
    order = shipped(room, order, quantity)
    assert order.shipment == {"quantity": str(quantity), "carrier": "DHL"}
    assert stock_of(room.item) == (left, 0)


def test_what_was_made_elsewhere_is_shipped_without_any_stock() -> None:
    room = a_room(requires_verification=False)
    order = half_made_elsewhere(room)
    shipped(room, order, 8)
    assert not StockMove.objects.filter(order=order).exists()


def test_own_pieces_that_are_gone_cannot_be_shipped() -> None:
    room = a_room(requires_verification=False)
    order = half_made_elsewhere(room)
    room.report(order, good=2)
    room.do(actions.approve, room.draft(1, item=room.product({room.item: 1})))
    with pytest.raises(StockShort) as raised:
        shipped(room, order, 10)
    assert (raised.value.data["wanted"], raised.value.data["available"]) == (2, 1)


def test_no_more_is_shipped_than_is_good() -> None:
    room = a_room(requires_verification=False)
    order = half_made_elsewhere(room)
    with pytest.raises(Invalid):
        shipped(room, order, 9)
