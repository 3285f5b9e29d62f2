"""BOMs as plain rows: always one factory's, only those in use, whatever a page holds in a fixed number of queries."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from manufacturing.boms.writing import Part, Recipe, Step
from manufacturing.models import Bom, BomComponent, BomOperation, BomVersion
from manufacturing.selectors import find_items

Row = dict[str, Any]

_BOM = ("id", "uuid", "created_at", "updated_at", "version")
_OF_VERSION: dict[str, Any] = {
    "item_uuid": F("item__uuid"), "item_name": F("item__name"), "item_unit": F("item__unit"),
    "version_id": F("versions__id"), "number": F("versions__number"), "shown_name": F("versions__name"),
    "shown_type": F("versions__type"), "quantity": F("versions__quantity"), "uom": F("versions__uom"),
    "made_at": F("versions__made_at"),
}  # fmt: skip


def boms_of(factory_id: int, *, version: int | None = None) -> QuerySet[Any, Row]:
    """BOMs as their current version says, or as an older one did (those that had it)."""
    number = F("version") if version is None else version
    rows = Bom.objects.filter(factory_id=factory_id, retired_at__isnull=True, versions__number=number)
    return rows.values(*_BOM, **_OF_VERSION)


def find_boms(
    factory_id: int, *, item_uuid: UUID | None = None, bom_type: str | None = None, text: str = ""
) -> QuerySet[Bom]:
    """BOMs in use: of an item, of a type, with `text` in their name or their product's name or sku."""
    boms = Bom.objects.filter(factory_id=factory_id, retired_at__isnull=True)
    if item_uuid is not None:
        boms = boms.filter(item__uuid=item_uuid)
    if bom_type is not None:
        boms = boms.filter(type=bom_type)
    if text:
        # The items are found once, not one for each BOM.
        boms = boms.filter(Q(name__icontains=text) | Q(item__in=find_items(factory_id, text=text).values("pk")))
    return boms


def bom_id_of(uuid: UUID | None, *, factory_id: int) -> int | None:
    """The id of a BOM in use; None for a retired one, as for a stranger's."""
    if uuid is None:
        return None
    rows = Bom.objects.filter(uuid=uuid, factory_id=factory_id, retired_at__isnull=True)
    return rows.values_list("id", flat=True).first()


def components_of(version_ids: Iterable[int]) -> dict[int, list[Row]]:
    """The components of each of these versions, in their order."""
    found: dict[int, list[Row]] = {}
    rows = BomComponent.objects.filter(version_id__in=list(version_ids)).order_by("version_id", "position")
    for row in rows.values(
        "version_id", "quantity", "uom", item_uuid=F("item__uuid"), item_sku=F("item__sku"), item_name=F("item__name"),
        item_unit=F("item__unit"),
    ):  # fmt: skip
        found.setdefault(row["version_id"], []).append(dict(row))
    return found


def operations_of(version_ids: Iterable[int]) -> dict[int, list[Row]]:
    """The operations of each of these versions, in their sequence."""
    found: dict[int, list[Row]] = {}
    rows = BomOperation.objects.filter(version_id__in=list(version_ids)).order_by("version_id", "sequence")
    for row in rows.values("version_id", "name", "workcenter", "duration_minutes"):
        found.setdefault(row["version_id"], []).append(dict(row))
    return found


def recipe_of(bom: Bom) -> Recipe:
    """What the current version of a BOM says."""
    version = BomVersion.objects.get(bom=bom, number=bom.version)
    components = BomComponent.objects.filter(version=version).select_related("item").order_by("position")
    operations = BomOperation.objects.filter(version=version).order_by("sequence")
    return Recipe(
        name=version.name,
        type=version.type,
        quantity=version.quantity,
        uom=version.uom,
        parts=[Part(row.item, row.quantity, row.uom) for row in components],
        steps=[Step(row.name, row.workcenter, row.duration_minutes) for row in operations],
    )
