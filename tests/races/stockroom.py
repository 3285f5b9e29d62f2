"""A plant with stock to race for: materials in lots, products made of them, orders, and verbs run as requests run them."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

import psycopg
from django.db import connection

from factoryos.kernel import outbox, transactions
from factoryos.kernel.models import Factory
from factoryos.kernel.transactions import Answer
from manufacturing.boms.writing import Part, Recipe, create_bom
from manufacturing.models import Item, Reservation, StockBalance
from manufacturing.stock.receipts import Delivery, receive
from orders import actions
from orders.models import ProductionOrder
from orders.proof_of_ledgers import faults
from orders.proofs import one_snapshot
from orders.specs import Circumstances, Count, NewLine, Policy, Share
from tests import floor

T = TypeVar("T")
_numbers = count(1)


class Stockroom:
    """One factory, and short ways to fill its stock and make its orders."""

    def __init__(self, **facts: Any) -> None:
        self.factory: Factory = floor.a_factory(**facts)
        self.by = floor.an_actor(self.factory)
        self.machine = floor.a_machine(self.factory)

    def material(self, *lots: int, **facts: Any) -> Item:
        """An item with so much in each of its lots, the first of which expires first; one lot of 0 is no stock."""
        number = next(_numbers)
        item = floor.an_item(self.factory, **{"sku": f"MAT-{number}", "name": f"Material {number}"} | facts)
        for place, quantity in enumerate(lots, start=1):
            if quantity:
                best_before = datetime(2030, 1, place, tzinfo=UTC) if len(lots) > 1 else None
                self.receive(item, quantity, lot_number=f"L{place}" if len(lots) > 1 else None, best_before=best_before)
        return item

    def receive(self, item: Item, quantity: int, **facts: Any) -> None:
        delivery = Delivery(item=item, quantity=Decimal(quantity), **facts)
        as_request(lambda: receive(delivery, by=self.by))()

    def product(self, parts: Mapping[Item, int], **facts: Any) -> Item:
        """An item made of these, in this order, so many of each for one."""
        number = next(_numbers)
        item = floor.an_item(self.factory, **{"sku": f"PROD-{number}", "name": f"Product {number}"} | facts)
        self.bom(item, parts)
        return item

    def bom(self, item: Item, parts: Mapping[Item, int]) -> Any:
        recipe = Recipe(item.name, [Part(part, Decimal(amount)) for part, amount in parts.items()])
        return floor.done(create_bom, by=self.by, item=item, recipe=recipe)

    def draft(self, item: Item, target: int, *, policy: str = "unlimited", **facts: Any) -> ProductionOrder:
        lines = [NewLine(item=item, target=Decimal(target))]
        return floor.done(actions.create, by=self.by, lines=lines, policy=Policy(policy), **facts)

    def approved(self, item: Item, target: int, **facts: Any) -> ProductionOrder:
        return self._moved(self.draft(item, target, **facts), actions.approve)

    def running(self, item: Item, target: int, **facts: Any) -> ProductionOrder:
        return self._moved(self.approved(item, target, **facts), actions.start)

    def waiting(self, item: Item, target: int, **facts: Any) -> ProductionOrder:
        """Planned, with its components reserved as far as they are there."""
        return self._moved(self.draft(item, target, **facts), actions.schedule, shares=[Share(machine=self.machine)])

    def _moved(self, order: ProductionOrder, verb: Callable[..., Any], **arguments: Any) -> ProductionOrder:
        floor.done(verb, order_id=order.pk, by=self.by, **arguments)
        return ProductionOrder.objects.get(pk=order.pk)

    def doing(self, verb: Callable[..., Any], order: ProductionOrder, **arguments: Any) -> Callable[[], Any]:
        """The verb on this order, as a request would run it, with its retries."""
        return as_request(lambda: verb(order_id=order.pk, by=self.by, **arguments))

    def planning(self, order: ProductionOrder) -> Callable[[], Any]:
        return self.doing(actions.schedule, order, shares=[Share(machine=self.machine)])

    def reporting(self, order: ProductionOrder, good: int, *, rejected: int = 0, **facts: Any) -> Callable[[], Any]:
        where = {name: facts.pop(name) for name in ("lot_number", "serial_numbers") if name in facts}
        count = Count(Decimal(good), Decimal(rejected))
        return self.doing(actions.report, order, count=count, where=Circumstances(**where), **facts)


def as_request(work: Callable[[], T]) -> Callable[[], T]:
    """`work` in the one transaction of a request, tried again as the runner tries again."""

    def refuse(problem: Exception) -> Answer:
        raise problem

    def run() -> T:
        given: list[T] = []

        def once() -> Answer:
            given.append(work())
            return Answer(200, b"")

        transactions.run(once, refuse=refuse)
        return given[-1]

    return run


def refused(outcomes: Sequence[Any]) -> list[BaseException]:
    return [outcome for outcome in outcomes if isinstance(outcome, BaseException)]


def figures(item: Item) -> tuple[Decimal, Decimal]:
    """(on hand, reserved) of an item over all its lots."""
    rows = StockBalance.objects.filter(item=item).values_list("on_hand", "reserved")
    return sum((row[0] for row in rows), Decimal(0)), sum((row[1] for row in rows), Decimal(0))


def promised(order: ProductionOrder) -> Decimal:
    """What is reserved for an order, of everything."""
    rows = Reservation.objects.filter(component__order=order).values_list("quantity", flat=True)
    return sum(rows, Decimal(0))


def require_true_ledgers() -> None:
    """Every total of stock, orders and genealogy is the sum of its ledger."""
    with one_snapshot():
        found = [str(fault) for fault in faults()]
    assert not found, found


def relay_until_quiet() -> None:
    while outbox.relay():
        pass


def parameters() -> dict[str, Any]:
    """For a connection beside Django's."""
    known = connection.get_connection_params()
    return {name: known[name] for name in ("dbname", "user", "password", "host", "port") if known.get(name)}


def deadlocks() -> int:
    """How many deadlocks the server has broken up in this database so far."""
    with psycopg.connect(**parameters(), autocommit=True) as other:
        other.execute("SELECT pg_stat_force_next_flush()")
        row = other.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
        assert row is not None
        return int(row[0])


class Watch:
    """What a connection of its own saw, again and again, while others worked."""

    def __init__(self) -> None:
        self.looks, self.over_promised, self.least_on_hand = 0, 0, Decimal(0)


_LOOK = """
SELECT count(*) FILTER (WHERE reserved > on_hand OR reserved < 0
    OR reserved <> (SELECT coalesce(sum(quantity), 0) FROM manufacturing_reservation WHERE balance_id = balance.id)),
    coalesce(min(on_hand), 0)
FROM manufacturing_stockbalance AS balance
"""


@contextmanager
def watched() -> Iterator[Watch]:
    """Look at all balances without pause: what is promised is there, and is what the reservations say."""
    watch, over = Watch(), threading.Event()

    def look() -> None:
        with psycopg.connect(**parameters(), autocommit=True) as other:
            while not over.is_set():
                row = other.execute(_LOOK).fetchone()
                assert row is not None
                watch.looks += 1
                watch.over_promised += row[0]
                watch.least_on_hand = min(watch.least_on_hand, row[1])
                over.wait(0.005)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join(10)
