"""What a factory has set up, as plain rows: always one factory's, newest first, a page at a time."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, When

from manufacturing.models import Item, Machine, Method, Operation, WorkArea

Row = dict[str, Any]

_ITEM = ("id", "uuid", "sku", "name", "unit", "unit_decimals", "tracking", "created_at", "updated_at")
_WORK_AREA = ("id", "uuid", "code", "name", "created_at")
_MACHINE = ("id", "uuid", "code", "name", "ideal_cycle_s", "active", "state", "created_at", "updated_at")
_METHOD = ("id", "uuid", "code", "name", "default", "created_at")


def items_of(factory_id: int) -> QuerySet[Any, Row]:
    return Item.objects.filter(factory_id=factory_id).order_by("-id").values(*_ITEM)


def find_items(factory_id: int, *, text: str = "") -> QuerySet[Item]:
    """Every item, or those with `text` in sku or name."""
    items = Item.objects.filter(factory_id=factory_id)
    return items.filter(Q(sku__icontains=text) | Q(name__icontains=text)) if text else items


def search_items(text: str, *, factory_id: int, limit: int) -> list[Row]:
    """Up to `limit` items whose sku or name holds `text`; first the sku itself, then skus that begin with it."""
    found = items_of(factory_id).filter(Q(sku__icontains=text) | Q(name__icontains=text))
    nearness = Case(When(sku__iexact=text, then=0), When(sku__istartswith=text, then=1), default=2)
    return list(found.annotate(nearness=nearness).order_by("nearness", "sku")[:limit])


def work_areas_of(factory_id: int) -> QuerySet[Any, Row]:
    return WorkArea.objects.filter(factory_id=factory_id).order_by("-id").values(*_WORK_AREA)


def machines_of(factory_id: int) -> QuerySet[Any, Row]:
    """With `work_area_uuid`."""
    rows = Machine.objects.filter(factory_id=factory_id).order_by("-id")
    return rows.values(*_MACHINE, work_area_uuid=F("work_area__uuid"))


def methods_of(factory_id: int) -> QuerySet[Any, Row]:
    """With `item_uuid`; their operations come from `operations_of`."""
    rows = Method.objects.filter(factory_id=factory_id).order_by("-id")
    return rows.values(*_METHOD, item_uuid=F("item__uuid"))


def operations_of(method_ids: Iterable[int]) -> dict[int, list[Row]]:
    """The operations of each of these methods, in their sequence; with the uuids of work area and machine."""
    found: dict[int, list[Row]] = {}
    rows = Operation.objects.filter(method_id__in=list(method_ids)).order_by("method_id", "sequence")
    for row in rows.values(
        "method_id", "sequence", "name", "workcenter", "duration_minutes",
        work_area_uuid=F("work_area__uuid"), machine_uuid=F("machine__uuid"),
    ):  # fmt: skip
        found.setdefault(row["method_id"], []).append(dict(row))
    return found


def one(rows: QuerySet[Any, Row], *, uuid: UUID | None) -> Row | None:
    """The row with this uuid, if the factory has it."""
    return rows.filter(uuid=uuid).first() if uuid else None
