"""Which verbs the admin offers on orders, what each asks for, and how it is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from factoryos.kernel.actors import Actor
from orders import actions

Asked = Literal["nothing", "note", "reason", "pause_reason", "priority"]
Call = Callable[[int, Actor, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class OfferedVerb:
    """A verb as an action. `asks` is what its page asks beside the confirmation; `final` warns that it cannot be undone."""

    name: str
    imperative: str
    past: str
    call: Call
    asks: Asked = "note"
    final: bool = False


def _reason(given: Mapping[str, Any]) -> str | None:
    return given.get("reason") or None


VERBS: dict[str, OfferedVerb] = {
    verb.name: verb
    for verb in (
        OfferedVerb(
            "submit", "Submit", "submitted", lambda order, by, g: actions.submit(order_id=order, by=by, reason=_reason(g))
        ),
        OfferedVerb(
            "approve", "Approve", "approved", lambda order, by, g: actions.approve(order_id=order, by=by, reason=_reason(g))
        ),
        OfferedVerb(
            "start", "Start", "started", lambda order, by, g: actions.start(order_id=order, by=by, reason=_reason(g))
        ),
        OfferedVerb(
            "pause", "Pause", "paused",
            lambda order, by, g: actions.pause(order_id=order, by=by, reason=g["reason"], notes=g["notes"] or None),
            asks="pause_reason",
        ),
        OfferedVerb(
            "resume", "Resume", "resumed", lambda order, by, g: actions.resume(order_id=order, by=by, reason=_reason(g))
        ),
        OfferedVerb(
            "complete", "Complete", "completed",
            lambda order, by, g: actions.complete(order_id=order, by=by, reason=_reason(g)),
        ),
        OfferedVerb(
            "rework", "Rework", "sent back for rework",
            lambda order, by, g: actions.rework(order_id=order, by=by, reason=g["reason"]), asks="reason",
        ),
        OfferedVerb(
            "close", "Close", "closed", lambda order, by, g: actions.close(order_id=order, by=by, reason=_reason(g)),
            final=True,
        ),
        OfferedVerb(
            "cancel", "Cancel", "cancelled", lambda order, by, g: actions.cancel(order_id=order, by=by, reason=g["reason"]),
            asks="reason", final=True,
        ),
        OfferedVerb(
            "hold", "Hold", "put on hold", lambda order, by, g: actions.hold(order_id=order, by=by, reason=g["reason"]),
            asks="reason",
        ),
        OfferedVerb(
            "set_priority", "Set the priority of", "given their priority",
            lambda order, by, g: actions.amend(order_id=order, by=by, changes={"priority": g["priority"]}),
            asks="priority",
        ),
    )
}  # fmt: skip
