"""The words of the order page: what verbs are called, what they did, and whom to ask."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from factoryos.kernel.permissions import VERB_ROLES
from factoryos.kernel.quantities import shortest
from orders.states import State

# Verb → (what the button says, what it did: after the actor's name).
VERBS = {
    "create": ("Create", "created the order"),
    "submit": ("Submit", "submitted the order"),
    "approve": ("Approve", "approved the order"),
    "schedule": ("Schedule", "scheduled the order"),
    "start": ("Start", "started production"),
    "report": ("Report quantity", "reported"),
    "begin_work": ("Start work order", "started"),
    "finish_work": ("Finish work order", "finished"),
    "pause": ("Pause", "paused production"),
    "resume": ("Resume", "resumed production"),
    "complete": ("Complete", "completed production"),
    "verify": ("Verify", "verified the order"),
    "rework": ("Send to rework", "sent the order to rework"),
    "close": ("Close", "closed the order"),
    "cancel": ("Cancel order", "cancelled the order"),
    "adjust_quantity": ("Adjust quantity", "adjusted the quantity"),
    "amend": ("Edit details", "changed details"),
    "hold": ("Put on hold", "put the order on hold"),
    "release_hold": ("Release hold", "released a hold"),
    "add_line": ("Add an item", "added an item"),
    "remove_line": ("Take an item off", "took an item off"),
    "amend_line": ("Edit an item's details", "changed an item's details"),
    "change_layer": ("Change what is taken from stock", "changed what is taken from stock"),
}
# What is said right afterwards, after the order's reference.
NOW = {
    "submit": "is submitted", "approve": "is approved", "start": "is in production", "pause": "is paused",
    "resume": "is in production again", "complete": "is completed", "rework": "is back in production",
    "close": "is closed", "cancel": "is cancelled", "hold": "is on hold", "release_hold": "has one hold less",
}  # fmt: skip
ROLE_NAMES = {
    "admin": "administrator", "planner": "planner", "technician": "technician", "qa": "quality reviewer",
    "engineer": "engineer", "operator": "order operator", "viewer": "viewer",
}  # fmt: skip


def label(verb: str) -> str:
    """What the button says."""
    return VERBS[verb][0] if verb in VERBS else verb.replace("_", " ").capitalize()


def did(verb: str) -> str:
    """What the verb did, to stand after a name."""
    return VERBS[verb][1] if verb in VERBS else verb.replace("_", " ")


def listed(words: Iterable[str], joint: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    *first, last = list(words)
    return f"{', '.join(first)} {joint} {last}" if first else last


def state_word(state: str) -> str:
    return str(State(state).label)


def whom_to_ask(verb: str) -> str:
    """Who may do it, for somebody who may not. `admin` may everything and is named last."""
    roles = [*sorted(VERB_ROLES[verb] - {"admin"}), "admin"]
    return listed(f"{'an' if name[0] in 'aeio' else 'a'} {name}" for name in (ROLE_NAMES[role] for role in roles))


def by_themselves(machines: Sequence[str]) -> str:
    """Which machines count without anybody: `PRESS-01 counts by itself`; empty where none does."""
    if not machines:
        return ""
    named = [*machines[:FEW_PARTS], *([f"{len(machines) - FEW_PARTS} more"] if len(machines) > FEW_PARTS else [])]
    return f"{listed(named, 'and')} {'count by themselves' if len(machines) > 1 else 'counts by itself'}"


FEW_PARTS = 4  # components or machines that a sentence names


def amount_of(part: Mapping[str, Any], name: str) -> str:
    """An amount of a component with its unit: `2.5 kg`."""
    return f"{shortest(Decimal(str(part[name])))} {part['uom']}".rstrip()


def lacking(parts: Sequence[Mapping[str, Any]]) -> str:
    """What is short, component by component: `Cap liner 38mm by 3500 pcs, …`. `parts` are name, uom and short."""
    told = [f"{part['name']} by {amount_of(part, 'short')}" for part in parts[:FEW_PARTS]]
    if len(parts) > FEW_PARTS:
        told.append(f"{len(parts) - FEW_PARTS} more")
    return listed(told, "and")
