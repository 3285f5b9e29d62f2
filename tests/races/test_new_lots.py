"""Lots, serial numbers and balances that come into being in the same instant: made once, and a piece is received once."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from factoryos.kernel.problems import Duplicate
from manufacturing.models import Lot, StockBalance, StockLocation, StockMove
from manufacturing.stock import lots as stock_lots
from orders.models import ProductionOrder
from tests.races.stockroom import Stockroom, deadlocks, figures, refused, require_true_ledgers
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

SUMMER, AUTUMN = datetime(2030, 6, 1, tzinfo=UTC), datetime(2030, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize("attempt", range(3))
def test_a_lot_named_by_twelve_at_once_is_made_once_and_holds_all_they_brought(attempt: int) -> None:
    room = Stockroom()
    resin = room.material(tracking="lot")
    assert refused(at_once(*(lambda: room.receive(resin, 5, lot_number="L-7") for _ in range(12)))) == []
    assert (Lot.objects.count(), StockBalance.objects.filter(item=resin).count()) == (1, 1)
    assert figures(resin) == (60, 0)
    require_true_ledgers()


def test_stock_without_lots_that_twelve_bring_first_lies_in_one_balance() -> None:
    room = Stockroom()
    resin = room.material()
    assert refused(at_once(*(lambda: room.receive(resin, 5) for _ in range(12)))) == []
    assert (StockBalance.objects.filter(item=resin).count(), figures(resin)) == (1, (60, 0))


def test_a_new_lot_brought_with_two_dates_at_once_has_the_first_and_the_other_is_told() -> None:
    room = Stockroom()
    resin = room.material(tracking="lot")
    dates = [SUMMER, AUTUMN] * 3
    told = refused(at_once(
        *(lambda date=date: room.receive(resin, 5, lot_number="L-7", best_before=date) for date in dates)
    ))  # fmt: skip
    assert [type(problem) for problem in told] == [Duplicate] * 3
    assert figures(resin) == (15, 0)


@pytest.mark.parametrize("attempt", range(3))
def test_a_serial_number_brought_by_several_at_once_is_one_piece(attempt: int) -> None:
    room = Stockroom()
    motor = room.material(tracking="serial")
    told = refused(at_once(*(lambda: room.receive(motor, 1, serial_numbers=("S-1",)) for _ in range(6))))
    assert [type(problem) for problem in told] == [Duplicate] * 5, told
    assert figures(motor) == (1, 0)


@pytest.mark.parametrize("attempt", range(3))
def test_a_serial_number_brought_to_two_places_at_once_is_one_piece(attempt: int) -> None:
    """Two balances, so their locks do not meet: the number itself must be what is waited for."""
    room = Stockroom()
    motor = room.material(tracking="serial")
    places = [StockLocation.objects.create(factory=room.factory, code=f"P{n}", name=f"Place {n}") for n in range(4)]
    told = refused(at_once(
        *(lambda place=place: room.receive(motor, 1, serial_numbers=("S-1",), location=place) for place in places)
    ))  # fmt: skip
    assert [type(problem) for problem in told] == [Duplicate] * 3, told
    assert figures(motor) == (1, 0)


@pytest.mark.parametrize("attempt", range(3))
def test_a_serial_number_made_by_two_orders_at_once_is_one_piece_and_one_count(attempt: int) -> None:
    room = Stockroom()
    motor = room.product({room.material(10): 1}, tracking="serial")
    orders = [room.running(motor, 2), room.running(motor, 2)]
    told = refused(at_once(*(room.reporting(order, 1, serial_numbers=("S-1",)) for order in orders)))
    assert [type(problem) for problem in told] == [Duplicate], told
    assert figures(motor) == (1, 0)
    assert sorted(ProductionOrder.objects.values_list("quantity_good", flat=True)) == [0, 1]
    require_true_ledgers()


@pytest.mark.parametrize("attempt", range(3))
def test_a_piece_that_was_taken_back_can_be_made_again_but_only_by_one(attempt: int) -> None:
    """Its lot is known then and nothing is inserted that could be waited for."""
    room = Stockroom()
    motor = room.product({room.material(10): 1}, tracking="serial")
    order = room.running(motor, 2)
    room.reporting(order, 1, serial_numbers=("S-1",))()
    room.reporting(order, -1, reason="miscounted")()
    told = refused(at_once(*(lambda: room.receive(motor, 1, serial_numbers=("S-1",)) for _ in range(4))))
    assert [type(problem) for problem in told] == [Duplicate] * 3, told
    assert figures(motor) == (1, 0)


def test_many_serial_numbers_brought_crosswise_never_deadlock() -> None:
    room = Stockroom()
    motor = room.material(tracking="serial")
    numbers = tuple(f"S-{number}" for number in range(20))
    before = deadlocks()
    told = refused(at_once(
        *(lambda turned=turned: room.receive(motor, 20, serial_numbers=turned) for turned in (numbers, numbers[::-1]) * 3)
    ))  # fmt: skip
    assert [type(problem) for problem in told] == [Duplicate] * 5, told
    assert (figures(motor), deadlocks()) == ((20, 0), before)


def test_control_asked_before_the_lot_is_locked_the_piece_is_received_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Stockroom()
    motor = room.material(tracking="serial")
    barrier, ask = threading.Barrier(2), stock_lots._refuse_known_pieces

    def asked_too_soon(*args: Any) -> None:
        ask(*args)
        barrier.wait(10)

    monkeypatch.setattr(stock_lots, "_lock", lambda lot_ids: None)
    monkeypatch.setattr(stock_lots, "_refuse_known_pieces", asked_too_soon)
    Lot.objects.create(factory=room.factory, item=motor, code="S-1", serial=True)
    assert refused(at_once(*(lambda: room.receive(motor, 1, serial_numbers=("S-1",)) for _ in range(2)))) == []
    assert (figures(motor), StockMove.objects.count()) == ((2, 0), 2)
