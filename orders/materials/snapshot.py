"""Fixing at create what an order will need: the BOM's version, its exploded components and its operations."""

from collections.abc import Callable, Collection, Sequence

from django.db import connection
from django.db.models import Max

from factoryos.kernel.problems import NotFound
from manufacturing.boms.explosion import Need, explode, explode_to_leaves
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
_DEFAULTS = """
WITH had AS (
    SELECT bom.id AS bom_id, version.id, version.type FROM manufacturing_bom AS bom
    JOIN manufacturing_bomversion AS version ON version.bom_id = bom.id AND version.number = bom.version
    WHERE bom.item_id = ANY(%s) AND bom."default" AND bom.type <> 'phantom' ORDER BY bom.id FOR KEY SHARE OF bom
)
SELECT bom.item_id, had.id, had.type FROM manufacturing_bom AS bom LEFT JOIN had ON had.bom_id = bom.id
WHERE bom.item_id = ANY(%s) AND bom."default" AND bom.type <> 'phantom'
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


def default_versions(item_ids: Collection[int]) -> dict[int, BomVersion]:
    """The same version for each of these items that has one: item → version. One question for all."""
    ids = sorted(item_ids)
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_DEFAULTS, [ids, ids])
            rows = cursor.fetchall()
            if all(version is not None for _, version, _ in rows):
                return {item: BomVersion(id=version, type=kind) for item, version, kind in rows}


def fix(order: ProductionOrder, lines: Sequence[OrderLine]) -> None:
    """Write the components and work orders of a new order's lines. Problem: Invalid (a BOM beyond counting)."""
    made_by = [line for line in lines if line.bom_version_id is not None]
    if not made_by:
        return
    ids = dict(OrderLine.objects.filter(order_id=order.pk).values_list("sort", "pk"))
    for line in made_by:
        line.pk = ids[line.sort]
    OrderComponent.objects.bulk_create(components_for(order, made_by))
    _write_work_orders(order, made_by)


def fix_all(lines: Sequence[OrderLine], components: Sequence[OrderComponent]) -> None:
    """The same for many new orders of one line each, whose components were found (`components_for`)."""
    made_by = [line for line in lines if line.bom_version_id is not None]
    if not made_by:
        return
    OrderComponent.objects.bulk_create(components)
    operations = _operations_of(made_by)
    WorkOrder.objects.bulk_create(
        _work_order(line.order, sequence, operation)
        for line in made_by
        for sequence, operation in enumerate(operations.get(line.bom_version_id, ()), start=1)
    )


def fix_line(order: ProductionOrder, line: OrderLine) -> None:
    """The same for a line that came later: what it needs and how it is made come after what is there already."""
    if line.bom_version_id is None:
        return
    last = OrderComponent.objects.filter(order_id=order.pk).aggregate(last=Max("position"))["last"]
    OrderComponent.objects.bulk_create(components_for(order, [line], first=0 if last is None else last + 1))
    present = WorkOrder.objects.filter(order_id=order.pk).values_list("sequence", "operation_id")
    known = {operation for _, operation in present}
    _write_work_orders(order, [line], first=max((sequence for sequence, _ in present), default=0) + 1, known=known)


def forget(*, line_ids: Sequence[int]) -> None:
    """Delete the components of these lines. Nothing is reserved for them any more, and nothing was ever used."""
    OrderComponent.objects.filter(line_id__in=line_ids).delete()


def components_for(
    order: ProductionOrder,
    lines: Sequence[OrderLine],
    *,
    first: int = 0,
    reach: Callable[[int], Sequence[Need]] | None = None,
) -> list[OrderComponent]:
    """What these lines need in the order's layer, from the position `first` on; not yet written.

    `reach` explodes a version; given by whoever asks for many orders of few versions. Problem: Invalid (a BOM beyond
    counting).
    """
    reach = reach or (explode_to_leaves if order.layer == ProductionOrder.Layer.LEAVES else explode)
    components: list[OrderComponent] = []
    for line in lines:
        for needed in reach(line.bom_version_id) if line.bom_version_id is not None else ():
            amounts.need(per_unit=needed.per_unit, units=line.target)
            components.append(
                OrderComponent(
                    order=order, line_id=line.pk, item_id=needed.item_id, position=first + len(components),
                    uom=needed.uom, numerator=needed.per_unit.numerator, denominator=needed.per_unit.denominator,
                )
            )  # fmt: skip
    return components


def _write_work_orders(
    order: ProductionOrder, lines: Sequence[OrderLine], *, first: int = 1, known: Collection[int | None] = ()
) -> None:
    """One for each operation of the BOMs that are made here; lines that share a BOM share its operations.

    Operations that are `known` have theirs already.
    """
    operations = _operations_of(lines)
    steps = [one for found in operations.values() for one in found if one.pk not in known]
    WorkOrder.objects.bulk_create(
        _work_order(order, sequence, operation) for sequence, operation in enumerate(steps, start=first)
    )


def _operations_of(lines: Sequence[OrderLine]) -> dict[int | None, list[BomOperation]]:
    """The operations of the BOMs by which these lines are made here, each once, as the lines stand."""
    versions = dict.fromkeys(
        line.bom_version_id
        for line in lines
        if line.bom_version is not None and line.bom_version.type != Bom.Type.SUBCONTRACT
    )
    operations: dict[int | None, list[BomOperation]] = {version: [] for version in versions}
    for operation in BomOperation.objects.filter(version_id__in=list(versions)).order_by("sequence"):
        operations[operation.version_id].append(operation)
    return operations


def _work_order(order: ProductionOrder, sequence: int, operation: BomOperation) -> WorkOrder:
    return WorkOrder(
        order=order, sequence=sequence, operation=operation, name=operation.name, workcenter=operation.workcenter,
        work_area_id=operation.work_area_id, planned_minutes=operation.duration_minutes,
    )  # fmt: skip
