"""Random walks of statements and verbs over the same orders: whatever comes after what, every total and history is true."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from factoryos.kernel.problems import Problem
from manufacturing.models import StockMove
from orders import actions
from orders.models import OrderLine, ProductionOrder
from orders.moves import table
from orders.specs import Count, Share
from orders.statements import Followed, Outcome
from orders.states import DONE, ENDED, State
from quality.models import Hold
from tests.orders.storeroom import Storeroom
from tests.orders.truth import require_truth
from tests.stated import START, Sender
from tests.walks import after_changes, walk

seen: Counter[str] = Counter()

which = st.integers(0, 2)
# Mostly where there is still something to do with an order.
GOALS = ["scheduled", "in_production"] * 6 + ["paused", "completed"] * 2 + [str(state) for state in State]
# What an order makes is not changed by these walks.
VERBS = [
    *sorted(table().keys() - {"add_line", "remove_line", "amend_line", "change_layer"}),
    "hold",
    "report",
    "report",
]
pieces = st.none() | st.integers(0, 40)
NEVER = frozenset({"verify", "rework", "hold", "release_hold", "begin_work", "finish_work"})


class Walk(RuleBasedStateMachine):
    """Three order numbers: a product with parts, one without, and one that an order of another face has already."""

    def __init__(self) -> None:
        super().__init__()
        self.door = transaction.atomic()
        self.door.__enter__()
        self.room = Storeroom(per_unit="0.3", stock=20, requires_verification=False)
        self.sender = Sender(self.room.factory)
        self.skus = [self.room.item.sku, "PLAIN", self.room.item.sku]
        self.room.scheduled(20, reference="MO-2", on=[self.room.machine])
        self.last: dict[int, dict[str, Any]] = {}
        self.changed = True

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.door.__exit__(None, None, None)

    @rule(number=which, goal=st.sampled_from(GOALS), made=pieces, units=st.integers(0, 30), later=st.booleans())
    def state(self, number: int, goal: str, made: int | None, units: int, later: bool) -> None:
        start = START + timedelta(days=later)
        self.last[number] = {"goal": goal, "made": made, "units": units, "planned_start": start}
        self.judge(number, self.sender.say(f"MO-{number}", self.skus[number], **self.last[number]))

    @rule(number=which)
    def look_again(self, number: int) -> None:
        if number in self.last:
            self.judge(number, self.sender.say(f"MO-{number}", self.skus[number], again=True, **self.last[number]))

    def judge(self, number: int, outcome: Outcome) -> None:
        self.changed = True
        assert outcome.result is not Followed.FAILED, outcome
        assert (outcome.reason is None) == (outcome.result is Followed.DONE)
        seen[outcome.result] += 1
        if outcome.result is not Followed.DONE or outcome.order_id is None:
            return
        order = ProductionOrder.objects.get(pk=outcome.order_id)
        line = order.lines.get()
        said = self.last[number]
        seen[f"done {order.state}"] += 1
        if said["units"] > 0:
            assert line.target == said["units"]
        if said["made"] is not None and order.state not in (*DONE, *ENDED):
            others = sum(order.entries.exclude(source="ingest").values_list("good", flat=True), Decimal(0))
            own = line.good - line.imported_good
            assert line.good >= min(max(Decimal(said["made"]), others), line.good)
            assert own >= 0

    @rule(number=which, data=st.data(), good=st.integers(-5, 9), legal=st.sampled_from([True, True, True, False]))
    def do(self, number: int, data: st.DataObject, good: int, legal: bool) -> None:
        """Mostly a verb that the table allows now, so that walks reach every corner; else any at all."""
        self.changed = False
        order = ProductionOrder.objects.filter(reference=f"MO-{number}").first()
        if order is None:
            return
        held = ["release_hold"] * 9 if order.open_holds else []
        verbs = [verb for verb in [*VERBS, *held] if order.state in table()[verb]] if legal else VERBS
        verb = data.draw(st.sampled_from(verbs or VERBS))
        more = self.arguments(order, verb, Decimal(good))
        if more is None:
            return
        named = {} if verb == "release_hold" else {"order_id": order.pk}
        try:
            with transaction.atomic():
                getattr(actions, verb)(by=self.room.by, **named, **more)
            self.changed = True
            seen[verb] += 1
        except Problem as problem:
            seen[problem.code] += 1

    def arguments(self, order: ProductionOrder, verb: str, good: Decimal) -> dict[str, Any] | None:
        if verb == "release_hold":
            hold = Hold.objects.filter(order=order, released_at=None).first()
            return {"hold_id": hold.uuid} if hold else None
        final = max(order.quantity_good + good, Decimal(0))
        known: dict[str, dict[str, Any]] = {
            "schedule": {"shares": [Share(machine=self.room.machine)]},
            "report": {"count": Count(good, Decimal(1)), "reason": "walked"},
            "pause": {"reason": "tool_change"},
            "verify": {"final": final, "good": final, "rejected": Decimal(0)},
            "rework": {"reason": "burrs"},
            "hold": {"reason": "odd"},
            "adjust_quantity": {"target": good + 6, "reason": "walked"},
            "amend": {"changes": {"notes": str(good)}},
            "begin_work": {"sequence": 1},
            "finish_work": {"sequence": 1},
        }
        return known.get(verb, {})

    @after_changes
    def every_promise_is_kept(self) -> None:
        require_truth()
        for line in OrderLine.objects.all():
            assert 0 <= line.imported_good <= line.good
            sums = [entry.imported_good for entry in line.entries.all()]
            assert sum(sums, Decimal(0)) == line.imported_good
        for order in ProductionOrder.objects.filter(origin="ingest"):
            imported = order.events.filter(data__imported=True)
            assert not imported.filter(verb__in=NEVER).exists()
            stated = order.entries.filter(source="ingest")
            assert not StockMove.objects.filter(entry__in=stated).exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_statements_among_verbs_keep_every_promise() -> None:
    until = {"done", "waiting", "conflict", "report", "hold", "release_hold", "verify", "done closed",
             "done cancelled", "done in_production"}  # fmt: skip
    walk(Walk, walks=8, steps=25, until=until, seen=seen)
