"""finish_work: one operation of a running order is done."""

from decimal import Decimal

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import lifecycle, work_orders
from orders.locks import lock_order
from orders.models import ProductionOrder, WorkOrder


def finish_work(
    *, order_id: int, sequence: int, by: Actor, minutes: Decimal | None = None, notes: str | None = None
) -> tuple[ProductionOrder, WorkOrder]:
    """End a work order that was begun, also under a hold: what is done is done. Not even the last one moves the order.

    `minutes` is what it took; by default the time since it was begun, to two decimals.
    Problems: RoleMissing, NotFound (order, work order), IllegalTransition, WorkOrderOutOfTurn.
    """
    authorise(by, "finish_work")
    order = lock_order(order_id, by=by)

    lifecycle.ask(order, "finish_work")
    work = work_orders.find(order, sequence=sequence)
    work_orders.require(work, WorkOrder.Status.IN_PROGRESS, order=order, verb="finish_work")

    work_orders.finish(work, minutes=minutes, notes=notes or "")

    data = {**work_orders.told(work), "minutes": work.duration_minutes}
    lifecycle.move(order, "finish_work", by=by, notes=notes, data=data)
    return order, work
