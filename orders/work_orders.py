"""An order's operations on the floor: from its BOM at create, else from its method; begun, done, ended."""

from decimal import Decimal

from django.db.models import F, Q
from django.db.models.functions import Extract, Greatest, Round

from factoryos.kernel import clock
from manufacturing.models import Bom, BomVersion, Method
from orders.models import ProductionOrder, WorkOrder

Status = WorkOrder.Status


def replace(order: ProductionOrder, *, method: Method | None) -> None:
    """Give the order the operations of `method`, unless its BOM says how it is made, or one of them has begun."""
    present = WorkOrder.objects.filter(order_id=order.pk)
    if present.exclude(status=Status.PENDING).exists() or _bom_decides(order):
        return
    present.delete()
    if method is None:
        return
    WorkOrder.objects.bulk_create(
        WorkOrder(
            order=order,
            sequence=sequence,
            name=operation.name,
            workcenter=operation.workcenter,
            work_area_id=operation.work_area_id,
            machine_id=operation.machine_id,
            planned_minutes=operation.duration_minutes,
        )
        for sequence, operation in enumerate(method.operations.order_by("sequence"), start=1)
    )


def _bom_decides(order: ProductionOrder) -> bool:
    """A BOM with operations gave the order its work orders at create; what a subcontractor makes has none here."""
    versions = BomVersion.objects.filter(order_lines__order_id=order.pk)
    return versions.filter(Q(operations__isnull=False) | Q(type=Bom.Type.SUBCONTRACT)).exists()


def end_running(order: ProductionOrder) -> None:
    """Production ended: what runs is done now, with the minutes since it began. What is pending stays pending."""
    now = clock.now()
    minutes = Round(Extract(now - F("started_at"), "epoch") / Decimal(60), precision=2)
    WorkOrder.objects.filter(order_id=order.pk, status=Status.IN_PROGRESS).update(
        status=Status.DONE, finished_at=now, duration_minutes=Greatest(minutes, Decimal(0))
    )
