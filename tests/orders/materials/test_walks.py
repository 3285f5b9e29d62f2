"""Random walks over orders that share components with awkward ratios: stock stays true whatever is called."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F, Sum
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from factoryos.kernel.problems import Problem
from manufacturing.models import Reservation, StockBalance, StockMove
from manufacturing.stock.receipts import Delivery, adjust, receive
from orders import actions, proof_of_ledgers
from orders.materials.components import Component, components_of
from orders.materials.restocking import serve
from orders.models import OrderComponent, OrderLine, ProductionOrder, QuantityEntry
from orders.specs import Circumstances, Count, Share
from tests import floor, stores
from tests.evidence import everything
from tests.orders.materials.test_restocking import arrivals
from tests.orders.stage import Stage
from tests.orders.test_matrix import LEADS_TO
from tests.walks import after_changes, walk

LOTS = ("A", "B", "C")
ONWARDS = [
    "report",
    "report",
    "report",
    "approve",
    "schedule",
    "start",
    "complete",
    "verify",
    "rework",
    "adjust_quantity",
]
NEXT_STEPS = {
    "draft": ["schedule"], "submitted": ["schedule"], "scheduled": ["start"], "approved": ["start"],
    "in_production": ["report", "report", "complete"], "completed": ["verify", "rework"],
}  # fmt: skip
LETS_GO = ("draft", "submitted", "completed", "verified", "closed", "cancelled")

which = st.integers(0, 2)
seen: Counter[str] = Counter()  # verbs done and problems met, over all walks


class Walk(RuleBasedStateMachine):
    """Three orders; two parts: one in lots, used by all, by thirds and sevenths; one counted in hundredths."""

    def __init__(self) -> None:
        super().__init__()
        self.door = transaction.atomic()
        self.door.__enter__()
        self.stage = stage = Stage(requires_verification=True)
        self.lotted = stores.an_ingredient(stage.factory, stage.by, tracking="lot", unit_decimals=3)
        self.loose = stores.an_ingredient(stage.factory, stage.by, unit_decimals=2)
        self.machines = [stage.machine, floor.a_machine(stage.factory)]
        recipes: list[dict[str, Any]] = [
            {"parts": {self.lotted: "1", self.loose: "0.27"}, "quantity": 3},
            {"parts": {self.lotted: "22", self.loose: "1"}, "quantity": 7},
            {"parts": {self.lotted: "0.333333"}, "quantity": "1.7"},
        ]
        self.orders, self.changed = [], True
        for recipe in recipes:
            item = stores.an_ingredient(stage.factory, stage.by)
            stores.a_bom(stage.by, item, recipe["parts"], quantity=recipe["quantity"])
            self.orders.append(stage.draft(20, item=item))
        self.deliver("A", 30)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.door.__exit__(None, None, None)

    def attempt(self, name: str, verb: Callable[..., Any], **arguments: Any) -> None:
        """It is done, or it is refused and leaves nothing."""
        before = everything()
        self.changed = True
        try:
            with transaction.atomic():
                verb(by=self.stage.by, **arguments)
        except Problem as problem:
            seen[problem.code] += 1
            assert everything() == before
            self.changed = False
        else:
            seen[name] += 1

    def deliver(self, lot: str, quantity: int) -> None:
        delivery = Delivery(self.lotted, Decimal(quantity), lot_number=lot)
        self.attempt("receive", receive, delivery=delivery)

    @rule(lot=st.sampled_from(LOTS), quantity=st.integers(1, 40))
    def more_of_a_lot(self, lot: str, quantity: int) -> None:
        self.deliver(lot, quantity)

    @rule(hundredths=st.integers(1, 900))
    def more_by_weight(self, hundredths: int) -> None:
        self.attempt("receive", receive, delivery=Delivery(self.loose, Decimal(hundredths) / 100))

    @rule(data=st.data(), change=st.integers(-20, 10))
    def count_anew(self, data: st.DataObject, change: int) -> None:
        balance = data.draw(st.sampled_from(list(StockBalance.objects.order_by("id"))))
        counted = max(balance.on_hand + change, Decimal(0))
        self.attempt("adjust", adjust, balance_id=balance.pk, counted=counted, reason="stocktaking")

    @rule()
    def serve_who_waits(self) -> None:
        while messages := arrivals():
            with transaction.atomic():
                serve(messages)
            self.changed = True
            seen["served"] += 1

    @rule(order=which, data=st.data(), legal=st.sampled_from([True] * 5 + [False]))
    def go(self, order: int, data: st.DataObject, legal: bool) -> None:
        state = ProductionOrder.objects.get(pk=self.orders[order].pk).state
        ends = ["cancel", "close"] if data.draw(st.integers(0, 5)) == 0 else []
        verbs = [verb for verb in ONWARDS + ends if state in LEADS_TO[verb]] if legal else []
        verb = data.draw(st.sampled_from(verbs or [*ONWARDS, "cancel", "close"]))
        arguments = getattr(self, f"for_{verb}", lambda *_: {})(self.orders[order], data.draw)
        self.attempt(verb, getattr(actions, verb), order_id=self.orders[order].pk, **arguments)

    @rule(order=which, data=st.data())
    def bring_to_its_end(self, order: int, data: st.DataObject) -> None:
        """The way to a sign-off is long for a walk that takes any step; this one takes the next step there."""
        state = ProductionOrder.objects.get(pk=self.orders[order].pk).state
        if state in NEXT_STEPS:
            verb = data.draw(st.sampled_from(NEXT_STEPS[state]))
            arguments = getattr(self, f"for_{verb}", lambda *_: {})(self.orders[order], data.draw)
            self.attempt(verb, getattr(actions, verb), order_id=self.orders[order].pk, **arguments)

    def for_schedule(self, order: ProductionOrder, draw: Any) -> dict[str, Any]:
        return {"shares": [Share(machine=draw(st.sampled_from(self.machines)))]}

    def for_report(self, order: ProductionOrder, draw: Any) -> dict[str, Any]:
        good, rejected = draw(st.tuples(st.integers(-4, 9), st.integers(-2, 4)).filter(any))
        known = {lot for lot in LOTS if self.lotted.lots.filter(code=lot).exists()}
        lots = draw(st.lists(st.tuples(st.sampled_from(sorted(known)), st.integers(1, 9)), max_size=2))
        if good < 0 or rejected < 0 or draw(st.booleans()):
            lots = []
        where = Circumstances(consumed_lots=tuple(stores.named(self.lotted, lot, quantity) for lot, quantity in lots))
        return {"count": Count(Decimal(good), Decimal(rejected)), "where": where, "reason": "walked"}

    def for_verify(self, order: ProductionOrder, draw: Any) -> dict[str, Any]:
        line = OrderLine.objects.get(order=order)
        good = max(line.good + draw(st.integers(-3, 3)), Decimal(0))
        rejected = max(line.rejected + draw(st.integers(-3, 3)), Decimal(0))
        return {"final": good + rejected, "good": good, "rejected": rejected}

    def for_rework(self, order: ProductionOrder, draw: Any) -> dict[str, Any]:
        return {"reason": "burrs"}

    def for_adjust_quantity(self, order: ProductionOrder, draw: Any) -> dict[str, Any]:
        return {"target": draw(st.integers(1, 40).map(Decimal)), "reason": "walked"}

    def for_close(self, order: ProductionOrder, draw: Any) -> dict[str, Any]:
        return {"shipment": {"quantity": draw(st.integers(0, 9).map(Decimal))}}

    @after_changes
    def every_total_is_its_sum(self) -> None:
        assert not list(proof_of_ledgers.faults())
        for balance in StockBalance.objects.all():
            moved = StockMove.objects.filter(balance=balance).aggregate(sum=Sum("quantity"))["sum"] or 0
            promised = Reservation.objects.filter(balance=balance).aggregate(sum=Sum("quantity"))["sum"] or 0
            assert (balance.on_hand, balance.reserved) == (moved, promised)
            assert 0 <= balance.reserved <= balance.on_hand

    @after_changes
    def what_was_used_is_the_need_of_what_was_made(self) -> None:
        """Exactly, unless the last report said that something was short; then less, by just that."""
        for order in self.orders:
            line = OrderLine.objects.get(order=order)
            entry = QuantityEntry.objects.filter(order=order).order_by("id").last()
            short = {row["sku"]: Decimal(row["short"]) for row in entry.short_consumption} if entry else {}
            for component in components_of(order.pk):
                need = component.used_by(line.good + line.rejected)
                assert component.consumed == need - short.get(component.sku, Decimal(0))
                seen["short" if component.sku in short else "exact"] += 1

    @after_changes
    def nobody_keeps_more_than_is_needed(self) -> None:
        for order in ProductionOrder.objects.all():
            for component in components_of(order.pk):
                assert component.held <= needed(component)
                assert not (order.state in LETS_GO and component.held), "an order that is over lets go"

    @after_changes
    def reservations_are_of_the_components_own_item(self) -> None:
        assert not Reservation.objects.exclude(balance__item=F("component__item")).exists()
        assert not OrderComponent.objects.filter(consumed__lt=0).exists()


def needed(component: Component) -> Decimal:
    return max(component.required() - component.consumed, Decimal(0))


@pytest.mark.slow
@pytest.mark.django_db
def test_random_walks_keep_the_stock_true() -> None:
    done = {
        "receive",
        "adjust",
        "served",
        "schedule",
        "report",
        "complete",
        "verify",
        "rework",
        "adjust_quantity",
        "cancel",
    }
    met = {"material_short", "stock_short", "total_below_zero", "short", "exact"}
    walk(Walk, walks=8, steps=40, until=done | met, seen=seen)
