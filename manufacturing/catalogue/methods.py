"""Methods: how an item is made, and which way is taken when none is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

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
        # Two defaults at once would meet in the unique index; the item's lock makes them take turns.
        locked(Item.objects.all(), ids=[item.pk]).get()
        Method.objects.filter(item=item, default=True).update(default=False)
    method = Method(factory_id=by.factory.id, item=item, code=code, name=name, default=default, created_at=clock.now())
    with refused_if_taken("method_code_once", field="code", value=code):
        method.save(force_insert=True)
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
    return method
