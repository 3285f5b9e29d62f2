"""Items: making and changing them."""

from collections.abc import Mapping
from typing import Any

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import NotFound
from manufacturing.catalogue.duplicates import refused_if_taken
from manufacturing.models import Item


def create_item(*, by: Actor, sku: str, name: str, **facts: Any) -> Item:
    """A new item of the actor's factory; `facts` are further columns of an item (unit, tracking, supplier, prices …).

    Problems: RoleMissing, NotFound (another factory's supplier), Duplicate (sku).
    """
    authorise(by, "set_up")
    _require_own_supplier(facts, by=by)
    now = clock.now()
    item = Item(factory_id=by.factory.id, sku=sku, name=name, created_at=now, updated_at=now, **facts)
    with refused_if_taken("item_sku_once", field="sku", value=sku):
        item.save(force_insert=True)
    return item


def change_item(item: Item, *, by: Actor, changes: dict[str, Any]) -> Item:
    """Change columns of an item. Problems: RoleMissing, NotFound (another factory's supplier), Duplicate (sku)."""
    authorise(by, "set_up")
    _require_own_supplier(changes, by=by)
    for column, value in changes.items():
        setattr(item, column, value)
    item.updated_at = clock.now()
    with refused_if_taken("item_sku_once", field="sku", value=item.sku):
        item.save(update_fields=[*changes, "updated_at"])
    return item


def _require_own_supplier(facts: Mapping[str, Any], *, by: Actor) -> None:
    supplier = facts.get("supplier")
    if supplier is not None and supplier.factory_id != by.factory.id:
        raise NotFound(thing="Supplier")
