"""follow_statements: the newest versions that planning systems stated, brought onto production orders, many at once."""

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from factoryos.kernel import clock
from factoryos.kernel.database import violated_constraint
from factoryos.kernel.locks import locked
from factoryos.kernel.problems import Busy, Kind, Problem
from factoryos.kernel.quantities import exactly
from manufacturing.models import Machine
from orders.actions.following import beginning, details, finding, references, walking, writing
from orders.actions.following.cases import LONGEST_REASON, Case
from orders.actions.following.finding import Changed
from orders.statements import Followed, Outcome, Statement

log = structlog.get_logger(__name__)

_LOOKS = 3  # at a batch whose references others take in the same instant
_OUR_FAULT = frozenset({Kind.INTERNAL, Kind.BUSY, Kind.MISSING})

Outcomes = dict[int, Outcome]  # by the statement's place in the batch


def follow_statements(statements: Sequence[Statement]) -> list[Outcome]:
    """Bring the orders to what is stated of them, as far as their life allows; what became of each, in the same order.

    Events, ledger, totals and announcements are those that the single verbs leave. Runs in the caller's transaction, in
    savepoints: one that cannot be followed never spoils the others. The caller holds the locks of the heads.
    """
    if not statements:
        return []
    try:
        return _looking_again(statements)
    except (OperationalError, InterfaceError):
        raise  # the whole transaction's: its runner knows whether to try again
    except Exception as error:
        log.warning("statements_followed_one_by_one", statements=len(statements), error=type(error).__name__)
    alone = {place: _alone(statements[place]) for place in _in_turn(statements)}
    return [alone[place] for place in range(len(statements))]


def _alone(statement: Statement) -> Outcome:
    try:
        return _looking_again([statement])[0]
    except (OperationalError, InterfaceError):
        raise
    except Problem as problem:
        return _refused(statement, problem)
    except Exception as error:
        log.exception("statement_failed", head=statement.head_id, order_number=statement.order_number)
        return Outcome(statement.head_id, Followed.FAILED, statement.order_id, type(error).__name__)


def _looking_again(statements: Sequence[Statement]) -> list[Outcome]:
    """Follow them in a savepoint; from the start if somebody made, or changed, one of these orders in this instant."""
    for _ in range(_LOOKS - 1):
        try:
            with transaction.atomic():
                return _follow(statements)
        except Changed:
            continue
        except IntegrityError as error:
            if violated_constraint(error) != "order_reference_once":
                raise
    with transaction.atomic():
        return _follow(statements)


def _in_turn(statements: Sequence[Statement]) -> list[int]:
    """Their places, by factory, order number and product: of two that want one reference, the first has it."""

    def key(place: int) -> tuple[int, str, str]:
        one = statements[place]
        return one.by.factory.id, one.order_number, one.sku

    return sorted(range(len(statements)), key=key)


@exactly()
def _follow(statements: Sequence[Statement]) -> list[Outcome]:
    outcomes: Outcomes = {}
    cases = _cases(statements, outcomes)
    reach = beginning.explosions()

    def bring_on(case: Case) -> None:
        if case.is_new:
            beginning.tell(case, reach=reach)
        walking.follow(case)

    free = {place: case for place, case in cases.items() if not case.entangled}
    done = {place: case for place, case in free.items() if _done(bring_on, case, place=place, outcomes=outcomes)}
    writing.write(list(done.values()))
    outcomes |= {place: case.outcome() for place, case in done.items()}
    _follow_entangled({place: case for place, case in cases.items() if case.entangled}, outcomes)
    return [outcomes[place] for place in range(len(statements))]


def _done(work: Callable[[Case], None], case: Case, *, place: int, outcomes: Outcomes) -> bool:
    """Whether the work was done. Refused, it leaves nothing, as all of it was in memory or is undone by its savepoint."""
    try:
        work(case)
    except Problem as problem:
        outcomes[place] = _refused(case.statement, problem)
        return False
    return True


def _follow_entangled(cases: dict[int, Case], outcomes: Outcomes) -> None:
    """Orders that hold machines or stock here, one by one: what is taken and freed is written as they go on."""
    if not cases:
        return
    # All their machines at once, in one order: two batches never wait for each other crosswise.
    held = Machine.objects.filter(assignments__order_id__in=[case.order.pk for case in cases.values()])
    list(locked(Machine.objects.all(), ids=held.values_list("pk", flat=True)))

    def bring_on(case: Case) -> None:
        with transaction.atomic():
            walking.follow(case)
            writing.write([case])
            details.set_aside_anew(case)

    for place, case in cases.items():
        if _done(bring_on, case, place=place, outcomes=outcomes):
            outcomes[place] = case.outcome()


def _cases(statements: Sequence[Statement], outcomes: Outcomes) -> dict[int, Case]:
    """The statements that have an order, or shall have one, each beside it; the others get their outcomes."""
    now = clock.now()
    turn = _in_turn(statements)
    unlinked = [place for place in turn if statements[place].order_id is None]
    placed = dict(zip(unlinked, references.place([statements[place] for place in unlinked]), strict=True))
    found = finding.lock(_order_ids(statements, placed))
    cases: dict[int, Case] = {}
    new: dict[int, tuple[Statement, str]] = {}
    for place in turn:
        statement, where = statements[place], placed.get(place)
        order_id = statement.order_id if where is None else where.order_id
        if order_id is not None:
            if where is not None:
                finding.require_adoptable(statement, found, order_id=order_id, reference=where.reference)
            case = finding.case_of(statement, found, order_id=order_id, now=now)
            if case is None:
                outcomes[place] = _lost(statement)
            else:
                cases[place] = case
        elif (refused := _not_to_be_made(statement, taken=where is not None and where.reference is None)) is not None:
            outcomes[place] = refused
        elif where is not None and where.reference is not None:
            new[place] = (statement, where.reference)
    begun = beginning.begin(list(new.values()), now=now)
    return cases | dict(zip(new, begun, strict=True))


def _order_ids(statements: Sequence[Statement], placed: dict[int, Any]) -> list[int]:
    linked = {one.order_id for one in statements if one.order_id is not None}
    return list(linked | {one.order_id for one in placed.values() if one.order_id is not None})


def _lost(statement: Statement) -> Outcome:
    reason = f"The order has no line of {statement.sku} any more"
    return Outcome(statement.head_id, Followed.CONFLICT, statement.order_id, reason[:LONGEST_REASON])


def _not_to_be_made(statement: Statement, *, taken: bool) -> Outcome | None:
    """Why there shall be no new order."""
    if statement.target == 0:
        return Outcome(statement.head_id, Followed.SKIPPED, reason="No units are ordered")
    if not references.is_countable(statement.target):
        reason = details.too_many("ordered", statement.target)
    elif taken:
        reason = f"Other orders have the references {' and '.join(references.names_of(statement))}"
    else:
        return None
    return Outcome(statement.head_id, Followed.CONFLICT, reason=reason[:LONGEST_REASON])


def _refused(statement: Statement, problem: Problem) -> Outcome:
    result = Followed.FAILED if problem.kind in _OUR_FAULT or isinstance(problem, Busy) else Followed.CONFLICT
    return Outcome(statement.head_id, result, statement.order_id, problem.text[:LONGEST_REASON])
