"""One row: the action's step on its order, the note for all, or the taking back of what an earlier operation did."""

from factoryos.kernel.problems import Problem
from factoryos.ops.bulk.actions import ACTIONS
from factoryos.ops.bulk.claims import Claim, Outcome
from factoryos.ops.bulk.steps import NotUndoable, Stepped
from factoryos.ops.models import BulkOperation, BulkRow
from orders.actions import add_note
from orders.locks import lock_order
from orders.timeline import since_but_counts

UNDO = "undo"


class ChangedSince(Problem):
    """The order is not as the operation left it. Data: name (whose change was the last)."""

    code, template = "changed_since", "Changed since by {name}"


def do(operation: BulkOperation, claim: Claim) -> Outcome:
    """Do the row in the present transaction. Problems: those of the verbs; NothingToDo, NotUndoable, ChangedSince."""
    if operation.undo_of_id is not None:
        return Outcome.done(_taken_back(operation.undo_of_id, claim))
    stepped = ACTIONS[operation.action].step(claim.order_id, claim.by, operation.parameters)
    if operation.note:
        add_note(order_id=claim.order_id, by=claim.by, text=operation.note)
    return Outcome.done(stepped)


def _taken_back(undo_of: int, claim: Claim) -> Stepped:
    row = BulkRow.objects.select_related("operation").get(operation_id=undo_of, order_id=claim.order_id)
    undo = ACTIONS[row.operation.action].undo
    if undo is None:
        raise NotUndoable(detail="This cannot be taken back")
    order = lock_order(claim.order_id, by=claim.by)
    assert row.version_after is not None, "what was done has left a version"
    if others := since_but_counts(order.pk, version=row.version_after, limit=1):
        raise ChangedSince(name=others[0].actor_name or "somebody")
    return undo.take_back(claim.order_id, claim.by, row.before)
