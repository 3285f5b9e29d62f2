"""The whole table of an order's life: every verb, in every state, by every role. Written by hand, not read from the code."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from factoryos.kernel import clock
from factoryos.kernel.models import Factory
from factoryos.kernel.permissions import ROLES, VERB_ROLES
from factoryos.kernel.problems import RoleMissing
from orders import actions
from orders.models import OrderEvent, OrderLine, ProductionOrder, WorkOrder
from orders.problems import IllegalTransition, NotOpen
from orders.specs import Count, NewLine, Share
from orders.states import State
from quality.holds import place_on_order
from tests import floor
from tests.evidence import added, everything

pytestmark = pytest.mark.django_db

STATES = (
    ["draft", "submitted", "approved", "scheduled", "in_production", "paused", "completed", "verified", "closed", "cancelled"]
)  # fmt: skip
BEFORE_START = ("draft", "submitted", "approved", "scheduled")
OPEN = (*BEFORE_START, "in_production", "paused", "completed", "verified")


def stays(*states: str) -> dict[str, str]:
    return {state: state for state in states}


# verb → the states it is possible in → the state it leads to.
LEADS_TO: dict[str, dict[str, str]] = {
    "submit": {"draft": "submitted"},
    "approve": {"draft": "approved", "submitted": "approved"},
    "schedule": dict.fromkeys(BEFORE_START, "scheduled"),
    "start": {"approved": "in_production", "scheduled": "in_production"},
    "report": stays("in_production", "paused"),
    "begin_work": stays("in_production", "paused"),
    "finish_work": stays("in_production", "paused"),
    "pause": {"in_production": "paused"},
    "resume": {"paused": "in_production"},
    "complete": {"in_production": "completed", "paused": "completed"},
    "verify": {"completed": "verified"},
    "rework": {"completed": "in_production"},
    "close": {"verified": "closed"},
    "cancel": dict.fromkeys((*BEFORE_START, "in_production", "paused"), "cancelled"),
    "adjust_quantity": stays(*OPEN),
    "amend": stays(*OPEN),
    "add_line": stays(*BEFORE_START, "in_production", "paused"),
    "remove_line": stays(*BEFORE_START, "in_production", "paused"),
    "amend_line": stays(*BEFORE_START, "in_production", "paused"),
    "change_layer": stays(*BEFORE_START),
    "hold": {**stays(*OPEN), "in_production": "paused"},
    "release_hold": stays(*OPEN),
}
ASKS_ONLY_WHETHER_OPEN = ("adjust_quantity", "amend", "hold", "release_hold")
MOVES_NOTHING = (
    "report", "begin_work", "finish_work", "adjust_quantity", "amend", "release_hold", "add_line", "remove_line",
    "amend_line", "change_layer",
)  # fmt: skip

MAY: dict[str, set[str]] = {
    "create": {"admin", "planner"},
    "submit": {"admin", "planner", "operator"},
    "approve": {"admin", "planner", "operator"},
    "schedule": {"admin", "planner"},
    "start": {"admin", "planner", "technician", "operator"},
    "report": {"admin", "planner", "technician", "operator"},
    "begin_work": {"admin", "planner", "technician", "operator"},
    "finish_work": {"admin", "planner", "technician", "operator"},
    "pause": {"admin", "planner", "technician", "operator"},
    "resume": {"admin", "planner", "technician", "operator"},
    "complete": {"admin", "planner", "technician", "operator"},
    "verify": {"admin", "qa"},
    "rework": {"admin", "qa"},
    "close": {"admin", "planner", "operator"},
    "cancel": {"admin", "planner", "operator"},
    "adjust_quantity": {"admin", "planner"},
    "amend": {"admin", "planner", "operator"},
    "add_line": {"admin", "planner"},
    "remove_line": {"admin", "planner"},
    "amend_line": {"admin", "planner"},
    "change_layer": {"admin", "planner", "operator"},
    "hold": {"admin", "qa"},
    "release_hold": {"admin", "qa"},
}

# The same verb of the life with another way of setting material aside.
ALSO = {"approve_best_effort": "approve"}

# What is said about an order changes nothing of it: no verbs of its life, and possible in every state.
SAID = {"add_note", "edit_note"}
MAY_SAY: dict[str, set[str]] = {
    "note": {"admin", "planner", "technician", "qa", "engineer", "operator"},
    "message": {"admin", "planner", "operator"},
}

# What changes no order: masters, bills of materials and stock. Who may is proved where it is done.
ELSEWHERE = {
    "set_up", "compose", "receive", "adjust_stock", "log_downtime", "plan_downtime", "andon", "send_telemetry",
    "review_counts",
}  # fmt: skip

# How an order comes to each state, by the verbs.
WAYS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "submitted": ("submit",),
    "approved": ("submit", "approve"),
    "scheduled": ("schedule",),
    "in_production": ("schedule", "start"),
    "paused": ("schedule", "start", "pause"),
    "completed": ("schedule", "start", "report", "complete"),
    "verified": ("schedule", "start", "complete", "verify"),
    "closed": ("schedule", "start", "complete", "verify", "close"),
    "cancelled": ("cancel",),
}


class Case:
    """An order in a state, and each verb ready to be called on it by anybody."""

    def __init__(self, state: str, **facts: Any) -> None:
        self.factory: Factory = floor.a_factory(**facts)
        self.by = floor.an_actor(self.factory)
        self.machine = floor.a_machine(self.factory)
        self.order: ProductionOrder = floor.an_order(self.by)
        for verb in WAYS[state]:
            self.call(verb)()
        self.order = ProductionOrder.objects.get(pk=self.order.pk)
        assert self.order.state == state

    def call(self, verb: str, *roles: str) -> Callable[[], Any]:
        by = floor.an_actor(self.factory, *roles)
        if verb == "release_hold":
            hold = self._hold()
            return lambda: actions.release_hold(hold_id=hold, by=by)
        if verb in ("begin_work", "finish_work"):
            self._work_order(begun=verb == "finish_work")
        line = self._line(counted=verb != "remove_line") if verb in ("remove_line", "amend_line") else None
        arguments: dict[str, Any] = {
            "schedule": {"shares": [Share(Decimal(1000), machine=self.machine)]},
            "report": {"count": Count(good=Decimal(9), rejected=Decimal(1))},
            "pause": {"reason": "tool_change"},
            "verify": {"final": Decimal(1000), "good": Decimal(988), "rejected": Decimal(12)},
            "rework": {"reason": "burrs"},
            "adjust_quantity": {"target": Decimal(1500), "reason": "the customer asked"},
            "amend": {"changes": {"batch_number": "M062026-UBH"}},
            "hold": {"reason": "odd colour"},
            "add_line": {"line": NewLine(item=floor.an_item(self.factory), target=Decimal(5))},
            "remove_line": {"line_id": line},
            "amend_line": {"line_id": line, "facts": {"status": 3}},
            "change_layer": {"layer": "leaves"},
            "begin_work": {"sequence": 1},
            "finish_work": {"sequence": 1},
        }.get(verb, {})
        return lambda: getattr(actions, verb)(order_id=self.order.pk, by=by, **arguments)

    def _line(self, *, counted: bool) -> int:
        """The order's line; where that may have been counted on, one more, written past the verbs."""
        if counted:
            return int(OrderLine.objects.filter(order=self.order).earliest("sort").pk)
        found = OrderLine.objects.filter(order=self.order, sort=9).first()
        if found is None:
            found = OrderLine.objects.create(
                order=self.order, item=floor.an_item(self.factory), sort=9, target=Decimal(5)
            )
            ProductionOrder.objects.filter(pk=self.order.pk).update(quantity_target=F("quantity_target") + 5)
        return int(found.pk)

    def _work_order(self, *, begun: bool) -> None:
        """One operation, pending or begun; written past the verbs, as the order's state may be any."""
        known = {"status": "in_progress", "started_at": clock.now()} if begun else {}
        WorkOrder.objects.filter(order=self.order).delete()
        WorkOrder.objects.create(order=self.order, sequence=1, name="Assembly", **known)

    def _hold(self) -> Any:
        """An open hold as `hold` leaves it; placed past the verb, which would pause a running order."""
        held = place_on_order(order_id=self.order.pk, by=floor.an_actor(self.factory), reason="odd colour")
        ProductionOrder.objects.filter(pk=self.order.pk).update(open_holds=1)
        return held.uuid


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", LEADS_TO)
def test_every_verb_in_every_state_by_every_role(verb: str, state: str) -> None:
    case = Case(state)
    for role in ROLES:
        with transaction.atomic():
            call = case.call(verb, role)
            if role not in MAY[verb]:
                refused_unchanged(call, RoleMissing)
            elif state in LEADS_TO[verb]:
                moved_once(case, verb, call, before=state, after=LEADS_TO[verb][state])
            else:
                refused_unchanged(call, NotOpen if verb in ASKS_ONLY_WHETHER_OPEN else IllegalTransition)
            transaction.set_rollback(True)


