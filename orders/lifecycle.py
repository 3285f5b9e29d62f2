"""The life of an order: which verb is possible when, and the only place that makes the moves (design: one life)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Problem
from orders import bulk_history, history
from orders.history import Step
from orders.models import OrderEvent, ProductionOrder
from orders.models.life import no_open_hold, verification_not_required
from orders.moves import legal_verbs, table
from orders.problems import IllegalTransition, NotOpen, OrderOnHold
from orders.states import ENDED
from quality.holds import open_holds_of

# Verbs that ask only whether the order is still open.
_OPEN_ONLY = frozenset({"amend", "adjust_quantity", "hold", "release_hold"})


def ask(order: ProductionOrder, verb: str) -> None:
    """Raise the problem that refuses `verb` now, if there is one. Changes nothing.

    Problems: NotOpen, IllegalTransition, OrderOnHold.
    """
    transition = table()[verb].get(str(order.state))
    if transition is None:
        raise _out_of_turn(order, verb)
    for condition in transition.conditions or []:
        if not condition(order):
            raise _refusal(order, verb=verb, condition=condition)


def _out_of_turn(order: ProductionOrder, verb: str) -> Problem:
    if verb in _OPEN_ONLY and order.state in ENDED:
        return NotOpen(reference=order.reference, state=str(order.state))
    targets = {str(transition.target) for transition in table()[verb].values() if transition.target}
    return IllegalTransition(
        reference=order.reference,
        state=str(order.state),
        verb=verb,
        target=targets.pop() if len(targets) == 1 else None,
        allowed=legal_verbs(state=str(order.state), needs_verification=order.needs_verification),
    )


def _refusal(order: ProductionOrder, *, verb: str, condition: Any) -> Problem:
    if condition is no_open_hold:
        return OrderOnHold(reference=order.reference, holds=open_holds_of(order.pk))
    assert condition is verification_not_required, f"{condition} refuses without a reason"
    return _out_of_turn(order, verb)


def move(
    order: ProductionOrder,
    verb: str,
    *,
    by: Actor,
    changes: dict[str, Any] | None = None,
    increments: dict[str, Decimal] | None = None,
    reason: str | None = None,
    notes: str | None = None,
    data: dict[str, Any] | None = None,
) -> OrderEvent:
    """Make the move of `verb` on a locked order: state, facts, event and announcement travel together.

    `changes` are columns with their new values, `increments` columns to add to; both are written in the same UPDATE
    as the state. A verb that moves nothing (report, amend …) comes this way too. Problems: those of `ask`.
    """
    ask(order, verb)
    before = str(order.state)
    transition = table()[verb][before]
    getattr(order, verb)()
    return history.append(
        order,
        verb=verb,
        by=by,
        from_state=before,
        moved=transition.target is not None,
        changes=changes or {},
        increments=increments or {},
        reason=reason,
        notes=notes,
        data=data,
    )


def report_all(steps: Sequence[Step]) -> None:
    """Make the moves of many reports, one after the other; they leave each order where it is. Problems: those of `ask`."""
    for order in {step.order.pk: step.order for step in steps}.values():
        ask(order, "report")
        order.report()
    history.append_all(steps, verb="report")


def step(
    order: ProductionOrder,
    verb: str,
    *,
    by: Actor,
    changes: dict[str, Any] | None = None,
    reason: str | None = None,
    data: dict[str, Any] | None = None,
) -> bulk_history.Step:
    """Make the move of `verb` on the object of a locked or new order alone, to be written with others (bulk_history).

    `changes` are columns with their new values. Problems: those of `ask`.
    """
    ask(order, verb)
    before = str(order.state)
    transition = table()[verb][before]
    getattr(order, verb)()
    for column, value in (changes or {}).items():
        setattr(order, column, value)
    return bulk_history.Step(
        verb=verb, by=by, from_state=before, to_state=str(order.state), moved=transition.target is not None,
        reason=reason, data=data or {},
    )  # fmt: skip
