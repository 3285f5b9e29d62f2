"""Traced runs at once: counted exactly, one winner for the last of a lot, and no limit passed by two who both were below."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from manufacturing.models import StockMove
from manufacturing.problems import LotShort, StockShort
from manufacturing.stock import balances
from orders import actions
from orders.materials import traced as traced_runs
from orders.materials.components import components_of
from orders.models import OrderComponent, OrderLine, ProductionOrder, QuantityEntry
from orders.specs import Count, PartUse, Traced
from quality.models import Consumption
from tests.orders.tracing import part
from tests.races.stockroom import Stockroom, deadlocks, figures, refused, require_true_ledgers, watched
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def tracing(
    room: Stockroom, order: ProductionOrder, good: int, *parts: PartUse, limited: bool = False
) -> Callable[[], Any]:
    count = Count(Decimal(good), Decimal(0))
    return room.doing(actions.report, order, count=count, traced=Traced(parts, limited))


def test_twenty_runs_of_one_piece_at_once_are_twenty_pieces() -> None:
    room = Stockroom()
    cap, liner = room.material(30, 30, tracking="lot"), room.material(100)
    order = room.running(room.product({cap: 2, liner: 1}), 20)
    before = deadlocks()
    with watched() as watch:
        told = at_once(*(tracing(room, order, 1, part(cap, L2=1), part(liner, 2)) for _ in range(20)))
    assert refused(told) == []
    assert (watch.over_promised, deadlocks()) == (0, before)
    assert (OrderLine.objects.get(order=order).good, QuantityEntry.objects.count()) == (20, 20)
    assert (figures(order.lines.get().item)[0], figures(cap), figures(liner)) == (20, (20, 0), (60, 0))
    used = {
        row.item_id: (row.consumed, row.over_consumed, row.spared) for row in OrderComponent.objects.filter(order=order)
    }
    assert used == {cap.pk: (40, 0, 0), liner.pk: (20, 20, 0)}
    lots = Consumption.objects.filter(item=cap).values_list("lot__code", "quantity")
    assert sorted(lots) == [("L1", 1)] * 20 + [("L2", 1)] * 20
    require_true_ledgers()


def last_five(room: Stockroom) -> tuple[Any, list[Callable[[], Any]]]:
    """Two running orders that could reserve nothing, and a run of each that names the last five of a lot."""
    cap = room.material(0, tracking="lot")
    orders = [room.draft(room.product({cap: 1}), 50) for _ in range(2)]
    for order in orders:
        room.doing(actions.approve_best_effort, order)()
        room.doing(actions.start, order)()
    room.receive(cap, 5, lot_number="LAST")
    return cap, [tracing(room, order, 5, part(cap, LAST=5)) for order in orders]


@pytest.mark.parametrize("attempt", range(5))
def test_the_last_five_of_a_lot_are_had_by_one(attempt: int) -> None:
    room = Stockroom()
    cap, works = last_five(room)
    told = refused(at_once(*works))
    assert [type(problem) for problem in told] == [LotShort], told
    assert isinstance(told[0], LotShort) and told[0].data["available"] == 0
    assert (figures(cap), QuantityEntry.objects.count()) == ((0, 0), 1)
    assert StockMove.objects.filter(kind="consumption").count() == 1
    require_true_ledgers()


def test_control_without_the_lock_of_balances_only_the_database_stands_between_the_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Stockroom()
    cap, works = last_five(room)
    barrier, lock = threading.Barrier(2), traced_runs.lock_balances

    def look(**wanted: Any) -> Any:
        found = lock(**wanted)
        barrier.wait(10)
        return found

    monkeypatch.setattr(balances, "_LOCK", balances._LOCK.replace("FOR NO KEY UPDATE OF balance", ""))
    monkeypatch.setattr(traced_runs, "lock_balances", look)
    told = refused(at_once(*works))
    assert [type(problem) for problem in told] == [StockShort], told
    assert figures(cap) == (0, 0)


def limited(room: Stockroom) -> tuple[ProductionOrder, Callable[[], Any]]:
    """An order of ten, and a limited run of eight of them."""
    order = room.running(room.product({room.material(100): 1}), 10)
    return order, tracing(room, order, 8, limited=True)


def test_two_limited_runs_at_once_use_what_the_target_takes() -> None:
    room = Stockroom()
    order, work = limited(room)
    assert refused(at_once(work, work)) == []
    component = OrderComponent.objects.get(order=order)
    assert (component.consumed, component.spared, order.lines.get().good) == (10, 6, 16)
    require_true_ledgers()


def test_control_judged_before_the_order_is_locked_the_limit_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Stockroom()
    order, work = limited(room)
    barrier, judge, early = threading.Barrier(2), traced_runs.asked_of, threading.local()

    def judged_early() -> None:
        early.asked = judge(components_of(order.pk), Traced(limited=True), produced=Decimal(8))
        barrier.wait(10)
        work()

    monkeypatch.setattr(traced_runs, "asked_of", lambda *args, **kwargs: early.asked)
    assert refused(at_once(judged_early, judged_early)) == []
    assert OrderComponent.objects.get(order=order).consumed == 16
