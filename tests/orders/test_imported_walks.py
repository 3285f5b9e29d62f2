"""Random walks over orders of which pieces are made here and elsewhere: stock follows what was made here, and nothing else."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet, Sum
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from factoryos.kernel import clock
from factoryos.kernel.problems import Problem
from manufacturing.models import StockMove
from orders import actions, proof_of_ledgers
from orders.actions.report_counts import report_counts
from orders.machine_counts import MachineCount
from orders.materials.components import components_of
from orders.models import OrderLine, ProductionOrder
from orders.specs import Circumstances, Count, LineCount, NewLine, Share
from tests import stores
from tests.evidence import everything
from tests.orders.importing import imported
from tests.orders.stage import Stage
from tests.walks import walk

PLENTY = 100_000
NEXT = {"in_production": "complete", "completed": "verify", "verified": "close"}
seen: Counter[str] = Counter()  # what was done, and what came of it

few = st.integers(-9, 9)


class Walk(RuleBasedStateMachine):
    """One order of two lines at a time, of a product by lots and one without, with awkward ratios and plenty of parts."""

    def __init__(self) -> None:
        super().__init__()
        self.door = transaction.atomic()
        self.door.__enter__()
        self.stage = stage = Stage(requires_verification=True)
        self.part = stores.an_ingredient(stage.factory, stage.by, stock=PLENTY, unit_decimals=3)
        self.products = [stores.an_ingredient(stage.factory, stage.by, tracking=how) for how in ("none", "lot")]
        for product, batch in zip(self.products, (3, 7), strict=True):
            stores.a_bom(stage.by, product, {self.part: "22"}, quantity=batch)
        self.counted = 0
        self.order = self.begin()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.door.__exit__(None, None, None)

    def begin(self) -> ProductionOrder:
        order = self.stage.draft(20, item=self.products[0])
        self.stage.do(actions.add_line, order, line=NewLine(self.products[1], Decimal(20)))
        imported(order, by=self.stage.by, good=4, rejected=1)
        self.stage.do(actions.schedule, order, shares=[Share(machine=self.stage.machine)])
        return self.stage.do(actions.start, order)

    @property
    def state(self) -> str:
        return str(ProductionOrder.objects.get(pk=self.order.pk).state)

    def lines(self) -> list[OrderLine]:
        return list(OrderLine.objects.filter(order=self.order).select_related("item").order_by("sort"))

    def attempt(self, name: str, verb: Callable[..., Any], **arguments: Any) -> None:
        """It is done, or it is refused and leaves nothing."""
        before = everything()
        try:
            with transaction.atomic():
                verb(by=self.stage.by, **arguments)
        except Problem as problem:
            seen[problem.code] += 1
            assert everything() == before
        else:
            seen[name] += 1

    @rule(place=st.integers(0, 1), good=few, rejected=few)
    def state_elsewhere(self, place: int, good: int, rejected: int) -> None:
        """A planning system takes back no more than it stated, and no more than is left of that."""
        line = self.lines()[place]
        good, rejected = max(good, -int(line.imported_good)), max(rejected, -int(line.imported_rejected))
        if good or rejected:
            imported(self.order, by=self.stage.by, good=good, rejected=rejected, line=line)
            seen["imported"] += 1

    @rule(place=st.integers(0, 1), good=few, rejected=few)
    def count(self, place: int, good: int, rejected: int) -> None:
        where = Circumstances(line_id=self.lines()[place].pk)
        count = Count(Decimal(good), Decimal(rejected))
        if not count.good and not count.rejected:
            return
        name = "correct" if count.is_correction else "report"
        self.attempt(name, actions.report, order_id=self.order.pk, count=count, where=where, reason="walked")

    @rule(place=st.integers(0, 1), pieces=st.integers(1, 12), back=st.booleans())
    def scrap(self, place: int, pieces: int, back: bool) -> None:
        line = self.lines()[place]
        pieces = min(pieces, int(line.rejected if back else line.good))
        if pieces:
            count = Count(Decimal(pieces), Decimal(-pieces)) if back else Count(Decimal(-pieces), Decimal(pieces))
            self.attempt(
                "scrap", actions.report, order_id=self.order.pk, count=count,
                where=Circumstances(line_id=line.pk), reason="walked",
            )  # fmt: skip

    @rule(good=st.integers(0, 4), rejected=st.integers(0, 2))
    def machine_counts(self, good: int, rejected: int) -> None:
        self.counted += 1
        count = MachineCount(
            self.stage.machine.pk, Decimal(good), Decimal(rejected or not good), at=clock.now(), as_of=clock.now(),
            key=f"K{self.counted}",
        )  # fmt: skip
        with transaction.atomic():
            (booked,) = report_counts([count])
        seen[f"machine {booked.outcome}"] += 1

    @rule(data=st.data(), now=st.sampled_from([True] + [False] * 7))
    def go_on(self, data: st.DataObject, now: bool) -> None:
        """The next step of a life, soon where nothing can be counted any more; what is closed makes room for another."""
        if not now and self.state == "in_production":
            return
        if (verb := NEXT.get(self.state)) is None:
            self.order = self.begin()
            return
        arguments = getattr(self, f"for_{verb}", lambda _: {})(data.draw)
        self.attempt(verb, getattr(actions, verb), order_id=self.order.pk, **arguments)

    def for_verify(self, draw: Any) -> dict[str, Any]:
        counts = [
            LineCount(line.pk, max(line.good + draw(few), Decimal(0)), max(line.rejected + draw(few), Decimal(0)))
            for line in self.lines()
        ]
        good, rejected = sum(line.good for line in counts), sum(line.rejected for line in counts)
        return {"final": good + rejected, "good": good, "rejected": rejected, "lines": counts}

    def for_close(self, draw: Any) -> dict[str, Any]:
        good = ProductionOrder.objects.get(pk=self.order.pk).quantity_good
        return {"shipment": {"quantity": draw(st.sampled_from([good, good // 2, Decimal(1) if good else good]))}}

    @invariant()
    def every_total_is_its_sum(self) -> None:
        assert not list(proof_of_ledgers.faults())

    @invariant()
    def in_stock_is_what_was_made_here_and_not_shipped(self) -> None:
        for order in ProductionOrder.objects.all():
            own = sum((line.good - line.imported_good for line in order.lines.all()), Decimal(0))
            quantity = Decimal((order.shipment or {}).get("quantity", 0))
            moved = StockMove.objects.filter(order=order)
            assert moved_of(moved, "production") == own
            assert -moved_of(moved, "shipment") == min(quantity, own)
            if quantity > own:
                seen["shipped beyond its own"] += 1
        for product in self.products:
            lines = OrderLine.objects.filter(item=product)
            own = sum((line.good - line.imported_good for line in lines), Decimal(0))
            gone = moved_of(StockMove.objects.filter(balance__item=product), "shipment")
            assert stores.stock_of(product)[0] == own + gone

    @invariant()
    def used_is_the_need_of_what_was_made_here(self) -> None:
        for line in OrderLine.objects.all():
            own = line.good + line.rejected - line.imported_good - line.imported_rejected
            for component in components_of(line.order_id):
                if component.line_id == line.pk:
                    assert component.consumed == component.used_by(own)
                    if own and component.imported:
                        seen["used beside imported"] += 1


def moved_of(moves: QuerySet[StockMove], kind: str) -> Decimal:
    return moves.filter(kind=kind).aggregate(sum=Sum("quantity"))["sum"] or Decimal(0)


@pytest.mark.slow
@pytest.mark.django_db
def test_random_walks_move_only_what_was_made_here() -> None:
    met = {"imported", "report", "correct", "scrap", "machine booked", "verify", "close", "total_below_zero",
           "shipped beyond its own", "used beside imported"}  # fmt: skip
    walk(Walk, walks=5, steps=40, until=met, seen=seen)
