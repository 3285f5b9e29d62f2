"""The words for an order's state, and what each call means in each state: which verbs run, or why none does."""

from typing import Any

import pytest

from orders.states import State
from tests.conformance.erp.plant import WAYS, Plant
from tests.evidence import everything

pytestmark = pytest.mark.django_db

WORDS = {
    State.DRAFT: "draft",
    State.SUBMITTED: "draft",
    State.APPROVED: "confirmed",
    State.SCHEDULED: "confirmed",
    State.IN_PRODUCTION: "in_progress",
    State.PAUSED: "in_progress",
    State.COMPLETED: "done",
    State.VERIFIED: "done",
    State.CLOSED: "done",
    State.CANCELLED: "cancelled",
}

every_state = pytest.mark.parametrize("state", State)


def test_the_plant_of_these_tests_can_reach_every_state() -> None:
    assert set(WORDS) == set(WAYS) == set(State)


@every_state
def test_a_state_has_one_word_and_is_found_by_it_alone(plant: Plant, state: State) -> None:
    path = plant.order(state)
    assert plant.core(path).state == state
    shown = plant.erp.get(path)
    assert (shown.status, shown["status"]) == (200, WORDS[state])
    for word in sorted(set(WORDS.values())):
        found = [row["status"] for row in plant.erp.get(f"orders?status={word}")["data"]]
        assert found == ([word] if word == WORDS[state] else []), word


def test_one_word_selects_all_its_states_and_several_words_all_of_theirs(plant: Plant) -> None:
    for state in State:
        plant.order(state)
    for word in set(WORDS.values()):
        reply = plant.erp.get(f"orders?status={word}")
        assert reply["meta"]["total"] == list(WORDS.values()).count(word)
    assert plant.erp.get("orders?status=draft,cancelled")["meta"]["total"] == 3
    assert plant.erp.get("orders?status=done,%20in_progress")["meta"]["total"] == 5
    assert plant.erp.get("orders")["meta"]["total"] == len(State)


@pytest.mark.parametrize(
    "word", ["running", "approved", "in_production", "completed", "closed", "Draft", "draft,running"]
)
def test_a_word_of_another_face_is_none_here(plant: Plant, word: str) -> None:
    reply = plant.erp.get(f"orders?status={word}")
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert isinstance(reply["message"], list) and "status" in reply["message"][0]


ILLEGAL, TERMINAL = "illegal_state", "terminal_state"
BEGUN: dict[State, Any] = {State.IN_PRODUCTION: ILLEGAL, State.PAUSED: ILLEGAL}
OVER: dict[State, Any] = dict.fromkeys((State.COMPLETED, State.VERIFIED, State.CLOSED, State.CANCELLED), TERMINAL)
# By call and state: the verbs that it runs and the state they lead to, or the code of the refusal.
EFFECTS: dict[str, dict[State, Any]] = {
    "confirm": {
        State.DRAFT: (["approve"], State.APPROVED),
        State.SUBMITTED: (["approve"], State.APPROVED),
        State.APPROVED: ILLEGAL,
        State.SCHEDULED: ILLEGAL,
    } | BEGUN | OVER,
    "produce": {
        State.DRAFT: ILLEGAL,
        State.SUBMITTED: ILLEGAL,
        State.APPROVED: (["start", "report"], State.IN_PRODUCTION),
        State.SCHEDULED: (["start", "report"], State.IN_PRODUCTION),
        State.IN_PRODUCTION: (["report"], State.IN_PRODUCTION),
        State.PAUSED: (["report"], State.PAUSED),
    } | OVER,
    "close": {
        State.DRAFT: ILLEGAL,
        State.SUBMITTED: ILLEGAL,
        State.APPROVED: ILLEGAL,
        State.SCHEDULED: ILLEGAL,
        State.IN_PRODUCTION: (["complete"], State.COMPLETED),
        State.PAUSED: (["complete"], State.COMPLETED),
    } | OVER,
    "cancel": {
        state: (["cancel"], State.CANCELLED)
        for state in (
            State.DRAFT, State.SUBMITTED, State.APPROVED, State.SCHEDULED, State.IN_PRODUCTION, State.PAUSED,
        )
    } | OVER,
}  # fmt: skip
BODIES = {"produce": {"qty": 5}}


@pytest.mark.parametrize(("call", "state"), [(call, state) for call in EFFECTS for state in State])
def test_what_a_call_does_in_a_state(plant: Plant, call: str, state: State) -> None:
    path = plant.order(state)
    known, before = plant.verbs(path), everything()
    reply = plant.admin.post(f"{path}/{call}", BODIES.get(call))
    expected = EFFECTS[call][state]
    if isinstance(expected, str):
        assert (reply.status, reply.code) == (409, expected)
        assert everything() == before
    else:
        verbs, now = expected
        assert (reply.status, reply["status"]) == (200, WORDS[now]), reply.content
        assert (plant.verbs(path), plant.core(path).state) == (known + verbs, now)


@pytest.mark.parametrize("state", [State.COMPLETED, State.VERIFIED, State.CLOSED, State.CANCELLED])
def test_the_refusal_of_an_ended_order_names_it_and_its_word(plant: Plant, state: State) -> None:
    path = plant.order(state)
    reply = plant.erp.post(f"{path}/produce", {"qty": 1})
    reference = plant.erp.get(path)["reference"]
    assert reply.json == {
        "statusCode": 409,
        "message": f"Production order {reference} is {WORDS[state]}",
        "error": "Conflict",
        "code": "terminal_state",
        "details": {"status": WORDS[state]},
    }
    assert list(reply.json)[:3] == ["statusCode", "message", "error"]


STARTS: dict[State, Any] = {
    State.DRAFT: ILLEGAL,
    State.SUBMITTED: ILLEGAL,
    State.APPROVED: (True, State.IN_PRODUCTION),
    State.SCHEDULED: (True, State.IN_PRODUCTION),
    State.IN_PRODUCTION: (False, State.IN_PRODUCTION),
    State.PAUSED: (False, State.PAUSED),
} | OVER


@every_state
def test_what_starting_a_work_order_does_to_its_order(plant: Plant, state: State) -> None:
    path = plant.order(state)
    starts, before = plant.verbs(path).count("start"), everything()
    reply = plant.erp.post(f"{path}/work-orders/wo_001/start")
    expected = STARTS[state]
    if isinstance(expected, str):
        assert (reply.status, reply.code) == (409, expected)
        assert everything() == before
    else:
        started, now = expected
        assert (reply.status, reply["status"]) == (200, "in_progress"), reply.content
        assert plant.verbs(path).count("start") - starts == started
        assert plant.core(path).state == now


@pytest.mark.parametrize("call", ["confirm", "produce", "close"])
def test_no_call_takes_a_state(plant: Plant, call: str) -> None:
    """What an order shows is passed over where it is sent; the state comes from the verb alone."""
    path = plant.order(State.DRAFT if call == "confirm" else State.IN_PRODUCTION)
    reply = plant.admin.post(f"{path}/{call}", {"status": "cancelled"} | BODIES.get(call, {}))
    assert (reply.status, reply["status"]) == (200, {"confirm": "confirmed", "close": "done"}.get(call, "in_progress"))
