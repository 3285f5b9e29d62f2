"""begin_work: somebody starts one operation of a running order on the floor."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle, work_orders
from orders.locks import lock_order
from orders.models import ProductionOrder, WorkOrder


def begin_work(*, order_id: int, sequence: int, by: Actor) -> tuple[ProductionOrder, WorkOrder]:
    """Start a pending work order, whether the earlier ones are done or not. A paused order stays paused.

    Problems: RoleMissing, NotFound (order, work order), IllegalTransition, OrderOnHold, WorkOrderOutOfTurn.
    """
    authorise(by, "begin_work")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "begin_work")
    work = work_orders.find(order, sequence=sequence)
    work_orders.require(work, WorkOrder.Status.PENDING, order=order, verb="begin_work")

    work_orders.begin(work)

    lifecycle.move(order, "begin_work", by=by, data=work_orders.told(work))
    return order, work
