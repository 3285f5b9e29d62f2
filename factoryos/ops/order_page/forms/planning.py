"""Planning: which machines and when, how many, and the facts on the header."""

from decimal import Decimal

from django import forms

from factoryos.kernel.quantities import shortest
from factoryos.ops.order_page import words
from factoryos.ops.order_page.forms.base import VerbForm
from factoryos.ops.order_page.forms.counting import line_choices
from factoryos.ops.order_page.forms.fields import BATCH, NAME, NOTES, REASON, AmountField, PlantTimeField, TextField
from manufacturing.models import Machine, Method, WorkArea
from orders import actions, allocation, warnings
from orders.materials import reserving
from orders.models import ProductionOrder
from orders.specs import Share

MOST_ROWS = 20
_HINT = "On the plant's clock ({})."


class Schedule(VerbForm):
    verb = "schedule"
    intro = "Choose one machine, several with their quantities, or a work area."

    def build(self) -> None:
        factory, order = self.by.factory, self.order
        self.machines = {
            str(machine.pk): machine
            for machine in Machine.objects.filter(factory_id=factory.id, active=True).order_by("code")[:1000]
        }
        self.areas = {str(area.pk): area for area in WorkArea.objects.filter(factory_id=factory.id).order_by("code")}
        self.methods = {str(method.pk): method for method in self._methods()}
        decimals = max((line.decimals for line in order.lines), default=0)
        choices = [("", "None"), *((key, str(machine)) for key, machine in self.machines.items())]
        present = list(order.machines)
        for row in range(self._rows(len(present))):
            share = present[row] if row < len(present) else None
            machine = forms.ChoiceField(label=f"Machine {row + 1}", choices=choices, required=False)
            machine.initial = str(share.machine_id) if share else ""
            self.fields[f"machine_{row}"] = machine
            self.fields[f"quantity_{row}"] = AmountField(
                label=f"Quantity on machine {row + 1}", required=False, positive=True, decimals=decimals,
                initial=share.quantity if share and len(present) > 1 else None,
            )  # fmt: skip
        area = forms.ChoiceField(
            label="Or a work area",
            required=False,
            choices=[("", "None"), *((k, str(a)) for k, a in self.areas.items())],
        )
        self.fields["work_area"] = area
        self.fields["method"] = forms.ChoiceField(
            required=False, initial=str(order.method_id or ""),
            choices=[("", "The product's usual one"), *((key, str(method)) for key, method in self.methods.items())],
        )  # fmt: skip
        add_window(self)

    def _methods(self) -> list[Method]:
        if self.order.item_id is None:
            return []
        found = Method.objects.filter(factory_id=self.by.factory.id, item_id=self.order.item_id)
        return list(found.order_by("code")[:200])

    def _rows(self, present: int) -> int:
        """One row more than there are machines, at least three; as many as were sent, and one more if asked for."""
        sent = sum(f"machine_{row}" in self.data for row in range(MOST_ROWS))
        return min(MOST_ROWS, max(3, present + 1, sent + ("more" in self.data)))

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        numbers = [name.removeprefix("machine_") for name in self.fields if name.startswith("machine_")]
        return [(self[f"machine_{number}"], self[f"quantity_{number}"]) for number in numbers]

    def clean(self) -> None:
        chosen: list[tuple[str, Decimal | None]] = []
        for row in range(len(self.rows())):
            machine, quantity = self.cleaned_data.get(f"machine_{row}"), self.cleaned_data.get(f"quantity_{row}")
            if machine and machine in dict(chosen):
                self.add_error(f"machine_{row}", "Each machine once.")
            elif machine:
                chosen.append((machine, quantity))
            elif quantity:
                self.add_error(f"machine_{row}", "Choose the machine that makes this quantity.")
        area = self.cleaned_data.get("work_area")
        if bool(chosen) == bool(area):
            self.add_error("machine_0", "Choose either machines or a work area.")
        require_window(self)
        self.cleaned_data["shares"] = [Share(work_area=self.areas[area])] if area else self._shares(chosen)

    def _shares(self, chosen: list[tuple[str, Decimal | None]]) -> list[Share]:
        """Where no machine has a quantity, they share the target equally, in whole units."""
        machines = [self.machines[key] for key, _ in chosen]
        given = [quantity for _, quantity in chosen]
        if len(machines) > 1 and not any(given):
            decimals = max(line.decimals for line in self.order.lines)
            equal = [Decimal(1)] * len(machines)
            given = list(allocation.pro_rata(shares=equal, target=self.order.target, decimals=decimals))
        elif len(machines) > 1 and not all(given):
            self.add_error("quantity_0", "Give every machine its quantity, or none: then they share equally.")
        return [Share(quantity, machine=machine) for machine, quantity in zip(machines, given, strict=True)]

    def run(self) -> None:
        given = self.cleaned_data
        actions.schedule(
            **self.common, shares=given["shares"], method=self.methods.get(given["method"]),
            planned_start=given["planned_start"], planned_end=given["planned_end"],
        )  # fmt: skip

    def done(self) -> str:
        """The plan, what material is lacking, and what else is planned there in the same time; none of it refuses."""
        order = ProductionOrder.objects.get(pk=self.order.id)
        said = [f"{self.order.reference} is scheduled."]
        if short := reserving.shortages_of(order.pk):
            said.append(f"Not all of its material is there: short of {words.lacking(short)}.")
        if found := [warned.message for warned in warnings.window_overlaps(order)]:
            said.append(f"Mind: {'; '.join(found[:3])}.")
        return " ".join(said)


