"""What the calls that set a factory up take, field by field."""

from typing import ClassVar

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.fields import (
    BooleanField,
    ChoiceField,
    CodeField,
    IntegerField,
    ListField,
    NameOrIdField,
    QuantityField,
    StrictField,
    TextField,
)
from factoryos.dialects.base.requests import RequestSerializer, Values

MOST_OPERATIONS = 500
MOST_MACHINES_AT_ONCE = 500
NAME = 200
_TRACKING = ("none", "lot", "serial")
_LARGEST_DURATION = 10_000_000  # minutes, or seconds a piece; far beyond any shift, well within the column
_SHOWN = frozenset({"id", "createdAt", "updatedAt"})


class NewProduct(RequestSerializer):
    sku = TextField(verbatim=True)
    name = TextField()
    unit = TextField(required=False, filled=True, max_length=40)
    unitDecimals = IntegerField(required=False, largest=6)
    tracking = ChoiceField(required=False, choices=_TRACKING)
    ignored: ClassVar = _SHOWN


class ProductChanges(RequestSerializer):
    sku = TextField(required=False, filled=True, verbatim=True)
    name = TextField(required=False, filled=True)
    unit = TextField(required=False, filled=True, max_length=40)
    unitDecimals = IntegerField(required=False, largest=6)
    tracking = ChoiceField(required=False, choices=_TRACKING)
    ignored: ClassVar = _SHOWN


class NewWorkArea(RequestSerializer):
    code = CodeField()
    name = TextField(max_length=NAME)
    ignored: ClassVar = _SHOWN


def _no_route(values: Values) -> list[Fault]:
    """A machine called like the route beside it could never be asked for."""
    return [Fault("code", "code should not be bulk")] if str(values.get("code", "")).lower() == "bulk" else []


class NewMachine(RequestSerializer):
    code = CodeField()
    name = TextField(max_length=NAME)
    workAreaId = NameOrIdField(required=False, allow_null=True, source="work_area")
    idealCycleSeconds = QuantityField(
        required=False, allow_null=True, positive=True, largest=_LARGEST_DURATION, places=4, source="ideal_cycle_s"
    )
    active = BooleanField(required=False)
    ignored: ClassVar = _SHOWN | {"state", "activeOrder"}

    def faults(self, values: Values) -> list[Fault]:
        return _no_route(values)


class MachineChanges(RequestSerializer):
    code = CodeField(required=False)
    name = TextField(required=False, filled=True, max_length=NAME)
    workAreaId = NameOrIdField(required=False, allow_null=True, source="work_area")
    idealCycleSeconds = QuantityField(
        required=False, allow_null=True, positive=True, largest=_LARGEST_DURATION, places=4, source="ideal_cycle_s"
    )
    active = BooleanField(required=False)
    ignored: ClassVar = _SHOWN | {"state", "activeOrder"}

    def faults(self, values: Values) -> list[Fault]:
        return _no_route(values)


class Unread(StrictField):
    """A row of a bulk call, read by itself later: one bad row must not refuse the others."""

    described_by: ClassVar = NewMachine

    def read(self, value: object) -> object:
        return value


class NewMachines(RequestSerializer):
    machines = ListField(child=Unread(), least=1, most=MOST_MACHINES_AT_ONCE)


class OperationStep(RequestSerializer):
    name = TextField(max_length=NAME)
    workcenter = TextField(required=False, allow_null=True, max_length=NAME)
    workAreaId = NameOrIdField(required=False, allow_null=True, source="work_area")
    machineId = NameOrIdField(required=False, allow_null=True, source="machine")
    durationMinutes = QuantityField(required=False, largest=_LARGEST_DURATION, places=4)
    ignored: ClassVar = frozenset({"sequence"})

    def faults(self, values: Values) -> list[Fault]:
        if values.get("work_area") and values.get("machine"):
            return [Fault("machineId", "machineId should not be given together with workAreaId")]
        return []


class NewMethod(RequestSerializer):
    code = CodeField()
    name = TextField(max_length=NAME)
    productId = NameOrIdField(source="item", verbatim=True)
    default = BooleanField(required=False, default=False)
    operations = ListField(child=OperationStep(), least=1, most=MOST_OPERATIONS)
    ignored: ClassVar = _SHOWN
