"""Finished pieces: into their lot or under their numbers, taken back last first, shipped once."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.problems import Duplicate, Invalid
from manufacturing.models import Item, Lot, StockMove
from manufacturing.problems import StockShort
from orders import actions, proof_of_ledgers
from orders.models import ProductionOrder
from orders.problems import TotalBelowZero
from orders.specs import Circumstances, Count, NewLine, Share
from quality.models import Output
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.stores import a_bom, delivered, lots_of, moves_of, stock_of

pytestmark = pytest.mark.django_db

JAN, FEB = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _all_ledgers_agree() -> object:
    yield
    assert not list(proof_of_ledgers.faults())


class Plant(Stage):
    """One whose product is tracked so."""

    def __init__(self, tracking: str, **facts: Any) -> None:
        super().__init__(**facts)
        Item.objects.filter(pk=self.item.pk).update(tracking=tracking)
        self.item.refresh_from_db()


def refused(plant: Plant, order: ProductionOrder, problem: type[Exception], **report: Any) -> Any:
    """Nothing is moved by it."""
    moves, stock = StockMove.objects.count(), lots_of(plant.item)
    with pytest.raises(problem) as raised:
        plant.report(order, **report)
    assert (StockMove.objects.count(), lots_of(plant.item)) == (moves, stock)
    return raised.value


def used_up(plant: Plant, quantity: int) -> ProductionOrder:
    """Another order that has reserved so many of the product."""
    other = floor.an_item(plant.factory)
    a_bom(plant.by, other, {plant.item: 1})
    order = floor.done(actions.create, by=plant.by, lines=[NewLine(other, Decimal(quantity))])
    return plant.do(actions.approve, order)


def test_pieces_without_tracking_have_no_lot() -> None:
    plant = Plant("none")
    order = plant.running(batch_number="B7")
    plant.report(order, good=3)
    assert lots_of(plant.item) == {None: (3, 0)}


def test_pieces_go_into_the_batch_or_the_lot_that_is_named() -> None:
    plant = Plant("lot")
    order = plant.running(batch_number="B7")
    plant.report(order, good=3)
    plant.report(order, good=2, lot_number="L2", best_before=JAN)
    assert lots_of(plant.item) == {"B7": (3, 0), "L2": (2, 0)}
    assert dict(Lot.objects.values_list("code", "best_before")) == {"B7": None, "L2": JAN}
    assert dict(Output.objects.values_list("lot__code", "quantity")) == {"B7": 3, "L2": 2}


def test_a_lot_with_another_best_before_date_is_refused() -> None:
    plant = Plant("lot")
    order = plant.running()
    plant.report(order, good=1, lot_number="L2", best_before=JAN)
    refused(plant, order, Duplicate, good=1, lot_number="L2", best_before=FEB)
    plant.report(order, good=1, lot_number="L2")
    assert lots_of(plant.item) == {"L2": (2, 0)}


def test_each_piece_goes_under_its_serial_number() -> None:
    plant = Plant("serial")
    order = plant.running(5)
    plant.report(order, good=2, rejected=1, serial_numbers=("S1", "S2"))
    assert lots_of(plant.item) == {"S1": (1, 0), "S2": (1, 0)}
    assert refused(plant, order, Duplicate, good=2, serial_numbers=("S3", "S2")).data["value"] == "S2"
    refused(plant, order, Duplicate, good=2, serial_numbers=("S3", "S3"))
    refused(plant, order, Invalid, good=2, serial_numbers=("S3",))


def test_a_piece_that_was_taken_back_may_be_made_again() -> None:
    plant = Plant("serial")
    order = plant.running(5)
    plant.report(order, good=2, serial_numbers=("S1", "S2"))
    plant.report(order, good=-1, serial_numbers=("S1",), reason="not made after all")
    assert lots_of(plant.item) == {"S2": (1, 0)}
    refused(plant, order, Duplicate, good=1, serial_numbers=("S2",))
    plant.report(order, good=1, serial_numbers=("S1",))
    assert lots_of(plant.item) == {"S1": (1, 0), "S2": (1, 0)}


def test_a_piece_that_was_used_is_still_known() -> None:
    plant = Plant("serial")
    order = plant.running(5)
    plant.report(order, good=1, serial_numbers=("S1",))
    plant.report(plant.do(actions.start, used_up(plant, 1)), good=1)
    assert lots_of(plant.item) == {}
    refused(plant, order, Duplicate, good=1, serial_numbers=("S1",))


def test_what_is_tracked_by_lot_goes_into_its_lot_whatever_numbers_are_told() -> None:
    plant = Plant("lot")
    order = plant.running(batch_number="B7")
    entry = plant.report(order, good=2, serial_numbers=("S1", "S2"))
    assert (lots_of(plant.item), entry.serial_numbers) == ({"B7": (2, 0)}, ["S1", "S2"])
    plant.report(order, good=-1, serial_numbers=("S1",), reason="miscounted")
    assert lots_of(plant.item) == {"B7": (1, 0)}


def test_the_last_received_pieces_are_taken_back_first() -> None:
    plant = Plant("lot")
    order = plant.running()
    for lot in ("L1", "L2", "L1"):
        plant.report(order, good=2, lot_number=lot)
    plant.report(order, good=-3, reason="miscounted")
    assert lots_of(plant.item) == {"L1": (2, 0), "L2": (1, 0)}
    assert [move for move in moves_of(plant.item) if move[1] < 0] == [
        ("production", -2, "L1"),
        ("production", -1, "L2"),
    ]


def test_from_a_lot_that_is_named_no_more_is_taken_back_than_went_in() -> None:
    plant = Plant("lot")
    delivered(plant.by, plant.item, 50, "L1")
    order = plant.running()
    plant.report(order, good=2, lot_number="L1")
    plant.report(order, good=9, lot_number="L2")
    refused(plant, order, TotalBelowZero, good=-3, lot_number="L1", reason="miscounted")
    refused(plant, order, TotalBelowZero, good=-1, lot_number="L3", reason="miscounted")
    plant.report(order, good=-2, lot_number="L1", reason="miscounted")
    assert lots_of(plant.item) == {"L1": (50, 0), "L2": (9, 0)}


def test_pieces_that_are_promised_or_gone_cannot_be_taken_back() -> None:
    plant = Plant("none")
    order = plant.running(10)
    plant.report(order, good=10)
    other = used_up(plant, 8)
    problem = refused(plant, order, StockShort, good=-3, reason="miscounted")
    assert (problem.data["sku"], problem.data["wanted"], problem.data["available"]) == (plant.item.sku, 3, 2)
    plant.report(plant.do(actions.start, other), good=8)
    refused(plant, order, StockShort, good=-3, reason="miscounted")
    plant.report(order, good=-2, reason="miscounted")
    assert stock_of(plant.item) == (0, 0)


def test_verification_cannot_take_back_what_is_gone() -> None:
    plant = Plant("none")
    order = plant.running(10)
    plant.report(order, good=10)
    order = plant.do(actions.complete, order)
    used_up(plant, 8)
    before = everything()
    with pytest.raises(StockShort):
        plant.verify(order, good=7, rejected=3)
    assert everything() == before
    plant.verify(order, good=8, rejected=2)
    assert stock_of(plant.item) == (8, 8)


def shipped(plant: Plant, *targets: int, good: dict[str, int], quantity: int) -> ProductionOrder:
    """An order closed with a shipment, its pieces in these lots."""
    order = plant.running(*targets)
    for lot, pieces in good.items():
        plant.report(order, good=pieces, lot_number=lot)
    order = plant.do(actions.complete, order)
    return plant.do(actions.close, order, shipment={"carrier": "DHL", "quantity": Decimal(quantity)})


def test_what_is_shipped_leaves_the_stock() -> None:
    plant = Plant("lot", requires_verification=False)
    order = shipped(plant, 10, good={"L1": 4, "L2": 5}, quantity=6)
    assert lots_of(plant.item) == {"L2": (3, 0)}
    kinds = StockMove.objects.filter(order=order, kind="shipment").values_list("quantity", flat=True)
    assert sorted(kinds) == [-4, -2]


def test_a_shipment_takes_only_the_orders_own_pieces() -> None:
    plant = Plant("lot", requires_verification=False)
    delivered(plant.by, plant.item, 100, "L0")
    delivered(plant.by, plant.item, 100, "L1")
    shipped(plant, 10, good={"L1": 2, "L2": 2}, quantity=4)
    assert lots_of(plant.item) == {"L0": (100, 0), "L1": (100, 0)}


def test_pieces_that_are_gone_cannot_be_shipped() -> None:
    plant = Plant("none", requires_verification=False)
    order = plant.running(10)
    plant.report(order, good=10)
    order = plant.do(actions.complete, order)
    used_up(plant, 7)
    before = everything()
    with pytest.raises(StockShort) as raised:
        actions.close(order_id=order.pk, by=plant.by, shipment={"quantity": Decimal(4)})
    assert everything() == before
    assert (raised.value.data["wanted"], raised.value.data["available"]) == (4, 3)
    plant.do(actions.close, order, shipment={"quantity": Decimal(3)})
    assert stock_of(plant.item) == (7, 7)


def test_a_close_without_a_quantity_moves_no_stock() -> None:
    plant = Plant("none", requires_verification=False)
    order = plant.running(10)
    plant.report(order, good=10)
    plant.do(actions.close, plant.do(actions.complete, order), shipment={"carrier": "DHL"})
    assert stock_of(plant.item) == (10, 0)


def test_each_lines_pieces_are_of_its_item() -> None:
    plant = Plant("none")
    other = floor.an_item(plant.factory)
    lines = [NewLine(plant.item, Decimal(5)), NewLine(other, Decimal(5))]
    order = floor.done(actions.create, by=plant.by, lines=lines)
    order = plant.do(actions.start, plant.do(actions.schedule, order, shares=[Share(machine=plant.machine)]))
    second = order.lines.get(item=other)
    floor.done(
        actions.report, order_id=order.pk, by=plant.by, count=Count(Decimal(2), Decimal(0)),
        where=Circumstances(line_id=second.pk),
    )  # fmt: skip
    assert (stock_of(plant.item), stock_of(other)) == ((0, 0), (2, 0))
