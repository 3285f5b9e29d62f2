"""Bringing one order to where a statement says it is, as far as the rules of the life allow; all of it in memory.

The order of effects: details, the walk into production, the quantity, the rest of the walk.
"""

from factoryos.kernel.quantities import shortest
from orders.actions.following import details, quantities
from orders.actions.following.cases import Case, Contradicts, Waits
from orders.actions.following.moves import make, state_of
from orders.actions.following.paths import CANCELLABLE, RANK, is_forward, path
from orders.statements import FOR_QUALITY
from orders.states import BEFORE_START, ENDED, RUNNING, State


def follow(case: Case) -> None:
    """Make every step that the statement asks for and the life allows. What stands in the way is noted in the case."""
    try:
        if case.order.state in ENDED:
            _compare(case)
            return
        if case.statement.waited_for is not None:
            details.look_again(case)
        elif not case.is_new:
            details.save(case)
            details.adjust(case)
        _walk(case)
    except Waits as waits:
        case.waits_for, case.look_again = waits.reason, waits.elsewhere
    except Contradicts as contradicts:
        case.conflicts.append(contradicts.reason)


def _compare(case: Case) -> None:
    """Nothing of an ended order can be changed any more: it is as stated, or it is not."""
    stated, order, line = case.statement, case.order, case.line
    is_over = f"{order.reference} is {order.state} and cannot be changed any more"
    cancelled = order.state == State.CANCELLED
    if cancelled != (stated.goal is State.CANCELLED):
        raise Contradicts(f"It is stated as {stated.goal.label.lower()}, but {is_over}")
    if quantities.difference(case) != 0:
        assert stated.produced is not None
        raise Contradicts(f"{shortest(stated.produced)} produced units are stated, but {is_over}")
    case.booked = True
    if stated.target != line.target and not (cancelled and stated.target == 0):
        raise Contradicts(f"{shortest(stated.target)} ordered units are stated, but {is_over}")
    if details.planned_differently(case):
        raise Contradicts(f"Other planned times are stated, but {is_over}")


def _walk(case: Case) -> None:
    goal = _goal(case)
    if goal is State.CANCELLED:
        _give_up(case)
        return
    if RANK[goal] >= RANK[State.IN_PRODUCTION] and state_of(case) in BEFORE_START:
        _go(case, State.IN_PRODUCTION)
    quantities.book(case)
    _go_on(case, goal)


def _goal(case: Case) -> State:
    """What began or made something is in production, whatever the word."""
    stated = case.statement
    begun = stated.actual_start is not None or (stated.produced or 0) > 0
    return State.IN_PRODUCTION if begun and stated.goal in BEFORE_START else stated.goal


def _give_up(case: Case) -> None:
    """Cancel; pieces that were made before are booked first, for which the order must have begun."""
    if state_of(case) in CANCELLABLE:
        if quantities.difference(case) != 0 and state_of(case) in BEFORE_START:
            _go(case, State.IN_PRODUCTION)
        quantities.book(case)
    make(case, "cancel")


def _go_on(case: Case, goal: State) -> None:
    """As far towards the goal as this factory lets an import go: quality is never signed for by a statement."""
    unsigned = goal in (State.VERIFIED, State.CLOSED) and RANK[state_of(case)] <= RANK[State.COMPLETED]
    if unsigned and _was_sent_back(case):
        raise Waits(FOR_QUALITY)
    if unsigned and (case.order.needs_verification or goal is State.VERIFIED):
        _go(case, State.COMPLETED)
        if case.order.needs_verification:
            raise Waits(FOR_QUALITY)
        return
    _go(case, goal)


def _was_sent_back(case: Case) -> bool:
    """Whether the order was completed by this version already, and quality wants it made again: that is not undone."""
    return FOR_QUALITY in (case.statement.waited_for or "") and state_of(case) in RUNNING


def _go(case: Case, goal: State) -> None:
    here = state_of(case)
    if is_forward(here, goal):
        for verb in path(here, goal):
            make(case, verb)
