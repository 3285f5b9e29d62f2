"""Which BOM a new order is made by: the one that is named, or the only one that it could be."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, QuerySet

from factoryos.kernel.problems import Invalid, NotFound
from manufacturing.models import Bom, BomVersion, Item

_WHAT_IS_MEANT = 2  # more need not be read to know that there are several


def named_version(bom_uuid: UUID, *, item: Item) -> BomVersion:
    """The current version of the BOM with this uuid, to make `item` by.

    Problems: NotFound (unknown, retired, or a stranger's); Invalid (of another product, or a kit, which is never made).
    """
    found = _current().filter(bom__uuid=bom_uuid, bom__factory_id=item.factory_id).first()
    if found is None:
        raise NotFound(thing="BOM")
    if found.bom.item_id != item.pk:
        raise Invalid(messages=["bomId must be a BOM of the product"], field="bomId")
    if found.type == Bom.Type.PHANTOM:
        raise Invalid(messages=["bomId must not be a kit (phantom), which is not made by itself"], field="bomId")
    return found


def only_version(item: Item) -> BomVersion:
    """The current version of the one BOM that `item` can be made by. Problem: Invalid (there is none, or a choice)."""
    found = list(_current().filter(bom__item=item).exclude(type=Bom.Type.PHANTOM)[:_WHAT_IS_MEANT])
    if len(found) != 1:
        why = "the product has several BOMs" if found else "the product has no BOM that can be ordered"
        raise Invalid(messages=[f"bomId should not be empty, as {why}"], field="bomId")
    return found[0]


def made_by_default(item_ids: Iterable[int]) -> set[int]:
    """Which of these items are made by a BOM where none is named. A kit is not made."""
    boms = Bom.objects.filter(item_id__in=list(item_ids), default=True, retired_at__isnull=True)
    return set(boms.exclude(type=Bom.Type.PHANTOM).values_list("item_id", flat=True))


def _current() -> QuerySet[BomVersion]:
    """The current versions of BOMs in use, with their BOMs."""
    in_use = BomVersion.objects.filter(bom__retired_at__isnull=True, number=F("bom__version"))
    return in_use.select_related("bom").order_by("bom_id")
