"""Reports, confirms, cancellations, deliveries and counts over the same few items at once: every total stays true."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel import outbox
from manufacturing.models import Item, Reservation, StockBalance, StockMove
from manufacturing.problems import MaterialShort, StockShort
from manufacturing.stock.receipts import adjust
from orders import actions, ledger
from orders.models import ProductionOrder, QuantityEntry
from orders.problems import IllegalTransition, NotOpen, OverProduction, TotalBelowZero
from orders.states import ENDED
from tests.races.stockroom import (
    Stockroom,
    as_request,
    deadlocks,
    figures,
    refused,
    relay_until_quiet,
    require_true_ledgers,
    watched,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 5.0
EXPECTED = (MaterialShort, StockShort, IllegalTransition, NotOpen, OverProduction, TotalBelowZero)


@pytest.mark.parametrize("attempt", range(5))
def test_two_reports_of_sixty_on_a_strict_hundred(attempt: int) -> None:
    room = Stockroom()
    board = room.material(150, 100)
    product = room.product({board: 2})
    order = room.running(product, 100, policy="strict")
    told = refused(at_once(*(room.reporting(order, 60) for _ in range(2))))
    assert [type(problem) for problem in told] == [OverProduction], told
    assert isinstance(told[0], OverProduction) and told[0].data["would_be"] == 120
    assert ProductionOrder.objects.get(pk=order.pk).quantity_good == 60
    assert (figures(product), figures(board)) == ((60, 0), (130, 80))
    assert (QuantityEntry.objects.count(), StockMove.objects.filter(kind="production").count()) == (1, 1)
    require_true_ledgers()


def test_control_judged_before_the_order_is_locked_too_much_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both judge an order of which nothing was made; then nothing but the lock stands between them."""
    room = Stockroom()
    product = room.product({room.material(300): 2})
    order = room.running(product, 100, policy="strict")
    barrier, judge = threading.Barrier(2), ledger.judge_over_production

    def work() -> None:
        line = order.lines.get()
        judge(order, line, good=line.good + 60)
        barrier.wait(10)
        room.reporting(order, 60)()

    monkeypatch.setattr(ledger, "judge_over_production", lambda *args, **kwargs: None)

    assert refused(at_once(work, work)) == []
    assert figures(product)[0] == 120


def test_orders_that_share_components_and_product_report_at_once() -> None:
    """Eight orders of one product, from two lots of each component, six reports each: balances are the bottleneck."""
    room = Stockroom()
    parts = [room.material(300, 300) for _ in range(3)]
    product = room.product(dict.fromkeys(parts, 1))
    orders = [room.running(product, 60) for _ in range(8)]
    before = deadlocks()

    def reporting(order: ProductionOrder) -> Callable[[], None]:
        def work() -> None:
            for good in (10, 3, 7, 10, 1, 9):
                room.reporting(order, good, rejected=1)()

        return work

    with watched() as watch:
        assert refused(at_once(*(reporting(order) for order in orders))) == []
    assert (watch.over_promised, deadlocks()) == (0, before)
    assert figures(product) == (320, 0)
    assert [figures(part) for part in parts] == [(600 - 8 * 46, 8 * 14)] * 3
    require_true_ledgers()


class Shift:
    """What one thread does at random for some seconds, over the items and orders that all share."""

    def __init__(self, room: Stockroom, products: list[Item], materials: list[Item], *, seed: int) -> None:
        self.room, self.products, self.materials = room, products, materials
        self.chance, self.met = random.Random(seed), Counter[str]()

    def work(self) -> Counter[str]:
        end = time.monotonic() + SECONDS
        doings = [self.begin, self.begin, self.plan, self.report, self.report, self.report, self.correct, self.finish,
                  self.cancel, self.deliver, self.count]  # fmt: skip
        while time.monotonic() < end:
            doing = self.chance.choice(doings)
            try:
                doing()
                self.met[doing.__name__] += 1
            except EXPECTED as problem:
                self.met[problem.code] += 1
        return self.met

    def draft(self) -> ProductionOrder:
        return self.room.draft(self.chance.choice(self.products), self.chance.randint(1, 12), policy="strict")

    def some(self, *states: str) -> int | None:
        keys = ProductionOrder.objects.filter(state__in=states).order_by("-id").values_list("pk", flat=True)[:8]
        return self.chance.choice(list(keys)) if keys else None

    def do(self, verb: Callable[..., Any], order_id: int | None, **arguments: Any) -> None:
        if order_id is not None:
            as_request(lambda: verb(order_id=order_id, by=self.room.by, **arguments))()

    def begin(self) -> None:
        order = self.draft()
        self.do(actions.approve, order.pk)
        self.do(actions.start, order.pk)

    def plan(self) -> None:
        self.room.planning(self.draft())()

    def report(self) -> None:
        order = self.some("in_production")
        if order is not None:
            self.room.reporting(
                ProductionOrder(pk=order), self.chance.randint(1, 4), rejected=self.chance.randint(0, 1)
            )()

    def correct(self) -> None:
        order = self.some("in_production")
        if order is not None:
            self.room.reporting(ProductionOrder(pk=order), -1, reason="miscounted")()

    def finish(self) -> None:
        self.do(actions.complete, self.some("in_production"))

    def cancel(self) -> None:
        self.do(actions.cancel, self.some("approved", "scheduled", "in_production"))

    def deliver(self) -> None:
        self.room.receive(
            self.chance.choice(self.materials), self.chance.randint(1, 20), lot_number=self.chance.choice("ABC")
        )

    def count(self) -> None:
        balances = StockBalance.objects.filter(item__in=self.materials).values_list("pk", "on_hand")
        key, on_hand = self.chance.choice(list(balances))
        counted = max(on_hand + self.chance.randint(-3, 3), Decimal(0))
        as_request(lambda: adjust(balance_id=key, by=self.room.by, counted=counted, reason="counted"))()


@pytest.mark.slow
def test_a_shift_of_everything_at_once_leaves_every_ledger_true() -> None:
    room = Stockroom()
    materials = [room.material(40, 30, 20) for _ in range(4)]
    turns = [materials, materials[::-1], materials[1:], [materials[3], materials[0]]]
    products = [room.product({item: 1 + place % 2 for place, item in enumerate(turn)}) for turn in turns]
    shifts = [Shift(room, products, materials, seed=seed) for seed in range(8)]
    before = deadlocks()
    counting = threading.Semaphore(0)

    def relay() -> None:
        for _ in shifts:
            while not counting.acquire(timeout=0.02):
                outbox.relay()

    def worked(shift: Shift) -> Callable[[], Any]:
        def work() -> Counter[str]:
            try:
                return shift.work()
            finally:
                counting.release()

        return work

    with watched() as watch:
        outcomes = at_once(relay, *(worked(shift) for shift in shifts))
    assert refused(outcomes) == []
    met = sum((outcome for outcome in outcomes[1:] if isinstance(outcome, Counter)), Counter[str]())
    assert met.total() > 100 and {"begin", "report", "cancel", "deliver", "count", "material_short"} <= met.keys(), met
    relay_until_quiet()
    assert (watch.over_promised, watch.least_on_hand, deadlocks()) == (0, 0, before)
    assert not Reservation.objects.filter(component__order__state__in=[*ENDED, "completed", "verified"]).exists()
    require_true_ledgers()
