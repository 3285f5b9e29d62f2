"""release_hold: what was held may go on; nothing is resumed by itself."""

from uuid import UUID

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import NotFound
from orders import lifecycle
from orders.locks import lock_order
from orders.models import ProductionOrder
from orders.problems import AlreadyDone, SecondPersonRequired
from quality import holds
from quality.models import Hold


def release_hold(*, hold_id: UUID, by: Actor, notes: str | None = None) -> tuple[ProductionOrder, Hold]:
    """Release one hold. Where the factory asks for two persons, whoever placed it cannot.

    Problems: RoleMissing, NotFound, AlreadyDone, SecondPersonRequired, NotOpen.
    """
    authorise(by, "release_hold")
    known = holds.find(hold_id=hold_id, factory_id=by.factory.id)
    if known is None:
        raise NotFound(thing="Hold")
    order = lock_order(known.order_id, by=by)
    known.refresh_from_db()

    if known.released_at is not None:
        raise AlreadyDone(thing="This hold was released")
    lifecycle.ask(order, "release_hold")
    if by.factory.two_person_release and known.placed_by_id == by.id:
        raise SecondPersonRequired()

    holds.release(known, by=by, notes=notes or "")

    changes = {"open_holds": order.open_holds - 1}
    lifecycle.move(order, "release_hold", by=by, changes=changes, notes=notes, data={"hold": known.uuid})
    return order, known
