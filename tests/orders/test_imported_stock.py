"""Orders of which pieces were made elsewhere: whatever is counted on them here, those pieces never touch our stock."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from factoryos.kernel.problems import Invalid
from manufacturing.models import StockMove
from manufacturing.problems import StockShort
from orders import actions
from orders.actions.report_counts import report_counts
from orders.machine_counts import MachineCount
from orders.materials.outlook import lacking, materials_of
from orders.materials.reserving import short_for, shortages_of
from orders.models import Assignment, OrderLine, ProductionOrder, QuantityEntry
from orders.problems import OverLimit, TotalBelowZero
from orders.specs import Share
from tests import floor
from tests.orders.importing import a_room, half_made_elsewhere, imported, totals
from tests.orders.storeroom import Storeroom, component_of, reserved_by, waits_for
from tests.orders.tracing import part, run
from tests.orders.truth import require_truth
from tests.stores import lots_of, moves_of, stock_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _everything_adds_up() -> object:
    yield
    require_truth()


def test_what_is_imported_moves_nothing_and_is_counted() -> None:
    room = a_room()
    order = room.draft(20)
    entry = imported(order, by=room.by, good=8, rejected=1)
    assert not StockMove.objects.filter(order=order).exists()
    assert totals(order) == (8, 8, 1, 1)
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.quantity_good, order.quantity_rejected) == (8, 1)
    entry.refresh_from_db()
    assert (entry.good, entry.imported_good, entry.rejected, entry.imported_rejected) == (8, 8, 1, 1)
    assert (entry.reason, entry.source, entry.machine_id) == ("stated", "ingest", None)
    imported(order, by=room.by, good=-3)
    assert totals(order) == (5, 5, 1, 1)


@pytest.mark.parametrize("amounts", [{"imported_good": 9}, {"imported_good": -1}, {"imported_rejected": 1}])
def test_the_database_lets_no_more_be_imported_than_there_is(amounts: dict[str, int]) -> None:
    room = a_room()
    order = room.draft(20)
    imported(order, by=room.by, good=8)
    with pytest.raises(IntegrityError, match="line_imported_is_a_part"), transaction.atomic():
        OrderLine.objects.filter(order=order).update(**amounts)


def test_only_what_is_to_be_made_here_is_reserved() -> None:
    room = a_room(stock=10_000)
    order = room.draft(500)
    imported(order, by=room.by, good=496, rejected=2)
    order = room.do(actions.schedule, order, shares=[Share(machine=room.machine)])
    assert (reserved_by(order), shortages_of(order.pk)) == ({None: 4}, [])
    (material,) = materials_of(order.pk)
    assert (material.required, material.used, material.missed, material.outstanding) == (4, 0, 0, 0)


def test_what_was_made_elsewhere_as_a_whole_takes_nothing_here() -> None:
    room = a_room(stock=0, material_policy="strict")
    order = room.draft(20)
    imported(order, by=room.by, good=25)
    assert lacking([order.pk], states=["draft"]) == {}
    order = room.do(actions.approve, order)
    assert (reserved_by(order), waits_for(order)) == ({}, {})


def test_what_would_lack_is_judged_by_what_is_made_here() -> None:
    room = a_room(stock=10)
    order = room.draft(20)
    imported(order, by=room.by, good=15)
    line = OrderLine.objects.get(order=order)
    assert short_for(order.pk, line_id=line.pk, target=Decimal(20)) == []
    (short,) = short_for(order.pk, line_id=line.pk, target=Decimal(21))
    assert (short["required"], short["short"]) == (12, 2)
    assert lacking([order.pk], states=["draft"]) == {}
    imported(order, by=room.by, good=-1)
    assert lacking([order.pk], states=["draft"]) == {order.pk: [room.part.sku]}


def test_a_report_beside_imported_pieces_uses_and_receives_its_own() -> None:
    room = a_room()
    order = half_made_elsewhere(room)
    entry = room.report(order, good=3, rejected=1)
    assert (entry.imported_good, entry.imported_rejected) == (0, 0)
    assert totals(order) == (11, 8, 1, 0)
    assert stock_of(room.item) == (3, 0)
    assert room.stock() == (92, 16)
    assert component_of(order).consumed == 8


def test_a_correction_takes_own_pieces_first_and_gives_back_what_those_took() -> None:
    room = a_room()
    order = half_made_elsewhere(room)
    room.report(order, good=3)
    entry = room.report(order, good=-2, reason="miscounted")
    assert (entry.imported_good, totals(order)) == (0, (9, 8, 0, 0))
    assert (stock_of(room.item), room.stock()) == ((1, 0), (98, 22))

    entry = room.report(order, good=-4, reason="miscounted", machine_id=None)
    assert (entry.good, entry.imported_good, totals(order)) == (-4, -3, (5, 5, 0, 0))
    assert (stock_of(room.item), component_of(order).consumed) == ((0, 0), 0)
    assert moves_of(room.item)[-1] == ("production", -1, None)


def test_imported_pieces_that_are_taken_back_are_to_be_made_here() -> None:
    """More is needed now than was reserved: the order waits for it, and is served in its turn."""
    room = a_room()
    order = half_made_elsewhere(room)
    assert reserved_by(order) == {None: 24}
    room.report(order, good=-3, reason="never arrived")
    assert waits_for(order) == {room.part.sku: 6}
    (short,) = shortages_of(order.pk)
    assert (short["required"], short["reserved"], short["short"]) == (30, 24, 6)


def test_scrap_of_what_was_made_elsewhere_uses_nothing() -> None:
    room = a_room()
    order = half_made_elsewhere(room)
    entry = room.report(order, good=-2, rejected=2, reason="bent")
    assert (entry.imported_good, entry.imported_rejected) == (-2, 2)
    assert totals(order) == (6, 6, 2, 2)
    assert (StockMove.objects.filter(order=order).count(), waits_for(order)) == (0, {})
    room.report(order, good=2, rejected=-2, reason="not bent")
    assert (totals(order), StockMove.objects.filter(order=order).count()) == ((8, 8, 0, 0), 0)


def test_scrap_takes_own_good_pieces_out_of_stock_and_keeps_what_they_used() -> None:
    room = a_room()
    order = half_made_elsewhere(room)
    room.report(order, good=1)
    room.report(order, good=-3, rejected=3, reason="bent")
    assert totals(order) == (6, 6, 3, 2)
    assert (stock_of(room.item), component_of(order).consumed) == ((0, 0), 2)


def test_no_more_is_taken_back_than_there_is() -> None:
    room = a_room()
    order = half_made_elsewhere(room)
    room.report(order, good=1)
    with pytest.raises(TotalBelowZero):
        room.report(order, good=-10, reason="miscounted")
    assert totals(order) == (9, 8, 0, 0)


def test_own_pieces_that_are_gone_cannot_be_taken_back_however_many_are_imported() -> None:
    room = a_room()
    order = half_made_elsewhere(room)
    room.report(order, good=2)
    other = room.draft(2, item=room.product({room.item: 1}))
    room.do(actions.approve, other)
    with pytest.raises(StockShort):
        room.report(order, good=-3, reason="miscounted")
    assert (totals(order), stock_of(room.item)) == ((10, 8, 0, 0), (2, 2))


def test_a_lot_holds_what_was_made_here() -> None:
    room = a_room("lot")
    order = half_made_elsewhere(room)
    room.report(order, good=2, lot_number="L1")
    room.report(order, good=1, lot_number="L2")
    assert lots_of(room.item) == {"L1": (2, 0), "L2": (1, 0)}
    with pytest.raises(TotalBelowZero):
        room.report(order, good=-2, lot_number="L2", reason="miscounted")
    entry = room.report(order, good=-5, reason="miscounted")
    assert (entry.imported_good, lots_of(room.item)) == (-2, {})
    assert totals(order) == (6, 6, 0, 0)


def refused(room: Storeroom, order: ProductionOrder, **report: Any) -> str:
    """What is said of it."""
    with pytest.raises(Invalid) as raised:
        room.report(order, **report)
    return str(raised.value.data["messages"])


def test_serial_numbers_are_those_of_pieces_made_here() -> None:
    room = a_room("serial")
    order = half_made_elsewhere(room, rejected=2)
    room.report(order, good=2, serial_numbers=("S1", "S2"))
    entry = room.report(order, good=-3, reason="miscounted")
    assert (entry.imported_good, lots_of(room.item)) == (-1, {})
    assert "as good pieces that were made here" in refused(
        room, order, good=1, rejected=-1, reason="good after all", serial_numbers=("S3",)
    )
    entry = room.report(order, good=1, rejected=-1, reason="good after all")
    assert (entry.imported_good, entry.imported_rejected, lots_of(room.item)) == (1, -1, {})
    assert "made here" not in refused(room, order, good=1)
    room.report(order, good=1, serial_numbers=("S1",))
    assert lots_of(room.item) == {"S1": (1, 0)}


def test_a_machine_counts_its_own_beside_imported_pieces() -> None:
    room = a_room()
    order = half_made_elsewhere(room)
    now = order.actual_start
    assert now is not None
    counts = [
        MachineCount(room.machine.pk, Decimal(good), Decimal(1), at=now, as_of=now, key=f"K{good}") for good in (4, 5)
    ]
    floor.done(report_counts, counts=counts)
    assert totals(order) == (17, 8, 2, 0)
    assert (stock_of(room.item), component_of(order).consumed) == ((9, 0), 22)
    assert set(QuantityEntry.objects.filter(source="machine").values_list("imported_good", "imported_rejected")) == {
        (0, 0)
    }


def test_what_no_machine_of_ours_counted_is_taken_from_none() -> None:
    room = a_room()
    order = half_made_elsewhere(room)
    room.report(order, good=2)
    assert room.report(order, good=-5, reason="miscounted").machine_id is None
    assert Assignment.objects.get(order=order).produced == 2
    with pytest.raises(TotalBelowZero):
        room.report(order, good=-5, reason="miscounted", machine_id=room.machine.pk)


def test_a_traced_run_may_use_what_is_to_be_made_here() -> None:
    room = a_room()
    order = half_made_elsewhere(room, target=10)
    with pytest.raises(OverLimit):
        run(room, order, 2, part(room.part, 5), limited=True)
    run(room, order, 2, part(room.part, 4), limited=True)
    assert (totals(order), stock_of(room.item), component_of(order).consumed) == ((10, 8, 0, 0), (2, 0), 4)
    run(room, order, 1, part(room.part, 1))
    assert (component_of(order).consumed, component_of(order).spared) == (5, 1)
