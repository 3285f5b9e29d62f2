"""Things named in a body or a path, looked up inside the actor's factory: unknown and a stranger's are the same 404."""

from collections.abc import Iterable
from uuid import UUID

from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.problems import NotFound
from manufacturing.boms.selectors import bom_id_of
from manufacturing.models import Item, StockLocation


def products(uuids: Iterable[UUID], *, by: Actor) -> dict[UUID, Item]:
    """All of these products, in one query. Problem: NotFound (one of them is not there)."""
    wanted = set(uuids)
    found = {item.uuid: item for item in Item.objects.filter(factory_id=by.factory.id, uuid__in=wanted)}
    if len(found) != len(wanted):
        raise NotFound(thing="Product")
    return found


def product(uuid: UUID | None, *, by: Actor) -> Item:
    """Problem: NotFound, for what is no uuid too."""
    if uuid is None:
        raise NotFound(thing="Product")
    return products([uuid], by=by)[uuid]


def location(uuid: UUID, *, by: Actor) -> StockLocation:
    found = StockLocation.objects.filter(factory_id=by.factory.id, uuid=uuid).first()
    if found is None:
        raise NotFound(thing="Location")
    return found


def bom_id(name: str, *, by: Actor) -> int:
    """The id of the BOM in a path. A retired one is gone."""
    found = bom_id_of(parse_uuid(name), factory_id=by.factory.id)
    if found is None:
        raise NotFound(thing="BOM")
    return found
