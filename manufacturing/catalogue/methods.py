"""Methods: how an item is made, and which way is taken when none is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.locks import locked
from factoryos.kernel.permissions import authorise
from manufacturing.catalogue.duplicates import refused_if_taken
from manufacturing.models import Item, Machine, Method, Operation, WorkArea


@dataclass(frozen=True, slots=True)
class Step:
    """An operation to be: where is a text, a work area or a machine, or not said."""

    name: str
    duration_minutes: Decimal
    workcenter: str = ""
    work_area: WorkArea | None = None
    machine: Machine | None = None

    @property
    def place(self) -> str:
        """The text that the floor reads."""
        linked = self.work_area or self.machine
        return linked.name if linked else self.workcenter


def create_method(*, by: Actor, item: Item, code: str, name: str, steps: Sequence[Step], default: bool) -> Method:
    """A new way of making `item`. A new default takes the place of the old one.

    Problems: RoleMissing, Duplicate (code).
    """
    authorise(by, "set_up")
    if default:
        _take_default(item)
    method = Method(factory_id=by.factory.id, item=item, code=code, name=name, default=default, created_at=clock.now())
    with refused_if_taken("method_code_once", field="code", value=code):
        method.save(force_insert=True)
    _write_operations(method, steps)
    return method


def change_method(method: Method, *, by: Actor, changes: dict[str, Any]) -> Method:
    """Change columns of a method; made the default, it takes the place of the old one.

    Problems: RoleMissing, Duplicate (code).
    """
    authorise(by, "set_up")
    for column, value in changes.items():
        setattr(method, column, value)
    if changes.get("default"):
        _take_default(method.item)
    with refused_if_taken("method_code_once", field="code", value=method.code):
        method.save(update_fields=list(changes))
    return method


def replace_operations(method: Method, *, by: Actor, steps: Sequence[Step]) -> None:
    """Give a method these operations, in this order. Orders scheduled before keep the work orders they have.

    Problem: RoleMissing.
    """
    authorise(by, "set_up")
    locked(Method.objects.all(), ids=[method.pk]).get()  # two who replace them at once take turns
    Operation.objects.filter(method=method).delete()
    _write_operations(method, steps)


def _take_default(item: Item) -> None:
    """Two defaults at once would meet in the unique index; the item's lock makes them take turns."""
    locked(Item.objects.all(), ids=[item.pk]).get()
    Method.objects.filter(item=item, default=True).update(default=False)


def _write_operations(method: Method, steps: Sequence[Step]) -> None:
    Operation.objects.bulk_create(
        Operation(
            method=method,
            sequence=sequence,
            name=step.name,
            workcenter=step.place,
            work_area=step.work_area,
            machine=step.machine,
            duration_minutes=step.duration_minutes,
        )
        for sequence, step in enumerate(steps, start=1)
    )
