"""The store API's words for states, and which path of verbs each of its commands runs from where (one transaction each)."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from factoryos.kernel.actors import Actor
from orders import actions
from orders.models import ProductionOrder
from orders.problems import NotOpen
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


class Command(StrEnum):
    """What a call asks for that may take several verbs."""

    START = "start"
    BOOK = "book"  # makes an order ready to be counted on: the first pieces start production
    FINISH = "finish"
    CANCEL = "cancel"


# Command → state → the verbs that it runs, one after the other. From where none are declared it is refused.
_BEGIN: Mapping[State, tuple[str, ...]] = {
    State.DRAFT: ("approve_best_effort", "start"),
    State.SUBMITTED: ("approve_best_effort", "start"),
    State.APPROVED: ("start",),
    State.SCHEDULED: ("start",),
    State.IN_PRODUCTION: (),
    State.PAUSED: (),
}
PATHS: Mapping[Command, Mapping[State, tuple[str, ...]]] = {
    Command.START: _BEGIN,
    Command.BOOK: _BEGIN,
    Command.FINISH: {state: (*verbs, "complete") for state, verbs in _BEGIN.items()},
    Command.CANCEL: dict.fromkeys(_BEGIN, ("cancel",)),
}
# How a new order comes to the state that it is sent with.
COMMAND_OF_NEW: Mapping[Word, Command] = {
    Word.DEVELOPING: Command.START,
    Word.FINISHED: Command.FINISH,
    Word.CANCELLED: Command.CANCEL,
}


def require_open(order: ProductionOrder) -> None:
    """Refuse a locked order that is finished or cancelled. Problem: NotOpen."""
    if WORD_OF[State(order.state)] in (Word.FINISHED, Word.CANCELLED):
        raise NotOpen(reference=order.reference, state=str(order.state))


def path_of(command: Command, order: ProductionOrder) -> tuple[str, ...]:
    """The verbs that a command runs on a locked order. Problem: NotOpen."""
    verbs = PATHS[command].get(State(order.state))
    if verbs is None:
        raise NotOpen(reference=order.reference, state=str(order.state))
    return verbs


def follow(command: Command, order: ProductionOrder, *, by: Actor) -> None:
    """Run a command's verbs on a locked order, as it was when it was locked. Each verb asks its own guards.

    The caller's transaction holds all of them: if the second is refused, the first has not happened either.
    Problems: NotOpen; whatever refuses one of the verbs.
    """
    for verb in path_of(command, order):
        getattr(actions, verb)(order_id=order.pk, by=by)
