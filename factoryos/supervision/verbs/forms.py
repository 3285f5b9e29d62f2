"""What the confirming page of a verb asks for."""

from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from factoryos.kernel.text import is_safe
from factoryos.supervision.verbs.table import OfferedVerb
from orders.models import PauseReason, ProductionOrder


class SaidField(forms.CharField):
    """What somebody writes: several lines, no control characters."""

    def __init__(self, *, required: bool, label: str, max_length: int = 500) -> None:
        widget = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
        super().__init__(required=required, label=label, max_length=max_length, widget=widget)

    def clean(self, value: str | None) -> str:
        text: str = super().clean(value)
        if not is_safe(text, multiline=True):
            raise ValidationError("Leave control characters out.", code="unsafe")
        return text


class NothingForm(forms.Form):
    """A verb that needs no more than a yes."""


class NoteForm(forms.Form):
    reason = SaidField(required=False, label="Reason (may be left blank)")


class ReasonForm(forms.Form):
    reason = SaidField(required=True, label="Reason")


class PauseForm(forms.Form):
    """The reasons that the chosen orders' factories know; every one of them knows the standard ones."""

    reason = forms.ChoiceField(label="Why production stops")
    notes = SaidField(required=False, label="Notes (may be left blank)")

    def offer(self, factory_ids: Iterable[int]) -> None:
        known = PauseReason.objects.filter(Q(factory__isnull=True) | Q(factory__in=list(factory_ids)))
        choices = dict(known.order_by("sort", "code").values_list("code", "label"))
        self.fields["reason"].choices = [("", "---------"), *choices.items()]  # type: ignore[attr-defined]  # a ChoiceField


class PriorityForm(forms.Form):
    priority = forms.ChoiceField(choices=ProductionOrder.Priority.choices, label="Priority", initial="standard")


_FORMS: dict[str, type[forms.Form]] = {
    "nothing": NothingForm, "note": NoteForm, "reason": ReasonForm, "pause_reason": PauseForm, "priority": PriorityForm,
}  # fmt: skip


def form_for(verb: OfferedVerb, *, data: object, factory_ids: Iterable[int]) -> forms.Form:
    form = _FORMS[verb.asks](data)  # type: ignore[arg-type]  # the request's POST, or None
    if isinstance(form, PauseForm):
        form.offer(factory_ids)
    return form
