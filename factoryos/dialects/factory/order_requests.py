"""What the calls on production orders take, field by field."""

from typing import Any, ClassVar

from factoryos.dialects.base.faults import Fault, Wrong
from factoryos.dialects.base.fields import (
    BooleanField,
    ChoiceField,
    ListField,
    NameOrIdField,
    QuantityField,
    TextField,
)
from factoryos.dialects.base.paging import PagedQuery
from factoryos.dialects.base.requests import QueryRequest, RequestSerializer, Values
from factoryos.dialects.base.times import TimeField
from factoryos.dialects.factory.states import MOVE_WORDS, OTHER_ENDPOINT, WORDS

REASON, NOTES, BATCH = 500, 4000, 64
MOST_SPLITS, MOST_LINES, MOST_LOTS, MOST_SERIALS = 50, 500, 100, 10_000

# What an order shows, so that an order as read can be sent back.
SHOWN = frozenset({
    "id", "reference", "factory", "origin", "state", "status", "allowedTransitions", "product", "productId",
    "batchNumber", "priority", "notes", "quantityTarget", "quantityProduced", "quantityGood", "quantityRejected", "quantityFinal",
    "overTarget", "overProduction", "plannedStart", "plannedEnd", "actualStart", "actualEnd", "methodId", "method",
    "assignments", "lines", "workOrders", "onHold", "holds", "pauseReason", "createdBy", "createdAt", "updatedAt",
    "version",
})  # fmt: skip
PRIORITIES = ("rush", "standard", "hold")


def _window(values: Values) -> list[Fault]:
    start, end = values.get("planned_start"), values.get("planned_end")
    if start and end and end <= start:
        return [Fault("plannedEnd", "plannedEnd must be after plannedStart")]
    return []


class OverProduction(RequestSerializer):
    policy = ChoiceField(choices=["strict", "tolerance", "unlimited"])
    tolerancePercent = QuantityField(required=False, allow_null=True, largest=100, places=6)

    def faults(self, values: Values) -> list[Fault]:
        given = values.get("tolerance_percent") is not None
        if values["policy"] == "tolerance" and not given:
            return [Fault("tolerancePercent", "tolerancePercent should not be empty for tolerance")]
        if values["policy"] != "tolerance" and given:
            return [Fault("tolerancePercent", "tolerancePercent should only be given for tolerance")]
        return []


class Create(RequestSerializer):
    productId = NameOrIdField()
    quantityTarget = QuantityField(positive=True)
    batchNumber = TextField(required=False, allow_null=True, max_length=BATCH)
    plannedStart = TimeField(required=False, allow_null=True)
    plannedEnd = TimeField(required=False, allow_null=True)
    notes = TextField(required=False, allow_null=True, max_length=NOTES, multiline=True)
    priority = ChoiceField(required=False, choices=PRIORITIES)
    overProduction = OverProduction(required=False)
    ignored: ClassVar = SHOWN

    def faults(self, values: Values) -> list[Fault]:
        return _window(values)


class Amend(RequestSerializer):
    batchNumber = TextField(required=False, allow_null=True, max_length=BATCH)
    plannedStart = TimeField(required=False, allow_null=True)
    plannedEnd = TimeField(required=False, allow_null=True)
    notes = TextField(required=False, allow_null=True, max_length=NOTES, multiline=True)
    priority = ChoiceField(required=False, choices=PRIORITIES)
    # `state`, `toState` and `quantityTarget` are judged by the call: another value belongs to another endpoint.
    ignored: ClassVar = SHOWN | {"toState"}

    def faults(self, values: Values) -> list[Fault]:
        return _window(values)


class Split(RequestSerializer):
    machineCode = NameOrIdField(required=False)
    machineId = NameOrIdField(required=False)
    quantity = QuantityField(positive=True)
    # An assignment as the order shows it can be sent back.
    ignored: ClassVar = frozenset({"quantityProduced", "active", "workAreaId"})

    def faults(self, values: Values) -> list[Fault]:
        if "machine_code" not in values and "machine_id" not in values:
            return [Fault("machineCode", "machineCode should not be empty")]
        return []


class Schedule(RequestSerializer):
    mode = ChoiceField(required=False, choices=["single", "split"], default="single")
    machineId = NameOrIdField(required=False)
    machineCode = NameOrIdField(required=False)
    workAreaId = NameOrIdField(required=False)
    splits = ListField(required=False, child=Split(), least=1, most=MOST_SPLITS)
    methodId = NameOrIdField(required=False, allow_null=True)
    plannedStart = TimeField(required=False, allow_null=True)
    plannedEnd = TimeField(required=False, allow_null=True)

    def faults(self, values: Values) -> list[Fault]:
        places = [name for name in ("machine_id", "machine_code", "work_area_id") if name in values]
        if values["mode"] == "split":
            if places:
                return [Fault("machineId", "machineId and workAreaId should not be given in mode split")]
            return [] if "splits" in values else [Fault("splits", "splits should not be empty")]
        if "splits" in values:
            return [Fault("splits", "splits should only be given in mode split")]
        if len(places) != 1:
            return [Fault("machineId", "exactly one of machineId and workAreaId should be given")]
        return _window(values)


