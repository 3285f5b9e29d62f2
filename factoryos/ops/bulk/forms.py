"""What is asked before an action: its own fields, a note for all, whether all or nothing, and the number typed."""

from typing import Any

from django import forms

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import allows
from factoryos.kernel.text import is_safe
from factoryos.ops.bulk.actions import Action
from manufacturing.models import Machine, WorkArea
from orders import pause_reasons
from orders.actions.add_note import VERB_OF_AUDIENCE
from orders.models import Note, ProductionOrder
from orders.models.note import NOTE_LENGTH

ALL_OR_NOTHING_MOST = 200  # one transaction holds the locks of all of them
REASON_LENGTH = 500


class SafeText(forms.CharField):
    """One line, or several, without control characters."""

    def __init__(self, *, lines: int = 1, **options: Any) -> None:
        if lines > 1:
            options.setdefault("widget", forms.Textarea(attrs={"rows": lines}))
        self._multiline = lines > 1
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not is_safe(text, multiline=self._multiline):
            raise forms.ValidationError("Contains characters that cannot be kept.")
        return text


class ActionForm(forms.Form):
    """The fields of one action on `total` orders, `can` of which the preview thinks possible."""

    def __init__(self, action: Action, *, by: Actor, total: int, data: Any = None) -> None:
        super().__init__(data, auto_id="field-%s")
        self.action, self.total = action, total
        for name in action.fields:
            self.fields[name] = _MADE[name](by, name in action.must)
        if "text" not in action.fields and allows(actor=by, verb="note"):
            self.fields["note"] = SafeText(
                required=False, max_length=NOTE_LENGTH, lines=2, label="Note for all",
                help_text="Internal, added to every order for which it works.",
            )  # fmt: skip
        if 1 < total <= ALL_OR_NOTHING_MOST:
            self.fields["all_or_nothing"] = forms.BooleanField(
                required=False, label="All or nothing", help_text="If one cannot be done, none is changed."
            )
        if action.typed:
            self.fields["confirm"] = _confirmation(action, total)

    def starting_with(self, given: dict[str, Any]) -> "ActionForm":
        """The same form, unbound, with what was chosen before."""
        self.initial = given
        return self

    def clean_confirm(self) -> str:
        given = str(self.cleaned_data["confirm"]).replace(" ", "")
        if self.total > 1 and given != str(self.total):
            raise forms.ValidationError(f"Type {self.total}, the number of orders.")
        return given

    @property
    def parameters(self) -> dict[str, Any]:
        """What the action needs to know, as it is kept with the operation."""
        chosen = {name: self.cleaned_data[name] for name in self.action.fields}
        if "place" in chosen:
            chosen["place_name"] = dict(_flat(self.fields["place"].choices))[chosen["place"]]  # type: ignore[attr-defined]
        return chosen


def _confirmation(action: Action, total: int) -> forms.Field:
    words = f"{action.words} {total} orders" if total > 1 else f"{action.words} this order"
    if total > 1:
        return SafeText(
            label=f"{words}: type {total} to confirm",
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            error_messages={"required": f"Type {total}, the number of orders."},
        )
    return forms.BooleanField(label=f"{words}: this cannot be undone")


def _reason(by: Actor, must: bool) -> forms.Field:
    return SafeText(label="Reason", required=must, max_length=REASON_LENGTH)


def _pause_reason(by: Actor, must: bool) -> forms.Field:
    known = [(reason.code, reason.label) for reason in pause_reasons.of_factory(by.factory.id)]
    return forms.ChoiceField(label="Reason", choices=[("", "Choose…"), *known], required=must)


def _priority(by: Actor, must: bool) -> forms.Field:
    return forms.ChoiceField(label="Priority", choices=ProductionOrder.Priority.choices, required=must)


def _place(by: Actor, must: bool) -> forms.Field:
    machines = Machine.objects.filter(factory_id=by.factory.id, active=True).order_by("code")
    areas = WorkArea.objects.filter(factory_id=by.factory.id).order_by("code")
    choices = [
        ("", "Choose…"),
        ("Machines", [(f"machine:{place.uuid}", str(place)) for place in machines]),
        ("Work areas", [(f"area:{place.uuid}", str(place)) for place in areas]),
    ]
    return forms.ChoiceField(
        label="Machine or work area", choices=choices, required=must,
        help_text="Gets each order's whole quantity; an order that is planned elsewhere is moved.",
    )  # fmt: skip


def _audience(by: Actor, must: bool) -> forms.Field:
    allowed = [
        (value, label)
        for value, label in Note.Audience.choices
        if allows(actor=by, verb=VERB_OF_AUDIENCE[Note.Audience(value)])
    ]
    return forms.ChoiceField(label="For whom", choices=allowed, required=must)


def _text(by: Actor, must: bool) -> forms.Field:
    return SafeText(label="Note", max_length=NOTE_LENGTH, lines=4, required=must)


def _flat(choices: Any) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for value, label in choices:
        flat += label if isinstance(label, (list, tuple)) else [(value, label)]
    return flat


_MADE = {
    "reason": _reason, "pause_reason": _pause_reason, "priority": _priority, "place": _place, "audience": _audience,
    "text": _text,
}  # fmt: skip
