"""Random runs with totals, named lots, limits and corrections: each leaves just what a sum on paper says it must."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Problem
from factoryos.kernel.quantities import exactly
from manufacturing.models import Item, Lot, Shortage, StockBalance
from manufacturing.stock.receipts import Delivery, receive
from orders import actions, proof_of_ledgers
from orders.materials.components import Component, components_of
from orders.models import OrderLine, ProductionOrder
from orders.specs import Circumstances, ConsumedLot, Count, PartUse, Share, Traced
from tests import floor, stores
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.walks import walk

ZERO = Decimal(0)
LOTS = ("A", "B", "C")
amounts = st.one_of(st.integers(0, 12).map(Decimal), st.decimals(0, 5, places=3))
seen: Counter[str] = Counter()

_BY_RUN = """
SELECT count(*) FROM (
    SELECT coalesce((part->>'run')::bigint, entry.id) AS run FROM orders_quantityentry AS entry,
        jsonb_array_elements(entry.spared) AS part
    GROUP BY part->>'component', 1 HAVING sum((part->>'quantity')::numeric) < 0) AS overdrawn
"""


class Paper:
    """What a run must do to one component: worked out without the ledger, from how things stand before."""

    def __init__(self, component: Component, use: PartUse, *, produced: Decimal, limited: bool) -> None:
        self.need = component.used_by(produced) - component.consumed - component.spared
        self.left = max(component.used_by(component.target) - component.consumed - component.over_consumed, ZERO)
        self.by_lot: Counter[int] = Counter()
        for lot in use.lots:
            self.by_lot[lot.lot_id] += lot.quantity  # type: ignore[assignment]  # a counter of decimals
        told = min(self.need, self.left) if limited else self.need
        self.total = max(told if use.total is None else use.total, sum(self.by_lot.values(), ZERO))
        self.passed = limited and self.total > self.left
        balances = StockBalance.objects.filter(item_id=component.item_id)
        there = {one.pk: one.on_hand - one.reserved + component.reserved.get(one.pk, ZERO) for one in balances}
        self.available = sum(there.values(), ZERO)
        self.short_lot = any(
            sum((there[one.pk] for one in balances if one.lot_id == lot), ZERO) < wanted
            for lot, wanted in self.by_lot.items()
        )
        self.taken = min(self.total, self.available)

    def refused_with(self, *, strict: bool) -> set[str]:
        codes = {"over_limit"} if self.passed else set()
        if self.short_lot:
            codes.add("lot_short")
        return codes | ({"material_short"} if strict and self.taken < self.total else set())

    def after(self, component: Component) -> tuple[Decimal, Decimal, Decimal]:
        used = min(self.taken, self.need)
        return (
            component.consumed + used,
            component.over_consumed + self.taken - used,
            component.spared + max(self.need - self.total, ZERO),
        )


class Walk(RuleBasedStateMachine):
    """Two running orders over the same two parts: one in lots, by thirds and sevenths; one by weight."""

    def __init__(self) -> None:
        super().__init__()
        self.door = transaction.atomic()
        self.door.__enter__()
        self.stage = stage = Stage()
        self.parts = [
            stores.an_ingredient(stage.factory, stage.by, tracking="lot", unit_decimals=3),
            stores.an_ingredient(stage.factory, stage.by, unit_decimals=2, stock=20),
        ]
        self.orders = []
        for quantity in (3, 7):
            item = stores.an_ingredient(stage.factory, stage.by)
            stores.a_bom(stage.by, item, {self.parts[0]: "4", self.parts[1]: "1.1"}, quantity=quantity)
            order = stage.draft(12, item=item)
            stage.do(actions.schedule, order, shares=[Share(machine=floor.a_machine(stage.factory))])
            self.orders.append(stage.do(actions.start, order))
        for lot in LOTS:
            self.deliver(self.parts[0], Decimal(6), lot)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.door.__exit__(None, None, None)

    def deliver(self, item: Item, quantity: Decimal, lot: str | None) -> None:
        floor.done(receive, delivery=Delivery(item, quantity, lot_number=lot), by=self.stage.by)

    def attempt(self, verb: Callable[..., Any], *, by: Actor, **arguments: Any) -> str | None:
        """The code of the problem that it was refused with, leaving nothing; none if it was done."""
        before = everything()
        try:
            with transaction.atomic():
                verb(by=by, **arguments)
        except Problem as problem:
            assert everything() == before
            seen[problem.code] += 1
            return problem.code
        return None

    @rule(part=st.integers(0, 1), lot=st.sampled_from(LOTS), quantity=st.integers(1, 15))
    def more(self, part: int, lot: str, quantity: int) -> None:
        self.deliver(self.parts[part], Decimal(quantity), lot if part == 0 else None)

    @rule(order=st.integers(0, 1), pieces=st.integers(1, 30))
    def another_target(self, order: int, pieces: int) -> None:
        self.attempt(
            actions.adjust_quantity,
            by=self.stage.by,
            order_id=self.orders[order].pk,
            target=Decimal(pieces),
            reason="x",
        )

    @rule(order=st.integers(0, 1), data=st.data(), strict=st.booleans(), limited=st.booleans())
    @exactly()
    def run(self, order: int, data: st.DataObject, strict: bool, limited: bool) -> None:
        count = Count(*map(Decimal, data.draw(st.tuples(st.integers(0, 5), st.integers(0, 2)).filter(any))))
        key, uses = self.orders[order].pk, [use for item in self.parts if (use := self.named(item, data.draw))]
        line, components = OrderLine.objects.get(order_id=key), components_of(key)
        papers = {}
        for component in components:
            use = next((one for one in uses if one.item_id == component.item_id), PartUse(component.item_id))
            produced = line.good + line.rejected + count.produced
            papers[component.id] = Paper(component, use, produced=produced, limited=limited)
        by = replace(
            self.stage.by, factory=replace(self.stage.by.factory, material_policy="strict" if strict else "best_effort")
        )
        told = self.attempt(actions.report, by=by, order_id=key, count=count, traced=Traced(tuple(uses), limited))
        reasons = set().union(*(paper.refused_with(strict=strict) for paper in papers.values()))
        assert (told in reasons) if reasons else (told is None), (told, reasons)
        for component, now in zip(components, components_of(key), strict=True):
            before = component.consumed, component.over_consumed, component.spared
            expected = before if told else papers[component.id].after(component)
            assert (now.consumed, now.over_consumed, now.spared) == expected
            if told is None:
                seen["spared"] += now.spared > component.spared
                seen["beyond"] += now.over_consumed > component.over_consumed
                seen["short"] += papers[component.id].taken < papers[component.id].total

    def named(self, item: Item, draw: Any) -> PartUse | None:
        if draw(st.integers(0, 2)) == 0:
            return None
        lots = []
        if item == self.parts[0]:
            for code, quantity in draw(st.lists(st.tuples(st.sampled_from(LOTS), st.integers(1, 5)), max_size=2)):
                lot = Lot.objects.get(item=item, code=code)
                lots.append(ConsumedLot(item.pk, item.uuid, item.sku, lot.pk, code, Decimal(quantity)))
        return PartUse(item.pk, draw(st.none() | amounts), tuple(lots))

    @rule(order=st.integers(0, 1), data=st.data())
    @exactly()
    def correct(self, order: int, data: st.DataObject) -> None:
        """A correction, of the newest pieces: what it undoes was used or spared, and nothing else of them changes."""
        key = self.orders[order].pk
        line, components = OrderLine.objects.get(order_id=key), components_of(key)
        good = data.draw(st.integers(0, int(line.good)))
        rejected = data.draw(st.integers(0, int(line.rejected)))
        if not good + rejected:
            return
        count = Count(-Decimal(good), -Decimal(rejected))
        told = self.attempt(
            actions.report, by=self.stage.by, order_id=key, count=count, where=Circumstances(), reason="x"
        )
        assert told is None
        seen["corrected"] += 1
        for component, now in zip(components, components_of(key), strict=True):
            settled = min(
                component.consumed + component.spared, component.used_by(line.good + line.rejected + count.produced)
            )
            assert now.consumed + now.spared == settled
            assert (now.consumed <= component.consumed, now.spared <= component.spared) == (True, True)
            assert now.over_consumed == component.over_consumed
            seen["unspared"] += now.spared < component.spared

    @invariant()
    def every_total_is_its_sum(self) -> None:
        assert not list(proof_of_ledgers.faults())
        assert not any(one.reserved > one.on_hand for one in StockBalance.objects.all())
        with connection.cursor() as cursor:
            cursor.execute(_BY_RUN)
            assert cursor.fetchone() == (0,), "no run takes back more than it was spared"

    @invariant()
    def nobody_keeps_more_than_is_needed_nor_settles_more_than_was_made(self) -> None:
        for order in ProductionOrder.objects.filter(pk__in=[order.pk for order in self.orders]):
            line = OrderLine.objects.get(order=order)
            for component in components_of(order.pk):
                assert component.held <= max(component.required() - component.consumed - component.spared, ZERO)
                assert component.consumed + component.spared <= component.used_by(line.good + line.rejected)
                waits = Shortage.objects.filter(component_id=component.id).exists()
                assert component.outstanding <= 0 or waits or not order.has_material_set_aside


@pytest.mark.slow
@pytest.mark.django_db
def test_random_runs_use_spare_and_give_back_what_a_sum_on_paper_says() -> None:
    met = {"over_limit", "lot_short", "material_short", "spared", "beyond", "short", "corrected", "unspared"}
    walk(Walk, walks=8, steps=25, until=met, seen=seen)