def refused_unchanged(call: Callable[[], Any], problem: type[Exception]) -> None:
    """Nothing is changed even before anything is rolled back."""
    before = everything()
    with pytest.raises(problem) as raised:
        call()
    assert type(raised.value) is problem
    assert everything() == before


def moved_once(case: Case, verb: str, call: Callable[[], Any], *, before: str, after: str) -> None:
    written = everything()
    call()
    order = ProductionOrder.objects.get(pk=case.order.pk)
    assert (order.state, order.version) == (after, case.order.version + 1)
    grown = added(written)
    assert (grown["orders_orderevent"], grown["kernel_outboxmessage"]) == (1, 1)
    assert grown["orders_quantityentry"] == (1 if verb in {"report", "verify"} else 0)
    event = OrderEvent.objects.filter(order=order).latest("seq")
    assert (event.verb, event.from_state, event.to_state, event.seq) == (verb, before, after, order.version)
    assert event.moved is (verb not in MOVES_NOTHING and (verb != "hold" or before == "in_production"))
    assert event.hash == order.chain_head


@pytest.mark.parametrize("state", STATES)
def test_approving_with_what_is_there_is_approving(state: str) -> None:
    case = Case(state)
    for role in ROLES:
        with transaction.atomic():
            call = case.call("approve_best_effort", role)
            if role not in MAY["approve"]:
                refused_unchanged(call, RoleMissing)
            elif state in LEADS_TO["approve"]:
                moved_once(case, "approve", call, before=state, after="approved")
            else:
                refused_unchanged(call, IllegalTransition)
            transaction.set_rollback(True)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_create(role: str) -> None:
    factory = floor.a_factory()
    if role in MAY["create"]:
        order = floor.an_order(floor.an_actor(factory, role))
        assert (order.state, order.version, order.events.count()) == ("draft", 1, 1)
    else:
        refused_unchanged(lambda: floor.an_order(floor.an_actor(factory, role)), RoleMissing)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("verb", "audience"), [("note", "internal"), ("message", "customer")])
