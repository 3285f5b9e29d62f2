"""Receipts and counts: what comes in, into which lot and place, and what cannot have been so."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import ROLES
from factoryos.kernel.problems import Duplicate, Invalid, NotFound, RoleMissing
from manufacturing.models import Item, Lot, StockBalance, StockLocation, StockMove
from manufacturing.problems import StockShort
from manufacturing.stock.receipts import Delivery, adjust, receive
from orders import actions, proof_of_ledgers
from tests import floor
from tests.evidence import everything
from tests.orders.storeroom import Storeroom
from tests.stores import delivered, lots_of, stock_of

pytestmark = pytest.mark.django_db

JAN, FEB = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)


@pytest.fixture
def by() -> Actor:
    return floor.an_actor(floor.a_factory())


def an_item(by: Actor, **facts: Any) -> Item:
    return Item.objects.create(factory_id=by.factory.id, **{"sku": "SKU", "name": "Resin"} | facts)


def refused(problem: type[Exception], call: Callable[[], Any]) -> Any:
    """The refusal; nothing is changed by it, but for new lots and empty places, which a rollback takes away."""
    before = everything()
    with pytest.raises(problem) as raised:
        call()
    after = everything()
    for table in ("manufacturing_stockmove", "kernel_outboxmessage", "manufacturing_reservation"):
        assert after[table] == before[table]
    return raised.value


def test_a_delivery_goes_to_the_main_store_which_is_made_when_it_is_first_needed(by: Actor) -> None:
    item = an_item(by)
    balance = delivered(by, item, "12.5")
    assert (balance.location.code, balance.on_hand, balance.reserved, balance.lot_id) == (
        "main",
        Decimal("12.5"),
        0,
        None,
    )
    assert delivered(by, item, 1).pk == balance.pk
    assert StockLocation.objects.filter(factory_id=by.factory.id).count() == 1
    (first, second) = StockMove.objects.order_by("id")
    assert (first.kind, first.quantity, second.quantity) == ("receipt", Decimal("12.5"), 1)
    assert (first.actor_id, first.actor_name, first.face) == (by.id, by.name, by.face)


def test_a_delivery_to_another_location_is_a_balance_of_its_own(by: Actor) -> None:
    item = an_item(by, tracking="lot")
    annex = StockLocation.objects.create(factory_id=by.factory.id, code="annex", name="Annex")
    delivered(by, item, 3, "L1")
    delivered(by, item, 4, "L1", location=annex)
    rows = StockBalance.objects.order_by("id").values_list("location__code", "lot__code", "on_hand")
    assert list(rows) == [("main", "L1", 3), ("annex", "L1", 4)]
    assert Lot.objects.count() == 1


def test_each_serial_number_is_a_piece(by: Actor) -> None:
    item = an_item(by, tracking="serial")
    moves = floor.done(receive, delivery=Delivery(item, Decimal(3), serial_numbers=("S3", "S1", "S2")), by=by)
    assert [(move.quantity, move.balance.lot.code) for move in moves if move.balance.lot] == [
        (1, "S3"),
        (1, "S1"),
        (1, "S2"),
    ]
    assert set(Lot.objects.values_list("serial", flat=True)) == {True}


@pytest.mark.parametrize(
    ("tracking", "facts"),
    [("lot", {}), ("lot", {"lot_number": ""}), ("serial", {}), ("serial", {"lot_number": "L1"}),
     ("serial", {"serial_numbers": ("S1", "S2", "S3")}), ("serial", {"serial_numbers": ("S1",)}),
     ("none", {"quantity": Decimal(0)}), ("none", {"quantity": Decimal(-1)})],
)  # fmt: skip
def test_a_delivery_that_does_not_fit_the_tracking_is_refused(by: Actor, tracking: str, facts: dict[str, Any]) -> None:
    item = an_item(by, tracking=tracking)
    delivery = Delivery(item, **{"quantity": Decimal(2)} | facts)
    before = everything()
    refused(Invalid, lambda: receive(delivery, by=by))
    assert everything() == before


@pytest.mark.parametrize("serials", [("S1", "S1"), ("S1", "S2", "S1")])
def test_one_serial_number_given_twice_is_refused(by: Actor, serials: tuple[str, ...]) -> None:
    item = an_item(by, tracking="serial")
    refused((Invalid, Duplicate), lambda: receive(Delivery(item, Decimal(2), serial_numbers=serials), by=by))  # type: ignore[arg-type]
    assert stock_of(item) == (0, 0)


def test_a_serial_number_that_is_known_is_refused(by: Actor) -> None:
    item = an_item(by, tracking="serial")
    delivered(by, item, 2, serials=("S1", "S2"))
    problem = refused(Duplicate, lambda: receive(Delivery(item, Decimal(2), serial_numbers=("S3", "S2")), by=by))
    assert problem.data["value"] == "S2"
    assert delivered(by, an_item(by, sku="OTHER", tracking="serial"), 1, serials=("S2",)).on_hand == 1


def test_a_lot_tracked_delivery_goes_into_its_lot_whatever_numbers_come_with_it(by: Actor) -> None:
    item = an_item(by, tracking="lot")
    delivered(by, item, 2, "L1", serials=("S1", "S2"))
    assert lots_of(item) == {"L1": (2, 0)}


def test_a_lot_has_one_best_before_date(by: Actor) -> None:
    item = an_item(by, tracking="lot")
    delivered(by, item, 1, "L1")
    delivered(by, item, 1, "L1", best_before=JAN)
    delivered(by, item, 1, "L1")
    assert Lot.objects.get().best_before == JAN
    problem = refused(Duplicate, lambda: receive(Delivery(item, Decimal(1), lot_number="L1", best_before=FEB), by=by))
    assert (problem.data["value"], Lot.objects.get().best_before, stock_of(item)) == ("L1", JAN, (3, 0))


def test_a_count_is_a_move_with_its_reason(by: Actor) -> None:
    item = an_item(by)
    balance = delivered(by, item, 10)
    for counted, change in (("7.5", "-2.5"), ("9", "1.5"), ("0", "-9")):
        move = floor.done(adjust, balance_id=balance.pk, by=by, counted=Decimal(counted), reason="stocktaking")
        assert move is not None
        assert (move.kind, move.quantity, move.reason) == ("adjustment", Decimal(change), "stocktaking")
        assert stock_of(item) == (Decimal(counted), 0)
    assert not list(proof_of_ledgers.faults())


def test_a_count_that_confirms_the_books_moves_nothing(by: Actor) -> None:
    balance = delivered(by, an_item(by), 10)
    before = everything()
    assert adjust(balance_id=balance.pk, by=by, counted=Decimal("10.0"), reason="stocktaking") is None
    assert everything() == before


@pytest.mark.parametrize(("counted", "reason"), [(5, ""), (5, "   "), (-1, "stocktaking")])
def test_a_count_without_sense_is_refused(by: Actor, counted: int, reason: str) -> None:
    balance = delivered(by, an_item(by), 10)
    refused(Invalid, lambda: adjust(balance_id=balance.pk, by=by, counted=Decimal(counted), reason=reason))


def test_no_less_can_be_counted_than_is_promised() -> None:
    room = Storeroom(stock=10)
    room.do(actions.approve, room.draft(6))
    balance = StockBalance.objects.get(item=room.part)
    problem = refused(
        StockShort, lambda: adjust(balance_id=balance.pk, by=room.by, counted=Decimal(5), reason="stocktaking")
    )
    assert (problem.data["wanted"], problem.data["available"], room.stock()) == (6, 5, (10, 6))
    floor.done(adjust, balance_id=balance.pk, by=room.by, counted=Decimal(6), reason="stocktaking")
    assert room.stock() == (6, 6)


def test_a_strangers_balance_is_as_missing_as_one_that_does_not_exist(by: Actor) -> None:
    balance = delivered(by, an_item(by), 10)
    stranger = floor.an_actor(floor.a_factory())
    for balance_id in (balance.pk, balance.pk + 1000):
        refused(
            NotFound,
            lambda balance_id=balance_id: adjust(balance_id=balance_id, by=stranger, counted=Decimal(1), reason="x"),  # type: ignore[misc]
        )
    assert stock_of(balance.item) == (10, 0)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_receive_and_count(by: Actor, role: str) -> None:
    item = an_item(by)
    balance = delivered(by, item, 10)
    other = Actor(kind="user", id=role, name=role, factory=by.factory, roles=frozenset({role}))
    calls: list[Callable[[], Any]] = [
        lambda: receive(Delivery(item, Decimal(1)), by=other),
        lambda: adjust(balance_id=balance.pk, by=other, counted=Decimal(3), reason="x"),
    ]
    for call in calls:
        if role in {"admin", "planner", "engineer", "operator"}:
            floor.done(call)
        else:
            refused(RoleMissing, call)
    assert stock_of(item) == ((3, 0) if role in {"admin", "planner", "engineer", "operator"} else (10, 0))


def test_sums_are_exact_however_much_there_is(by: Actor) -> None:
    """More than 28 digits, which is where Python's decimals begin to round."""
    item = an_item(by, unit_decimals=6)
    for _ in range(30):
        balance = delivered(by, item, Decimal("999999999999.123456"))
    floor.done(adjust, balance_id=balance.pk, by=by, counted=balance.on_hand - Decimal("0.000001"), reason="x")
    delivered(by, item, Decimal("0.000000000000001"))
    assert not list(proof_of_ledgers.faults())
