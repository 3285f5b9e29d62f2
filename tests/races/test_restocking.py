"""Stock arrives for those who wait, while they come, go and report: everything is served, nothing twice, nobody is forgotten."""

import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel import outbox
from factoryos.kernel.models import OutboxMessage
from manufacturing.models import Reservation
from manufacturing.stock.posting import ARRIVED
from orders import actions
from orders.materials import reserving, restocking
from orders.models import ProductionOrder
from tests.races.stockroom import (
    Stockroom,
    deadlocks,
    figures,
    promised,
    refused,
    relay_until_quiet,
    require_true_ledgers,
    watched,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def relaying(*, until: threading.Event) -> Callable[[], None]:
    """A relay that looks for work again and again, as a worker with its sweep does."""

    def work() -> None:
        while not until.is_set():
            outbox.relay()

    return work


def test_two_relays_serve_stock_that_arrives_in_parts_while_those_who_wait_give_up() -> None:
    room = Stockroom()
    board, frame = room.material(), room.material(500)
    product = room.product({board: 2, frame: 1})
    orders = [room.waiting(product, 5) for _ in range(24)]
    giving_up, staying = orders[::3], [order for order in orders if order not in orders[::3]]
    over, before = threading.Event(), deadlocks()

    def deliver() -> None:
        try:
            for part in (30, 1, 49, 20):
                room.receive(board, part)
                time.sleep(0.02)
            time.sleep(0.3)
        finally:
            over.set()

    ending = [room.doing(actions.cancel, order) for order in giving_up]
    with watched() as watch:
        told = refused(at_once(deliver, relaying(until=over), relaying(until=over), *ending))
        relay_until_quiet()
    assert (told, watch.over_promised) == ([], 0)
    assert figures(board) == (100, 100)
    assert {promised(order) for order in giving_up} == {Decimal(0)}
    # Ten boards each: of the first ten that stayed every one is served, whoever gave up before or after it was.
    boards = [Reservation.objects.filter(component__order=order, balance__item=board) for order in staying]
    assert [sum(row.quantity for row in rows) for rows in boards] == [10] * 10 + [0] * 6
    assert not OutboxMessage.objects.filter(attempts__gt=1).exists(), "a relay had to try again"
    assert deadlocks() == before
    require_true_ledgers()


def test_control_served_without_a_lock_an_order_that_gave_up_is_given_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Stockroom()
    board = room.material()
    order = room.waiting(room.product({board: 1}), 5)
    found, ended = threading.Event(), threading.Event()

    def unlocked(rows: Any, *, ids: Any) -> Any:
        orders = list(rows.filter(pk__in=list(ids)))
        found.set()
        ended.wait(5)
        return orders

    def cancel() -> None:
        found.wait(5)
        room.doing(actions.cancel, order)()
        ended.set()

    monkeypatch.setattr(restocking, "locked", unlocked)
    room.receive(board, 5)
    assert refused(at_once(outbox.relay, cancel)) == []
    assert (ProductionOrder.objects.get(pk=order.pk).state, promised(order)) == ("cancelled", 5)


@pytest.mark.parametrize("attempt", range(3))
def test_stock_that_arrives_while_an_order_is_planned_is_not_overlooked(
    attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order has found nothing, and has not yet said that it waits; the delivery sees nobody who does."""
    room = Stockroom()
    board = room.material()
    order = room.draft(room.product({board: 1}), 5)
    looked, received = threading.Event(), threading.Event()
    remember = reserving._remember_shortages

    def slowly(*args: Any) -> None:
        looked.set()
        assert received.wait(5)
        remember(*args)

    def deliver() -> None:
        looked.wait(5)
        room.receive(board, 5)
        received.set()

    monkeypatch.setattr(reserving, "_remember_shortages", slowly)
    assert refused(at_once(room.planning(order), deliver)) == []
    assert promised(order) == 0, "it found the stock at once, so nothing is proved"
    relay_until_quiet()
    assert promised(order) == 5


def test_orders_planned_while_stock_arrives_all_have_theirs_in_the_end() -> None:
    room = Stockroom()
    board = room.material()
    product = room.product({board: 1})
    orders = [room.draft(product, 5) for _ in range(16)]
    planning = [room.planning(order) for order in orders]
    delivering = [lambda: room.receive(board, 5) for _ in range(16)]
    assert refused(at_once(*planning, *delivering)) == []
    relay_until_quiet()
    assert [promised(order) for order in orders] == [5] * 16
    require_true_ledgers()


def test_who_lacks_something_else_does_not_stand_in_the_way_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """More wait than are served at once, and the first of them lack what is used up again."""
    monkeypatch.setattr(restocking, "SERVED_AT_ONCE", 3)
    room = Stockroom()
    board, frame = room.material(), room.material()
    lacking = [room.waiting(room.product({board: 1}), 5, priority="rush") for _ in range(5)]
    last = room.waiting(room.product({frame: 1}), 5)
    relay_until_quiet()
    room.receive(board, 5)
    room.receive(frame, 50)
    for _ in range(10):
        if not outbox.relay():
            break
    assert [promised(order) for order in (*lacking, last)] == [5, 0, 0, 0, 0, 5]
    assert not OutboxMessage.objects.filter(topic=ARRIVED, done_at__isnull=True).exists()


def test_serving_and_giving_up_never_wait_for_each_other_crosswise(monkeypatch: pytest.MonkeyPatch) -> None:
    """One order waits with something reserved already; the other gives up stock that lies before and after that."""
    room = Stockroom()
    frame, board = room.material(10), room.material(10)
    product = room.product({frame: 1, board: 1})
    other = room.approved(product, 5)
    waiting = room.waiting(room.product({frame: 1, board: 2}), 5)
    assert (promised(other), promised(waiting)) == (10, 10)
    room.receive(board, 20)
    before, begun, server = deadlocks(), threading.Event(), list[int]()
    lock = reserving.lock_balances

    def slowly(**wanted: Any) -> Any:
        found = lock(**wanted)
        if threading.get_ident() in server:
            begun.set()
            time.sleep(0.3)  # long enough for the other to stand before its locks
        return found

    monkeypatch.setattr(reserving, "lock_balances", slowly)

    def serve() -> None:
        server.append(threading.get_ident())
        outbox.relay()

    def cancel() -> None:
        begun.wait(5)
        room.doing(actions.cancel, other)()

    assert refused(at_once(serve, cancel)) == []
    assert deadlocks() == before
    relay_until_quiet()
    assert (promised(other), promised(waiting)) == (0, 15)
    assert not OutboxMessage.objects.filter(attempts__gt=1).exists(), "a relay had to try again"
    require_true_ledgers()
