"""add_note: somebody says something about an order, to colleagues or to the customer."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from orders import notes
from orders.locks import lock_order
from orders.models import Note

VERB_OF_AUDIENCE = {Note.Audience.INTERNAL: "note", Note.Audience.CUSTOMER: "message"}


def add_note(*, order_id: int, by: Actor, text: str, audience: str = Note.Audience.INTERNAL) -> Note:
    """Add a note to an order in any state; ended ones too. Changes nothing about the order itself.

    Problems: RoleMissing, NotFound, Invalid (see notes.checked).
    """
    authorise(by, VERB_OF_AUDIENCE[Note.Audience(audience)])
    order = lock_order(order_id, by=by)

    said = notes.checked(text)

    note = Note.objects.create(
        order=order, factory_id=order.factory_id, audience=audience, text=said, actor_kind=by.kind, actor_id=by.id,
        actor_name=by.name, face=by.face, operation=by.operation,
    )  # fmt: skip

    notes.announce(order)
    return note
