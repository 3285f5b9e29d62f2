"""Random walks over the verbs: whatever is called in whatever order, history, ledger and machines stay true."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count as Rows
from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from factoryos.kernel.problems import Problem
from orders import actions, proof_of_history, proof_of_ledgers
from orders.models import Assignment, OrderLine, OrderTally, ProductionOrder, QuantityEntry, WorkOrder
from orders.specs import Circumstances, Count, LineCount, NewLine, Policy, Share
from quality.models import Hold
from tests import floor
from tests.evidence import added, everything
from tests.orders.stage import Stage
from tests.orders.test_matrix import LEADS_TO
from tests.walks import after_changes, walk

Draw = Callable[[st.SearchStrategy[Any]], Any]
Arguments = dict[str, Any]

ONWARDS = [
    "report", "report", "report", "begin_work", "finish_work", "pause", "resume", "rework", "release_hold", "approve",
    "start", "schedule", "complete", "verify", "close", "add_line", "remove_line", "amend_line",
    "hold",
]  # fmt: skip
NEXT_STEP = {
    "draft": "schedule", "submitted": "schedule", "approved": "schedule", "scheduled": "start", "paused": "resume",
    "completed": "verify",
}  # fmt: skip

which = st.integers(0, 1)
few = st.integers(0, 12).map(Decimal)
signed = st.integers(-6, 12).map(Decimal)

seen: Counter[str] = Counter()  # verbs done and problems met, over all walks


class Walk(RuleBasedStateMachine):
    """Two orders, the second with two lines, two machines, and products that lines come and go for."""

    def __init__(self) -> None:
        super().__init__()
        self.door = transaction.atomic()
        self.door.__enter__()
        self.stage = Stage()
        self.machines = [self.stage.machine, floor.a_machine(self.stage.factory)]
        self.orders = [self.stage.draft(20), self.stage.scheduled(12, 8, policy=Policy("strict"))]
        for sequence in (1, 2):
            WorkOrder.objects.create(order=self.orders[1], sequence=sequence, name="Assembly")
        self.lines = [list(order.lines.all()) for order in self.orders]  # also those that are gone
        self.changed = True
        self.products = [floor.an_item(self.stage.factory) for _ in range(2)]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.door.__exit__(None, None, None)

    def attempt(self, verb: Any, order: int, **arguments: Any) -> None:
        """Either the verb does its one step of the table, or it refuses and nothing at all is changed."""
        before, state = everything(), self.state(order)
        self.changed = False
        if verb is not actions.release_hold:
            arguments["order_id"] = self.orders[order].pk
        try:
            given = verb(by=self.stage.by, **arguments)
        except Problem as problem:
            assert everything() == before
            seen[problem.code] += 1
            return
        name, self.changed = verb.__name__, True
        seen[name] += 1
        assert self.state(order) == LEADS_TO[name][state]
        events = added(before)["orders_orderevent"]
        assert events == 1 or (events == 0 and name in {"amend", "amend_line", "change_layer"})
        if isinstance(given, OrderLine):
            self.lines[order].append(given)

    def state(self, order: int) -> str:
        return str(ProductionOrder.objects.values_list("state", flat=True).get(pk=self.orders[order].pk))

    @rule(order=which, data=st.data(), legal=st.sampled_from([True, True, True, False]))
    def go(self, order: int, data: st.DataObject, legal: bool) -> None:
        """Mostly a verb that the table allows now, so that walks reach every corner; else any at all."""
        state = self.state(order)
        verbs = [verb for verb in ONWARDS if state in LEADS_TO[verb]] if legal else []
        self.call(data.draw(st.sampled_from(verbs or list(LEADS_TO))), order, data)

    @rule(order=which, data=st.data())
    def bring_on(self, order: int, data: st.DataObject) -> None:
        """The way to a sign-off is long for a walk that takes any step; this one takes the next step there, and tries to
        take off what was made."""
        lines, state = list(OrderLine.objects.filter(order=self.orders[order]).order_by("pk")), self.state(order)
        if verb := NEXT_STEP.get(state):
            self.call(verb, order, data)
        elif lines and state == "in_production":
            line = data.draw(st.sampled_from(lines))
            step = data.draw(st.sampled_from(["report", "report", "complete", "pause", "remove_line"]))
            if not line.good or step == "report":
                count = Count(data.draw(st.integers(1, 5).map(Decimal)), data.draw(st.integers(0, 2).map(Decimal)))
                self.attempt(actions.report, order, count=count, where=Circumstances(line_id=line.pk))
            elif step == "remove_line":
                self.attempt(actions.remove_line, order, line_id=line.pk)
            else:
                self.call(step, order, data)

    def call(self, verb: str, order: int, data: st.DataObject) -> None:
        if verb == "hold" and Hold.objects.filter(order=self.orders[order], released_at=None).count() > 1:
            return
        if verb == "release_hold":
            holds = list(Hold.objects.filter(order=self.orders[order]))
            if not holds:
                return
            self.attempt(actions.release_hold, order, hold_id=data.draw(st.sampled_from(holds)).uuid)
        else:
            ready = getattr(self, f"for_{verb}", None)
            self.attempt(getattr(actions, verb), order, **(ready(order, data.draw) if ready else {}))

    def for_schedule(self, order: int, draw: Draw) -> Arguments:
        target = ProductionOrder.objects.get(pk=self.orders[order].pk).quantity_target
        on = draw(st.sampled_from([[0], [1], [0, 1]]))
        return {"shares": [Share(target / len(on), machine=self.machines[place]) for place in on]}

    def for_report(self, order: int, draw: Draw) -> Arguments:
        good, rejected = draw(st.tuples(signed, signed).filter(any))  # no face lets nothing at all through
        line = draw(st.sampled_from(self.lines[order])).pk
        machine = draw(st.sampled_from([None, *self.machines]))
        where = Circumstances(line_id=line, machine_id=machine.pk if machine else None)
        return {"count": Count(good, rejected), "where": where, "reason": "walked"}

    def for_begin_work(self, order: int, draw: Draw) -> Arguments:
        return {"sequence": draw(st.integers(1, 3))}

    for_finish_work = for_begin_work

    def for_pause(self, order: int, draw: Draw) -> Arguments:
        return {"reason": draw(st.sampled_from(["tool_change", "the roof leaks", " "]))}

    def for_verify(self, order: int, draw: Draw) -> Arguments:
        good, rejected, off = draw(few), draw(few), draw(st.sampled_from([0, 0, 0, 1]))
        lines = [LineCount(self.lines[order][0].pk, good, rejected)]
        there = set(OrderLine.objects.filter(order=self.orders[order]).values_list("pk", flat=True))
        lines += [LineCount(line.pk, Decimal(0), Decimal(0)) for line in self.lines[order][1:] if line.pk in there]
        return {"lines": lines, "final": good + rejected + off, "good": good, "rejected": rejected}

    def for_rework(self, order: int, draw: Draw) -> Arguments:
        return {"reason": draw(st.sampled_from(["burrs", ""]))}

    def for_adjust_quantity(self, order: int, draw: Draw) -> Arguments:
        target = draw(st.integers(1, 30).map(Decimal))
        return {"target": target, "reason": "walked", "line_id": self.lines[order][0].pk}

    def for_amend(self, order: int, draw: Draw) -> Arguments:
        return {"changes": {"notes": draw(st.sampled_from(["one", "two", None]))}}

    def for_add_line(self, order: int, draw: Draw) -> Arguments:
        line = NewLine(draw(st.sampled_from(self.products)), draw(st.integers(1, 12).map(Decimal)))
        return {"line": line, "facts": draw(st.sampled_from([None, {"status": 1}]))}

    def for_remove_line(self, order: int, draw: Draw) -> Arguments:
        return {"line_id": draw(st.sampled_from(self.lines[order][-2:])).pk}

    def for_amend_line(self, order: int, draw: Draw) -> Arguments:
        return {"line_id": draw(st.sampled_from(self.lines[order])).pk, "facts": {"status": draw(st.integers(1, 2))}}

    def for_change_layer(self, order: int, draw: Draw) -> Arguments:
        return {"layer": draw(st.sampled_from(["first", "leaves"]))}

    def for_hold(self, order: int, draw: Draw) -> Arguments:
        return {"reason": "odd colour"}

    @after_changes
    def a_machine_runs_at_most_one_order(self) -> None:
        running = Assignment.objects.filter(active=True)
        assert not running.values("machine").annotate(rows=Rows("id")).filter(rows__gt=1)
        assert not running.exclude(order__state="in_production")
        for order in ProductionOrder.objects.filter(state="in_production"):
            assert not order.assignments.filter(active=False)

    @after_changes
    def totals_are_the_sum_of_the_ledger(self) -> None:
        for order in ProductionOrder.objects.all():
            assert (order.quantity_good, order.quantity_rejected) == booked(order=order)
            assert order.quantity_target == (order.lines.aggregate(sum=Sum("target"))["sum"] or 0)
            assert not order.assignments.exists() or shared_out(order) == order.quantity_target
            assert min(order.quantity_good, order.quantity_rejected) >= 0
            if order.quantity_final is not None:
                assert order.quantity_final == order.quantity_good + order.quantity_rejected
            assert order.open_holds == Hold.objects.filter(order=order, released_at=None).count()
        for line in OrderLine.objects.all():
            assert (line.good, line.rejected) == booked(line=line)
        assert not list(proof_of_ledgers.faults())

    @after_changes
    def history_is_a_path_of_the_table_and_its_chain_is_whole(self) -> None:
        for order in ProductionOrder.objects.all():
            state, events = None, list(order.events.order_by("seq"))
            for event in events:
                if event.verb != "create":
                    assert (event.from_state, event.to_state) == (state, LEADS_TO[event.verb][str(state)])
                state = event.to_state
            assert (order.state, order.version, order.chain_head) == (state, len(events), events[-1].hash)
        assert proof_of_history.first_fault(factory_id=None, counted=proof_of_history.Counted()) is None

    @after_changes
    def the_tally_is_right(self) -> None:
        tally = OrderTally.objects.values_list("state").annotate(sum=Sum("orders")).filter(sum__gt=0)
        states = ProductionOrder.objects.values_list("state").annotate(rows=Rows("id"))
        assert dict(tally) == dict(states)


def shared_out(order: ProductionOrder) -> Decimal:
    total: Decimal = order.assignments.aggregate(sum=Sum("quantity"))["sum"]
    return total


def booked(**of: Any) -> tuple[Decimal, Decimal]:
    sums = QuantityEntry.objects.filter(**of).aggregate(good=Sum("good"), rejected=Sum("rejected"))
    return sums["good"] or Decimal(0), sums["rejected"] or Decimal(0)


@pytest.mark.slow
@pytest.mark.django_db
def test_random_walks_keep_every_promise() -> None:
    done = {
        "schedule",
        "start",
        "report",
        "pause",
        "complete",
        "verify",
        "hold",
        "add_line",
        "remove_line",
        "amend_line",
    }
    met = {"illegal_transition", "machine_busy", "total_below_zero", "duplicate", "line_has_production", "not_found"}
    walk(Walk, walks=10, steps=30, until=done | met, seen=seen)
