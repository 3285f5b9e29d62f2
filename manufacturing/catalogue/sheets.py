"""Many masters of one kind at once, as a sheet brings them: all of them or none."""

from collections.abc import Sequence
from typing import TypeVar

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from manufacturing.catalogue.duplicates import refused_if_taken
from manufacturing.models import Item, Machine, WorkArea

T = TypeVar("T", Item, Machine, WorkArea)

_NAMED = {
    Item: ("item_sku_once", "sku"),
    Machine: ("machine_code_once", "code"),
    WorkArea: ("work_area_code_once", "code"),
}
BATCH = 1000


def write_sheet(model: type[T], *, by: Actor, new: Sequence[T], changed: Sequence[T], columns: Sequence[str]) -> None:
    """Insert `new` and write `columns` of `changed`, which the caller has locked. All are the actor's factory's.

    Problems: RoleMissing; Duplicate (somebody made one of the new ones in the same instant).
    """
    authorise(by, "set_up")
    assert all(thing.factory_id == by.factory.id for thing in (*new, *changed))
    stamped = [*columns]
    if any(field.name == "updated_at" for field in model._meta.concrete_fields):
        stamped.append("updated_at")
    now = clock.now()
    for thing in (*new, *changed):
        thing.created_at = thing.created_at if thing.pk else now
        if not isinstance(thing, WorkArea):
            thing.updated_at = now
    constraint, field = _NAMED[model]
    with refused_if_taken(constraint, field=field, value="of a row"):
        # In the order of their names, or two sheets could wait for each other crosswise.
        model._default_manager.bulk_create(sorted(new, key=lambda thing: str(getattr(thing, field))), batch_size=BATCH)
        if changed:
            model._default_manager.bulk_update(changed, stamped, batch_size=BATCH)
