"""Every verb through its form: done once, refused with its reason, never past a hold or a role."""

import pytest

from orders.models import OrderEvent
from tests.callers import a_member
from tests.evidence import everything
from tests.ops.order_page.desk import Desk, now, verbs, words
from tests.ops.order_page.typing_in import brought, filled

pytestmark = pytest.mark.django_db


# verb → (a state it is legal in, the state after, a state it is not legal in, a role that may not)
CASES = {
    "submit": ("draft", "submitted", "approved", "technician"),
    "approve": ("submitted", "approved", "scheduled", "qa"),
    "schedule": ("approved", "scheduled", "in_production", "operator"),
    "start": ("scheduled", "in_production", "draft", "qa"),
    "report": ("in_production", "in_production", "scheduled", "viewer"),
    "pause": ("in_production", "paused", "scheduled", "viewer"),
    "resume": ("paused", "in_production", "scheduled", "engineer"),
    "complete": ("in_production", "completed", "scheduled", "qa"),
    "verify": ("completed", "verified", "in_production", "planner"),
    "rework": ("completed", "in_production", "verified", "operator"),
    "close": ("verified", "closed", "completed", "technician"),
    "cancel": ("scheduled", "cancelled", "completed", "technician"),
    "adjust_quantity": ("scheduled", "scheduled", "cancelled", "operator"),
    "amend": ("draft", "draft", "cancelled", "technician"),
    "hold": ("draft", "draft", "cancelled", "planner"),
}


@pytest.mark.parametrize("verb", CASES)
def test_a_verb_is_done_once_however_often_its_form_is_sent(verb: str) -> None:
    desk = Desk()
    before, after, _, _ = CASES[verb]
    order = brought(desk, before)
    assert desk.get(order, verb).status_code == 200
    values = filled(desk, verb, order)
    for _ in range(2):
        sent = desk.send(order, verb, key="pressed-twice", **values)
        assert (sent.status_code, sent["Location"]) == (303, desk.path(order)), words(sent)
    assert (now(order).state, now(order).version) == (after, order.version + 1)
    event = OrderEvent.objects.filter(order=order).latest("seq")
    assert (event.verb, event.face, event.credential) == (verb, "console", "session")
    assert order.reference in words(desk.client.get(sent["Location"]))


@pytest.mark.parametrize("verb", CASES)
def test_a_verb_out_of_turn_is_told_and_changes_nothing(verb: str) -> None:
    desk = Desk()
    order = brought(desk, CASES[verb][2])
    assert "Not possible now" in words(desk.get(order, verb))
    assert desk.get(order, verb).status_code == 409
    before = everything()
    refused = desk.send(order, verb, key="", **filled(desk, verb, order))
    assert refused.status_code == 409
    assert everything() == before


@pytest.mark.parametrize("verb", CASES)
def test_who_may_not_is_told_whom_to_ask_and_changes_nothing(verb: str) -> None:
    desk = Desk(CASES[verb][3])
    order = brought(desk, CASES[verb][0])
    asked = desk.get(order, verb)
    assert (asked.status_code, "ask a" in words(asked)) == (403, True)
    before = everything()
    refused = desk.send(order, verb, **filled(desk, verb, order))
    assert (refused.status_code, "ask a" in words(refused)) == (403, True)
    assert everything() == before


@pytest.mark.parametrize("verb", ["start", "report", "resume", "complete", "verify", "rework", "close"])
def test_an_open_hold_refuses_with_its_reason(verb: str) -> None:
    desk = Desk()
    order = desk.held(brought(desk, {"report": "paused", "complete": "paused"}.get(verb, CASES[verb][0])))
    assert "odd colour" in words(desk.get(order, verb))
    before = everything()
    refused = desk.send(order, verb, key="", **filled(desk, verb, order))
    assert refused.status_code == 409
    assert "odd colour" in words(refused)
    assert everything() == before


def test_a_hold_is_released_through_its_form_and_told_on_the_page() -> None:
    desk = Desk()
    order = desk.held(desk.scheduled())
    page = words(desk.get(order))
    assert "On hold" in page and "odd colour" in page and "placed by admin" in page
    values = filled(desk, "release_hold", order)
    for _ in range(2):
        assert desk.send(order, "release_hold", key="twice", **values).status_code == 303
    assert (now(order).open_holds, verbs(order)[-1]) == (0, "release_hold")
    assert verbs(order).count("release_hold") == 1


def test_a_hold_of_another_order_is_not_released_here() -> None:
    desk = Desk()
    order, other = desk.held(desk.draft()), desk.held(desk.draft())
    values = filled(desk, "release_hold", other)
    assert desk.send(order, "release_hold", **values).status_code == 404
    assert now(other).open_holds == now(order).open_holds == 1


def test_whoever_placed_a_hold_may_not_release_it_where_two_must() -> None:
    desk = Desk(two_person_release=True)
    order = desk.draft()
    desk.send(order, "hold", reason="odd colour")
    order = now(order)
    assert "another person must release" in words(desk.get(order))
    refused = desk.send(order, "release_hold", **filled(desk, "release_hold", order))
    assert (refused.status_code, now(order).open_holds) == (409, 1)
    other = desk.signed_in("qa")
    sent = desk.send(order, "release_hold", client=other, **filled(desk, "release_hold", order))
    assert (sent.status_code, now(order).open_holds) == (303, 0)


@pytest.mark.parametrize("verb", ["", "start", "notes", "traveler.pdf", "amend"])
def test_a_strangers_order_is_as_missing_as_none(verb: str) -> None:
    desk, stranger = Desk(), Desk()
    order = stranger.scheduled()
    there = desk.client.get(stranger.path(order, verb))
    nowhere = desk.client.get(f"/ops/orders/01890000-0000-7000-8000-000000000000{'/' + verb if verb else ''}")
    assert there.status_code == nowhere.status_code == 404
    assert words(there).split("Reference")[0] == words(nowhere).split("Reference")[0]
    if verb and "." not in verb:
        before = everything()
        assert desk.client.post(stranger.path(order, verb), {"version": 1, "text": "x"}).status_code == 404
        assert everything() == before


def test_an_order_of_ones_other_factory_opens_there() -> None:
    desk, second = Desk(), Desk()
    user = a_member(desk.factory, "planner")
    user.memberships.create(factory=second.factory, roles=["viewer"])
    desk.client.force_login(user)
    shown = desk.client.get(second.path(second.draft()))
    assert shown.status_code == 200
    assert "There is nothing here for you to do" in words(shown)


def test_an_unknown_verb_is_no_page() -> None:
    desk = Desk()
    order = desk.draft()
    assert desk.get(order, "delete").status_code == 404
    assert desk.send(order, "create").status_code == 404
