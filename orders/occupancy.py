"""Which machine runs which order: the single-active-order rule, taken whole or not at all."""

from datetime import datetime

from django.db import IntegrityError, connection
from django.db.models import F

from factoryos.kernel import clock, outbox
from factoryos.kernel.database import violated_constraint
from orders.locks import assignments_of, lock_machines
from orders.models import Assignment, ProductionOrder
from orders.problems import MachineBusy, MachineUnavailable

BOUNDARY = "machine.boundary"  # outbox topic: a run began or ended on machines that count by themselves
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
    now = clock.now()
    try:
        Assignment.objects.filter(order_id=order.pk, machine_id__in=ids).update(
            active=True,
            active_from=now,
            active_until=None,
            before_from=F("active_from"),
            before_until=F("active_until"),
        )
    except IntegrityError as error:  # the index is the rule; the question above is only the kinder answer
        if violated_constraint(error) != _RULE:
            raise
        # The transaction is lost and can be asked nothing more: it names the machines, not who runs there.
        clashes = [{"machine": machine.code, "order_id": None, "reference": "another order"} for machine in machines]
        raise MachineBusy(machines=clashes) from error
    _have_counters_read(order, [machine.pk for machine in machines if machine.counted], at=now)
    return assignments


# A machine is looked up in the same statement, so that nobody else pays for those that count by themselves.
_FREE = """
UPDATE orders_assignment AS assignment SET active = false, active_until = %s FROM manufacturing_machine AS machine
WHERE assignment.order_id = %s AND assignment.active AND machine.id = assignment.machine_id
RETURNING machine.id, machine.counted
"""


def free_machines(order: ProductionOrder) -> None:
    """The order runs nowhere any more."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [now, order.pk])
        freed = cursor.fetchall()
    _have_counters_read(order, sorted(machine for machine, counted in freed if counted), at=now)


def _have_counters_read(order: ProductionOrder, machines: list[int], *, at: datetime) -> None:
    """What these counters show at this instant parts the pieces of one run from those of the next."""
    if machines:
        outbox.put(
            topic=BOUNDARY, factory_id=order.factory_id, key=str(order.uuid),
            payload={"machines": machines, "at": at.isoformat()},
        )  # fmt: skip


def clashes_on(machine_ids: list[int], *, order_id: int) -> list[dict[str, object]]:
    """Other orders that run on these machines: [{machine, order_id, reference}] by machine code."""
    rows = (
        Assignment.objects.filter(machine_id__in=machine_ids, active=True)
        .exclude(order_id=order_id)
        .order_by("machine__code")
        .values_list("machine__code", "order__uuid", "order__reference")
    )
    return [{"machine": code, "order_id": uuid, "reference": reference} for code, uuid, reference in rows]
