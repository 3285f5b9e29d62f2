"""The steps offered are exactly those that the core would let this person take, in every state, held or not."""

from typing import Any

import pytest

from factoryos.kernel.permissions import ROLES
from factoryos.kernel.problems import Problem
from factoryos.ops.order_page.forms import FORMS
from factoryos.ops.order_page.steps import LIKELY, ORDER, steps_of
from orders import actions, lifecycle
from orders.models import ProductionOrder
from orders.moves import table
from orders.sheet import sheet_of
from orders.states import State
from tests import floor
from tests.orders.stage import Stage
from tests.orders.test_matrix import MAY, WAYS, Case

pytestmark = pytest.mark.django_db


def test_every_verb_of_the_life_is_a_step_and_has_a_form() -> None:
    of_one_operation = {"begin_work", "finish_work"}  # not of the whole order: these are said on the floor
    of_a_face = {"add_line", "remove_line", "amend_line", "change_layer"}  # asked for where orders have many products
    assert set(ORDER) == set(table()) - of_one_operation - of_a_face == set(FORMS)
    assert len(ORDER) == len(set(ORDER))


def allowed_by_core(order: ProductionOrder, verb: str, role: str) -> bool:
    """By the hand-written matrix of roles and by the guard that every verb asks."""
    if role not in MAY[verb] or (verb == "release_hold" and not order.open_holds):
        return False
    try:
        lifecycle.ask(order, verb)
    except Problem:
        return False
    return True


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("verification", [True, False])
@pytest.mark.parametrize("state", WAYS)
def test_what_may_be_pressed_is_what_the_core_allows(state: str, verification: bool, held: bool) -> None:
    case = Case(state, requires_verification=verification)
    if held:
        case._hold()
    order = ProductionOrder.objects.get(pk=case.order.pk)
    order.needs_verification = verification
    for role in ROLES:
        by = floor.an_actor(case.factory, role)
        steps = steps_of(sheet_of(order.pk, by=by), by=by)
        assert {step.verb: step.allowed for step in steps} == {
            verb: allowed_by_core(order, verb, role) for verb in ORDER
        }, role
        assert sum(step.primary for step in steps) <= 1
        assert all(step.allowed for step in steps if step.primary)
        assert all(step.why_not.endswith(".") for step in steps if not step.allowed)


@pytest.mark.parametrize(
    ("state", "likeliest"),
    [("draft", "submit"), ("submitted", "approve"), ("approved", "schedule"), ("scheduled", "start"),
     ("in_production", "report"), ("paused", "resume"), ("completed", "verify"), ("verified", "close"), ("closed", None)],
)  # fmt: skip
def test_the_likeliest_step_comes_first_to_mind(state: str, likeliest: str | None) -> None:
    case = Case(state)
    steps = steps_of(sheet_of(case.order.pk, by=case.by), by=case.by)
    assert next((step.verb for step in steps if step.primary), None) == likeliest


def why(stage: Stage, order: ProductionOrder, verb: str, *roles: str) -> Any:
    by = floor.an_actor(stage.factory, *roles)
    return next(step.why_not for step in steps_of(sheet_of(order.pk, by=by), by=by) if step.verb == verb)


def test_the_reasons_say_which_states_whom_to_ask_and_which_hold() -> None:
    stage = Stage()
    draft, running = stage.draft(), stage.running()
    assert why(stage, draft, "start") == "Possible when approved or scheduled; this order is draft."
    assert why(stage, draft, "submit", "qa") == (
        "Your role does not allow this: ask an order operator, a planner or an administrator."
    )
    assert why(stage, draft, "release_hold") == "No hold is open."
    held = stage.do(actions.hold, running, reason="odd colour")
    assert why(stage, held, "resume") == "On hold: odd colour. The hold must be released first."
    cancelled = Case("cancelled")
    by = cancelled.by
    assert {step.why_not for step in steps_of(sheet_of(cancelled.order.pk, by=by), by=by)} == {
        "The order is cancelled: its life is over."
    }


def test_a_completed_order_is_verified_before_it_is_closed_where_the_factory_asks_for_it() -> None:
    stage = Stage(requires_verification=True)
    assert why(stage, stage.completed(), "close") == "It must be verified first."


def test_a_busy_or_retired_machine_is_the_reason() -> None:
    stage = Stage()
    running, waiting = stage.running(), stage.scheduled()
    assert why(stage, waiting, "start") == (
        f"{stage.machine.code} is running {running.reference}: pause or complete that first."
    )
    stage.machine.active = False
    stage.machine.save()
    assert why(stage, waiting, "start") == f"{stage.machine.code} is retired: schedule the order elsewhere."


def test_every_state_has_its_likely_steps_or_none_left() -> None:
    assert {str(state) for state in LIKELY} | {"closed", "cancelled"} == set(State.values)
