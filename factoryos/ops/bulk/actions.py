"""The table of what can be done to many orders at once. A new bulk action is one entry here."""

from collections.abc import Sequence
from dataclasses import dataclass

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import allows, authorise_any
from factoryos.kernel.problems import NotFound
from factoryos.ops.bulk import steps
from factoryos.ops.bulk.steps import Inverse, Step
from orders import actions as verbs

Requirement = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undoing:
    """How a row is taken back, and which verb it needs."""

    verb: str
    take_back: Inverse


@dataclass(frozen=True, slots=True)
class Action:
    """`needs`: any of these verbs must be allowed. `life`: the verb whose row of the table of life says who can.

    `button` and `title` hold `{orders}`, such as "1 180 orders". `typed`: cannot be taken back by any verb, so the
    number of orders is typed. `final`: why there is no undo, where there is none.
    """

    name: str
    group: str
    words: str
    button: str
    title: str
    step: Step
    needs: Requirement
    life: str | None
    fields: tuple[str, ...] = ()
    must: frozenset[str] = frozenset()
    typed: bool = False
    takes_machines: bool = False
    undo: Undoing | None = None
    final: str = ""


def _move(
    name: str, *, button: str, state: str, doing: str = "", step: Step | None = None,
    fields: tuple[str, ...] = ("reason",), must: frozenset[str] = frozenset(), undo: Undoing | None = None,
    typed: bool = False, takes_machines: bool = False,
) -> Action:  # fmt: skip
    """A move of the life. `doing`: for "… cannot be taken back", where no verb leads back."""
    verb = getattr(verbs, name)
    return Action(
        name=name, group="status", words=button, button=f"{button} {{orders}}", title=f"Move {{orders}} to {state}",
        step=step or steps.moving(verb), needs=(name,), life=name, fields=fields, must=must, typed=typed,
        takes_machines=takes_machines, undo=undo, final=f"{doing} cannot be taken back." if doing else "",
    )  # fmt: skip


_REASON = frozenset({"reason"})

ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        _move("submit", button="Submit", state="Submitted", doing="Submitting"),
        _move("approve", button="Approve", state="Approved", doing="Approving"),
        _move("start", button="Start", state="In production", doing="Starting", takes_machines=True),
        _move("pause", button="Pause", state="Paused", step=steps.pause, fields=("pause_reason",),
              must=frozenset({"pause_reason"}), undo=Undoing("resume", steps.undo_pause)),
        _move("resume", button="Resume", state="In production", step=steps.resume, takes_machines=True,
              undo=Undoing("pause", steps.undo_resume)),
        _move("complete", button="Complete", state="Completed", doing="Completing"),
        _move("rework", button="Rework", state="In production", doing="Reworking", must=_REASON, takes_machines=True),
        _move("close", button="Close", state="Closed", doing="Closing", typed=True),
        _move("cancel", button="Cancel", state="Cancelled", doing="Cancelling", must=_REASON, typed=True),
        Action(name="hold", group="status", words="Hold", button="Hold {orders}", title="Put {orders} on hold",
               step=steps.hold, needs=("hold",), life="hold", fields=("reason",), must=_REASON,
               undo=Undoing("release_hold", steps.undo_hold)),
        Action(name="priority", group="priority", words="Priority", button="Set the priority of {orders}",
               title="Change the priority of {orders}", step=steps.set_priority, needs=("amend",), life="amend",
               fields=("priority",), must=frozenset({"priority"}), undo=Undoing("amend", steps.undo_priority)),
        Action(name="assign", group="assign", words="Assign", button="Assign {orders}",
               title="Assign {orders} to a machine or work area", step=steps.assign, needs=("schedule",),
               life="schedule", fields=("place",), must=frozenset({"place"}),
               undo=Undoing("schedule", steps.undo_assign)),
        Action(name="note", group="note", words="Note", button="Add the note to {orders}",
               title="Add a note to {orders}", step=steps.say, needs=("note", "message"), life=None,
               fields=("audience", "text"), must=frozenset({"audience", "text"}),
               final="A note cannot be taken back; within five minutes its author may correct it."),
    )
}  # fmt: skip

# What the bar offers: name, words, key. A group of several actions is chosen from on the next page.
GROUPS = (("status", "Status…", "s"), ("priority", "Priority…", "p"), ("assign", "Assign…", ""), ("note", "Note…", "n"))


def may(action: Action, *, by: Actor) -> bool:
    """Whether this person may do it at all; for which order, the verb decides."""
    return any(allows(actor=by, verb=verb) for verb in action.needs)


def offered(by: Actor, *, group: str | None = None) -> Sequence[Action]:
    """What this person may do, of one group or of all."""
    return [action for action in ACTIONS.values() if group in (None, action.group) and may(action, by=by)]


def require_any(by: Actor, *, group: str) -> Sequence[Action]:
    """The actions of a group that this person may do. Problem: RoleMissing (none of them)."""
    authorise_any(by, [verb for action in ACTIONS.values() if action.group == group for verb in action.needs])
    return offered(by, group=group)


def find(name: str, *, by: Actor) -> Action:
    """Problems: NotFound (no such action), RoleMissing."""
    action = ACTIONS.get(name)
    if action is None:
        raise NotFound(thing="Action")
    authorise_any(by, action.needs)
    return action
