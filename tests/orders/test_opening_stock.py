"""What was counted before there was stock becomes stock, as the migration's own statement makes it of rows as they were."""

from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection, transaction

from manufacturing.models import Item, Lot, StockMove
from orders import actions, proof_of_ledgers
from orders.models import ProductionOrder, QuantityEntry
from quality.models import Output
from tests import floor
from tests.orders.stage import Stage
from tests.stores import lots_of

pytestmark = pytest.mark.django_db(transaction=True)

OPEN = import_module("orders.migrations.0006_opening_stock").OPEN
AFTER = (
    "quality_output", "quality_consumption", "manufacturing_stockmove", "manufacturing_reservation",
    "manufacturing_stockbalance", "manufacturing_lot", "manufacturing_stocklocation",
)  # fmt: skip


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield Stage()
    assert not list(proof_of_ledgers.faults())


def tracked(stage: Stage, tracking: str) -> Item:
    Item.objects.filter(pk=stage.item.pk).update(tracking=tracking)
    stage.item.refresh_from_db()
    return stage.item


def opened() -> None:
    """Forget all stock, as it was before there was any, and open it from the entries."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in AFTER:
            cursor.execute(f"DELETE FROM {table}")
    assert proof_of_ledgers_says_something() == QuantityEntry.objects.exclude(good=0).exists()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(OPEN)


def proof_of_ledgers_says_something() -> bool:
    return bool(list(proof_of_ledgers.faults()))


def test_every_entry_of_good_pieces_becomes_a_move(stage: Stage) -> None:
    order = stage.running()
    stage.report(order, good=5, rejected=2)
    stage.report(order, rejected=1)
    stage.report(order, good=-2, reason="miscounted")
    opened()
    assert lots_of(stage.item) == {None: (3, 0)}
    moves = StockMove.objects.order_by("entry_id")
    entries = QuantityEntry.objects.exclude(good=0).order_by("id")
    assert [(m.entry_id, m.quantity, m.order_id, m.actor_id, m.at) for m in moves] == [
        (e.pk, e.good, order.pk, e.actor_id, e.at) for e in entries
    ]


def test_pieces_in_lots_open_in_their_lots(stage: Stage) -> None:
    item = tracked(stage, "lot")
    order = stage.running(batch_number="B7")
    stage.report(order, good=5)
    stage.report(order, good=4, lot_number="L2")
    stage.report(order, good=-1, reason="miscounted")
    opened()
    assert lots_of(item) == {"B7": (5, 0), "L2": (3, 0)}
    assert set(Lot.objects.values_list("code", "factory_id")) == {("B7", stage.factory.pk), ("L2", stage.factory.pk)}
    assert dict(Output.objects.values_list("lot__code", "quantity")) == {"B7": 5, "L2": 3}


def test_where_a_lot_would_be_below_nothing_the_item_opens_without_lots(stage: Stage) -> None:
    item = tracked(stage, "lot")
    order = stage.running()
    stage.report(order, good=5, lot_number="L1")
    stage.report(order, good=4, lot_number="L2")
    stage.report(order, good=-5, lot_number="L1", reason="miscounted")
    with transaction.atomic(), connection.cursor() as cursor:  # as it could be written before lots had balances
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE orders_quantityentry SET lot_number = 'L2' WHERE good = -5")
    opened()
    assert (lots_of(item), Lot.objects.exists()) == ({None: (4, 0)}, False)


def test_a_plant_without_entries_opens_with_nothing_but_its_store(stage: Stage) -> None:
    stage.running()
    opened()
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, factory_id FROM manufacturing_stocklocation")
        assert cursor.fetchall() == [("main", stage.factory.pk)]
    assert not StockMove.objects.exists()


def test_what_was_opened_can_be_corrected_verified_and_shipped(stage: Stage) -> None:
    order = stage.running(10)
    stage.report(order, good=8)
    opened()
    stage.report(order, good=-2, reason="miscounted")
    order = stage.do(actions.complete, order)
    stage.verify(order, good=5, rejected=1)
    stage.do(actions.close, ProductionOrder.objects.get(pk=order.pk), shipment={"quantity": Decimal(4)})
    assert lots_of(stage.item) == {None: (1, 0)}


def test_corrections_take_back_from_the_last_entries_of_their_own_line_and_lot(stage: Stage) -> None:
    tracked(stage, "lot")
    first, other = stage.running(), stage.running(on=[floor.a_machine(stage.factory)])
    runs = [
        stage.report(first, good=good, lot_number=lot) for good, lot in ((3, "L1"), (7, "L2"), (4, "L1"), (2, "L1"))
    ]
    stage.report(other, good=9, lot_number="L1")
    for good in (-3, -4):
        stage.report(first, good=good, lot_number="L1", reason="miscounted")
    opened()
    assert [Output.objects.filter(run=run).values_list("quantity", flat=True).first() for run in runs] == [2, 7, 0, 0]
    taken = StockMove.objects.filter(quantity__lt=0).values_list("run_id", "quantity")
    assert sorted(taken) == [(runs[0].pk, -1), (runs[2].pk, -3), (runs[2].pk, -1), (runs[3].pk, -2)]


def test_a_lot_that_another_order_filled_does_not_hide_what_a_line_lacks(stage: Stage) -> None:
    item = tracked(stage, "lot")
    first, other = stage.running(), stage.running(on=[floor.a_machine(stage.factory)])
    stage.report(first, good=5, lot_number="L1")
    stage.report(other, good=5, lot_number="L2")
    stage.report(other, good=-2, lot_number="L2", reason="miscounted")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE orders_quantityentry SET lot_number = 'L1' WHERE good = -2")
    opened()
    assert lots_of(item) == {None: (8, 0)}
