"""Verbs as actions of the order list: the same guards and words as everywhere, each order for itself."""

from typing import Any

import pytest
from django.contrib.messages import get_messages

from factoryos.kernel.models import Membership
from factoryos.supervision.verbs.table import VERBS
from orders.models import OrderEvent, ProductionOrder
from tests.callers import a_member
from tests.calls import Plant
from tests.supervision.world import keeper, page, signed_in, staff, state_of_everything

pytestmark = pytest.mark.django_db

LIST = page(ProductionOrder, "changelist")
# Verb: (state to begin in, state after, what the page asks for)
LEGAL: dict[str, tuple[str, str, dict[str, str]]] = {
    "submit": ("draft", "submitted", {}),
    "approve": ("draft", "approved", {"reason": "fine"}),
    "start": ("scheduled", "in_production", {}),
    "pause": ("in_production", "paused", {"reason": "tool_change", "notes": "blunt"}),
    "resume": ("paused", "in_production", {}),
    "complete": ("in_production", "completed", {}),
    "rework": ("completed", "in_production", {"reason": "burrs"}),
    "close": ("verified", "closed", {}),
    "cancel": ("draft", "cancelled", {"reason": "no longer wanted"}),
    "hold": ("in_production", "paused", {"reason": "crack found"}),
    "set_priority": ("draft", "draft", {"priority": "rush"}),
}
ILLEGAL = dict.fromkeys(LEGAL, "draft") | dict.fromkeys(
    ("submit", "approve", "cancel", "hold", "set_priority"), "cancelled"
)


def an_order(plant: Plant, state: str, **facts: Any) -> ProductionOrder:
    return ProductionOrder.objects.get(uuid=plant.order(state, **facts).split("/")[1])


def supervisor_of(plant: Plant) -> Any:
    return signed_in(staff(a_member(plant.factory, "admin")))


def do(client: Any, verb: str, orders: list[ProductionOrder], *, confirmed: bool = True, **given: str) -> Any:
    data: dict[str, Any] = {"action": verb, "_selected_action": [order.pk for order in orders], **given}
    data |= {f"seen_{order.pk}": order.version for order in orders}
    return client.post(LIST, data | ({"confirmed": "yes"} if confirmed else {}))


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_every_verb_of_the_admin_is_tried_here() -> None:
    assert set(VERBS) == set(LEGAL)


@pytest.mark.parametrize("verb", LEGAL)
def test_a_verb_is_confirmed_on_a_page_and_then_done_with_an_event_of_the_admin(verb: str) -> None:
    plant = Plant()
    state, after, given = LEGAL[verb]
    order = an_order(plant, state)
    client = supervisor_of(plant)
    before = state_of_everything()
    asked = do(client, verb, [order], confirmed=False)
    assert asked.status_code == 200 and order.reference in asked.content.decode()
    assert state_of_everything() == before, "asking is not doing"
    answer = do(client, verb, [order], **given)
    assert answer.status_code == 302, answer.content
    assert told(answer) == [f"1 of 1 {VERBS[verb].past}: {order.reference}."]
    order = ProductionOrder.objects.get(pk=order.pk)
    assert order.state == after
    event = OrderEvent.objects.filter(order=order).last()
    assert event is not None
    assert (event.face, event.credential, event.actor_kind, event.seq) == ("admin", "session", "user", order.version)
    assert VERBS[verb].imperative in client.get(page(ProductionOrder, "history", order.pk)).content.decode()


@pytest.mark.parametrize("verb", LEGAL)
def test_an_illegal_verb_is_refused_in_the_core_s_words_and_nothing_changes(verb: str) -> None:
    plant = Plant()
    order = an_order(plant, ILLEGAL[verb])
    client = supervisor_of(plant)
    before = state_of_everything()
    answer = do(client, verb, [order], **LEGAL[verb][2])
    assert told(answer)[0].startswith(f"{order.reference}: {order.reference} is {order.state}")
    assert told(answer)[1] == f"No order was {VERBS[verb].past}."
    assert state_of_everything() == before


@pytest.mark.parametrize("verb", ["pause", "rework", "cancel", "hold"])
def test_a_verb_that_needs_a_reason_asks_again_without_one(verb: str) -> None:
    plant = Plant()
    order = an_order(plant, LEGAL[verb][0])
    client = supervisor_of(plant)
    before = state_of_everything()
    for given in ({}, {"reason": "   "}, {"reason": "a\x00b"}):
        assert do(client, verb, [order], **given).status_code == 422
    assert state_of_everything() == before


def test_a_keeper_acts_with_the_roles_of_a_membership_and_not_with_the_keeper_s_own() -> None:
    plant = Plant()
    order = an_order(plant, "draft")
    user = keeper()
    Membership.objects.create(user=user, factory=plant.factory, roles=["viewer"])
    before = state_of_everything()
    answer = do(signed_in(user), "approve", [order])
    assert told(answer)[0] == f"{order.reference}: This needs one of the roles operator, planner"
    assert state_of_everything() == before
    Membership.objects.filter(user=user).update(roles=["planner"])
    assert told(do(signed_in(user), "approve", [order])) == [f"1 of 1 approved: {order.reference}."]


def test_a_held_order_is_refused_with_the_hold_s_reason_and_the_others_go_on() -> None:
    plant = Plant()
    held, free = an_order(plant, "scheduled"), an_order(plant, "scheduled", machine="CNC-001")
    client = supervisor_of(plant)
    do(client, "hold", [held], reason="crack found")
    held = ProductionOrder.objects.get(pk=held.pk)
    answer = do(client, "start", [held, free])
    assert told(answer)[-2:] == [
        f"{held.reference}: {held.reference} is on hold: crack found", f"1 of 2 started: {free.reference}.",
    ]  # fmt: skip
    held, free = (ProductionOrder.objects.get(pk=order.pk) for order in (held, free))
    assert (held.state, free.state) == ("scheduled", "in_production")


def test_a_stranger_s_order_in_the_form_is_not_there() -> None:
    here, there = Plant(), Plant()
    theirs = an_order(there, "draft")
    client = supervisor_of(here)
    before = state_of_everything()
    answers = [
        told(do(client, "approve", [theirs])),
        told(client.post(LIST, {"action": "approve", "_selected_action": ["999999"], "confirmed": "yes"})),
    ]
    assert [answer[-1:] for answer in answers] == [["None of the chosen orders was found. Nothing was changed."]] * 2
    assert state_of_everything() == before
    own = an_order(here, "draft")
    assert told(do(client, "approve", [own, theirs]))[-1] == f"1 of 1 approved: {own.reference}."
    theirs = ProductionOrder.objects.get(pk=theirs.pk)
    assert theirs.state == "draft"


def test_a_form_sent_twice_or_after_somebody_else_s_change_acts_once() -> None:
    plant = Plant()
    order = an_order(plant, "draft")
    client = supervisor_of(plant)
    do(client, "set_priority", [order], priority="rush")
    before = state_of_everything()
    again = do(client, "set_priority", [order], priority="hold")
    assert told(again)[-2] == f"{order.reference}: It was changed meanwhile; the current version is 2"
    assert state_of_everything() == before


def test_nobody_acts_who_may_not_open_the_list() -> None:
    plant = Plant()
    order = an_order(plant, "draft")
    users = [a_member(plant.factory, "admin"), staff(a_member(plant.factory, "planner"))]
    before = state_of_everything()
    for user in users:
        assert do(signed_in(user), "approve", [order]).status_code == 403
    assert state_of_everything() == before
