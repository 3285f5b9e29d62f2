"""The store API's words for states, and which path of verbs each of its commands runs from where (one transaction each)."""

from collections.abc import Mapping
from enum import IntEnum

from orders.states import State


class Word(IntEnum):
    """What `state` says. Written only when an order is made."""

    NEW = 0
    DEVELOPING = 1
    FINISHED = 2
    CANCELLED = 3


WORD_OF: Mapping[State, Word] = {
    State.DRAFT: Word.NEW,
    State.SUBMITTED: Word.NEW,
    State.APPROVED: Word.NEW,
    State.SCHEDULED: Word.NEW,
    State.IN_PRODUCTION: Word.DEVELOPING,
    State.PAUSED: Word.DEVELOPING,
    State.COMPLETED: Word.FINISHED,
    State.VERIFIED: Word.FINISHED,
    State.CLOSED: Word.FINISHED,
    State.CANCELLED: Word.CANCELLED,
}
# As `manage.py check` and the conformance tests want to read them.
WORDS: Mapping[State, str] = {state: str(int(word)) for state, word in WORD_OF.items()}


def states_of(*words: int) -> list[str]:
    """Every core state that one of these words means."""
    return [str(state) for state, word in WORD_OF.items() if word in words]
