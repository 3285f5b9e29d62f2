"""Holds: putting an order on hold, and releasing one hold."""

from uuid import UUID

from django import forms

from factoryos.kernel.problems import NotFound
from factoryos.ops.order_page.forms.base import VerbForm
from factoryos.ops.order_page.forms.fields import NOTES, REASON, TextField
from orders import actions
from quality import holds


class Hold(VerbForm):
    verb, adds_only = "hold", True
    intro = "Nothing goes on until the hold is released. A running order is paused and its machines are free."
    reason = TextField(label="Why", max_length=REASON)

    def run(self) -> None:
        actions.hold(**self.common, reason=self.cleaned_data["reason"])


class ReleaseHold(VerbForm):
    """Which hold is asked as a plain id: the verb knows whether it is still open, also when the form is sent twice."""

    verb, intro, adds_only = "release_hold", "The order may go on; nothing is resumed by itself.", True
    hold = forms.UUIDField(widget=forms.RadioSelect)
    notes = TextField(required=False, max_length=NOTES, multiline=True, help_text="Optional, kept in the history.")
    field_order = ["version", "hold", "notes"]

    def build(self) -> None:
        choices = [(str(hold.uuid), f"{hold.reason} ({hold.by_name})") for hold in self.order.holds]
        widget = self.fields["hold"].widget
        widget.choices = choices
        if choices:
            self.fields["hold"].initial = choices[0][0]

    def run(self) -> None:
        hold: UUID = self.cleaned_data["hold"]
        known = holds.find(hold_id=hold, factory_id=self.by.factory.id)
        if known is None or known.order_id != self.order.id:
            raise NotFound(thing="Hold")
        actions.release_hold(hold_id=hold, by=self.by, notes=self.cleaned_data["notes"] or None)
