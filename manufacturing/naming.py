"""How a thing of a factory is found: by its uuid first, then by its code (ignoring case) or its sku (exact)."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower

from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.rows import find_one
from factoryos.kernel.text import CODE
from manufacturing.models import Item, Machine, Method, StockLocation, WorkArea

M = TypeVar("M", bound=Model)


def find_item(name: str, *, factory_id: int) -> Item | None:
    """The item with this uuid or, byte for byte, this sku. A sku may look like a uuid; the uuid is asked first."""
    uuid = parse_uuid(name)
    by_uuid = find_one(Item, "uuid = %s AND factory_id = %s", [uuid, factory_id]) if uuid else None
    return by_uuid or find_one(Item, "factory_id = %s AND sku = %s", [factory_id, name])


def find_item_by_id(item_id: str, *, factory_id: int) -> Item | None:
    uuid = parse_uuid(item_id)
    return Item.objects.filter(factory_id=factory_id, uuid=uuid).first() if uuid else None


def find_machine(name: str, *, factory_id: int) -> Machine | None:
    return _by_uuid_or_code(Machine.objects.filter(factory_id=factory_id), name)


def find_machines(name: str, *, factory_ids: Iterable[int]) -> list[Machine]:
    """The machines of that name in any of these factories: by code there may be one in each."""
    return list(_named(Machine.objects.filter(factory_id__in=list(factory_ids)), name))


def find_work_area(name: str, *, factory_id: int) -> WorkArea | None:
    return _by_uuid_or_code(WorkArea.objects.filter(factory_id=factory_id), name)


def find_work_areas(names: Iterable[str], *, factory_id: int) -> dict[str, WorkArea]:
    """The work areas of those names that have one, by the name as given; one statement however many there are."""
    uuids = {name: parse_uuid(name) for name in names}
    codes = {name.lower() for name, uuid in uuids.items() if uuid is None and CODE.fullmatch(name)}
    areas = WorkArea.objects.filter(factory_id=factory_id).alias(folded=Lower("code"))
    found = areas.filter(Q(uuid__in=[uuid for uuid in uuids.values() if uuid]) | Q(folded__in=codes)) if uuids else ()
    known: dict[object, WorkArea] = {key: area for area in found for key in (area.uuid, area.code.lower())}
    return {name: known[key] for name, uuid in uuids.items() if (key := uuid or name.lower()) in known}


def find_location(name: str, *, factory_id: int) -> StockLocation | None:
    return _by_uuid_or_code(StockLocation.objects.filter(factory_id=factory_id), name)


def find_method(name: str, *, factory_id: int) -> Method | None:
    return _by_uuid_or_code(Method.objects.filter(factory_id=factory_id), name)


def _by_uuid_or_code(things: QuerySet[M], name: str) -> M | None:
    return _named(things, name).first()


def _named(things: QuerySet[M], name: str) -> QuerySet[Any, M]:
    """No code looks like a uuid, so one question is enough. Lower() on both sides is what the unique index is on."""
    uuid = parse_uuid(name)
    if uuid is not None:
        return things.filter(uuid=uuid)
    if not CODE.fullmatch(name):  # no thing can be called so, and the database need not see it
        return things.none()
    return things.alias(folded=Lower("code")).filter(folded=name.lower())
