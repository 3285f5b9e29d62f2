"""Who may do what: one matrix of verb and role for every face. `admin` may everything; every member reads."""

from collections.abc import Iterable

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import RoleMissing

ROLES = ("admin", "planner", "technician", "qa", "engineer", "operator", "viewer")

_PLAN = frozenset({"planner"})
_OFFICE = frozenset({"planner", "operator"})
_FLOOR = frozenset({"planner", "technician", "operator"})
_QUALITY = frozenset({"qa"})
_MASTERS = frozenset({"engineer"})
_RECIPES = frozenset({"engineer", "planner"})
_STORES = frozenset({"planner", "engineer", "operator"})
_CREW = frozenset({"planner", "technician", "qa", "engineer", "operator"})

VERB_ROLES: dict[str, frozenset[str]] = {
    "create": _PLAN,
    "schedule": _PLAN,
    "adjust_quantity": _PLAN,
    "add_line": _PLAN,
    "remove_line": _PLAN,
    "amend_line": _PLAN,
    "submit": _OFFICE,
    "approve": _OFFICE,
    "amend": _OFFICE,
    "change_layer": _OFFICE,
    "close": _OFFICE,
    "cancel": _OFFICE,
    "start": _FLOOR,
    "report": _FLOOR,
    "begin_work": _FLOOR,  # an operation of a running order
    "finish_work": _FLOOR,
    "pause": _FLOOR,
    "resume": _FLOOR,
    "complete": _FLOOR,
    "verify": _QUALITY,
    "rework": _QUALITY,
    "hold": _QUALITY,
    "release_hold": _QUALITY,
    "note": _CREW,  # to colleagues
    "message": _OFFICE,  # to the customer
    "set_up": _MASTERS,  # products, machines, methods, work areas
    "compose": _RECIPES,  # bills of materials
    "receive": _STORES,  # stock that comes in
    "log_downtime": frozenset({"technician", "operator", "engineer"}),
    "plan_downtime": _STORES,
    "andon": _CREW,  # raise, acknowledge and resolve a call for help
    "send_telemetry": frozenset({"engineer", "technician"}),
    "review_counts": _FLOOR,  # decide about counts that a machine cannot explain
    "adjust_stock": _STORES,  # stock that was counted anew
}

# What the two actors without a person behind them may do, whatever roles a row may claim for them (design.md 6).
_DEVICE_VERBS = frozenset({"report", "send_telemetry"})
_WEBHOOK_VERBS = frozenset({"create", "submit"})


def allows(*, actor: Actor, verb: str) -> bool:
    """Whether `actor` may do `verb` in its factory."""
    if actor.kind == "device":
        return verb in _DEVICE_VERBS
    if actor.kind == "system":
        return actor.credential == "webhook" and verb in _WEBHOOK_VERBS
    return "admin" in actor.roles or not VERB_ROLES[verb].isdisjoint(actor.roles)


def authorise(actor: Actor, verb: str) -> None:
    """Raise RoleMissing unless `actor` may do `verb`."""
    if not allows(actor=actor, verb=verb):
        raise RoleMissing(verb=verb, any_of=sorted(VERB_ROLES[verb]))


def authorise_any(actor: Actor, verbs: Iterable[str]) -> None:
    """Raise RoleMissing unless `actor` may do at least one of `verbs` (where the body picks the verb)."""
    names = list(verbs)
    if not any(allows(actor=actor, verb=verb) for verb in names):
        raise RoleMissing(verb=names[0], any_of=sorted({role for verb in names for role in VERB_ROLES[verb]}))
