"""Which steps an order offers to one person now: the one place where the page decides what may be pressed, and why not.

It asks the core's own tables (orders.moves, factoryos.kernel.permissions) and repeats no rule of theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import allows
from factoryos.ops.order_page import words
from orders.models.life import no_open_hold
from orders.moves import legal_verbs, table
from orders.sheet import Sheet
from orders.states import ENDED, State

# Which step is the likeliest in a state; the first that this person may take becomes the primary button.
LIKELY: dict[str, Sequence[str]] = {
    State.DRAFT: ("submit", "approve"),
    State.SUBMITTED: ("approve", "schedule"),
    State.APPROVED: ("schedule", "start"),
    State.SCHEDULED: ("start",),
    State.IN_PRODUCTION: ("report", "complete"),
    State.PAUSED: ("resume", "report"),
    State.COMPLETED: ("verify", "close"),
    State.VERIFIED: ("close",),
}
# In the order of the life; what may happen at any time comes after, what cannot be taken back last.
ORDER = (
    "submit", "approve", "schedule", "start", "resume", "report", "pause", "complete", "verify", "rework", "close",
    "release_hold", "adjust_quantity", "amend", "hold", "cancel",
)  # fmt: skip
AT_ONCE = frozenset({"submit", "approve", "start", "resume"})  # asked nothing, taken back easily: no form between
TAKES_MACHINES = frozenset({"start", "resume", "rework"})


@dataclass(frozen=True, slots=True)
class Step:
    """A verb as a button: `why_not` is empty when it may be pressed."""

    verb: str
    label: str
    why_not: str
    primary: bool = False

    @property
    def allowed(self) -> bool:
        return not self.why_not

    @property
    def at_once(self) -> bool:
        return self.verb in AT_ONCE


def steps_of(order: Sheet, *, by: Actor) -> list[Step]:
    """Every verb of the life for this order and person, in a steady order."""
    refusals = {verb: why_not(order, verb, by=by) for verb in ORDER}
    likely = ("release_hold", *LIKELY.get(order.state, ())) if order.holds else LIKELY.get(order.state, ())
    primary = next((verb for verb in likely if not refusals[verb]), None)
    return [Step(verb, words.label(verb), refusals[verb], verb == primary) for verb in ORDER]


def why_not(order: Sheet, verb: str, *, by: Actor) -> str:
    """Why `verb` cannot be done now, in words; empty when it can."""
    return (
        _state_refuses(order, verb, by=by)
        or _role_refuses(verb, by=by)
        or _hold_refuses(order, verb, by=by)
        or _machine_refuses(order, verb)
    )


def _state_refuses(order: Sheet, verb: str, *, by: Actor) -> str:
    if verb in legal_verbs(state=order.state, needs_verification=by.factory.requires_verification):
        return ""
    now = words.state_word(order.state).lower()
    if order.state in table()[verb]:
        return "It must be verified first."
    if order.state in ENDED:
        return f"The order is {now}: its life is over."
    states = [state for state in State if str(state) in table()[verb]]
    return f"Possible when {words.listed(str(state.label).lower() for state in states)}; this order is {now}."


def _role_refuses(verb: str, *, by: Actor) -> str:
    return "" if allows(actor=by, verb=verb) else f"Your role does not allow this: ask {words.whom_to_ask(verb)}."


def _hold_refuses(order: Sheet, verb: str, *, by: Actor) -> str:
    if verb == "release_hold":
        return _release_refused(order, by=by)
    if not order.holds or no_open_hold not in (table()[verb][order.state].conditions or ()):
        return ""
    return f"On hold: {'; '.join(hold.reason for hold in order.holds)}. The hold must be released first."


def _release_refused(order: Sheet, *, by: Actor) -> str:
    if not order.holds:
        return "No hold is open."
    if by.factory.two_person_release and all(hold.by_id == by.id for hold in order.holds):
        return "You placed the hold: another person must release it."
    return ""


def _machine_refuses(order: Sheet, verb: str) -> str:
    if verb not in TAKES_MACHINES:
        return ""
    retired = [share.code for share in order.machines if not share.in_use]
    if retired:
        return f"{words.listed(retired, 'and')} is retired: schedule the order elsewhere."
    busy = [f"{share.code} is running {share.runs}" for share in order.machines if share.runs]
    return f"{'; '.join(busy)}: pause or complete that first." if busy else ""
