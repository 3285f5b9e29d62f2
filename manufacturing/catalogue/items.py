"""Items: making and changing them."""

from typing import Any

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from manufacturing.catalogue.duplicates import refused_if_taken
from manufacturing.models import Item


def create_item(
    *, by: Actor, sku: str, name: str, unit: str = "pcs", unit_decimals: int = 0, tracking: str = Item.Tracking.NONE
) -> Item:
    """A new item of the actor's factory. Problems: RoleMissing, Duplicate (sku)."""
    authorise(by, "set_up")
    now = clock.now()
    item = Item(
        factory_id=by.factory.id,
        sku=sku,
        name=name,
        unit=unit,
        unit_decimals=unit_decimals,
        tracking=tracking,
        created_at=now,
        updated_at=now,
    )
    with refused_if_taken("item_sku_once", field="sku", value=sku):
        item.save(force_insert=True)
    return item


def change_item(item: Item, *, by: Actor, changes: dict[str, Any]) -> Item:
    """Change columns of an item. Problems: RoleMissing, Duplicate (sku)."""
    authorise(by, "set_up")
    for column, value in changes.items():
        setattr(item, column, value)
    item.updated_at = clock.now()
    with refused_if_taken("item_sku_once", field="sku", value=item.sku):
        item.save(update_fields=[*changes, "updated_at"])
    return item
