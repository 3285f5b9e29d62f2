"""Counts booked together leave exactly what the same reports leave one by one: whatever is counted, by rows and totals."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import OutboxMessage
from manufacturing.models import Machine, Shortage
from manufacturing.stock.posting import ARRIVED
from orders import actions
from orders.actions.report_counts import report_counts
from orders.machine_counts import MachineCount, Outcome
from orders.models import Assignment, OrderEvent, OrderLine
from orders.specs import Circumstances, Count
from tests import floor
from tests.counted import a_count
from tests.orders.storeroom import Storeroom
from tests.orders.truth import require_truth

pytestmark = pytest.mark.django_db

# What a call leaves, with nothing in it that is drawn anew each time: ids, uuids, instants.
_LEFT = {
    "orders": "SELECT id, state, version, quantity_good, quantity_rejected FROM orders_productionorder",
    "lines": "SELECT id, good, rejected FROM orders_orderline",
    "shares": "SELECT id, produced FROM orders_assignment",
    "components": "SELECT id, consumed, over_consumed, spared FROM orders_ordercomponent",
    "balances": """SELECT balance.item_id, lot.code, location_id, on_hand, reserved
        FROM manufacturing_stockbalance AS balance LEFT JOIN manufacturing_lot AS lot ON lot.id = lot_id""",
    "reservations": "SELECT component_id, balance_id, quantity FROM manufacturing_reservation",
    "entries": """SELECT idempotency_key, order_id, line_id, good, rejected, machine_id, lot_number,
        short_consumption::text, spared::text, rank() OVER (PARTITION BY order_id ORDER BY id) FROM orders_quantityentry""",
    "moves": """SELECT entry.idempotency_key, run_id = entry_id, move.order_id, balance.item_id, lot.code, kind, quantity,
        component_id, move.reason, move.reference FROM manufacturing_stockmove AS move
        JOIN orders_quantityentry AS entry ON entry.id = move.entry_id
        JOIN manufacturing_stockbalance AS balance ON balance.id = move.balance_id
        LEFT JOIN manufacturing_lot AS lot ON lot.id = balance.lot_id""",
} | {
    link: f"""SELECT entry.idempotency_key, link.order_id, link.factory_id, link.item_id, lot.code, quantity
        FROM quality_{link} AS link JOIN orders_quantityentry AS entry ON entry.id = link.run_id
        LEFT JOIN manufacturing_lot AS lot ON lot.id = link.lot_id"""
    for link in ("consumption", "output")
}  # fmt: skip
_DRAWN = {"entry", "source"}  # of an event's data


class Hall:
    """Four machines: two share an order of two lines; one makes what another uses. Parts in lots, by thirds, too few."""

    def __init__(self) -> None:
        self.room = room = Storeroom(per_unit="1.7", stock=25, batch=3, unit_decimals=2)
        lotted = room.ingredient(tracking="lot", unit_decimals=3)
        for day, quantity in enumerate(("4", "7.5", "11"), start=1):
            room.deliver(quantity, f"L{day}", item=lotted, best_before=datetime(2030, 1, 9 - day, tzinfo=UTC))
        sub = room.product({room.part: "0.333333"}, quantity=7)
        top = room.product({lotted: 1, sub: "0.5", room.part: "0.1"}, quantity="1.7")
        boxed = floor.an_item(room.factory, tracking="lot")
        self.machines = [floor.a_machine(room.factory) for _ in range(4)]
        room.running(6, 8, item=top, on=self.machines[:2])
        room.running(30, item=sub, on=[self.machines[2]], batch_number="B7")
        room.running(12, item=boxed, on=[self.machines[3]])
        room.scheduled(500, item=top)  # waits for whatever there will be

    def left(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with connection.cursor() as cursor:
            for name, query in _LEFT.items():
                cursor.execute(query)
                found[name] = sorted(cursor.fetchall(), key=repr)
        found["events"] = [
            (event.order_id, event.seq, event.verb, event.to_state, event.actor_id, event.credential, event.face,
             {name: value for name, value in event.data.items() if name not in _DRAWN})
            for event in OrderEvent.objects.order_by("order_id", "seq")
        ]  # fmt: skip
        told = OutboxMessage.objects.values_list("topic", "factory_id", "key", "payload")
        found["told"] = sorted(
            (topic, factory, key, repr({name: value for name, value in payload.items() if name != "at"}))
            for topic, factory, key, payload in told.exclude(topic=ARRIVED)
        )
        # Told for each report, or for all of them at once; only those that somebody waits for matter.
        awaited = set(Shortage.objects.values_list("item_id", flat=True))
        arrived = (payload["items"] for _, _, _, payload in told.filter(topic=ARRIVED))
        found["arrived"] = sorted(awaited & {item for items in arrived for item in items})
        return found

    def one_by_one(self, counts: Sequence[MachineCount]) -> None:
        for count in counts:
            share = Assignment.objects.get(machine_id=count.machine_id, active=True)
            lines = OrderLine.objects.filter(order_id=share.order_id).order_by("sort")
            line = next((line for line in lines if line.good < line.target), lines.reverse()[0])
            where = Circumstances(
                line_id=line.pk, machine_id=count.machine_id, occurred_at=count.at, idempotency_key=count.key
            )
            pieces = Count(good=count.good, rejected=count.rejected)
            actions.report(order_id=share.order_id, by=self.as_machine(count.machine_id), count=pieces, where=where)

    def as_machine(self, machine_id: int) -> Actor:
        machine = Machine.objects.get(pk=machine_id)
        return Actor(
            kind="device", id=machine.code, name=machine.name, factory=self.room.factory.tenant(), face="machine",
            credential="device",
        )  # fmt: skip

    def together(self, calls: Sequence[Sequence[MachineCount]]) -> None:
        for counts in calls:
            assert {one.outcome for one in report_counts(counts)} <= {Outcome.BOOKED}


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


pieces = st.one_of(st.integers(0, 9).map(Decimal), st.decimals("0.001", "9", places=3))
counted = st.tuples(st.integers(0, 3), pieces, pieces).filter(lambda one: one[1] + one[2] > 0)
some_calls = st.lists(st.lists(counted, min_size=1, max_size=8), min_size=1, max_size=3)


def test_counts_booked_together_leave_what_reports_leave_one_by_one() -> None:
    hall = Hall()

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(some_calls)
    def same(drawn: list[list[tuple[int, Decimal, Decimal]]]) -> None:
        calls = [[a_count(hall.machines[place], good, rejected) for place, good, rejected in call] for call in drawn]
        with undone():
            hall.one_by_one([count for call in calls for count in call])
            expected = hall.left()
            require_truth()
        with undone():
            hall.together(calls)
            left = hall.left()
            require_truth()
        for name, rows in expected.items():
            assert left[name] == rows, name

    same()
