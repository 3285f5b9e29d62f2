"""Stock: which lots are taken first, what the database itself refuses, and the figures."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from factoryos.kernel.actors import Actor
from manufacturing.models import Item, StockBalance, StockLocation, StockMove
from manufacturing.problems import StockShort
from manufacturing.stock.balances import Balance, Place, find_places, lock_balances, main_location
from manufacturing.stock.figures import balances_of, buildable, free_by_item
from manufacturing.stock.figures import stock_of as stock_by_item
from manufacturing.stock.picking import free_lots, share_out
from manufacturing.stock.posting import Posting
from orders import actions
from tests import floor
from tests.evidence import everything
from tests.orders.storeroom import Storeroom
from tests.stores import a_bom, delivered, stock_of

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def by() -> Actor:
    return floor.an_actor(floor.a_factory())


def an_item(by: Actor, sku: str = "SKU", **facts: Any) -> Item:
    return Item.objects.create(factory_id=by.factory.id, **{"sku": sku, "name": "Resin"} | facts)


def lying(
    key: int, *, lot: int | None = None, expires: datetime | None = None, on_hand: int = 10, reserved: int = 0
) -> Balance:
    return Balance(key, 1, lot, f"L{lot}", expires, Decimal(on_hand), Decimal(reserved))


def test_first_expired_is_taken_first_then_the_older_lot_then_what_never_expires() -> None:
    rows = [
        lying(1), lying(2, lot=9), lying(3, lot=4), lying(4, lot=8, expires=NOON), lying(5, lot=7, expires=NOON),
        lying(6, lot=1, expires=NOON + timedelta(microseconds=1)), lying(7, lot=6, expires=NOON, on_hand=5, reserved=5),
    ]  # fmt: skip
    assert [balance.id for balance in free_lots(rows, item_id=1)] == [5, 4, 6, 1, 3, 2]
    assert free_lots(rows, item_id=2) == []


@pytest.mark.parametrize(
    ("wanted", "parts"), [(0, []), (-3, []), (4, [4]), (10, [10]), (13, [10, 3]), (99, [10, 5])]
)  # fmt: skip
def test_what_is_wanted_is_spread_as_far_as_it_goes(wanted: int, parts: list[int]) -> None:
    over = [(lying(1), Decimal(10)), (lying(2), Decimal(0)), (lying(3), Decimal(5))]
    assert [part for _, part in share_out(Decimal(wanted), over)] == parts


@pytest.mark.parametrize("sql", ["UPDATE {} SET quantity = quantity + 1", "DELETE FROM {}"])
def test_a_move_is_never_changed(by: Actor, sql: str) -> None:
    delivered(by, an_item(by), 5)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format("manufacturing_stockmove"))
    assert StockMove.objects.get().quantity == 5


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [({"reserved": 11}, "balance_reserved_on_hand"), ({"on_hand": 3, "reserved": 4}, "balance_reserved_on_hand"),
     ({"reserved": -1}, "balance_reserved_not_negative"), ({"on_hand": -1}, "balance_reserved_on_hand")],
)  # fmt: skip
def test_the_database_promises_nothing_that_is_not_there(by: Actor, changes: dict[str, int], constraint: str) -> None:
    balance = delivered(by, an_item(by), 10)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        StockBalance.objects.filter(pk=balance.pk).update(**changes)


@pytest.mark.parametrize(
    ("kind", "quantity"), [("receipt", -1), ("consumption", 1), ("shipment", 1), ("return", -1), ("production", 0)]
)
def test_the_database_knows_which_way_each_kind_moves(by: Actor, kind: str, quantity: int) -> None:
    balance = delivered(by, an_item(by), 10)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockMove.objects.create(
            factory_id=by.factory.id, balance=balance, kind=kind, quantity=quantity, actor_kind="user", actor_id="x",
            actor_name="x", face="factory",
        )  # fmt: skip


def test_what_the_constraint_refuses_is_told_as_short(by: Actor) -> None:
    balance = delivered(by, an_item(by), 10)
    before = everything()
    with transaction.atomic():
        posting = Posting(by=by)
        posting.move(lock_balances(ids=[balance.pk])[balance.pk], "shipment", Decimal(-11))
        with pytest.raises(StockShort), transaction.atomic():
            posting.write()
    assert everything() == before


def test_a_posting_keeps_what_it_was_given_up_to_date(by: Actor) -> None:
    pk = delivered(by, an_item(by), 10).pk
    with transaction.atomic():
        balance = lock_balances(ids=[pk])[pk]
        posting = Posting(by=by)
        posting.move(balance, "shipment", Decimal(-4))
        assert (balance.on_hand, balance.free) == (6, 6)
        posting.move(balance, "adjustment", Decimal(1))
        posting.write()
    assert StockBalance.objects.get(pk=pk).on_hand == 7
    assert list(StockMove.objects.order_by("id").values_list("quantity", flat=True)) == [10, -4, 1]


def test_a_posting_that_changes_nothing_writes_nothing(by: Actor, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Posting(by=by).write()


def test_a_place_is_one_balance_with_a_lot_or_without(by: Actor) -> None:
    item = an_item(by)
    lot = delivered(by, item, 1, "L1").lot_id
    annex = StockLocation.objects.create(factory_id=by.factory.id, code="annex", name="Annex")
    places = [Place(item.pk), Place(item.pk, lot), Place(item.pk), Place(item.pk, lot, annex.pk)]
    found = find_places(places, factory_id=by.factory.id)
    assert found[0] == found[2]
    assert len(set(found)) == 3
    assert found == find_places(places, factory_id=by.factory.id)
    assert StockBalance.objects.count() == 3
    assert main_location(by.factory.id) == StockLocation.objects.get(code="main").pk


def test_figures_by_product_add_up_every_place_and_lot(by: Actor) -> None:
    annex = StockLocation.objects.create(factory_id=by.factory.id, code="annex", name="Annex")
    resin, empty = an_item(by, "RESIN"), an_item(by, "EMPTY")
    delivered(by, resin, 3, "L1")
    delivered(by, resin, 4, "L1", location=annex)
    delivered(by, resin, 5)
    stranger = floor.an_actor(floor.a_factory())
    delivered(stranger, an_item(stranger, "RESIN"), 99)
    rows = stock_by_item(Item.objects.filter(factory_id=by.factory.id)).order_by("sku")
    assert [(row["sku"], row["on_hand"], row["reserved"]) for row in rows] == [("EMPTY", 0, 0), ("RESIN", 12, 0)]
    assert free_by_item([resin.pk, empty.pk]) in ({resin.pk: 12}, {resin.pk: 12, empty.pk: 0})
    assert [row["on_hand"] for row in balances_of(by.factory.id)] == [5, 4, 3]


def test_what_can_be_built_is_limited_by_what_is_free() -> None:
    room = Storeroom(per_unit=2, stock=25)
    screws, paint = (
        room.ingredient(stock=1000, sku="SCREW"),
        room.ingredient(stock=Decimal("0.9"), sku="PAINT", unit_decimals=1),
    )
    made = room.product({room.part: 2, screws: 4, paint: "0.25"}, quantity=3)
    found = buildable(made)
    assert found is not None
    assert (found.quantity, [(limit.sku, limit.per_unit) for limit in found.limiting]) == (
        10, [("PAINT", Fraction(1, 12))]
    )  # fmt: skip
    room.do(actions.approve, room.draft(10))
    found = buildable(made)
    assert found is not None
    assert (found.quantity, [limit.sku for limit in found.limiting]) == (7, [room.part.sku])


def test_what_has_no_bom_cannot_be_built_and_what_needs_nothing_is_not_counted(by: Actor) -> None:
    assert buildable(an_item(by, "A")) is None
    made, missing = an_item(by, "B", unit_decimals=2), an_item(by, "C")
    a_bom(by, made, {missing: 3})
    found = buildable(made)
    assert found is not None
    assert (found.quantity, [limit.sku for limit in found.limiting]) == (0, ["C"])
    delivered(by, missing, 1)
    found = buildable(made)
    assert found is not None
    assert (found.quantity, stock_of(missing)) == (Decimal("0.33"), (1, 0))
