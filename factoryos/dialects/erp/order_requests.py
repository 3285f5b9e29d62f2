"""What the calls on production orders and their work orders take, field by field."""

from typing import Any, ClassVar

from factoryos.dialects.base.faults import Fault, Wrong
from factoryos.dialects.base.fields import ChoiceField, ListField, QuantityField, TextField, UuidField
from factoryos.dialects.base.requests import RequestSerializer, Values
from factoryos.dialects.erp.paging import PageQuery, SortedQuery, sort_field
from factoryos.dialects.erp.states import STATUSES
from factoryos.dialects.erp.times import TimeField

REASON, NOTES, LOT, SERIAL = 500, 4000, 64, 100
MOST_SERIALS = 10_000
PRIORITIES = ("rush", "standard", "hold")
_MINUTE_DECIMALS = 4

# What an order shows, so that one can be sent back as it was read; nothing of it is ever written.
SHOWN = frozenset({
    "id", "reference", "product", "bomId", "quantity", "producedQty", "status", "scheduledDate", "bomVersion",
    "rejectedQty", "remainingQty", "onHold", "origin", "priority", "notes", "startedAt", "finishedAt", "createdAt",
    "updatedAt", "components", "lots", "lines", "production",
})  # fmt: skip
WORK_ORDER_SHOWN = frozenset({
    "id", "name", "workcenter", "sequence", "status", "plannedMinutes", "durationMinutes", "startedAt", "finishedAt",
    "notes",
})  # fmt: skip


class NewProductionOrder(RequestSerializer):
    productId = UuidField()
    quantity = QuantityField(positive=True)
    bomId = UuidField(required=False, allow_null=True, help_text="Without it, the product's only BOM.")
    scheduledDate = TimeField(required=False, allow_null=True, help_text="The past is allowed.")
    priority = ChoiceField(required=False, choices=PRIORITIES)
    notes = TextField(required=False, allow_null=True, max_length=NOTES, multiline=True)
    ignored: ClassVar = SHOWN


class ConfirmOrder(RequestSerializer):
    ignored: ClassVar = SHOWN


class CloseOrder(RequestSerializer):
    ignored: ClassVar = SHOWN


class CancelOrder(RequestSerializer):
    reason = TextField(required=False, allow_null=True, max_length=REASON)
    ignored: ClassVar = SHOWN


class ProduceOrder(RequestSerializer):
    qty = QuantityField(positive=True)
    lotNumber = TextField(
        required=False, allow_null=True, max_length=LOT,
        help_text="Without it, a lot-tracked product goes into the order's batch number, else its reference.",
    )  # fmt: skip
    serialNumbers = ListField(
        required=False, child=TextField(max_length=SERIAL), most=MOST_SERIALS,
        help_text="As many as `qty`; required for a product that is tracked by serial number.",
    )  # fmt: skip
    lineId = UuidField(required=False, allow_null=True, help_text="Required where the order has several lines.")
    ignored: ClassVar = SHOWN

    def faults(self, values: Values) -> list[Fault]:
        serials = values.get("serial_numbers", [])
        if len(set(serials)) != len(serials):
            return [Fault("serialNumbers", "serialNumbers must be unique")]
        return []


class StartWorkOrder(RequestSerializer):
    ignored: ClassVar = WORK_ORDER_SHOWN


class FinishWorkOrder(RequestSerializer):
    durationMinutes = QuantityField(
        required=False, allow_null=True, places=_MINUTE_DECIMALS, help_text="Without it, the minutes since the start."
    )
    notes = TextField(required=False, allow_null=True, max_length=NOTES, multiline=True)
    ignored: ClassVar = WORK_ORDER_SHOWN


class StatusList(TextField):
    """Words of this face, separated by commas."""

    def read(self, value: object) -> list[str]:
        words = [word.strip() for word in (super().read(value) or "").split(",")]
        if not set(words) <= set(STATUSES):
            raise Wrong.must(f"must be one of {', '.join(STATUSES)}")
        return words


class OrderQuery(SortedQuery):
    status = StatusList(required=False, help_text="One or more states, separated by commas.")
    productId = UuidField(required=False, help_text="Orders that make this product.")
    search = TextField(required=False, help_text="A part of the reference, the product's name or the batch number.")
    sortBy = sort_field("createdAt", "updatedAt", "reference", "scheduledDate")

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python, so these two cannot be declared above.
        when = "scheduledDate, inclusive; an instant, or a day in the factory's zone. Orders without a date drop out."
        return {
            **super().get_fields(),
            "from": TimeField(required=False, dates=True, help_text=f"The earliest {when}"),
            "to": TimeField(required=False, dates=True, help_text=f"The latest {when}"),
        }


class ProductionsQuery(PageQuery):
    """Productions take no filters."""


class WorkOrdersQuery(PageQuery):
    """Work orders take no filters."""
