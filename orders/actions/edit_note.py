"""edit_note: the author puts a note right, shortly after writing it."""

from datetime import timedelta
from uuid import UUID

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import NotFound
from orders import notes
from orders.actions.add_note import VERB_OF_AUDIENCE
from orders.locks import lock_order
from orders.models import Note
from orders.problems import NoteSettled

EDITABLE_FOR = timedelta(minutes=5)


def edit_note(*, order_id: int, note_uuid: UUID, by: Actor, text: str) -> Note:
    """Replace the text of one's own note within five minutes; the first text is kept and the edit is marked.

    Problems: NotFound (no such note), RoleMissing, NoteSettled (somebody else's, or too late), Invalid (see
    notes.checked).
    """
    order = lock_order(order_id, by=by)
    note = Note.objects.filter(order=order, uuid=note_uuid).first()
    if note is None:
        raise NotFound(thing="Note")
    authorise(by, VERB_OF_AUDIENCE[Note.Audience(note.audience)])

    if not is_editable(note, by=by):
        raise NoteSettled()
    said = notes.checked(text)

    if said != note.text:
        note.first_text = note.first_text or note.text
        note.text, note.edited_at = said, clock.now()
        note.save(update_fields=["text", "first_text", "edited_at"])
        notes.announce(order)
    return note


def is_editable(note: Note, *, by: Actor) -> bool:
    """Whether `by` may still edit the note."""
    mine = (note.actor_kind, note.actor_id) == (by.kind, by.id)
    return mine and clock.now() - note.at <= EDITABLE_FOR