def test_who_may_say_something_in_every_state(verb: str, audience: str, state: str) -> None:
    case = Case(state)
    for role in ROLES:
        with transaction.atomic():
            by, before = floor.an_actor(case.factory, role), everything()
            if role in MAY_SAY[verb]:
                actions.add_note(order_id=case.order.pk, by=by, text="said", audience=audience)
                assert (case.order.remarks.count(), added(before)["orders_orderevent"]) == (1, 0)
            else:
                refused_unchanged(
                    lambda by=by: actions.add_note(order_id=case.order.pk, by=by, text="said", audience=audience),  # type: ignore[misc]
                    RoleMissing,
                )
            transaction.set_rollback(True)


def test_without_required_verification_a_completed_order_may_be_closed() -> None:
    case = Case("completed", requires_verification=False)
    moved_once(case, "close", case.call("close"), before="completed", after="closed")


def test_nobody_without_a_role_may_anything() -> None:
    case = Case("draft")
    nobody = floor.an_actor(case.factory, "stranger")
    refused_unchanged(lambda: actions.cancel(order_id=case.order.pk, by=nobody), RoleMissing)


def test_the_table_knows_every_verb_and_every_state() -> None:
    assert {*LEADS_TO, "create"} == set(MAY) == set(actions.__all__) - SAID - set(ALSO)
    assert set(VERB_ROLES) == set(MAY) | set(MAY_SAY) | ELSEWHERE
    assert set(STATES) == set(State.values) == set(WAYS)
