"""When stock arrives: who waits is served by priority, then planned start, then age; and nobody twice."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from factoryos.kernel.outbox import Message
from manufacturing.models import StockBalance
from manufacturing.stock.posting import ARRIVED
from manufacturing.stock.receipts import adjust
from orders import actions, proof_of_ledgers
from orders.materials import restocking
from orders.materials.restocking import serve
from orders.models import ProductionOrder
from tests import floor
from tests.evidence import everything
from tests.orders.storeroom import Storeroom, reserved_by, waits_for

pytestmark = pytest.mark.django_db

MONDAY = datetime(2027, 1, 4, 6, tzinfo=UTC)


def arrivals() -> list[Message]:
    """What the outbox tells of stock that arrived, and has not told yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kernel_outboxmessage SET done_at = now() WHERE topic = %s AND done_at IS NULL"
            " RETURNING id, topic, factory_id, key, payload",
            [ARRIVED],
        )
        rows = sorted(cursor.fetchall())
    return [Message(*row[:4], json.loads(row[4]), fence=1, attempts=1) for row in rows]


def served() -> int:
    """Serve until nothing more is told; gives how many messages there were."""
    told = 0
    while messages := arrivals():
        floor.done(serve, messages=messages)
        told += len(messages)
        assert told < 50, "messages that beget messages"
    assert not list(proof_of_ledgers.faults())
    return told


def held(*orders: ProductionOrder) -> list[Decimal]:
    return [sum(reserved_by(order).values(), Decimal(0)) for order in orders]


def waiting(room: Storeroom, target: int, **facts: Any) -> ProductionOrder:
    order = room.scheduled(target, **facts)
    assert served() == 1  # it looks once more when it can be seen that it waits; nothing came
    assert held(order) == [0]
    return order


def test_those_who_wait_are_served_by_priority_then_planned_start_then_age() -> None:
    room = Storeroom()
    day = timedelta(days=1)
    last = waiting(room, 10, priority="hold", planned_start=MONDAY)
    undated = waiting(room, 10)
    tuesday = waiting(room, 10, planned_start=MONDAY + day)
    monday = waiting(room, 10, planned_start=MONDAY)
    monday_too = waiting(room, 10, planned_start=MONDAY)
    rush = waiting(room, 10, priority="rush", planned_start=MONDAY + 7 * day)
    turn = [rush, monday, monday_too, tuesday, undated, last]
    for place, order in enumerate(turn):
        room.deliver(10)
        assert served() == 1
        assert held(*turn) == [10 if other <= place else 0 for other in range(6)], order.priority


def test_what_arrives_is_given_as_far_as_it_goes() -> None:
    room = Storeroom(per_unit=2)
    first, second, third = (waiting(room, 10) for _ in range(3))
    room.deliver(25)
    served()
    assert held(first, second, third) == [20, 5, 0]
    assert waits_for(first) == {}
    assert (waits_for(second), waits_for(third)) == ({room.part.sku: 15}, {room.part.sku: 20})
    room.deliver(100)
    served()
    assert (held(first, second, third), room.stock()) == ([20, 20, 20], (125, 60))


def test_an_order_that_was_cancelled_is_passed_over() -> None:
    room = Storeroom()
    first, second = (waiting(room, 10) for _ in range(2))
    room.deliver(10)
    room.do(actions.cancel, first)
    served()
    assert (held(first, second), room.stock()) == ([0, 10], (10, 10))


@pytest.mark.parametrize("end", ["cancel", "complete"])
def test_what_one_order_gives_free_goes_to_the_one_that_waits(end: str) -> None:
    room = Storeroom(stock=10)
    first, second = room.running(10), room.scheduled(6, on=[floor.a_machine(room.factory)])
    assert (served(), held(second)) == (1, [0])
    room.do(getattr(actions, end), first)
    assert served() == 1
    assert held(second) == [6]


def test_what_was_taken_back_or_found_goes_to_those_who_wait() -> None:
    room = Storeroom(stock=10)
    first, second = room.running(10), room.scheduled(6, on=[floor.a_machine(room.factory)])
    assert (served(), held(second)) == (1, [0])
    room.do(actions.adjust_quantity, first, target=Decimal(8), reason="asked")
    assert (served(), held(second)) == (1, [2])
    balance = StockBalance.objects.get(item=room.part)
    floor.done(adjust, balance_id=balance.pk, by=room.by, counted=Decimal(11), reason="stocktaking")
    assert (served(), held(second)) == (1, [3])


def test_served_twice_changes_nothing() -> None:
    room = Storeroom(per_unit=2)
    orders = [waiting(room, 10) for _ in range(3)]
    room.deliver(25)
    messages = arrivals()
    floor.done(serve, messages=messages)
    before = everything()
    floor.done(serve, messages=messages)
    assert everything() == before
    assert held(*orders) == [20, 5, 0]


def test_nobody_is_told_of_stock_that_nobody_waits_for() -> None:
    room = Storeroom(stock=100)
    room.running(10)
    room.deliver(10)
    assert arrivals() == []


def test_another_factorys_orders_are_not_served() -> None:
    room, other = Storeroom(), Storeroom()
    order, stranger = waiting(room, 10), waiting(other, 10)
    room.deliver(100)
    served()
    assert held(order, stranger) == [10, 0]


def test_a_shortage_that_was_made_up_for_otherwise_is_forgotten() -> None:
    room = Storeroom()
    order = room.running(10)
    room.deliver(4)
    room.report(order, good=4)
    room.deliver(100)
    served()
    assert (held(order), waits_for(order), room.stock()) == ([6], {}, (100, 6))


@pytest.fixture
def _two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restocking, "SERVED_AT_ONCE", 2)


@pytest.mark.usefixtures("_two_at_once")
def test_more_orders_than_are_served_at_once_are_served_with_the_next_message() -> None:
    room = Storeroom()
    orders = [waiting(room, 10) for _ in range(5)]
    room.deliver(45)
    assert served() == 3
    assert held(*orders) == [10, 10, 10, 10, 5]


@pytest.mark.usefixtures("_two_at_once")
def test_an_order_with_many_shortages_hides_nobody_behind_it() -> None:
    room = Storeroom()
    parts = [room.ingredient() for _ in range(6)]
    many = room.product(dict.fromkeys(parts, 1))
    first = room.scheduled(10, item=many)
    second = room.scheduled(10, item=room.product({parts[0]: 1}))
    assert served() == 2
    floor.done(lambda: [room.deliver(100, item=part) for part in parts])
    messages = arrivals()
    floor.done(serve, messages=messages)
    assert (len(messages), waits_for(first), waits_for(second)) == (6, {}, {})


@pytest.mark.usefixtures("_two_at_once")
def test_those_who_wait_for_something_else_as_well_keep_nobody_from_what_is_there() -> None:
    """Two wait for what is used up again at once; a third waits only for what is left."""
    room = Storeroom()
    rare, plenty = room.ingredient(), room.ingredient()
    both = room.product({rare: 10, plenty: 1})
    first, second = room.scheduled(10, item=both), room.scheduled(10, item=both)
    third = room.scheduled(10, item=room.product({plenty: 1}))
    room.deliver(1, item=rare)
    room.deliver(30, item=plenty)
    served()
    assert (waits_for(first), waits_for(second), waits_for(third)) == ({rare.sku: 99}, {rare.sku: 100}, {})
