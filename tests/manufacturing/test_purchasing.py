"""What is ordered from suppliers: what came in of it is what its receipts say, whoever booked them at once."""

import threading
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import ROLES
from factoryos.kernel.problems import Duplicate, Invalid, NotFound, RoleMissing
from manufacturing import purchasing
from manufacturing.catalogue.items import change_item, create_item
from manufacturing.catalogue.suppliers import create_supplier, rename_supplier
from manufacturing.models import PurchaseOrder, PurchaseOrderLine, StockLocation, StockMove, Supplier
from manufacturing.problems import CalledOff
from manufacturing.purchasing import Wanted, call_off, order_goods, receive_ordered
from orders import proof_of_ledgers
from tests import floor
from tests.evidence import everything
from tests.stores import lots_of, stock_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db

MAY = datetime(2027, 5, 3, tzinfo=UTC)
STORES = {"admin", "planner", "engineer", "operator"}


@pytest.fixture
def by() -> Actor:
    return floor.an_actor(floor.a_factory())


def ordered(by: Actor, quantity: int = 500, **item: Any) -> PurchaseOrderLine:
    """A line of so much of a new item."""
    supplier = create_supplier(by=by, name="Johor Polymers")
    wanted = Wanted(create_item(by=by, sku="RESIN", name="Resin", **item), Decimal(quantity), MAY)
    order = order_goods(by=by, supplier=supplier, reference="PUR-1", lines=[wanted])
    return order.lines.get()


def ten_came_in(line: PurchaseOrderLine, by: Actor) -> list[StockMove]:
    return floor.done(receive_ordered, line_id=line.pk, by=by, quantity=Decimal(10))


def faults() -> list[str]:
    return [fault.text for fault in proof_of_ledgers.faults()]


def test_goods_that_are_ordered_are_on_their_way_and_nothing_is_in_stock(by: Actor) -> None:
    line = ordered(by)
    assert (line.quantity, line.received, line.delivery_date, line.closed_at) == (500, 0, MAY, None)
    assert (line.purchase_order.reference, line.purchase_order.supplier.name) == ("PUR-1", "Johor Polymers")
    assert stock_of(line.item) == (0, 0)
    assert faults() == []


def test_what_comes_in_is_a_receipt_and_grows_what_was_received(by: Actor) -> None:
    line = ordered(by, tracking="lot", unit_decimals=2)
    (first,) = receive_ordered(line_id=line.pk, by=by, quantity=Decimal("120.5"), lot="JP-1", best_before=MAY)
    receive_ordered(line_id=line.pk, by=by, quantity=Decimal(30), lot="JP-2")
    line.refresh_from_db()
    assert (first.kind, first.reference, first.purchase_line_id) == ("receipt", "PUR-1", line.pk)
    assert line.received == Decimal("150.5")
    assert lots_of(line.item) == {"JP-1": (Decimal("120.5"), 0), "JP-2": (30, 0)}
    assert faults() == []


def test_pieces_with_serial_numbers_come_in_one_by_one_at_a_place(by: Actor) -> None:
    line = ordered(by, 3, tracking="serial")
    shelf = StockLocation.objects.create(factory_id=by.factory.id, code="A-03-2", name="Shelf")
    moves = receive_ordered(line_id=line.pk, by=by, quantity=Decimal(2), serials=["S-1", "S-2"], location=shelf)
    assert [move.balance.location_id for move in moves] == [shelf.pk, shelf.pk]
    line.refresh_from_db()
    assert line.received == 2


def test_more_may_come_than_was_ordered_for_what_lies_there_is_there(by: Actor) -> None:
    line = ordered(by, 10)
    receive_ordered(line_id=line.pk, by=by, quantity=Decimal(12))
    line.refresh_from_db()
    assert (line.received, stock_of(line.item)) == (12, (12, 0))
    assert faults() == []


def test_a_line_that_is_called_off_takes_nothing_more_and_keeps_what_came(by: Actor) -> None:
    line = ordered(by)
    receive_ordered(line_id=line.pk, by=by, quantity=Decimal(100))
    closed = call_off(line_id=line.pk, by=by).closed_at
    assert closed is not None
    assert call_off(line_id=line.pk, by=by).closed_at == closed
    before = everything()
    with pytest.raises(CalledOff) as refusal:
        receive_ordered(line_id=line.pk, by=by, quantity=Decimal(1))
    assert refusal.value.data == {"reference": "PUR-1", "sku": "RESIN"}
    assert everything() == before


@pytest.mark.parametrize(
    ("item", "wrong", "field"),
    [
        ({"tracking": "lot"}, {"quantity": Decimal(5)}, "lot_number"),
        ({"tracking": "serial"}, {"quantity": Decimal(2), "serials": ["S-1"]}, "serial_numbers"),
        ({}, {"quantity": Decimal(0)}, "quantity"),
    ],
)
def test_a_receipt_that_cannot_be_grows_nothing(by: Actor, item: Any, wrong: Any, field: str) -> None:
    line = ordered(by, **item)
    before = everything()
    with pytest.raises(Invalid) as refusal:
        receive_ordered(line_id=line.pk, by=by, **wrong)
    assert refusal.value.data["field"] == field
    assert everything() == before


@pytest.mark.parametrize("role", ROLES)
def test_who_receives_stock_orders_it_and_nobody_else(by: Actor, role: str) -> None:
    line = ordered(by)
    somebody = Actor(**{**vars_of(by), "roles": frozenset({role})})
    supplier = line.purchase_order.supplier
    calls = [
        lambda: create_supplier(by=somebody, name="Another"),
        lambda: rename_supplier(supplier, by=somebody, name="Johor"),
        lambda: order_goods(by=somebody, supplier=supplier, reference="PUR-2", lines=[Wanted(line.item, Decimal(1))]),
        lambda: receive_ordered(line_id=line.pk, by=somebody, quantity=Decimal(1)),
        lambda: call_off(line_id=line.pk, by=somebody),
    ]
    for call in calls:
        if role in STORES:
            call()
            continue
        before = everything()
        with pytest.raises(RoleMissing):
            call()
        assert everything() == before
    assert Supplier.objects.count() == (2 if role in STORES else 1)


