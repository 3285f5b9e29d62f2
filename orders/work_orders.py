"""An order's operations on the floor: from its BOM at create, else from its method; begun, done, ended."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Extract, Greatest, Round

from factoryos.kernel import clock
from factoryos.kernel.problems import NotFound
from factoryos.kernel.quantities import ZERO
from manufacturing.models import Bom, BomVersion, Method
from orders.models import OrderLine, ProductionOrder, QuantityEntry, WorkOrder
from orders.problems import WorkOrderOutOfTurn

Status = WorkOrder.Status
_HUNDREDTH = Decimal("0.01")
_MICROSECOND, _MICROSECONDS_A_MINUTE = timedelta(microseconds=1), 60_000_000


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


def drop_those_of(order: ProductionOrder, *, version_id: int | None) -> None:
    """Drop the operations of a BOM by which no line is made any more. What was begun, or reported on, stays."""
    if version_id is None or OrderLine.objects.filter(order_id=order.pk, bom_version_id=version_id).exists():
        return
    pending = WorkOrder.objects.filter(order_id=order.pk, operation__version_id=version_id, status=Status.PENDING)
    reported_on = QuantityEntry.objects.filter(order_id=order.pk, work_order__isnull=False).values("work_order")
    pending.exclude(pk__in=reported_on).delete()


def _bom_decides(order: ProductionOrder) -> bool:
    """A BOM with operations gave the order its work orders at create; what a subcontractor makes has none here."""
    versions = BomVersion.objects.filter(order_lines__order_id=order.pk)
    return versions.filter(Q(operations__isnull=False) | Q(type=Bom.Type.SUBCONTRACT)).exists()


def find(order: ProductionOrder, *, sequence: int) -> WorkOrder:
    """A work order of a locked order; they change only under its lock. Problem: NotFound."""
    found = WorkOrder.objects.filter(order_id=order.pk, sequence=sequence).first()
    if found is None:
        raise NotFound(thing="Work order")
    return found


def require(work: WorkOrder, status: str, *, order: ProductionOrder, verb: str) -> None:
    """Problem: WorkOrderOutOfTurn, if the work order has another status."""
    if work.status != status:
        raise WorkOrderOutOfTurn(
            reference=order.reference, state=str(order.state), verb=verb, work_order=work.public_id, status=work.status
        )


def begin(work: WorkOrder) -> None:
    work.status, work.started_at = Status.IN_PROGRESS, clock.now()
    work.save(update_fields=["status", "started_at"])


def finish(work: WorkOrder, *, minutes: Decimal | None, notes: str) -> None:
    """`minutes`: what it took; None: since it was begun."""
    work.status, work.finished_at, work.notes = Status.DONE, clock.now(), notes
    work.duration_minutes = _minutes_of(work) if minutes is None else minutes
    work.save(update_fields=["status", "finished_at", "duration_minutes", "notes"])


def _minutes_of(work: WorkOrder) -> Decimal:
    """To two decimals, and never less than nothing: another host's clock may run behind ours."""
    assert work.started_at is not None and work.finished_at is not None
    microseconds = (work.finished_at - work.started_at) // _MICROSECOND
    return max((Decimal(microseconds) / _MICROSECONDS_A_MINUTE).quantize(_HUNDREDTH, ROUND_HALF_UP), ZERO)


def told(work: WorkOrder) -> dict[str, Any]:
    """As the history names it."""
    return {"workOrder": work.public_id, "name": work.name, "workcenter": work.workcenter}


def end_running(order: ProductionOrder) -> None:
    """Production ended: what runs is done now, with the minutes since it began. What is pending stays pending."""
    now = clock.now()
    minutes = Round(Extract(now - F("started_at"), "epoch") / Decimal(60), precision=2)
    WorkOrder.objects.filter(order_id=order.pk, status=Status.IN_PROGRESS).update(
        status=Status.DONE, finished_at=now, duration_minutes=Greatest(minutes, Decimal(0))
    )
