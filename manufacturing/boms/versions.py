"""The versions of the BOM that a product is made by where none is named: listed, and the next one written."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid
from manufacturing.boms.selectors import recipe_of
from manufacturing.boms.writing import Part, Recipe, change_bom, create_bom, lock_bom, take_turns
from manufacturing.models import Bom, BomVersion, Item

_LONGEST_NAME = 200


def versions_of(item_id: int) -> QuerySet[BomVersion, Any]:
    """The versions of an item's default BOM, newest first, with `bom_uuid` and `current` (the number of the one in use)."""
    rows = BomVersion.objects.filter(bom__item=item_id, bom__default=True).order_by("-id")
    return rows.values(
        "id", "number", "name", "type", "quantity", "change_reason", "made_by_id", "made_by_name", "made_at",
        bom_uuid=F("bom__uuid"), current=F("bom__version"),
    )  # fmt: skip


def revise(
    item: Item, *, by: Actor, reason: str, parts: Sequence[Part] | None = None, quantity: Decimal = Decimal(1)
) -> Bom:
    """Give the item's default BOM its next version: of these parts for a batch of `quantity`, else of what it says now.

    What the caller cannot say stays as it is: name, type, operations, and the units of parts that were in it. An item
    without a BOM gets its first. Problems: RoleMissing; Invalid (nothing to begin with, a part twice, a ring of BOMs).
    """
    authorise(by, "compose")
    take_turns(by)  # before it is looked whether there is a BOM, or two would make a first one each
    bom_id = Bom.objects.filter(item=item, default=True).values_list("pk", flat=True).first()
    if bom_id is None:
        if parts is None:
            message = "components should not be empty, as the product has no bill of materials yet"
            raise Invalid(messages=[message], field="components")
        recipe = Recipe(name=item.name[:_LONGEST_NAME], parts=parts, quantity=quantity)
        return create_bom(by=by, item=item, recipe=recipe, reason=reason)
    bom = lock_bom(bom_id)
    assert bom is not None, "a default is a BOM in use, and nobody can retire it now"
    recipe = recipe_of(bom)
    if parts is not None:
        units = {part.item.pk: part.uom for part in recipe.parts}
        kept = [replace(part, uom=part.uom or units.get(part.item.pk, "")) for part in parts]
        recipe = replace(recipe, parts=kept, quantity=quantity)
    return change_bom(bom, by=by, recipe=recipe, reason=reason)
