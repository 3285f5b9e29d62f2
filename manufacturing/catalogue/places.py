"""Places: work areas, machines and stock locations; making and changing them, machines also many at once."""

from collections.abc import Sequence
from typing import Any

from django.db.models.functions import Lower

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from manufacturing.catalogue.duplicates import refused_if_taken
from manufacturing.models import Machine, StockLocation, WorkArea


def create_work_area(*, by: Actor, code: str, name: str) -> WorkArea:
    """A new work area of the actor's factory. Problems: RoleMissing, Duplicate (code)."""
    authorise(by, "set_up")
    area = WorkArea(factory_id=by.factory.id, code=code, name=name, created_at=clock.now())
    with refused_if_taken("work_area_code_once", field="code", value=code):
        area.save(force_insert=True)
    return area


def change_work_area(area: WorkArea, *, by: Actor, changes: dict[str, Any]) -> WorkArea:
    """Change columns of a work area. Problems: RoleMissing, Duplicate (code)."""
    authorise(by, "set_up")
    for column, value in changes.items():
        setattr(area, column, value)
    with refused_if_taken("work_area_code_once", field="code", value=area.code):
        area.save(update_fields=list(changes))
    return area


def create_machine(*, by: Actor, **facts: Any) -> Machine:
    """A new machine of the actor's factory; `facts` are `code`, `name` and the optional columns of a machine.

    Problems: RoleMissing, Duplicate (code).
    """
    authorise(by, "set_up")
    machine = _new_machine(by=by, facts=facts)
    with refused_if_taken("machine_code_once", field="code", value=machine.code):
        machine.save(force_insert=True)
    return machine


def create_machines(*, by: Actor, rows: Sequence[dict[str, Any]]) -> list[Machine | None]:
    """Many machines in a few statements: in the order of `rows`, None for a code that is taken (or given twice).

    Problem: RoleMissing.
    """
    authorise(by, "set_up")
    wanted: dict[str, Machine] = {}  # the first of those that share a code, by folded code
    for facts in rows:
        wanted.setdefault(str(facts["code"]).lower(), _new_machine(by=by, facts=facts))
    # A taken code is passed over. In one order, or two such calls would wait for each other crosswise.
    Machine.objects.bulk_create([wanted[code] for code in sorted(wanted)], ignore_conflicts=True)
    written = Machine.objects.filter(uuid__in=[machine.uuid for machine in wanted.values()])
    kept = dict(written.annotate(folded=Lower("code")).values_list("folded", "pk"))
    made: list[Machine | None] = []
    for facts in rows:
        folded = str(facts["code"]).lower()
        machine = wanted[folded] if folded in kept else None
        if machine is not None:
            machine.pk = kept.pop(folded)
        made.append(machine)
    return made


def _new_machine(*, by: Actor, facts: dict[str, Any]) -> Machine:
    now = clock.now()
    return Machine(factory_id=by.factory.id, created_at=now, updated_at=now, **facts)


def change_machine(machine: Machine, *, by: Actor, changes: dict[str, Any]) -> Machine:
    """Change columns of a machine. Problems: RoleMissing, Duplicate (code)."""
    authorise(by, "set_up")
    for column, value in changes.items():
        setattr(machine, column, value)
    machine.updated_at = clock.now()
    with refused_if_taken("machine_code_once", field="code", value=machine.code):
        machine.save(update_fields=[*changes, "updated_at"])
    return machine


def create_stock_location(*, by: Actor, code: str, name: str) -> StockLocation:
    """A new place where stock lies. Its code stays, for one of them is known by it. Problems: RoleMissing, Duplicate."""
    authorise(by, "set_up")
    location = StockLocation(factory_id=by.factory.id, code=code, name=name, created_at=clock.now())
    with refused_if_taken("stock_location_code_once", field="code", value=code):
        location.save(force_insert=True)
    return location


def rename_stock_location(location: StockLocation, *, by: Actor, name: str) -> StockLocation:
    """Give a place where stock lies another name. Problem: RoleMissing."""
    authorise(by, "set_up")
    location.name = name
    location.save(update_fields=["name"])
    return location
