"""BOMs: making, changing and retiring them. Every change is a new version; nothing that was ordered is changed by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.locks import locked
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from manufacturing.boms import explosion
from manufacturing.boms.cycles import refuse_cycles
from manufacturing.models import Bom, BomComponent, BomOperation, BomVersion, Item, WorkArea

_TURNS = 0x0F05_0002  # advisory lock: a factory's BOMs are written one after the other, or two could close a ring


@dataclass(frozen=True, slots=True)
class Part:
    """A component to be."""

    item: Item
    quantity: Decimal
    uom: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """An operation to be; `workcenter` is the text as given."""

    name: str
    workcenter: str = ""
    duration_minutes: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a version of a BOM says."""

    name: str
    parts: Sequence[Part]
    steps: Sequence[Step] = ()
    type: str = Bom.Type.MANUFACTURE
    quantity: Decimal = Decimal(1)
    uom: str = ""


def create_bom(*, by: Actor, item: Item, recipe: Recipe, reason: str = "") -> Bom:
    """A new BOM of `item`. The item's first one becomes its default.

    Problems: RoleMissing; Invalid (no component, one given twice, a ring of BOMs).
    """
    authorise(by, "compose")
    take_turns(by)
    _check(recipe, item=item)
    now = clock.now()
    bom = Bom.objects.create(
        factory_id=by.factory.id, item=item, name=recipe.name, type=recipe.type, created_at=now, updated_at=now,
        default=not Bom.objects.filter(item=item, default=True).exists(),
    )  # fmt: skip
    _write_version(bom, recipe, by=by, reason=reason)
    return bom


def change_bom(bom: Bom, *, by: Actor, recipe: Recipe, reason: str = "") -> Bom:
    """Give a BOM a new version. Orders keep the one they were made with. `bom` is one that `lock_bom` gave.

    Problems: RoleMissing; Invalid (as for create_bom).
    """
    authorise(by, "compose")
    take_turns(by)
    _check(recipe, item=bom.item)
    bom.name, bom.type, bom.version, bom.updated_at = recipe.name, recipe.type, bom.version + 1, clock.now()
    bom.save(update_fields=["name", "type", "version", "updated_at"])
    _write_version(bom, recipe, by=by, reason=reason)
    return bom


def retire_bom(bom: Bom, *, by: Actor) -> None:
    """Take a BOM out of use; the item's oldest other one becomes its default. Whether orders need it is asked above.

    Problem: RoleMissing.
    """
    authorise(by, "compose")
    take_turns(by)
    was_default = bom.default
    bom.retired_at = bom.updated_at = clock.now()
    bom.default = False
    bom.save(update_fields=["retired_at", "updated_at", "default"])
    if was_default and (heir := Bom.objects.filter(item=bom.item_id, retired_at__isnull=True).order_by("id").first()):
        Bom.objects.filter(pk=heir.pk).update(default=True)


def make_default(bom: Bom, *, by: Actor) -> None:
    """Let every face that names no BOM take this one. Problems: RoleMissing; NotFound (it was retired meanwhile)."""
    authorise(by, "compose")
    take_turns(by)
    if not Bom.objects.filter(pk=bom.pk, retired_at__isnull=True).exists():
        raise NotFound(thing="BOM")
    Bom.objects.filter(item=bom.item_id, default=True).update(default=False)
    Bom.objects.filter(pk=bom.pk).update(default=True)
    bom.default = True


def lock_bom(bom_id: int) -> Bom | None:
    """A BOM in use, locked, with its item; the turn is taken first, as everywhere."""
    factory_id = Bom.objects.filter(pk=bom_id).values_list("factory_id", flat=True).first()
    if factory_id is None:
        return None
    _take_turn(factory_id)
    return locked(Bom.objects.select_related("item"), ids=[bom_id]).filter(retired_at__isnull=True).first()


def take_turns(by: Actor) -> None:
    """Wait until nobody else writes BOMs of this factory. To be asked before any BOM is locked."""
    _take_turn(by.factory.id)


def _take_turn(factory_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_TURNS, factory_id % 2**31])


def _check(recipe: Recipe, *, item: Item) -> None:
    if not recipe.parts and recipe.type != Bom.Type.SUBCONTRACT:
        raise Invalid(messages=["components should not be empty"], field="components")
    seen: set[int] = set()
    for place, part in enumerate(recipe.parts):
        if part.item.pk in seen:
            raise Invalid(messages=[f"components.{place}.productId is given twice"], field="components")
        seen.add(part.item.pk)
    refuse_cycles([part.item.pk for part in recipe.parts], item_id=item.pk)


def _write_version(bom: Bom, recipe: Recipe, *, by: Actor, reason: str) -> None:
    version = BomVersion.objects.create(
        bom=bom, number=bom.version, name=recipe.name, type=recipe.type, quantity=recipe.quantity, uom=recipe.uom,
        change_reason=reason, made_by_id=by.id, made_by_name=by.name, made_at=clock.now(),
    )  # fmt: skip
    BomComponent.objects.bulk_create(
        BomComponent(version=version, position=place, item=part.item, quantity=part.quantity, uom=part.uom)
        for place, part in enumerate(recipe.parts)
    )
    areas = _areas({step.workcenter for step in recipe.steps if step.workcenter}, factory_id=by.factory.id)
    BomOperation.objects.bulk_create(
        BomOperation(
            version=version, sequence=sequence, name=step.name, workcenter=step.workcenter,
            work_area=areas.get(step.workcenter.lower()), duration_minutes=step.duration_minutes,
        )
        for sequence, step in enumerate(recipe.steps, start=1)
    )  # fmt: skip
    explosion.explode(version.pk)  # what cannot be exploded must not stand


def _areas(names: set[str], *, factory_id: int) -> dict[str, WorkArea]:
    """The work areas whose code or name is one of these texts, by the text in lower case; a code comes first."""
    if not names:
        return {}
    wanted = Q()
    for name in names:
        wanted |= Q(code__iexact=name) | Q(name__iexact=name)
    found: dict[str, Any] = {}
    for area in WorkArea.objects.filter(wanted, factory_id=factory_id).order_by("id"):
        found.setdefault(area.name.lower(), area)
    for area in list(found.values()):
        found[area.code.lower()] = area
    return found
