"""Random walks of lines that come, go, grow and are reported on, over shared parts: every ledger stays true."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from factoryos.kernel.problems import Problem
from manufacturing.models import Item, Reservation, Shortage
from manufacturing.stock.receipts import Delivery, receive
from orders import actions, proof_of_ledgers
from orders.materials.components import components_of
from orders.materials.restocking import serve
from orders.models import OrderComponent, OrderFacts, OrderLine, ProductionOrder
from orders.specs import Circumstances, Count, NewLine, Share
from tests import floor, stores
from tests.evidence import everything
from tests.orders.materials.test_restocking import arrivals
from tests.orders.stage import Stage
from tests.orders.truth import require_truth
from tests.walks import after_changes, walk

amounts = st.decimals("0.1", 12, places=1)
seen: Counter[str] = Counter()  # verbs done and problems met, over all walks


class Walk(RuleBasedStateMachine):
    """An order that begins with two lines; three products of two parts, by thirds and sevenths, one over two levels.

    Another order waits for the same parts, so that what is freed is taken by it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.changed = True
        self.door = transaction.atomic()
        self.door.__enter__()
        self.stage = stage = Stage()
        self.parts = [stores.an_ingredient(stage.factory, stage.by, stock=5, unit_decimals=2) for _ in range(2)]
        one, other = self.parts
        assembly = stores.an_ingredient(stage.factory, stage.by, stock=10)
        stores.a_bom(stage.by, assembly, {one: 2}, quantity=3)
        recipes: list[dict[Item, Any]] = [{one: 1, other: "0.27"}, {other: 22}, {assembly: 1, one: "0.1"}]
        self.products = [self.product(parts, "Cut", "Press") for parts in recipes]
        lines = [NewLine(item, Decimal(5)) for item in self.products[:2]]
        self.order = floor.done(actions.create, by=stage.by, lines=lines)
        self.rival = stage.do(actions.approve_best_effort, stage.draft(30, item=self.products[0]))
        self.known = list(OrderLine.objects.filter(order=self.order).values_list("pk", flat=True))

    def product(self, parts: dict[Item, Any], *steps: str) -> Item:
        item = stores.an_ingredient(self.stage.factory, self.stage.by)
        stores.a_bom(self.stage.by, item, parts, *steps, quantity=7)
        return item

    def teardown(self) -> None:
        require_truth()
        transaction.set_rollback(True)
        self.door.__exit__(None, None, None)

    def attempt(self, verb: Callable[..., Any], **arguments: Any) -> Any:
        """It is done, or it is refused and leaves nothing."""
        before = everything()
        self.changed = True
        try:
            with transaction.atomic():
                given = verb(by=self.stage.by, **arguments)
        except Problem as problem:
            seen[problem.code] += 1
            assert everything() == before
            self.changed = False
            return None
        seen[verb.__name__] += 1
        return given

    def on_the_order(self, verb: Callable[..., Any], **arguments: Any) -> Any:
        return self.attempt(verb, order_id=self.order.pk, **arguments)

    def some_line(self, data: st.DataObject) -> int:
        """Mostly one that is there; now and then one that was."""
        there = list(OrderLine.objects.filter(order=self.order).values_list("pk", flat=True))
        lines = self.known if data.draw(st.integers(0, 5)) == 0 or not there else there
        return int(data.draw(st.sampled_from(lines)))

    @rule(number=st.integers(0, 2), amount=amounts)
    def add(self, number: int, amount: Decimal) -> None:
        line = NewLine(self.products[number], amount)
        if (added := self.on_the_order(actions.add_line, line=line, facts={"status": number})) is not None:
            self.known.append(added.pk)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self.on_the_order(actions.remove_line, line_id=self.some_line(data))

    @rule(data=st.data(), amount=amounts)
    def adjust(self, data: st.DataObject, amount: Decimal) -> None:
        line = self.some_line(data)
        self.on_the_order(actions.adjust_quantity, target=amount, reason="walked", line_id=line)

    @rule(data=st.data(), good=st.decimals(-1, 4, places=1), rejected=st.decimals(0, 2, places=1))
    def report(self, data: st.DataObject, good: Decimal, rejected: Decimal) -> None:
        if good or rejected:
            where = Circumstances(line_id=self.some_line(data))
            self.on_the_order(actions.report, count=Count(good, rejected), where=where, reason="walked")

    @rule(data=st.data(), good=st.decimals("0.1", 4, places=1))
    def make_something(self, data: st.DataObject, good: Decimal) -> None:
        """Chance alone seldom brings the order to where a line is made, and then asks for just that one to be taken off."""
        if ProductionOrder.objects.get(pk=self.order.pk).state != "in_production":
            self.onwards(data)
        elif lines := list(OrderLine.objects.filter(order=self.order).order_by("pk")):
            line = data.draw(st.sampled_from(lines))
            if line.good and data.draw(st.booleans()):
                self.on_the_order(actions.remove_line, line_id=line.pk)
            else:
                where = Circumstances(line_id=line.pk)
                self.on_the_order(actions.report, count=Count(good, Decimal(0)), where=where)

    @rule(layer=st.sampled_from(["first", "leaves"]))
    def change_layer(self, layer: str) -> None:
        self.on_the_order(actions.change_layer, layer=layer)

    @rule(data=st.data())
    def onwards(self, data: st.DataObject) -> None:
        state = ProductionOrder.objects.get(pk=self.order.pk).state
        ways = {"draft": ["approve_best_effort", "schedule"], "approved": ["schedule", "start"], "scheduled": ["start"]}
        step = data.draw(st.sampled_from(ways.get(state, [*["begin_work"] * 5, "complete"])))
        arguments: dict[str, Any] = {
            "schedule": {"shares": [Share(machine=self.stage.machine)]}, "begin_work": {"sequence": 1},
        }.get(step, {})  # fmt: skip
        self.on_the_order(getattr(actions, step), **arguments)

    @rule(number=st.integers(0, 1), quantity=st.integers(1, 6))
    def deliver(self, number: int, quantity: int) -> None:
        self.attempt(receive, delivery=Delivery(self.parts[number], Decimal(quantity)))

    @rule()
    def serve_who_waits(self) -> None:
        while messages := arrivals():
            with transaction.atomic():
                serve(messages)
            self.changed = True
            seen["served"] += 1

    @after_changes
    def every_total_is_its_sum(self) -> None:
        assert not list(proof_of_ledgers.faults())
        order = ProductionOrder.objects.get(pk=self.order.pk)
        assert not order.assignments.exists() or shared_out(order) == order.quantity_target
        first = order.lines.order_by("sort").first()
        assert order.item_id == (first.item_id if first else None)

    @after_changes
    def every_line_has_exactly_its_components_and_its_facts(self) -> None:
        lines = set(OrderLine.objects.filter(order=self.order).values_list("pk", flat=True))
        assert set(OrderComponent.objects.filter(order=self.order).values_list("line", flat=True)) == lines
        assert set(OrderFacts.objects.filter(order=self.order).values_list("line", flat=True)) <= lines

    @after_changes
    def what_is_needed_is_used_reserved_or_waited_for(self) -> None:
        order = ProductionOrder.objects.get(pk=self.order.pk)
        waited = dict(Shortage.objects.filter(component__order=order).values_list("component", "quantity"))
        for component in components_of(order.pk):
            short = waited.get(component.id, Decimal(0))
            if not order.has_material_set_aside:
                assert (component.held, short) == (0, 0)
                continue
            seen["short" if short else "covered"] += 1
            assert component.held <= max(component.required() - component.consumed, Decimal(0))
            assert component.outstanding <= 0 or component.id in waited

    @after_changes
    def an_operation_of_a_bom_is_there_once(self) -> None:
        operations = list(self.order.work_orders.values_list("operation", flat=True))
        assert len(operations) == len(set(operations))
        needed = {
            operation
            for line in OrderLine.objects.filter(order=self.order).select_related("bom_version")
            if line.bom_version is not None
            for operation in line.bom_version.operations.values_list("pk", flat=True)
        }
        assert needed <= set(operations)
        begun = set(self.order.work_orders.exclude(status="pending").values_list("operation", flat=True))
        assert set(operations) - needed <= begun, "what nobody needs any more was begun at least"

    @after_changes
    def nothing_is_promised_beyond_what_there_is(self) -> None:
        for part in self.parts:
            on_hand, reserved = stores.stock_of(part)
            promised = Reservation.objects.filter(balance__item=part).aggregate(sum=Sum("quantity"))["sum"] or 0
            assert 0 <= reserved == promised <= on_hand


def shared_out(order: ProductionOrder) -> Decimal:
    total: Decimal = order.assignments.aggregate(sum=Sum("quantity"))["sum"]
    return total


@pytest.mark.slow
@pytest.mark.django_db
def test_random_walks_of_lines_keep_every_ledger_true() -> None:
    done = {"add_line", "remove_line", "adjust_quantity", "report", "change_layer", "start", "complete", "served"}
    met = {"duplicate", "line_has_production", "not_found", "illegal_transition", "short", "covered"}
    walk(Walk, walks=3, steps=30, until=done | met, seen=seen)
