"""Every way in which the core refuses a verb: code, kind and named facts. Faces give them their words and statuses."""

from collections.abc import Sequence
from typing import Any

from factoryos.kernel.problems import Kind, Problem


class IllegalTransition(Problem):
    """The order's state does not allow the verb. Data: reference, state, verb, target (state or None), allowed (verbs)."""

    code, template = "illegal_transition", "{reference} is {state}: {verb} is not possible now"


class NotOpen(Problem):
    """The order is closed or cancelled. Data: reference, state."""

    code, template = "not_open", "{reference} is {state} and cannot be changed any more"


class OrderOnHold(Problem):
    """An open hold refuses the verb. Data: reference, holds [{id, reason, placed_at}]."""

    code, template = "order_on_hold", "{reference} is on hold: {reasons}"

    def __init__(self, *, reference: str, holds: Sequence[dict[str, Any]]) -> None:
        super().__init__(reference=reference, holds=list(holds), reasons="; ".join(hold["reason"] for hold in holds))


class WorkOrderOutOfTurn(Problem):
    """The work order's own status does not allow the verb. Data: reference, state (of the order), verb, work_order, status."""

    code, template = "work_order_out_of_turn", "{work_order} of {reference} is {words}: {verb} is not possible now"

    def __init__(self, *, reference: str, state: str, verb: str, work_order: str, status: str) -> None:
        words = status.replace("_", " ")
        super().__init__(reference=reference, state=state, verb=verb, work_order=work_order, status=status, words=words)


class MachineBusy(Problem):
    """Machines run other orders. Data: machines [{machine, order_id (uuid), reference}]."""

    code, template = "machine_busy", "{clashes}"

    def __init__(self, *, machines: Sequence[dict[str, Any]]) -> None:
        clashes = "; ".join(f"{clash['machine']} is already running {clash['reference']}" for clash in machines)
        super().__init__(machines=list(machines), clashes=clashes)


class MachineUnavailable(Problem):
    """A retired machine. Data: machine (code)."""

    code, template = "machine_unavailable", "{machine} is retired"


class OverProduction(Problem):
    """More good pieces than the order's policy allows. Data: target, allowed, would_be."""

    code, template = "over_production", "{would_be} good pieces would be more than the allowed {allowed}"


class TotalBelowZero(Problem):
    """A correction would take more than there is. Data: totals {good, rejected} as they are."""

    code, template = "total_below_zero", "The correction would take a total below zero"


class QuantityMismatch(Problem):
    """Numbers of one request contradict each other. Data: produced, good, rejected. Judged by the verb, so remembered."""

    code, kind = "quantity_mismatch", Kind.INVALID
    template = "{good} good and {rejected} rejected do not add up to {produced}"

    @property
    def remembered(self) -> bool:
        return True


class AllocationRequired(Problem):
    """A new target for an order on several machines needs new shares. Data: proposed [{machine, quantity}]."""

    code, kind = "allocation_required", Kind.INVALID
    template = "The order runs on several machines: say how the new quantity is split"

    @property
    def remembered(self) -> bool:
        return True


class AlreadyDone(Problem):
    """What was asked for has been done before. Data: thing."""

    code, template = "already_done", "{thing} already"


class NoteSettled(Problem):
    """A note is edited by its author alone, and only for a few minutes."""

    code, template = "note_settled", "A note can be edited by its author for five minutes; write another one instead"


class SecondPersonRequired(Problem):
    """Whoever placed a hold may not release it here."""

    code, template = "second_person_required", "Another person must release this hold: you placed it"
