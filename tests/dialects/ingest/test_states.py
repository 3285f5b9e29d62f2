"""How a planning system's word, and the facts beside it, are read as a state."""

from datetime import UTC, datetime

import pytest

from factoryos.dialects.ingest.states import STATED, WORDS, goal_of, is_known_word
from orders.states import State

THEN = datetime(2025, 1, 10, 6, 30, tzinfo=UTC)
# As published: one line a state.
TABLE = {
    State.DRAFT: ["draft", "new", "created", "proposed"],
    State.SUBMITTED: ["submitted", "requested", "open", "pending"],
    State.APPROVED: ["approved", "confirmed", "released", "firm", "firmed"],
    State.SCHEDULED: ["scheduled", "planned", "queued", "ready", "not_started"],
    State.IN_PRODUCTION: [
        "in_progress", "in_production", "started", "running", "active", "processing", "producing", "wip",
    ],
    State.PAUSED: ["paused", "on_hold", "suspended", "stopped", "interrupted", "blocked"],
    State.COMPLETED: ["completed", "complete", "done", "finished", "produced"],
    State.VERIFIED: ["verified", "inspected", "qa_passed"],
    State.CLOSED: ["closed", "shipped", "delivered", "fulfilled", "archived"],
    State.CANCELLED: ["cancelled", "canceled", "void", "voided", "aborted", "deleted"],
}  # fmt: skip


def read(status: str | None, *, end: bool = False) -> State:
    return goal_of(status, actual_end=THEN if end else None)


def test_every_published_word_is_read_as_its_state_and_no_other_word_is() -> None:
    assert {word: state for state, words in TABLE.items() for word in words} == dict(STATED)
    assert all(read(word) is state for word, state in STATED.items())


def test_what_is_shown_of_any_state_is_a_word_that_may_be_sent_for_it() -> None:
    assert set(WORDS) == set(State)
    assert all(STATED[word] is state for state, word in WORDS.items())


@pytest.mark.parametrize("status", ["  In Progress ", "in-progress", "IN_PROGRESS", "In-progress\t"])
def test_a_word_is_read_whatever_its_spelling(status: str) -> None:
    assert is_known_word(status)
    assert read(status) is State.IN_PRODUCTION


@pytest.mark.parametrize(
    "status", ["Waiting for Godot", "inprogress", "in  progress", "", "   ", "completed!", "ＤＯＮＥ"]
)
def test_another_word_is_not_known_and_the_facts_speak(status: str) -> None:
    assert not is_known_word(status)
    assert read(status) is State.SCHEDULED
    assert read(status, end=True) is State.COMPLETED


def test_without_a_word_an_end_is_completed_and_all_else_planned() -> None:
    assert read(None, end=True) is State.COMPLETED
    assert read(None) is State.SCHEDULED


@pytest.mark.parametrize("state", State)
def test_an_end_alone_does_not_overrule_a_word(state: State) -> None:
    assert read(TABLE[state][0], end=True) is state
