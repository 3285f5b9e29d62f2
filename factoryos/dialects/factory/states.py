"""The factory face's words for states, outward, and its words for moves, inward (contract: words, both ways)."""

from collections.abc import Iterable
from functools import cache

from orders.moves import legal_verbs
from orders.states import State

WORDS: dict[State, str] = {
    State.DRAFT: "draft",
    State.SUBMITTED: "draft",
    State.APPROVED: "draft",
    State.SCHEDULED: "scheduled",
    State.IN_PRODUCTION: "in_production",
    State.PAUSED: "paused",
    State.COMPLETED: "completed",
    State.VERIFIED: "verified",
    State.CLOSED: "closed",
    State.CANCELLED: "cancelled",
}

# toState → verb. `in_production` resumes what is paused and starts anything else.
_VERB_OF = {
    "in_production": "start",
    "paused": "pause",
    "completed": "complete",
    "closed": "close",
    "cancelled": "cancel",
}
MOVE_WORDS = tuple(_VERB_OF)
# Words that belong to an endpoint of their own.
OTHER_ENDPOINT = {"scheduled": "schedule", "verified": "verify"}

_WORD_OF_VERB = {**{verb: word for word, verb in _VERB_OF.items()}, "resume": "in_production"}


def verb_of(word: str, *, state: str) -> str:
    """The one verb that a `toState` means for an order in `state`."""
    return "resume" if word == "in_production" and state == State.PAUSED else _VERB_OF[word]


def verbs_meant(word: object) -> tuple[str, ...]:
    """The verbs that a `toState` can mean, whatever state the order is in; none for a word that is no move."""
    if word == "in_production":
        return ("start", "resume")
    return (_VERB_OF[word],) if isinstance(word, str) and word in _VERB_OF else ()


def states_of(word: str) -> list[str]:
    """Every core state that this face calls `word`."""
    return [str(state) for state, name in WORDS.items() if name == word]


@cache
def allowed_words(state: str, needs_verification: bool) -> list[str]:
    """The words that /transition would take now, in the order of the contract's table."""
    return words_of(legal_verbs(state=state, needs_verification=needs_verification))


def words_of(verbs: Iterable[str]) -> list[str]:
    """The `toState` words that lead to these verbs, in the same order."""
    possible = {_WORD_OF_VERB[verb] for verb in verbs if verb in _WORD_OF_VERB}
    return [word for word in MOVE_WORDS if word in possible]
