"""The moves that ask little: hand in, approve, start, pause, resume, complete, rework, close, cancel."""

from datetime import UTC, datetime

from django import forms

from factoryos.ops.order_page.forms.base import VerbForm
from factoryos.ops.order_page.forms.fields import NOTES, REASON, AmountField, PlantTimeField, TextField
from orders import actions, pause_reasons


class Submit(VerbForm):
    verb, intro = "submit", "Hands the draft in, to be approved."
    reason = TextField(required=False, max_length=REASON, help_text="Optional, kept in the history.")

    def run(self) -> None:
        actions.submit(**self.common, reason=self.cleaned_data["reason"] or None)


class Approve(VerbForm):
    verb, intro = "approve", "The order may be planned and made."
    reason = TextField(required=False, max_length=REASON, help_text="Optional, kept in the history.")

    def run(self) -> None:
        actions.approve(**self.common, reason=self.cleaned_data["reason"] or None)


class _WithNotes(VerbForm):
    notes = TextField(required=False, max_length=NOTES, multiline=True, help_text="Optional, kept in the history.")

    @property
    def said(self) -> str | None:
        return self.cleaned_data["notes"] or None


class Start(_WithNotes):
    verb, intro = "start", "Production begins on every machine of the order, or on none."

    def run(self) -> None:
        actions.start(**self.common, notes=self.said)


class Pause(_WithNotes):
    verb, intro = "pause", "Production stops and its machines are free."
    reason = forms.ChoiceField(label="Why", widget=forms.RadioSelect)
    other = TextField(label="In other words", required=False, max_length=REASON, help_text="With “Other”: what it is.")
    field_order = ["version", "reason", "other", "notes"]

    def build(self) -> None:
        known = [reason for reason in pause_reasons.of_factory(self.by.factory.id) if reason.code != "quality_hold"]
        self.fields["reason"].choices = [(reason.code, reason.label) for reason in known]  # type: ignore[attr-defined]

    def clean(self) -> None:
        if self.cleaned_data.get("reason") == pause_reasons.OTHER and not self.cleaned_data.get("other"):
            self.add_error("other", "Say what it is, or choose one of the reasons.")

    def run(self) -> None:
        reason = self.cleaned_data["reason"]
        actions.pause(
            **self.common,
            reason=self.cleaned_data["other"] if reason == pause_reasons.OTHER else reason,
            notes=self.said,
        )


class Resume(_WithNotes):
    verb, intro = "resume", "Production goes on, on every machine of the order or on none."

    def run(self) -> None:
        actions.resume(**self.common, notes=self.said)


class Complete(_WithNotes):
    verb = "complete"
    intro = "Production is over with the counts as they are; the machines are free. Only quality can send it back."

    def run(self) -> None:
        actions.complete(**self.common, notes=self.said)


class Rework(_WithNotes):
    verb, intro = "rework", "Sends the order back into production, on its machines."
    reason = TextField(label="Why", max_length=REASON)
    field_order = ["version", "reason", "notes"]

    def run(self) -> None:
        actions.rework(**self.common, reason=self.cleaned_data["reason"], notes=self.said)


class Close(_WithNotes):
    verb, intro = "close", "The order is shipped and over; it cannot be opened again."
    carrier = TextField(required=False, max_length=200)
    tracking_number = TextField(required=False, max_length=200)
    shipped_at = forms.Field(required=False)
    quantity = forms.Field(required=False)
    field_order = ["version", "carrier", "tracking_number", "shipped_at", "quantity", "notes"]

    def build(self) -> None:
        zone = self.by.factory.zone
        decimals = max((line.decimals for line in self.order.lines), default=0)
        self.fields["shipped_at"] = PlantTimeField(
            zone=zone, required=False, label="Shipped", help_text=f"On the plant's clock ({zone.key})."
        )
        self.fields["quantity"] = AmountField(required=False, label="Quantity shipped", decimals=decimals)
        self.order_fields(self.field_order)

    def run(self) -> None:
        given = self.cleaned_data
        facts = {
            "carrier": given["carrier"] or None,
            "trackingNumber": given["tracking_number"] or None,
            "shippedAt": _moment(given["shipped_at"]),
            "quantity": given["quantity"],
        }
        shipment = facts if any(value is not None for value in facts.values()) else None
        actions.close(**self.common, shipment=shipment, notes=self.said)


def _moment(instant: datetime | None) -> str | None:
    """As shipment facts are kept whichever face they come from: UTC, milliseconds, `Z`."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Cancel(_WithNotes):
    verb, danger = "cancel", True
    reason = TextField(label="Why", max_length=REASON)
    sure = forms.BooleanField()
    field_order = ["version", "reason", "notes", "sure"]

    def build(self) -> None:
        self.fields["sure"].label = f"Give up {self.order.reference} for good"
        self.fields["sure"].error_messages["required"] = "Tick this: a cancelled order cannot be taken up again."

    def run(self) -> None:
        actions.cancel(**self.common, reason=self.cleaned_data["reason"], notes=self.said)
