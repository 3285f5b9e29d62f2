"""Which machine runs which order: the single-active-order rule, taken whole or not at all."""

from django.db import IntegrityError

from factoryos.kernel import clock
from factoryos.kernel.database import violated_constraint
from orders.locks import assignments_of, lock_machines
from orders.models import Assignment, ProductionOrder
from orders.problems import MachineBusy, MachineUnavailable

_RULE = "one_active_assignment_per_machine"


def take_machines(order: ProductionOrder) -> list[Assignment]:
    """Make the order the one that runs on each of its machines; gives its assignments.

    Problems: MachineUnavailable (retired), MachineBusy naming every clash; then no machine is taken.
    """
    assignments = assignments_of(order)
    machines = lock_machines(assignments)
    for machine in machines:
        if not machine.active:
            raise MachineUnavailable(machine=machine.code)
    ids = [machine.pk for machine in machines]
    if clashes := clashes_on(ids, order_id=order.pk):
        raise MachineBusy(machines=clashes)
    try:
        Assignment.objects.filter(order_id=order.pk, machine_id__in=ids).update(
            active=True, active_from=clock.now(), active_until=None
        )
    except IntegrityError as error:  # the index is the rule; the question above is only the kinder answer
        if violated_constraint(error) != _RULE:
            raise
        # The transaction is lost and can be asked nothing more: it names the machines, not who runs there.
        clashes = [{"machine": machine.code, "order_id": None, "reference": "another order"} for machine in machines]
        raise MachineBusy(machines=clashes) from error
    return assignments


def free_machines(order: ProductionOrder) -> None:
    """The order runs nowhere any more."""
    Assignment.objects.filter(order_id=order.pk, active=True).update(active=False, active_until=clock.now())


def clashes_on(machine_ids: list[int], *, order_id: int) -> list[dict[str, object]]:
    """Other orders that run on these machines: [{machine, order_id, reference}] by machine code."""
    rows = (
        Assignment.objects.filter(machine_id__in=machine_ids, active=True)
        .exclude(order_id=order_id)
        .order_by("machine__code")
        .values_list("machine__code", "order__uuid", "order__reference")
    )
    return [{"machine": code, "order_id": uuid, "reference": reference} for code, uuid, reference in rows]
