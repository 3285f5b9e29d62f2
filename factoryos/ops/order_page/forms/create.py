"""A new order: its lines, each with a product found by sku or by a few letters of it, and its header."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Problem
from factoryos.ops.order_page import refusal_words
from factoryos.ops.order_page.forms.fields import BATCH, NAME, NOTES, AmountField, PlantTimeField, TextField
from manufacturing.models import Item
from manufacturing.naming import find_item, find_item_by_id
from manufacturing.selectors import search_items
from orders import actions
from orders.models import ProductionOrder
from orders.specs import NewLine, Policy

MOST_LINES = 50
MOST_FOUND = 12
_EMPTY = ("product", "variant", "quantity")


class NewOrder(forms.Form):
    """Rows that are left empty do not count. A row's `pick` appears when its product is not clear yet."""

    customer_name = TextField(label="Customer", required=False, max_length=NAME)
    priority = forms.ChoiceField(choices=ProductionOrder.Priority.choices, initial="standard")
    batch_number = TextField(label="Batch", required=False, max_length=BATCH)
    over_production = forms.ChoiceField(
        label="More than ordered", choices=ProductionOrder.OverProduction.choices, initial="unlimited"
    )
    tolerance_percent = AmountField(
        label="Percentage more", required=False, decimals=6, help_text="With “Up to a percentage more”."
    )
    notes = TextField(label="Instructions", required=False, max_length=NOTES, multiline=True)
    field_order = [
        "customer_name", "priority", "batch_number", "planned_start", "planned_end", "over_production",
        "tolerance_percent", "notes",
    ]  # fmt: skip

    def __init__(self, data: QueryDict | None = None, *, by: Actor) -> None:
        super().__init__(data, label_suffix="")
        self.by = by
        zone = by.factory.zone
        for name in ("planned_start", "planned_end"):
            self.fields[name] = PlantTimeField(
                zone=zone, required=False, help_text=f"On the plant's clock ({zone.key})."
            )
        self.order_fields(self.field_order)
        self.header = list(self.fields)
        self.items: dict[int, Item] = {}
        for row in range(self._rows()):
            self._add_row(row)

    def _rows(self) -> int:
        """As many rows as were sent, and one more if asked for."""
        sent = next((row for row in range(MOST_LINES) if f"product_{row}" not in self.data), MOST_LINES)
        return min(MOST_LINES, max(1, sent + ("more" in self.data)))

    def _add_row(self, row: int) -> None:
        product = forms.TextInput(attrs={"data-combobox": reverse("ops:products"), "autocomplete": "off"})
        self.fields[f"product_{row}"] = TextField(
            label="Product", required=False, max_length=255, strip=False, widget=product,
            help_text="SKU, or a few letters of SKU or name.",
        )  # fmt: skip
        self.fields[f"pick_{row}"] = forms.UUIDField(
            label="Which one", required=False, widget=forms.RadioSelect(choices=[])
        )
        self.fields[f"variant_{row}"] = TextField(
            label="Variant", required=False, max_length=40, help_text="Such as a size."
        )
        self.fields[f"quantity_{row}"] = AmountField(label="Quantity", required=False, positive=True)

    def rows(self) -> list[dict[str, Any]]:
        """The rows for the page: their fields, and the item where it is known."""
        return [
            {name: self[f"{name}_{row}"] for name in ("product", "pick", "variant", "quantity")}
            | {"number": row + 1, "item": self.items.get(row)}
            for row in range(self._rows())
        ]

    def header_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.header]

    def clean(self) -> None:
        given = self.cleaned_data
        for row in range(self._rows()):
            self._clean_row(row)
        if not self.errors and not self.lines():
            self.add_error("product_0", "Say what to make.")
        start, end = given.get("planned_start"), given.get("planned_end")
        if start and end and end <= start:
            self.add_error("planned_end", "The planned end must be after the planned start.")
        percent = given.get("tolerance_percent")
        if given.get("over_production") == "tolerance" and "tolerance_percent" not in self.errors:
            if percent is None or percent > 100:
                self.add_error("tolerance_percent", "Write a percentage between 0 and 100.")
        elif percent is not None:
            self.add_error("tolerance_percent", "Only with “Up to a percentage more”.")

    def _clean_row(self, row: int) -> None:
        given = self.cleaned_data
        empty = not any(str(given.get(f"{name}_{row}") or "").strip() for name in _EMPTY)
        if empty and f"product_{row}" not in self.errors and f"quantity_{row}" not in self.errors:
            return
        item = self._item(row)
        if item is None:
            return
        self.items[row] = item
        quantity: Decimal | None = given.get(f"quantity_{row}")
        if f"quantity_{row}" in self.errors:
            return
        if quantity is None:
            self.add_error(f"quantity_{row}", "Say how many.")
        elif _decimals(quantity) > item.unit_decimals:
            decimals = item.unit_decimals
            told = f"At most {decimals} decimals" if decimals else "Whole numbers only"
            self.add_error(f"quantity_{row}", f"{told}: {item.sku} is counted in {item.unit}.")

    def _item(self, row: int) -> Item | None:
        """What was picked, else what is named exactly; else what was found is offered to pick from."""
        if f"product_{row}" in self.errors or f"pick_{row}" in self.errors:
            return None
        factory_id = self.by.factory.id
        picked, text = self.cleaned_data.get(f"pick_{row}"), str(self.cleaned_data.get(f"product_{row}") or "")
        item = find_item_by_id(str(picked), factory_id=factory_id) if picked else None
        if item and (item.sku == text or text.lower() in f"{item.sku} {item.name}".lower()):
            return item
        if not text.strip():
            self.add_error(f"product_{row}", "Say which product.")
            return None
        item = find_item(text, factory_id=factory_id) or find_item(text.strip(), factory_id=factory_id)
        if item is None:
            self._offer(row, text.strip())
        return item

    def _offer(self, row: int, text: str) -> None:
        found = search_items(text, factory_id=self.by.factory.id, limit=MOST_FOUND)
        choices = [(str(item["uuid"]), f"{item['sku']} {item['name']} ({item['unit']})") for item in found]
        self.fields[f"pick_{row}"].widget.choices = choices
        self.add_error(f"product_{row}", "Several are called so: choose one." if found else "No product is called so.")

    def lines(self) -> list[NewLine]:
        given = self.cleaned_data
        return [
            NewLine(item=item, target=given[f"quantity_{row}"], variant=given.get(f"variant_{row}") or None)
            for row, item in sorted(self.items.items())
            if given.get(f"quantity_{row}") is not None
        ]

    def run(self) -> ProductionOrder:
        given = self.cleaned_data
        return actions.create(
            by=self.by,
            lines=self.lines(),
            customer_name=given["customer_name"] or None,
            priority=given["priority"],
            batch_number=given["batch_number"] or None,
            planned_start=given["planned_start"],
            planned_end=given["planned_end"],
            policy=Policy(given["over_production"], given["tolerance_percent"]),
            notes=given["notes"] or None,
        )

    def tell(self, problem: Problem) -> None:
        self.add_error(None, refusal_words.told(problem)[1])


def _decimals(number: Decimal) -> int:
    """How many decimals it truly has: 1.50 has one."""
    return len(format(number, "f").partition(".")[2].rstrip("0"))