def vars_of(actor: Actor) -> dict[str, Any]:
    return {name: getattr(actor, name) for name in ("kind", "id", "name", "factory")}


def test_names_are_taken_once_in_a_factory_and_free_in_another(by: Actor) -> None:
    line = ordered(by)
    supplier = line.purchase_order.supplier
    with pytest.raises(Duplicate) as refusal:
        create_supplier(by=by, name="Johor Polymers")
    assert refusal.value.data["field"] == "name"
    with pytest.raises(Duplicate) as refusal:
        order_goods(by=by, supplier=supplier, reference="PUR-1", lines=[Wanted(line.item, Decimal(1))])
    assert refusal.value.data["field"] == "reference"
    assert PurchaseOrderLine.objects.count() == 1
    ordered(floor.an_actor(floor.a_factory()))


def test_an_order_needs_lines_with_amounts(by: Actor) -> None:
    supplier, item = create_supplier(by=by, name="Johor"), floor.an_item(floor.a_factory())
    item = create_item(by=by, sku="RESIN", name="Resin")
    for lines in ([], [Wanted(item, Decimal(0))], [Wanted(item, Decimal(-1))], [Wanted(item, Decimal(10) ** 12)]):
        with pytest.raises(Invalid):
            order_goods(by=by, supplier=supplier, reference="PUR-1", lines=lines)
    assert not PurchaseOrder.objects.exists()


def test_another_factorys_things_are_not_there(by: Actor) -> None:
    line = ordered(by)
    stranger = floor.an_actor(floor.a_factory())
    theirs, supplier = create_item(by=stranger, sku="X", name="X"), create_supplier(by=stranger, name="Theirs")
    place = StockLocation.objects.create(factory_id=stranger.factory.id, code="P", name="P")
    own = line.purchase_order.supplier
    before = everything()
    for call in (
        lambda: receive_ordered(line_id=line.pk, by=stranger, quantity=Decimal(1)),
        lambda: receive_ordered(line_id=line.pk, by=by, quantity=Decimal(1), location=place),
        lambda: call_off(line_id=line.pk, by=stranger),
        lambda: order_goods(by=by, supplier=supplier, reference="A", lines=[Wanted(line.item, Decimal(1))]),
        lambda: order_goods(by=by, supplier=own, reference="B", lines=[Wanted(theirs, Decimal(1))]),
        lambda: change_item(line.item, by=by, changes={"supplier": supplier}),
        lambda: create_item(by=by, sku="Y", name="Y", supplier=supplier),
    ):
        with pytest.raises(NotFound):
            call()
    assert everything() == before
    assert PurchaseOrder.objects.count() == 1


def test_an_item_knows_from_whom_it_is_bought_and_for_how_much(by: Actor) -> None:
    supplier = create_supplier(by=by, name="Johor")
    item = create_item(by=by, sku="W", name="Water", supplier=supplier, supplier_sku="JP-1", stocked=False)
    change_item(item, by=by, changes={"purchase_price": Decimal("0.000000000000001"), "stocked": True})
    item.refresh_from_db()
    assert (item.supplier, item.supplier_sku, item.stocked) == (supplier, "JP-1", True)
    assert item.purchase_price == Decimal("0.000000000000001")


def test_a_line_that_says_more_than_its_receipts_is_found(by: Actor) -> None:
    line = ordered(by)
    receive_ordered(line_id=line.pk, by=by, quantity=Decimal(100))
    assert faults() == []
    PurchaseOrderLine.objects.filter(pk=line.pk).update(received=101)
    assert faults() == ["received is 101 of RESIN, its receipts add up to 100"]


def test_only_a_receipt_can_be_what_had_been_ordered(by: Actor) -> None:
    line = ordered(by)
    (move,) = receive_ordered(line_id=line.pk, by=by, quantity=Decimal(100))
    with pytest.raises(IntegrityError, match="move_of_purchase_is_receipt"), transaction.atomic():
        StockMove.objects.create(
            factory_id=by.factory.id, balance_id=move.balance_id, kind="adjustment", quantity=1, purchase_line=line,
            actor_kind="user", actor_id="1", actor_name="A", face="core",
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_what_six_receive_at_once_is_all_counted() -> None:
    by = floor.an_actor(floor.a_factory())
    line = floor.done(lambda: ordered(by))
    outcomes = at_once(*[lambda: ten_came_in(line, by)] * 6)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    line.refresh_from_db()
    assert (line.received, stock_of(line.item)) == (60, (60, 0))
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_one_of_two_deliveries_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The race is real: reading the line without a lock loses counts, and the proof says so."""
    both_have_read = threading.Barrier(2, timeout=10)

    def unlocked(rows: Any, *, ids: list[int]) -> Any:
        found = list(rows.filter(pk__in=ids))
        both_have_read.wait()
        return _Found(found)

    monkeypatch.setattr(purchasing, "locked", unlocked)
    by = floor.an_actor(floor.a_factory())
    line = floor.done(lambda: ordered(by))
    at_once(*[lambda: ten_came_in(line, by)] * 2)
    assert faults() == ["received is 10 of RESIN, its receipts add up to 20"]


class _Found:
    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows

    def first(self) -> Any:
        return self._rows[0]