def add_window(form: VerbForm) -> None:
    """The planned start and end, as they are."""
    zone = form.by.factory.zone
    for name in ("planned_start", "planned_end"):
        form.fields[name] = PlantTimeField(
            zone=zone, required=False, initial=getattr(form.order, name), help_text=_HINT.format(zone.key)
        )
    form.remember("planned_start", "planned_end")


def require_window(form: forms.Form) -> None:
    """Untouched times stay the instants they are, also in the hour that the clock shows twice."""
    for name in ("planned_start", "planned_end"):
        if name in form.cleaned_data and name not in form.changed_data:
            form.cleaned_data[name] = form.fields[name].initial
    start, end = form.cleaned_data.get("planned_start"), form.cleaned_data.get("planned_end")
    if start and end and end <= start:
        form.add_error("planned_end", "The planned end must be after the planned start.")


class Amend(VerbForm):
    verb, intro = "amend", "The history keeps what each was before."

    def build(self) -> None:
        order = self.order
        self.fields["priority"] = forms.ChoiceField(choices=ProductionOrder.Priority.choices, initial=order.priority)
        self.fields["customer_name"] = TextField(
            label="Customer", required=False, max_length=NAME, initial=order.customer_name
        )
        self.fields["batch_number"] = TextField(
            label="Batch", required=False, max_length=BATCH, initial=order.batch_number
        )
        add_window(self)
        self.fields["notes"] = TextField(
            label="Instructions", required=False, max_length=NOTES, multiline=True, initial=order.notes
        )
        self.remember("priority", "customer_name", "batch_number", "notes")

    def clean(self) -> None:
        require_window(self)

    def run(self) -> None:
        changes = {name: self.cleaned_data[name] or None for name in self.changed_data if name != "version"}
        actions.amend(**self.common, changes=changes)

    def done(self) -> str:
        changed = [str(self[name].label).lower() for name in self.changed_data if name != "version"]
        if not changed:
            return f"{self.order.reference}: nothing was different."
        return f"{self.order.reference}: {', '.join(changed)} changed."


class AdjustQuantity(VerbForm):
    verb, counts_matter = "adjust_quantity", False
    intro = "A new target for the order. The history keeps the old one and the reason."

    def build(self) -> None:
        order, fields = self.order, self.fields
        decimals = max((line.decimals for line in order.lines), default=0)
        if len(order.lines) > 1:
            fields["line"] = forms.ChoiceField(choices=[("", "Choose"), *line_choices(order.lines)])
        target = order.lines[0].target if len(order.lines) == 1 else None
        unit = f" ({order.unit})" if order.unit else ""
        fields["target"] = AmountField(label=f"New target{unit}", positive=True, decimals=decimals, initial=target)
        if len(order.machines) > 1:
            for share in order.machines:
                fields[f"on_{share.machine_id}"] = AmountField(
                    label=f"Of it on {share.code}", positive=True, required=False, decimals=decimals,
                    help_text=f"{shortest(share.quantity)} now, {shortest(share.produced)} made.",
                )  # fmt: skip
        fields["reason"] = TextField(label="Why", max_length=REASON)

    @property
    def line_id(self) -> int | None:
        return int(self.cleaned_data["line"]) if self.cleaned_data.get("line") else None

    def preview(self) -> warnings.PlannedAdjustment:
        """What the target that was typed would mean. Ask only when `target` (and `line`) were read."""
        return warnings.plan_adjustment(
            order_id=self.order.id, by=self.by, line_id=self.line_id, target=self.cleaned_data["target"]
        )

    def propose(self, planned: warnings.PlannedAdjustment) -> None:
        """Fill in what each machine would get, where nothing was said."""
        proposal = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict whenever the form is bound
        for share, part in zip(self.order.shares, planned.shares, strict=True):
            name = f"on_{share.machine_id}"
            if name in self.fields and not proposal.get(name):
                proposal[name] = shortest(part.proposed)
        self.data = proposal

    def run(self) -> None:
        said = {
            share.machine_id: self.cleaned_data[f"on_{share.machine_id}"]
            for share in self.order.machines
            if share.machine_id is not None and self.cleaned_data.get(f"on_{share.machine_id}") is not None
        }
        actions.adjust_quantity(
            **self.common, target=self.cleaned_data["target"], reason=self.cleaned_data["reason"],
            line_id=self.line_id, shares=said or None,
        )  # fmt: skip

    def done(self) -> str:
        return f"{self.order.reference}: the target is {shortest(self.cleaned_data['target'])} now."
