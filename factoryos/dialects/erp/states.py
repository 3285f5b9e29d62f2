"""The ERP face's words for states, and which core states each word means. A word is a filter only, never a command."""

from orders.states import State

WORDS: dict[State, str] = {
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
STATUSES = tuple(dict.fromkeys(WORDS.values()))
TERMINAL = frozenset({"done", "cancelled"})

# What a verb does to an order, as this face says it: "… is draft and cannot be closed now".
PARTICIPLES = {
    "approve": "confirmed",
    "start": "started",
    "report": "produced",
    "begin_work": "started",
    "finish_work": "finished",
    "complete": "closed",
    "cancel": "cancelled",
}


def states_of(word: str) -> list[str]:
    """Every core state that this face calls `word`."""
    return [str(state) for state, name in WORDS.items() if name == word]
