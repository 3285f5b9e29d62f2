"""Counting: reporting pieces, and signing the final split off."""

from decimal import Decimal
from typing import Any

from django import forms

from factoryos.kernel.quantities import ZERO, shortest
from factoryos.ops.order_page import words
from factoryos.ops.order_page.forms.base import VerbForm
from factoryos.ops.order_page.forms.fields import BATCH, NOTES, REASON, AmountField, TextField
from manufacturing.models import Item
from orders import actions
from orders.sheet import SheetLine
from orders.specs import Circumstances, Count, LineCount

MOST_SERIALS, SERIAL = 1000, 100


def line_choices(lines: tuple[SheetLine, ...]) -> list[tuple[str, str]]:
    return [(str(line.id), f"{line.label} · {shortest(line.good)} of {shortest(line.target)}") for line in lines]


class Report(VerbForm):
    """A count is added to whatever was counted meanwhile, so an older version is no obstacle."""

    verb, adds_only = "report", True
    intro = "Pieces made since the last report. A number below 0 takes back what was reported wrongly."

    def build(self) -> None:
        lines, fields = self.order.lines, self.fields
        self.warning = self._beside(self.order.counters)
        decimals = max((line.decimals for line in lines), default=0)
        unit = f" ({self.order.unit})" if self.order.unit else ""
        if len(lines) > 1:
            fields["line"] = forms.ChoiceField(choices=[("", "Choose"), *line_choices(lines)])
        fields["good"] = AmountField(label=f"Good{unit}", signed=True, required=False, decimals=decimals)
        fields["rejected"] = AmountField(label=f"Rejected{unit}", signed=True, required=False, decimals=decimals)
        if len(self.order.machines) > 1:
            machines = [(str(share.machine_id), f"{share.code} {share.name}") for share in self.order.machines]
            fields["machine"] = forms.ChoiceField(choices=[("", "Not said"), *machines], required=False)
        if any(line.tracking == Item.Tracking.LOT for line in lines):
            fields["lot"] = TextField(label="Lot", required=False, max_length=BATCH, help_text="Empty: the batch.")
        if any(line.tracking == Item.Tracking.SERIAL for line in lines):
            fields["serial_numbers"] = TextField(
                required=False, multiline=True, max_length=MOST_SERIALS * (SERIAL + 1),
                help_text="One a line, one for each good piece.",
            )  # fmt: skip
        fields["reason"] = TextField(required=False, max_length=REASON, help_text="Needed for a correction.")

    @staticmethod
    def _beside(counters: tuple[str, ...]) -> str:
        """Nothing is refused beside a counter, for a counter may fail; but the pieces may be counted twice."""
        if not counters:
            return ""
        own = "their own counts" if len(counters) > 1 else "its own count"
        return (
            f"{words.by_themselves(counters)}. What is reported here is added to {own}: report only pieces that were not "
            "counted, or take back what was counted too often. Somebody looks at every count made by hand beside a counter."
        )

    def clean_serial_numbers(self) -> tuple[str, ...]:
        numbers = [line.strip() for line in self.cleaned_data["serial_numbers"].splitlines() if line.strip()]
        if len(numbers) > MOST_SERIALS or any(len(number) > SERIAL for number in numbers):
            raise forms.ValidationError(f"At most {MOST_SERIALS} numbers of {SERIAL} characters.")
        if len(set(numbers)) != len(numbers):
            raise forms.ValidationError("Each number once.")
        return tuple(numbers)

    def clean(self) -> None:
        good, rejected = self.cleaned_data.get("good"), self.cleaned_data.get("rejected")
        if "good" in self.errors or "rejected" in self.errors:
            return
        if not good and not rejected:
            self.add_error("good", "Write how many were good or rejected.")
        if ((good or 0) < 0 or (rejected or 0) < 0) and not self.cleaned_data.get("reason"):
            self.add_error("reason", "Say why; a correction is kept with its reason.")

    def run(self) -> None:
        given = self.cleaned_data
        where = Circumstances(
            line_id=int(given["line"]) if given.get("line") else None,
            machine_id=int(given["machine"]) if given.get("machine") else None,
            lot_number=given.get("lot") or None,
            serial_numbers=given.get("serial_numbers") or (),
        )
        count = Count(good=given["good"] or ZERO, rejected=given["rejected"] or ZERO)
        actions.report(**self.common, count=count, where=where, reason=given["reason"] or None)

    def done(self) -> str:
        given = self.cleaned_data
        return f"{self.order.reference}: {_signed(given['good'])} good, {_signed(given['rejected'])} rejected booked."


def _signed(number: Decimal | None) -> str:
    return shortest(number or ZERO)


class Verify(VerbForm):
    """The signed numbers replace the counted ones; so what was counted must be what the person saw."""

    verb, counts_matter = "verify", True
    intro = "Sign the final numbers off. Where they differ from the count, the difference is booked."

    def build(self) -> None:
        order, fields = self.order, self.fields
        for line in order.lines:
            name = f" of {line.label}" if len(order.lines) > 1 else ""
            hint = f"{{}} counted{', ' + line.unit if line.unit else ''}."
            common: dict[str, Any] = {"decimals": line.decimals}
            fields[f"good_{line.id}"] = AmountField(
                label=f"Good{name}", initial=line.good, help_text=hint.format(shortest(line.good)), **common
            )
            fields[f"rejected_{line.id}"] = AmountField(
                label=f"Rejected{name}", initial=line.rejected, help_text=hint.format(shortest(line.rejected)), **common
            )
        decimals = max((line.decimals for line in order.lines), default=0)
        fields["final"] = AmountField(
            label="Final, good and rejected together", initial=order.good + order.rejected, decimals=decimals
        )
        fields["notes"] = TextField(required=False, max_length=NOTES, multiline=True, help_text="Kept in the history.")

    def counts(self) -> list[LineCount]:
        return [
            LineCount(line.id, self.cleaned_data[f"good_{line.id}"], self.cleaned_data[f"rejected_{line.id}"])
            for line in self.order.lines
        ]

    def run(self) -> None:
        counts = self.counts()
        actions.verify(
            **self.common,
            final=self.cleaned_data["final"],
            good=sum((count.good for count in counts), ZERO),
            rejected=sum((count.rejected for count in counts), ZERO),
            lines=counts,
            notes=self.cleaned_data["notes"] or None,
        )

    def done(self) -> str:
        counts = self.counts()
        good = sum((count.good for count in counts), ZERO) - self.order.good
        rejected = sum((count.rejected for count in counts), ZERO) - self.order.rejected
        if not good and not rejected:
            return f"{self.order.reference} is verified, as counted."
        return f"{self.order.reference} is verified. Difference booked: good {good:+f}, rejected {rejected:+f}."
