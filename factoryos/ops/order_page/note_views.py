"""Saying something about an order, and putting right what one has just said."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import allows, authorise_any
from factoryos.kernel.problems import Kind, NotFound, Problem
from factoryos.ops.access import ConsoleRequest, console_of_order
from factoryos.ops.changes import Done, change
from factoryos.ops.order_page import refusal_words
from factoryos.ops.order_page.forms.fields import TextField
from factoryos.ops.order_page.verb_views import went
from factoryos.ops.refusals import is_fragment
from orders import actions
from orders.actions.add_note import VERB_OF_AUDIENCE
from orders.actions.edit_note import is_editable
from orders.models import Note
from orders.models.note import NOTE_LENGTH
from orders.sheet import Sheet, sheet_of


class EditForm(forms.Form):
    text = TextField(label="Note", max_length=NOTE_LENGTH, multiline=True)


class NoteForm(EditForm):
    """Which audience one may choose depends on one's roles; the verb asks again."""

    audience = forms.ChoiceField(label="For", widget=forms.RadioSelect, choices=Note.Audience.choices)

    def __init__(self, data: QueryDict | None = None, *, by: Actor) -> None:
        super().__init__(data, initial={"audience": Note.Audience.INTERNAL}, label_suffix="")
        self.fields["audience"].choices = [  # type: ignore[attr-defined]
            (audience.value, audience.label)
            for audience, verb in VERB_OF_AUDIENCE.items()
            if allows(actor=by, verb=verb)
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@console_of_order
def order_notes(request: ConsoleRequest, *, order_id: int) -> HttpResponseBase:
    """The form to write a note with, and its writing."""
    if request.method == "POST":
        authorise_any(request.actor, VERB_OF_AUDIENCE.values())
    order = sheet_of(order_id, by=request.actor)
    form = NoteForm(request.POST if request.method == "POST" else None, by=request.actor)
    if not form.is_valid():
        return _shown(request, order, form, status=422 if form.is_bound else 200)

    def work() -> Done:
        said = form.cleaned_data
        note = actions.add_note(order_id=order_id, by=request.actor, text=said["text"], audience=said["audience"])
        told = "Sent to the customer's messages." if note.audience == Note.Audience.CUSTOMER else "Noted."
        return Done(url=_place(order, note), message=told)

    return _kept(request, order, form, work)


@require_http_methods(["GET", "HEAD", "POST"])
@console_of_order
def order_note(request: ConsoleRequest, *, order_id: int, note_uuid: UUID) -> HttpResponseBase:
    """The form to edit one's own note with, shortly after writing it."""
    order = sheet_of(order_id, by=request.actor)
    note = Note.objects.filter(order_id=order_id, uuid=note_uuid).first()
    if note is None:
        raise NotFound(thing="Note")
    form = EditForm(request.POST if request.method == "POST" else None, initial={"text": note.text}, label_suffix="")
    if not form.is_valid():
        settled = not form.is_bound and not is_editable(note, by=request.actor)
        return _shown(request, order, form, status=409 if settled else 422 if form.is_bound else 200, note=note,
                      settled=settled)  # fmt: skip

    def work() -> Done:
        text = form.cleaned_data["text"]
        edited = actions.edit_note(order_id=order_id, note_uuid=note_uuid, by=request.actor, text=text)
        return Done(url=_place(order, edited), message="The note is changed and marked as edited.")

    return _kept(request, order, form, work, note=note)


def _kept(
    request: ConsoleRequest, order: Sheet, form: EditForm, work: Callable[[], Done], **more: Any
) -> HttpResponseBase:
    try:
        return went(request, change(request, work))
    except Problem as problem:
        if problem.kind in (Kind.BUSY, Kind.MISSING):
            raise
        form.add_error(None, refusal_words.told(problem)[1])
        return _shown(request, order, form, status=refusal_words.status(problem), **more)


def _place(order: Sheet, note: Note) -> str:
    return f"{reverse('ops:order', args=[order.uuid])}#note-{note.uuid}"


def _shown(request: ConsoleRequest, order: Sheet, form: EditForm, *, status: int, **more: Any) -> HttpResponse:
    template = "ops/order/_note.html" if is_fragment(request) else "ops/order/note.html"
    context = {"form": form, "order": order, "note_length": NOTE_LENGTH, "in_dialog": is_fragment(request), **more}
    return render(request, template, context, status=status)