class Shipment(RequestSerializer):
    carrier = TextField(required=False, allow_null=True)
    trackingNumber = TextField(required=False, allow_null=True)
    shippedAt = TimeField(required=False, allow_null=True)
    quantity = QuantityField(required=False, allow_null=True)


class Transition(RequestSerializer):
    toState = ChoiceField(choices=[*MOVE_WORDS, *OTHER_ENDPOINT])
    reason = TextField(required=False, allow_null=True, max_length=REASON)
    notes = TextField(required=False, allow_null=True, max_length=NOTES, multiline=True)
    shipment = Shipment(required=False, allow_null=True)

    def faults(self, values: Values) -> list[Fault]:
        if values["to_state"] == "paused" and not values.get("reason"):
            return [Fault("reason", "reason should not be empty")]
        if values.get("shipment") is not None and values["to_state"] != "closed":
            return [Fault("shipment", "shipment should only be given when closing")]
        return []


class ConsumedLot(RequestSerializer):
    productId = NameOrIdField()
    lotNumber = TextField(max_length=BATCH)
    quantity = QuantityField(positive=True)


class LogQuantity(RequestSerializer):
    quantityProduced = QuantityField(required=False, signed=True)
    quantityGood = QuantityField(required=False, signed=True)
    quantityRejected = QuantityField(required=False, signed=True)
    reason = TextField(required=False, allow_null=True, max_length=REASON)
    lotNumber = TextField(required=False, allow_null=True, max_length=BATCH)
    serialNumbers = ListField(required=False, child=TextField(max_length=100), most=MOST_SERIALS)
    workOrderId = TextField(required=False, allow_null=True, max_length=20)
    machineCode = NameOrIdField(required=False, allow_null=True)
    machineId = NameOrIdField(required=False, allow_null=True)
    lineId = NameOrIdField(required=False, allow_null=True)
    consumedLots = ListField(required=False, child=ConsumedLot(), most=MOST_LOTS)
    occurredAt = TimeField(required=False, allow_null=True)

    def faults(self, values: Values) -> list[Fault]:
        counts = [
            values[name] for name in ("quantity_produced", "quantity_good", "quantity_rejected") if name in values
        ]
        if not any(counts):
            return [Fault("quantityProduced", "quantityProduced, quantityGood or quantityRejected must not be 0")]
        if any(count < 0 for count in counts) and not values.get("reason"):
            return [Fault("reason", "reason should not be empty for a correction")]
        serials = values.get("serial_numbers", [])
        if len(set(serials)) != len(serials):
            return [Fault("serialNumbers", "serialNumbers must be unique")]
        return []


class LineCount(RequestSerializer):
    lineId = NameOrIdField()
    quantityGood = QuantityField()
    quantityRejected = QuantityField()


class Verify(RequestSerializer):
    quantityFinal = QuantityField()
    quantityGood = QuantityField()
    quantityRejected = QuantityField()
    notes = TextField(required=False, allow_null=True, max_length=NOTES, multiline=True)
    lines = ListField(required=False, child=LineCount(), most=MOST_LINES)


class Rework(RequestSerializer):
    reason = TextField(max_length=REASON)
    notes = TextField(required=False, allow_null=True, max_length=NOTES, multiline=True)


class AdjustQuantity(RequestSerializer):
    quantityTarget = QuantityField(positive=True)
    reason = TextField(max_length=REASON)
    lineId = NameOrIdField(required=False, allow_null=True)
    splits = ListField(required=False, child=Split(), least=1, most=MOST_SPLITS)


class PreviewQuery(QueryRequest):
    quantityTarget = QuantityField(positive=True)
    lineId = NameOrIdField(required=False)


class StatusList(TextField):
    """Words of this face, separated by commas."""

    def read(self, value: object) -> list[str]:
        words = [word.strip() for word in (super().read(value) or "").split(",")]
        if not set(words) <= set(WORDS.values()):
            raise Wrong.must(f"must be one of {', '.join(dict.fromkeys(WORDS.values()))}")
        return words


_WHEN = "Planned start (creation, where none is planned) as an instant or a day in the factory's zone"


class OrderQuery(PagedQuery):
    status = StatusList(required=False, help_text="One or more states, separated by commas.")
    state = StatusList(required=False, help_text="The same as `status`; give one of them.")
    productId = NameOrIdField(required=False)
    machineId = NameOrIdField(required=False)
    batchNumber = TextField(required=False, max_length=BATCH, help_text="Exact.")
    q = TextField(
        required=False, max_length=200, help_text="A part of the reference, batch number, product name or sku."
    )

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python, so these two cannot be declared above.
        return {
            **super().get_fields(),
            "from": TimeField(required=False, dates=True, help_text=f"{_WHEN}, inclusive."),
            "to": TimeField(required=False, dates=True, help_text=f"{_WHEN}, exclusive."),
        }

    def faults(self, values: Values) -> list[Fault]:
        if "status" in values and "state" in values:
            return [Fault("state", "state should not be given together with status")]
        return list(super().faults(values))


class TransitionsQuery(PagedQuery):
    all = BooleanField(required=False, default=False, help_text="Also the events that move nothing.")


class RecordQuery(QueryRequest):
    format = ChoiceField(required=False, choices=["json", "pdf"])


class EntriesQuery(PagedQuery):
    """The quantity ledger takes no filters."""
