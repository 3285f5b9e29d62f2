"""Fixing at create what an order will need: the BOM's version, its exploded components and its operations."""

from collections.abc import Sequence

from django.db import connection

from factoryos.kernel.problems import NotFound
from manufacturing.boms.explosion import explode
from manufacturing.models import Bom, BomOperation, BomVersion, Item
from orders.materials import amounts
from orders.models import OrderComponent, OrderLine, ProductionOrder, WorkOrder
from orders.specs import NewLine

# The key share makes a BOM that is being retired wait for this order, or this order for the retirement. Who waited may get
# no row, as the BOM is the default no more; so what was seen before is counted: one seen and none had is asked again.
_IS_DEFAULT = """bom.item_id = %s AND bom."default" AND bom.type <> 'phantom'"""
_DEFAULT = f"""
WITH had AS (
    SELECT version.id, version.type FROM manufacturing_bom AS bom
    JOIN manufacturing_bomversion AS version ON version.bom_id = bom.id AND version.number = bom.version
    WHERE {_IS_DEFAULT} FOR KEY SHARE OF bom
)
SELECT had.id, had.type FROM manufacturing_bom AS bom LEFT JOIN had ON true WHERE {_IS_DEFAULT}
"""
# Asked again under that lock: whoever found the BOM may have found it just before it was retired.
_STILL_IN_USE = "SELECT 1 FROM manufacturing_bom WHERE id = %s AND retired_at IS NULL FOR KEY SHARE"


def bom_version_for(line: NewLine) -> BomVersion | None:
    """The version that a new line is made by: the one given, else the current one of its item's default BOM.

    A kit is not made, so an item whose default BOM is a kit has none. Problem: NotFound (a given one was retired).
    """
    if line.bom_version is not None:
        return _still_in_use(line.bom_version)
    return _default_version(line.item)


def _still_in_use(version: BomVersion) -> BomVersion:
    with connection.cursor() as cursor:
        cursor.execute(_STILL_IN_USE, [version.bom_id])
        if cursor.fetchone() is None:
            raise NotFound(thing="BOM")
    return version


def _default_version(item: Item) -> BomVersion | None:
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_DEFAULT, [item.pk, item.pk])
            row = cursor.fetchone()
            if row is None:
                return None
            if row[0] is not None:
                return BomVersion(id=row[0], type=row[1])


def fix(order: ProductionOrder, lines: Sequence[OrderLine]) -> None:
    """Write the components and work orders of a new order's lines. Problem: Invalid (a BOM beyond counting)."""
    made_by = [line for line in lines if line.bom_version_id is not None]
    if not made_by:
        return
    ids = dict(OrderLine.objects.filter(order_id=order.pk).values_list("sort", "pk"))
    components: list[OrderComponent] = []
    for line in made_by:
        assert line.bom_version_id is not None
        for needed in explode(line.bom_version_id):
            amounts.need(per_unit=needed.per_unit, units=line.target)
            components.append(
                OrderComponent(
                    order=order, line_id=ids[line.sort], item_id=needed.item_id, position=len(components),
                    uom=needed.uom, numerator=needed.per_unit.numerator, denominator=needed.per_unit.denominator,
                )
            )  # fmt: skip
    OrderComponent.objects.bulk_create(components)
    _write_work_orders(order, made_by)


def _write_work_orders(order: ProductionOrder, lines: Sequence[OrderLine]) -> None:
    """One for each operation of the BOMs that are made here; lines that share a BOM share its operations."""
    versions = dict.fromkeys(
        line.bom_version_id
        for line in lines
        if line.bom_version is not None and line.bom_version.type != Bom.Type.SUBCONTRACT
    )
    operations = {version: [] for version in versions}  # type: dict[int | None, list[BomOperation]]
    for operation in BomOperation.objects.filter(version_id__in=list(versions)).order_by("sequence"):
        operations[operation.version_id].append(operation)
    WorkOrder.objects.bulk_create(
        WorkOrder(
            order=order, sequence=sequence, name=operation.name, workcenter=operation.workcenter,
            work_area_id=operation.work_area_id, planned_minutes=operation.duration_minutes,
        )
        for sequence, operation in enumerate((one for steps in operations.values() for one in steps), start=1)
    )  # fmt: skip
