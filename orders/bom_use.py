"""Who still makes things by a BOM: asked before one is retired, under a lock that every new order must pass."""

from django.db.models import Exists, OuterRef

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import NotFound
from manufacturing.boms.writing import retire_bom, take_turns
from manufacturing.models import Bom
from manufacturing.problems import BomInUse
from orders.models import OrderLine, ProductionOrder
from orders.states import DONE, State

_NEEDS_NO_BOM = [*DONE, State.CANCELLED]
_MOST_TOLD = 10


def lock_to_retire(bom_id: int, *, by: Actor) -> Bom:
    """A BOM in use, locked against new orders too. Problems: RoleMissing; NotFound (retired meanwhile).

    A plain lock of the row would not do: a new order takes its key share (orders.materials.snapshot), for which only
    FOR UPDATE waits and which only FOR UPDATE keeps waiting.
    """
    authorise(by, "compose")
    take_turns(by)
    rows = Bom.objects.filter(pk=bom_id, factory_id=by.factory.id, retired_at__isnull=True)
    bom = rows.select_for_update(of=("self",)).first()
    if bom is None:
        raise NotFound(thing="BOM")
    return bom


def retire_unused(bom: Bom, *, by: Actor) -> None:
    """Retire a BOM that `lock_to_retire` gave. Problems: RoleMissing; BomInUse (an unfinished order, by any version)."""
    if references := unfinished_orders(bom):
        raise BomInUse(orders=references)
    retire_bom(bom, by=by)


def unfinished_orders(bom: Bom) -> list[str]:
    """The references of orders that were made with some version of a BOM and are not done; the ten oldest."""
    lines = OrderLine.objects.filter(order=OuterRef("pk"), bom_version__bom=bom)
    orders = ProductionOrder.objects.filter(Exists(lines), factory_id=bom.factory_id)
    return list(orders.exclude(state__in=_NEEDS_NO_BOM).order_by("id").values_list("reference", flat=True)[:_MOST_TOLD])
