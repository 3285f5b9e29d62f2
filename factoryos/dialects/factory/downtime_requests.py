"""What the calls on downtime take, field by field."""

from typing import ClassVar

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.fields import ChoiceField, NameOrIdField, TextField
from factoryos.dialects.base.paging import PagedQuery
from factoryos.dialects.base.requests import RequestSerializer, Values
from factoryos.dialects.base.times import TimeField
from iot.models import Downtime, PlannedDowntime

CATEGORIES = tuple(Downtime.Category.values)
KINDS = tuple(PlannedDowntime.Kind.values)
_NOTES = 4000
_SHOWN = frozenset({"id", "raisedBy", "createdAt", "updatedAt"})


class NewDowntime(RequestSerializer):
    machineId = NameOrIdField(required=False)
    machineCode = NameOrIdField(required=False)
    startedAt = TimeField(help_text="Not more than 5 minutes ahead.")
    endedAt = TimeField(required=False, allow_null=True, help_text="Left out or null: the machine is still down.")
    category = ChoiceField(required=False, choices=CATEGORIES, help_text="`other` if left out.")
    notes = TextField(required=False, allow_null=True, max_length=_NOTES, multiline=True)
    ignored: ClassVar = _SHOWN

    def faults(self, values: Values) -> list[Fault]:
        if not values.get("machine_id") and not values.get("machine_code"):
            return [Fault("machineId", "machineId should not be empty")]
        return []


class DowntimeChanges(RequestSerializer):
    startedAt = TimeField(required=False)
    endedAt = TimeField(required=False, allow_null=True, help_text="Null: the machine is down again, or still.")
    category = ChoiceField(required=False, choices=CATEGORIES)
    notes = TextField(required=False, allow_null=True, max_length=_NOTES, multiline=True)
    ignored: ClassVar = _SHOWN | {"machineId", "machineCode"}


class NewPlannedDowntime(RequestSerializer):
    kind = ChoiceField(choices=KINDS)
    startsAt = TimeField()
    endsAt = TimeField(help_text="After `startsAt`.")
    machineId = NameOrIdField(required=False, allow_null=True, help_text="Left out or null: the whole factory.")
    machineCode = NameOrIdField(required=False, allow_null=True)
    ignored: ClassVar = frozenset({"id", "createdBy", "createdAt"})


class DowntimeQuery(PagedQuery):
    machineId = NameOrIdField(required=False, help_text="Only of this machine (code or id).")
