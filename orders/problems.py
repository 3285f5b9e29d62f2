"""Every way in which the core refuses a verb: code, kind and named facts. Faces give them their words and statuses."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from factoryos.kernel.problems import Kind, Problem
from factoryos.kernel.quantities import shortest


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


class LineHasProduction(Problem):
    """Something was booked on the line, so it stays. Data: reference, sku, good, rejected."""

    code, template = "line_has_production", "{sku} was made on {reference} already: its line cannot be removed"


class AlreadyDone(Problem):
    """What was asked for has been done before. Data: thing."""

    code, template = "already_done", "{thing} already"


class NoteSettled(Problem):
    """A note is edited by its author alone, and only for a few minutes."""

    code, template = "note_settled", "A note can be edited by its author for five minutes; write another one instead"


class SecondPersonRequired(Problem):
    """Whoever placed a hold may not release it here."""

    code, template = "second_person_required", "Another person must release this hold: you placed it"


class NotAPart(Problem):
    """A run names as used what is no component of the line. Data: item_id. Judged by the verb, so remembered."""

    code, kind, template = "not_a_part", Kind.INVALID, "It is no part of what is made here"

    def __init__(self, *, item_id: int) -> None:
        super().__init__(item_id=item_id)

    @property
    def remembered(self) -> bool:
        return True


class SerialsIncomplete(Problem):
    """A run must name every serial number of a component that is kept by number. Data: item_id, sku, wanted, named."""

    code, kind = "serials_incomplete", Kind.INVALID
    template = "{sku} is kept by serial number: {wanted} used, {named} named"

    def __init__(self, *, item_id: int, sku: str, wanted: Decimal, named: Decimal) -> None:
        super().__init__(item_id=item_id, sku=sku, wanted=wanted, named=named)

    @property
    def remembered(self) -> bool:
        return True

    @property
    def text(self) -> str:
        return self.template.format_map({**self.data, **_shortest(self.data, "wanted", "named")})


class OverLimit(Problem):
    """A run would take the use of a component past what the ordered amount takes. Data: item_id, sku, wanted, available."""

    code, template = "over_limit", "{sku}: {wanted} named, the ordered amount leaves {available}"

    def __init__(self, *, item_id: int, sku: str, wanted: Decimal, available: Decimal) -> None:
        super().__init__(item_id=item_id, sku=sku, wanted=wanted, available=available)

    @property
    def text(self) -> str:
        return self.template.format_map({**self.data, **_shortest(self.data, "wanted", "available")})


def _shortest(data: Mapping[str, Any], *names: str) -> dict[str, str]:
    return {name: shortest(data[name]) for name in names}
