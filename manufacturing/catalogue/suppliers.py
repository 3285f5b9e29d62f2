"""Suppliers: from whom a factory buys; making and renaming them."""

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from manufacturing.catalogue.duplicates import refused_if_taken
from manufacturing.models import Supplier


def create_supplier(*, by: Actor, name: str) -> Supplier:
    """A new supplier of the actor's factory. Problems: RoleMissing, Duplicate (name)."""
    authorise(by, "receive")
    supplier = Supplier(factory_id=by.factory.id, name=name, created_at=clock.now())
    with refused_if_taken("supplier_name_once", field="name", value=name):
        supplier.save(force_insert=True)
    return supplier


def rename_supplier(supplier: Supplier, *, by: Actor, name: str) -> Supplier:
    """Give a supplier another name. Problems: RoleMissing, Duplicate (name)."""
    authorise(by, "receive")
    supplier.name = name
    with refused_if_taken("supplier_name_once", field="name", value=name):
        supplier.save(update_fields=["name"])
    return supplier
