"""What a traced run makes: the lot or the number it goes into, with its date and its barcode, and what is only a label."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.problems import Duplicate, Invalid
from manufacturing.models import Item, Lot
from orders import actions, ledger
from orders.models import ProductionOrder
from orders.specs import Circumstances, Count
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.orders.tracing import run
from tests.orders.truth import require_truth
from tests.stores import lots_of

pytestmark = pytest.mark.django_db

JAN, FEB = (datetime(2027, month, 1, tzinfo=UTC) for month in (1, 2))
LONG = "L" * 100


@pytest.fixture(autouse=True)
def _all_ledgers_agree() -> object:
    yield
    require_truth()


def making(tracking: str, **facts: Any) -> tuple[Stage, Item, ProductionOrder]:
    stage = Stage()
    item = floor.an_item(stage.factory, tracking=tracking)
    return stage, item, stage.running(100, item=item, **facts)


def refused(stage: Stage, order: ProductionOrder, good: int, *, field: str, **where: Any) -> str:
    """The value that was taken already; the run left nothing."""
    before = everything()
    with pytest.raises(Duplicate) as caught:
        run(stage, order, good, **where)
    assert (everything(), caught.value.data["field"]) == (before, field)
    return str(caught.value.data["value"])


def test_a_lot_has_a_hundred_characters_a_date_and_a_barcode() -> None:
    stage, item, order = making("lot")
    entry = run(stage, order, 5, lot_number=LONG, best_before=JAN, barcode="7340012345678")
    lot = Lot.objects.get(item=item)
    assert (lot.code, lot.best_before, lot.barcode, entry.lot_number) == (LONG, JAN, "7340012345678", LONG)
    assert lots_of(item) == {LONG: (5, 0)}


def test_a_known_lot_gains_and_takes_the_barcode_that_it_had_not() -> None:
    stage, item, order = making("lot")
    run(stage, order, 5, lot_number="A")
    run(stage, order, 2, lot_number="A", barcode="1")
    run(stage, order, 3, lot_number="A", best_before=FEB)
    lot = Lot.objects.get(item=item)
    assert (lots_of(item), lot.barcode, lot.best_before) == ({"A": (10, 0)}, "1", FEB)


def test_another_date_or_barcode_is_another_lot() -> None:
    stage, _, order = making("lot")
    run(stage, order, 5, lot_number="A", best_before=JAN, barcode="1")
    assert refused(stage, order, 1, lot_number="A", best_before=FEB, field="lotNumber") == "A"
    assert refused(stage, order, 1, lot_number="A", barcode="2", field="barcode") == "2"
    run(stage, order, 1, lot_number="A", best_before=JAN, barcode="1")


def test_without_a_batch_the_lot_is_the_order_s_reference_up_to_a_hundred_characters() -> None:
    stage, item, order = making("lot", reference="R" * 100)
    run(stage, order, 5)
    assert lots_of(item) == {"R" * 100: (5, 0)}
    order.reference = "R" * 120
    assert ledger.default_lot(order, order.lines.get()) == "R" * 100


def test_a_number_has_its_barcode_and_the_batch_is_its_label() -> None:
    stage, item, order = making("serial")
    entry = run(stage, order, 1, serial_numbers=("S1",), lot_number="B-7", barcode="9", best_before=JAN)
    lot = Lot.objects.get(item=item)
    assert (lot.code, lot.serial, lot.barcode, lot.best_before) == ("S1", True, "9", JAN)
    assert (entry.lot_number, entry.serial_numbers, entry.serial_label) == ("B-7", ["S1"], None)
    assert refused(stage, order, 1, serial_numbers=("S1",), field="serialNumbers") == "S1"


def test_a_barcode_is_of_one_piece_not_of_several() -> None:
    stage, _, order = making("serial")
    before = everything()
    with pytest.raises(Invalid) as caught:
        run(stage, order, 2, serial_numbers=("S1", "S2"), barcode="9")
    assert (everything(), caught.value.data["field"]) == (before, "barcode")


@pytest.mark.parametrize("tracking", ["none", "lot"])
def test_where_nothing_is_kept_by_number_a_number_is_a_label(tracking: str) -> None:
    stage, item, order = making(tracking)
    entry = run(stage, order, 7, lot_number="B-7", serial_label="S-1")
    assert (entry.lot_number, entry.serial_label, entry.serial_numbers) == ("B-7", "S-1", [])
    assert lots_of(item) == {"B-7": (7, 0)}


def test_a_batch_of_what_is_not_tracked_is_a_lot_all_the_same_and_hinders_no_correction() -> None:
    """Its date and barcode have a place, and the genealogy knows it."""
    stage, item, order = making("none")
    run(stage, order, 7, lot_number="B-7", best_before=JAN, barcode="1")
    run(stage, order, 7, lot_number="B-8", best_before=FEB, barcode="2")
    floor.done(
        actions.report, order_id=order.pk, by=stage.by, count=Count(Decimal(-9), Decimal(0)), reason="miscounted",
        where=Circumstances(),
    )  # fmt: skip
    assert lots_of(item) == {"B-7": (5, 0)}
    assert dict(Lot.objects.filter(item=item).values_list("code", "barcode")) == {"B-7": "1", "B-8": "2"}
