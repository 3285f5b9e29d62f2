"""Whoever changes stock, reservations or genealogy past the triggers is found, to the row."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from orders import proof_of_ledgers
from orders.models import ProductionOrder
from tests.orders.importing import half_made_elsewhere
from tests.orders.storeroom import Storeroom, component_of
from tests.orders.test_verify_history import past_the_triggers
from tests.orders.tracing import part, run
from tests.stores import named

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order() -> ProductionOrder:
    """One that has used a lot as its BOM says and beyond it, gave some back, and has more reserved."""
    room = Storeroom(per_unit=2, tracking="lot")
    room.deliver(100, "L1")
    order = room.running(20)
    room.report(order, good=3, rejected=1)
    room.report(order, good=2, consumed_lots=(named(room.part, "L1", 5),))
    room.report(order, good=-1, reason="miscounted")
    assert not list(proof_of_ledgers.faults())
    return order


BALANCE = "UPDATE manufacturing_stockbalance SET {} WHERE on_hand > 10"
# What is done, and which proof says so in which words.
TAMPERINGS = [
    (BALANCE.format("on_hand = on_hand + 1"), "manufacturing_stockbalance", "on hand is 90 and reserved 30"),
    (BALANCE.format("reserved = reserved - 1"), "manufacturing_stockbalance",
     "reserved 29, its moves add up to 89 and reservations to 30"),
    ("UPDATE manufacturing_reservation SET quantity = quantity + 1", "manufacturing_stockbalance", "reservations to 31"),
    ("DELETE FROM manufacturing_reservation", "manufacturing_stockbalance", "reservations to 0"),
    ("UPDATE manufacturing_stockmove SET quantity = 101 WHERE kind = 'receipt'", "manufacturing_stockbalance",
     "its moves add up to 90"),
    ("DELETE FROM manufacturing_stockmove WHERE kind = 'receipt'", "manufacturing_stockbalance", "its moves add up to -11"),
    ("UPDATE orders_ordercomponent SET consumed = consumed + 1", "orders_ordercomponent", "consumed is 11 and beyond the BOM 1"),
    ("UPDATE orders_ordercomponent SET over_consumed = 0", "orders_ordercomponent",
     "beyond the BOM 0, its moves add up to 10 and 1"),
    ("UPDATE manufacturing_stockmove SET component_id = NULL WHERE kind = 'return'", "orders_ordercomponent",
     "its moves add up to 12 and 1"),
    ("UPDATE manufacturing_stockmove SET kind = 'adjustment' WHERE kind = 'over_consumption'", "orders_ordercomponent",
     "its moves add up to 10 and 0"),
    ("UPDATE manufacturing_stockmove SET quantity = 4 WHERE kind = 'production' AND quantity = 3", "manufacturing_stockmove",
     "3 good pieces were reported, 4 were moved into stock"),
    ("DELETE FROM manufacturing_stockmove WHERE kind = 'production' AND quantity < 0", "manufacturing_stockmove",
     "-1 good pieces were reported, 0 were moved"),
    ("UPDATE quality_consumption SET quantity = quantity + 1 WHERE quantity = 8", "quality_consumption",
     "its links say that 9 of item"),
    ("DELETE FROM quality_consumption WHERE quantity = 8", "quality_consumption", "its links say that 0 of item"),
    ("UPDATE quality_consumption SET lot_id = NULL WHERE quantity = 8", "quality_consumption", "the moves say 0"),
    ("UPDATE quality_output SET quantity = 2 WHERE quantity = 3", "quality_output", "its links say that 2 of item"),
    ("DELETE FROM quality_output", "quality_output", "0 of item"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "table", "text"), TAMPERINGS)
def test_what_was_changed_past_the_triggers_is_named(order: ProductionOrder, sql: str, table: str, text: str) -> None:
    past_the_triggers(sql.replace("%", "%%"))
    found = [fault for fault in proof_of_ledgers.faults() if fault.table == table]
    assert any(text in fault.text for fault in found), found
    err = StringIO()
    with pytest.raises(CommandError, match="differ"):
        call_command("verify_ledgers", skip_checks=True, stderr=err)
    assert table in err.getvalue()


def test_an_entry_without_its_move_is_named_with_its_order(order: ProductionOrder) -> None:
    past_the_triggers("DELETE FROM manufacturing_stockmove WHERE kind = 'production' AND quantity = %s", Decimal(2))
    (fault,) = [fault for fault in proof_of_ledgers.faults() if fault.table == "manufacturing_stockmove"]
    assert fault.order == order.reference
    assert fault.row == order.entries.get(good=2).pk


SPARED = "UPDATE orders_quantityentry SET spared = {} WHERE good {} 0"
SPARED_TAMPERINGS = [
    ("UPDATE orders_ordercomponent SET spared = spared + 1", "spared is 5, its entries add up to 4"),
    ("UPDATE orders_ordercomponent SET spared = 0", "spared is 0, its entries add up to 4"),
    (SPARED.format("'[]'", "<"), "spared is 4, its entries add up to 5"),
    (SPARED.format("jsonb_set(spared, '{0,quantity}', '\"6\"')", ">"), "spared is 4, its entries add up to 5"),
    (SPARED.format("jsonb_set(spared, '{0,component}', '0')", ">"), "spared is 0, its entries add up to 5"),
]


@pytest.mark.parametrize(("sql", "text"), SPARED_TAMPERINGS)
def test_what_was_spared_is_what_the_entries_say(sql: str, text: str) -> None:
    room = Storeroom(per_unit=2, stock=100)
    order = room.running(20)
    run(room, order, 5, part(room.part, 5))
    room.report(order, good=-3, reason="miscounted")
    assert (component_of(order).spared, list(proof_of_ledgers.faults())) == (4, [])
    past_the_triggers(sql)
    found = [fault.text for fault in proof_of_ledgers.faults() if fault.table == "orders_ordercomponent"]
    assert any(text in fault for fault in found), found


LINE = "UPDATE orders_orderline SET {}"
ENTRY = "UPDATE orders_quantityentry SET {} WHERE source = 'ingest'"
IMPORTED_TAMPERINGS = [
    (LINE.format("imported_good = imported_good - 1"), "orders_orderline",
     "imported are 7 good and 2 rejected, its entries add up to 8 and 2"),
    (LINE.format("imported_rejected = 0"), "orders_orderline",
     "imported are 8 good and 0 rejected, its entries add up to 8 and 2"),
    (ENTRY.format("imported_rejected = 1"), "orders_orderline", "2 rejected, its entries add up to 8 and 1"),
    (ENTRY.format("imported_good = 7"), "manufacturing_stockmove",
     "8 good pieces were reported, of which 7 were imported, 0 were moved into stock"),
    (ENTRY.format("imported_good = 0"), "manufacturing_stockmove",
     "8 good pieces were reported, 0 were moved into stock"),
    ("UPDATE orders_quantityentry SET imported_good = 1 WHERE source = 'manual'", "manufacturing_stockmove",
     "3 good pieces were reported, of which 1 were imported, 3 were moved into stock"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "table", "text"), IMPORTED_TAMPERINGS)
def test_what_was_made_elsewhere_is_what_the_entries_say(sql: str, table: str, text: str) -> None:
    room = Storeroom(per_unit=2, stock=100)
    order = half_made_elsewhere(room, rejected=2)
    room.report(order, good=3)
    assert not list(proof_of_ledgers.faults())
    past_the_triggers(sql)
    found = [(fault.order, fault.text) for fault in proof_of_ledgers.faults() if fault.table == table]
    assert any(reference == order.reference and text in said for reference, said in found), found
