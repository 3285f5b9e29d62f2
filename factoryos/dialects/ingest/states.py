"""The ingest API's words for states: those it shows, and those that planning systems write, each read as one state."""

from collections.abc import Mapping
from datetime import datetime

from orders.states import State

# A sender reads back where its order is in the core's own words: each of them is one that it may send, too.
WORDS: Mapping[State, str] = {state: str(state) for state in State}

# Whoever sends another word is read by the facts beside it (`goal_of`).
_WORDS_OF: Mapping[State, str] = {
    State.DRAFT: "draft new created proposed",
    State.SUBMITTED: "submitted requested open pending",
    State.APPROVED: "approved confirmed released firm firmed",
    State.SCHEDULED: "scheduled planned queued ready not_started",
    State.IN_PRODUCTION: "in_progress in_production started running active processing producing wip",
    State.PAUSED: "paused on_hold suspended stopped interrupted blocked",
    State.COMPLETED: "completed complete done finished produced",
    State.VERIFIED: "verified inspected qa_passed",
    State.CLOSED: "closed shipped delivered fulfilled archived",
    State.CANCELLED: "cancelled canceled void voided aborted deleted",
}
STATED: Mapping[str, State] = {word: state for state, words in _WORDS_OF.items() for word in words.split()}

_ONE_SPELLING = str.maketrans(" -", "__")


def is_known_word(status: str) -> bool:
    """Whether this status, as it was sent, names a state."""
    return _state_of(status) is not None


def goal_of(status: str | None, *, actual_end: datetime | None) -> State:
    """Where an order stands of which a planning system says this: its word; without one, over or planned.

    That work which began or made something is in production, whatever is said, the orders themselves know.
    """
    stated = _state_of(status) if status is not None else None
    return stated or (State.SCHEDULED if actual_end is None else State.COMPLETED)


def _state_of(status: str) -> State | None:
    return STATED.get(status.strip().lower().translate(_ONE_SPELLING))
